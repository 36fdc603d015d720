"""What the trainer knows of the past: from the history and a wall clock that may not be right yet."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from pitrainer.config.quiet import quiet_hours
from pitrainer.config.schema import ReminderSettings, Settings, SoundSettings
from pitrainer.core.learned import Learned
from pitrainer.core.reminders import Announced
from pitrainer.core.routine import Ask, Program, Regimen
from pitrainer.core.statistics import Facts, Past, Rating, Result
from pitrainer.core.units import MINUTE, Ms
from pitrainer.history.habits import KnownHabit, make_reminders
from support.fakes import SMALL

BERLIN = ZoneInfo("Europe/Berlin")
NECK = Regimen("neck", "adult")
NOON = datetime(2024, 5, 6, 12, tzinfo=BERLIN)


class FakeHistory:
    """Counts how often it was written; knows what it is told."""

    def __init__(self) -> None:
        self.ready = False
        self.flushed = 0
        self.told = Facts()

    def flush(self) -> None:
        self.flushed += 1

    def facts(self, regimen: Regimen) -> Facts:
        assert regimen == NECK
        return self.told

    def learned(self, regimen: Regimen, today: date | None, short_after: int) -> Learned:
        assert (regimen, today, short_after) == (NECK, None, 10)
        return Learned(12)


class FakeClock:
    """Shows noon; trusted or not."""

    right = False
    changes = 0

    def trusted(self) -> bool:
        return self.right

    def zoned(self) -> datetime:
        return NOON


def test_the_day_is_known_late() -> None:
    """The day is told once the history was looked into, the clock is right, and what was written before has its day mended."""
    history, clock = FakeHistory(), FakeClock()
    work: list[Callable[[], None]] = []
    habit = KnownHabit(Settings(), history, clock, work.append)  # type: ignore[arg-type]
    assert habit.wall() is None
    history.ready = True
    assert habit.wall() is None
    clock.right = True
    assert [habit.wall(), habit.wall()] == [None, None]
    (mend,) = work
    mend()
    assert history.flushed == 1
    assert [habit.wall(), habit.wall()] == [NOON, NOON]
    assert len(work) == 1


@pytest.mark.parametrize("right", [True, False])
def test_the_day_is_known_at_once(right: bool) -> None:
    """Where the clock is right at the start, the first look into the history has mended it as well."""
    history, clock = FakeHistory(), FakeClock()
    work: list[Callable[[], None]] = []
    habit = KnownHabit(Settings(), history, clock, work.append)  # type: ignore[arg-type]
    clock.right = right
    habit.begin()
    history.ready = clock.right = True
    assert (habit.wall(), history.flushed) == (NOON if right else None, 1)
    assert len(work) == (not right)


def test_the_clock_is_set_anew() -> None:
    """After each setting the day is told only once the history has mended its times."""
    history, clock = FakeHistory(), FakeClock()
    history.ready = clock.right = True
    work: list[Callable[[], None]] = []
    habit = KnownHabit(Settings(), history, clock, work.append)  # type: ignore[arg-type]
    for changes in (0, 1, 2):
        clock.changes = changes
        assert [habit.wall(), habit.wall()] == [None, None]
        work.pop()()
        assert (habit.wall(), work, history.flushed) == (NOON, [], changes + 1)


def test_facts() -> None:
    """What is asked is what the history has."""
    history, clock = FakeHistory(), FakeClock()
    history.told = Facts(date(2024, 5, 6), done_today=True, streak=4)
    habit = KnownHabit(Settings(), history, clock, lambda _: None)  # type: ignore[arg-type]
    assert habit.last_done(NECK) == date(2024, 5, 6)
    assert habit.streak(NECK) == 4
    assert habit.learned(Program(replace(SMALL, id="neck"), "adult", "standard")) == Learned(12)


@pytest.mark.parametrize(
    ("result", "about", "value", "over"),
    [
        ("stopped", "pain", 8, NOON.date()),
        ("died", "pain", 10, NOON.date()),
        ("stopped", "pain", 7, date(2024, 5, 1)),
        ("stopped", "effort", 10, date(2024, 5, 1)),
        ("completed", "pain", 8, date(2024, 5, 1)),
    ],
)
def test_pain_ends_the_day(result: Result, about: Ask, value: int, over: date) -> None:
    """Where pain has ended the last session, that day is over for the routine, though it was not done."""
    history = FakeHistory()
    ratings = Rating(5, "push", about, 2), Rating(9, "pull", about, value)
    last = Past(NOON, Ms(60_000), NECK, 2_000, frozenset(), result, ratings)
    history.told = Facts(date(2024, 5, 1), last=last)
    habit = KnownHabit(Settings(), history, FakeClock(), lambda _: None)  # type: ignore[arg-type]
    assert (habit.last_over(NECK), habit.last_done(NECK)) == (over, date(2024, 5, 1))


def test_quiet_hours() -> None:
    """The quiet hours are the settings'; the same begin and end are none."""
    quiet = quiet_hours(SoundSettings(quiet_from="22:00", quiet_to="07:00"))
    assert [quiet(time(hour)) for hour in (6, 7, 21, 22)] == [True, False, False, True]
    assert not quiet_hours(SoundSettings(quiet_from="22:00", quiet_to="22:00"))(time(22))
    history, clock = FakeHistory(), FakeClock()
    noon = replace(Settings(), sound=SoundSettings(quiet_from="11:00", quiet_to="13:00"))
    assert KnownHabit(noon, history, clock, lambda _: None).quiet()  # type: ignore[arg-type]
    assert not KnownHabit(Settings(), history, clock, lambda _: None).quiet()  # type: ignore[arg-type]


