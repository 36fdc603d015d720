#!/bin/bash
# Installs pitrainer as a service from this clone, or upgrades it. On Raspberry Pi OS or Debian (bookworm or trixie, 64-bit), also
# in a chroot, as image builders run it. Run again, it changes nothing.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: systemd/install.sh [--clips FILE] [--no-prepare] [--no-page]
Installs pitrainer from this clone as a service, or upgrades it. Settings that you edited stay as they are.
  --clips FILE   takes the spoken phrases from FILE (pitrainer prepare --export FILE, on another machine; without this option,
                 from clips.zip beside install.sh, if it is there)
  --no-prepare   leaves synthesising the phrases, which takes minutes, to the service
  --no-page      without the page for phones on port 80; remove it if installed
EOF
}

clips='' prepare=yes page=yes
while [ $# -gt 0 ]; do
    case $1 in
        --clips) clips=$(realpath -e -- "${2?--clips needs a file}") || exit 2; shift ;;
        --no-prepare) prepare=no ;;
        --no-page) page=no ;;
        -h | --help) usage; exit ;;
        *) echo "install.sh: unknown argument: $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done

here=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "$clips" ] && [ -e "$here/systemd/clips.zip" ]; then clips=$here/systemd/clips.zip; fi
if [ "$(id -u)" != 0 ]; then
    # A proxy, or a package index and certificate of one's own, still count.
    set -- ${clips:+--clips "$clips"}
    [ $prepare = yes ] || set -- "$@" --no-prepare
    [ $page = yes ] || set -- "$@" --no-page
    exec sudo --preserve-env=http_proxy,https_proxy,no_proxy,PIP_INDEX_URL,PIP_CERT,SSL_CERT_FILE "$here/systemd/install.sh" "$@"
fi

app=/opt/pitrainer
etc=/etc/pitrainer
cache=/var/cache/pitrainer
state=/var/lib/pitrainer
units=/etc/systemd/system
# Marks of what is left to do: where this run is broken off, the next one does it.
restart=$app/.restart choose=$app/.choose
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
umask 022
cd / # `python3 -m` looks into the current folder first, and this is root

doing='looking at this machine'
changed=no warnings=()
step() { doing=$1; }                          # what is being done, should it fail
did() { echo "pitrainer: $1"; changed=yes; }  # what is different now
ended() {
    local code=$?
    [ $code = 0 ] || echo "pitrainer: NOT installed: stopped while $doing (exit code $code; the lines above say why).
Fix that and run systemd/install.sh again: it continues where it stopped." >&2
    [ -z "${child:-}" ] || kill "$child" 2>/dev/null || true
    [ -z "${work:-}" ] || rm -rf "$work"
}
trap ended EXIT
fail() { echo "pitrainer: $1" >&2; exit 1; }
same_file() { cmp -s -- "$1" "$2"; }
sum() { sha256sum -- "$1" | cut -d' ' -f1; }
# What belongs to the service's user is touched by that user alone: root would follow whatever link they put there.
as_service() {  # with the service's own user and folders, in a session of its own: into root's terminal it could type commands
    setsid runuser -u pitrainer -- env -C / HOME=$state CACHE_DIRECTORY=$cache STATE_DIRECTORY=$state "$@" </dev/null &
    child=$! # waited for, so that Ctrl-C, which does not reach another session, still ends it
    local code=0
    wait $child || code=$?
    child=''
    return $code
}
work=$(mktemp -d /var/tmp/pitrainer.XXXXXX) # not /tmp, which may be in memory: half a gigabyte is unpacked here
chmod 711 "$work" # the service's user finds in it what is named to it

# This machine
arch=$(dpkg --print-architecture)
case $arch in
    arm64 | amd64) ;;
    *) fail "this system is $arch; Piper needs a 64-bit one. README, \"Where Piper does not run\", says what works here." ;;
esac
[ -f "$here/pyproject.toml" ] || fail "$here is not a clone of pitrainer; run the install.sh in one"
if [ -e $app ] && [ ! -f $app/pyvenv.cfg ] && [ -n "$(ls -A $app)" ]; then fail "$app exists, and is not pitrainer's"; fi

