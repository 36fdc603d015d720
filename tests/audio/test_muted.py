"""A sound card that is silenced by its own mixer is found, from what `amixer` prints."""

import pytest

from pitrainer.audio.muted import silenced

AMIXER = """Simple mixer control 'PCM',0
  Capabilities: pvolume pvolume-joined pswitch pswitch-joined
  Playback channels: Mono
  Limits: Playback -10239 - 400
  Mono: Playback {volume} [{percent}%] [{db}dB] [{switch}]
Simple mixer control 'Mic',0
  Capabilities: pvolume pvolume-joined cvolume pswitch pswitch-joined
  Playback channels: Mono
  Mono: Playback 0 [0%] [0.00dB] [off]
Simple mixer control 'Auto Gain Control',0
  Capabilities: pswitch pswitch-joined
  Mono: Playback [off]
"""


@pytest.mark.parametrize(
    ("volume", "percent", "switch", "silent"),
    [(-2000, 77, "on", []), (-2000, 77, "off", ["PCM"]), (-10239, 0, "on", ["PCM"])],
)
def test_silenced(volume, percent, switch, silent):
    """A card that is muted or turned down to nothing is found; a microphone's own way to the speaker does not count."""
    text = AMIXER.format(volume=volume, percent=percent, db="-20.00", switch=switch)
    assert silenced(text) == silent
    assert silenced("") == []


def test_one_side_muted():
    """A card with one side off can still be heard."""
    text = "Simple mixer control 'Master',0\n  Front Left: Playback 0 [0%] [off]\n  Front Right: Playback 60 [70%] [on]\n"
    assert silenced(text) == []


def control(name: str, percent: int, switch: str = "") -> str:
    return f"Simple mixer control '{name}',0\n  Front Left: Playback 9 [{percent}%] [0.00dB]{switch and f' [{switch}]'}\n"


@pytest.mark.parametrize(
    ("controls", "silent"),
    [
        ([("Speaker", 80, "on"), ("Headphone", 0, "")], []),
        ([("Speaker", 0, "on"), ("Headphone", 90, "off")], ["Speaker", "Headphone"]),
        ([("Master", 0, "on"), ("Speaker", 80, "on"), ("Headphone", 0, "")], ["Master"]),
        ([("PCM", 0, ""), ("Line Out", 0, "")], ["PCM", "Line Out"]),
    ],
)
def test_sockets(controls, silent):
    """Headphones that nobody has plugged in, turned down, do not silence a board's speaker; what both go through does."""
    assert silenced("".join(control(*one) for one in controls)) == silent
