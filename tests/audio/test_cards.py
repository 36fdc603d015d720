"""Which card sound comes out of, on the boards that people have: folders as /proc/asound and /sys/class/drm are there."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pitrainer.audio.cards import Card, choose, holder, presence, read_cards

JACK = "[Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n                      bcm2835 Headphones"
TV = "[vc4hdmi        ]: vc4-hdmi - vc4-hdmi\n                      vc4-hdmi"
TV_0 = "[vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n                      vc4-hdmi-0"
TV_1 = "[vc4hdmi1       ]: vc4-hdmi - vc4-hdmi-1\n                      vc4-hdmi-1"
DAC = "[sndrpihifiberry]: HifiberryDac - snd_rpi_hifiberry_dac\n                      snd_rpi_hifiberry_dac"
SEEED = "[seeed2micvoicec]: seeed-2mic-voic - seeed-2mic-voicecard\n                      seeed-2mic-voicecard"
USB = """[Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.2, full spe"""
USB_TOO = """[Device_1       ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.3, full spe"""
CAMERA = """[C270           ]: USB-Audio - HD Webcam C270
                      Logitech, Inc. HD Webcam C270 at usb-0000:01:00.0-1.4, high speed"""
LOOPBACK = "[Loopback       ]: Loopback - Loopback\n                      Loopback 1"
DUMMY = "[Headphones     ]: Dummy - Dummy\n                      Dummy 1"
PC_MONITOR = "[HDMI           ]: HDA-Intel - HDA Intel HDMI\n                      HDA Intel HDMI at 0xf7e34000 irq 33"
PC = "[PCH            ]: HDA-Intel - HDA Intel PCH\n                      HDA Intel PCH at 0xf7e30000 irq 32"

ELD = """monitor_present\t\t1
eld_valid\t\t1
monitor_name\t\tSAMSUNG
connection_type\t\tHDMI
sad_count\t\t1
sad0_coding_type\t[0x1] LPCM
sad0_channels\t\t2
"""
SILENT_ELD = ELD.split("sad_count")[0] + "sad_count\t\t0\n"
NO_EXTENSION = bytes(126) + b"\0\0"
TELEVISION = bytes(126) + b"\1\0" + bytes([2, 3, 0, 0x40]) + bytes(124)
MONITOR = bytes(126) + b"\1\0" + bytes([2, 3, 0, 0x00]) + bytes(124)


def folder(
    root: Path, *cards: str, elds: Mapping[str, str] | None = None, displays: Mapping[str, bytes | None] | None = None
) -> Path:
    """Write what the kernel tells of cards, numbered in this order, and of the displays at its connectors."""
    proc = root / "proc/asound"
    proc.mkdir(parents=True)
    (proc / "cards").write_text(
        "".join(f"{number:2} {card}\n" for number, card in enumerate(cards)) or "--- no soundcards ---\n"
    )
    for number, card in enumerate(cards):
        one = proc / f"card{number}"
        one.mkdir()
        id_ = card[1:16].strip()
        (one / "id").write_text(f"{id_}\n")
        if "USB-Audio" in card:
            (one / "usbid").write_text("0d8c:0014\n")
        device = {CAMERA: "pcm0c", PC_MONITOR: "pcm3p"}.get(card, "pcm0p")
        (one / device / "sub0").mkdir(parents=True)
        if elds and id_ in elds:
            (one / "eld#0").write_text(elds[id_])
    for connector, edid in (displays or {}).items():
        display = root / f"sys/class/drm/card1-{connector}"
        display.mkdir(parents=True)
        (display / "status").write_text("disconnected\n" if edid is None else "connected\n")
        (display / "edid").write_bytes(edid or b"")
    return root


BOTH = {"HDMI-A-1": TELEVISION, "HDMI-A-2": TELEVISION}
NONE = {"HDMI-A-1": None, "HDMI-A-2": None}


@pytest.mark.parametrize(
    ("board", "cards", "displays", "chosen"),
    [
        ("Pi 3, nothing", [JACK, TV], NONE, "Headphones"),
        ("Pi 3, TV", [JACK, TV], {"HDMI-A-1": TELEVISION}, "vc4hdmi"),
        ("Pi 3, monitor without sound", [JACK, TV], {"HDMI-A-1": MONITOR}, "Headphones"),
        ("Pi 3, old monitor", [JACK, TV], {"HDMI-A-1": NO_EXTENSION}, "Headphones"),
        ("Pi 3, TV and USB", [JACK, TV, USB], {"HDMI-A-1": TELEVISION}, "Device"),
        ("Pi 4, nothing", [JACK, TV_0, TV_1], NONE, "Headphones"),
        ("Pi 4, nothing, another order", [TV_0, TV_1, JACK], NONE, "Headphones"),
        ("Pi 4, TV at the second plug", [TV_0, TV_1, JACK], {"HDMI-A-1": None, "HDMI-A-2": TELEVISION}, "vc4hdmi1"),
        ("Pi 4, two TVs", [JACK, TV_1, TV_0], BOTH, "vc4hdmi0"),
        ("Pi 4, USB, later than the others", [JACK, TV_0, TV_1, USB], BOTH, "Device"),
        ("Pi 4, USB, earlier than the others", [USB, TV_0, TV_1, JACK], BOTH, "Device"),
        ("Pi 4, USB and a HAT", [DAC, JACK, TV_0, TV_1, USB], BOTH, "Device"),
        ("Pi 4, two USB cards of a make", [USB_TOO, USB, JACK], NONE, "Device"),
        ("Pi 4, a HAT", [JACK, TV_0, TV_1, DAC], BOTH, "sndrpihifiberry"),
        ("Pi 4, a camera with a microphone", [CAMERA, JACK, TV_0, TV_1], NONE, "Headphones"),
        ("Pi 4, a loopback for another program", [LOOPBACK, JACK, TV_0, TV_1], NONE, "Headphones"),
        ("Pi 5, TV", [TV_0, TV_1], BOTH, "vc4hdmi0"),
        ("Pi 5, USB", [TV_0, TV_1, USB], NONE, "Device"),
        ("Zero 2 W, TV", [TV], {"HDMI-A-1": TELEVISION}, "vc4hdmi"),
        ("Zero 2 W, a HAT", [TV, SEEED], NONE, "seeed2micvoicec"),
        ("PC", [PC_MONITOR, PC], {}, "PCH"),
        ("PC, USB", [PC_MONITOR, PC, USB], {}, "Device"),
        ("the rig", [DUMMY, LOOPBACK], {}, "Loopback"),
    ],
)
def test_choice(tmp_path, board, cards, displays, chosen):
    """A card that was plugged in to be heard ranks above the board's own, whatever the kernel numbered them this time."""
    card, why = choose("", read_cards(folder(tmp_path, *cards, displays=displays)))
    assert (card and card.id, why) == (chosen, ""), board


@pytest.mark.parametrize(
    ("eld", "displays", "chosen"),
    [
        (ELD, BOTH, "vc4hdmi0"),
        (ELD, {}, "vc4hdmi0"),
        (ELD, NONE, "Headphones"),
        (SILENT_ELD, BOTH, "Headphones"),
        ("monitor_present\t\t0\neld_valid\t\t0\n", BOTH, "Headphones"),
    ],
)
def test_eld(tmp_path, eld, displays, chosen):
    """Where the kernel has what the display said of its sound, that counts, unless it is of a display that is gone."""
    root = folder(tmp_path, TV_0, JACK, elds={"vc4hdmi0": eld}, displays=displays)
    card, _ = choose("", read_cards(root))
    assert card
    assert card.id == chosen


ON, OFF = {"HDMI-A-1": TELEVISION}, {"HDMI-A-1": None}


@pytest.mark.parametrize(
    ("before", "cards", "displays", "chosen"),
    [
        (USB, (JACK, USB), OFF, "Device"),
        (USB, (JACK, TV), OFF, None),
        (USB, (JACK, TV), ON, None),
        (USB, (JACK, USB_TOO), OFF, "Device_1"),
        (USB, (), OFF, None),
        (TV, (JACK, TV), ON, "vc4hdmi"),
        (TV, (JACK, TV), OFF, None),
        (TV, (JACK, TV, USB), OFF, "Device"),
    ],
)
def test_the_one_before_is_gone(tmp_path, before, cards, displays, chosen):
    """Only a card as likely to be heard takes the place of one that was played on; one that somebody names is taken anyway."""
    (was,) = read_cards(folder(tmp_path / "before", before, displays=ON))
    now = read_cards(folder(tmp_path / "now", *cards, displays=displays))
    card, why = choose("", now, was)
    assert (card and card.id) == chosen
    if cards and not card:
        gone = (
            f"the display of {was} is gone or off; switch it on" if was.kind == "hdmi" else f"{was} is gone; plug it in again"
        )
        assert why == f"no sound: {gone}, or choose another card: pitrainer sound"
    if JACK in cards:
        assert choose("Headphones", now, was)[0]


def test_nobody_would_hear(tmp_path):
    """Where only HDMI is left, and no display that has sound, that is said; a loopback is better than that."""
    assert choose("", read_cards(folder(tmp_path / "5", TV_0, TV_1, displays=NONE))) == (
        None,
        "no sound: there is only vc4hdmi0 and vc4hdmi1, and no display with sound is connected; plug a speaker in",
    )
    assert choose("", read_cards(folder(tmp_path / "none"))) == (None, "")
    assert choose("", read_cards(tmp_path / "no such folder")) == (None, "")


def test_what_a_card_is(tmp_path):
    """Names, number and first playing device are the kernel's; HDMI takes no ordinary samples."""
    root = folder(tmp_path, USB, TV_0)
    (root / "proc/asound/card0/pcm0p").rename(root / "proc/asound/card0/pcm3p")
    place = "C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.2, full spe"
    assert read_cards(root) == [
        Card(0, "Device", "USB PnP Sound Device", place, "usb", 3),
        Card(1, "vc4hdmi0", "vc4-hdmi-0", "vc4-hdmi-0", "dark hdmi", 0, raw=False),
    ]
    assert read_cards(root)[0].hw == "(hw:0,3)"
    assert str(read_cards(root)[0]) == "USB PnP Sound Device (Device)"


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("Headphones", "Headphones"),
        ("headphones", "Headphones"),
        ("bcm2835", "Headphones"),
        ("Device", "Device"),  # though it is a part of the other's, too
        ("Device_1", "Device_1"),
        ("1.3", "Device_1"),
        ("vc4hdmi1", "vc4hdmi1"),  # though it is dark: the person knows
        ("no such card", None),
    ],
)
def test_chosen_by_the_person(tmp_path, wanted, chosen):
    """An id, or a part of a name that only one card has, chooses that card."""
    card, why = choose(wanted, read_cards(folder(tmp_path, JACK, USB, USB_TOO, TV_0, TV_1)))
    assert (card and card.id, why) == (chosen, "")


