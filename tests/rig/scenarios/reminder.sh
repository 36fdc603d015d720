# alone T=900
# A reminder two minutes ahead is heard; held, it comes again; pressed, the session runs; and is in the history after a power cut.
case $STAGE in
    1)
        setting quiet_from '"00:00"'
        setting quiet_to '"00:00"'
        setting later '"1m"'
        printf '\n[[reminder]]\ntime = "00:00"\nroutine = "rig"\nprofile = "adult"\n' >>/etc/pitrainer/pitrainer.toml
        runuser -u pitrainer -- env -C / CACHE_DIRECTORY=/var/cache/pitrainer pitrainer prepare
        at=$(date -d '+2 minutes' +%H:%M)
        setting time "\"$at\""
        systemctl reload pitrainer
        wait_journal 30 'the clock is right' >/dev/null
        is 'the status' "$(pitrainer status | grep '^next')" "next reminder: [A-Z][a-z]*day $at, rig, adult"
        record reminder.wav
        wait_journal 150 'reminder .*: said$' >/dev/null
        # The host's seconds are the wall clock's.
        is 'said in the first seconds of its minute' "$(date +%H:%M)" "$at"
        sleep 12
        hold
        wait_journal 5 'reminder .*: put off' >/dev/null
        row ok 'held' 'put off' 'put off'
        wait_journal 90 'reminder .*: said, time 2' >/dev/null
        row ok 'a minute later' 'said again' 'said again'
        sleep 12
        tap $button
        wait_journal 30 'session begins' >/dev/null
        is 'pressed' "$(journal 'reminder .*: answered')" 1
        session_ends >/dev/null
        sleep 2
        stop_recording
        heard 'said' reminder.wav 'it is time to exercise | press the button when you are ready | i will remind you again in 1 minute | it is time to exercise | press the button when you are ready'
        power_cut
        ;;
    2)
        pitrainer history --json >"$OUT/history.json"
        is 'sessions in the history' "$(python3 -c 'import json, sys; print(*[it["result"] for it in json.load(open(sys.argv[1]))["sessions"]])' "$OUT/history.json")" completed
        sleep 25
        is 'reminded again' "$(journalctl -b -u pitrainer -o cat | grep -c ': said')" 0
        is 'the status' "$(pitrainer status | sed -n 2p)" 'done today, 1 day in a row'
        ;;
esac
