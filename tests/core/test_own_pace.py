"""Sets at the person's own pace: a press is their end."""

from typing import Any

import pytest

from pitrainer.core.learned import Learned
from pitrainer.core.messages import Began, Edge, Ended, Held, Order, Started
from pitrainer.core.phrases import all_phrases
from pitrainer.core.plan import Plan, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import Program, Routine
from pitrainer.core.session import Phase, Session, Transport
from pitrainer.core.session_record import HoldRecord, Recording, share
from pitrainer.core.units import MINUTE, Ms
from support.fakes import BEGUN, SimRoom, half_a_second, parse, shown, tap

STANDS = """
schema = 1
id = "r"
title = "R"
language = "en"
[[exercise]]
id = "stand"
name = "Stand"
say = "Sit down."
prepare = "1s"
reps = 5
sets = 2
pace = "own"
release = "Good."
rest = "10s"
"""
ROUTINE = parse(STANDS)
START = 7_880
"""When the first set begins."""


def plan(routine: Routine = ROUTINE, **more: Any) -> Plan:
    return make_plan(routine, "adult", "standard", half_a_second, **{"learned": BEGUN, **more})


def room(*script: Any, until: int = 100_000, **more: Any) -> SimRoom:
    return SimRoom(
        [*tap(0, 300), *(one for entry in script for one in entry)],
        until=until,
        programs=[(ROUTINE, "adult", "standard")],
        **more,
    )


def recorded(one: SimRoom) -> tuple[HoldRecord, ...]:
    """What the history keeps of the holds."""
    recording = None
    for _, action in one.heard:
        if isinstance(action, Started):
            recording = recording or Recording(action, "uuid", "hash", 1)
        elif recording and not isinstance(action, Edge | Order) and type(action).__name__ in TAKEN:
            recording.take(action)  # type: ignore[arg-type]
            if isinstance(action, Ended):
                break
    assert recording
    return recording.snapshot().holds


TAKEN = {"Began", "Held", "Paused", "Resumed", "Ended"}


def said(steps: Any) -> list[str]:
    return [cue.text for step in steps for cue in step.cues if isinstance(cue, Say)]


def test_plan() -> None:
    """It is said how many there are and how a set ends; nothing is said in the set, whose length is a guess."""
    made = plan()
    assert [(step.kind, step.length) for step in made.steps if step.own] == [("hold", 20_000)] * 2
    assert said(made.steps) == [
        *("Stand.", "Sit down."),
        *("Set one of two.", "Five repetitions.", "Press the button when you are done.", "Good.", "Rest."),
        *("The last set, set two.", "Five repetitions.", "Press the button when you are done.", "Good."),
    ]


def test_who_knows_it() -> None:
    """Who knows the exercise is told how a set ends before the first only."""
    known = plan(learned=Learned(10, frozenset({"stand"})))
    assert [text for text in said(known.steps) if text.startswith("Press")] == ["Press the button when you are done."]


def test_how_many_is_said_of_each() -> None:
    """Who knows them is told the number before the first set of each exercise, though the one before had as many."""
    squats = STANDS.partition("[[exercise]]")[2].replace("stand", "squat").replace("Stand", "Squat")
    known = plan(parse(f"{STANDS}[[exercise]]{squats}"), learned=Learned(10, frozenset({"stand", "squat"})))
    numbers = [(step.exercise, step.set) for step in known.steps if "Five repetitions." in said([step])]
    assert numbers == [("stand", 1), ("squat", 1)]


def test_a_press_is_the_end() -> None:
    """A press ends the set at its own moment, and the time that it took is noted; what follows comes at once."""
    one = room(tap(40_000, 200), until=42_000)
    assert one.told(START - 100) == [
        (START, START, "began 3 hold stand for 20000"),
        (40_000, 40_000, "hush"),
        (40_000, 40_000, "shine PRESSED"),
        (40_000, 40_000, "buzz PRESS"),
        (40_200, 40_200, "hush"),
        (40_200, 40_200, f"held {40_000 - START} of 3 hold stand"),
        (40_200, 40_200, "shine RUNNING"),
        (40_250, 40_650, "buzz CHANGE"),
        (40_650, 40_650, "began 4 release stand for 6320"),
        (41_070, 41_470, "say Good."),
    ]


def test_to_the_end() -> None:
    """What was done in less time than was guessed, or in more, was done to its end."""
    one = room(tap(START + 6_000), tap(80_000), until=200_000)
    first, second = recorded(one)
    assert (first.held, first.planned, first.whole) == (6_000, 6_000, True)
    assert second.held == second.planned
    assert second.held is not None
    assert second.held > 20_000
    assert share([first, second], 1) == 10_000
    assert "ended, completed" in [what for _, _, what in one.told()]


def test_twice_by_habit() -> None:
    """A second press right after the one that ends a set does nothing."""
    one = room(tap(40_000), tap(40_300))
    alone = room(tap(40_000))
    assert [line for line in one.told() if line[0] != 40_300] == alone.told()
    assert one.told(40_300, 40_301) == [(40_300, 40_300, "buzz PRESS")]


def test_asked_once_then_paused() -> None:
    """After three minutes without a press it asks once; after five the session is paused, and says so."""
    one = room(until=START + 6 * MINUTE)
    asked = START + 3 * MINUTE
    end = START + 5 * MINUTE
    assert one.told(START + 1) == [
        (asked - 400, asked, "say Are you done? Then press the button."),
        (end, end, f"held {5 * MINUTE} of 3 hold stand"),
        (end, end, "paused in 3 hold stand"),
        (end, end, "shine PAUSED"),
        (end, end + 450, "say The session is paused."),
    ]
    (first, second) = recorded(one)
    assert not first.whole, "nobody has said that it was done"
    assert second.held is None


