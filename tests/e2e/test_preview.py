"""`preview` as it is heard: the plan from any exercise on, in the plan's times, until it is over or Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Queue

import numpy as np
import pytest

from pitrainer.audio.tones import tone
from pitrainer.cli.main import main
from pitrainer.cli.preview import _play
from pitrainer.config.schema import Settings
from pitrainer.config.validation import load_all
from pitrainer.core.messages import Sound
from pitrainer.core.plan import Say
from pitrainer.core.planner import make_plan
from pitrainer.core.signals import Signal
from pitrainer.core.units import Ms, clock_text
from pitrainer.errors import SoundError
from pitrainer.service.build import clips_of, phrases_of
from support.appliance import fill, write_home
from support.ear import found, noise
from support.fakes import TESTS, FakeSpeaker, SimClock, half_a_second, read
from support.room import RATE, Room

OFF = 0.15
"""Seconds beside the plan: on a busy machine a cue is played so late, or not at all."""


@pytest.fixture
def home(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person with a small routine, each phrase of which is a noise of its own."""
    for name, value in (write_home(tmp_path) | {"PULSE_SERVER": room.env["PULSE_SERVER"]}).items():
        monkeypatch.setenv(name, value)
    loaded = load_all(tmp_path / "pitrainer.toml", {})
    clips = clips_of(loaded.settings)
    while missing := clips.missing(phrases_of(loaded, loaded.programs, clips)):
        for phrase in missing:
            clips.write(phrase, noise(sum(phrase.text.encode())))
    return tmp_path


def preview(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pitrainer", "preview", "small", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.sound
def test_from_an_exercise_on(room: Room, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is heard is what the plan has from that exercise on, each at its time; what is said is printed with its time."""
    assert home.is_dir()
    assert main(["show", "small", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    second = next(step for step in plan["steps"] if step["exercise"] == "tap")
    tail = [step for step in plan["steps"] if step["start_ms"] >= second["start_ms"]]
    says = [cue for step in tail for cue in step["cues"] if "say" in cue]
    with room.microphone() as recording:
        process = preview("tap")
        out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    printed = [line.split(None, 1) for line in out.splitlines() if line[6:10] == "    "]
    assert [text for _, text in printed] == [cue["say"] for cue in says]
    places = {}
    once = [cue for cue in says if [other["say"] for other in says].count(cue["say"]) == 1]
    for cue in once:
        place, _, sure = found(recording.samples, noise(sum(cue["say"].encode())).astype(np.float32) / np.float32(32768))
        if sure > 0.9:
            places[cue["at_ms"]] = place / RATE
    assert len(places) >= len(once) * 0.6
    zero = float(np.median([at - ms / 1000 for ms, at in places.items()]))
    late = {ms: at - ms / 1000 - zero for ms, at in places.items()}
    assert float(np.median(np.abs(list(late.values())))) < OFF, late
    done = tone(Signal.DONE).astype(np.float32) / np.float32(32768)
    assert found(recording.samples, done)[2] > 0.9 or recording.lost > 0


@pytest.mark.sound
@pytest.mark.usefixtures("home")
def test_ctrl_c() -> None:
    """Ctrl-C ends it, in the middle of a session, with the shell's exit code."""
    process = preview("1", "--known")
    assert process.stdout
    assert process.stdout.readline()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err


@pytest.mark.sound
@pytest.mark.usefixtures("home")
def test_an_unknown_exercise(capsys: pytest.CaptureFixture[str]) -> None:
    """An exercise that is not there is a line, with those that are, before anything is synthesised or heard."""
    assert main(["preview", "small", "tip"]) == 2
    assert capsys.readouterr().err == 'pitrainer: small has no exercise "tip" (did you mean "tap"?); there are: push, tap\n'


def test_without_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no sound, it says so."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    fill(tmp_path)
    assert main(["preview", "small"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("pitrainer: no sound: ")


def test_the_volume_that_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It plays as loud as the trainer would: a volume that was set is kept."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    fill(tmp_path)
    state = Settings().state_folder(os.environ) / "state.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"program": 0, "tip": 0, "volume": [20, 100]}')
    volumes = []

    def speaker(*_: object, volume: int, **__: object) -> None:
        volumes.append(volume)
        raise SoundError("no sound")

    monkeypatch.setattr("pitrainer.audio.speaker.Speaker", speaker)
    assert main(["preview", "small"]) == 2
    assert volumes == [20]


@pytest.mark.parametrize("exercise", ["push", "2"])
def test_an_exercise_that_joins_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], exercise: str
) -> None:
    """Each exercise of the routine can be played, also one that is not in a first session; numbers are those of the file."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "routines" / "small.toml"
    file.write_text(file.read_text().replace('id = "push"\n', 'id = "push"\nfrom_session = 4\n'))
    fill(tmp_path)
    assert main(["preview", "small", exercise]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("pitrainer: no sound: ")


def test_nobody_presses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A set at the person's own pace lasts as long as the plan has it, and all that comes after it is played."""
    plan = make_plan(read(TESTS.parent / "config" / "routines" / "seniors.toml"), "adult", "standard", half_a_second)
    assert any(step.own for step in plan.steps)
    clock, answers = SimClock([]), Queue[Sound]()
    monkeypatch.setattr("pitrainer.clock.monotonic", clock.now)
    monkeypatch.setattr(time, "sleep", lambda seconds: setattr(clock, "time", Ms(clock.time + round(seconds * 1000))))
    answers.put(Sound(True))
    _play(plan, 0, FakeSpeaker(clock), answers)  # type: ignore[arg-type]
    printed = [line.split(None, 1) for line in capsys.readouterr().out.splitlines() if line[6:10] == "    "]
    says = [cue for step in plan.steps for cue in step.cues if isinstance(cue, Say)]
    assert printed == [[clock_text(cue.at), cue.text] for cue in says]
