"""The composition root: what it makes of settings, and what is left where a part cannot be had."""

import os
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from pitrainer.audio import speaker
from pitrainer.audio.clips import ClipCache
from pitrainer.config.schema import Settings
from pitrainer.config.validation import Loaded
from pitrainer.control import server
from pitrainer.core.routine import Program
from pitrainer.errors import PitrainerError, Problem
from pitrainer.service.build import build_service
from pitrainer.service.service import Access, Appliance, Service
from support.fakes import SMALL

PROGRAMS = [Program(SMALL, "adult", "standard")]


@pytest.fixture
def appliance(tmp_path: Path) -> Appliance:
    """What keeps its things in folders of the test."""

    def load() -> Loaded:
        raise NotImplementedError

    return Appliance(tmp_path / "state" / "state.json", load)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No sound is looked for; afterwards no thread is left."""
    before = set(threading.enumerate())
    monkeypatch.setattr(speaker, "Speaker", QuietSpeaker)
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), thread.name


class QuietSpeaker:
    """A speaker that nobody hears."""

    wrong = ""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def shut(self) -> None:
        pass

    lent = nullcontext


def build(tmp_path: Path, appliance: Appliance | None = None) -> Service:
    clips = ClipCache(tmp_path / "clips", "of nobody")
    more = {"prepare": ["false"], "access": Access(tmp_path / "run"), "appliance": appliance} if appliance else {}
    return build_service(Settings(), PROGRAMS, clips, backend="mock", tones=False, **more)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_for_a_terminal(tmp_path: Path) -> None:
    """A session at a terminal leaves nothing on the disk, and nobody can talk to it."""
    build(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_for_years(tmp_path: Path, appliance: Appliance) -> None:
    """A trainer that runs for years has its socket from the first moment, and its history as soon as it ends."""
    service = build(tmp_path, appliance)
    assert (tmp_path / "run" / "control.sock").exists()
    service.close()
    assert appliance.state.with_name("history.db").exists()
    assert list((tmp_path / "run").iterdir()) == []


def test_warnings_are_no_mistakes(tmp_path: Path, appliance: Appliance) -> None:
    """Where the settings have a mistake, their warnings are neither counted nor named with it."""
    mistake, warning = Problem("a.toml", "x", "is wrong"), Problem("a.toml", "y", "is odd", warning=True)
    service = build(tmp_path, replace(appliance, problems=[warning, mistake]))
    status = service.hub.status.data()
    service.close()
    assert status["faults"]["settings"] == "1 mistake in the settings"
    assert status["mistakes"] == ["a.toml: x: is wrong"]


@pytest.mark.parametrize("part", ["speaker", "control"])
def test_a_part_that_fails(tmp_path: Path, appliance: Appliance, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Whichever part cannot be had, those that were there already are let go of: pins, socket, threads, descriptors."""
    build(tmp_path, appliance).close()  # what is loaded once is loaded
    closed = []

    def fail(*_: object, **__: object) -> None:
        raise PitrainerError("there is none")

    monkeypatch.setattr("pitrainer.gpio.pins.RetryingPins.close", lambda _: closed.append("pins"))
    if part == "speaker":
        monkeypatch.setattr(speaker, "Speaker", fail)
    else:
        monkeypatch.setattr(server.Control, "serve", fail)  # the last thing that happens
    before = descriptors()
    with pytest.raises(PitrainerError, match="there is none"):
        build(tmp_path, appliance)
    assert closed == ["pins"]
    assert descriptors() <= before  # an earlier test's may be closed meanwhile
    assert list((tmp_path / "run").iterdir()) == []
