"""The volume chosen by holding the button, as it is heard: each volume at itself, and the one that is taken stays."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pitrainer.audio.mixer import gain
from pitrainer.config.validation import load_all
from pitrainer.control.client import ask
from pitrainer.control.protocol import socket_file
from pitrainer.core.languages import ENGLISH
from pitrainer.service.build import clips_of
from support.appliance import fill, running, write_home
from support.ear import found, noise
from support.room import RATE, Room

pytestmark = pytest.mark.sound

BEFORE = 90
ROUND = [100, 90, 80, 70, 60, 50, 40, 30, 20]
"""From there: up to the most, then down to the least."""
HELD = 15_000
"""Until about the last but one is said: the threshold is at 3.2 s, and each takes 1.4 s, longer on a busy machine."""
ROUNDS = 6
"""At the most. Where a busy machine did not let the trainer play for a moment, a cue that would be late is left out."""
ENOUGH = 4
"""Volumes that have to be heard."""
PIECE = RATE // 50


def heard(recording: NDArray[np.float32], clip: NDArray[np.int16]) -> tuple[int, list[float]]:
    """Return where a clip begins, and by which factor each piece of it was played: none where its first one was not heard.

    What a busy machine's recorder has lost is left out, and what comes out of its place, for the sound stood still before it.
    """
    wanted = clip.astype(np.float32) / np.float32(32768)
    place, *_ = found(recording, wanted)
    start = max(0, place - RATE // 2)
    near = recording[start : place + RATE]
    pieces = {at: found(near, wanted[at : at + PIECE]) for at in range(0, len(wanted), PIECE)}
    begin, _, sure = pieces[0]
    if sure < 0.98:
        return start + begin, []
    return start + begin, [factor for at, (place, factor, sure) in pieces.items() if sure > 0.98 and place == begin + at]


def chosen(trainer: Path) -> int:
    """Hold the button through a round from 90, and return the volume that letting go took; 90 if the round was too slow."""
    ask(trainer, {"command": "volume", "volume": BEFORE})
    ask(trainer, {"command": "press", "hold_ms": HELD}, HELD / 1000 + 20)
    for _ in range(20):
        volume = ask(trainer, {"command": "status"})["status"]["volume"]
        if volume != BEFORE:
            break
        time.sleep(0.1)
    return int(volume)


def test_the_round(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held on, the button has volumes said, upward and then down, each by its curve from its first sample; one is taken."""
    env = write_home(tmp_path) | {"PULSE_SERVER": room.env["PULSE_SERVER"]}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    fill(tmp_path)
    clips = clips_of(load_all(tmp_path / "pitrainer.toml", env).settings)
    for volume in ROUND:
        clips.write(ENGLISH.volume(volume), noise(volume))
    clips.write(ENGLISH.volumes, noise(0))
    trainer = socket_file(tmp_path / "run" / "pitrainer")
    beside: dict[int, list[float]] = {}
    with running(env, tmp_path / "journal"):
        for _ in range(ROUNDS):
            with room.microphone() as recording:
                taken = chosen(trainer)
            whole = ROUND[: ROUND.index(taken)]  # letting go may have cut the last one
            places = []
            for volume in whole:
                place, factors = heard(recording.samples, noise(volume))
                if factors:
                    places.append(place)
                    beside.setdefault(volume, []).extend(20 * np.log10(factor / gain(volume)) for factor in factors)
            assert places == sorted(places)
            if len(beside) >= ENOUGH:
                break
    assert len(beside) >= ENOUGH
    # In dB beside the curve, which has 4 dB for each step.
    assert {volume: off for volume, factors in beside.items() if (off := max(map(abs, factors))) > 0.5} == {}
