# alone T=4800 as booted card
# as booted
# card
# append modprobe.blacklist=virtio_net
# The same card without a network: it waits, says so, and goes on when the network comes, at the next start too.
log=/boot/firmware/pitrainer.log
waits="there is no network, from which Debian.s packages have to come; trying again every minute"
attempts() { journalctl -b -u pitrainer-card -o cat --no-pager | grep -c '^Started'; }
tried() { [ "$(attempts)" -ge "$1" ]; }
case $STAGE in
    1)
        note 'it says that it waits' "$(wait_for 900 grep -q 'there is no network' $log >/dev/null && up) s after power-on"
        wait_for 400 tried 3 >/dev/null
        is 'it tries again: attempts' "$(attempts)" '[3-9]'
        is 'the log' "$(cut -c 21- $log | paste -sd '|')" "installing pitrainer.$waits"
        power_cut
        ;;
    2)
        wait_for 600 tried 2 >/dev/null
        is 'after a power cut, it tries on: attempts' "$(attempts)" '[2-9]'
        is 'the log' "$(cut -c 21- $log | paste -sd '|')" "installing pitrainer.$waits"
        modprobe virtio_net # the cable
        came=$(up)
        wait_for 2400 grep -q 'pitrainer is installed' $log >/dev/null || cat $log
        wait_status 300 '^ready: rig, adult$' >/dev/null
        most 'from the cable to "ready"' "$(since "$came")" 1800 s
        cp $log "$OUT/pitrainer.log"
        # The network may also come in the middle of an attempt, which then goes through.
        is 'the log' "$(cut -c 21- $log | paste -sd '|')" "installing pitrainer.$waits.(the network is there: installing pitrainer.)?pitrainer is installed: .*"
        tap $button
        is 'a press' "$(wait_journal 60 'session begins' >/dev/null && echo starts)" starts
        ;;
esac
