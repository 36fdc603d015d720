"""The sound cards that the kernel has: what each is, which is taken where nobody chose one, and who uses it.

PortAudio lists what can be opened just now, by numbers that change between boots (raspberrypi/linux#2853, #5592). The kernel
knows all cards, and gives each an id that stays.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ..files import text_of

Kind = Literal["usb", "hat", "hdmi", "jack", "built in", "dark hdmi", "loopback", "dummy"]
"""From the one that somebody plugged in to be heard, to those that nobody hears."""
KINDS: tuple[Kind, ...] = get_args(Kind)

WORDS: dict[Kind, str] = {
    "usb": "a USB card",
    "hat": "a card on the header (HAT)",
    "hdmi": "HDMI, with a display that has sound",
    "jack": "the headphone jack",
    "built in": "built in",
    "dark hdmi": "HDMI, but no display with sound is connected",
    "loopback": "loopback to other programs",
    "dummy": "dummy, makes no sound",
}


@dataclass(frozen=True)
class Card:
    """A card that can play."""

    number: int
    """Of this boot."""
    id: str
    """Stays, as long as the same cards are there. Two of the same make are "Device" and "Device_1"."""
    name: str
    place: str
    """A longer name, often with the USB port."""
    kind: Kind
    device: int
    """The first of its devices that plays."""
    second_of: str = ""
    """The id of another card of its make that can play, or could when this one came; empty for the first."""
    raw: bool = True
    """Takes ordinary samples. A Pi's HDMI (vc4) takes IEC 958 frames only, which ALSA's own `hdmi` device makes."""

    @property
    def hw(self) -> str:
        """What tells it in PortAudio's names."""
        return f"(hw:{self.number},{self.device})"

    def __str__(self) -> str:
        """Its name, and the id that settings have."""
        return f"{self.name} ({self.id})"


def read_cards(root: Path = Path("/")) -> list[Card]:
    """Return the cards that can play, the one that is most likely meant first.

    Args:
        root: the folder in which `proc/asound` and `sys/class/drm` are.
    """
    # A PC's card for monitors has no device 0, its speakers' has. Ids stay, numbers do not.
    return sorted(_cards(root), key=lambda card: (KINDS.index(card.kind), card.device, card.id))


def _cards(root: Path) -> Iterator[Card]:
    text = text_of(root / "proc/asound/cards")
    every = re.findall(r"^ *([0-9]+) \[([^]]*?) *\]: (.*?) - (.*)\n *(.*)$", text, re.MULTILINE)
    folders = {number: root / f"proc/asound/card{number}" for number, *_ in every}
    playing = {number: devices for number, folder in folders.items() if (devices := _playing(folder))}
    silent = {id_ for number, id_, *_ in every if number not in playing}  # microphones and cameras are cards, too
    for number, id_, driver, name, place in every:
        if number in playing:
            first, _, count = id_.rpartition("_")
            second_of = first if re.fullmatch("[0-9A-F]+", count) and first not in silent else ""
            kind = _kind(root, folders[number], id_, driver)
            yield Card(int(number), id_, name, place, kind, min(playing[number]), second_of, raw=driver != "vc4-hdmi")


def _playing(folder: Path) -> list[int]:
    """Return which of a card's devices play."""
    return [int(found[1]) for pcm in folder.glob("pcm*p") if (found := re.fullmatch(r"pcm([0-9]+)p", pcm.name))]


def _kind(root: Path, folder: Path, id_: str, driver: str) -> Kind:
    """Return what a card is. Its driver's name tells, which the kernel cuts after 15 letters ("bcm2835_headpho")."""
    if (folder / "usbid").exists():
        return "usb"
    match driver:
        case "Dummy":
            return "dummy"
        case "Loopback":
            return "loopback"
        case "vc4-hdmi":
            return "hdmi" if _display(root, folder, id_) else "dark hdmi"
        case "bcm2835_hdmi":  # the firmware's, in use on systems without KMS; it tells nothing of the display
            return "hdmi"
        case "bcm2835_headpho" | "bcm2835_alsa":
            return "jack"
    # A PC's own cards. All that is left on a Pi is on the header.
    return "built in" if re.match("HDA|sof-", driver) else "hat"


