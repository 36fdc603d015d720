"""The volume chosen by holding the button, as it is heard: each volume at itself, and the one that is taken stays."""

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
from support.room import RATE, Room

pytestmark = pytest.mark.sound

ROUND = [100, 90, 80, 70, 60, 50, 40, 30, 20]
"""From a volume of 90: up to the most, then down to the least."""
HELD = 15_000
"""Until about the last but one is said: the threshold is at 3.2 s, and each takes 1.4 s, longer on a busy machine."""
PEAK = 8_000
PIECE = RATE // 50


def noise(seed: int) -> NDArray[np.int16]:
    """Half a second that can be found in a recording, and told from all others."""
    samples = np.random.default_rng(seed).uniform(-PEAK, PEAK, RATE // 2)
    return samples.astype(np.int16)


def found(recording: NDArray[np.float32], wanted: NDArray[np.float32]) -> tuple[int, float, float]:
    """Return where a piece of sound most likely is, by which factor it was played, and how sure that is, 0 to 1."""
    size = 1 << (len(recording) + len(wanted)).bit_length()
    products = np.fft.irfft(np.fft.rfft(recording, size) * np.conj(np.fft.rfft(wanted, size)), size)[: len(recording)]
    place = int(np.argmax(products))
    here = recording[place : place + len(wanted)]
    energy, own = float(np.dot(here, here)), float(np.dot(wanted, wanted))
    return place, float(products[place]) / own, float(products[place]) / max(1e-9, np.sqrt(energy * own))


def loudness(recording: NDArray[np.float32], clip: NDArray[np.int16]) -> list[tuple[int, float]]:
    """Return where the pieces of a clip are of which all was heard, and by which factor each was played.

    On a busy machine the recorder loses samples, and the trainer leaves out a cue that would be late.
    """
    wanted = clip.astype(np.float32) / np.float32(32768)
    place, *_ = found(recording, wanted)
    start = max(0, place - RATE // 2)
    pieces = [found(recording[start : place + RATE], wanted[at : at + PIECE]) for at in range(0, len(wanted), PIECE)]
    return [(start + at, factor) for at, factor, sure in pieces if sure > 0.98]


def test_the_round(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held on, the button has volumes said, upward and then down, each as loud as its curve; letting go takes the last one."""
    env = write_home(tmp_path) | {"PULSE_SERVER": room.env["PULSE_SERVER"]}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    fill(tmp_path)
    clips = clips_of(load_all(tmp_path / "pitrainer.toml", env).settings)
    for volume in ROUND:
        clips.write(ENGLISH.volume(volume), noise(volume))
    clips.write(ENGLISH.volumes, noise(0))
    trainer = socket_file(tmp_path / "run" / "pitrainer")
    with running(env, tmp_path / "journal"), room.microphone() as recording:
        ask(trainer, {"command": "volume", "volume": 90})
        ask(trainer, {"command": "press", "hold_ms": HELD}, HELD / 1000 + 20)
        status = ask(trainer, {"command": "status"})["status"]
    assert status["state"] == "ready"
    whole = ROUND[: ROUND.index(status["volume"])]  # what was said before the one that letting go ended, and took
    assert len(whole) >= 4
    heard = {volume: pieces for volume in whole if (pieces := loudness(recording.samples, noise(volume)))}
    assert len(heard) >= 4
    places = [place for pieces in heard.values() for place, _ in pieces]
    assert places == sorted(places)
    # The middle one: where a busy machine has much sound in advance, a word's first pieces are as loud as the one before.
    middle = {volume: float(np.median([factor for _, factor in pieces])) for volume, pieces in heard.items()}
    beside = {volume: 20 * np.log10(factor / gain(volume)) for volume, factor in middle.items()}
    assert all(abs(off) < 0.5 for off in beside.values()), beside  # dB beside the curve, which has 4 dB for each step
