"""A trainer as a service runs it, in a process of its own, with mock pins, without a sound system, with silent clips."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pitrainer.audio.tones import RATE
from pitrainer.config.validation import load_all
from pitrainer.service.build import clips_of, phrases_of
from support.fakes import TESTS

TINY = """
schema = 1
id = "tiny"
title = "Tiny"
language = "en"
outro = "Bye."

[[exercise]]
id = "push"
name = "Push"
say = "Push."
prepare = "1s"
hold = "6s"
"""

SETTINGS = """
paths.cache = "{cache}"
[[program]]
routine = "tiny"
profile = "adult"
[[program]]
routine = "tiny"
profile = "child"
"""


def write_home(folder: Path) -> dict[str, str]:
    """Write settings with one short routine into a folder; return the environment of a person who lives there."""
    for name in ("run", "routines"):
        (folder / name).mkdir(mode=0o700)
    (folder / "routines" / "small.toml").write_bytes((TESTS / "routines" / "small.toml").read_bytes())
    (folder / "pitrainer.toml").write_text(
        'gpio.backend = "mock"\npaths.cache = "clips"\n[[program]]\nroutine = "small"\nprofile = "adult"\n'
    )
    own = {name: str(folder / name.lower()) for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    return own | {
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "PULSE_SERVER": "unix:/nowhere",
        "PITRAINER_CONFIG": str(folder / "pitrainer.toml"),
        "PYTHONPATH": str(TESTS.parent),
    }


def fill(folder: Path, seconds: float = 2) -> None:
    """Give every phrase of the settings there so many seconds of silence, so that nothing is synthesised."""
    loaded = load_all(folder / "pitrainer.toml", os.environ)
    clips = clips_of(loaded.settings)
    # With the clips' true lengths, other minutes may be announced.
    while missing := clips.missing(phrases_of(loaded, loaded.programs, clips)):
        for phrase in missing:
            clips.write(phrase, np.zeros(round(seconds * RATE), np.int16))


@contextmanager
def running(
    env: Mapping[str, str], journal: Path, *, entry: Sequence[str] = ("-m", "pitrainer")
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `pitrainer run` while the block runs, ready at its begin; what it writes goes to the journal."""
    with journal.open("wb") as written:
        command = [sys.executable, *entry, "run"]
        process = subprocess.Popen(command, env=os.environ | env, stdout=subprocess.PIPE, stderr=written)
    try:
        until = 600
        while b"ready: " not in journal.read_bytes() and process.poll() is None and (until := until - 1):
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)
