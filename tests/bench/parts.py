"""What the benches share: a trainer in a room, and how figures are printed."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from pitrainer.audio.clips import ClipCache
from pitrainer.config import routines, schema
from pitrainer.core.languages import Phrase
from pitrainer.core.routine import Program
from pitrainer.service.build import build_service, clips_of
from pitrainer.service.service import Service
from pitrainer.voice.prepare import synthesise
from pitrainer.voice.synthesis import Voice
from support.room import Room


@contextmanager
def room() -> Iterator[Room]:
    """A room that this process's PortAudio plays in."""
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        os.environ.update({key: room.env[key] for key in ("XDG_RUNTIME_DIR", "PULSE_SERVER")})
        try:
            yield room
        finally:
            room.close()


def clips(phrases: Callable[[ClipCache], Sequence[Phrase]]) -> ClipCache:
    """The usual clip cache, with what these phrases lack."""
    cache = clips_of(schema.Settings())
    while missing := cache.missing(phrases(cache)):  # with the true lengths, the session may take other minutes
        synthesise(cache, Voice(None), missing, lambda: None)
    return cache


def service(program: Program, cache: ClipCache, **more: Any) -> Service:
    """A trainer with mock pins and signals from the speaker."""
    return build_service(schema.Settings(), [program], cache, backend="mock", tones=True, **more)


def program(name: str) -> Program:
    """A shipped routine for adults, or a file, at the standard level."""
    return Program(routines.load_routine(name, schema.Settings()), "adult", "standard")


def row(name: str, values: Sequence[float]) -> str:
    """Print milliseconds: count, p50, p95, most."""
    p50, p95 = np.percentile(values, [50, 95])
    return f"{name:44} {len(values):4d} {p50:9.1f} {p95:9.1f} {max(values):9.1f}"


HEAD = f"{'':44} {'n':>4} {'p50 ms':>9} {'p95 ms':>9} {'max ms':>9}"

__all__ = ["HEAD", "Voice", "clips", "program", "room", "row", "service"]
