"""What is done in which session: by its day, by its number, and by how far it has grown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitrainer.config.routines import read_routine
from pitrainer.core.learned import NOTHING, Learned, learned, practise
from pitrainer.core.phrases import all_phrases
from pitrainer.core.plan import Plan, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.progression import Reached, reached, steps_done, streak_days
from pitrainer.core.routine import EVERY_DAY, Program, Regimen, Routine
from pitrainer.core.statistics import Past, Rating
from pitrainer.core.units import MINUTE, Ms
from pitrainer.errors import Problem
from support.fakes import half_a_second

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
NECK = Regimen("neck", "adult")
GROWS = {"from": "10s", "to": "30s", "by": "2s", "every": 3}
HOLD: dict[str, Any] = {"say": "Do.", "hold": "5s"}


def routine(*exercises: dict[str, Any], **more: Any) -> Routine:
    problems: list[Problem] = []
    named = [
        {"id": f"e{n}", "name": f"Name {'abcdefg'[n - 1]}", "say": "Do."} | one for n, one in enumerate(exercises, start=1)
    ]
    data = {"schema": 1, "id": "r", "title": "R", "language": "en", "intro": "Hello.", "exercise": named} | more
    read = read_routine(data, "r.toml", problems)
    assert not problems
    assert read
    return read


def plan(of: Routine, learned: Learned = Learned(), weekday: int | None = None) -> Plan:  # noqa: B008 - frozen
    return make_plan(of, "adult", "standard", half_a_second, learned=learned, weekday=weekday)


def exercises(made: Plan) -> list[str]:
    return list(dict.fromkeys(step.exercise for step in made.steps if step.kind == "hold"))


def said(made: Plan) -> list[str]:
    return [cue.text for step in made.steps for cue in step.cues if isinstance(cue, Say)]


def holds(made: Plan) -> list[int]:
    return [step.length for step in made.steps if step.kind == "hold"]


# --- days and sessions


def test_days() -> None:
    """An exercise is left out on other days, and the announced number is right; where the day is not known, all are done."""
    week = routine(HOLD | {"days": ["mon", "wed", "fri"]}, HOLD, HOLD | {"days": ["sun"]})
    assert [exercises(plan(week, weekday=day)) for day in (0, 1, 6, None)] == [
        ["e1", "e2"],
        ["e2"],
        ["e2", "e3"],
        ["e1", "e2", "e3"],
    ]
    assert [text for text in said(plan(week, weekday=6)) if "Name" in text] == [
        "Exercise one of two. Name b.",
        "The last exercise. Name c.",
    ]
    assert plan(week, weekday=6).exercises == 2


def test_streak_days() -> None:
    """The days that must not be missed are those of the next session; after the last one that has any, those of any."""
    tapers = routine(HOLD | {"until_session": 14}, HOLD | {"days": ["mon", "wed"]})
    assert [streak_days(tapers, Learned(done)) for done in (0, 13, 14)] == [EVERY_DAY, EVERY_DAY, {0, 2}]
    ends = replace(tapers, exercises=tuple(replace(one, until_session=14) for one in tapers.exercises))
    assert streak_days(ends, Learned(14)) == EVERY_DAY


def test_minutes_are_those_of_the_day() -> None:
    """How long it takes is said for what is done that day."""
    week = routine({"hold": "5m", "days": ["mon"]}, {"hold": "2m"})
    assert [next(text for text in said(plan(week, weekday=day)) if "About" in text) for day in (0, 1)] == [
        "About seven minutes.",
        "About two minutes.",
    ]


def test_nothing_today() -> None:
    """On a day without any exercise, that is said, and the session is over."""
    made = plan(routine(HOLD | {"days": ["mon"]}), weekday=1)
    assert [step.kind for step in made.steps] == ["outro"]
    assert said(made) == ["There are no exercises for today."]


def test_a_published_protocol() -> None:
    """10 repetitions of 10 s with 10 s rest, 3 sets; two exercises at first, four from session 3, six from session 7."""
    each = {
        "reps": 10,
        "phases": [{"name": "hold", "time": "10s", "say": "Hold"}, {"name": "rest", "time": "10s", "say": "Rest"}],
        "sets": 3,
    }
    joins = [1, 1, 3, 3, 7, 7]
    protocol = routine(*(each | {"from_session": session} for session in joins))
    for session in range(1, 11):
        made = plan(protocol, Learned(session - 1))
        count = 2 if session < 3 else 4 if session < 7 else 6
        assert len(exercises(made)) == made.exercises == count
        assert holds(made) == [200_000] * 3 * count
        words = [text for text in said(made) if text.endswith("Hold.") or text == "Rest."]
        assert words.count("Rest.") == 30 * count


def test_until() -> None:
    """An exercise ends with its last session."""
    first = routine(HOLD | {"until_session": 2}, HOLD | {"from_session": 2, "until_session": 3}, HOLD)
    assert [exercises(plan(first, Learned(done))) for done in range(4)] == [
        ["e1", "e3"],
        ["e1", "e2", "e3"],
        ["e2", "e3"],
        ["e3"],
    ]


# --- what grows


def after(*done: int) -> Learned:
    """What somebody has learned who has practised all of it in so many sessions between long breaks."""
    return Learned(done[-1], runs=dict.fromkeys(("e1", "e2", "e3", "e4"), done))


def grown(done: int) -> list[int]:
    return holds(plan(routine({"hold": GROWS}), after(done)))


def test_growth() -> None:
    """After every three sessions done it is one step more, up to the last one."""
    assert [grown(done) for done in (0, 2, 3, 5, 6, 29, 30, 100)] == [
        [10_000],
        [10_000],
        [12_000],
        [12_000],
        [14_000],
        [28_000],
        [30_000],
        [30_000],
    ]


def test_last_step_is_smaller() -> None:
    """Where the steps do not come out even, the last one ends at `to`."""
    odd = routine({"hold": {"from": "10s", "to": "15s", "by": "4s", "every": 1}})
    assert [holds(plan(odd, after(done))) for done in range(4)] == [[10_000], [14_000], [15_000], [15_000]]


def test_repetitions_grow() -> None:
    """Repetitions grow as holds do, and so do the lengths of their phases; the number said is what there are."""
    grows = routine(
        {
            "reps": {"adult": {"from": 5, "to": 8, "by": 1, "every": 2}, "child": 5},
            "phases": [{"name": "up", "time": {"from": "2s", "to": "4s", "by": "1s", "every": 2}, "say": "Up"}],
        }
    )
    for done, reps, length, number in (
        (0, 5, 2_000, "Five"),
        (2, 6, 3_000, "Six"),
        (4, 7, 4_000, "Seven"),
        (9, 8, 4_000, "Eight"),
    ):
        made = plan(grows, after(done))
        assert holds(made) == [reps * length]
        assert f"{number} repetitions." in said(made)


class Session(NamedTuple):
    """What a person did, and answered about pain by exercise; "" for the whole routine."""

    gap: int
    """Days since the one before."""
    share: int
    practised: frozenset[str]
    pains: dict[str, int]


def oracle(sessions: Sequence[Session], since: int, every: int, most: int, of: str) -> int:
    """The step reached in an exercise so many days after the last session, counted session by session."""
    step = towards = 0
    before = False
    last = {"": 0, of: 0}
    for gap, share, practised, pains in [*sessions, Session(since, 0, frozenset(), {})]:
        if before and gap >= 14:
            step, towards = step // 2, 0
        before = True
        last |= {key: value for key, value in pains.items() if key in last}
        towards += of in practised and share >= 8_000 and max(last.values()) <= 3
        if towards == every:
            step, towards = min(step + 1, most), 0
    return step


SESSIONS = st.builds(
    Session,
    st.sampled_from([0, 1, 1, 1, 2, 3, 13, 14, 15, 40]),
    st.sampled_from([9_000, 9_000, 8_000, 7_999]),
    st.just(frozenset({"e1", "e2", "e3"})) | st.frozensets(st.sampled_from(["e1", "e2", "e3"])),
    st.just({}) | st.dictionaries(st.sampled_from(["", "e1", "e2"]), st.integers(0, 10), max_size=3),
)


@settings(max_examples=200)
@given(
    st.lists(SESSIONS, max_size=200),
    st.integers(1, 5),
    st.integers(0, 12),
    st.sampled_from([0, 1, 13, 14, 60]),
    st.integers(0, 200),
)
def test_a_year(sessions: list[Session], every: int, most: int, since: int, split: int) -> None:
    """Over a year with breaks and pain a person is as far in each exercise as counted by hand.

    A session brings them further in what they have practised in it, if it was done, and unless the last pain rating of that or
    of the routine was above 3. A long break takes half of the way back.
    """
    pasts = []
    start = FIRST
    for gap, share, practised, pains in sessions:
        start += timedelta(days=gap)
        ratings = tuple(
            Rating(n, exercise, about, value if about == "pain" else 10)
            for n, (exercise, value) in enumerate(pains.items())
            for about in ("pain", "effort")
        )
        pasts.append(Past(start, Ms(MINUTE), NECK, share, practised, "completed", ratings))
    today = (start + timedelta(days=since)).date()
    # In two parts, as the history has some of them from its file, and some from memory.
    found = learned(practise(practise({}, pasts[:split], 14), pasts[split:], 14), today, 10, 14)
    for exercise in ("e1", "e2", "e3"):
        assert steps_done(found.runs_of(exercise), every, most) == oracle(sessions, since, every, most, exercise)


def day(number: int, share: int, *practised: str, ratings: tuple[Rating, ...] = ()) -> Past:
    """A session on a day of January."""
    return Past(datetime(2026, 1, number, tzinfo=UTC), Ms(MINUTE), NECK, share, frozenset(practised), "completed", ratings)


def pained(*pains: int | None) -> Learned:
    """What somebody has learned after sessions, one a day, who answered this about pain in "e1"."""
    pasts = [
        day(n, 9_000, "e1", "e2", "e3", ratings=() if pain is None else (Rating(9, "e1", "pain", pain),))
        for n, pain in enumerate(pains, start=1)
    ]
    return learned(practise({}, pasts, 14), date(2026, 1, len(pains) + 1), 10, 14)


def test_waits_by_hand() -> None:
    """Every third session is a step; the sessions from a rating above 3 to one that is not bring nobody further."""
    two = routine({"hold": GROWS}, {"hold": GROWS})
    for pains, lengths in (
        ((3, 3, 3), [12_000, 12_000]),
        ((0, 0, 4), [10_000, 12_000]),
        ((0, 0, 4, None, None), [10_000, 12_000]),
        ((0, 0, 4, None, 3), [12_000, 12_000]),
        ((0, 0, 9, 9, 9, 2, 0), [12_000, 14_000]),
    ):
        assert holds(plan(two, pained(*pains))) == lengths


def test_where_a_person_is() -> None:
    """What grows is told once each, with its step, its value now, and whether it waits."""
    grows = routine(
        {"hold": GROWS, "positions": [{"name": "left"}, {"name": "right", "hold": "5s"}]},
        {"reps": {"from": 5, "to": 8, "by": 1, "every": 1}, "pace": "own", "sets": 2},
        {
            "reps": 3,
            "phases": [{"name": "up", "time": {"adult": {"from": "2s", "to": "4s", "by": "1s", "every": 2}, "child": "2s"}}],
        },
        HOLD,
    )
    assert list(reached(grows, "adult", pained(0, 0, 0, 5))) == [
        Reached("e1", "left 12s", 1, 10, waits=True),
        Reached("e2", "8 repetitions", 3, 3, waits=False),
        Reached("e3", "up 4s", 2, 2, waits=False),
    ]
    assert [one.exercise for one in reached(grows, "child", NOTHING)] == ["e1", "e2"]


def test_stopped_by_pain() -> None:
    """A session that pain has ended is not done, and what was answered in it counts all the same."""
    pasts = [day(1, 2_000, ratings=(Rating(9, "e1", "pain", 8),)), *(day(n, 9_000, "e1", "e2") for n in (2, 3))]
    found = learned(practise({}, pasts, 14), date(2026, 1, 4), 10, 14)
    assert (found.runs, found.waiting) == ({"e2": (2,)}, {"e1"})


def test_only_what_was_done_counts() -> None:
    """A session of which less was held than `history.done` brings nobody further."""
    pasts = [day(n, share, "e1") for n, share in ((1, 8_000), (2, 7_999), (3, 9_999))]
    assert learned(practise({}, pasts, 14, 80), date(2026, 1, 4), 10, 14) == Learned(3, runs={"e1": (2,)})


def test_begins_with_its_first_length() -> None:
    """What joins later, or was left out of the sessions before, begins with its first length."""
    two = routine(HOLD, {"hold": GROWS, "from_session": 4})
    for found in ([day(n, 10_000, "e1") for n in range(1, 4)], [day(n, 8_000, "e1") for n in range(1, 31)]):
        assert holds(plan(two, learned(practise({}, found, 14), date(2026, 1, len(found) + 1), 10, 14))) == [5_000, 10_000]


def test_sessions_that_are_not_done_are_no_break() -> None:
    """Weeks of sessions that are not quite done bring nobody further, and take nothing back."""
    pasts = [day(n, 10_000 if n <= 9 else 7_500, "e1") for n in range(1, 30)]
    found = learned(practise({}, pasts, 14), date(2026, 1, 30), 10, 14)
    assert (found.sessions, found.runs) == (29, {"e1": (9,)})


def test_a_monday_missed() -> None:
    """What is done on Mondays only is no further back after one of them was missed; a break from the routine is a break."""
    mondays = [1, 8, 22]
    pasts = [day(n, 10_000, "e1", *(["e2"] if n in mondays else [])) for n in range(1, 29)]
    found = learned(practise({}, pasts, 14), date(2026, 1, 29), 10, 14)
    assert found.runs == {"e1": (28,), "e2": (3,)}
    after_a_break = learned(practise({}, pasts[:8] + pasts[21:], 14), date(2026, 1, 29), 10, 14)
    assert after_a_break.runs == {"e1": (8, 7), "e2": (2, 1)}


MANY = routine(
    {"hold": GROWS, "days": ["mon", "tue"]},
    HOLD | {"from_session": 2, "until_session": 4},
    {"reps": {"from": 3, "to": 6, "by": 1, "every": 2}, "phases": [{"name": "up", "time": "3s", "say": "Up"}], "days": ["sun"]},
    {"hold": {"from": "1m", "to": "3m", "by": "20s", "every": 1}, "days": ["wed"]},
)


@pytest.mark.parametrize("weekday", [None, *range(7)])
def test_all_is_prepared(weekday: int | None) -> None:
    """Whatever the day and the session, all that is said is among the phrases that are prepared."""
    known = set(all_phrases([Program(MANY, "adult", "standard")], half_a_second))
    for done in (*range(8), 12, 31):
        for some in (after(done), after(done, 0), replace(after(done), runs={"e1": (done,), "e4": (2,)})):
            made = plan(MANY, replace(some, sessions=done), weekday)
            assert set(made.phrases()) | set(made.spare) <= known


# --- mistakes


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (
            {"days": ["mon", "funday"]},
            'days: "funday" is not one of "mon", "tue", "wed", "thu", "fri", "sat", "sun"',
        ),
        ({"days": []}, "days: the list is empty; it must have at least one entry"),
        ({"from_session": 0}, "from_session: 0 is outside 1 to 1000"),
        ({"from_session": 4, "until_session": 2}, "until_session: 2 is before from_session, 4"),
        ({"hold": GROWS | {"from": "40s"}}, 'hold: from: "40s" is above to: "30s"'),
        ({"hold": GROWS | {"by": 2}}, 'hold: by: 2 is not a length; write for example "10s" or "1m30s", in quotes'),
        ({"hold": GROWS | {"every": 0}}, "hold: every: 0 is outside 1 to 100"),
        ({"hold": {"from": "10s", "to": "20s"}}, 'hold: what grows has the keys "from", "to", "by", "every", not "from", "to"'),
        (
            {"hold": {"from": "1s", "to": "10m", "by": "1s", "every": 1}},
            'hold: by: "1s" makes 599 steps; at most 100 are possible',
        ),
    ],
)
def test_mistake(keys: dict[str, Any], problem: str) -> None:
    """A mistake is one line, with its place, its value and what would be right."""
    problems: list[Problem] = []
    data = {"schema": 1, "id": "r", "title": "R", "language": "en", "exercise": [{"id": "x", "name": "X"} | HOLD | keys]}
    assert read_routine(data, "r.toml", problems) is None
    assert [str(one).removeprefix("r.toml: exercise[1].") for one in problems] == [problem]


def sessions(*spans: tuple[int, int]) -> list[str]:
    """Return what is wrong with a routine whose exercises begin and end with these sessions; 0 for ever."""
    problems: list[Problem] = []
    exercises = [
        {"id": f"x{number}", "name": "X", "from_session": begin} | ({"until_session": end} if end else {}) | HOLD
        for number, (begin, end) in enumerate(spans)
    ]
    read_routine({"schema": 1, "id": "r", "title": "R", "language": "en", "exercise": exercises}, "r.toml", problems)
    return [("warning: " if one.warning else "") + one.message for one in problems]


def test_no_session_is_empty() -> None:
    """A routine with a session in which nothing is done is a mistake: as nothing is held, that session never ends."""
    wrong = "no exercise is done in session {}, so nobody ever gets to session {}"
    wrong += "; change from_session or until_session"
    assert sessions((1, 3), (5, 0)) == [wrong.format(4, 5)]
    assert sessions((2, 0)) == [wrong.format(1, 2)]
    assert sessions((1, 2), (3, 4), (8, 9)) == [wrong.format(5, 6)]
    assert sessions((1, 3), (4, 0)) == sessions((1, 0), (5, 6)) == sessions((1, 3), (1, 0), (9, 9)) == []
    assert sessions((1, 3), (4, 6)) == ["warning: no exercise is done after session 6: each has until_session"]


def test_by_of_repetitions() -> None:
    """Repetitions grow by a number, not by a length."""
    problems: list[Problem] = []
    exercise = {
        "id": "x",
        "name": "X",
        "say": "Do.",
        "reps": {"from": 5, "to": 9, "by": "2s", "every": 3},
        "phases": [{"name": "up", "time": "2s"}],
    }
    data = {"schema": 1, "id": "r", "title": "R", "language": "en", "exercise": [exercise]}
    assert read_routine(data, "r.toml", problems) is None
    assert [str(one) for one in problems] == ['r.toml: exercise[1].reps: by: "2s" is not a whole number']
