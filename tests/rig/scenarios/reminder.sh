# alone T=900
# A reminder two minutes ahead: held, it comes again later; pressed, it starts; the session outlives a power cut.
case $STAGE in
    1)
        sed "s/^time = .*/time = \"$(date -d '+2 minutes' +%H:%M)\"/" /etc/pitrainer/reminder.toml >/etc/pitrainer/pitrainer.toml
        systemctl reload pitrainer
        record reminder.wav
        wait_journal 150 'reminder .*: said' >/dev/null
        said=$(date +%S.%N)
        most 'said after its minute began' "${said#0}" 10 s
        sleep 8
        hold
        wait_journal 10 'put off' >/dev/null
        put_off=$(journal_at 'put off')
        wait_journal 100 'said, time 2' >/dev/null
        most 'held: said again after' "$(since "$put_off" "$(journal_at 'said, time 2')")" 75 s
        sleep 8
        tap $button
        session_ends >/dev/null
        stop_recording
        heard 'said' reminder.wav 'it is time to exercise | rig exercises | press the button when you are ready | remind you again in 1 minute | it is time to exercise | press the button when you are ready | chin to chest | well done'
        sleep 1
        power_cut
        ;;
    2)
        pitrainer history --json >"$OUT/history.json"
        is 'after a power cut: sessions in the history' "$(python3 -c '
import json, sys
print(*(it["routine"] for it in json.load(open(sys.argv[1]))["sessions"]))' "$OUT/history.json")" rig
        pitrainer status >"$OUT/status"
        cat "$OUT/status"
        sleep 70
        is 'reminded again today' "$(journalctl -b -u pitrainer -o cat | grep -c 'reminder .*: said')" 0
        ;;
esac