def _display(root: Path, folder: Path, id_: str) -> bool:
    """Tell whether a display with sound is connected: from what it said of itself (ELD), else from its EDID.

    Kernels before 6.15 have no ELD of a Pi's HDMI in /proc; those from then on may keep the one of a display that is gone.
    """
    connector = "HDMI-A-2" if id_.endswith("1") else "HDMI-A-1"
    displays = {display: text_of(display / "status").strip() for display in (root / "sys/class/drm").glob(f"card*-{connector}")}
    connected = [display for display, status in displays.items() if status == "connected"]
    if elds := [text_of(eld) for eld in folder.glob("eld#*")]:
        heard = any(re.search(r"^sad_count\s+[1-9]", eld, re.MULTILINE) for eld in elds)
        return heard and (bool(connected) or not displays)
    for display in connected:
        with suppress(OSError):
            return _has_sound((display / "edid").read_bytes())
    return False


def _has_sound(edid: bytes) -> bool:
    """Tell whether a display takes sound: bit 6 of byte 3 of a CTA-861 extension, "basic audio"."""
    blocks = [edid[start : start + 128] for start in range(128, len(edid), 128)]
    return any(len(block) == 128 and block[0] == 2 and block[3] & 0x40 for block in blocks)


def choose(wanted: str, cards: Sequence[Card], before: Card | None = None) -> tuple[Card | None, str]:
    """Return the card that is meant, or why it cannot be told.

    Args:
        wanted: its id, or part of its names; empty for the first that somebody may hear.
        cards: in their order.
        before: was played on. Where it is gone, or its display, none that somebody is less likely to hear takes its place: the
            voice would go on in an empty headphone jack.

    Returns:
        Neither a card nor a reason where no card has such a name: it may be that of another device.
    """
    if not wanted:
        heard = [card for card in cards if card.kind != "dark hdmi"]
        if cards and not heard:
            names = " and ".join(card.id for card in cards)
            return None, f"no sound: there is only {names}, and no display with sound is connected; plug a speaker in"
        lost = before and before.id not in {card.id for card in heard}
        if before and lost and not (heard and KINDS.index(heard[0].kind) <= KINDS.index(before.kind)):
            dark = before.id in {card.id for card in cards}
            gone = f"the display of {before} is gone or off; switch it on" if dark else f"{before} is gone; plug it in again"
            return None, f"no sound: {gone}, or choose another card: pitrainer sound"
        return (heard[0] if heard else None), ""
    text = wanted.lower()
    for card in cards:
        if card.id.lower() == text:
            return card, ""
    # The kernel numbers a second card of a make. Its name has the text too, but the person has heard the other one.
    if second := next((card for card in cards if card.second_of.lower() == text), None):
        gone = f"{wanted} is gone, and {second.id} is another card"
        return None, f"no sound: {gone}; plug it in again, or choose: pitrainer sound"
    meant = [card for card in cards if any(text in name.lower() for name in (card.id, card.name, card.place))]
    if len(meant) > 1:  # "HDMI" is the one with a television
        meant = [card for card in meant if card.kind != "dark hdmi"] or meant
    if len(meant) > 1:
        ids = " or ".join(f'"{card.id}"' for card in meant)
        return None, f'no sound: "{wanted}" is part of the names of {len(meant)} cards (sound.device); write {ids}'
    return (meant[0] if meant else None), ""


def holder(card: Card, root: Path = Path("/")) -> str:
    """Return who uses a card, in words; nothing where it is free, or that cannot be told.

    A card of several streams can be opened until all are in use.
    """
    streams = [text_of(file) for file in (root / f"proc/asound/card{card.number}/pcm{card.device}p").glob("sub*/status")]
    owners = [re.search(r"^owner_pid *: *([0-9]+)$", stream, re.MULTILINE) for stream in streams]
    if not owners or not all(owners):
        return ""
    about = dict.fromkeys(_process(root, owner[1]) for owner in owners if owner)
    return f"in use by {' and '.join(about)}"


def about(card: Card, root: Path = Path("/")) -> str:
    """Return what a card is, and who uses it, in words."""
    return "; ".join(filter(None, (WORDS[card.kind], holder(card, root))))


def _process(root: Path, thread: str) -> str:
    """Return a process by one of its threads, which is what the kernel names."""
    found = re.search(r"^Tgid:\s*([0-9]+)$", text_of(root / f"proc/{thread}/status"), re.MULTILINE)
    number = found[1] if found else thread
    name = text_of(root / f"proc/{number}/comm").strip()
    return f"process {number}" + (f" ({name})" if name else "")


def presence(card: Card | None, root: Path = Path("/")) -> Path | None:
    """Return what is there as long as a card is, if there is one: PortAudio does not notice when it is unplugged."""
    return root / f"proc/asound/card{card.number}" if card else None
