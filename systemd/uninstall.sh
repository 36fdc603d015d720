#!/bin/bash
# Removes pitrainer's service and program. Settings, history, spoken phrases and paired phones stay, unless --purge is given.
set -euo pipefail

purge=no
case ${1:-} in
    '') ;;
    --purge) purge=yes ;;
    *) echo "Usage: systemd/uninstall.sh [--purge]
Removes pitrainer; settings, history, spoken phrases and paired phones stay, unless --purge is given." >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || exec sudo "$0" "$@"
# What make-card.sh has put on the boot partition would install it again at the next start: see first-boot.sh.
card=/boot/firmware/pitrainer/card
if [ -d $card ] && ! { : >$card/removed && sync $card/removed; } 2>/dev/null; then
    echo "pitrainer: NOT removed: $card cannot be written, and would install it again; first: sudo mount -o remount,rw /boot/firmware" >&2
    exit 1
fi
trap '[ $? = 0 ] || echo "pitrainer: NOT removed completely; the lines above say why" >&2' EXIT

running=no
if [ -d /run/systemd/system ] && ! systemd-detect-virt --quiet --chroot; then running=yes; fi
units=/etc/systemd/system
for name in pitrainer-mqtt pitrainer; do
    if [ -e $units/$name.service ]; then
        [ $running = no ] || systemctl stop $name.service
        rm -f $units/multi-user.target.wants/$name.service $units/$name.service
        if [ $running = yes ]; then
            systemctl daemon-reload
            systemctl reset-failed $name.service 2>/dev/null || true # it is not known any more, where it never failed
        fi
    fi
done
if [ -e $units/pitrainer-page.socket ]; then
    [ $running = no ] || systemctl stop pitrainer-page.socket pitrainer-page.service
    rm -f $units/sockets.target.wants/pitrainer-page.socket $units/pitrainer-page.socket $units/pitrainer-page.service
    [ $running = no ] || systemctl daemon-reload
fi
rm -f /etc/avahi/services/pitrainer.service
if [ -e $units/pitrainer-card.service ]; then
    [ $running = no ] || systemctl stop pitrainer-card.service
    rm -f $units/multi-user.target.wants/pitrainer-card.service $units/pitrainer-card.service
fi
rm -rf /opt/pitrainer
[ "$(readlink /usr/local/bin/pitrainer || true)" != /opt/pitrainer/bin/pitrainer ] || rm /usr/local/bin/pitrainer
rm -f /etc/udev/rules.d/60-pitrainer.rules

kept=(/etc/pitrainer /var/lib/pitrainer /var/cache/pitrainer /var/lib/pitrainer-page)
if [ $purge = yes ]; then
    # systemd keeps the state of a service without a user of its own in a private folder, behind a link.
    rm -rf "${kept[@]}" /var/lib/pitrainer-mqtt /var/lib/private/pitrainer-mqtt $units/pitrainer.service.d $units/pitrainer-mqtt.service.d \
        /var/cache/pitrainer-page $units/pitrainer-page.service.d $units/pitrainer-page.socket.d $card/settings $card/clips.zip
    for name in pitrainer-page pitrainer; do
        id=$(id -u $name 2>/dev/null || echo 1000)
        if [ "$id" -lt 1000 ]; then # not a person who happens to be called so
            userdel $name
            if getent group $name >/dev/null; then groupdel $name; fi # it stays while it has members
        fi
    done
    echo "pitrainer: removed, with settings, history, spoken phrases and paired phones"
else
    echo "pitrainer: removed. Settings, history, spoken phrases and paired phones are still in ${kept[*]}; --purge removes them too."
fi
[ ! -d $card ] || echo "pitrainer: ${card%/*} stays, but is not installed again, unless make-card.sh prepares the card again"
