# No sound card at boot, not even its driver: ready for the button, a press gives fault code 2; it works when the card comes.
systemctl stop pitrainer
modprobe -r snd_aloop snd_pcm snd_timer snd
is 'sound drivers' "$(grep -c alsa /proc/devices || true)" 0
systemctl start pitrainer
watch_lines lines
most 'ready; that it has no sound is told in' "$(wait_status 20 '^ready: rig, adult; no sound')" 10 s
pressed=$(up)
tap $button
wait_journal 20 'session begins' >/dev/null
sleep 4
is 'pressed: fault code, long buzzes' "$(long_buzzes "$pressed")" 2
hold
wait_journal 10 'session ends' >/dev/null
is 'lines on it in the journal' "$(journal 'no sound')" 1
modprobe snd-aloop pcm_substreams=2
udevadm settle
came=$(up)
most 'the card comes: seen in' "$(wait_status 60 '^ready: rig, adult$')" 30 s
record sound.wav
tap $button
session_ends >/dev/null
stop_recording
heard 'and heard' sound.wav 'welcome to the virtual trainer | exercise 1 of 3 | well done'
