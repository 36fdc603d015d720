"""`state.json`: whatever its bytes, there is a state, and a trainer that begins with it runs and remembers on."""

import json
import logging
import sys
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from fuzz.mutate import changed, damaged, mostly, raw, scalars, trees
from fuzz.target import Check, Target, assert_line
from pitrainer.audio.clips import ClipCache
from pitrainer.config.schema import ReminderSettings, Settings
from pitrainer.core.messages import Began, Ended, Fault, Held, Offer, Started
from pitrainer.core.planner import make_plan
from pitrainer.core.reminders import Memory, Reminders, unix
from pitrainer.core.routine import Program, Regimen
from pitrainer.core.units import Ms
from pitrainer.history.habits import make_reminders
from pitrainer.service.build import build_service
from pitrainer.service.loop import Quit
from pitrainer.service.saved_state import Place, State, StateKeeper, as_json, load_state, save_state
from pitrainer.service.service import Appliance
from pitrainer.wallclock import SOURCES, ClockMemory, WallClock
from support.fakes import BEGUN, SMALL, SimRoom, half_a_second, tap

REMINDER = ReminderSettings("08:00", "small", "adult")
KEY = REMINDER.reminder.key
BERLIN = ZoneInfo("Europe/Berlin")
MORNING = datetime(2026, 11, 23, 8, 1, tzinfo=BERLIN)
STEPS = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN).steps
HOLDS = [step.index for step in STEPS if step.kind == "hold"]
NOW = round(time.time())
BOOT = WallClock().boot()


# cases


def _data(state: State) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(as_json(state))
    return data


