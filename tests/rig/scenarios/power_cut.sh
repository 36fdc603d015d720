# alone T=600
# The power fails in the third exercise.
case $STAGE in
    1)
        sha256sum /etc/pitrainer/pitrainer.toml >"$OUT/settings"
        ls /var/cache/pitrainer | sha256sum >"$OUT/cache"
        tap $button
        session_ends >/dev/null
        from_here
        tap $button
        wait_journal 90 'hold: Shoulders' >/dev/null
        sleep 2
        power_cut
        ;;
    2)
        record after.wav
        is 'ready' "$(status)" 'ready: rig, adult'
        is 'the session that broke off is offered' "$(journalctl -b -u pitrainer -o cat | grep -c 'a session ended in step')" 1
        sha256sum -c "$OUT/settings" >/dev/null && row ok 'the settings' intact intact
        is 'the cache' "$(ls /var/cache/pitrainer | sha256sum)" "$(cat "$OUT/cache")"
        is 'the clips' "$(CACHE_DIRECTORY=/var/cache/pitrainer pitrainer prepare)" 'every phrase has its clip'
        is 'the history' "$(python3 -c 'import sqlite3; print(sqlite3.connect("/var/lib/pitrainer/history.db").execute("pragma integrity_check").fetchone()[0])')" ok
        pitrainer history --json >"$OUT/history.json"
        is 'sessions in it' "$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["sessions"]))' "$OUT/history.json")" 2
        sleep 5
        tap $button
        wait_journal 60 'hold: Shoulders' >/dev/null
        session_ends >/dev/null
        row ok 'pressed' 'goes on in exercise 3, to its end' 'goes on'
        stop_recording
        heard 'said' after.wav 'shoulders | let them drop | well done'
        ;;
esac
