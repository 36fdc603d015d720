"""Runs what `clocked` runs with a speaker that is always there and silent: a busy machine makes a real one's stream stall."""

import runpy
from pathlib import Path
from typing import Any

from pitrainer.audio import speaker
from pitrainer.audio.speaker import Speaker


def opened(self: Speaker) -> str:
    self._stream = self
    return ""


def closed(self: Speaker) -> None:
    self._stream = None


def well(_self: Speaker) -> str:
    return ""


def silent(*_: Any) -> None:
    pass


STUBS = {"_open": opened, "_close": closed, "_check": well, "_look": well, "say": silent, "tone": silent, "hush": silent}

for name, stub in STUBS.items():
    setattr(Speaker, name, stub)
setattr(speaker, "end_portaudio", silent)  # noqa: B010 - mypy forbids what the module only imports
runpy.run_path(str(Path(__file__).with_name("clocked.py")), run_name="__main__")
