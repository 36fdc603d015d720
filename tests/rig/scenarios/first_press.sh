# After the installation: it is ready, and one press gives a whole session, heard and buzzed.
sed -i 's/^device = .*/device = ""/' /etc/pitrainer/pitrainer.toml # as it is after the installation
systemctl restart pitrainer
is 'the service' "$(systemctl is-active pitrainer)" active
is 'its state in words' "$(status)" 'ready.*'
is 'its user' "$(ps -o user= -p "$(main)")" pitrainer
note 'started in' "$(awk -v a="$(systemctl show -P ActiveEnterTimestampMonotonic pitrainer)" -v b="$(systemctl show -P ExecMainStartTimestampMonotonic pitrainer)" 'BEGIN { print (a - b) / 1e6 }') s"
plan rig
record whole.wav
watch_lines lines
pressed=$(up)
tap $button
session_ends >/dev/null
sleep 3
stop_recording
most 'from the press to the blip' "$(awk -v a="$pressed" -v b="$(edges first $buzzer 1)" 'BEGIN { print (b - a) * 1000 }')" 200 ms
eval "$(edges plan $buzzer plan.json)"
is 'edges of the buzzer' "$edges" "$wanted"
most 'the edges against the plan, p99' "$p99" "$within" ms
heard 'the session' whole.wav 'welcome to the virtual trainer | exercise 1 of 3 | press your head against your hands | 5 seconds | 3 2 1 | let go slowly | exercise 2 of 3 | let your head sink forward | 10 seconds | 3 2 1 | come back slowly | the last exercise | pull your shoulders up | 5 seconds | 3 2 1 | let them drop | well done'
