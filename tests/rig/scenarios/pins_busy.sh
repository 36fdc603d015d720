# Another program has the button's pin; then nobody may use the pins.
systemctl stop pitrainer
cd /tmp || exit
/opt/pitrainer/bin/python -B -c 'import gpiod, time; line = gpiod.request_lines("/dev/gpiochip0", {17: None}); time.sleep(600)' &
holder=$!
cd "$OUT" || exit
sleep 5
record busy.wav
systemctl start pitrainer
is 'busy: its state' "$(status)" 'ready: rig, adult; GPIO 17: .*busy.*'
sleep 12
is 'lines on it in the journal' "$(journal 'GPIO 17')" 1
kill $holder
most 'free: it works in' "$(wait_status 90 '^ready: rig, adult$')" 60 s
tap $button
is 'a press' "$(wait_journal 30 'session begins' >/dev/null && echo heard)" heard
hold
sleep 2
stop_recording
heard 'said' busy.wav 'the button does not work | the trainer cannot use its pins'
systemctl stop pitrainer
chmod 600 /dev/gpiochip0
systemctl start pitrainer
is 'not permitted: its state' "$(status)" 'ready: rig, adult; no pins.*'
chmod 660 /dev/gpiochip0
most 'permitted: it works in' "$(wait_status 90 '^ready: rig, adult$')" 60 s
