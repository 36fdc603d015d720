"""What the past amounts to: done or not, streaks over ends of months and years, weeks from Monday, what is skipped most."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitrainer.core.routine import EVERY_DAY, Regimen, due_days
from pitrainer.core.session_record import HoldRecord, share
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
from support.fakes import SMALL

TODAY = date(2026, 11, 22)  # a Sunday
ZONE = timezone(timedelta(hours=1))


def past(
    day: date, share: int = 10_000, *, minutes: int = 10, profile: str = "adult", person: str = "", hour: int = 19
) -> Past:
    start = datetime(day.year, day.month, day.day, hour, 30, tzinfo=ZONE)
    return Past(start, Ms(minutes * MINUTE), Regimen("neck", profile, person), share, frozenset({"press"}), "completed")


def days(*back: int) -> list[date]:
    return [TODAY - timedelta(days=number) for number in back]


@pytest.mark.parametrize(
    ("share", "percent", "done"),
    [
        (10_000, 100, True),
        (9_999, 100, False),
        (8_000, 80, True),
        (7_999, 80, False),
        (100, 1, True),
        (99, 1, False),
        (0, 1, False),
    ],
)
def test_done(share, percent, done):
    """A session is done from just so many percent on; with nothing held it never is."""
    assert past(TODAY, share).done(percent) is done


TEN, MINUTE_LONG = Ms(10_000), Ms(60_000)


@pytest.mark.parametrize(
    ("holds", "exercises", "expected"),
    [
        ([("a", TEN, TEN), ("b", TEN, TEN)], 2, 10_000),
        ([("a", TEN, TEN), ("b", TEN, None)], 2, 5_000),
        ([("a", TEN, TEN), ("b", TEN, Ms(0))], 2, 5_000),
        # A short exercise counts as much as a long one, and each by its time: a minute half held, with a whole ten seconds.
        ([("a", TEN, TEN), ("b", MINUTE_LONG, Ms(30_000))], 2, 7_500),
        ([("a", TEN, TEN), ("a", TEN, None), ("a", MINUTE_LONG, MINUTE_LONG), ("b", TEN, None)], 2, 4_375),
        # One of five left out; and one of five alone, repeated later.
        ([(name, TEN, TEN) for name in "abcd"] + [("e", MINUTE_LONG, None)], 5, 8_000),
        ([("e", MINUTE_LONG, MINUTE_LONG)], 5, 2_000),
        # Longer than planned is not more than all of it, as a file may have it.
        ([("a", TEN, MINUTE_LONG), ("b", TEN, None)], 2, 5_000),
        ([("a", TEN, TEN)] * 2 + [("b", TEN, None), ("c", TEN, None)], 3, 3_333),
        ([("a", Ms(0), Ms(0))], 1, 0),
        ([], 0, 0),
    ],
)
def test_share(holds, exercises, expected):
    """Each exercise counts the same, by the share of its hold time that was held; a hold never begun counts nothing."""
    records = [HoldRecord(number, name, "", 1, *lengths) for number, (name, *lengths) in enumerate(holds)]
    assert share(records, exercises) == expected


def test_a_session_belongs_to_the_day_on_which_it_began():
    """The person's own clock of that time counts, wherever they are now."""
    night = datetime(2026, 11, 21, 23, 59, tzinfo=timezone(timedelta(hours=-8)))
    assert Past(night, Ms(0), Regimen("neck", "adult"), 10_000, frozenset(), "completed").day == date(2026, 11, 21)


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


def test_no_streak_yet() -> None:
    """Who has done nothing has no streak, as of any day; the history asks as of the first that there is."""
    assert [streak([], day) for day in (date.min, TODAY)] == [0, 0]


@pytest.mark.parametrize(
    ("back", "expected"), [([], 0), ([700], 1), ([0, 1, 5, 6, 7, 9], 3), ([9, 7, 6, 5, 1, 0, 6], 3), (range(400), 400)]
)
def test_longest_streak(back, expected):
    """The longest row there ever was, in whatever order the days come."""
    assert longest_streak(days(*back)) == expected


