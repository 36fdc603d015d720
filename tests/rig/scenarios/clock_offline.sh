# alone T=1200
# append initcall_blacklist=cmos_init
# Without network and battery clock: reminders wait. Somebody tells the trainer the time, or sets the system's: they come. After a
# power cut they wait again.
told() { pitrainer clock | sed 's/.*), //'; }
said() { journalctl -b -u pitrainer -o cat --no-pager | grep -c 'reminder .*: said' || true; }
why() { pitrainer status | tail -n 1; }
waits='reminders wait until the clock is set: by the network, a battery clock, or pitrainer clock set HH:MM'
clock() { pitrainer doctor --quiet --json | /opt/pitrainer/bin/python -c 'import json, sys; print(*(it["state"] for it in json.load(sys.stdin)["checks"] if it["name"] == "clock"))'; }
case $STAGE in
    1)
        sed 's/^time = .*/time = "08:00"/' /etc/pitrainer/reminder.toml >/etc/pitrainer/pitrainer.toml
        systemctl reload pitrainer
        sleep 10
        is 'battery clocks' "$(ls /sys/class/rtc 2>/dev/null | wc -l)" 0
        is 'nobody has set the clock' "$(told)" 'not set since boot, so no reminders are given'
        is 'status says why' "$(why)" "$waits"
        is 'doctor' "$(clock)" warn
        useradd -G pitrainer friend
        runuser -u friend -- pitrainer clock set 7:59 2026-12-01 >"$OUT/set"
        is 'one of the group tells it, without sudo' "$(cat "$OUT/set")" 'Tuesday 2026-12-01 07:59 .*, set by hand, .*'
        is 'doctor' "$(clock)" ok
        systemctl restart pitrainer
        wait_status 60 '^ready' >/dev/null
        is 'after a restart' "$(told)" 'set by hand, which counts until the Pi starts again'
        wait_for 120 eval '[ "$(said)" = 1 ]' >/dev/null
        is 'the reminder at 8:00: said' "$(said)" 1
        is 'a wrong time' "$( (pitrainer clock set 24:00 2>&1 || echo $?) | paste -sd ' ')" 'pitrainer: "24:00" is not a time of day such as 14:30 2'
        tap $button
        session_ends >/dev/null
        is 'the history has that day' "$(pitrainer history --json | python3 -c 'import json, sys; print(*((it["start"][:10], it["clock_trusted"]) for it in json.load(sys.stdin)["sessions"]))')" ".'2026-12-01', True."
        sleep 2
        power_cut
        ;;
    2)
        sleep 20
        is 'after a power cut' "$(told)" 'not set since boot, so no reminders are given'
        is 'status says why' "$(why)" "$waits"
        is 'doctor' "$(clock)" warn
        date -s '2026-12-02 07:59:30' >/dev/null
        wait_for 90 eval '[ "$(said)" = 1 ]' >/dev/null
        is 'the system.s clock set by hand: said' "$(said)" 1
        is 'it tells so' "$(told)" 'set by hand, which counts until the Pi starts again'
        ;;
esac
