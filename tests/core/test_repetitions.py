"""Sets of repetitions, checked by hand at the places where their rules meet."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from pitrainer.config.routines import read_routine
from pitrainer.core.languages import Phrase
from pitrainer.core.messages import Action, Held
from pitrainer.core.plan import Buzz, Plan, Say, Step
from pitrainer.core.planner import make_plan
from pitrainer.core.repetitions import BESIDE
from pitrainer.core.session import Session, Transport
from pitrainer.core.session_record import Recording, share
from pitrainer.core.signals import Signal
from pitrainer.core.speech import estimate
from pitrainer.core.units import Ms
from pitrainer.errors import Problem
from support.fakes import BEGUN, half_a_second

TUCKS: dict[str, Any] = {
    "reps": 10,
    "phases": [{"name": "back", "time": "3s", "say": "Back"}, {"name": "let go", "time": "2s"}],
}
BREATH: dict[str, Any] = {
    "reps": 4,
    "count": "none",
    "phases": [
        {"name": "in", "time": "4s", "say": "Breathe in"},
        {"name": "hold", "time": "7s", "say": "Hold"},
        {"name": "out", "time": "8s", "say": "Breathe out"},
    ],
}
PYRAMID: dict[str, Any] = {
    "sets": [6, 4, 2],
    "rest": "20s",
    "phases": [{"name": "hold", "time": "10s", "say": "Hold"}, {"name": "relax", "time": "3s", "say": "Relax"}],
}
BALANCE: dict[str, Any] = {
    "reps": 3,
    "count": "down",
    "alternate": ["left", "right"],
    "phases": [{"name": "lift", "time": "4s", "say": "Lift"}, {"name": "down", "time": "2s", "say": "Down"}],
}


def plan(exercise: dict[str, Any], length_of: Any = half_a_second, level: Any = "standard") -> Plan:
    problems: list[Problem] = []
    data = {"schema": 1, "id": "r", "title": "R", "language": "en"}
    routine = read_routine({**data, "exercise": [{"id": "x", "name": "X", "say": "Do.", **exercise}]}, "r.toml", problems)
    assert not problems
    assert routine
    return make_plan(routine, "adult", level, length_of, learned=BEGUN)


def sets(made: Plan) -> list[Step]:
    return [step for step in made.steps if step.kind == "hold"]


def heard(step: Step) -> list[tuple[int, str]]:
    """The cues of a set, from its start."""
    return [(cue.at - step.start, cue.text if isinstance(cue, Say) else cue.signal.name) for cue in step.cues]


def words(exercise: dict[str, Any], number: int = 0, length_of: Any = half_a_second) -> list[str]:
    """What is said in one of the sets."""
    return [cue.text for cue in sets(plan(exercise, length_of))[number].cues if isinstance(cue, Say)]


def test_chin_tucks() -> None:
    """Ten times three and two seconds are fifty, to the millisecond: counted, each phase ticked."""
    made = plan(TUCKS)
    (tucks,) = sets(made)
    assert tucks.length == 50_000
    assert heard(tucks)[:8] == [
        (0, "START"),
        (800, "One. Back."),
        (3_000, "PHASE"),
        (5_000, "PHASE"),
        (5_300, "Two. Back."),
        (8_000, "PHASE"),
        (10_000, "PHASE"),
        (10_300, "Three. Back."),
    ]
    assert heard(tucks)[-3:] == [(45_000, "PHASE"), (45_300, "Last one. Back."), (48_000, "PHASE")]
    assert made.dropped == ()
    assert made.steps[tucks.index + 1].cues[0] == Buzz(tucks.end, Signal.END)


def test_told_from_a_hold() -> None:
    """The steps of a set are told from those of a hold."""
    of = {step.kind: step.repeats for step in plan(TUCKS).steps}
    assert of == {"instruct": True, "ready": True, "hold": True, "release": True, "outro": False}
    assert not any(step.repeats for step in plan({"hold": "5s"}).steps)


def test_most_of_the_time_is_exercise() -> None:
    """Of all the time after the instruction of chin tucks, at least 85 % is the exercise itself."""
    made = plan(TUCKS, estimate)
    (tucks,) = sets(made)
    told = next(step for step in made.steps if step.kind == "instruct")
    outro = made.steps[-1]
    assert tucks.length / (outro.start - told.end) >= 0.85


def test_breath() -> None:
    """Four breaths of 4, 7 and 8 seconds: nothing is counted aloud, and each part begins with its word."""
    (breath,) = sets(plan(BREATH))
    assert breath.length == 76_000
    assert heard(breath)[:12] == [
        (0, "START"),
        (800, "Breathe in."),
        (4_000, "PHASE"),
        (4_300, "Hold."),
        (11_000, "PHASE"),
        (11_300, "Breathe out."),
        (19_000, "PHASE"),
        (19_300, "Breathe in."),
        (23_000, "PHASE"),
        (23_300, "Hold."),
        (30_000, "PHASE"),
        (30_300, "Breathe out."),
    ]


def test_pyramid() -> None:
    """Each set has its own number of repetitions, which is said before it; twenty seconds of rest lie between them."""
    made = plan(PYRAMID)
    steps = sets(made)
    assert [step.length for step in steps] == [78_000, 52_000, 26_000]
    assert [cue.text for step in made.steps if step.kind == "instruct" for cue in step.cues if isinstance(cue, Say)] == [
        *("X.", "Do."),
        *("Set one of three.", "Six repetitions."),
        *("Set two of three.", "Four repetitions."),
        *("The last set, set three.", "Two repetitions."),
    ]
    readies = [step.start for step in made.steps if step.kind == "ready"]
    assert [ready - before.end for before, ready in zip(steps, readies[1:], strict=False)] == [20_000, 20_000]
    assert words(PYRAMID, 2) == ["One. Hold.", "Relax.", "Last one. Hold.", "Relax."]


def test_sides_take_turns() -> None:
    """The number is said once a pair of sides, and the side each time, before all else."""
    (balance,) = sets(plan(BALANCE))
    assert balance.length == 36_000
    assert words(BALANCE) == [
        *("Left. Three. Lift.", "Down.", "Right. Lift.", "Down."),
        *("Left. Two. Lift.", "Down.", "Right. Lift.", "Down."),
        *("Left. Last one. Lift.", "Down.", "Right. Lift.", "Down."),
    ]
    assert "Three on each side." in [
        cue.text for step in plan(BALANCE).steps if step.kind == "instruct" for cue in step.cues if isinstance(cue, Say)
    ]


@pytest.mark.parametrize(
    ("count", "reps", "counted"),
    [
        ("up", 3, ["One. Up.", "Two. Up.", "Last one. Up."]),
        ("down", 3, ["Three. Up.", "Two. Up.", "Last one. Up."]),
        ("none", 3, ["Up."] * 3),
        ("up", 1, ["Up."]),
    ],
)
def test_count(count: str, reps: int, counted: list[str]) -> None:
    """Counted up, down or not at all; a single repetition is not the last one of anything."""
    assert words({"reps": reps, "count": count, "phases": [{"name": "up", "time": "3s", "say": "Up"}]}) == counted


def by_length(**lengths: int) -> Any:
    """A voice that takes so many tenths of a second for a word, wherever it comes."""
    spoken = {word.lower(): length for word, length in lengths.items()}

    def length_of(phrase: Phrase) -> Ms:
        return Ms(100 * sum(spoken.get(part.strip().lower(), 5) for part in phrase.text.split(".") if part.strip()))

    return length_of


SHORT = {"reps": 2, "alternate": ["left", "right"], "phases": [{"name": "up", "time": "2s", "say": "Up"}]}


@pytest.mark.parametrize(
    ("side", "word", "said"),
    [
        # From 300 ms on, 1550 ms are left of the phase.
        (5, 5, ["Left. Up.", "Right. Up.", "Left. Last one. Up.", "Right. Up."]),  # the start signal takes the number's room
        (5, 10, ["Left.", "Right. Up.", "Left. Up.", "Right. Up."]),
        (5, 11, ["Left.", "Right.", "Left.", "Right."]),
        (10, 5, ["Left.", "Right. Up.", "Left. Up.", "Right. Up."]),
        (16, 1, []),
    ],
)
def test_what_goes_first(side: int, word: int, said: list[str]) -> None:
    """Where a text is too long for its phase, first the number goes, then the word, never the side before them."""
    assert words(SHORT, length_of=by_length(left=side, right=side, up=word)) == said


def test_left_out_is_told() -> None:
    """The plan tells what it leaves out of a set, why, and what is said instead."""
    made = plan(SHORT, by_length(up=10))
    start = sets(made)[0].start
    instead = 'it is too long for the phase "up" of 2s; "{}" is said instead'
    assert [(drop.at - start, drop.text, drop.why) for drop in made.dropped] == [
        (300, "Left. One. Up.", instead.format("Left.")),
        (4_300, "Left. Last one. Up.", instead.format("Left. Up.")),
    ]


def test_words_beside_ticks() -> None:
    """A word ends 150 ms before the next phase at the latest, or is not said."""
    exercise = {"reps": 1, "phases": [{"name": "a", "time": "2s", "say": "A"}, {"name": "b", "time": "1s", "say": "B"}]}
    for length, said in ((550, ["A.", "B."]), (551, ["A."])):
        (step,) = sets(plan(exercise, lambda phrase, length=length: Ms(length if phrase.text == "B." else 500)))
        assert [cue.text for cue in step.cues if isinstance(cue, Say)] == said
        assert all(
            cue.end + BESIDE <= step.start + end
            for cue, end in zip([cue for cue in step.cues if isinstance(cue, Say)], (2_000, 3_000), strict=False)
        )


def test_coach_lines_come_last() -> None:
    """A coach line is said in the first silence from its time on; where there is none, it is left out."""
    exercise = BREATH | {"coach": [{"at": "0s", "say": "Let your shoulders hang."}, {"at": "50%", "say": "Go on."}]}
    made = plan(exercise, lambda phrase: Ms(3_000 if phrase.text.startswith("Let") else 500))
    (breath,) = sets(made)
    assert heard(breath)[3:5] == [(4_300, "Hold."), (5_100, "Let your shoulders hang.")]
    assert (39_100, "Go on.") in heard(breath)
    late = plan(exercise | {"coach": [{"at": "75s", "say": "Too late."}]}, lambda _: Ms(2_000))
    assert [(drop.text, drop.why) for drop in late.dropped] == [("Too late.", "from there on no silence is long enough for it")]


def test_levels() -> None:
    """The level picks the repetitions, and the lengths of their phases."""
    exercise = TUCKS | {"reps": [8, 13], "phases": [{"name": "back", "time": ["3s", "6s"]}]}
    assert [sets(plan(exercise, level=level))[0].length for level in ("gentle", "standard", "full")] == [
        8 * 3_000,
        10 * 4_000,
        13 * 6_000,
    ]


def test_positions() -> None:
    """An exercise with positions has a set of repetitions in each."""
    made = plan(TUCKS | {"reps": 2, "positions": [{"name": "left leg"}, {"name": "right leg"}]})
    assert [(step.position, step.length) for step in sets(made)] == [("left leg", 10_000), ("right leg", 10_000)]


def test_announce() -> None:
    """How many there will be is not said where the author wants it so."""
    assert plan(TUCKS | {"announce": False}).steps[1].cues == ()


# --- pauses


@dataclass
class Driven:
    """A session of one exercise that is driven from one due time to the next."""

    session: Session
    actions: list[Action] = field(default_factory=list)

    def until(self, end: int) -> None:
        while (due := self.session.deadline()) is not None and due <= end:
            self.actions += self.session.handle(None, due)

    def at(self, now: int, command: Transport) -> None:
        self.until(now)
        self.actions += self.session.handle(command, Ms(now))

    def since(self, at: int) -> list[tuple[int, str]]:
        return [
            (cue.at, cue.text if isinstance(cue, Say) else cue.signal.name)
            for cue in self.actions
            if isinstance(cue, Say | Buzz) and cue.at >= at
        ]


def test_a_pause_begins_the_repetition_again() -> None:
    """After a pause in the eighth second of chin tucks the second one is done anew: where to be, ready, start, its number."""
    made = plan(TUCKS)
    driven = Driven(Session(made, Ms(0)))
    start = sets(made)[0].start
    driven.at(start + 8_500, Transport.PAUSE)
    driven.at(100_000, Transport.RESUME)
    driven.until(200_000)
    again = 100_450  # `ANSWER` after the press
    ready = again + 380 + 500 + 600
    begin = ready + 4_000
    assert driven.since(100_000)[:10] == [
        (again, "STEP"),
        (again + 380, "X."),
        (ready, "READY"),
        (begin, "START"),
        (begin + 800, "Two. Back."),
        (begin + 3_000, "PHASE"),
        (begin + 5_000, "PHASE"),
        (begin + 5_300, "Three. Back."),
        (begin + 8_000, "PHASE"),
        (begin + 10_000, "PHASE"),
    ]
    held = [action.held for action in driven.actions if isinstance(action, Held)]
    assert held == [8_500, 50_000]


@pytest.mark.parametrize(
    ("exercise", "held", "goes_on_at", "said"),
    [
        (TUCKS, 0, 0, "One. Back."),
        (TUCKS, 4_999, 0, "One. Back."),
        (TUCKS, 5_000, 5_000, "Two. Back."),
        (TUCKS, 49_999, 45_000, "Last one. Back."),
        (TUCKS, 50_000, 45_000, "Last one. Back."),
        (BALANCE, 6_000, 6_000, "Right. Lift."),
        (BALANCE, 13_000, 12_000, "Left. Two. Lift."),
    ],
)
def test_goes_on(exercise: dict[str, Any], held: int, goes_on_at: int, said: str) -> None:
    """A set goes on with the repetition and the side that was begun, from its first phase, to the millisecond."""
    made = plan(exercise)
    (whole,) = sets(made)
    rest = made.resume(Step(whole.index, "hold", Ms(0), Ms(0), (), held=Ms(held)))[2]
    assert (rest.held, rest.length) == (goes_on_at, whole.length - goes_on_at)
    assert heard(rest)[:2] == [(0, "START"), (800, said)]
    assert heard(rest)[2:] == [(at - goes_on_at, what) for at, what in heard(whole) if at - goes_on_at > 800]


def test_history() -> None:
    """What was held of a set is its time; a set that was not done to its end counts by its share."""
    made = plan(TUCKS)
    driven = Driven(Session(made, Ms(0)))
    start = sets(made)[0].start
    driven.at(start + 25_000, Transport.STOP)
    started, *rest = (action for action in driven.actions if not isinstance(action, Say | Buzz))
    recording = Recording(started, "u", "", 1)  # type: ignore[arg-type]
    for action in rest:
        if type(action).__name__ in ("Began", "Held", "Ended"):
            recording.take(action)  # type: ignore[arg-type]
    (hold,) = recording.snapshot().holds
    assert (hold.exercise, hold.planned, hold.held) == ("x", 50_000, 25_000)
    assert share([hold], 1) == 5_000


def test_ticks_are_exact() -> None:
    """Between two ticks it is exactly a phase, whatever is said."""
    (breath,) = sets(plan(BREATH, lambda _: Ms(3_333)))
    ticks = [cue.at - breath.start for cue in breath.cues if isinstance(cue, Buzz)]
    assert [second - first for first, second in pairwise([*ticks, breath.length])] == [4_000, 7_000, 8_000] * 4
