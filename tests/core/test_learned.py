"""What is known by heart: counted per exercise, and forgotten after a break."""

from datetime import date, datetime, timedelta, timezone

import pytest

from pitrainer.core.learned import Learned, Practised, learned, practise
from pitrainer.core.routine import Regimen
from pitrainer.core.statistics import Past
from pitrainer.core.units import MINUTE, Ms

TODAY = date(2026, 11, 22)
NECK = Regimen("neck", "adult")


def past(back: int, *exercises: str, share: int = 5_000) -> Past:
    """A session so many days ago, in which these exercises were practised."""
    start = datetime(2026, 11, 22, 19, 30, tzinfo=timezone(timedelta(hours=1))) - timedelta(days=back)
    return Past(start, Ms(MINUTE), NECK, share, frozenset(exercises), "stopped")


def after(*pasts: Past) -> dict[str, Practised]:
    return practise({}, pasts, 14)


def test_each_exercise_has_its_own_count():
    """What is left out of the sessions is not known; what joins later is not either, until it was practised as often."""
    pasts = [past(back, "press", *(["tilt"] if back < 9 else [])) for back in range(10, 0, -1)]
    assert learned(after(*pasts), TODAY, 10, 14) == Learned(10, frozenset({"press"}))
    one_more = after(*pasts, past(0, "press", "tilt"))
    assert learned(one_more, TODAY, 10, 14) == Learned(11, frozenset({"press"}))
    assert learned(one_more, TODAY, 9, 14) == Learned(11, frozenset({"press", "tilt"}))


def test_a_session_in_which_nothing_was_held():
    """A session that was stopped in the intro counts for nothing; one that was stopped in its first hold counts."""
    assert learned(after(past(1, share=0)), TODAY, 1, 14) == Learned(0)
    assert learned(after(past(1, share=7)), TODAY, 1, 14) == Learned(1)


@pytest.mark.parametrize(
    ("short_after", "known"), [(0, frozenset()), (1, {"press"}), (2, {"press"}), (3, frozenset()), (1_000, frozenset())]
)
def test_how_many_sessions_it_takes(short_after, known):
    """So many as the settings say; 0 is never."""
    assert learned(after(past(2, "press"), past(1, "press")), TODAY, short_after, 14) == Learned(2, frozenset(known))


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (TODAY, Learned(2, frozenset({"press"}))),
        (TODAY + timedelta(days=12), Learned(2, frozenset({"press"}))),  # 13 days after the last one
        (TODAY + timedelta(days=13), Learned(0)),
        (None, Learned(2, frozenset({"press"}))),  # what day it is is not known
        (TODAY - timedelta(days=90), Learned(2, frozenset({"press"}))),  # the clock was wrong then, or is now
    ],
)
def test_a_break_until_today(today, expected):
    """After so many days without a session all is explained again."""
    assert learned(after(past(2, "press"), past(1, "press")), today, 2, 14) == expected


def test_a_break_in_between():
    """After a break the count begins anew, also that of one exercise that was left out for so long."""
    long_ago = [past(back, "press", "tilt") for back in (31, 30)]
    assert learned(after(*long_ago, past(16, "press", "tilt")), None, 3, 14) == Learned(1)
    assert learned(after(*long_ago, past(17, "press", "tilt")), None, 3, 14) == Learned(3, frozenset({"press", "tilt"}))
    recent = [past(back, "press") for back in (20, 10)]
    assert learned(after(*long_ago, *recent, past(9, "press", "tilt")), TODAY, 3, 14) == Learned(5, frozenset({"press"}))


def test_counting_on():
    """It does not matter where the sessions that are summed up end, and those that are added begin."""
    pasts = [past(back, "press", *(["tilt"] if back % 3 else [])) for back in (60, 40, 39, 38, 20, 10, 4, 0)]
    for split in range(len(pasts)):
        assert practise(practise({}, pasts[:split], 14), pasts[split:], 14) == practise({}, pasts, 14)
