# Hold, double press, pause and resume.
record gestures.wav
watch_lines lines

begin=$(up)
hold
wait_journal 10 'program 2: ' >/dev/null
sleep 6
is 'held: the second program, counted' "$(signals "$begin")" '[34][0-9]; .*'
for _ in 1 2; do
    hold
    sleep 6
done
wait_journal 10 'program 1: ' >/dev/null

tap $button
wait_journal 60 'hold: Head press' >/dev/null
tap $button
paused=$(up)
wait_journal 10 '^paused' >/dev/null
is 'pressed: paused' "$(status)" '.*paused.*'
sleep 5

tap $button
wait_journal 10 '^resumed' >/dev/null
wait_journal 60 'hold: Chin to chest' >/dev/null
is 'pressed again: the rest of the hold is held' "$(journal '^held'), $(journal 'hold: Head press')" '1, 2'
twice
wait_journal 60 'hold: Shoulders' >/dev/null
begin=$(up)
hold
took=$(wait_journal 10 'session ends: stopped')
most 'held: stopped in' "$took" 2 s
sleep 4
stop_recording
heard 'what was said' gestures.wav 'for adults | neck exercises for adults | rig exercises for adults | welcome to the virtual trainer | the session is paused | head press | exercise 2 of 3 | the last exercise | the session is stopped'
