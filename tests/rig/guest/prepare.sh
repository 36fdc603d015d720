#!/bin/bash
# In the guest's disk, in a chroot, after pitrainer's installation: the board, and a short routine with its spoken phrases.
set -euo pipefail
cd /root/pitrainer
install -m 644 /opt/rig/*.service /etc/systemd/system/
chmod 755 /opt/rig/*.sh
systemctl -q enable rig.service rig-hardware.service
# Raspberry Pi OS has such a rule.
printf 'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"\n' >/etc/udev/rules.d/60-gpio.rules
install -m 644 /opt/rig/*.toml /etc/pitrainer/routines/
# A second run with an edited settings file: it stays, the routine's phrases are made, nothing else changes.
sed -i '/^\[\[program\]\]/,$d' /etc/pitrainer/pitrainer.toml
printf '[[program]]\nroutine = "%s"\nprofile = "%s"\n\n' rig adult rolling-pin adult neck adult >>/etc/pitrainer/pitrainer.toml
sed -i 's/^device = .*/device = "Loopback"/' /etc/pitrainer/pitrainer.toml
before=$(sha256sum /etc/pitrainer/pitrainer.toml)
systemd/install.sh
[ "$before" = "$(sha256sum /etc/pitrainer/pitrainer.toml)" ]
systemd/install.sh | tee /opt/rig/second-run
# What only some scenarios use.
apt-get install -y -q --no-install-recommends mosquitto mosquitto-clients >/dev/null
systemctl -q disable mosquitto
reminder=/etc/pitrainer/reminder.toml
sed -e 's/^quiet_from = .*/quiet_from = "07:00"/' -e 's/^every = .*/every = "1m"/' -e 's/^later = .*/later = "1m"/' \
    /etc/pitrainer/pitrainer.toml >$reminder
printf '[[reminder]]\ntime = "12:00"\nroutine = "rig"\nprofile = "adult"\n' >>$reminder
for more in five soak rating hurts "--config $reminder"; do
    # shellcheck disable=SC2086 # two words
    runuser -u pitrainer -- env -C / CACHE_DIRECTORY=/var/cache/pitrainer pitrainer prepare $more
done
grep -q '^pitrainer: nothing to change' /opt/rig/second-run
