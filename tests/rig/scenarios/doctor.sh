# The doctor, asked by root: everything is looked at in the service's own place. The press that it asks for starts nothing; what
# is broken has its line; where the service does not run, that is the first.
states() { /opt/pitrainer/bin/python -c 'import json, sys; print(*(it["name"] + "=" + it["state"] for it in json.load(sys.stdin)["checks"]))' <"$1"; }
found() { /opt/pitrainer/bin/python -c 'import json, sys; print(*(it["found"] for it in json.load(sys.stdin)["checks"] if it["name"] == sys.argv[1]))' "$2" <"$1"; } # found FILE NAME
doctor() { # doctor FILE [OPTION...]; its exit code is in $code
    code=0
    pitrainer doctor --json "${@:2}" >"$1" 2>asked || code=$?
}
press_when_asked() {
    rm -f asked
    (wait_for 180 grep -q 'press the button' asked && sleep 1 && tap $button 0.3) &
}

# In 80 columns, for the eye: this is README's example.
press_when_asked
COLUMNS=80 pitrainer doctor >table 2>asked || true
cat table

record doctor.wav
press_when_asked
began=$(up)
doctor well.json
stop_recording
note 'all of it took' "$(since "$began") s, with the press"
is 'where all is well' "$(states well.json)" 'service=ok pins=ok button=ok buzzer=ok LED=ok clock=.* versions=ok user=ok settings=ok sound card=ok speech=(ok|warn) voice=ok clips=ok history=ok telemetry=ok disk=ok storage=.* power=.* memory=.* press=ok'
is 'its exit code' $code 0
is 'as whom' "$(found well.json user)" pitrainer
is 'the pins' "$(found well.json pins)" 'gpiod, gpiochip[0-9]+ \(pinctrl-bcm2835\): button GPIO 17, buzzer GPIO 27, LED GPIO 22'
is 'the press' "$(found well.json press)" 'pressed for 0.[2-5] s, [0-9]+ edges'
is 'the sound card by its name' "$(found well.json 'sound card')" '.*Loopback.*'
is 'after the press' "$(status)" 'ready: .*'
is 'sessions that it started' "$(journal 'session begins')" 0
heard 'what it said' doctor.wav 'rig exercises'

unplug_speaker
doctor mute.json
is 'without a speaker, and nobody presses' "$(states mute.json | tr ' ' '\n' | grep fail | paste -sd ' ')" 'card=fail speech=fail press=fail'
is 'its exit code' $code 1
plug_speaker

is 'asked by a stranger' "$(runuser -u nobody -- /opt/pitrainer/bin/pitrainer doctor 2>&1 | tail -1)" '.*only the service.s group may use it.*'

systemctl stop pitrainer
doctor stopped.json --quiet
is 'where the service is stopped' "$(states stopped.json)" 'service=fail pins=ok .*'
is 'its exit code' $code 1
