"""A sound card that its own mixer keeps silent, which PortAudio does not know."""

import re
import subprocess

from .cards import Card


def muted(card: Card | None) -> list[str]:
    """Return the controls that keep a card silent, each with its card; None is the default one.

    Returns:
        Nothing where all is well, and where there is no `amixer`, or the card has no mixer.
    """
    which = ["-c", card.id] if card else []
    try:
        looked = subprocess.run(["amixer", *which], stdin=subprocess.DEVNULL, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    whose = f"of card {card.id}" if card else "of the default card"
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
