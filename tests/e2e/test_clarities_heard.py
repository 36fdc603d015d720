"""`pitrainer voices --hear`, as somebody in the room hears it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.tones import RATE
from pitrainer.voice.clarity import CHAINS
from pitrainer.voice.mastering import loudness
from support.room import Room

pytestmark = pytest.mark.sound

SILENCE = RATE
"""Samples; longer than the pause between two sentences, shorter than between two clarities."""


def test_heard(room: Room, tmp_path: Path) -> None:
    """A sentence is heard at each clarity, the next always louder; then it says how to choose. No clip of it is kept."""
    settings = tmp_path / "pitrainer.toml"
    settings.write_text(f'paths.cache = "{tmp_path / "clips"}"\nsound = {{ quiet_from = "00:00", quiet_to = "00:00" }}\n')
    command = [sys.executable, "-m", "pitrainer", "voices", "--hear", "--config", str(settings)]
    with room.microphone() as recording:
        done = subprocess.run(command, env=room.env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "natural\nclear (in use)\nnoisy room\n\n"
        f'to choose one, write it below [voice] in {settings}, such as: clarity = "natural"\n'
        "a service takes it up after: sudo systemctl reload pitrainer\n"
    )
    heard = recording.samples
    loud = np.flatnonzero(np.abs(heard) > 0.001)
    parts = [heard[part[0] : part[-1] + 1] for part in np.split(loud, np.flatnonzero(np.diff(loud) > SILENCE) + 1)]
    levels = [loudness(part.astype(float)) for part in parts]
    assert len(levels) == len(CHAINS)
    assert np.all(np.diff(levels) > 1), levels  # a busy machine's sound has holes; how loud each is, test_mastering.py knows
    assert list(tmp_path.iterdir()) == [settings]