def test_the_chosen_one_is_gone(tmp_path):
    """Of two cards of a make, the one that was not chosen does not take the place of the one that was."""
    assert choose("Device", read_cards(folder(tmp_path, JACK, USB_TOO))) == (
        None,
        "no sound: Device is gone, and Device_1 is another card; plug it in again, or choose: pitrainer sound",
    )


def test_a_microphone_of_the_same_name(tmp_path):
    """Where the first one of a make cannot play, nobody has chosen it: the second one is meant."""
    root = folder(tmp_path, USB_TOO, USB)
    (root / "proc/asound/card1/pcm0p").rename(root / "proc/asound/card1/pcm0c")
    card, why = choose("Device", read_cards(root))
    assert (card and card.id, why) == ("Device_1", "")


def test_two_of_a_name(tmp_path):
    """A part of the names of two cards is no choice; the ids are."""
    assert choose("USB", read_cards(folder(tmp_path, USB, USB_TOO))) == (
        None,
        'no sound: "USB" is part of the names of 2 cards (sound.device); write "Device" or "Device_1"',
    )


def test_hdmi_by_its_name(tmp_path):
    """ "HDMI" is the one at which a television is."""
    card, why = choose("HDMI", read_cards(folder(tmp_path / "one", TV_0, TV_1, displays={"HDMI-A-2": TELEVISION})))
    assert (card and card.id, why) == ("vc4hdmi1", "")
    card, why = choose("HDMI", read_cards(folder(tmp_path / "two", TV_0, TV_1, displays=BOTH)))
    assert (card, why.endswith('write "vc4hdmi0" or "vc4hdmi1"')) == (None, True)


