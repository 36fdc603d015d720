"""A session that was stopped or broke off before a restart: it is offered to the same person, for as long as it may be."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from pitrainer.audio import speaker
from pitrainer.audio.clips import ClipCache
from pitrainer.config.schema import Settings
from pitrainer.config.validation import Loaded
from pitrainer.core.messages import Offer
from pitrainer.core.routine import Program
from pitrainer.core.units import MINUTE
from pitrainer.service.build import build_service
from pitrainer.service.saved_state import Place, State, save_state
from pitrainer.service.service import Appliance
from support.fakes import SMALL

ANNA, NOBODY, CHILD = (
    Program(SMALL, "adult", "standard", "Anna"),
    Program(SMALL, "adult", "standard"),
    Program(SMALL, "child", "standard"),
)


class Silence:
    """A speaker that nobody hears."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def shut(self) -> None:
        pass

    def lent(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker, "Speaker", Silence)


def offered(tmp_path: Path, of: Program, minutes: int, *, steps: int = 0, programs: tuple[Program, ...] = ()) -> Offer | None:
    """Return what a trainer offers at its start, so many minutes after a session of a program was stopped in its first hold."""

    def load() -> Loaded:
        raise NotImplementedError

    appliance = Appliance(tmp_path / "state" / "state.json", tmp_path / "run", ["false"], load)
    programs = programs or (ANNA, NOBODY, CHILD)
    clips = ClipCache(tmp_path / "clips", "of nobody")

    def start() -> Offer | None:
        service = build_service(Settings(), programs, clips, backend="mock", tones=False, appliance=appliance)
        try:
            plan = service.trainer.plan(of)
            hold = next(step for step in plan.steps if step.kind == "hold")
            where = len(plan.steps) + steps, hold.index, hold.number, 1_500
            place = Place(SMALL.id, of.profile, of.level, *where, time.time() - 60 * minutes, of.person)
            save_state(appliance.state, State(place=place))
            service._begin()
            found = service.clock.wait(service.clock.now())
            assert found is None or isinstance(found, Offer)
            return found
        finally:
            service.close()

    start()
    return start()


@pytest.mark.parametrize("of", [ANNA, NOBODY, CHILD])
def test_twenty_minutes_later(tmp_path: Path, of: Program) -> None:
    """It is offered whose it was, from its place on, with what was held, for the rest of the two hours."""
    offer = offered(tmp_path, of, 20)
    assert offer
    assert (offer.program, offer.held, offer.phrase.text) == (of, 1_500, "Press the button to continue with exercise one.")
    assert 99 * MINUTE < offer.until - time.monotonic() * 1000 <= 100 * MINUTE


def test_not_offered(tmp_path: Path) -> None:
    """After two hours, for a routine that was edited since, or to somebody else, nothing is offered."""
    assert offered(tmp_path / "late", ANNA, 121) is None
    assert offered(tmp_path / "edited", ANNA, 20, steps=1) is None
    others = (NOBODY, replace(ANNA, person="Ben"), replace(ANNA, level="full"))
    assert offered(tmp_path / "others", ANNA, 20, programs=others) is None
