#!/bin/bash
# Sourced before a scenario. Lines are BCM numbers, times are seconds since boot (CLOCK_MONOTONIC), as the trace's are.
# shellcheck disable=SC2034 # the scenarios use them
board=/sys/kernel/config/gpio-sim # the simulated chips; `pi` is the header's
simulated() { echo "/sys/devices/platform/$(cat $board/pi/dev_name)/$(cat $board/pi/bank0/chip_name)/"; }
sim=$(simulated)
button=17 buzzer=27 led=22
tracing=/sys/kernel/tracing
cursor='' # where the journal begins to count; at first with the boot

# The table

row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" | tee -a "$OUT/rows"; } # row ok|FAIL WHAT MEASURED MUST
most() { row "$(awk -v a="$2" -v b="$3" 'BEGIN { print (a != "" && a + 0 <= b + 0) ? "ok" : "FAIL" }')" "$1" "${2:-nothing} $4" "at most $3 $4"; } # most WHAT VALUE LIMIT UNIT
least() { row "$(awk -v a="$2" -v b="$3" 'BEGIN { print (a != "" && a + 0 >= b + 0) ? "ok" : "FAIL" }')" "$1" "${2:-nothing} $4" "at least $3 $4"; }
is() { row "$([[ $2 =~ ^($3)$ ]] && echo ok || echo FAIL)" "$1" "${2:-nothing}" "$3"; } # is WHAT VALUE REGEX
note() { row ok "$1" "$2" 'to know'; }
heard() { printf '%s\t%s\t%s\n' "$1" "$OUT/$2" "$3" >>"$OUT/heard"; } # heard WHAT FILE 'PHRASE | PHRASE': the host listens to it afterwards

# Time

up() { cut -d' ' -f1 /proc/uptime; }
since() { awk -v a="$1" -v b="${2:-$(up)}" 'BEGIN { printf "%.2f\n", b - a }'; } # since THEN [NOW]
wait_for() { # wait_for SECONDS COMMAND...: until it succeeds; prints how long it took, or nothing and fails
    local begin limit=$1
    begin=$(up)
    shift
    until "$@" >/dev/null 2>&1; do
        if awk -v a="$(since "$begin")" -v b="$limit" 'BEGIN { exit !(a > b) }'; then return 1; fi
        sleep 0.5 # each look costs the slow guest a good part of a second
    done
    since "$begin"
}

# The board

line() { cat "${sim}sim_gpio$1/value"; }               # 0 or 1, as the program drives it or the button pulls it
chips_before() { # chips_before COUNT: so many other chips come before the header's, as on a Pi 5; the service must be stopped
    echo 0 >$board/pi/live
    if [ -d $board/other ]; then
        echo 0 >$board/other/live
        rmdir $board/other/bank* $board/other
    fi
    mkdir $board/other
    for number in $(seq "$1"); do
        mkdir $board/other/bank$number
        echo 32 >$board/other/bank$number/num_lines
        echo gpio-brcmstb@$number >$board/other/bank$number/label # gpio-sim refuses labels that are not unique
    done
    echo 1 >$board/other/live
    echo 1 >$board/pi/live
    udevadm settle
    sim=$(simulated)
}
press() { echo pull-down >"${sim}sim_gpio$1/pull"; }   # a button wired to ground
release() { echo pull-up >"${sim}sim_gpio$1/pull"; }
tap() { # tap LINE [SECONDS]
    press "$1"
    sleep "${2:-0.15}"
    release "$1"
}
twice() { # a double press
    tap $button 0.1
    sleep 0.1
    tap $button 0.1
}
hold() { tap $button "${1:-1.6}"; }
at_rest() { # as at power-on, with nobody at the button
    release $button
    echo pull-down >"${sim}sim_gpio$buzzer/pull"
    echo pull-down >"${sim}sim_gpio$led/pull"
}
stick() { # a button that stays down, also while a program takes its line: gpio-sim would put the pull up then, a wire would not
    python3 /mnt/h/edges.py stick "${sim}sim_gpio$1" &
    sticker=$!
}
record() { # record FILE: what the speaker plays, until stop_recording
    arecord -q -D plughw:Loopback,1,0 -f S16_LE -r 48000 -c 2 --buffer-time=4000000 "$OUT/$1" 2>&1 &
    recorder=$!
    wait_for 10 test -s "$OUT/$1" >/dev/null
}
stop_recording() {
    kill -INT "$recorder" 2>/dev/null || true
    wait "$recorder" 2>/dev/null || true
}
unplug_speaker() { (echo snd_aloop.0 >/sys/bus/platform/drivers/snd_aloop/unbind) & sleep 0.2; }
plug_speaker() {
    [ -e /sys/bus/platform/drivers/snd_aloop/snd_aloop.0 ] || echo snd_aloop.0 >/sys/bus/platform/drivers/snd_aloop/bind
    udevadm settle
}
watch_lines() { # watch_lines FILE: logs 'SECONDS LINE VALUE' whenever a program sets a line, with the kernel's own times
    echo 0 >$tracing/tracing_on
    echo mono >$tracing/trace_clock
    echo 1 >$tracing/events/gpio/gpio_value/enable
    : >$tracing/trace
    echo 1 >$tracing/tracing_on
    python3 -u /mnt/h/edges.py log "$OUT/$1" &
    watcher=$!
    pkill -f 'edges.py peer' || true
    nice -n -10 python3 /mnt/h/edges.py peer "$OUT/$1.peer" & # as urgent as the trainer
    sleep 0.5
}
edges() { /opt/pitrainer/bin/python -B /mnt/h/edges.py "$1" "$OUT/lines" "${@:2}"; } # edges COMMAND ...: see edges.py
signals() { edges signals $buzzer "$@" | paste -sd ';' | sed 's/;/; /g'; } # signals [FROM [TO]]: on one line
keep_levels() { # a real Pi's pins stay as the program left them; gpio-sim's fall back to their pull: have the pull follow
    python3 /mnt/h/edges.py keep "${sim}sim_gpio$1" &
    keeper=$!
}
kill_in_buzz() { timeout 120 python3 /mnt/h/edges.py kill "${sim}sim_gpio$buzzer" "$(main)" "$1"; } # kill_in_buzz SIGNAL; prints when

