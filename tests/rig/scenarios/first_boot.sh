# alone T=3600 as booted card
# as booted
# card
# A card that make-card.sh has prepared, with a network: nobody logs in, and nobody types anything.
log=/boot/firmware/pitrainer.log
wait_for 3000 grep -q 'pitrainer is installed' $log >/dev/null || cat $log
note 'from power-on to installed' "$(up) s"
wait_status 300 '^ready: rig, adult$' >/dev/null
most 'from power-on to "ready"' "$(up)" 1800 s
cp $log "$OUT/pitrainer.log"
is 'the log on the boot partition, its last line' "$(tail -n 1 $log | cut -c 21-)" 'pitrainer is installed: .*'
is 'cautions in it' "$(grep -c CAUTION $log)" 0
is 'the journal is in memory, as Raspberry Pi OS has it: lines that warn of it' "$(journal 'the journal is in memory')" 1
is "who has logged in" "$(who | wc -l)" 0
is "what Imager asked for" "$(hostname), $(ls /root/imager-was-here)" 'kitchen, /root/imager-was-here'
is 'the settings are the person.s' "$(cmp /boot/firmware/pitrainer/card/settings/pitrainer.toml /etc/pitrainer/pitrainer.toml && echo yes)" yes
is 'the versions of a routine are the page.s' "$(stat -c %U /etc/pitrainer/routines/.versions/rig)" pitrainer-page
is 'every phrase has its clip' "$(CACHE_DIRECTORY=/var/cache/pitrainer pitrainer prepare 2>&1 | tail -n 1)" 'every phrase has its clip'
record first.wav
tap $button
is 'a press: a whole session' "$(session_ends >/dev/null && echo yes)" yes
stop_recording
heard 'heard' first.wav 'welcome to the virtual trainer | exercise 1 of 3 | let go slowly | exercise 2 of 3 | come back slowly | well done'
systemctl start pitrainer-card
sleep 5
is 'at the next start' "$(systemctl show -P Result pitrainer-card), $(wc -l <$log) lines" 'success, 2 lines'
