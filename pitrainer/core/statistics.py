"""What the sessions of the past amount to: which were done, the streak, the weeks, what is left out most.

A session is done when at least so many percent of its routine were held: each exercise counts the same, by the share of its
hold time. What was stopped half-way and what was done only in part (an exercise repeated) is on the calendar, but keeps no
streak. A session belongs to the day, by the person's own clock at that time, on which it began.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

from .routine import EVERY_DAY, Ask, Regimen
from .units import MINUTE, Ms

Result = Literal["running", "completed", "stopped", "died"]
"""How a session ended; "died" where the program or the power went."""

SpokenStatus = Literal["program", "last", "streak"]
"""What is said of a program when it is chosen: its name alone, when it was done last, or the streak."""

DAY = timedelta(days=1)


class Rating(NamedTuple):
    """What a person has answered."""

    step: int
    """The number of the step in the plan."""
    exercise: str
    """Its id; empty where the whole routine was asked about."""
    about: Ask
    value: int
    """0 to 10."""


@dataclass(frozen=True)
class Past:
    """One session of the past, without its single holds."""

    start: datetime
    """Local time, with its offset."""
    active: Ms
    """From its start to its end without the pauses."""
    regimen: Regimen
    share: int
    """How much of the routine was held, each exercise counting the same: hundredths of a percent, rounded down."""
    practised: frozenset[str]
    """The ids of the exercises of which at least one hold was held to its end."""
    result: Result
    ratings: tuple[Rating, ...] = ()
    once_more: bool = False
    """It was one exercise, done once more."""

    @property
    def day(self) -> date:
        """The day to which it belongs."""
        return self.start.date()

    def done(self, percent: int) -> bool:
        """Tell whether it counts as done."""
        return not self.once_more and self.share >= percent * 100


@dataclass(frozen=True)
class Facts:
    """What is known of one regimen."""

    last_done: date | None = None
    """The day of the last one done."""
    done_today: bool = False
    streak: int = 0
    """Days in a row with one done, until today, or until yesterday where today may still come."""
    last: Past | None = None
    """The last session, done or not."""


@dataclass(frozen=True)
class Day:
    """One day of the calendar."""

    day: date
    sessions: int
    """Begun."""
    done: bool
    """At least one was done."""


@dataclass(frozen=True)
class Week:
    """One week of the calendar, from Monday to Sunday."""

    days: tuple[Day, ...]
    done: int
    """Sessions done."""
    active: Ms
    """Time in sessions, done or not, without their pauses."""
    ratings: tuple[Rating, ...] = ()

    @property
    def minutes(self) -> int:
        """That time in whole minutes."""
        return round(self.active / MINUTE)


@dataclass(frozen=True)
class Skips:
    """How often the holds of one exercise were skipped, of so many begun."""

    regimen: Regimen
    exercise: str
    skipped: int
    begun: int


def streak(done: Collection[date], today: date, due: Collection[int] = EVERY_DAY) -> int:
    """Count the days in a row until today; a today without a session does not break it yet.

    Nor does a day of the week on which nothing is `due`; it counts only where something was done on it.
    """
    days = frozenset(done)
    if not days:
        return 0
    day = today if today in days else today - DAY
    first = min(days)
    count = 0
    while day >= first and (day in days or day.weekday() not in due):
        count += day in days
        day -= DAY
    return count


def longest_streak(done: Collection[date], due: Collection[int] = EVERY_DAY) -> int:
    """Count the days of the longest row there ever was."""
    longest = count = 0
    before: date | None = None
    for day in sorted(set(done)):
        # Of eight days between, one is due for sure.
        between = [before + number * DAY for number in range(1, min(9, (day - before).days))] if before else []
        count = 1 if any(one.weekday() in due for one in between) else count + 1
        longest = max(longest, count)
        before = day
    return longest


def calendar(pasts: Iterable[Past], percent: int, today: date, weeks: int) -> tuple[Week, ...]:
    """Return the last weeks, the present one last, up to its Sunday."""
    by_day: dict[date, list[Past]] = {}
    for past in pasts:
        by_day.setdefault(past.day, []).append(past)
    this_monday = today - timedelta(days=today.weekday())
    return tuple(_week(by_day, percent, this_monday - timedelta(weeks=back)) for back in reversed(range(weeks)))


def _week(by_day: Mapping[date, Sequence[Past]], percent: int, monday: date) -> Week:
    days = [monday + timedelta(days=number) for number in range(7)]
    pasts = [past for day in days for past in by_day.get(day, ())]
    return Week(
        days=tuple(Day(day, len(by_day.get(day, ())), any(past.done(percent) for past in by_day.get(day, ()))) for day in days),
        done=sum(past.done(percent) for past in pasts),
        active=Ms(sum(past.active for past in pasts)),
        ratings=tuple(rating for past in pasts for rating in past.ratings),
    )


def most_skipped(skips: Iterable[Skips]) -> Skips | None:
    """Return the exercise of which the largest part was skipped, or None where nothing was."""
    some = [skip for skip in skips if skip.skipped]
    return max(some, key=lambda skip: (skip.skipped / skip.begun, skip.skipped, skip.exercise), default=None)


@dataclass(frozen=True)
class Overview:
    """The habit of one person: who shares a trainer has a name, or at least a profile, of their own."""

    who: str
    """The name, or the profile of those without."""
    today: date
    weeks: tuple[Week, ...]
    streak: int
    longest: int
    """Days of the longest row there ever was."""
    done: int
    """Sessions done, ever."""
    since: date
    """The day of the first session."""
    skipped: Skips | None
    """What was skipped most in these weeks."""
    last: tuple[tuple[date, Rating], ...] = ()
    """The last answer about each exercise, or the whole routine, in these weeks; the day on which it was given."""


def overviews(
    pasts: Iterable[Past],
    skips: Callable[[date], Iterable[Skips]],
    percent: int,
    today: date,
    weeks: int,
    due: Mapping[Regimen, frozenset[int]] = MappingProxyType({}),
) -> list[Overview]:
    """Return an overview for each person that has sessions, and for each profile of those without a name.

    Args:
        pasts: all sessions, in any order.
        skips: returns how often holds were skipped since a day.
        percent: of a routine that make a session count as done.
        today: the last day that counts as past.
        weeks: how many the calendar has.
        due: the days of the week that must not be missed, of what is known.
    """
    of_each: dict[tuple[str, str], list[Past]] = {}
    for past in pasts:
        of_each.setdefault(_who(past.regimen), []).append(past)
    skipped = list(skips(today - timedelta(days=today.weekday(), weeks=weeks - 1))) if of_each else []
    return [
        Overview(
            who=person or profile,
            today=today,
            weeks=calendar(every, percent, today, weeks),
            streak=streak(done := [past.day for past in every if past.done(percent)], today, days := _due(every, due)),
            longest=longest_streak(done, days),
            done=len(done),
            since=min(past.day for past in every),
            skipped=most_skipped(skip for skip in skipped if _who(skip.regimen) == (person, profile)),
            last=_last_ratings(every, today - timedelta(days=today.weekday(), weeks=weeks - 1)),
        )
        for (person, profile), every in sorted(of_each.items())
    ]


def _due(pasts: Iterable[Past], due: Mapping[Regimen, frozenset[int]]) -> frozenset[int]:
    known = [due[regimen] for regimen in {past.regimen for past in pasts} if regimen in due]
    return frozenset[int]().union(*known) if known else EVERY_DAY


def _last_ratings(pasts: Iterable[Past], since: date) -> tuple[tuple[date, Rating], ...]:
    last: dict[tuple[Regimen, str, Ask], tuple[date, Rating]] = {}
    for past in sorted(pasts, key=lambda past: past.start):
        if past.day >= since:
            last |= {(past.regimen, rating.exercise, rating.about): (past.day, rating) for rating in past.ratings}
    return tuple(last.values())


def span(ratings: Iterable[Rating], about: Ask) -> str:
    """Return the least and the most that was answered, for the eye; nothing where nothing was."""
    values = [rating.value for rating in ratings if rating.about == about]
    least, most = min(values, default=0), max(values, default=0)
    return "" if not values else str(most) if least == most else f"{least}-{most}"


def _who(regimen: Regimen) -> tuple[str, str]:
    """Return the name, or where there is none, the profile."""
    return regimen.person, "" if regimen.person else regimen.profile
