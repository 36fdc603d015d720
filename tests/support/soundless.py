"""Runs what `clocked` runs with a speaker that is always there and silent: a busy machine makes a real one's stream stall.

There are two sound cards, which say their number to standard output. The doctor finds that there is none.
"""

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pitrainer.audio import speaker
from pitrainer.audio.cards import Card
from pitrainer.audio.speaker import Speaker
from pitrainer.control import upkeep
from pitrainer.doctor import card_trial, report
from pitrainer.doctor.report import Check

CARDS = [
    Card(0, "Headphones", "bcm2835 Headphones", "bcm2835 Headphones", "jack", 0),
    Card(1, "Device", "USB Audio Device", "C-Media USB Audio Device at usb-1, full speed", "usb", 0),
]


def opened(self: Speaker) -> str:
    self._stream = self
    return ""


def closed(self: Speaker) -> None:
    self._stream = None


def well(_self: Speaker) -> str:
    return ""


def try_card(_command: Sequence[str], card: str, number: int) -> str:
    print(f"{card} says {number}", flush=True)
    return ""


def silent(*_: Any) -> None:
    pass


STUBS = {"_open": opened, "_close": closed, "_check": well, "_look": well, "say": silent, "tone": silent, "hush": silent}

for name, stub in STUBS.items():
    setattr(Speaker, name, stub)
setattr(speaker, "end_portaudio", silent)  # noqa: B010 - mypy forbids what the module only imports
setattr(upkeep, "read_cards", lambda: CARDS)  # noqa: B010 - as above
card_trial.try_card = try_card  # type: ignore[assignment]
setattr(report, "by_child", lambda *_, **__: [Check("sound card", "fail", "no sound", "plug the speaker in")])  # noqa: B010
runpy.run_path(str(Path(__file__).with_name("clocked.py")), run_name="__main__")
