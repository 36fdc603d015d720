"""Presses that belong together: what two, three and more of them do, at any speed and at any moment."""

from itertools import accumulate
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.core.messages import Edge, Input
from pitrainer.core.planner import make_plan
from pitrainer.core.units import Ms
from pitrainer.service.loop import Quit
from support.fakes import BEGUN, SMALL, SimRoom, Told, half_a_second, place, tap

PLAN = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN)
OUTRO = 1_000 + PLAN.steps[-1].start
"""When it begins in a session that `tap(0, 300)` starts. Two presses there end the session: nothing is left of it."""
Script = list[tuple[int, Input | Quit]]


class Burst(NamedTuple):
    """A number of presses that belong together, in a session that runs or is paused."""

    double: int
    paused: bool
    edges: list[tuple[int, bool]]

    def script(self, presses: int) -> Script:
        """Begin, pause if so wished, and make the first presses of the burst."""
        begin: Script = [*tap(0, 300), *(tap(self.edges[0][0] - 5_000) if self.paused else [])]
        return begin + [(at, Edge("button", down, Ms(at))) for at, down in self.edges[: 2 * presses]]


@st.composite
def bursts(draw: st.DrawFn, least: int, most: int) -> Burst:
    double = draw(st.sampled_from([250, 400, 1_200]))
    count = draw(st.integers(least, most))
    gaps = draw(st.lists(st.integers(60, double), min_size=count - 1, max_size=count - 1))
    paused = draw(st.booleans())
    downs = list(accumulate(gaps, initial=draw(st.integers(6_500 if paused else 1_500, OUTRO - 1))))
    lengths = [draw(st.integers(30, gap - 30)) for gap in gaps] + [100]
    return Burst(double, paused, [edge for at, n in zip(downs, lengths, strict=True) for edge in ((at, True), (at + n, False))])


def told(burst: Burst, presses: int, *more: tuple[int, Input | Quit], since: int = 0) -> list[Told]:
    return SimRoom([*burst.script(presses), *more], until=200_000, double=burst.double).told(since)


def began(actions: list[Told]) -> str:
    """Return the first step that began."""
    return next(what for _, _, what in actions if what.startswith("began")).split(" for ")[0]


QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(bursts(4, 12))
def test_four_and_more(burst: Burst) -> None:
    """A burst of four and more presses leaves the session paused where it was before: what goes on then is the same."""
    end = burst.edges[-1][0]
    later = tap(end + 60_000)
    since = later[0][0]
    without = told(burst, 0 if burst.paused else 1, *later, since=since)
    assert told(burst, 12, *later, since=since) == without
    quiet = [what for at, _, what in told(burst, 12) if end < at < end + 60_000]
    assert [what for what in quiet if what != "say The session is paused."] == []
    assert [what for _, _, what in told(burst, 12) if what.startswith("ended")] == []


@QUICK
@given(bursts(2, 3))
def test_two_and_three(burst: Burst) -> None:
    """From wherever it was: two presses lead to the next hold's instruction, three to that of the next exercise."""
    first, end = burst.edges[0][0], burst.edges[-2][0]
    presses = len(burst.edges) // 2
    # Where one press pauses it.
    actions = SimRoom(burst.script(0 if burst.paused else 1), until=first + 1, double=burst.double).told()
    at = int(next(what for _, _, what in reversed(actions) if what.startswith("paused")).split()[2])
    number = PLAN.steps[at].number
    following = [step for step in PLAN.steps[at + 1 :] if step.kind in ("instruct", "outro")]
    if presses == 3:
        following = [step for step in following if step.kind == "outro" or step.number > number]
    assert began(told(burst, presses, since=end)) == f"began {place(following[0])}"


@QUICK
@given(bursts(1, 12))
def test_every_press_is_answered(burst: Burst) -> None:
    """Each press of a burst is answered by a blip in its moment, however many there are."""
    downs = [at for at, down in burst.edges if down]
    blips = [at for at, _, what in told(burst, 12, since=downs[0]) if what == "buzz PRESS"]
    assert blips == downs
