"""An exercise with repetitions in a routine's file: read as it was meant, and every mistake is told at once."""

from pathlib import Path
from typing import Any

import pytest

from pitrainer.config.routines import read_routine
from pitrainer.config.validation import check_files
from pitrainer.core.routine import PROFILES, Number, Phase, Range, Repetitions, Routine
from pitrainer.core.units import Ms
from pitrainer.errors import Problem

UP: dict[str, Any] = {"name": "up", "time": "3s", "say": "Up"}
GOOD: dict[str, Any] = {"id": "x", "name": "X", "say": "Do.", "reps": 10, "phases": [UP, {"name": "down", "time": "2s"}]}


def read(exercise: dict[str, Any], **more: Any) -> tuple[Routine | None, list[str]]:
    problems: list[Problem] = []
    data = {"schema": 1, "id": "r", "title": "R", "language": "en", "exercise": [exercise], **more}
    return read_routine(data, "r.toml", problems), [
        str(problem).removeprefix("r.toml: exercise[1].").removeprefix("r.toml: ") for problem in problems
    ]


def both(value: Any) -> dict[Any, Any]:
    return dict.fromkeys(PROFILES, value)


def changed(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in (GOOD | changes).items() if value is not None}


def test_read() -> None:
    """Repetitions are read as they were written, with what may be left out as one would expect."""
    routine, problems = read(GOOD)
    assert problems == []
    assert routine
    three, two = Range(Ms(3_000), Ms(3_000)), Range(Ms(2_000), Ms(2_000))
    phases = Phase(both("up"), both("Up"), both(three)), Phase(both("down"), both(""), both(two))
    assert routine.exercises[0].repetitions == Repetitions((both(Number(10, 10)),), phases, "up", both(()))
    assert (routine.exercises[0].sets, routine.exercises[0].positions[0].hold) == (1, {})


def test_by_profile() -> None:
    """A child may have its own numbers, sides, words and lengths."""
    phase = {"name": "up", "time": {"adult": ["3s", "5s"], "child": "2s"}, "say": {"adult": "Lift", "child": "Up"}}
    sides = {"adult": ["left", "right"], "child": ["here", "there"]}
    routine, problems = read(changed(reps={"adult": [8, 12], "child": 6}, phases=[phase], alternate=sides, count="none"))
    assert problems == []
    assert routine
    it = routine.exercises[0].repetitions
    assert it
    assert it.reps == ({"adult": Number(8, 12), "child": Number(6, 6)},)
    assert it.phases[0].say == {"adult": "Lift", "child": "Up"}
    assert (it.unit("adult", "full"), it.unit("child", "full")) == (5_000, 2_000)
    assert (it.times("adult", "full", 1), it.times("child", "full", 1)) == (24, 12)


def test_sets() -> None:
    """`sets` is how many sets there are; or a list with the repetitions of each."""
    for sets, reps, numbers in ((3, 10, (10, 10, 10)), ([6, 4, 2], None, (6, 4, 2))):
        routine, problems = read(changed(sets=sets, reps=reps))
        assert problems == []
        assert routine
        it = routine.exercises[0].repetitions
        assert it
        assert it.reps == tuple(both(Number(number, number)) for number in numbers)
        assert routine.exercises[0].sets == 3


def test_own_cues() -> None:
    """What the program adds to holds can be switched off, for the routine or for an exercise."""
    hold = {"id": "x", "name": "X", "say": "Do.", "hold": "30s", "countdown": True, "announce": False}
    routine, problems = read(hold, countdown=False, half_way=False)
    assert problems == []
    assert routine
    one = routine.exercises[0]
    assert (one.countdown, one.half_way, one.announce) == (True, False, False)


LONG_SIDE = '"The other leg." is said until 2s250ms after the start,'
OWN = 'does not go with pace = "own": only the person knows when each repetition begins'
MORE_SETS = "at most 45 are possible, so use more sets"
ONLY_REPS = 'goes with "reps" only, and this exercise has a hold'
NOTHING_TO_ASK = "is asked after the exercises, and there are none"
EITHER = 'an exercise has either "hold", or "reps" with "phases"; leave out one of them'