@given(st.sets(st.integers(-3, 60)), st.frozensets(st.integers(0, 6), min_size=1))
def test_streaks_agree(back, due):
    """A streak is a row that there was, and the longest is one of them."""
    done = days(*back)
    rows = [streak(done, day, due) for day in days(*range(-3, 61))]
    assert longest_streak(done, due) == max(rows)
    assert streak(done, TODAY, due) <= longest_streak(done, due)


MON_WED_FRI = frozenset({0, 2, 4})


@pytest.mark.parametrize(
    ("back", "today", "expected"),
    [
        ([2, 4, 6, 9, 11], 0, 5),  # Friday, Wednesday, Monday, Friday, Wednesday: today is Sunday
        ([2, 4, 6, 9, 11], -1, 5),  # on Monday it may still come
        ([2, 4, 6, 9, 11], -2, 0),  # it did not
        ([2, 4, 9, 11], 0, 2),  # not on Monday
        ([0, 2, 4], 0, 3),  # what is done on a day off counts
        ([], 0, 0),
    ],
)
def test_days_off(back, today, expected):
    """A day on which no exercise is due breaks no row, and is none of its days unless something was done on it."""
    assert streak(days(*back), *days(today), MON_WED_FRI) == expected


def test_days_off_in_an_overview():
    """A person's days are those of the routines that they have done; what is not known any more is left out of account."""
    off = replace(SMALL, id="neck", exercises=tuple(replace(one, days=MON_WED_FRI) for one in SMALL.exercises))
    pasts = [past(day) for day in days(2, 4, 6, 9)]
    for due, row in (({}, 0), ({pasts[0].regimen: due_days([off])}, 4), ({pasts[0].regimen: due_days([SMALL])}, 0)):
        (found,) = overviews(pasts, lambda _: [], 80, TODAY, 2, due)
        assert (found.streak, found.longest) == (row, row or 1)
    assert due_days([off]) == MON_WED_FRI
    assert streak([], date.min) == 0  # of whom nothing was done yet
    assert due_days([off, SMALL]) == due_days([]) == EVERY_DAY


def test_calendar():
    """Weeks run from Monday to Sunday, this one last and whole; what was only begun is there, and is not done."""
    sunday_before = past(date(2026, 11, 15))
    twice = [past(date(2026, 11, 16), hour=7), past(date(2026, 11, 16), 2_000, minutes=3)]
    begun = past(date(2026, 11, 18), 5_000, minutes=4)
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
    often, half, also_half, never, not_begun = (
        Skips(Regimen("neck", "adult"), name, skipped, begun)
        for name, skipped, begun in [("press", 5, 100), ("turn", 2, 4), ("tilt", 4, 8), ("shrug", 0, 50), ("nod", 0, 0)]
    )
    assert most_skipped([often, half, also_half, never, not_begun]) == also_half
    assert most_skipped([often, half]) == half
    assert most_skipped([never, not_begun]) is None
    assert most_skipped([]) is None


def test_overviews():
    """Who shares a trainer has a calendar of their own, by name or else by profile, and is not mixed with the other."""
    of_child, of_adult, of_anna = (
        Skips(Regimen("neck", *who), "press", 1, 9) for who in (("child",), ("adult",), ("adult", "Anna"))
    )
    asked: list[date] = []

    def skipped(since: date) -> list[Skips]:
        asked.append(since)
        return [of_child, of_adult, of_anna]

    adult = [past(day) for day in days(0, 1, 2, 10, 11, 12, 13)]
    child = [past(day, 3_000, profile="child") for day in days(1, 30)]
    anna = [past(day, person="Anna", profile=profile) for day, profile in zip(days(0, 1), ("adult", "child"), strict=True)]
    assert overviews([*child, *anna, *adult], skipped, 80, TODAY, 2) == [
        Overview("adult", TODAY, calendar(adult, 80, TODAY, 2), 3, 4, 7, TODAY - timedelta(days=13), of_adult),
        Overview("child", TODAY, calendar(child, 80, TODAY, 2), 0, 0, 0, TODAY - timedelta(days=30), of_child),
        Overview("Anna", TODAY, calendar(anna, 80, TODAY, 2), 2, 2, 2, TODAY - timedelta(days=1), of_anna),
    ]
    assert asked == [date(2026, 11, 9)]


def test_no_overviews():
    """Without sessions there is nobody to tell of, and nothing to ask for."""
    assert overviews([], lambda _: [][0], 80, TODAY, 12) == []
