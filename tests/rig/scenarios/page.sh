# alone T=1800
# The page: started by the first request, seen on a phone within a moment, small, gone when nobody looks; and in no cue's way.
page() { systemctl show -P "$1" pitrainer-page; }
rss() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status" 2>/dev/null; }
phones="/opt/pitrainer/bin/python -P /mnt/h/phones.py" # a word each; not a function, whose process would not be the one to kill
changed() { awk -v from="$1" -v state="$2" '$2 == state && $1 >= from { print $1; exit }' seen; } # changed FROM STATE: when a phone saw it
saw() { [ -n "$(changed "$@")" ]; }

is 'systemd-analyze verify' "$(systemd-analyze verify pitrainer-page.socket pitrainer-page.service 2>&1 | grep -v '^rig' | wc -l) lines" '0 lines'
most 'systemd-analyze security' "$(systemd-analyze security pitrainer-page.service --no-pager | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')" 2.0 ''
is 'listens, and nothing runs' "$(systemctl is-active pitrainer-page.socket), $(page MainPID)" 'active, 0'
is 'the settings are' "$(stat -c '%U %a' /etc/pitrainer /etc/pitrainer/pitrainer.toml | paste -sd,)" 'pitrainer-page 755,pitrainer-page 644'
before=$(rss "$(main)")
note 'the trainer, with the page unused' "$before MiB"

first=$($phones first)
begin=$(up)
/opt/pitrainer/bin/python -P -c 'import starlette.applications, uvicorn'
libraries=$(since "$begin")
note 'Starlette and uvicorn alone, imported' "$libraries s"
most 'the first answer after idle time' "$first" "$(awk -v a="$libraries" 'BEGIN { print (2 * a > 3 ? 2 * a : 3) }')" s
most 'the next one' "$($phones first)" 0.5 s
token=$(runuser -u pitrainer-page -- /opt/pitrainer/bin/python -P - token </mnt/h/phones.py)
is 'its own folder' "$(stat -c '%U:%G %a' /var/lib/pitrainer-page)" 'pitrainer-page:pitrainer-page 700'

# The code is said in the room.
record code.wav
pitrainer page pair >paired || cat paired
sleep 25
stop_recording
heard 'the code' code.wav 'the code is | once more'

# Eight phones, a session, and a button.
: >seen
$phones follow "$token" 8 "$OUT/seen" &
followers=$!
wait_for 20 saw 0 ready >/dev/null
most 'its memory, with 8 phones' "$(rss "$(page MainPID)")" 35 MiB
tap $button
wait_journal 60 'hold: ' >/dev/null
worst=0
for _ in 1 2 3 4 5; do
    for state in paused running; do
        pressed=$(up)
        press $button
        sleep 0.1
        release $button
        wait_for 20 saw "$pressed" $state >/dev/null
        later=$(since "$pressed" "$(changed "$pressed" $state)")
        note "$state is seen after" "$later s"
        # Going on is done when the button is let go, and first the position is said: only a pause is at once.
        [ $state = running ] || worst=$(awk -v a="$worst" -v b="$later" 'BEGIN { print (a > b ? a : b) }')
        sleep 3
    done
done
most 'from a press to what a phone sees, worst of 5' "$worst" 0.3 s
hold
wait_journal 60 'session ends' >/dev/null

# The same in a flood: the buzzer's edges are as without, and the phones are told.
plan five
sed -i '0,/^routine = "rig"/s//routine = "five"/' /etc/pitrainer/pitrainer.toml
systemctl restart pitrainer
wait_status 60 '^ready: five' >/dev/null
# Its clients are other machines: here, too, they may take only what nobody else needs.
chrt --idle 0 $phones flood 200 &
flood=$!
sleep 5
watch_lines lines
length=$(python3 -c 'import json; print(json.load(open("plan.json"))["length_ms"] / 1000)')
from_here
tap $button
sleep "$length"
session_ends 30 >/dev/null
sleep 2
eval "$(edges plan $buzzer plan.json)"
is 'in a flood of 200 connections: edges' "$edges" "$wanted"
most 'off the plan, p99' "$p99" "$within" ms
most 'off the plan, worst' "$worst" "$(awk -v a="$within" 'BEGIN { print a + 20 }')" ms
most 'its memory in the flood' "$(rss "$(page MainPID)")" 35 MiB
is 'the phones that still follow' "$(kill -0 $followers 2>/dev/null && echo all)" all
kill $flood $followers
wait $flood $followers 2>/dev/null || true

# Every view is opened.
$phones views "$token"
most 'its memory, after every view' "$(rss "$(page MainPID)")" 35 MiB

# Nobody looks.
sleep 130
is 'after 130 s without anybody' "$(systemctl is-active pitrainer-page), $(page MainPID), $(systemctl is-active pitrainer-page.socket)" 'inactive, 0, active'
is 'what it said' "$(journalctl -b -u pitrainer-page -o cat --no-pager | grep -c Traceback)" 0
most 'the trainer afterwards' "$(rss "$(main)")" 60 MiB
note 'the first answer, once more' "$($phones first) s"