@pytest.mark.parametrize(
    ("exercise", "problems"),
    [
        (changed(hold="5s"), [f"hold: {EITHER}"]),
        (changed(phases=None), ["phases: is missing; there must be at least one"]),
        (changed(reps=None), ["reps: is missing"]),
        (changed(reps=0), ["reps: 0 is outside 1 to 999"]),
        (changed(reps=1000), ["reps: 1000 is outside 1 to 999"]),
        (changed(reps=[12, 8]), ["reps: [12, 8] has the larger one first; write [least, most]"]),
        (changed(reps=[8]), ["reps: [8] is not a range; write [least, most], for example [8, 12]"]),
        (changed(reps="ten"), ['reps: "ten" is not a whole number']),
        (changed(reps={"adult": 10, "child": 0}), ["reps: child: 0 is outside 1 to 999"]),
        (changed(phases=[{"name": "up"}]), ["phases[1].time: is missing"]),
        (changed(phases=[UP, {"time": "2s"}]), ["phases[2].name: is missing"]),
        (changed(phases=[UP | {"time": "0s"}]), ['phases[1].time: "0s" is outside 1s to 1h']),
        (changed(phases=[UP | {"tiem": "2s"}]), ['phases[1].tiem: is not a known key (did you mean "time"?)']),
        (changed(count="upwards"), ['count: "upwards" is not one of "up", "down", "none"']),
        (changed(count=both("up")), ["count: is the same for every profile; write one value"]),
        (changed(sets=[6, 4]), ['reps: "sets" has the repetitions of each set already; leave out "reps"']),
        (changed(sets=[6, 0], reps=None), ["sets: 0 is outside 1 to 999"]),
        (changed(sets=[], reps=None), ["sets: the list is empty; it must have at least one entry"]),
        (changed(sets=0), ["sets: 0 is outside 1 to 20"]),
        (changed(sets=[2] * 21, reps=None), ["sets: 21 are too many sets; at most 20 are possible"]),
        (
            changed(alternate=["left"]),
            ['alternate: [\'left\'] is not a list of 2 to 8 sides; write for example ["left", "right"]'],
        ),
        (changed(alternate="left"), ['alternate: "left" is not a list; put it in [ ]']),
        (
            changed(alternate=["left", "the other leg"], phases=[UP | {"time": "2s"}]),
            # 800 after the start, an estimated 300 + 14 * 1000 // 14, and 150
            [f"alternate: {LONG_SIDE} and the first phase lasts 2s (adult); make it longer"],
        ),
        *(
            (changed(**{key: value}), [f'{key}: goes with "hold" only, and this exercise has repetitions'])
            for key, value in (("go", "Go."), ("tempo", 60), ("marks", "10s"), ("countdown", False), ("half_way", True))
        ),
        (changed(pace="own"), [f"phases: {OWN}"]),
        (changed(pace="own", phases=None, count="up"), [f"count: {OWN}"]),
        (changed(pace="own", phases=None, coach=[{"at": "5s", "say": "Good."}]), [f"coach: {OWN}"]),
        (
            changed(pace="own", phases=None, positions=[{"name": "a", "coach": [{"at": "5s", "say": "Good."}]}]),
            [f"positions[1].coach: {OWN}"],
        ),
        (changed(pace="slow"), ['pace: "slow" is not one of "own"']),
        (
            changed(pace="own", phases=None, reps=23, alternate=["left", "right"]),
            [f"reps: 46 repetitions in a set at the person's own pace (adult), of all sides; {MORE_SETS}"],
        ),
        ({"id": "x", "name": "X", "say": "Do.", "pace": "own"}, ["reps: is missing"]),
        ({"id": "x", "name": "X", "say": "Do.", "pace": "own", "hold": "5s"}, [f"pace: {ONLY_REPS}"]),
        (changed(positions=[{"name": "a", "hold": "5s"}]), [f"positions[1].hold: {EITHER}"]),
        *(
            (
                {"id": "x", "name": "X", "say": "Do.", "hold": "5s", key: value},
                [f'{key}: goes with "reps" and "phases" only, and this exercise has a hold'],
            )
            for key, value in (("count", "up"), ("alternate", ["left", "right"]))
        ),
        (
            changed(reps=999, sets=20, phases=[UP]),
            [
                f"exercise: {what} in one session ({who}); at most {most} are possible"
                for who in PROFILES
                for what, most in (("16h39m of holds", "3h"), ("19980 phases of repetitions", "7200"))
            ],
        ),
    ],
)
def test_mistake(exercise: dict[str, Any], problems: list[str]) -> None:
    """A mistake is one line, with its place, its value and what would be right; and there is no routine then."""
    assert read(exercise) == (None, problems)


def test_all_at_once() -> None:
    """Every mistake of an exercise is told in one pass."""
    exercise = changed(hold="5s", reps=0, phases=[{"name": "up"}], count="x", alternate=["left"], sets=21)
    assert [problem.split(":")[0] for problem in read(exercise)[1]] == [
        *("hold", "reps", "sets", "phases[1].time", "count", "alternate")
    ]


def test_left_out(tmp_path: Path) -> None:
    """What is too long for its phase is a warning of `check`: one for all repetitions in which it is left out alike."""
    file = tmp_path / "r.toml"
    file.write_text(
        'schema = 1\nid = "r"\ntitle = "R"\nlanguage = "en"\n[[exercise]]\nid = "x"\nname = "X"\nsay = "Do."\nreps = 10\n'
        'phases = [{ name = "up", time = "1s", say = "Up" }, { name = "down", time = "2s", say = "Down" }]\n'
    )
    ways, long = "adult, every level; child, every level", 'it is too long for the phase "up" of 1s'
    assert [str(problem).removeprefix(f"{file}: exercise x: ") for problem in check_files([file], {})] == [
        # The start signal takes the room of the first word.
        f'(warning) "One. Up." is left out ({ways}): {long}',
        f'(warning) "Two. Up." and 8 more are left out ({ways}): {long}; "Up." is said instead',
    ]


