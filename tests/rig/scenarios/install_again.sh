# alone T=900
# By a person with sudo, while the service runs and there is no network: the phrases are brought in from a file, nothing else
# changes; an upgrade that cannot be completed says so, and leaves the old one at work; removed, settings and history stay.
useradd -m -s /bin/bash person
echo 'person ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/person
cp -r /root/pitrainer /home/person/
# In the service's cache root works as the service's user, who may not write into a home.
CACHE_DIRECTORY=/var/cache/pitrainer pitrainer prepare --export /tmp/clips.zip
mv /tmp/clips.zip /home/person/
chown -R person: /home/person
chmod 700 /home/person
as_person() { runuser -u person -- env -C /home/person/pitrainer "$@"; }
find /var/cache/pitrainer -name '*.wav' | head -20 | xargs rm
was=$(main)

as_person systemd/install.sh --clips /home/person/clips.zip >first 2>&1 || cat first
is 'the phrases' "$(CACHE_DIRECTORY=/var/cache/pitrainer pitrainer prepare)" 'every phrase has its clip'
is 'it says' "$(grep -c 'put spoken phrases' first), $(grep -c 'added person to the group' first), $(grep -c CAUTION first)" '1, 1, 0'
is 'one of the group asks' "$(as_person pitrainer status >/dev/null 2>&1 && echo answered || echo refused)" answered
as_person systemd/install.sh >second 2>&1 || cat second
is 'again' "$(tail -1 second)" 'pitrainer: nothing to change: .*'
is 'the service was restarted' "$([ "$was" = "$(main)" ] && echo no || echo yes)" no
code=0
as_person systemd/install.sh --clips /home/person/none.zip >third 2>&1 || code=$?
is 'a file that is not there: exit code' "$code, $(cat third)" '2, .*none.zip: No such file.*'
head -c 1000 /home/person/clips.zip >/home/person/half.zip
as_person systemd/install.sh --clips /home/person/half.zip >fourth 2>&1 || cat fourth
is 'half a file: cautions' "$(grep -c CAUTION fourth)" 1

echo '# newer' >>/home/person/pitrainer/pitrainer/__init__.py
code=0
as_person systemd/install.sh >upgrade 2>&1 || code=$?
is 'an upgrade without network' "$code, $(grep -o 'NOT installed: stopped while installing the program' upgrade)" '1, NOT installed: .*'
is 'the service was restarted' "$([ "$was" = "$(main)" ] && echo no || echo yes)" no
tap $button
session_ends >/dev/null
is 'the old one leads through a session' "$(journal 'session ends: completed')" 1
systemctl restart pitrainer
most 'and starts again in' "$(wait_status 60 '^ready')" 30 s

tap $button
wait_journal 60 'hold: Head press' >/dev/null
settings=$(sha256sum </etc/pitrainer/pitrainer.toml)
as_person systemd/uninstall.sh >removed 2>&1 || cat removed
is 'removed in a hold: the service' "$(systemctl is-active pitrainer), $(systemctl is-enabled pitrainer 2>&1)" 'inactive, (not-found|.*No such file.*)'
is 'the buzzer' "$(line $buzzer)" 0
is 'the program' "$(ls -d /opt/pitrainer /usr/local/bin/pitrainer 2>/dev/null)" ''
is 'the settings' "$([ "$settings" = "$(sha256sum </etc/pitrainer/pitrainer.toml)" ] && echo intact)" intact
is 'the history' "$(python3 -c 'import sqlite3; print(sqlite3.connect("/var/lib/pitrainer/history.db").execute("pragma integrity_check").fetchone()[0])')" ok
is 'removed: the page' "$(ls /etc/systemd/system | grep -c pitrainer-page || true)" 0
as_person systemd/uninstall.sh --purge >purged 2>&1 || cat purged
is 'purged' "$(ls -d /etc/pitrainer /var/lib/pitrainer* /var/cache/pitrainer* 2>/dev/null; for user in pitrainer pitrainer-page; do id -u $user 2>/dev/null; done)" ''
