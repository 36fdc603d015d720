# alone T=900
# The header is not the first chip: behind one of the power supply's, as on a Pi 5 of 2023, and then as gpiochip11, as with the
# kernels of 2026. Button, buzzer and the buzzer's last resort work.
found() { /opt/pitrainer/bin/python -c 'import json, sys; print(*(it["found"] for it in json.load(sys.stdin)["checks"] if it["name"] == "pins"))'; }
for count in 1 11; do
    systemctl stop pitrainer
    chips_before $count
    at_rest
    find /var/lib/pitrainer -mindepth 1 -delete
    keep_levels $buzzer
    from_here
    systemctl start pitrainer
    is "$count before it: its state" "$(wait_status 60 '^ready: rig, adult$' >/dev/null; status)" 'ready: rig, adult'
    is 'the pins' "$(pitrainer doctor --quiet --json | found)" "gpiod, gpiochip$count .pinctrl-bcm2835.: button GPIO 17, buzzer GPIO 27, LED GPIO 22"
    watch_lines lines
    began=$(up)
    tap $button
    is 'a press' "$(wait_journal 30 'session begins' >/dev/null && echo starts)" starts
    least 'signals of the buzzer' "$(signals "$began" | tr ';' '\n' | grep -c .)" 1 ''
    from_here
    died=$(kill_in_buzz KILL)
    sleep 2
    # What was set counts: it is low for less than a hundredth of a second, which what keeps levels here may miss.
    most 'killed in a buzz: the buzzer is low in' "$(since "$died" "$(edges first $buzzer 0 "$died")")" 1 s
    is 'complaints' "$(journal 'may still sound')" 0
    kill "$watcher" "$keeper"
    wait_status 60 '^ready' >/dev/null
done
