"""What is changed on the page is taken over by a real trainer, which tells the page what it says and what it logs."""

import os
import time
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from pitrainer.config.validation import load_all
from pitrainer.control.client import follow
from pitrainer.control.fold import fold
from pitrainer.control.protocol import socket_file
from pitrainer.core.plan import Say
from pitrainer.errors import PitrainerError, RefusedError
from pitrainer.page import health
from pitrainer.page.routines import Routines
from pitrainer.page.settings import OwnSettings
from pitrainer.page.trainer import Trainer
from pitrainer.service.build import clips_of, plan_of
from support.appliance import fill, running, write_home


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    env = write_home(tmp_path)
    fill(tmp_path)
    return env


@pytest.fixture
def trainer(home: dict[str, str], tmp_path: Path) -> Iterator[Trainer]:
    with running(home, tmp_path / "journal"):
        yield Trainer(socket_file(tmp_path / "run" / "pitrainer"))


def until(trainer: Trainer, there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait for a status; return it. While one trainer follows another, none answers."""
    end = time.monotonic() + 60
    status: dict[str, Any] = {}
    while time.monotonic() < end:
        try:
            status = trainer.ask({"command": "status"})["status"]
        except PitrainerError:
            status = {}
        if status and there(status):
            return status
        time.sleep(0.1)
    raise AssertionError(status)


def test_settings_and_routines_are_taken_over(home, trainer, tmp_path):
    """A setting, and then a routine, that are changed on the page are in force in the trainer soon after; it logs that."""
    file = tmp_path / "pitrainer.toml"
    settings = OwnSettings(file, os.environ | home, trainer)
    before = settings.read()
    changed = settings.change(before["base"], {"volume": 60})
    assert changed["not_taken"] == []
    until(trainer, lambda status: status["volume"] == 60)
    routines = Routines(file, os.environ | home, trainer)
    small = routines.read("small")
    title = f'title = "{until(trainer, lambda _: True)["program"]["title"]}"'
    assert title in small["text"]
    saved = routines.save("small", small["text"].replace(title, 'title = "Another"'), small["base"])
    assert (saved["not_taken"], len(saved["versions"])) == ([], 1)
    until(trainer, lambda status: status["program"]["title"] == "Another")
    lines = health.log(trainer)["lines"]
    assert [line[20:] for line in lines].count("the settings are right; they apply now") == 2
    assert all(line.startswith(f"{health.today(trainer):%Y-}") for line in lines)


def test_a_mistake_made_by_hand(home, trainer, tmp_path):
    """A mistake elsewhere keeps the trainer from taking over a routine, which is saved; the trainer has no fault by that."""
    file = tmp_path / "pitrainer.toml"
    routines = Routines(file, os.environ | home, trainer)
    small = routines.read("small")
    file.write_text(file.read_text() + "[sound]\nvolume = 101\n")
    saved = routines.save("small", small["text"] + "# more\n", small["base"])
    assert saved["not_taken"] == [f"{file}: sound.volume: 101 is outside 0 to 100"]
    assert trainer.ask({"command": "status"})["status"]["faults"].get("settings") is None


def test_in_a_session(home, trainer, tmp_path):
    """While a session runs, what is wrong is told as ever, and what is right is taken over when the session has ended."""
    file = tmp_path / "pitrainer.toml"
    right = file.read_text()
    trainer.ask({"command": "start"})
    until(trainer, lambda status: status["state"] == "running")
    file.write_text(right + "[sound]\nvolume = 101\n[x]\n")
    with pytest.raises(RefusedError, match="2 mistakes in the settings") as refused:
        trainer.reload()
    assert refused.value.mistakes == (
        f"{file}: sound.volume: 101 is outside 0 to 100",
        next(one for one in refused.value.mistakes if one.startswith(f"{file}: x: is not a known key")),
    )
    file.write_text(right)
    settings = OwnSettings(file, os.environ | home, trainer)
    changed = settings.change(settings.read()["base"], {"volume": 60})
    assert (changed["not_taken"], changed["after_session"]) == ([], True)
    assert trainer.ask({"command": "status"})["status"]["volume"] == 100
    trainer.ask({"command": "stop"})
    until(trainer, lambda status: status["volume"] == 60)


def test_a_caption(trainer, tmp_path):
    """Who cannot hear reads all that is said in a session, in its order, and knows how far a hold is and what comes next."""
    lines = follow(trainer.file, {"command": "events"})
    status = next(lines)["status"]
    trainer.ask({"command": "start"})
    said: list[str] = []
    held: dict[str, Any] = {}
    for line in lines:
        status = fold(status, line)
        if line["event"] == "said":
            said.append(line["text"])
            assert status["said"]["at"] == line["at"]
        if line["event"] == "began" and line["step"]["kind"] == "hold":
            held = status["session"]
            break
    trainer.ask({"command": "pause"})
    for line in lines:
        status = fold(status, line)
        if line["event"] == "paused":
            break
    lines.close()
    told = trainer.ask({"command": "status"})["status"]
    assert status["session"] == told["session"]
    assert told["session"]["paused_at"] >= held["at"]
    assert (held["step"], held["held"], held["exercise"]) == ("hold", 0, 1)
    assert held["length"] > 0
    assert held["next"]["number"] >= 1
    loaded = load_all(tmp_path / "pitrainer.toml", os.environ)
    plan = plan_of(loaded.programs[0], clips_of(loaded.settings))
    before = takewhile(lambda step: step.kind != "hold", plan.steps)
    assert said == [cue.text for step in before for cue in step.cues if isinstance(cue, Say)]
