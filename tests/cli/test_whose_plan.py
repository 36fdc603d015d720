"""`show` and `render` for a person: what they would hear today, by their history; and by a program's number."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.tones import RATE
from pitrainer.cli.main import main
from pitrainer.config import locate
from pitrainer.config.validation import load_all
from pitrainer.core.learned import NOTHING, Learned, learned, practise
from pitrainer.core.phrases import all_known, whose
from pitrainer.core.plan import Plan, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import Regimen
from pitrainer.core.statistics import Past
from pitrainer.core.text import shown as short
from pitrainer.core.units import Ms, clock_text
from pitrainer.history.store import History
from pitrainer.service.build import clips_of, phrases_of
from support.histories import EXERCISES, invented

SETTINGS = """
[[program]]
routine = "neck"
profile = "adult"
person = "Anna"
[[program]]
routine = "neck"
profile = "child"
level = "gentle"
person = "Ben"
[[program]]
routine = "rolling-pin"
profile = "adult"
person = "Anna"
"""
YESTERDAY = datetime.now().astimezone().date() - timedelta(days=1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Anna, who has done the neck routine twenty times, and Ben, who has not."""
    monkeypatch.setattr(locate, "SYSTEM_FILE", tmp_path / "etc" / "pitrainer.toml")
    monkeypatch.setattr(locate, "SERVICE_STATE", tmp_path / "var")
    for name, folder in {"HOME": "", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "run"}.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("PITRAINER_CONFIG", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "config" / "pitrainer"
    config.mkdir(parents=True)
    (config / "pitrainer.toml").write_text(f'paths.cache = "{tmp_path}/clips"\n{SETTINGS}')
    file = tmp_path / "state" / "pitrainer" / "history.db"
    file.parent.mkdir(parents=True)
    History(file, 80).add([replace(record, person="Anna") for record in invented(YESTERDAY, 20)])
    return tmp_path


def texts(plan: Plan) -> list[str]:
    return [cue.text for step in plan.steps for cue in step.cues if isinstance(cue, Say)]


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[dict[str, object], list[str]]:
    """Return what `show --json` says of a plan, and what is said in it."""
    assert main(["show", *arguments, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    said = [cue["say"] for step in plan["steps"] for cue in step["cues"] if "say" in cue]
    return {key: plan[key] for key in ("routine", "person", "profile", "level")}, said


def expected(home: Path, number: int, learned: Learned, weekday: int | None = None) -> list[str]:
    loaded = load_all(home / "config" / "pitrainer" / "pitrainer.toml", {})
    program = loaded.programs[number - 1]
    about = program.routine, program.profile, program.level
    length = clips_of(loaded.settings).length
    return texts(make_plan(*about, length, learned=learned, weekday=weekday, whose=whose(program, loaded.programs)))


ANNA = {"routine": "neck", "person": "Anna", "profile": "adult", "level": "standard"}
BEN = {"routine": "neck", "person": "Ben", "profile": "child", "level": "gentle"}


def test_by_her_history(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Anna knows most of the routine and hears less; Ben hears a first session, and she too if she is not named."""
    known = Learned(20, frozenset(EXERCISES))
    today = datetime.now().astimezone().weekday()
    about, said = shown(capsys, "neck", "--person", "Anna")
    assert (about, said) == (ANNA, expected(home, 1, known, today))
    assert said[0] == "Neck exercises, for Anna."
    assert shown(capsys, "--person", "anna") == (about, said)
    assert shown(capsys, "neck", "--person", "Ben") == (BEN, expected(home, 2, NOTHING))
    assert shown(capsys, "neck") == (ANNA, expected(home, 1, NOTHING))
    child = load_all(home / "config" / "pitrainer" / "pitrainer.toml", {}).programs[1]
    assert shown(capsys, "neck", "--person", "Ben", "--known")[1] == expected(home, 2, all_known(child))


def test_by_number(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program is meant by its number in the settings, too."""
    assert shown(capsys, "2") == (BEN, expected(home, 2, NOTHING))
    assert shown(capsys, "3")[0] == {"routine": "rolling-pin", "person": "Anna", "profile": "adult", "level": "standard"}
    assert shown(capsys, "2", "--level", "full")[0] == {**BEN, "level": "full"}


def test_rendered(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is rendered is what is shown."""
    loaded = load_all(home / "config" / "pitrainer" / "pitrainer.toml", {})
    clips = clips_of(loaded.settings)
    while missing := clips.missing(phrases_of(loaded, loaded.programs, clips)):
        for phrase in missing:
            clips.write(phrase, np.ones(RATE, np.int16))
    assert main(["show", "1", "--person", "Anna", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert main(["render", "1", "--person", "Anna", "out.wav"]) == 0
    assert capsys.readouterr().out == f"out.wav: {clock_text(plan['length_ms'])}\n"


THERE = "there are: neck Anna, neck Ben, rolling-pin Anna"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["4"], "there is no program 4: there are 3"),
        (["0"], "there is no program 0: there are 3"),
        (["neck", "--person", "Carla"], f'no program with the routine "neck" is for "Carla"; {THERE}'),
        (["2", "--person", "Anna"], f'program 2 is not for "Anna"; {THERE}'),
        (["--person", "Carla"], f'no program is for "Carla"; {THERE}'),
    ],
)
@pytest.mark.usefixtures("home")
def test_nobody_of_that_name(arguments: Sequence[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A number or a name that no program has is a line, with those that there are."""
    assert main(["show", *arguments]) == 2
    assert capsys.readouterr().err == f"pitrainer: {line}\n"


@pytest.mark.parametrize("command", ["show", "program"])
@pytest.mark.usefixtures("home")
def test_a_long_number(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A number that Python would not read is a line, too."""
    assert main([command, "9" * 5_000]) == 2
    assert capsys.readouterr().err == f"pitrainer: there is no program {short('9' * 5_000)}\n"


GROWS = """
schema = 1
id = "grows"
title = "Grows"
language = "en"
[[exercise]]
id = "fist"
name = "Fist"
say = "Make a fist."
prepare = "2s"
hold = { from = "10s", to = "30s", by = "2s", every = 3 }
[[exercise]]
id = "tucks"
name = "Tucks"
say = "Slide back."
prepare = "2s"
reps = { from = 4, to = 8, by = 1, every = 2 }
phases = [{ name = "back", time = "3s" }, { name = "let go", time = "2s" }]
from_session = 3
"""


@pytest.mark.parametrize("sessions", [1, 2, 3, 5, 6, 9, 10, 11, 30, 40])
def test_after_so_many_sessions(home: Path, capsys: pytest.CaptureFixture[str], sessions: int) -> None:
    """`--sessions N` is what somebody hears who has done it on N days in a row."""
    config = home / "config" / "pitrainer"
    (config / "routines").mkdir()
    (config / "routines" / "grows.toml").write_text(GROWS)
    with (config / "pitrainer.toml").open("a") as settings:
        settings.write('[[program]]\nroutine = "grows"\nprofile = "adult"\n')
    days = [datetime(2026, 5, 1, 8, tzinfo=UTC) + timedelta(days=day) for day in range(sessions)]
    grows = Regimen("grows", "adult")
    practised = [frozenset({"fist", "tucks"} if number >= 2 else {"fist"}) for number in range(sessions)]
    pasts = [Past(day, Ms(60_000), grows, 10_000, ids, "completed") for day, ids in zip(days, practised, strict=True)]
    known = learned(practise({}, pasts, 14), (days[-1] + timedelta(days=1)).date(), 10, 14)
    told, said = shown(capsys, "grows", "--sessions", str(sessions))
    assert told["person"] is None
    assert said == expected(home, 4, known)
