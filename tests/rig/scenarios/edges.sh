# alone T=900
# The buzzer's edges in a session of five minutes against its plan.
plan five
sed -i '0,/^routine = "rig"/s//routine = "five"/' /etc/pitrainer/pitrainer.toml
systemctl restart pitrainer
wait_status 60 '^ready: five' >/dev/null
watch_lines lines
length=$(python3 -c 'import json; print(json.load(open("plan.json"))["length_ms"] / 1000)')
note 'the session' "$length s"
tap $button
sleep "$length"
session_ends 30 >/dev/null
sleep 2
eval "$(edges plan $buzzer plan.json)"
is 'edges' "$edges" "$wanted"
most 'off the plan, p99' "$p99" "$within" ms
most 'off the plan, worst' "$worst" "$(awk -v a="$within" 'BEGIN { print a + 20 }')" ms
most 'trend, a minute' "${trend#-}" 0.5 ms
