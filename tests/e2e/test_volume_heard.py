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
HELD = 3_200 + 1_400 * (1 + len(ROUND)) - 700
"""The volumes' threshold, then half a second for each clip, and 900 ms between two; let go while the last one is said."""
PEAK = 8_000


def noise(seed: int) -> NDArray[np.int16]:
    """Half a second that can be found in a recording, and told from all others."""
    samples = np.random.default_rng(seed).uniform(-PEAK, PEAK, RATE // 2)
    return samples.astype(np.int16)


def loudness(recording: NDArray[np.float32], clip: NDArray[np.int16]) -> tuple[int, float]:
    """Return where in a recording a clip is, and by which factor it was played."""
    wanted = clip.astype(np.float32) / np.float32(32768)
    size = 1 << (len(recording) + len(wanted)).bit_length()
    found = np.fft.irfft(np.fft.rfft(recording, size) * np.conj(np.fft.rfft(wanted, size)), size)[: len(recording)]
    place = int(np.argmax(found))
    return place, float(found[place] / np.dot(wanted, wanted))


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
    assert (status["volume"], status["state"]) == (20, "ready")
    whole = ROUND[:-1]  # letting go ends the last one
    heard = [loudness(recording.samples, noise(volume)) for volume in whole]
    places = [place for place, _ in heard]
    assert places == sorted(places)
    # What the recorder loses of a clip on a busy machine makes that one softer: half a step is 2 dB.
    steps = [20 * np.log10(factor / gain(volume)) for (_, factor), volume in zip(heard, whole, strict=True)]
    assert np.abs(steps).max() < 2, steps
    down = [factor for _, factor in heard]
    assert down == sorted(down, reverse=True), "each is softer than the one above it"
