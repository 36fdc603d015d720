# alone T=5400 MEM=512 SMP=4
# Neck's last five phrases have yet to be made, on a machine with 512 MB and four processors: memory, and a session that is
# begun meanwhile. To speak takes 164 times as long here as outside (onnxruntime in TCG): all of neck would take hours.
systemctl stop pitrainer
sed -i '/^\[\[program\]\]/,$d' /etc/pitrainer/pitrainer.toml
printf '[[program]]\nroutine = "neck"\nprofile = "adult"\n' >>/etc/pitrainer/pitrainer.toml
CACHE_DIRECTORY=/var/cache/pitrainer /opt/pitrainer/bin/python -B - <<'PYTHON'
import os
from pathlib import Path
from pitrainer.config.validation import load_all
from pitrainer.core.plan import Say
from pitrainer.core.planning import Planning
from pitrainer.service.build import clips_of

loaded = load_all(Path("/etc/pitrainer/pitrainer.toml"), os.environ)
clips = clips_of(loaded.settings)
steps = Planning(clips).plan(loaded.programs[0], 0).steps
said = dict.fromkeys(cue.phrase for step in steps for cue in step.cues if isinstance(cue, Say))
for phrase in [*said][-5:]:
    clips.path(phrase).unlink()
PYTHON
free_now() { awk '/^MemAvailable/ { printf "%d\n", $2 / 1000 }' /proc/meminfo; }
note 'memory in all' "$(awk '/^MemTotal/ { printf "%d", $2 / 1000 }' /proc/meminfo) MB"
note 'MemAvailable before' "$(free_now) MB"
while :; do
    free_now
    sleep 5 # what is done here, the making lacks
done >"$OUT/free" &
watcher_of_memory=$!
watch_lines lines
begun=$(up)
systemctl start pitrainer
wait_status 120 '^ready' >/dev/null
record early.wav
pressed=$(up)
tap $button
until journal_has 'session begins' || [ "$(since "$pressed" | cut -d . -f 1)" -gt 1800 ]; do sleep 5; done
journal_has 'session begins'
began=$(journal_at 'session begins')
note 'from the press to the first words' "$(awk -v a="$pressed" -v b="$began" 'BEGIN { printf "%.0f", b - a + 0.7 }') s"
note 'phrases still to come then' "$(lines -o cat | sed -n 's/^\([0-9]*\) of its phrases are still being.*/\1/p' | head -n 1)"
is 'no fault is buzzed' "$(long_buzzes "$pressed" "$began")" 0
session_ends 1500 >/dev/null
stop_recording
is 'phrases that were not heard' "$(journal 'there is no clip of|cannot be heard')" 0
heard 'the session' early.wav 'exercise 1 of 5 | hands on your forehead | 3 2 1 | the last exercise | 3 2 1 | hands down slowly | well done'
# The plan with every length is the one that was kept: the session has become it before any step that was planned by estimates.
prepared() { ! says 'preparing the voice'; }
wait_for 3000 prepared >/dev/null
note 'all phrases after' "$(since "$begun") s, with the session meanwhile"
plan neck
# One signal comes before the session's: the last one of the wait.
waited=$(awk -v line="$buzzer" -v begin="$began" '$2 == line && $3 == 1 && $1 < begin { at = $1 } END { print at }' "$OUT/lines")
eval "$(edges plan $buzzer plan.json "$waited")"
is 'edges of the buzzer' "$edges" "$wanted"
most 'the edges against the plan, p99' "$p99" "$within" ms
kill $watcher_of_memory
least 'MemAvailable, the least' "$(sort -n "$OUT/free" | head -n 1)" 50 MB
is 'processes that the kernel killed' "$(journalctl -k --no-pager | grep -c 'Out of memory' || true)" 0
