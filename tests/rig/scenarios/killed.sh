# The process is killed, crashes, or hangs while the buzzer is on in a session. The pin stays as it was, as on a Pi.
# What any trainer would have to import, on this machine at this hour: it may be three times as slow as at another.
begin=$(up)
/opt/pitrainer/bin/python -P -c 'import gpiozero, numpy, sounddevice'
libraries=$(since "$begin")
note 'gpiozero, numpy and sounddevice alone, imported' "$libraries s"
back_in=$(awk -v a="$libraries" 'BEGIN { print (3 * a + 2 > 10 ? 3 * a + 2 : 10) }')
watch_lines lines
keep_levels $buzzer
record killed.wav
for signal in KILL SEGV STOP; do
    case $signal in KILL) how=killed ;; SEGV) how=crashed ;; STOP) how=hung ;; esac
    tap $button
    pid=$(main)
    died=$(kill_in_buzz $signal) # in the first hold's
    wait_for 30 eval '[ "$(main)" != '"$pid"' ] && says "^ready"' >/dev/null
    most "$how: the buzzer is low in" "$(since "$died" "$(edges first $buzzer 0 "$died")")" 1 s
    is "$how: and stays so" "$(line $buzzer)" 0
    most "$how: back in" "$(since "$died" "$(awk -v a="$(systemctl show -P ActiveEnterTimestampMonotonic pitrainer)" 'BEGIN { print a / 1e6 }')")" "$back_in" s
    sleep 7
    from_here
    tap $button
    wait_journal 30 'hold: Chin to chest' >/dev/null
    is "$how: pressed, it goes on in exercise 1, holds" "$(journal 'hold: Head press')" 1
    is "$how: without the introduction: the hold comes after" \
        "$(since "$(journal_at 'session begins')" "$(journal_at 'hold: Head press')")" '[0-6]\..*'
    hold # stops it
    sleep 4
    hold # ends the offer to go on: the next session begins in exercise 1 again
    sleep 4
    from_here
done
stop_recording
heard 'said each time' killed.wav 'press the button to continue with exercise 1 | press the button to continue with exercise 1 | press the button to continue with exercise 1'
