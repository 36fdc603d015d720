"""What is played to: PortAudio's real list, over devices that ALSA's own plugins stand in for, and a list by hand.

PortAudio reads its environment once, so that each look at the real one is a program of its own.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from audio.test_cards import DAC, JACK, NONE, OPEN, TELEVISION, TV_0, USB, USB_TOO, folder
from pitrainer.audio import output
from pitrainer.audio.output import Form, Output, find, form_of
from pitrainer.errors import SoundError

ALSA = """
pcm.wire { type iec958 slave { pcm { type null } format S16_LE } }   # takes IEC 958 frames only, as a Pi's HDMI does
pcm.hdmi {                                                           # makes them, as /usr/share/alsa/cards/vc4-hdmi.conf does
    @args [ CARD ]
    @args.CARD { type string default { @func getenv vars [ ALSA_CARD ] default "none" } }
    type iec958
    slave { pcm { type iec958 slave { pcm { type null } format S16_LE } } format IEC958_SUBFRAME_LE }
}
pcm.bluealsa { type null }
pcm.not_there { type hw card 77 }    # PortAudio 19.6 fails an assertion where every device can be opened
"""

PLAY = """
import sys, time
from pathlib import Path
from pitrainer.audio import output
from pitrainer.errors import SoundError

calls = 0
def fill(out, frames, when, status):
    global calls
    calls += 1
    out.fill(0)

try:
    found = output.find(sys.argv[2], root=Path(sys.argv[1]))
    form = output.form_of(found)
    stream = output.open_stream(found, form, 0.02, fill)
    until = time.monotonic() + 10
    while not calls and time.monotonic() < until:
        time.sleep(0.01)
    output.close_stream(stream)
    print(found.name, form.rate, form.channels, "plays" if calls else "does not ask for sound", sep=", ")
except SoundError as error:
    print(error)
output.end_portaudio()
"""


def played(root: Path, device: str, alsa: str = ALSA) -> str:
    """Play silence for a moment; return what became of it, and whatever was printed."""
    config = root / "alsa.conf"
    config.write_text(alsa)
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(root), device],
        env=os.environ | {"ALSA_CONFIG_PATH": str(config), "HOME": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("device", "what"),
    [
        ("", "vc4-hdmi-0 (vc4hdmi0), 48000, 2, plays"),
        ("vc4hdmi0", "vc4-hdmi-0 (vc4hdmi0), 48000, 2, plays"),
        ("bluealsa", "bluealsa, 48000, 2, plays"),
        ("wire", "no sound: wire accepts IEC 958 frames only, no PCM; for HDMI, write the card's id (sound.device)"),
        ("USB", 'no sound: no card or device has "USB" in its name (sound.device); there are "vc4hdmi0"'),
    ],
)
def test_real_devices(tmp_path, device, what):
    """HDMI is opened by the device of ALSA that makes its frames; what cannot be played to is told in words, and no more."""
    root = folder(tmp_path, TV_0, displays={"HDMI-A-1": TELEVISION})
    assert played(root, device) == what


def test_bluetooth_speaker_that_is_off(tmp_path):
    """What bluealsa cannot open yet is waited for, and said so."""
    root = folder(tmp_path, JACK)
    without = "pcm.not_there { type hw card 77 }\npcm.other { type null }"
    assert played(root, "bluealsa", without).startswith("no sound: no Bluetooth speaker is connected")


class PortAudioError(Exception):
    pass


def portaudio(*names: str, channels: int = 2, rates: Sequence[int] = (48_000,), default: int = 48_000) -> Any:
    """A PortAudio with these devices."""
    devices = [
        {"index": index, "name": name, "max_output_channels": channels, "default_samplerate": float(default)}
        for index, name in enumerate(names)
    ]

    def check(device: int | None, channels: int, dtype: str, samplerate: int) -> None:
        assert (device, dtype) == (0, "int16")
        if channels > devices[0]["max_output_channels"]:  # type: ignore[operator]
            raise PortAudioError("Invalid number of channels [PaErrorCode -9998]")
        if samplerate not in rates:
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    module: Any = ModuleType("sounddevice")
    module.PortAudioError = PortAudioError
    module._initialized = 1
    module.query_devices = lambda device=None, kind=None: devices[device or 0] if kind else devices
    module.check_output_settings = check
    return module


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "CONFIGURATIONS", ())
    monkeypatch.delenv("ALSA_CARD", raising=False)


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ({}, Form(48_000, 2)),
        ({"channels": 1}, Form(48_000, 1)),
        ({"channels": 8, "rates": (44_100, 48_000)}, Form(48_000, 2)),
        ({"rates": (44_100,)}, Form(44_100, 2)),
        ({"channels": 1, "rates": (16_000,)}, Form(16_000, 1)),
        ({"rates": (11_025,), "default": 11_025}, Form(11_025, 2)),
    ],
)
def test_form(monkeypatch, given, form):
    """A card is played to at our rate and in stereo where it takes that, else at a rate and with the channels that it has."""
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio("x", **given))
    assert form_of(Output(0, "x", "")) == form


def test_no_form(monkeypatch):
    """A card that takes no rate that we have is named, with what PortAudio says of the first."""
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio("x", rates=()))
    with pytest.raises(SoundError) as caught:
        form_of(Output(0, "x", ""))
    assert str(caught.value) == (
        "no sound: x takes none of the rates 48000, 44100, 96000, 32000, 24000, 22050, 16000 Hz: "
        "Invalid sample rate [PaErrorCode -9997]"
    )


CARDS = (JACK, TV_0, USB, DAC)
LISTED = ("bcm2835 Headphones: - (hw:0,0)", "USB PnP Sound Device: Audio (hw:2,0)", "hifiberry: - (hw:3,0)", "default")


@pytest.mark.parametrize(
    ("wanted", "listed", "found"),
    [
        ("", LISTED, (1, "USB PnP Sound Device (Device)", "a USB card")),
        ("", (*LISTED, "pulse"), (None, LISTED[0], "the default device, as pulse runs here")),
        ("Headphones", LISTED, (0, "bcm2835 Headphones (Headphones)", 'sound.device is "Headphones"')),
        ("headphones: -", LISTED, (0, LISTED[0], 'sound.device is "headphones: -"')),
        ("hw:3,0", LISTED, (2, LISTED[2], 'sound.device is "hw:3,0"')),
        ("pulse", (*LISTED, "pulse_too", "pulse"), (5, "pulse", 'sound.device is "pulse"')),
    ],
)
def test_found(tmp_path, monkeypatch, wanted, listed, found):
    """The device that is opened is that of the card which is meant, whatever its number; a server that runs shares its card."""
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio(*listed))
    got = find(wanted, root=folder(tmp_path, *CARDS, displays=NONE))
    assert (got.index, got.name, got.why) == found


def test_the_system_has_a_default(tmp_path, monkeypatch):
    """Where a person has told ALSA what its default device is, that is taken."""
    file = tmp_path / "asound.conf"
    file.write_text("# the HAT's\npcm.!default { type hw card 3 }\n")
    monkeypatch.setattr(output, "CONFIGURATIONS", (str(file),))
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio("default"))
    got = find("", root=folder(tmp_path / "root", *CARDS))
    assert (got.index, got.name, got.why) == (0, "default", f"the default device, as {file} has it")
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio(*LISTED[:3]))
    with pytest.raises(SoundError, match=f"no sound: the default device of {file} cannot be opened; "):
        find("", root=folder(tmp_path / "changed", *CARDS))  # PortAudio's own default is the first that it could open
    file.write_text("pcm.bluealsa { type bluealsa } # not the default\n")
    assert find("", root=folder(tmp_path / "other", *CARDS)).index == 1


def test_no_home(tmp_path, monkeypatch):
    """Whom neither $HOME nor the system gives a home has no default there; the cards are found all the same."""
    monkeypatch.setattr(output, "CONFIGURATIONS", ("~/.asoundrc",))
    monkeypatch.setenv("HOME", "~")
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio(*LISTED))
    assert find("", root=folder(tmp_path, *CARDS, displays=NONE)).why == "a USB card"


@pytest.mark.parametrize("wanted", ["Device", ""])
def test_a_pipe(tmp_path, monkeypatch, wanted):
    """A pipe in the place of ALSA's configuration is named: ALSA would wait for it, whatever card is meant."""
    file = tmp_path / "asound.conf"
    os.mkfifo(file)
    monkeypatch.setattr(output, "CONFIGURATIONS", (str(file),))
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio(*LISTED))
    with pytest.raises(SoundError, match=f"no sound: {file} is a pipe, for which ALSA would wait; remove it"):
        find(wanted, root=folder(tmp_path / "root", *CARDS))


