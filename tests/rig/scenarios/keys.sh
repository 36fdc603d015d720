# alone T=900
# A button that is not wired: a foot pedal is pressed, held, unplugged in the middle of a press in a session, and comes back.
modprobe uinput
space=57 pagedown=109
plug_pedal() {
    rm -f /tmp/pedal
    mkfifo /tmp/pedal
    python3 /mnt/h/keys.py 'PCsensor FootSwitch Keyboard' /tmp/pedal &
    exec 7>/tmp/pedal
}
unplug_pedal() { exec 7>&-; }
key() { echo "$1 $2" >&7; }
foot() { # foot KEY [SECONDS]
    key "$1" 1
    sleep "${2:-0.15}"
    key "$1" 0
}
setting input '"footswitch"'
setting input_next '["pagedown"]'
systemctl restart pitrainer
wait_status 60 '^ready' >/dev/null
from_here
plug_pedal
most 'plugged in: the journal names it in' "$(wait_journal 20 'the keys of "PCsensor FootSwitch Keyboard" are the button')" 5 s
is 'the doctor' "$(pitrainer doctor --quiet --json | /opt/pitrainer/bin/python -c 'import json, sys; print(*(it["found"] for it in json.load(sys.stdin)["checks"] if it["name"] == "keys"))')" '"PCsensor FootSwitch Keyboard"'
foot $space
is 'a press' "$(wait_journal 30 'session begins' >/dev/null && echo starts)" starts
wait_journal 60 'hold: ' >/dev/null
foot $pagedown
is 'the key for next: pauses' "$(journal '^paused')" 0
is 'the key for next: leaves the hold' "$(wait_journal 20 '^held' >/dev/null && echo leaves)" leaves
key $space 1
sleep 0.3 # within `button.hold`: the kernel itself lets go of the keys of a device that goes
unplug_pedal
is 'pressed: the session' "$(wait_journal 10 '^paused' >/dev/null && echo pauses)" pauses
most 'unplugged while it is down: the journal tells it in' "$(wait_journal 20 'FootSwitch.* is gone')" 5 s
sleep 3
is 'it is not taken for a hold' "$(journal 'session ends')" 0
from_here
plug_pedal
wait_journal 20 'are the button' >/dev/null
foot $space
is 'back, and pressed: the session' "$(wait_journal 20 '^resumed' >/dev/null && echo goes on)" 'goes on'
sleep 2
foot $space 1.8
is 'a long press' "$(wait_journal 20 'session ends: stopped' >/dev/null && echo stops)" stops
is 'its keys reach a terminal' "$(timeout 5 cat /dev/tty1 | wc -c)" 0
unplug_pedal
