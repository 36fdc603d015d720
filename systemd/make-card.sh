#!/bin/bash
# Prepares an SD card on a PC, so that the Pi installs pitrainer at its first start by itself: without keyboard, screen or SSH.
# What it puts there, and what first-boot.sh does with it on the Pi:
#   pitrainer/        this program, as install.sh needs it
#   pitrainer/card/   Python packages for the Pi (wheels), spoken phrases (clips.zip), settings and routines, and an id
#   user-data         for cloud-init: what was there before, and then first-boot.sh. As a boothook: a script runs once on a
#                     system, and not at all where the first start waits for somebody to type a user name, or the card was
#                     started before it was prepared
# ARCH and PYTHON_VERSION are the Pi's (aarch64, and 3.13 as Raspberry Pi OS trixie has it); PIP and PITRAINER are commands here.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: systemd/make-card.sh [--settings FILE] [--clips FILE] BOOTFS
Prepares a card that Raspberry Pi Imager has just written (Raspberry Pi OS Lite, 64-bit, trixie), so that the Pi installs
pitrainer by itself. BOOTFS is where the card's boot partition, "bootfs", is mounted.
  --settings FILE  these settings, with the routines and voices beside them (default: your own, if there are any)
  --clips FILE     these spoken phrases (default: made here, if README's first command has installed pitrainer)
EOF
}

refuse() { echo "make-card.sh: $1" >&2; exit 2; }

settings='' clips='' card=''
while [ $# -gt 0 ]; do
    case $1 in
        --settings) settings=${2-}; [ -f "$settings" ] || refuse "${settings:-(nothing)}: there is no such file (asked for by --settings)"; shift ;;
        --clips) clips=${2-}; [ -f "$clips" ] || refuse "${clips:-(nothing)}: there is no such file (asked for by --clips)"; shift ;;
        -h | --help) usage; exit ;;
        -*) refuse "unknown option: $1 (see --help)" ;;
        *) [ -z "$card" ] || refuse "one card at a time, not also $1"; card=$1 ;;
    esac
    shift
done
[ -n "$card" ] || refuse 'name the folder where the boot partition of the card is mounted, such as /media/you/bootfs (see --help)'
here=$(cd "$(dirname "$0")/.." && pwd)
arch=${ARCH:-aarch64} version=${PYTHON_VERSION:-3.13}

# The card
[ -d "$card" ] || refuse "$card: there is no such folder; is the card mounted?"
for name in config.txt cmdline.txt; do
    [ -f "$card/$name" ] || refuse "$card is not the boot partition of a Raspberry Pi OS card, it has no $name; look for one called bootfs"
done
[ -f "$card/meta-data" ] ||
    refuse "$card: this system has no cloud-init; write Raspberry Pi OS Lite (64-bit, trixie or newer) with Raspberry Pi Imager"
marker='# pitrainer installs itself (systemd/make-card.sh)'
kept=$(tr -d '\r' 2>/dev/null <"$card/user-data" || true) ours=no
case $kept in
    "#cloud-config-archive"$'\n'"$marker"*) ours=yes ;;
    '' | '#cloud-config' | '#cloud-config'[!-]* | '#!'*) ;;
    *) refuse "$card/user-data begins with neither #cloud-config nor #!, and cannot be kept beside pitrainer's; rewrite the card" ;;
esac

work=$(mktemp -d "${TMPDIR:-/var/tmp}/pitrainer-card.XXXXXX")
part=$card/pitrainer.part
trap 'rm -rf "$work"; rm -rf "$part" "$card/user-data.part" 2>/dev/null || true' EXIT
{ : >"$card/user-data.part"; } 2>/dev/null || refuse "$card cannot be written; is the card's lock switch on, or is it mounted read-only?"

# The program
stage=$work/stage
mkdir -p "$stage/card/wheels"
(cd "$here" && cp -r pitrainer config systemd pyproject.toml README.md LICENSE "$stage")
find "$stage" -name __pycache__ -prune -exec rm -rf {} +

# Settings, routines and voices
if [ -z "$settings" ]; then
    for settings in "${PITRAINER_CONFIG:-}" /etc/pitrainer/pitrainer.toml "${XDG_CONFIG_HOME:-$HOME/.config}/pitrainer/pitrainer.toml" ''; do
        [ ! -f "$settings" ] || break
    done
fi
own=${PITRAINER:-$here/.venv/bin/pitrainer} # after README's first command
folder=$(dirname "${settings:-${XDG_CONFIG_HOME:-$HOME/.config}/pitrainer/pitrainer.toml}") # routines need no settings there
for name in routines voices; do
    [ ! -d "$folder/$name" ] || { mkdir -p "$stage/card/settings"; cp -rL "$folder/$name" "$stage/card/settings/"; }
