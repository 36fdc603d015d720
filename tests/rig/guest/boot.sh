#!/bin/bash
# In the guest, after everything else has started: runs the scenarios that the host has put into the share, then switches off.
mkdir -p /mnt/h && mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 h /mnt/h
for scenario in /mnt/h/scenarios/*.sh; do
    name=$(basename "$scenario" .sh)
    export OUT=/mnt/h/out/${name#*-}
    [ ! -e "$OUT/rc" ] || continue # before a power cut
    mkdir -p "$OUT"
    STAGE=$(cat "$OUT/stage" 2>/dev/null || echo 1)
    export STAGE
    cd "$OUT" || exit 1
    # shellcheck disable=SC2016 # the inner shell's
    setsid bash -c 'set -eu; . /mnt/h/lib.sh; grep -q "^# as booted" "$1" || fresh; . "$1"' - "$scenario" >>"$OUT/log" 2>&1 &
    wait $!
    code=$?
    pkill -KILL -s $! # what it left running
    echo 0 >/sys/kernel/tracing/tracing_on
    [ $code = 0 ] || printf 'FAIL\tran to its end\tno (exit code %s): see out/%s/log\tyes\n' $code "${name#*-}" >>"$OUT/rows"
    journalctl -b -u pitrainer -u pitrainer-mqtt -u mosquitto -o short-precise --no-pager >"$OUT/journal"
    echo $code >"$OUT/rc"
done
sync
systemctl poweroff
