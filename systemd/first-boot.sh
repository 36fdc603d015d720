#!/bin/bash
# On a Pi whose card make-card.sh has prepared: installs pitrainer from the boot partition, and again when another version is put
# there. One attempt; systemd makes the next one a minute later, and at each start, until it is done. `--enable` begins with that.
# Debian's packages come from the network, nothing else. What it does is written to pitrainer.log on the boot partition, which any
# computer can read.
set -uo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
log=${here%/*}/pitrainer.log
unit=/etc/systemd/system/pitrainer-card.service
installed=/opt/pitrainer/.card
etc=/etc/pitrainer

last() { tail -n 1 "$log" 2>/dev/null | cut -c 21-; }
say() { # a line in the log, unless it is the last one already: a night without network is one line
    [ "$(last)" != "$1" ] || return 0
    printf '%(%Y-%m-%d %H:%M:%S)T %s\n' -1 "$1" | tee -a "$log"
    # vfat's syncfs leaves it in the card's own cache, which a power cut empties; its fsync does not.
    sync -f "$log" && sync "$log"
}

[ ! -e "$here/card/removed" ] || exit 0 # by uninstall.sh; make-card.sh takes that away
if [ "${1:-}" = --enable ]; then # at each start
    [ ! -s $unit ] || exit 0
    # Not after cloud-final.service: that comes after multi-user.target, which waits for this one, and at a first start for
    # somebody to type a user name (userconfig.service).
    cat >$unit <<EOF
# Written by pitrainer's first-boot.sh, which says what it is for.
[Unit]
Description=Installs pitrainer from the boot partition
RequiresMountsFor=$here
After=network.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/bin/bash $here/systemd/first-boot.sh
Restart=on-failure
RestartSec=60

[Install]
WantedBy=multi-user.target
EOF
    systemctl daemon-reload
    systemctl -q enable pitrainer-card.service
    sync # before the log says so
    say "installing pitrainer"
    systemctl start --no-block pitrainer-card.service
    exit
fi

id=$(cat "$here/card/id" 2>/dev/null) || { say "$here is not whole: run make-card.sh on a PC again"; exit 1; }
[ "$(cat $installed 2>/dev/null)" != "$id" ] || exit 0
network() { ip -o route show default | grep -q . || ip -6 -o route show default | grep -q .; }
no_network="there is no network, from which Debian's packages have to come; trying again every minute"
if network && [ "$(last)" = "$no_network" ]; then say "the network is there: installing pitrainer"; fi
export DEBIAN_FRONTEND=noninteractive
dpkg --configure -a >/dev/null 2>&1 # where the power was cut in an earlier attempt
# The person's settings, routines and voices; what is there already may be newer. By the owner of the folder, and through no link:
# see install.sh.
put() { # put FILE: what comes in becomes the file; whole, or not at all, also after a power cut
    # shellcheck disable=SC2016 # the inner shell's
    setsid -w runuser -u "$(stat -c %U $etc)" -- sh -Cc 'umask 022
        mkdir -p "${1%/*}" && rm -f "$1.part" && cat >"$1.part" && sync "$1.part" && mv -fT "$1.part" "$1"' sh "$1"
}
if [ -d "$here/card/settings" ]; then
    mkdir -p $etc
    (cd "$here/card/settings" && find . -type f -print0 | while IFS= read -r -d '' file; do
        [ -e "$etc/$file" ] || put "$etc/$file" <"$file"
    done)
fi
clips=(--no-prepare) # the service makes them, and says so in the room
[ ! -f "$here/card/clips.zip" ] || clips=(--clips "$here/card/clips.zip")
attempt=$(mktemp /run/pitrainer-card.XXXXXX)
trap 'rm -f "$attempt"' EXIT
# The first user, as the one who calls sudo, may ask the trainer.
if SUDO_USER=$(getent passwd 1000 | cut -d: -f1) PIP_NO_INDEX=1 PIP_FIND_LINKS=$here/card/wheels \
    bash "$here/systemd/install.sh" "${clips[@]}" >"$attempt" 2>&1; then
    grep '^pitrainer: CAUTION' -A 20 "$attempt" >>"$log"
    echo "$id" >$installed
    sync # before the log says so: somebody may read it, and pull the plug
    state=$(systemctl show -P StatusText pitrainer 2>/dev/null | LC_ALL=C tr -cd '[:print:]')
    say "pitrainer is installed${state:+: $state}"
elif ! network; then
    say "$no_network"
    exit 1
else
    why=$(grep . "$attempt" | tail -n 12 | LC_ALL=C tr -cd '[:print:]\n')
    if ! grep -qF -- "$(tail -n 3 <<<"$why" | head -n 1)" "$log"; then printf '%s\n' "$why" >>"$log"; fi
    say "pitrainer could not be installed (the lines above say why); trying again every minute"
    exit 1
fi
