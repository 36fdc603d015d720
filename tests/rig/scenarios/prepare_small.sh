# alone T=5400 MEM=512 SMP=4
# Neck's phrases from nothing, on a machine with 512 MB and four processors: memory, and a session that is begun meanwhile.
systemctl stop pitrainer
find /var/cache/pitrainer -name '*.wav' -delete
sed -i '/^\[\[program\]\]/,$d' /etc/pitrainer/pitrainer.toml
printf '[[program]]\nroutine = "neck"\nprofile = "adult"\n' >>/etc/pitrainer/pitrainer.toml
free_now() { awk '/^MemAvailable/ { printf "%d\n", $2 / 1000 }' /proc/meminfo; }
note 'memory in all' "$(awk '/^MemTotal/ { printf "%d", $2 / 1000 }' /proc/meminfo) MB"
note 'MemAvailable before' "$(free_now) MB"
while :; do
    free_now
    sleep 0.5
done >"$OUT/free" &
watcher_of_memory=$!
watch_lines lines
begun=$(up)
systemctl start pitrainer
wait_status 120 '^ready' >/dev/null
record early.wav
pressed=$(up)
tap $button
wait_journal 1800 'session begins' >/dev/null
began=$(journal_at 'session begins')
note 'from the press to the first words' "$(awk -v a="$pressed" -v b="$began" 'BEGIN { printf "%.0f", b - a + 0.7 }') s"
note 'phrases still to come then' "$(lines -o cat | sed -n 's/^\([0-9]*\) of its phrases are still being.*/\1/p' | head -n 1)"
is 'no fault is buzzed' "$(long_buzzes "$pressed" "$began")" 0
session_ends 1500 >/dev/null
stop_recording
is 'phrases that were not heard' "$(journal 'there is no clip of|are not heard')" 0
heard 'the session' early.wav 'exercise one of five | hands on your forehead | three two one | the last exercise | three two one'
# The plan with every length is the one that was kept: the session has become it before any step that was planned by estimates.
prepared() { ! says 'preparing the voice'; }
wait_for 3000 prepared >/dev/null
note 'all phrases after' "$(since "$begun") s, with the session meanwhile"
plan neck
eval "$(edges plan $buzzer plan.json)"
is 'edges of the buzzer' "$edges" "$wanted"
most 'the edges against the plan, p99' "$p99" "$within" ms
kill $watcher_of_memory
least 'MemAvailable, the least' "$(sort -n "$OUT/free" | head -n 1)" 50 MB
is 'processes that the kernel killed' "$(journalctl -k --no-pager | grep -c 'Out of memory' || true)" 0
