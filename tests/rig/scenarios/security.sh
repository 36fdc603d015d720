# The unit is clean, and the sandbox tight.
is 'systemd-analyze verify' "$(systemd-analyze verify pitrainer.service 2>&1 | grep -v '^rig' | wc -l) lines" '0 lines'
most 'systemd-analyze security' "$(systemd-analyze security pitrainer.service --no-pager | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')" 3.0 ''
is 'capabilities' "$(grep CapEff "/proc/$(main)/status" | cut -f2)" 0000000000000000
is 'its socket' "$(stat -c '%U:%G %a' /run/pitrainer/control.sock)" 'pitrainer:pitrainer 660'
is 'its folder' "$(stat -c '%U:%G %a' /run/pitrainer)" 'pitrainer:pitrainer 750'
useradd stranger
is 'a stranger asks' "$(runuser -u stranger -- pitrainer status >/dev/null 2>&1 && echo answered || echo refused)" refused
useradd -G pitrainer friend
is 'one of the group asks' "$(runuser -u friend -- pitrainer status >/dev/null 2>&1 && echo answered || echo refused)" answered
is 'files of the service that others may change' "$(find /run/pitrainer /var/lib/pitrainer /var/cache/pitrainer -type f -perm /022 | wc -l)" 0
is 'its history' "$(stat -c '%U:%G %a' /var/lib/pitrainer/history.db)" 'pitrainer:pitrainer 640'
is 'one of the group reads the history' "$(runuser -u friend -- pitrainer history >/dev/null 2>&1 && echo read || echo refused)" read
