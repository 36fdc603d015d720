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
    """Return the controls that keep a card silent, from the output of `amixer -c CARD`.

    Of sockets beside each other (a HAT's speaker and headphones) one that can be heard is enough.
    """
    on_the_way: list[str] = []
    sockets: dict[str, bool] = {}
    for part in amixer.split("Simple mixer control ")[1:]:
        name = part.partition("\n")[0].split(",")[0].strip("'")
        # A microphone's own way to the speaker is off on every headset.
        socket = re.search(r"speaker|headphone|line.?out", name, re.IGNORECASE)
        if not socket and not re.search(r"master|pcm|digital|hdmi|dac", name, re.IGNORECASE):
            continue
        channels = re.findall(r"Playback -?[0-9]+ \[([0-9]+)%\](?: \[[^]]*dB\])?(?: \[(on|off)\])?", part)
        silent = bool(channels) and all(percent == "0" or switch == "off" for percent, switch in channels)
        if socket and channels:
            sockets[name] = silent
        elif silent:
            on_the_way.append(name)
    return on_the_way + (list(sockets) if all(sockets.values()) else [])
