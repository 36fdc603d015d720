# alone T=1800
# Two cards: a dummy with the jack's id as the first, the loopback as the second; at the next boot, the other way round. Then one
# that is in use, and one that takes what the other end of the loopback says: 32 bits, 44100 Hz, one channel.
number_cards() { # number_cards DUMMY LOOPBACK: from the next boot on
    echo "options snd-dummy index=$1 id=Headphones" >/etc/modprobe.d/rig.conf
    echo "options snd-aloop index=$2" >>/etc/modprobe.d/rig.conf
    printf 'snd-dummy\nsnd-aloop\n' >/etc/modules-load.d/rig.conf
}
number_of() { readlink "/proc/asound/$1"; }
begin() { # begin DEVICE: the service, with this setting
    setting device "\"$1\""
    from_here
    systemctl restart pitrainer
    wait_status 60 '^ready' >/dev/null
}
chosen() { pitrainer status | sed -n 's/^sound: //p'; }
is_chosen() { [ -n "$(chosen)" ]; }
playing() { grep -l RUNNING "/proc/asound/$1"/pcm0p/sub*/status 2>/dev/null | wc -l; }
plays() { [ "$(playing "$1")" -gt 0 ]; }
closed() { ! grep -qv closed "/proc/asound/$1"/pcm0p/sub*/status; }
say() { pitrainer say 'Well done.' >/dev/null; }
in_16_bits() { # in_16_bits FILE: what the host can listen to
    /opt/pitrainer/bin/python -B - "$1" <<'PYTHON'
import sys, wave
import numpy as np
data = np.frombuffer(open(sys.argv[1], "rb").read()[44:], "<i4")
with wave.open(sys.argv[1], "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(44_100)
    file.writeframes((data >> 16).astype("<i2").tobytes())
PYTHON
}
case $STAGE in
    1)
        systemctl stop pitrainer
        modprobe -r snd_aloop
        number_cards 0 1
        modprobe snd-dummy
        modprobe snd-aloop pcm_substreams=2
        udevadm settle
        is 'the first card' "$(number_of Headphones)" card0
        begin ''
        wait_for 20 is_chosen >/dev/null
        is 'without a setting' "$(chosen)" 'Loopback \(Loopback\): loopback to other programs'
        is 'lines on it in the journal' "$(journal 'sound: Loopback')" 1
        record first.wav
        tap $button
        session_ends >/dev/null
        stop_recording
        heard 'heard on the second card' first.wav 'welcome to the virtual trainer | exercise 1 of 3 | well done'
        begin Headphones
        say &
        is 'chosen: the first plays' "$(wait_for 20 plays Headphones >/dev/null && echo "$(playing Headphones), the other $(playing Loopback)")" '1, the other 0'
        wait
        number_cards 1 0
        sync
        power_cut
        ;;
    2)
        wait_status 60 '^ready' >/dev/null
        is 'at the next boot the first card' "$(number_of Loopback)" card0
        say &
        is 'the chosen one plays all the same' "$(wait_for 20 plays Headphones >/dev/null && echo "$(playing Headphones), the other $(playing Loopback)")" '1, the other 0'
        wait
        begin ''
        record second.wav
        say
        sleep 3
        stop_recording
        heard 'without a setting: heard' second.wav 'well done'

        systemctl stop pitrainer
        modprobe -r snd_aloop
        modprobe snd-aloop pcm_substreams=1
        udevadm settle
        aplay -q -D hw:Loopback,0,0 -f S16_LE -r 48000 -c 2 /dev/zero &
        holder=$!
        wait_for 10 plays Loopback >/dev/null
        begin ''
        tapped=$(up)
        tap $button
        most 'in use: told in' "$(wait_status 20 "in use by process $holder \(aplay\)" >/dev/null && since "$tapped")" 5 s
        is 'in use: its state' "$(status)" ".*; no sound: Loopback \(Loopback\) is in use by process $holder \(aplay\); it is taken as soon as it is free"
        kill $holder
        freed=$(up)
        wait_journal 30 'the sound is back' >/dev/null
        most 'free: taken in' "$(since "$freed" "$(journal_at 'the sound is back')")" 10 s
        hold
        wait_journal 30 'session ends' >/dev/null

        wait_for 60 closed Loopback >/dev/null # both ends of a loopback take what the first has taken
        arecord -q -D hw:Loopback,1,0 -f S32_LE -r 44100 -c 1 --buffer-time=4000000 "$OUT/odd.wav" &
        recorder=$!
        sleep 2
        from_here
        began=$(up)
        say
        note '32 bits, 44100 Hz, one channel: said in' "$(since "$began") s"
        is 'told in the journal' "$(journal 'takes 44100 Hz')" 1
        sleep 3
        stop_recording
        in_16_bits "$OUT/odd.wav"
        heard 'and heard' odd.wav 'well done'
        ;;
esac
