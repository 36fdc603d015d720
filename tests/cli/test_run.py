"""`pitrainer run`: one trainer after the other, each with the settings of its time."""

import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pitrainer.cli import sessions
from pitrainer.cli.main import main
from pitrainer.errors import BadInput
from pitrainer.service.build import build_service
from pitrainer.service.loop import Quit
from pitrainer.service.service import RELOAD, Service
from support.appliance import write_home

Run = Callable[[], None]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a home."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pitrainer.toml"


@pytest.fixture
def trainers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Runs a trainer for each function, which is called while it runs; all but the last end for a reload. Returns what each
    was built of."""

    def of(*runs: Run) -> list[Any]:
        built: list[Any] = []

        def build(settings: object, programs: object, clips: object, **more: Any) -> SimpleNamespace:
            number = len(built)
            built.append(SimpleNamespace(settings=settings, programs=programs, clips=clips, **more))

            def run() -> Quit:
                runs[number]()
                return RELOAD if number < len(runs) - 1 else Quit("the test is over")

            return SimpleNamespace(run=run)

        monkeypatch.setattr(sessions, "build_service", build)
        assert main(["run"]) == 0
        return built

    return of


def nothing() -> None:
    """Runs, and that is all."""


@pytest.mark.parametrize("mistake", ["sound.volume = 101\n", "[[prog", 'voice.model = "nobody"\n', None])
def test_a_mistake_at_the_last_moment(settings, trainers, mistake):
    """Settings that were right when a reload was asked for, and are wrong when the session is over: the trainer goes on with
    those of before, and names the mistakes until they are right."""
    right = settings.read_text()

    def spoil() -> None:
        if mistake:
            settings.write_text(mistake + right)
        else:
            settings.unlink()

    first, second, third = trainers(spoil, lambda: settings.write_text("sound.volume = 33\n" + right), nothing)
    assert (second.settings, second.programs, second.clips) == (first.settings, first.programs, first.clips)
    assert len(second.programs) == 1
    assert [len(one.appliance.problems) for one in (first, second, third)] == [0, 1, 0]
    assert (third.settings.sound.volume, len(third.programs)) == (33, 1)


def test_asked_while_none_runs(settings, monkeypatch):
    """A reload that is asked for while a trainer is being built, which may have read the settings already, follows later."""
    built: list[Service] = []

    def build(*parts: Any, **more: Any) -> Service:
        service = build_service(*parts, **more | {"prepare": ()})
        built.append(service)
        match len(built):
            case 1:
                service.clock.put(RELOAD)
            case 2:
                settings.write_text("sound.volume = 33\n" + settings.read_text())
                signal.raise_signal(signal.SIGHUP)
            case 3:
                service.clock.put(Quit("the test is over"))
        return service

    monkeypatch.setattr(sessions, "build_service", build)
    monkeypatch.setattr("os.isatty", lambda _: False)  # in a terminal SIGHUP would end it
    assert main(["run"]) == 0
    assert [service.hub.status.volume for service in built] == [100, 100, 33]


def test_a_mistake_at_the_start(settings, trainers):
    """Where there are none of before, a trainer has no programs, and names the mistakes."""
    settings.write_text("sound.volume = 101\n" + settings.read_text())
    (one,) = trainers(nothing)
    assert (one.programs, len(one.appliance.problems)) == ((), 1)


def test_a_voice_that_says_nothing(settings, trainers, tmp_path):
    """A reload with a voice of which `check` says that it cannot be used is refused: after it, no phrase would have a clip."""
    (tmp_path / "voices").mkdir()
    for name in ("half.onnx", "half.onnx.json"):
        (tmp_path / "voices" / name).write_text("{}")
    (one,) = trainers(nothing)
    assert len(one.appliance.load().programs) == 1
    settings.write_text('voice.model = "half"\n' + settings.read_text())
    with pytest.raises(BadInput, match=r"voice\.model: cannot be used: half\.onnx has 2 bytes"):
        one.appliance.load()