def in_use(root: Path, number: int) -> None:
    (root / f"proc/asound/card{number}/pcm0p/sub0/status").write_text(OPEN.format(811))
    (root / "proc/811").mkdir()
    (root / "proc/811/comm").write_text("wireplumber\n")


@pytest.mark.parametrize(
    ("wanted", "cards", "listed", "why"),
    [
        (
            "",
            (JACK, USB),
            LISTED[:1],  # PortAudio leaves out what is in use, and nothing else is taken for it
            "no sound: USB PnP Sound Device (Device) is in use by process 811 (wireplumber); it is taken as soon as it is free",
        ),
        ("", (JACK,), (), "no sound: bcm2835 Headphones (Headphones) cannot be opened; `aplay -D plughw:Headphones"),
        (
            "vc4hdmi0",
            (TV_0, USB),
            LISTED[1:2],
            "no sound: no display with sound is connected to vc4-hdmi-0 (vc4hdmi0); switch it on, or choose another card: ",
        ),
        ("", (), (), "no sound: there is no sound device; plug one in, or see `aplay -l`"),
        (
            "Device_2",
            (JACK, USB),
            LISTED[:2],
            'no sound: no card or device has "Device_2" in its name (sound.device); there are "',
        ),
        (
            "USB",
            (USB, USB_TOO),
            LISTED[:2],
            'no sound: "USB" is part of the names of 2 cards (sound.device); write "Device" or "',
        ),
    ],
)
def test_not_found(tmp_path, monkeypatch, wanted, cards, listed, why):
    """What is wrong with a card is told in one line, with who uses it, or what would be right."""
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio(*listed))
    root = folder(tmp_path, *cards, displays=NONE)
    if "in use" in why:
        in_use(root, 1)
    with pytest.raises(SoundError) as caught:
        find(wanted, root=root)
    assert str(caught.value).startswith(why)
    assert "\n" not in str(caught.value)


def test_hdmi_that_cannot_be_opened(tmp_path, monkeypatch):
    """With its display on, the command that may say why is one that HDMI takes samples by."""
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio())
    with pytest.raises(SoundError, match="cannot be opened; `aplay -D hdmi:vc4hdmi0 -f dat -d 1 /dev/zero` may say why"):
        find("", root=folder(tmp_path, TV_0, displays={"HDMI-A-1": TELEVISION}))
