# The process is killed, crashes, or hangs while the buzzer is on in a session. The pin stays as it was, as on a Pi.
# Its peers: what any trainer would have to import, and what any file of Python takes to begin. This machine may be three times as
# slow as it was a minute ago, so they are measured before and after each of the three, and the slower one counts.
pace() {
    local begin
    begin=$(up)
    /opt/pitrainer/bin/python -P -c 'import gpiozero, numpy, sounddevice'
    libraries=$(since "$begin")
    begin=$(up)
    /usr/bin/python3 -I -S -c 'import errno, fcntl, os, struct, sys, time'
    python=$(since "$begin")
}
larger() { awk -v a="$1" -v b="$2" 'BEGIN { print (a > b ? a : b) }'; }
watch_lines lines
keep_levels $buzzer
record killed.wav
pace
for signal in KILL SEGV STOP; do
    # The watchdog waits for 0.4 s, and systemd for 0.25 s more.
    case $signal in KILL) how=killed frozen=0 ;; SEGV) how=crashed frozen=0 ;; STOP) how=hung frozen=0.65 ;; esac
    tap $button
    pid=$(main)
    died=$(kill_in_buzz $signal) # in the first hold's
    wait_for 30 eval '[ "$(main)" != '"$pid"' ] && says "^ready"' >/dev/null
    low=$(since "$died" "$(edges first $buzzer 0 "$died")")
    level=$(line $buzzer)
    back=$(since "$died" "$(awk -v a="$(systemctl show -P ActiveEnterTimestampMonotonic pitrainer)" 'BEGIN { print a / 1e6 }')")
    sleep 7
    from_here
    tap $button
    wait_journal 30 'hold: Chin to chest' >/dev/null
    holds=$(journal 'hold: Head press')
    after=$(since "$(journal_at 'session begins')" "$(journal_at 'hold: Head press')")
    hold # stops it
    sleep 4
    hold # ends the offer to go on: the next session begins in exercise 1 again
    sleep 4
    from_here
    slow=$libraries slow_python=$python
    pace
    slow=$(larger "$slow" "$libraries") slow_python=$(larger "$slow_python" "$python")
    note "$how: gpiozero, numpy and sounddevice alone, imported" "$slow s"
    note "$how: a file of Python alone, begun" "$slow_python s"
    most "$how: the buzzer is low in" "$low" "$(larger 1 "$(awk -v a=$frozen -v b="$slow_python" 'BEGIN { print a + 2 * b }')")" s
    is "$how: and stays so" "$level" 0
    most "$how: back in" "$back" "$(larger 10 "$(awk -v a="$slow" 'BEGIN { print 3 * a + 2 }')")" s
    is "$how: pressed, it goes on in exercise 1, holds" "$holds" 1
    is "$how: without the introduction: the hold comes after" "$after" '[0-6]\..*'
done
stop_recording
heard 'said each time' killed.wav 'press the button to continue with exercise 1 | press the button to continue with exercise 1 | press the button to continue with exercise 1'
