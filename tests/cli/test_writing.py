"""`new` and `check`: a therapist writes a routine at a PC."""

import resource
import signal
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pitrainer.cli.main import main
from support.fakes import NECK

ROUTINE = """
schema = 1
id = "mine"
title = "Mine"
language = "en"
[[exercise]]
id = "x"
name = "X"
say = "Do."
hold = { adult = ["10s", "30s"], child = "10s" }
go = "Go."
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_new(capfd: Any) -> None:
    """`new` writes a routine with both kinds of exercise, in which `check` finds nothing, not even a warning."""
    assert main(["new", "my-own"]) == 0
    assert capfd.readouterr().out == "my-own.toml: written; change it as you need it, then: pitrainer check my-own.toml\n"
    data = tomllib.loads(Path("my-own.toml").read_text())
    assert data["id"] == "my-own"
    assert [("hold" in one, "reps" in one) for one in data["exercise"]] == [(True, False), (False, True)]
    assert main(["check", "--strict", "my-own.toml"]) == 0


def test_new_overwrites_nothing(capfd: Any) -> None:
    """What is there already stays as it is."""
    Path("mine.toml").write_text("precious")
    assert main(["new", "mine"]) == 2
    assert capfd.readouterr().err == "pitrainer: mine.toml: is there already; it is left as it is\n"
    assert Path("mine.toml").read_text() == "precious"


def test_new_on_a_full_disk(capfd: Any) -> None:
    """Nothing is left, so that the same command may write it once there is room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        assert main(["new", "mine"]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert capfd.readouterr().err == "pitrainer: mine.toml: cannot be written: File too large\n"
    assert list(Path().iterdir()) == []


def test_check_says_what_is_there(capfd: Any) -> None:
    """A routine without a mistake is summed up: its exercises, how long they take, and how much of that is exercise."""
    Path("mine.toml").write_text(ROUTINE)
    assert main(["check", "mine.toml"]) == 0
    said, no_mistakes = capfd.readouterr().out.splitlines()
    assert said.startswith("Mine: 1 exercise; adult about 0:")
    assert said.count("% of it exercise") == 2
    assert no_mistakes == "no mistakes"
    assert main(["check", str(NECK)]) == 0
    assert capfd.readouterr().out.startswith("Neck exercises: 5 exercises; adult about ")


def test_check_says_what_the_settings_have(capfd: Any) -> None:
    """Of settings, each routine that a program or a reminder names is summed up, once."""
    Path("routines").mkdir()
    for name in ("mine", "other", "unused"):
        Path(f"routines/{name}.toml").write_text(ROUTINE.replace('"mine"', f'"{name}"').replace("Mine", name.title()))
    programs = "".join(f'[[program]]\nroutine = "mine"\nprofile = "{profile}"\n' for profile in ("adult", "child"))
    reminder = '[[reminder]]\nroutine = "other"\nprofile = "adult"\ntime = "08:00"\n'
    Path("pitrainer.toml").write_text(programs + reminder)
    assert main(["check", "--config", "pitrainer.toml"]) == 0
    said = capfd.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in said if "% of it exercise" in line] == ["Mine", "Other"]


def test_strict(capfd: Any) -> None:
    """With --strict a warning is a mistake."""
    Path("mine.toml").write_text(ROUTINE.replace('go = "Go."\n', ""))
    assert main(["check", "mine.toml"]) == 0
    assert main(["check", "mine.toml", "--strict"]) == 2
    assert capfd.readouterr().out.splitlines()[-1] == "no mistakes, 1 warning"