done
if [ -n "$settings" ]; then
    if [ -x "$own" ]; then
        "$own" check --config "$settings" >"$work/check" 2>&1 ||
            { cat "$work/check" >&2; refuse "$settings: fix these first"; }
    fi
    mkdir -p "$stage/card/settings"
    cp "$settings" "$stage/card/settings/pitrainer.toml"
    echo "make-card.sh: with the settings of $settings"
    # What [paths], [mqtt] and [voice] name, but for the two folders above.
    elsewhere=$(sed -nE "/=\s*['\"](routines|voices)[/'\"]/d
        s/^[^#]*\b(routines|voices|ca|password_file)\s*=\s*['\"]([^'\"]+).*/\2/p
        s/^[^#]*=\s*['\"]([^'\"]+\.onnx)['\"].*/\1/p" "$settings")
    [ -z "$elsewhere" ] || echo "make-card.sh: CAUTION: not copied, put it on the Pi yourself: ${elsewhere//$'\n'/, }" >&2
fi

# Packages for the Pi
read -ra pip <<<"${PIP:-}"
for python in "$here/.venv/bin/python" python3; do
    if [ ${#pip[@]} = 0 ] && "$python" -m pip --version >/dev/null 2>&1; then pip=("$python" -m pip); fi
done
[ ${#pip[@]} -gt 0 ] || refuse "there is no pip here; install it with: sudo apt-get install python3-pip"
export PIP_DISABLE_PIP_VERSION_CHECK=1
echo "make-card.sh: fetching the Python packages for the Pi (170 MB, once)"
platforms=("--platform=manylinux2014_$arch")
for minor in $(seq 41 -1 17); do platforms+=("--platform=manylinux_2_${minor}_$arch"); done # trixie's C library is 2.41
# The program's own wheel tells pip what it needs. On the Pi it is built from the source, by what [build-system] names.
builder=$(sed -n 's/^requires = \["\(.*\)"\]$/\1/p' "$here/pyproject.toml")
extra='[mqtt,page]'
case $version in 3.11 | 3.12) extra='[mqtt,page,pi]' ;; esac # as install.sh
fetch() {
    "${pip[@]}" wheel -q --no-deps --ignore-requires-python -w "$work" "$stage" &&
        "${pip[@]}" download -q --only-binary=:all: --implementation=cp --python-version="$version" --abi="cp${version/./}" --abi=abi3 --abi=none \
            "${platforms[@]}" -d "$stage/card/wheels" "$(echo "$work"/pitrainer-*.whl)$extra" "$builder"
}
fetch || refuse "the Python packages for the Pi could not be fetched (the lines above say why); nothing was changed on the card"
rm -f "$stage/card/wheels"/pitrainer-*.whl

# The spoken phrases
if [ -z "$clips" ] && [ -x "$own" ]; then
    echo "make-card.sh: making the spoken phrases"
    "$own" prepare ${settings:+--config "$settings"} --export "$work/clips.zip" >"$work/prepare" 2>&1 ||
        { cat "$work/prepare" >&2; refuse "the spoken phrases could not be made; nothing was changed on the card"; }
    clips=$work/clips.zip
fi
if [ -n "$clips" ]; then
    cp "$clips" "$stage/card/clips.zip"
else
    echo "make-card.sh: without spoken phrases: the Pi makes them at its first start, which takes it a while"
fi
(cd "$stage" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) | sha256sum | cut -d' ' -f1 >"$work/id"
mv "$work/id" "$stage/card/id"

# Onto the card: the files under another name, which then gets its own; user-data last.
free() { df --output=avail -k "$card" | tail -1; }
needed=$(du -sk --apparent-size "$stage" | cut -f1)
needed=$((needed + needed / 20 + 1024)) # its clusters, and the log
old=$(du -sk "$card/pitrainer" 2>/dev/null | cut -f1 || true)
[ "$(($(free) + ${old:-0}))" -ge $needed ] ||
    refuse "$card is full: $((needed / 1024)) MB are needed, $((($(free) + ${old:-0}) / 1024)) are free; rewrite the card, or use fewer voices"
echo "make-card.sh: copying $((needed / 1024)) MB to $card"
rm -rf "$part"
[ "$(free)" -ge $needed ] || rm -rf "$card/pitrainer" # an earlier one, and there is no room for both
{ cp -r "$stage" "$part" && sync -f "$part"; } || refuse "$card could not be written (the line above says why); nothing was left on it"
rm -rf "$card/pitrainer"
mv "$part" "$card/pitrainer"
if [ $ours = no ]; then
    {
        printf '#cloud-config-archive\n%s\n' "$marker"
        if [ -n "$kept" ]; then
            echo '- content: |'
            printf '%s\n' "$kept" | sed 's/^/    /'
        fi
        cat <<'EOF'
- content: |
    #cloud-boothook
    #!/bin/sh
    mountpoint -q /boot/firmware || systemctl start boot-firmware.mount
    exec bash /boot/firmware/pitrainer/systemd/first-boot.sh --enable
EOF
    } >"$card/user-data.part" && sync -f "$card/user-data.part" && mv "$card/user-data.part" "$card/user-data" ||
        refuse "$card/user-data could not be written; it is as before"
fi
sync -f "$card"
echo "make-card.sh: done. Unmount the card, put it into the Pi, connect a network (a cable, or the Wi-Fi that you told Imager), and
switch it on. It installs pitrainer within some minutes; pitrainer.log, on the same partition, tells how it went."
