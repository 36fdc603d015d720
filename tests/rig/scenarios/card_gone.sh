# The card goes in a hold and comes back.
watch_lines lines
tap $button
wait_journal 60 'hold: Chin to chest' >/dev/null
sleep 2
gone=$(up)
unplug_speaker
wait_journal 20 '^paused' >/dev/null
most 'gone: paused in' "$(since "$gone" "$(journal_at ' paused')")" 1 s
sleep 3
is 'fault code, long buzzes' "$(long_buzzes "$gone")" 2
is 'its state' "$(status)" 'paused in exercise 2 of 3; no sound.*'
is 'lines on it in the journal' "$(journal 'no sound')" '[12]' # gone; then, that there is none
plug_speaker
record back.wav
back=$(up)
most 'back: the sound is there in' "$(wait_journal 30 'the sound is back')" 10 s
sleep 6
tap $button
session_ends >/dev/null
stop_recording
heard 'what is said' back.wav 'the speaker is back | press the button to continue | chin to chest | well done'
is 'lines on its return in the journal' "$(journal 'the sound is back')" 1