def test_reminders_of_the_settings() -> None:
    """A reminder comes at the time and on the days that the settings have."""
    monday = ReminderSettings("12:30", "neck", "adult", days=("mon",))
    reminders = make_reminders(replace(Settings(), reminder_times=(monday,)))
    assert [(one.key, one.days) for one in reminders.reminders] == [("12:30 neck adult", frozenset({0}))]
    assert reminders.look(Ms(0), NOON, lambda *_: None, busy=False) == []
    later = NOON.replace(hour=12, minute=30)
    assert reminders.look(Ms(1_800_000), later, lambda *_: None, busy=False) == [Announced(reminders.reminders[0], 1)]


def test_days_off_come_with_a_session() -> None:
    """Days on which nothing is due in the next session are days off, though there was or will be an exercise for them."""
    one = SMALL.exercises[0]
    daily, mondays = replace(one, until_session=2), replace(one, id="later", days=frozenset({0}))
    setting = ReminderSettings("12:30", "small", "adult")
    past = Learned()
    reminders = make_reminders(
        replace(Settings(), reminder_times=(setting,)),
        reminded={setting.reminder.key: Program(replace(SMALL, exercises=(daily, mondays)), "adult", "standard")},
        learned=lambda _: past,
    )
    said: list[str] = []
    for minute in range(0, 7 * 24 * 60, 10):
        wall = NOON + timedelta(minutes=minute)
        for report in reminders.look(Ms(minute * MINUTE), wall, lambda _: None, busy=False):
            if isinstance(report, Announced) and report.number == 1:
                past = Learned(past.sessions + 1)
                said.append(f"{wall:%a}")
    assert said == ["Mon", "Tue"]
    following = reminders.next(NOON + timedelta(days=1, hours=1), lambda _: None)
    assert following is not None
    assert f"{following[1]:%a %d}" == "Mon 13"
    past = Learned()  # after a long break it is daily again; none of the days off has been missed for that
    assert reminders.look(Ms(7 * 24 * 60 * MINUTE), NOON + timedelta(days=7), lambda _: None, busy=False) == []


def test_no_reminder_on_days_off() -> None:
    """On a day on which no exercise of the routine is due nobody is reminded of it, and none is announced for it."""
    daily = ReminderSettings("12:30", "neck", "adult")
    other = ReminderSettings("12:40", "other", "adult", days=("mon", "tue"))
    off = replace(SMALL, exercises=tuple(replace(one, days=frozenset({1, 3})) for one in SMALL.exercises))
    settings = replace(Settings(), reminder_times=(daily, other))
    reminded = {one.reminder.key: Program(off, "adult", "standard") for one in (daily, other)}
    reminders = make_reminders(settings, reminded=reminded)
    said: list[str] = []
    for minute in range(0, 7 * 24 * 60, 10):
        wall = NOON + timedelta(minutes=minute)
        reports = reminders.look(Ms(minute * MINUTE), wall, lambda *_: None, busy=False)
        first = (one for one in reports if isinstance(one, Announced) and one.number == 1)
        said += [f"{wall:%a %H:%M} {one.reminder.routine}" for one in first]
    assert said == ["Tue 12:30 neck", "Tue 12:40 other", "Thu 12:30 neck"]
    following = reminders.next(NOON, lambda _: None)
    assert following is not None
    assert f"{following[1]:%a %H:%M}" == "Tue 12:30"
