"""What no finger does is counted, and nothing else."""

import pytest

from pitrainer.core.phantoms import DAY, MOST, Phantoms
from pitrainer.core.units import Ms


def counted(*times: int, now: int = 10_000) -> int:
    """Let a contact close and open in turn at these times."""
    phantoms = Phantoms(Ms(30))
    for number, at in enumerate(times):
        phantoms.edge(number % 2 == 0, Ms(at))
    return phantoms.count(Ms(now))


@pytest.mark.parametrize(
    ("times", "count"),
    [
        ((), 0),
        ((1000, 1000), 1),
        ((1000, 1005), 1),
        ((1000, 1029), 1),
        ((1000, 1030), 0),
        ((1000, 1150), 0),
        ((1000, 1003, 1005, 1150, 1152, 1155), 0),
        ((1000, 1003, 1005, 1008), 1),
        ((1000, 1002, 1020, 1022, 1040, 1042, 1060, 1062), 1),
        ((1000, 1002, 2000, 2150, 3000, 3002), 2),
        ((1000,), 0),
    ],
    ids=[
        "nothing",
        "a spark",
        "a short one",
        "almost as long as it may bounce",
        "as long as it may bounce",
        "a press",
        "a press that bounces at both ends",
        "one that bounces",
        "the hum of the mains is one",
        "before and after a press",
        "down",
    ],
)
def test_count(times, count):
    """Of what happens at a contact, that is counted which was never closed for as long as it may bounce."""
    assert counted(*times) == count


def test_not_before_it_is_over():
    """What may still become a press is none yet."""
    assert [counted(1000, 1005, now=now) for now in (1006, 1034, 1035)] == [0, 0, 1]


def test_the_last_day():
    """What was a day ago is forgotten, and there is an end to counting."""
    assert [counted(1000, 1005, now=1000 + DAY - more) for more in (1, 0)] == [1, 0]
    flood = Phantoms(Ms(30))
    for number in range(2 * MOST):
        flood.edge(True, Ms(number * 100))
        flood.edge(False, Ms(number * 100 + 1))
    assert flood.count(Ms(200 * MOST)) == MOST
