"""What PortAudio does not know of a sound card: that its own mixer keeps it silent, or that it was unplugged."""

import re
import subprocess
from pathlib import Path

CARDS = Path("/proc/asound")


def presence(device: str) -> Path | None:
    """Return what is there as long as the card is, or None where that cannot be told.

    Args:
        device: its name, as PortAudio has it; "(hw:1,0)" in it tells the card.
    """
    number = _number(device)
    folder = CARDS / f"card{number}"
    return folder if number and folder.exists() else None


def muted(device: str) -> list[str]:
    """Return the controls that keep a device silent, each with its card.

    Args:
        device: its name, as PortAudio has it; "(hw:1,0)" in it tells the card, else it is the default one.

    Returns:
        Nothing where all is well, and where there is no `amixer`, or the card has no mixer.
    """
    number = _number(device)
    card = ["-c", number] if number else []
    try:
        looked = subprocess.run(["amixer", *card], stdin=subprocess.DEVNULL, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    whose = f"of card {number}" if number else "of the default card"
    return [f"{control} {whose}" for control in silenced(looked.stdout.decode(errors="replace"))]


def silenced(amixer: str) -> list[str]:
    """Return the controls that keep a card silent, from the output of `amixer -c CARD`."""
    found = []
    for part in amixer.split("Simple mixer control ")[1:]:
        name = part.partition("\n")[0].split(",")[0].strip("'")
        # A microphone's own way to the speaker is off on every headset.
        if not re.search(r"master|pcm|speaker|headphone|digital|hdmi|line.?out|dac", name, re.IGNORECASE):
            continue
        channels = re.findall(r"Playback -?[0-9]+ \[([0-9]+)%\](?: \[[^]]*dB\])?(?: \[(on|off)\])?", part)
        if channels and all(percent == "0" or switch == "off" for percent, switch in channels):
            found.append(name)
    return found


def _number(device: str) -> str:
    named = re.search(r"\(hw:([0-9]+)", device)
    return named[1] if named else ""
