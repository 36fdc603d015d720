# The card goes in a hold and comes back: the one that the settings name, and whichever there is.
number=0
for device in Loopback ''; do
    number=$((number + 1))
    sed -i "s/^device = .*/device = \"$device\"/" /etc/pitrainer/pitrainer.toml
    systemctl restart pitrainer
    wait_status 60 '^ready' >/dev/null
    from_here
    case=${device:-any card}
    watch_lines lines
    tap $button
    wait_journal 60 'hold: Chin to chest' >/dev/null
    sleep 2
    gone=$(up)
    unplug_speaker
    wait_journal 20 '^paused' >/dev/null
    most "$case: gone: paused in" "$(since "$gone" "$(journal_at ' paused')")" 1 s
    sleep 3
    is "$case: fault code, long buzzes" "$(long_buzzes "$gone")" 2
    is "$case: its state" "$(status)" 'paused in exercise 2 of 3; no sound.*'
    is "$case: lines on it in the journal" "$(journal 'no sound')" '[12]' # gone; then, that there is none
    plug_speaker
    record "$number.wav"
    back=$(up)
    most "$case: back: the sound is there in" "$(wait_journal 30 'the sound is back')" 10 s
    sleep 6
    tap $button
    session_ends >/dev/null
    stop_recording
    heard "$case: what is said" "$number.wav" 'the speaker is back | press the button to continue | chin to chest | well done'
    is "$case: lines on its return in the journal" "$(journal 'the sound is back')" 1
    kill "$watcher"
done