# The service

status() { systemctl show -P StatusText pitrainer; }
main() { systemctl show -P MainPID pitrainer; }
says() { status | grep -qE "$1"; }                        # says REGEX
wait_status() { wait_for "$1" says "$2"; }                # wait_status SECONDS REGEX
lines() { journalctl -u pitrainer --no-pager "--${cursor:+after-cursor=}${cursor:-boot}" "$@"; }
journal() { lines -o cat | grep -cE "$1" || true; } # how many lines
from_here() { cursor=$(journalctl -n 1 --show-cursor -o cat --no-pager | sed -n 's/^-- cursor: //p'); } # the journal counts from now
long_buzzes() { edges long $buzzer "$@"; } # long_buzzes [FROM [TO]]: how many, of a third of a second and more: fault codes
journal_at() { # journal_at REGEX [FROM]: when the first such line was written
    lines -o short-monotonic | grep -E "$1" |
        sed -n 's/^\[ *\([0-9.]*\)\].*/\1/p' | awk -v from="${2:-0}" '$1 >= from { print; exit }'
}
journal_has() { [ "$(journal "$1")" -gt 0 ]; }
wait_journal() { wait_for "$1" journal_has "$2"; }
setting() { # setting KEY VALUE: in the settings file, then reloaded
    sed -i "s|^$1 = .*|$1 = $2|" /etc/pitrainer/pitrainer.toml
}
fresh() { # everything as after the installation, running and ready
    [ "$STAGE" = 1 ] || return 0
    systemctl stop pitrainer
    plug_speaker
    at_rest
    find /var/lib/pitrainer -mindepth 1 -delete
    [ -d /opt/rig/etc ] || cp -a /etc/pitrainer /opt/rig/etc
    rm -rf /etc/pitrainer
    cp -a /opt/rig/etc /etc/pitrainer
    from_here
    systemctl start pitrainer
    wait_status 60 '^ready' >/dev/null
}
plan() { CACHE_DIRECTORY=/var/cache/pitrainer pitrainer show --json "$1" >"$OUT/plan.json"; } # plan ROUTINE, with the service's clips
session_ends() { wait_journal "${1:-150}" 'session ends: completed'; }
power_cut() { # the guest is killed and booted again; the scenario begins anew with STAGE=2
    echo $((STAGE + 1)) >"$OUT/stage"
    touch /mnt/h/cut
    sleep infinity
}
