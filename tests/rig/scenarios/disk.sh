# The disk is full in a session, then read-only: the session is not disturbed, and what could not be saved is saved later.
plan rig
systemctl stop pitrainer
mount -t tmpfs -o size=1m,mode=750,uid="$(id -u pitrainer)",gid="$(id -g pitrainer)" tmpfs /var/lib/pitrainer
systemctl start pitrainer
saved() { pitrainer history --json 2>/dev/null | python3 -c '
import json, sys
print(len(json.load(sys.stdin)["sessions"]))' 2>/dev/null || echo none; }
number=0
for how in full read-only; do
    if [ $how = full ]; then
        dd if=/dev/zero of=/var/lib/pitrainer/fill bs=4k 2>/dev/null || true
    else
        mount -o remount,ro /var/lib/pitrainer
    fi
    watch_lines lines
    begin=$(up)
    tap $button
    session_ends >/dev/null
    sleep 2
    eval "$(edges plan $buzzer plan.json "$begin")"
    is "$how: edges of the buzzer" "$edges" "$wanted"
    most "$how: the edges against the plan, p99" "$p99" "$within" ms
    is "$how: lines on it in the journal" "$(journal 'cannot be written|not saved|is kept')" '[12]'
    if [ $how = full ]; then rm /var/lib/pitrainer/fill; else mount -o remount,rw /var/lib/pitrainer; fi
    freed=$(up)
    number=$((number + 1))
    wait_for 130 eval '[ "$(saved)" = '$number' ]' >/dev/null || true
    note "$how: saved after it was over in" "$(since "$freed") s"
    is "$how: sessions in the history" "$(saved)" $number
    from_here
    kill "$watcher"
done
systemctl stop pitrainer
umount /var/lib/pitrainer