def test_goes_on_after_that() -> None:
    """A press then goes on with the set: ready, start, how it ends; the time before counts too."""
    end = START + 5 * MINUTE
    one = room(tap(end + 10_000), tap(end + 30_000), until=end + 31_000)
    told = [what for _, _, what in one.told(end + 10_000)]
    assert told[:13] == [
        *("shine PRESSED", "buzz PRESS", "hush", "resumed in 3 hold stand", "shine RUNNING", "buzz STEP"),
        *("say Stand.", "began 1 instruct stand for 1480", "buzz READY", "began 2 ready stand for 1000", "buzz START"),
        *("began 3 hold stand for 20000", "say Press the button when you are done."),
    ]
    assert not any(action.less for _, action in one.heard if isinstance(action, Began)), "nobody knows what is left of it"
    first, _ = recorded(one)
    assert first.held is not None
    assert first.held > 5 * MINUTE
    assert first.whole


@pytest.mark.parametrize("length", [1_300, 3_400])
def test_long_press(length: int) -> None:
    """A long press is no end of the set: it stops, or has the volumes said, with the set as long as until it was pressed."""
    one = room(tap(40_000, length), until=50_000)
    told = [what for _, _, what in one.told(40_000)]
    assert f"held {40_000 - START} of 3 hold stand" in told
    assert told.index("paused in 3 hold stand") < told.index("say Stop.")
    assert ("ended, not completed" in told) is (length < 3_200)
    assert not recorded(one)[0].whole


def test_left_out() -> None:
    """The button for the next hold, and the order, leave the set: it was skipped."""
    for leave in (tap(40_000, button="next"), [(40_000, Order("next"))]):
        one = room(leave, tap(80_000), until=200_000)
        first, second = recorded(one)
        assert (first.held, first.skipped, first.whole) == (40_000 - START + 100 * (len(leave) - 1), True, False)
        assert second.whole


def test_longer_than_guessed_and_left() -> None:
    """A set that lasted longer than was guessed, and that nobody ended, is not one that was done."""
    one = room(tap(100_000, button="next"), until=101_000)
    first, _ = recorded(one)
    assert first.held == 100_100 - START
    assert not first.whole


def test_once_more_and_left() -> None:
    """What was done once stays done, also where the person goes back to it and leaves it."""
    one = room(tap(40_000), tap(41_500, button="back"), tap(50_000, button="next"), until=51_000)
    first, _ = recorded(one)
    assert (first.held, first.whole) == (40_000 - START, True)


def test_all_is_prepared() -> None:
    """What may be said in a set is among the phrases of its plan, and of the program."""
    made = plan()
    assert "Are you done? Then press the button." in [phrase.text for phrase in made.phrases()]
    assert set(made.phrases()) | set(made.spare) <= set(all_phrases([Program(ROUTINE, "adult", "standard")], half_a_second))


def test_skips_while_pressed() -> None:
    """An order that comes while the button is down is obeyed, and letting go does nothing any more."""
    one = room([(40_000, Edge("button", True, Ms(40_000)))], [(40_100, Order("next"))], tap(40_200, 0)[1:], until=41_000)
    told = [what for _, _, what in one.told(40_000)]
    assert told.count(f"held {40_000 - START} of 3 hold stand") == 1
    assert sum(isinstance(action, Held) and action.done for _, action in one.heard) == 0


@pytest.mark.parametrize(
    ("command", "heard", "phase"),
    [
        (None, [], Phase.PRESSED),
        (Transport.PRESS, [], Phase.PRESSED),
        (Transport.RESUME, [], Phase.PRESSED),
        (Transport.UNDO, [], Phase.PRESSED),
        (Transport.RELEASE, ["hush", "held 9000 of 2 hold stand", "buzz CHANGE"], Phase.RUNNING),
        (Transport.PAUSE, ["hush", "held 9000 of 2 hold stand", "paused in 2 hold stand"], Phase.PAUSED),
        (Transport.NEXT, ["hush", "held 9000 of 2 hold stand", "buzz STEP"], Phase.RUNNING),
        (Transport.NEXT_EXERCISE, ["hush", "held 9000 of 2 hold stand", "buzz STEP"], Phase.RUNNING),
        (Transport.BACK, ["hush", "held 9000 of 2 hold stand", "buzz STEP"], Phase.RUNNING),
        (Transport.STOP, ["hush", "held 9000 of 2 hold stand", "ended, not completed"], Phase.OVER),
    ],
)
def test_while_pressed(command: Transport | None, heard: list[str], phase: Phase) -> None:
    """While the button is down no time passes; every command is defined then, and counts from the press."""
    made = plan()
    hold = next(step for step in made.steps if step.own)
    session = Session(made, Ms(0))
    while session.step != hold:
        session.handle(None, session.deadline() or Ms(0))
    session.handle(Transport.PRESS, Ms(hold.start + 9_000))
    assert session.deadline() is None
    told = session.handle(command, Ms(hold.start + 10_000))
    if (due := session.deadline()) is not None and due < hold.start + 10_100:
        told += session.handle(None, due)
    assert [shown(action).replace(f" {hold.index} ", " 2 ") for action in told] == heard
    assert session.phase is phase
