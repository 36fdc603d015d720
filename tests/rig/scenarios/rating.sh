# alone T=1500
# "How was it?": all eleven numbers, silence, a power cut after an answer, and too much pain.
program() { # program ROUTINE: the first program is this one from now on
    plan "$1"
    sed -i "0,/^routine = .*/s//routine = \"$1\"/" /etc/pitrainer/pitrainer.toml
    systemctl reload pitrainer
    wait_status 60 "^ready: $1" >/dev/null
    from_here
}
answers() { timeout 900 /opt/pitrainer/bin/python -B /mnt/h/answers.py "${sim}sim_gpio$button/pull" "$OUT/plan.json" "$@"; }
ratings() { # the ratings of the history: 'EXERCISE VALUE', by session and step
    pitrainer history --json | python3 -c 'import json, sys
print(*("{exercise} {value}".format(**r) for s in json.load(sys.stdin)["sessions"] for r in s["ratings"]), sep="; ")'
}
case $STAGE in
    1)
        program hurts
        answers 3:500 >"$OUT/taken" &
        asking=$!
        sleep 2
        tap $button
        wait $asking
        is 'what was taken' "$(cat "$OUT/taken")" 'pain 3'
        sleep 2
        power_cut
        ;;
    2)
        is 'after a power cut: the answer' "$(ratings)" 'fist 3'
        tap $button # goes on after what it broke off in
        wait_journal 120 'hold: Shoulders' >/dev/null
        sleep 12
        tap $button
        is 'a press ends a set at the own pace' "$(wait_journal 10 '^done after' >/dev/null && echo done)" done
        session_ends >/dev/null

        program rating
        record rating.wav
        # From 0.2 to 0.9 s after each number.
        answers 0:200 1:900 2:300 3:800 4:400 5:700 6:500 7:600 8:250 9:850 10:550 - >"$OUT/taken" &
        asking=$!
        sleep 2
        tap $button
        wait $asking
        session_ends 300 >/dev/null
        stop_recording
        is 'eleven numbers, pressed 0.2 to 0.9 s after each' "$(cut -d' ' -f2 "$OUT/taken" | paste -sd' ')" '0 1 2 3 4 5 6 7 8 9 10'
        is 'in the history; silence is nothing' "$(ratings)" \
            'fist 3; one 0; two 1; three 2; four 3; five 4; six 5; seven 6; eight 7; nine 8; ten 9; eleven 10'
        heard 'the answers are read back' rating.wav 'you said zero | you said five | you said ten'

        program hurts
        record pain.wav
        answers 8:500 >"$OUT/taken" &
        asking=$!
        sleep 2
        tap $button
        wait $asking
        most 'pain 8: the session ends after' "$(wait_journal 20 'session ends: stopped')" 8 s
        sleep 8
        stop_recording
        is 'pain 8: nothing is offered' "$(journal 'offered|continue')" 0
        heard 'pain 8: what is said' pain.wav 'you said eight | too much pain | ask your therapist'
        ;;
esac