@pytest.mark.parametrize(
    ("positions", "twice"),
    [
        ((("left", "Left leg."), ("right", "Right leg.")), True),
        ((("a", "Stand on your LEFT leg."), ("b", "Now the right one.")), True),
        ((("knee bent", "Bend it."), ("knee straight", "Stretch it.")), False),
        ((("bent", "Bend left and right."), ("straight", "Stretch left and right.")), False),
        ((("bent", "Bend it to a right angle."), ("straight", "Stretch what is leftover.")), False),
    ],
)
def test_sides_twice(tmp_path: Path, positions: tuple[tuple[str, str], ...], twice: bool) -> None:
    """`check` warns where positions are sides, and the sides take turns in each of them; other positions may have sides."""
    file = tmp_path / "r.toml"
    places = ", ".join(f'{{ name = "{name}", say = "{say}" }}' for name, say in positions)
    file.write_text(
        'schema = 1\nid = "r"\ntitle = "R"\nlanguage = "en"\n[[exercise]]\nid = "x"\nname = "X"\nsay = "Do."\nreps = 3\n'
        f'phases = [{{ name = "up", time = "4s", say = "Up" }}]\nalternate = ["left", "right"]\npositions = [{places}]\n'
    )
    warning = (
        f'{file}: exercise x: (warning) "positions" and "alternate" both name sides, '
        "so that each side does all its repetitions in every position; leave one out"
    )
    assert [str(problem) for problem in check_files([file], {})] == [warning] * twice


@pytest.mark.parametrize(
    ("exercise", "more", "problems"),
    [
        (GOOD | {"ask": "pian"}, {}, ['ask: "pian" is not one of "pain", "effort", "none" (did you mean "pain"?)']),
        (GOOD, {"ask": 3}, ['ask: 3 is not one of "pain", "effort", "none"']),
        (None, {"ask": "pain"}, ["exercise: is missing; there must be at least one", f"ask: {NOTHING_TO_ASK}"]),
    ],
)
def test_mistake_in_what_is_asked(exercise: dict[str, Any] | None, more: dict[str, Any], problems: list[str]) -> None:
    """What cannot be asked is one line, and so is a question about no exercise."""
    found: list[Problem] = []
    data = {"schema": 1, "id": "r", "title": "R", "language": "en", **({"exercise": [exercise]} if exercise else {}), **more}
    assert read_routine(data, "r.toml", found) is None
    assert [str(one).removeprefix("r.toml: exercise[1].").removeprefix("r.toml: ") for one in found] == problems


HELD: dict[str, Any] = {"id": "x", "name": "X", "say": "Do.", "hold": "5s"}


@pytest.mark.parametrize(
    ("exercise", "written", "right"),
    [
        *((exercise, word, "rest") for exercise in (HELD, GOOD) for word in ("pause", "break")),
        *((exercise, word, "reps") for exercise in (HELD, GOOD) for word in ("repetitions", "repeats")),
        *((exercise, word, "say") for exercise in (HELD, GOOD) for word in ("text", "instruction")),
        *((HELD, word, "hold") for word in ("duration", "time", "seconds")),
        *((GOOD, word, "alternate") for word in ("side", "sides")),
        (HELD, "sides", "positions"),
        (GOOD, "duration", "phases"),
    ],
)
def test_another_word_for_a_key(exercise: dict[str, Any], written: str, right: str) -> None:
    """What people call it is told with the key that does it, in this kind of exercise."""
    assert read(exercise | {written: "10s"}) == (None, [f'{written}: is not a known key (did you mean "{right}"?)'])


def test_another_word_in_a_phase() -> None:
    """The length of a phase has another key than that of a hold."""
    problems = read(changed(phases=[UP | {"duration": "2s"}]))[1]
    assert problems == ['phases[1].duration: is not a known key (did you mean "time"?)']


@pytest.mark.parametrize(
    ("exercise", "keys"),
    [(HELD, {"hold", "reps", "phases", "days", "ask", "rest"}), (GOOD, {"reps", "phases", "alternate", "days", "ask", "rest"})],
)
def test_every_known_key_is_told(exercise: dict[str, Any], keys: set[str]) -> None:
    """Where nothing is near to what is written, the keys are all there, none of them cut."""
    told = read(exercise | {"zzz": 1})[1][0].removeprefix("zzz: is not a known key; known here: ").split(", ")
    assert keys <= set(told)
    assert len(told) == len(set(told))
    for key in set(told) - set(exercise):
        assert f"{key}: is not a known key" not in " ".join(read(exercise | {key: 1})[1])