OPEN = "state: RUNNING\nowner_pid   : {}\ntrigger_time: 4117.338\n"


def test_holder(tmp_path):
    """Who uses a card is named, once each, by the process that its thread belongs to; a free stream is enough to use it."""
    root = folder(tmp_path, JACK)
    (card,) = read_cards(root)
    assert holder(card, root) == ""
    stream = root / "proc/asound/card0/pcm0p"
    (stream / "sub0/status").write_text(OPEN.format(812))
    (stream / "sub1").mkdir()
    (stream / "sub1/status").write_text("closed\n")
    assert holder(card, root) == "", "one is free"
    (stream / "sub1/status").write_text(OPEN.format(811))
    (root / "proc/812").mkdir()
    (root / "proc/812/status").write_text("Name:\tdata-loop.0\nTgid:\t811\nPid:\t812\n")
    assert holder(card, root) == "in use by process 811"
    (root / "proc/811").mkdir()
    (root / "proc/811/comm").write_text("pipewire\n")
    assert holder(card, root) == "in use by process 811 (pipewire)"


def test_presence(tmp_path):
    """What tells of a card is there as long as it is."""
    root = folder(tmp_path, JACK)
    (card,) = read_cards(root)
    there = presence(card, root)
    assert there
    assert there.is_dir()
    assert presence(None) is None
