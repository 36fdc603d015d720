"""A session that was stopped or broke off before a restart: it is offered to the same person, for as long as it may be."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pitrainer.audio import speaker
from pitrainer.audio.clips import ClipCache
from pitrainer.config.schema import Settings
from pitrainer.config.validation import Loaded
from pitrainer.core.learned import Learned
from pitrainer.core.messages import Offer
from pitrainer.core.plan import Plan
from pitrainer.core.planner import make_plan
from pitrainer.core.planning import Planning
from pitrainer.core.routine import Program
from pitrainer.core.units import MINUTE
from pitrainer.service import build as build_module
from pitrainer.service.build import build_service
from pitrainer.service.saved_state import Place, State, load_state, save_state
from pitrainer.service.service import Appliance
from pitrainer.wallclock import WallClock, both_clocks
from support.fakes import SMALL, FakeClips, FakeHabit, Silence, SimClock, parse

ANNA, NOBODY, CHILD = (
    Program(SMALL, "adult", "standard", "Anna"),
    Program(SMALL, "adult", "standard"),
    Program(SMALL, "child", "standard"),
)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker, "Speaker", Silence)


def offered(
    tmp_path: Path,
    of: Program,
    minutes: int,
    *,
    steps: int = 0,
    held: int = 1_500,
    programs: tuple[Program, ...] = (),
    plan: Plan | None = None,
) -> Offer | None:
    """Return what a trainer offers at its start, so many minutes after a session of a program was stopped in its first hold.

    Args:
        steps: by which its plan has more now.
        held: how much of the hold was held.
        programs: of the trainer.
        plan: of the session.
    """

    def load() -> Loaded:
        raise NotImplementedError

    appliance = Appliance(tmp_path / "state" / "state.json", load)
    programs = programs or (ANNA, NOBODY, CHILD)
    clips = ClipCache(tmp_path / "clips", "of nobody")
    plan = plan or make_plan(of.routine, of.profile, of.level, clips.length)
    hold = next(step for step in plan.steps if step.kind == "hold")
    where = len(plan.steps) + steps, hold.index, hold.number, held, time.time() - 60 * minutes
    place = Place(of.routine.id, of.profile, of.level, *where, of.person, plan.learned, plan.weekday)
    save_state(appliance.state, State(place=place))
    service = build_service(Settings(), programs, clips, backend="mock", tones=False, appliance=appliance)
    try:
        service._begin()
        found = service.clock.wait(service.clock.now())
        assert found is None or isinstance(found, Offer)
        return found
    finally:
        service.close()


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


def test_held_longer_than_it_lasts(tmp_path: Path) -> None:
    """A hold that is shorter now was edited; a set at the person's own pace lasts until they press, however long that is."""
    exercise = '[[exercise]]\nid = "squats"\nname = "Squats"\nsay = "Do."\n'
    head = 'schema = 1\nid = "own"\ntitle = "Own"\nlanguage = "en"\n' + exercise
    timed = Program(parse(f'{head}hold = "10s"'), "adult", "standard")
    own = Program(parse(f'{head}reps = 8\npace = "own"'), "adult", "standard")
    assert offered(tmp_path / "timed", timed, 20, held=90_000, programs=(timed,)) is None
    offer = offered(tmp_path / "own", own, 20, held=90_000, programs=(own,))
    assert offer
    assert offer.held == 90_000


def test_as_it_was_planned(tmp_path: Path) -> None:
    """It goes on as it was planned: with the exercises of that day and that session, and as long as they had grown by then."""
    growing = '{ from = "4s", to = "8s", by = "2s", every = 3 }'
    routine = parse(f"""
schema = 1
id = "varies"
title = "Varies"
language = "en"
[[exercise]]
id = "later"
name = "Later"
say = "Do."
hold = {growing}
from_session = 4
[[exercise]]
id = "sundays"
name = "Sundays"
say = "Do."
hold = "5s"
days = ["sun"]
[[exercise]]
id = "mondays"
name = "Mondays"
say = "Do."
hold = "5s"
days = ["mon"]
""")
    program = Program(routine, "adult", "standard")
    habit = FakeHabit("2024-05-05 23:50", learned=Learned(4, runs={"later": (4,)}))  # a Sunday
    habit.clock = SimClock([])
    plan = Planning(FakeClips(), habit).plan(program, 0)
    assert ([step.exercise for step in plan.steps if step.kind == "hold"], plan.weekday) == (["later", "sundays"], 6)
    offer = offered(tmp_path, program, 20, programs=(program,), plan=plan)
    assert offer
    assert offer.plan
    assert [(step.exercise, step.kind) for step in offer.plan.steps] == [(step.exercise, step.kind) for step in plan.steps]
    assert offer.plan.steps[offer.place].length == 6_000
    assert (offer.plan.learned, offer.plan.weekday) == (plan.learned, plan.weekday)


@pytest.mark.parametrize(
    ("hours", "right", "boot", "stands"),
    [(0, True, "of before", True), (13, True, "of before", False), (13, False, "of before", True), (13, True, "of now", True)],
)
def test_the_clock_was_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int, right: bool, boot: str, stands: bool
) -> None:
    """A Pi that was without power for hours goes on with the time of before: what it offers by that, it does not offer any more
    once it knows better, and a press starts today's session. What broke off in this boot is as old as the boot's clock says,
    and of what a wrong clock has dated nothing better is known."""
    (tmp_path / "proc/sys/kernel/random").mkdir(parents=True)
    (tmp_path / "proc/sys/kernel/random/boot_id").write_text("of now")
    hour = 60 * MINUTE
    wall = WallClock(tmp_path, lambda: (both_clocks()[0], both_clocks()[1] + hour))
    monkeypatch.setattr(build_module, "WallClock", lambda: wall)
    state = tmp_path / "state.json"
    clips = ClipCache(tmp_path / "clips", "of nobody")
    plan = make_plan(SMALL, "adult", "standard", clips.length)
    place = Place("small", "adult", "standard", len(plan.steps), 4, 1, 0, wall.now().timestamp() - 600)
    save_state(state, State(place=replace(place, right=right, boot=boot, since_boot=wall.since_boot() - 10 * MINUTE)))
    appliance = Appliance(state, lambda: Loaded(Settings(), (NOBODY,), {}, ()))
    service = build_service(Settings(), (NOBODY,), clips, backend="mock", tones=False, appliance=appliance)

    def beat() -> None:
        """Have the loop's look at the time be followed by what it asks of the other thread."""
        service._beat(service.clock.now())
        service._worker.submit(int).result()

    try:
        service._begin()
        now = service.clock.now()
        offer = service.clock.wait(now)
        assert isinstance(offer, Offer)
        service.trainer.handle(offer, now)
        service._worker.submit(service._history.flush).result()  # type: ignore[union-attr]
        beat()
        assert service.trainer._prompts.offered
        wall.set(wall.zoned() + timedelta(hours=hours))
        beat()
        beat()
        assert service.trainer._prompts.offered is stands
    finally:
        service.close()
    assert (load_state(state).place is not None) is stands