@st.composite
def _right(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a state that a trainer could have written, or that differs from such a one in its numbers."""
    # Seldom, for one such number has the whole file refused.
    numbers = mostly(st.integers(0, 30), st.sampled_from([2**31, 2**63, 10**18, 10**400]), one_in=20)
    steps = mostly(st.sampled_from(HOLDS), st.integers(0, len(STEPS) + 1) | numbers, one_in=3)
    held = mostly(st.integers(0, 6_001), st.sampled_from([3_999, 4_000, 4_999, 5_000, 5_001, 6_000]) | numbers, one_in=3)
    ago = st.integers(0, 500).map(lambda seconds: NOW - seconds)
    far = st.sampled_from([-1e308, 1e308, 1e400, -1e400, 10**400]) | st.floats()
    at = mostly(ago | ago.map(lambda at: at + 0.5), far, one_in=8)
    moments = mostly(st.integers(-2, 2).map(lambda days: unix(MORNING + timedelta(days=days))), numbers, one_in=5)
    right = ["", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24", "0001-01-01", "9999-12-31"]
    days = mostly(st.sampled_from(right), st.sampled_from(["2026-W47-7", "20261123"]), one_in=9)
    memory = st.builds(Memory, moments, days, moments, moments, numbers, st.booleans())
    place = None
    if draw(st.integers(0, 3)):
        step = draw(steps)
        exercise = STEPS[step].number if step < len(STEPS) and draw(st.booleans()) else draw(numbers)
        place = Place("small", "adult", "standard", len(STEPS), step, exercise, draw(held), draw(at))
    volume = draw(st.none() | st.tuples(numbers, numbers))
    sources = st.sampled_from([*SOURCES])
    clock = draw(st.none() | st.builds(ClockMemory, st.just(BOOT) | scalars, moments, st.none() | moments, sources))
    reminders = draw(st.dictionaries(st.just(KEY), memory))
    return _data(State(draw(numbers), draw(numbers), place, reminders, draw(st.booleans()), volume, clock))


_KNOWN = [
    _data(
        State(1, 2, volume=(60, 100), reminders_on=False, clock=ClockMemory(BOOT, unix(MORNING), unix(MORNING), source="hand"))
    ),
    _data(State(0, 1, Place("small", "adult", "standard", len(STEPS), HOLDS[0], 1, 1_500, NOW - 5))),
    _data(State(1, choice=("small", "child", "", "full"))),
    _data(State(0, 0, None, {KEY: Memory(unix(MORNING), "2026-11-23", unix(MORNING), unix(MORNING), 2, True)})),
]
_KEYS = st.sampled_from(
    ["program", "tip", "place", "reminders", "volume", "at", "held", "step", KEY, "after", "day", "clock", "own", "x", ""]
)
_NUMBERS = st.sampled_from([float("nan"), float("inf"), float("-inf"), -1e308, 1e308, 5e-324, -0.0, 10**4_000])
_VALUES = scalars | _NUMBERS | trees(scalars | _NUMBERS, _KEYS)
_WRITTEN = st.sampled_from(["1e999", "-1e999", "NaN", "9" * 5_000, "9" * 4_300, "1E400", "0.1e-999", "[" * 5_000, '"\\ud800"'])


@st.composite
def _written(draw: st.DrawFn) -> bytes:
    """Draw a state as text, with one value written as no program would."""
    text = json.dumps(draw(_right()))
    values = [part for part in text.replace("}", ",").split(",") if ":" in part]
    if draw(st.integers(0, 3)) == 0:
        text = text.replace(draw(st.sampled_from(values)).rpartition(":")[2].strip(), draw(_WRITTEN), 1)
    return text.encode()


_odd = st.one_of(
    changed(_KNOWN, _VALUES, _KEYS).map(lambda tree: raw(json.dumps(tree))),
    damaged(st.sampled_from([json.dumps(tree).encode() for tree in _KNOWN])),
    st.binary(max_size=100),
)
cases = mostly(_written(), _odd, one_in=2)


# checks


class _Journal(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def no_sound() -> Iterator[None]:
    """A sound library that knows no device."""
    library = types.ModuleType("sounddevice")
    library.PortAudioError = type("PortAudioError", (Exception,), {})  # type: ignore[attr-defined]
    library.query_devices = list  # type: ignore[attr-defined]
    library._terminate = library._initialize = lambda: None  # type: ignore[attr-defined]
    library._initialized = 1  # type: ignore[attr-defined]
    before = sys.modules.get("sounddevice")
    sys.modules["sounddevice"] = library
    try:
        yield
    finally:
        if before is None:
            del sys.modules["sounddevice"]
        else:
            sys.modules["sounddevice"] = before


@contextmanager
def _opened(folder: Path) -> Iterator[Check]:
    file, runtime = folder / "state.json", folder / "run"
    runtime.mkdir(mode=0o700)
    journal = _Journal()
    logger = logging.getLogger("pitrainer.service.saved_state")
    logger.addHandler(journal)

    def check(case: bytes) -> None:
        journal.lines.clear()
        for left in folder.glob("state.json*"):  # a damaged one may have been kept aside
            left.unlink()
        file.write_bytes(case)
        state = load_state(file)
        assert isinstance(state, State)
        for line in journal.lines:
            assert_line(line, folder)
        if state == State():
            return  # a fresh beginning; the rest is about what was taken over
        assert not journal.lines
        _assert_kept(folder, state)
        _assert_goes_on(folder, state)

    with no_sound():
        yield check
    logger.removeHandler(journal)


def _assert_kept(folder: Path, state: State) -> None:
    """What was read can be written, and read again; and so can what a session makes of it."""
    other = folder / "other.json"
    save_state(other, state)
    assert load_state(other) == state
    keeper = StateKeeper(other, lambda work: work())
    keeper.keep(tip=state.tip + 1, place=None)
    assert load_state(other) == replace(state, tip=state.tip + 1, place=None)


def _assert_goes_on(folder: Path, state: State) -> None:
    """A service begins with it, and a press takes up what it offers."""
    program = Program(SMALL, "adult", "standard")
    programs = [program, Program(SMALL, "child", "full")]
    settings = Settings(reminder_times=(REMINDER,))
    service = build_service(
        settings,
        programs,
        ClipCache(folder / "clips", "of nobody"),
        backend="mock",
        tones=False,
        appliance=Appliance(folder / "state.json", lambda: None),  # type: ignore[arg-type, return-value]
        reminded={KEY: program},
    )
    service.clock.put(Quit("that was all"))
    service.run()
    while isinstance(offer := service.clock.wait(Ms(0)), Fault):  # it came after the end
        pass
    assert isinstance(offer, Offer | None)
    assert 0 <= service.trainer.chosen < 2
    assert service.trainer.reminders
    _assert_reminds(make_reminders(settings, state.reminders, on=state.reminders_on, reminded={KEY: program}))
    script = [(0, replace(offer, until=Ms(600_000)))] if offer else []
    room = SimRoom(
        [*script, *tap(1_000)],
        until=600_000,
        programs=[(each.routine, each.profile, each.level) for each in programs],
        tip=state.tip,
        chosen=service.trainer.chosen,
    )
    times = [now for now, _ in room.heard]
    assert times == sorted(times)
    assert len([action for _, action in room.heard if isinstance(action, Started)]) == 1
    assert [action.completed for _, action in room.heard if isinstance(action, Ended)] == [True]
    for _, action in room.heard:
        if isinstance(action, Began):
            assert action.step.length >= 0, "a step that ends before it begins"
        if isinstance(action, Held):
            assert 0 <= action.held <= action.step.held + action.step.length, "more was held than there is"


def _assert_reminds(reminders: Reminders) -> None:
    """The reminders are looked at, put off and answered for two days, whatever was remembered of them."""

    def never(_regimen: Regimen) -> date | None:
        return None

    for hour in range(0, 48, 3):
        wall = MORNING + timedelta(hours=hour)
        reminders.look(Ms(hour * 3_600_000), wall, never, busy=False)
        reminders.next(wall, never)
        (reminders.later(Ms(hour * 3_600_000 + 5)) if hour % 2 else reminders.answer())
        assert (due := reminders.deadline()) is not None
        assert due >= hour * 3_600_000


STATES = Target("states", "json", 80, cases, _opened)
