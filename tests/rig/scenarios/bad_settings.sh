# Two mistakes in the settings and one in a routine; mended, and made again while it runs.
settings=/etc/pitrainer/pitrainer.toml
sed -i -e 's/^volume = .*/volume = 1000/' -e 's/^led = .*/led = 99/' $settings
sed -i 's/^hold = "10s"/hold = "ten"/' /etc/pitrainer/routines/rig.toml
systemctl restart pitrainer
watch_lines lines
is 'its state' "$(status)" 'not ready; [23] mistakes in the settings'
is 'each in the journal, lines' "$(journal 'sound.volume|pins.led|hold')" '[23]'
is 'and in the command' "$(pitrainer status 2>&1 | grep -cE 'sound.volume|pins.led|hold')" '[23]'
record bad.wav
pressed=$(up)
tap $button
sleep 10
is 'pressed: fault code, long buzzes' "$(long_buzzes "$pressed")" 4
cp -a /opt/rig/etc/. /etc/pitrainer/
systemctl reload pitrainer
most 'mended by reload in' "$(wait_status 60 '^ready: rig, adult$')" 20 s
sed -i 's/^volume = .*/volume = 1000/' $settings
systemctl reload pitrainer
most 'a mistake while it runs: said in' "$(wait_status 30 '^ready: rig, adult; 1 mistakes? in the settings$')" 10 s
tap $button
is 'it goes on with those of before' "$(wait_journal 30 'hold: Head press' >/dev/null && echo yes)" yes
hold
sleep 3
stop_recording
heard 'what is said' bad.wav 'there is a mistake in the settings | please ask for help | welcome to the virtual trainer'
is 'died' "$(systemctl show -P NRestarts pitrainer)" 0
