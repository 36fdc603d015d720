# alone T=1800
# Twenty short sessions with presses and faults at random: nothing grows, nothing is lost.
sed -i '0,/^routine = "rig"/s//routine = "soak"/' /etc/pitrainer/pitrainer.toml
systemctl restart pitrainer
wait_status 60 '^ready: soak' >/dev/null
RANDOM=7
files() { find "/proc/$(main)/fd" -mindepth 1 | wc -l; }
threads() { awk '/Threads/ { print $2 }' "/proc/$(main)/status"; }
memory() { awk '/VmRSS/ { print $2 }' "/proc/$(main)/status"; }
for number in $(seq 20); do
    tap $button
    wait_for 30 says '^exercise' >/dev/null
    case $((RANDOM % 4)) in
        0) # paused and resumed
            sleep $((RANDOM % 3))
            tap $button
            sleep 2
            tap $button
            ;;
        1) twice ;;
        2) # the speaker is gone, and comes back
            sleep 1
            unplug_speaker
            sleep 3
            plug_speaker
            sleep 4
            tap $button
            ;;
        3) tap $button 0.005 ;; # a bounce
    esac
    wait_for 60 says '^ready' >/dev/null || { hold; wait_for 20 says '^ready' >/dev/null; }
    echo "$number $(memory) $(threads) $(files) $(journal 'session begins')"
    # The first sessions load what is loaded once.
    if [ "$number" = 5 ]; then rss=$(memory) thread=$(threads) file=$(files); fi
done
most 'memory: from the 5th to the 20th session' "$(($(memory) - rss))" 2048 KiB
most 'threads' "$(threads)" "$thread" ''
most 'file descriptors' "$(files)" "$file" ''
is 'sessions in the journal' "$(journal 'session begins') begun, $(journal 'session ends') ended" '20 begun, 20 ended'
is 'sessions in the history' "$(pitrainer history --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["sessions"]))')" 20
is 'died' "$(systemctl show -P NRestarts pitrainer)" 0
