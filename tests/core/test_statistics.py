"""What the past amounts to: done or not, streaks over ends of months and years, weeks from Monday, what is skipped most."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitrainer.core.statistics import (
    Day,
    Overview,
    Past,
    Skips,
    Week,
    calendar,
    longest_streak,
    most_skipped,
    overviews,
    streak,
)
from pitrainer.core.units import MINUTE, Ms

TODAY = date(2026, 11, 22)  # a Sunday
ZONE = timezone(timedelta(hours=1))


def past(day: date, held: int = 10, holds: int = 10, *, minutes: int = 10, profile: str = "adult", hour: int = 19) -> Past:
    start = datetime(day.year, day.month, day.day, hour, 30, tzinfo=ZONE)
    return Past(start, Ms(minutes * MINUTE), "neck", profile, holds, held, "completed")


def days(*back: int) -> list[date]:
    return [TODAY - timedelta(days=number) for number in back]


@pytest.mark.parametrize(
    ("held", "holds", "percent", "done"),
    [
        (10, 10, 80, True),
        (8, 10, 80, True),
        (7, 10, 80, False),
        (0, 10, 1, False),
        (1, 100, 1, True),
        (99, 100, 100, False),
        (100, 100, 100, True),
        (3, 4, 75, True),
        (4, 5, 81, False),
        (0, 0, 80, False),
    ],
)
def test_done(held, holds, percent, done):
    """A session is done from just so many percent of its holds on; without holds there is nothing to do."""
    assert past(TODAY, held, holds).done(percent) is done


def test_a_session_belongs_to_the_day_on_which_it_began():
    """The person's own clock of that time counts, wherever they are now."""
    night = datetime(2026, 11, 21, 23, 59, tzinfo=timezone(timedelta(hours=-8)))
    assert Past(night, Ms(0), "neck", "adult", 1, 1, "completed").day == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ([], 0),
        ([0], 1),
        ([1], 1),
        ([2], 0),
        ([0, 1, 2], 3),
        ([1, 2], 2),
        ([0, 2, 3], 1),
        ([0, 0, 1, 1], 2),
        ([-1], 0),
        ([-1, 0, 1], 2),
        (range(400), 400),
    ],
)
def test_streak(back, expected):
    """Days in a row until today; as long as today may still come, until yesterday. Nothing of the future counts."""
    assert streak(days(*back), TODAY) == expected


@pytest.mark.parametrize(
    ("back", "expected"), [([], 0), ([700], 1), ([0, 1, 5, 6, 7, 9], 3), ([9, 7, 6, 5, 1, 0, 6], 3), (range(400), 400)]
)
def test_longest_streak(back, expected):
    """The longest row there ever was, in whatever order the days come."""
    assert longest_streak(days(*back)) == expected


@given(st.sets(st.integers(-3, 60)))
def test_streaks_agree(back):
    """A streak is a row that there was, and the longest is one of them."""
    done = days(*back)
    rows = [streak(done, day) for day in days(*range(-3, 61))]
    assert longest_streak(done) == max(rows)
    assert streak(done, TODAY) <= longest_streak(done)


def test_calendar():
    """Weeks run from Monday to Sunday, this one last and whole; what was only begun is there, and is not done."""
    sunday_before = past(date(2026, 11, 15))
    twice = [past(date(2026, 11, 16), hour=7), past(date(2026, 11, 16), held=2, minutes=3)]
    begun = past(date(2026, 11, 18), held=5, minutes=4)
    long_ago = past(date(2026, 10, 30))
    assert calendar([begun, *twice, long_ago, sunday_before], 80, date(2026, 11, 18), 2) == (
        Week(
            (
                *(Day(date(2026, 11, number), 0, False) for number in range(9, 15)),
                Day(date(2026, 11, 15), 1, True),
            ),
            1,
            Ms(10 * MINUTE),
        ),
        Week(
            (
                Day(date(2026, 11, 16), 2, True),
                Day(date(2026, 11, 17), 0, False),
                Day(date(2026, 11, 18), 1, False),
                *(Day(date(2026, 11, number), 0, False) for number in range(19, 23)),
            ),
            1,
            Ms(17 * MINUTE),
        ),
    )


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
def test_every_calendar_is_whole(today, weeks):
    """Whatever day it is: so many weeks, each from Monday to Sunday, one after the other, today in the last."""
    found = calendar([], 80, today, weeks)
    all_days = [day.day for week in found for day in week.days]
    assert len(all_days) == weeks * 7
    assert all_days[0].weekday() == 0
    assert all_days == [all_days[0] + timedelta(days=number) for number in range(weeks * 7)]
    assert today in all_days[-7:]


def test_minutes_are_rounded():
    """Half a minute more or less over a week is nothing that matters."""
    assert Week((), 0, Ms(89_999)).minutes == 1
    assert Week((), 0, Ms(90_001)).minutes == 2


def test_most_skipped():
    """The largest part counts, not the number; of the same part, the larger number; nothing skipped is nothing."""
    often = Skips("adult", "neck", "press", 5, 100)
    half = Skips("adult", "neck", "turn", 2, 4)
    also_half = Skips("adult", "neck", "tilt", 4, 8)
    never = Skips("adult", "neck", "shrug", 0, 50)
    not_begun = Skips("adult", "neck", "nod", 0, 0)
    assert most_skipped([often, half, also_half, never, not_begun]) == also_half
    assert most_skipped([often, half]) == half
    assert most_skipped([never, not_begun]) is None
    assert most_skipped([]) is None


def test_overviews():
    """Who shares a trainer has a calendar of their own, and is not mixed with the other."""
    skips = [Skips("child", "neck", "press", 1, 9), Skips("adult", "neck", "turn", 2, 9)]
    asked: list[date] = []

    def skipped(since: date) -> list[Skips]:
        asked.append(since)
        return skips

    adult = [past(day) for day in days(0, 1, 2, 10, 11, 12, 13)]
    child = [past(day, held=3, profile="child") for day in days(1, 30)]
    assert overviews([*child, *adult], skipped, 80, TODAY, 2) == [
        Overview("adult", TODAY, calendar(adult, 80, TODAY, 2), 3, 4, 7, TODAY - timedelta(days=13), skips[1]),
        Overview("child", TODAY, calendar(child, 80, TODAY, 2), 0, 0, 0, TODAY - timedelta(days=30), skips[0]),
    ]
    assert asked == [date(2026, 11, 9)]


def test_no_overviews():
    """Without sessions there is nobody to tell of, and nothing to ask for."""
    assert overviews([], lambda _: [][0], 80, TODAY, 12) == []
