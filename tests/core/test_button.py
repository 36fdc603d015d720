"""The button: every press at once, none twice, none from bouncing."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitrainer.core.button import DOUBLE, ButtonReader, Gesture
from pitrainer.core.units import Ms

DEBOUNCE, HOLD = Ms(30), Ms(1_200)
PRESS, AGAIN, HELD, LONGER, STUCK, RELEASE = Gesture


def gestures(edges: list[tuple[int, bool]], *, down: bool = False, until: int = 100_000) -> list[tuple[int, Gesture]]:
    """Feed edges as a loop on time does; return each gesture with the time at which it was told."""
    reader = ButtonReader(DEBOUNCE, HOLD, down=down)
    told: list[tuple[int, Gesture]] = []
    for at, level in [*edges, (until, None)]:
        while (due := reader.deadline()) is not None and due < at:
            told += [(due, gesture) for gesture in reader.tick(due)]
        if level is not None:
            told += [(at, gesture) for gesture in reader.edge(level, Ms(at))]
    return told


def late(edges: list[tuple[int, bool]], end: int) -> list[Gesture]:
    """Feed edges as a loop does that wakes only long after all of them."""
    reader = ButtonReader(DEBOUNCE, HOLD)
    return [gesture for at, level in edges for gesture in reader.edge(level, Ms(at))] + reader.tick(Ms(end))


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([], []),
        ([(0, True), (100, False)], [(0, PRESS), (100, RELEASE)]),
        # bouncing at the press, and at the release
        ([(0, True), (2, False), (4, True), (9, False), (11, True), (200, False)], [(0, PRESS), (200, RELEASE)]),
        ([(0, True), (200, False), (202, True), (205, False), (229, True), (229, False)], [(0, PRESS), (200, RELEASE)]),
        # the same level told twice
        ([(0, True), (5, True), (50, True), (200, False), (300, False)], [(0, PRESS), (200, RELEASE)]),
        # a glitch: answered at once, and over when the time for bouncing is
        ([(0, True), (1, False)], [(0, PRESS), (30, RELEASE)]),
        # released in the time for bouncing, and again down in that of the release
        ([(0, True), (20, False), (40, True), (500, False)], [(0, PRESS), (30, RELEASE), (60, AGAIN), (500, RELEASE)]),
        # up for less than the bouncing lasts: nobody can do that
        ([(0, True), (500, False), (510, True), (520, False)], [(0, PRESS), (500, RELEASE)]),
        # a change that settles exactly at the end of the lockout
        ([(0, True), (30, False)], [(0, PRESS), (30, RELEASE)]),
        # double presses, from one press down to the next
        ([(0, True), (100, False), (400, True), (450, False)], [(0, PRESS), (100, RELEASE), (400, AGAIN), (450, RELEASE)]),
        ([(0, True), (100, False), (401, True), (450, False)], [(0, PRESS), (100, RELEASE), (401, PRESS), (450, RELEASE)]),
        (
            [(0, True), (100, False), (300, True), (400, False), (600, True), (700, False)],
            [(0, PRESS), (100, RELEASE), (300, AGAIN), (400, RELEASE), (600, AGAIN), (700, RELEASE)],
        ),
        # held: exactly at its time
        ([(7, True), (5_000, False)], [(7, PRESS), (1_207, HELD), (3_207, LONGER), (5_000, RELEASE)]),
        ([(0, True), (1_199, False)], [(0, PRESS), (1_199, RELEASE)]),
        ([(0, True), (1_200, False)], [(0, PRESS), (1_200, HELD), (1_200, RELEASE)]),
        (
            [(0, True), (100, False), (200, True), (9_000, False)],
            [(0, PRESS), (100, RELEASE), (200, AGAIN), (1_400, HELD), (3_400, LONGER), (9_000, RELEASE)],
        ),
        # held, and pressed anew
        (
            [(0, True), (3_000, False), (3_100, True), (3_200, False)],
            [(0, PRESS), (1_200, HELD), (3_000, RELEASE), (3_100, PRESS), (3_200, RELEASE)],
        ),
        # jammed: nothing more comes of it, and the next press works
        (
            [(0, True), (61_000, False), (62_000, True), (62_100, False)],
            [(0, PRESS), (1_200, HELD), (3_200, LONGER), (60_000, STUCK), (62_000, PRESS), (62_100, RELEASE)],
        ),
    ],
)
def test_gestures(edges: list[tuple[int, bool]], expected: list[tuple[int, Gesture]]) -> None:
    """Each gesture is told once and at its time, whatever the contact does."""
    assert gestures(edges) == expected


def test_down_at_start() -> None:
    """A button that is down at start is ignored until it is released; then it works."""
    edges = [(5_000, False), (5_010, True), (5_015, False), (6_000, True), (6_100, False)]
    assert gestures(edges, down=True) == [(6_000, PRESS), (6_100, RELEASE)]
    assert gestures([], down=True) == []


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([(0, True), (100, False)], [PRESS, RELEASE]),
        ([(0, True), (100, False), (300, True), (350, False)], [PRESS, RELEASE, AGAIN, RELEASE]),
        ([(0, True), (1_300, False)], [PRESS, HELD, RELEASE]),
        ([(0, True), (2, False), (4, True)], [PRESS, HELD, LONGER]),
        ([(0, True), (1, False)], [PRESS, RELEASE]),
    ],
)
def test_late_loop(edges: list[tuple[int, bool]], expected: list[Gesture]) -> None:
    """A loop that comes ten seconds late reads the gestures that were made, for each edge carries its time."""
    assert late(edges, 10_000) == expected


BOUNCY = st.lists(st.tuples(st.one_of(st.integers(0, 40), st.integers(0, 2_000)), st.booleans()), max_size=30)


@settings(max_examples=300)
@given(BOUNCY, st.booleans())
def test_sensible_order(steps: list[tuple[int, bool]], down: bool) -> None:
    """Whatever the edges: down and up take turns, a time down has one end, and presses are never closer than bouncing is."""
    edges, at = [], 0
    for wait, level in steps:
        at += wait
        edges.append((at, level))
    told = gestures(edges, down=down)
    downs = (PRESS, AGAIN)
    assert all(told[0][1] in downs for _ in told[:1])
    for (_, gesture), (_, following) in pairwise(told):
        # Between two presses there is an end: up again, or stuck.
        assert following in {
            PRESS: (HELD, RELEASE),
            AGAIN: (HELD, RELEASE),
            HELD: (LONGER, RELEASE),
            LONGER: (STUCK, RELEASE),
        }.get(gesture, downs)
    times = [at for at, _ in told]
    assert times == sorted(times)
    presses = [(at, gesture) for at, gesture in told if gesture in downs]
    for (first, _), (second, gesture) in pairwise(presses):
        assert second - first >= 2 * DEBOUNCE
        assert (gesture is AGAIN) == (second - first <= DOUBLE)
    assert [at for at, gesture in told if gesture is HELD] == [
        press + HOLD for (press, _), (end, gesture) in pairwise(told) if gesture is HELD
    ]


@settings(max_examples=200)
@given(BOUNCY)
def test_late_is_the_same(steps: list[tuple[int, bool]]) -> None:
    """Lateness of the loop changes no gesture, only when it is told."""
    edges, at = [], 0
    for wait, level in steps:
        at += wait
        edges.append((at, level))
    assert late(edges, 100_000) == [gesture for _, gesture in gestures(edges)]


@pytest.mark.parametrize("debounce", [0, 5, 50])
def test_press_needs_no_wait(debounce: int) -> None:
    """A press is told by the call that brings its edge, however long the contact may bounce."""
    assert ButtonReader(Ms(debounce), HOLD).edge(True, Ms(5)) == [PRESS]


@pytest.mark.parametrize(
    ("double", "gap", "gesture"), [(250, 250, AGAIN), (250, 251, PRESS), (1_200, 1_200, AGAIN), (1_200, 1_201, PRESS)]
)
def test_double_as_set(double: int, gap: int, gesture: Gesture) -> None:
    """Slow fingers have the time that is set, from one press down to the next; a millisecond later it is another press."""
    reader = ButtonReader(DEBOUNCE, HOLD, double=Ms(double))
    told = [one for at, down in [(0, True), (100, False), (gap, True)] for one in reader.edge(down, Ms(at))]
    assert told == [PRESS, RELEASE, gesture]


def test_a_spark() -> None:
    """What is over sooner than any finger is nothing; a press counts as soon as it has lasted longer, a bouncing one too."""

    def gestures(*edges: tuple[int, bool]) -> list[Gesture]:
        reader = ButtonReader(DEBOUNCE, HOLD, spark=Ms(2))
        return [gesture for at, down in edges for gesture in reader.edge(down, Ms(at))] + reader.tick(Ms(1_000))

    assert gestures((100, True), (100, False), (200, True), (201, False)) == []
    assert gestures((100, True), (101, False), (101, True), (102, False), (103, True), (200, False)) == [PRESS, RELEASE]
    reader = ButtonReader(DEBOUNCE, HOLD, spark=Ms(2))
    assert (reader.edge(True, Ms(100)), reader.deadline(), reader.tick(Ms(102))) == ([], 102, [PRESS])
    assert (reader.edge(False, Ms(300)), reader.edge(True, Ms(301)), reader.tick(Ms(302))) == ([], [], [])