# Debian's packages
step "installing Debian's packages"
absent() {
    local package
    for package; do dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"; done
}
get() {
    local packages
    mapfile -t packages < <(absent "$@")
    [ ${#packages[@]} -gt 0 ] || return 0
    echo "pitrainer: installing ${packages[*]}"
    apt-get update -q
    apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "${packages[@]}"
    did "installed ${packages[*]}"
}
get python3 python3-venv libportaudio2
python=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
extras=mqtt
[ $page = no ] || extras+=,page
case $python in
    3.11 | 3.12) extras+=,pi ;;
    3.13) ;; # PyPI has no lgpio for it; only a passive buzzer needs that
    *) fail "this system's Python is $python; pitrainer runs on 3.11 to 3.13 (bookworm and trixie have them)" ;;
esac

# The service's user, and who may use the devices
step "creating the service's user"
for group in gpio audio input; do
    getent group $group >/dev/null || { groupadd --system $group; did "created the group $group"; }
done
if ! getent passwd pitrainer >/dev/null; then
    useradd --system --user-group --groups gpio,audio,input --home-dir $state --no-create-home --shell /usr/sbin/nologin pitrainer
    did "created the user pitrainer"
fi
if [ $page = yes ] && ! getent passwd pitrainer-page >/dev/null; then
    useradd --system --user-group --groups pitrainer --home-dir /var/lib/pitrainer-page --no-create-home --shell /usr/sbin/nologin pitrainer-page
    did "created the user pitrainer-page"
fi
person=${SUDO_USER:-}
if [ -n "$person" ] && [ "$person" != root ] && ! id -nG "$person" | tr ' ' '\n' | grep -qx pitrainer; then
    usermod -aG pitrainer "$person"
    did "added $person to the group pitrainer, which may use \`pitrainer status\` and the like (after the next login)"
