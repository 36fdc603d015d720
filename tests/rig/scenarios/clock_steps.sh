# The clock steps by hours in a session, ahead and back.
plan rig
watch_lines lines
tap $button
wait_journal 60 'hold: Head press' >/dev/null
date -s '+5 hours' >/dev/null
wait_journal 60 'hold: Chin to chest' >/dev/null
date -s '-11 hours' >/dev/null
wait_journal 60 'hold: Shoulders' >/dev/null
date -s '+6 hours' >/dev/null
session_ends >/dev/null
sleep 2
eval "$(edges plan $buzzer plan.json)"
is 'edges of the buzzer' "$edges" "$wanted"
most 'the edges against the plan, p99' "$p99" "$within" ms
is 'its state' "$(status)" 'ready: rig, adult'
is 'died' "$(systemctl show -P NRestarts pitrainer)" 0
