# alone T=400 as booted
# as booted
# From the kernel's start to READY, with the clips there.
at() { awk -v a="$(systemctl show -P "$2" -- "$1")" 'BEGIN { print a / 1e6 }'; }
wait_status 60 '^ready' >/dev/null
others=0
for unit in $(systemctl list-dependencies --plain --no-legend multi-user.target | grep -vE 'multi-user|pitrainer|rig' | sort -u); do
    others=$(awk -v a="$others" -v b="$(at "$unit" ActiveEnterTimestampMonotonic)" 'BEGIN { print (b > a) ? b : a }')
done
note "multi-user.target's other units are up at" "$others s"
note 'pitrainer is started at' "$(at pitrainer.service ExecMainStartTimestampMonotonic) s"
ready=$(at pitrainer.service ActiveEnterTimestampMonotonic)
most 'READY after them' "$(awk -v a="$others" -v b="$ready" 'BEGIN { print b - a }')" 10 s
systemd-analyze blame --no-pager | head -20 || true
