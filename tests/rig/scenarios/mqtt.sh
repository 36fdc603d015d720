# alone T=1500
# The unit that talks to a broker, here Debian's mosquitto on the same Pi: who it is, what it may and takes; orders that reach the
# trainer over its socket; a session's edges under a flood; what waits while the broker is away, or the power.
beside() { systemctl show -P "$1" pitrainer-mqtt; }
its() { journalctl -b -u pitrainer-mqtt -o cat --no-pager | grep -cE "$1" || true; } # how many lines of its own
its_has() { [ "$(its "$1")" -gt 0 ]; }
broker() { mosquitto_"$1" -h 127.0.0.1 -u house -P house "${@:2}"; } # broker pub|sub ...
got() { grep -c "^pitrainer/$id/$1 $2" messages || true; } # got TOPIC START-OF-PAYLOAD
has_got() { [ "$(got "$1" "$2")" -gt 0 ]; }
listen() {
    broker sub -v -t 'pitrainer/+/session' -t 'pitrainer/+/event' -t 'homeassistant/#' >>messages &
    listener=$!
    sleep 1
}
case $STAGE in
    1)
        is 'without a broker: the unit' "$(beside ActiveState), $(beside Result), $(beside NRestarts) restarts" 'inactive, success, 0 restarts'
        is 'and its line' "$(its 'mqtt.host is empty, so there is no broker to talk to')" 1
        is 'systemd-analyze verify' "$(systemd-analyze verify pitrainer-mqtt.service 2>&1 | grep -v '^rig' | wc -l) lines" '0 lines'
        most 'systemd-analyze security' "$(systemd-analyze security pitrainer-mqtt.service --no-pager | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')" 2.0 ''

        # The password is root's alone; systemd hands it over.
        install -m 600 /dev/null /etc/pitrainer/mqtt-password
        echo wrong >/etc/pitrainer/mqtt-password
        mkdir -p /etc/systemd/system/pitrainer-mqtt.service.d
        printf '[Service]\nLoadCredential=mqtt-password:/etc/pitrainer/mqtt-password\n' >/etc/systemd/system/pitrainer-mqtt.service.d/rig.conf
        systemctl daemon-reload
        mosquitto_passwd -c -b /etc/mosquitto/users pi right
        mosquitto_passwd -b /etc/mosquitto/users house house
        chown mosquitto /etc/mosquitto/users
        printf 'listener 1883 127.0.0.1\nallow_anonymous false\npassword_file /etc/mosquitto/users\n' >/etc/mosquitto/conf.d/rig.conf
        systemctl start mosquitto
        setting host '"127.0.0.1"'
        setting user '"pi"'
        systemctl reload pitrainer
        systemctl restart pitrainer-mqtt
        wait_for 60 its_has 'refuses user "pi"' >/dev/null
        sleep 60 # it is tried again meanwhile
        is 'a wrong password: lines in its journal' "$(its 'refuses')" 1
        is 'in status' "$(pitrainer status | grep ^mqtt)" 'mqtt: 127.0.0.1:1883: the broker refuses user "pi", or the password'
        is 'in doctor' "$(pitrainer doctor --quiet --json | python3 -c 'import json, sys; print(*(it["state"] for it in json.load(sys.stdin)["checks"] if it["name"] == "broker"))')" fail

        echo right >/etc/pitrainer/mqtt-password
        systemctl restart pitrainer-mqtt
        most 'connected in' "$(wait_for 60 its_has 'connected to 127.0.0.1:1883')" 30 s
        id=$(cat /var/lib/private/pitrainer-mqtt/id)
        echo "$id" >id
        pid=$(beside MainPID)
        is 'as a user of its own' "$(stat -c %u "/proc/$pid")" '6[1-5][0-9]{3}'
        is 'in the group' "$(grep -cw "$(getent group pitrainer | cut -d: -f3)" <(grep ^Groups "/proc/$pid/status"))" 1
        is 'capabilities' "$(grep CapEff "/proc/$pid/status" | cut -f2)" 0000000000000000
        is 'its state' "$(stat -c %a /var/lib/private/pitrainer-mqtt)" 700
        is 'in status' "$(pitrainer status | grep ^mqtt)" 'mqtt: 127.0.0.1:1883: connected'

        # Five hundred messages a second, of which none is an order, through a whole session.
        listen
        plan rig
        watch_lines lines
        from_here
        while sleep 0.2; do yes 'any bytes' | head -100; done | nice -n 19 mosquitto_pub -h 127.0.0.1 -u house -P house -t "pitrainer/$id/volume" -l &
        flood=$!
        tap $button
        session_ends >/dev/null
        sleep 2
        kill $flood
        eval "$(edges plan $buzzer plan.json)"
        is 'flooded: edges' "$edges" "$wanted"
        most 'flooded: off the plan, p99' "$p99" "$within" ms
        most 'flooded: off the plan, worst' "$worst" "$(awk -v a="$within" 'BEGIN { print a + 20 }')" ms
        is 'lines in its journal' "$(its 'refused: volume')" 1
        most 'its memory' "$(awk '/VmRSS/ { printf "%.1f", $2 / 1000 }' "/proc/$pid/status")" 30 MB

        sleep 5
        from_here
        broker pub -t "pitrainer/$id/order" -m start
        most 'ordered: the session begins after' "$(wait_journal 30 'session begins')" 10 s
        broker pub -t "pitrainer/$id/order" -m stop
        wait_journal 30 'session ends: stopped' >/dev/null
        wait_for 30 has_got session '.*"stopped"' >/dev/null
        is 'told of' "$(got event '{"event_type": "started"'), $(got event '{"event_type": "stopped"'), $(got session '{')" '2, 1, 2'

        # The broker dies; a session ends meanwhile.
        kill $listener
        systemctl kill -s KILL mosquitto
        systemctl stop mosquitto
        is 'the broker is away: in status' "$(wait_for 30 eval "pitrainer status | grep -q '^mqtt.*\(lost\|nobody\)'" >/dev/null && echo named)" named
        sleep 5
        from_here
        tap $button
        session_ends >/dev/null
        sleep 2
        power_cut # before anything of it could be sent
        ;;
    2)
        id=$(cat id)
        systemctl start mosquitto
        listen
        most 'after a power cut: the session is delivered after' "$(wait_for 300 eval '[ "$(grep -c "^pitrainer/'"$id"'/session .*completed" messages)" = 2 ]')" 280 s
        sleep 5
        is 'sessions, and how many of them are different' "$(got session '{'), $(sed -n "s|^pitrainer/$id/session .*\"id\": \"\([^\"]*\)\".*|\1|p" messages | sort -u | wc -l)" '3, 3'
        is 'its topics are the same' "$(its "topics are pitrainer/$id/")" 1
        is 'the device, announced' "$(grep -c "^homeassistant/device/pitrainer_$id/config {" messages | awk '{ print ($1 > 0) ? "yes" : "no" }')" yes
        rm -rf /etc/systemd/system/pitrainer-mqtt.service.d
        ;;
esac