fi
# Raspberry Pi OS gives the pins to the group gpio; plain Debian leaves them to root.
rule=/etc/udev/rules.d/60-pitrainer.rules
if ! grep -qs gpiochip /etc/udev/rules.d/* /usr/lib/udev/rules.d/* /lib/udev/rules.d/*; then
    mkdir -p "${rule%/*}"
    echo 'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"' > $rule
    did "gave the pins to the group gpio ($rule)"
    if [ -d /run/udev ]; then
        udevadm control --reload
        udevadm trigger --subsystem-match=gpio
    fi
fi
step "creating the service's folders"
folder() { [ -d "$2" ] || { install -d -o pitrainer -g pitrainer -m "$1" "$2"; did "created $2"; }; }
folder 750 $cache
folder 750 $state

# The program
step "installing the program into $app"
fingerprint=$({
    echo "$python $extras"
    cd "$here"
    find pitrainer config systemd pyproject.toml README.md LICENSE -type f -not -name '*.pyc' -not -name clips.zip -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
} | sha256sum | cut -d' ' -f1)
if [ "$(cat $app/.installed 2>/dev/null || true)" != "$fingerprint" ]; then
    before=$($app/bin/pitrainer --version 2>/dev/null || true)
    rm -f $app/.installed
    # Another Python than the one that is there, after an upgrade of the system: from the beginning. So, too, where an earlier
    # version let it see Debian's packages, which were in the way of its own.
    if ! "$app/bin/python$python" -c '' 2>/dev/null || grep -qs '^include-system-site-packages = true' $app/pyvenv.cfg; then
        /usr/bin/python3 -m venv --clear $app
    fi
    echo "pitrainer: installing the program and the Python packages that it needs (0.6 GB, some minutes on a Pi)"
    TMPDIR=$work PIP_NO_CACHE_DIR=${PIP_NO_CACHE_DIR:-1} $app/bin/pip install -q --no-warn-script-location --progress-bar off "$here[$extras]"
    # The trainer offers to pair a phone where there is what serves the page.
    [ $page = yes ] || ! $app/bin/python -P -c 'import starlette' 2>/dev/null || $app/bin/pip uninstall -q -y starlette uvicorn
    ln -sfn "lib/python$python/site-packages/pitrainer/gpio/buzzer_off.py" $app/buzzer_off.py # for the service, where a version would be in its way
    : >$restart
    echo "$fingerprint" >$app/.installed
    did "${before:+upgraded $before; }installed $($app/bin/pitrainer --version) in $app"
fi
if [ "$(readlink /usr/local/bin/pitrainer || true)" != $app/bin/pitrainer ]; then
    [ -L /usr/local/bin/pitrainer ] || [ ! -e /usr/local/bin/pitrainer ] || fail "/usr/local/bin/pitrainer exists, and is not ours"
    ln -sfn $app/bin/pitrainer /usr/local/bin/pitrainer
    did "created the command /usr/local/bin/pitrainer"
fi

# Settings. The checksum says which defaults were offered last: a file that still has it was not edited.
step "putting the settings into $etc"
for name in $etc $etc/routines $etc/voices; do [ -d "$name" ] || { mkdir -p "$name"; did "created $name"; }; done
# The page's user may change them. Whoever owns a folder alone writes there: root would follow whatever link they put into it.
owner=root
[ $page = no ] || owner=pitrainer-page
for name in $etc/pitrainer.toml $etc/routines $etc/voices $etc; do
    if [ -e "$name" ] && [ "$(stat -c %U "$name")" != $owner ]; then
        chown -h $owner: "$name"
        did "gave $name to $owner"
    fi
done
# Folders of versions, too, where root has copied them there. -execdir, for their owner may change what a path leads to.
below=$(find $etc/routines -mindepth 1 -xdev -type d ! -user $owner -execdir chown -h $owner: {} \; -print)
[ -z "$below" ] || did "gave the folders in $etc/routines to $owner"
put() { # put FILE: what comes in becomes the file, whole
    # -C, for the folder may have been another's before, who left a link there.
    # shellcheck disable=SC2016 # the inner shell's
    setsid -w runuser -u $owner -- sh -Cc 'umask 022; rm -f "$1.part" && cat >"$1.part" && mv -fT "$1.part" "$1"' sh "$1"
}
shipped=$here/config/pitrainer.toml mine=$etc/pitrainer.toml offered=$etc/.defaults.sha256
if ! same_file "$shipped" $mine; then
    if [ ! -e $mine ] || [ "$(sum $mine)" = "$(cat $offered 2>/dev/null || true)" ]; then
        [ -e $mine ] || : >$choose
        : >$restart
        put $mine <"$shipped"
        did "put the settings into $mine"
    elif [ "$(sum "$shipped")" != "$(cat $offered 2>/dev/null || true)" ]; then
        put $mine.new <"$shipped"
        did "kept your $mine; the new defaults are beside it in pitrainer.toml.new"
    fi
fi
[ "$(sum "$shipped")" = "$(cat $offered 2>/dev/null || true)" ] || sum "$shipped" | put $offered

# The voice
step "preparing the voice"
listing() { find $cache -name '*.wav' -printf '%f %s\n' | LC_ALL=C sort | sha256sum; } # looks only: no link is followed
before=$(listing)
if [ -n "$clips" ]; then
    install -g pitrainer -m 640 "$clips" "$work/clips.zip" # the service's user may not read where the person keeps it
    as_service $app/bin/pitrainer prepare --import "$work/clips.zip" ||
        warnings+=("not every clip of $clips could be imported (the lines above say why)")
fi
if ! as_service $app/bin/pitrainer check >"$work/check" 2>&1; then
    warnings+=("the settings or a routine have mistakes:" "$(cat "$work/check")")
elif [ $prepare = yes ]; then
    as_service nice -n 10 $app/bin/pitrainer prepare ||
        warnings+=("the voice could not be prepared; the service tries again when it starts")
fi
[ "$before" = "$(listing)" ] || did "put spoken phrases into $cache"

# The service
step "installing the service"
# In a chroot there may be the outer system's /run.
running=no
if [ -d /run/systemd/system ] && ! systemd-detect-virt --quiet --chroot; then running=yes; fi
for name in pitrainer pitrainer-mqtt; do
    unit=$units/$name.service
    if ! same_file "$here/systemd/$name.service" "$unit"; then
        : >$restart
        install -D -m 644 "$here/systemd/$name.service" "$unit"
        did "put the service into $unit"
        [ $running = no ] || systemctl daemon-reload
    fi
    if [ ! -e $units/multi-user.target.wants/$name.service ]; then
        if command -v systemctl >/dev/null; then
            systemctl -q enable $name.service
        else
            mkdir -p $units/multi-user.target.wants
            ln -s "$unit" $units/multi-user.target.wants/$name.service
        fi
        did "$name starts with the system from now on"
    fi
done
avahi=/etc/avahi/services/pitrainer.service
if [ $page = yes ]; then
    for name in pitrainer-page.socket pitrainer-page.service; do
        if ! same_file "$here/systemd/$name" $units/$name; then
            : >$restart
            install -D -m 644 "$here/systemd/$name" $units/$name
            did "put the page into $units/$name"
            [ $running = no ] || systemctl daemon-reload
        fi
    done
    if [ ! -e $units/sockets.target.wants/pitrainer-page.socket ]; then
        mkdir -p $units/sockets.target.wants
        ln -s $units/pitrainer-page.socket $units/sockets.target.wants/pitrainer-page.socket
        did "enabled the page"
    fi
    # It has this machine's name found in the network, where avahi does that.
    if [ -d ${avahi%/*} ] && ! same_file "$here/systemd/pitrainer.avahi" $avahi; then
        install -m 644 "$here/systemd/pitrainer.avahi" $avahi
        did "announced the page to the network ($avahi)"
    fi
elif [ -e $units/pitrainer-page.socket ]; then
    [ $running = no ] || systemctl stop pitrainer-page.socket pitrainer-page.service
    rm -f $units/sockets.target.wants/pitrainer-page.socket $units/pitrainer-page.socket $units/pitrainer-page.service $avahi
    [ $running = no ] || systemctl daemon-reload
    did "removed the page"
fi
if [ $running = yes ]; then
    step "starting the service (journalctl -u pitrainer says more)"
    if [ -e $restart ] || ! systemctl -q is-active pitrainer; then
        systemctl restart pitrainer
        systemctl restart --no-block pitrainer-mqtt # it ends at once where the settings have no broker
        did "started the service"
    fi
    if [ $page = yes ]; then
        if [ -e $restart ] || ! systemctl -q is-active pitrainer-page.socket; then
            # Both, for a phone that looks would have the old version started again at once.
            systemctl stop pitrainer-page.socket pitrainer-page.service
            systemctl start pitrainer-page.socket ||
                warnings+=("the page cannot listen on port 80; who does: sudo ss -ltnp 'sport = :80'. Another port: sudo systemctl edit pitrainer-page.socket, with the lines [Socket], ListenStream= and ListenStream=8080; then sudo systemctl start pitrainer-page.socket")
        fi
        addresses=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m 1 -E '^[0-9.]+$' || true)
        echo "pitrainer: the page for phones: http://$(hostname).local${addresses:+ or http://$addresses} (\`pitrainer page pair\` pairs one)"
    fi
    echo "pitrainer: $(systemctl show -P StatusText pitrainer | LC_ALL=C tr -cd '[:print:]')" # the service's words, for root's terminal
else
    echo "pitrainer: systemd does not run here; the service starts when the system is booted"
fi
rm -f $restart

# Where there are several sound cards, the person hears which is which, once.
cards() { { find /proc/asound/card[0-9]*/ -maxdepth 1 -name 'pcm*p' 2>/dev/null || true; } | cut -d/ -f4 | sort -u | wc -l; }
if [ $running = yes ] && [ -e $choose ] && [ "$(cards)" -gt 1 ]; then
    step "choosing the sound card"
    if [ -t 0 ] && [ -t 1 ]; then
        $app/bin/pitrainer sound || warnings+=("no sound card was chosen (the lines above say why); sudo pitrainer sound does it")
    else
        echo "pitrainer: there are several sound cards; \`sudo pitrainer sound\` lets you hear and choose"
    fi
fi
rm -f $choose

step "ending"
[ ${#warnings[@]} = 0 ] || printf 'pitrainer: CAUTION: %s\n' "${warnings[@]}" >&2
[ $changed = yes ] || echo "pitrainer: nothing to change: $($app/bin/pitrainer --version) is installed"
