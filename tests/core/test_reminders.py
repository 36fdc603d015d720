"""Reminders, step by step; `test_reminder_years.py` has them over years."""

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitrainer.core.reminders import (
    LOOK,
    Announced,
    Closed,
    Memory,
    PutOff,
    Reminder,
    Reminders,
    due,
    local,
    read_memory,
    unix,
    within,
)
from pitrainer.core.routine import Regimen
from pitrainer.core.units import MINUTE, SECOND, Ms

BERLIN = ZoneInfo("Europe/Berlin")
NECK = Reminder(time(8, 0), "neck", "adult")
PIN = Reminder(time(8, 0), "pin", "adult")
DAY = "2024-05-06"


class Desk:
    """Reminders, with a wall clock that moves with the monotonic one; each report is kept with its local time."""

    def __init__(self, *reminders: Reminder, start: str = f"{DAY} 07:00", zone: ZoneInfo = BERLIN) -> None:
        self.zone = zone
        self.all = reminders
        self.wall = datetime.fromisoformat(start).replace(tzinfo=zone).astimezone(UTC)
        self.mono = Ms(5_000)
        self.trusted = True
        self.busy = False
        self.history: dict[tuple[str, str], date] = {}
        self.told: list[tuple[str, object]] = []
        self.reminders = self.make({})
        self.run(0)

    def make(self, memory: dict[str, Memory]) -> Reminders:
        return Reminders(
            self.all,
            every=Ms(5 * MINUTE),
            give_up=Ms(30 * MINUTE),
            later=Ms(10 * MINUTE),
            quiet=lambda now: within(time(22, 0), time(7, 0), now),
            memory=read_memory(json.loads(json.dumps({key: vars(value) for key, value in memory.items()}))),
        )

    def restart(self) -> None:
        self.mono = Ms(1_000)
        self.reminders = self.make(self.reminders.remembered())

    def here(self) -> datetime:
        return self.wall.astimezone(self.zone)

    def last_done(self, regimen: Regimen) -> date | None:
        return self.history.get((regimen.routine, regimen.profile))

    def note(self, reports: list) -> None:
        self.told += [(f"{self.here():%H:%M:%S}", report) for report in reports]

    def run(self, minutes: float) -> None:
        """Let time pass, and look whenever a look is due."""
        end = self.mono + round(minutes * MINUTE)
        while True:
            wake = self.reminders.deadline()
            assert wake is not None
            if wake > end:
                break
            self.wall += timedelta(milliseconds=max(0, wake - self.mono))
            self.mono = Ms(max(wake, self.mono))
            wall = self.here() if self.trusted else None
            self.note(self.reminders.look(self.mono, wall, self.last_done, busy=self.busy))
        self.wall += timedelta(milliseconds=end - self.mono)
        self.mono = Ms(end)

    def sleep(self, minutes: float) -> None:
        """Suspend: the monotonic clock stands still."""
        self.wall += timedelta(minutes=minutes)


def times(count: int) -> str:
    return f"given up after {count} times"


# When


@pytest.mark.parametrize(
    ("zone", "day", "at", "moment"),
    [
        ("Europe/Berlin", "2024-05-06", "08:00", "2024-05-06T06:00"),
        ("Europe/Berlin", "2024-03-31", "02:30", "2024-03-31T01:00"),  # 02:00 to 03:00 is not there: 03:00
        ("Europe/Berlin", "2024-03-31", "02:00", "2024-03-31T01:00"),
        ("Europe/Berlin", "2024-03-31", "01:59", "2024-03-31T00:59"),
        ("Europe/Berlin", "2024-10-27", "02:30", "2024-10-27T00:30"),  # comes twice: the first
        ("Australia/Lord_Howe", "2024-10-06", "02:15", "2024-10-05T15:30"),  # half an hour is not there: 02:30
        ("America/Santiago", "2024-09-08", "00:30", "2024-09-08T04:00"),  # 01:00
        ("America/Santiago", "2024-04-06", "23:30", "2024-04-07T02:30"),  # comes twice, before midnight
        ("Asia/Kathmandu", "2024-05-06", "08:00", "2024-05-06T02:15"),
        ("Pacific/Apia", "2011-12-30", "08:00", "2011-12-30T10:00"),  # the day was left out: the next one's midnight
    ],
)
def test_when(zone: str, day: str, at: str, moment: str) -> None:
    """A time in a gap is moved to the first moment after it; of a time that comes twice the first counts."""
    zone_ = ZoneInfo(zone)
    when = due(date.fromisoformat(day), time.fromisoformat(at), zone_)
    assert local(when, UTC).isoformat() == f"{moment}:00+00:00"
    assert unix(local(when, zone_)) == when


@pytest.mark.parametrize(
    ("begin", "end", "inside", "outside"),
    [
        ("22:00", "07:00", ["22:00", "23:59", "00:00", "06:59"], ["07:00", "21:59", "12:00"]),
        ("13:00", "14:00", ["13:00", "13:59"], ["14:00", "12:59", "00:00"]),
        ("13:00", "13:00", [], ["13:00", "12:00", "00:00"]),
    ],
)
def test_within(begin: str, end: str, inside: list[str], outside: list[str]) -> None:
    """Hours may go over midnight; they have their begin and not their end."""
    a, b = time.fromisoformat(begin), time.fromisoformat(end)
    assert [at for at in inside + outside if within(a, b, time.fromisoformat(at))] == inside


# One day


def test_ignored() -> None:
    """Said at its time to the second, again every five minutes, given up after half an hour; and the same the next day."""
    desk = Desk(NECK, start=f"{DAY} 07:00:07")
    desk.run(100)
    said = [(f"08:{5 * n:02}:00", Announced(NECK, n + 1)) for n in range(6)]
    assert desk.told == [*said, ("08:30:00", Closed(NECK, (DAY,), times(6)))]
    desk.told.clear()
    desk.run(24 * 60)
    assert desk.told == [*said, ("08:30:00", Closed(NECK, ("2024-05-07",), times(6)))]


def test_looks() -> None:
    """It is looked every 20 s, and at the very moment that something is due; without reminders never."""
    desk = Desk(NECK, start=f"{DAY} 07:59:45")
    assert desk.reminders.deadline() == desk.mono + 15 * SECOND
    desk.run(0.25)
    assert desk.reminders.deadline() == desk.mono + LOOK
    empty = Desk.make(type("No", (), {"all": ()})(), {})
    assert empty.deadline() is None
    assert empty.look(Ms(0), None, lambda *_: None, busy=False) == []


def test_days() -> None:
    """Only on its days: 6 May 2024 is a Monday."""
    desk = Desk(Reminder(time(8, 0), "neck", "adult", days=frozenset({2})))
    desk.run(3 * 24 * 60)
    assert desk.told[0] == ("08:00:00", Announced(desk.all[0], 1))
    assert desk.told[-1] == ("08:30:00", Closed(desk.all[0], ("2024-05-08",), times(6)))
    assert len(desk.told) == 7


def test_answered() -> None:
    """A press answers it: it is not said again that day."""
    desk = Desk(NECK)
    assert desk.reminders.current is None
    desk.run(61)
    assert desk.reminders.current == NECK
    desk.note(desk.reminders.answer())
    assert desk.reminders.current is None
    desk.run(60)
    assert desk.told == [("08:00:00", Announced(NECK, 1)), ("08:01:00", Closed(NECK, (DAY,), "answered"))]


def test_given_up() -> None:
    """Once it is given up, a press is not for it any more."""
    desk = Desk(NECK)
    desk.run(89)
    assert desk.reminders.current == NECK
    desk.run(1)
    assert desk.reminders.current is None
    assert desk.reminders.answer() == []
    assert desk.reminders.later(desk.mono) == []


def test_later() -> None:
    """Put off, it comes again in ten minutes, as persistent as before; until then a press is not for it."""
    desk = Desk(NECK)
    desk.run(67)
    desk.note(desk.reminders.later(desk.mono))
    assert desk.reminders.current is None
    desk.run(60)
    assert desk.told == [
        ("08:00:00", Announced(NECK, 1)),
        ("08:05:00", Announced(NECK, 2)),
        ("08:07:00", PutOff(NECK)),
        *[(f"08:{17 + 5 * n}:00", Announced(NECK, 3 + n)) for n in range(6)],
        ("08:47:00", Closed(NECK, (DAY,), times(8))),
    ]


def test_later_into_the_quiet_hours() -> None:
    """Put off to where it could not be heard any more, it is over, and says so."""
    late = Reminder(time(21, 45), "pin", "adult")
    desk = Desk(late, start=f"{DAY} 21:00")
    desk.run(52)
    desk.note(desk.reminders.later(desk.mono))
    desk.run(60)
    assert desk.told == [
        ("21:45:00", Announced(late, 1)),
        ("21:50:00", Announced(late, 2)),
        ("21:52:00", Closed(late, (DAY,), "put off into the quiet hours")),
    ]


def test_quiet_hours() -> None:
    """It falls silent when the quiet hours begin."""
    late = Reminder(time(21, 52), "pin", "adult")
    desk = Desk(late, start=f"{DAY} 21:00")
    desk.run(120)
    assert desk.told == [
        ("21:52:00", Announced(late, 1)),
        ("21:57:00", Announced(late, 2)),
        ("22:22:00", Closed(late, (DAY,), times(2))),
    ]


def test_done() -> None:
    """What was done that day, in that profile, is not asked for; done while it is asked for, it is over."""
    child = Reminder(time(8, 0), "neck", "child")
    desk = Desk(NECK, child, PIN)
    desk.history = {("neck", "adult"): date(2024, 5, 6), ("neck", "child"): date(2024, 5, 5)}
    desk.run(62)
    desk.history["neck", "child"] = date(2024, 5, 6)
    desk.run(60)
    assert desk.told == [
        ("08:00:00", Closed(NECK, (DAY,), "done")),
        ("08:00:00", Announced(child, 1)),
        ("08:00:30", Announced(PIN, 1)),
        ("08:02:20", Closed(child, (DAY,), "done")),
        *[(f"08:{5 * n:02}:30", Announced(PIN, n + 1)) for n in range(1, 6)],
        ("08:30:00", Closed(PIN, (DAY,), times(6))),
    ]


def test_together() -> None:
    """Two at one time are said half a minute apart; a press is for the one that was said last, then for the other."""
    desk = Desk(NECK, PIN)
    desk.run(61)
    assert desk.reminders.current == PIN
    desk.note(desk.reminders.answer())
    assert desk.reminders.current == NECK
    assert desk.told == [
        ("08:00:00", Announced(NECK, 1)),
        ("08:00:30", Announced(PIN, 1)),
        ("08:01:00", Closed(PIN, (DAY,), "answered")),
    ]


def test_busy() -> None:
    """Nothing is said into a session; after it, what is still open is."""
    desk = Desk(NECK)
    desk.busy = True
    desk.run(75)
    desk.busy = False
    desk.run(1)
    assert desk.told == [("08:15:20", Announced(NECK, 1))]


def test_busy_for_long() -> None:
    """What a session outlasts is missed, and why is said."""
    desk = Desk(NECK)
    desk.busy = True
    desk.run(100)
    desk.busy = False
    desk.run(10)
    assert desk.told == [("08:30:00", Closed(NECK, (DAY,), "missed: a session was running"))]


def test_said_at_the_last_moment() -> None:
    """Once said, it can be answered for a minute, however soon it would have been given up."""
    desk = Desk(NECK)
    desk.busy = True
    desk.run(89.5)
    desk.busy = False
    desk.run(1)
    assert desk.told == [("08:29:40", Announced(NECK, 1))]
    assert desk.reminders.current == NECK
    desk.run(60)
    assert desk.told[1:] == [("08:30:40", Closed(NECK, (DAY,), "given up after 1 time"))]


# Clocks and restarts


def test_restart() -> None:
    """A restart in between changes nothing: what was said is not said at once again, and a postponement is kept."""
    desk = Desk(NECK)
    desk.run(61)
    desk.restart()
    desk.run(5)
    assert desk.reminders.current == NECK
    desk.note(desk.reminders.later(desk.mono))
    desk.restart()
    desk.run(10)
    desk.note(desk.reminders.answer())
    desk.restart()
    desk.run(60)
    assert desk.told == [
        ("08:00:00", Announced(NECK, 1)),
        ("08:05:00", Announced(NECK, 2)),
        ("08:06:00", PutOff(NECK)),
        ("08:16:00", Announced(NECK, 3)),
        ("08:16:00", Closed(NECK, (DAY,), "answered")),
    ]


def test_off_at_the_time() -> None:
    """What was due while the trainer was off is said late where it is still open."""
    desk = Desk(NECK)
    desk.run(50)
    desk.sleep(30)
    desk.restart()
    desk.run(1)
    assert desk.told == [("08:20:00", Announced(NECK, 1))]


def test_off_for_days() -> None:
    """What is over by then is missed, in one line."""
    desk = Desk(NECK)
    desk.run(50)
    desk.sleep(3 * 24 * 60 + 60)
    desk.restart()
    desk.run(1)
    why = "missed: the trainer was not running"
    assert desk.told == [("08:50:00", Closed(NECK, (DAY, "2024-05-07", "2024-05-08", "2024-05-09"), why))]


def test_off_while_it_was_open() -> None:
    """One that was said before the trainer went off is given up, with how often it was said."""
    desk = Desk(NECK)
    desk.run(61)
    desk.sleep(60)
    desk.restart()
    desk.run(1)
    assert desk.told[1:] == [("09:01:00", Closed(NECK, (DAY,), "given up after 1 time"))]


def test_suspended() -> None:
    """Asleep at its time, it is said on waking, or missed."""
    desk = Desk(NECK)
    desk.run(50)
    desk.sleep(20)
    desk.run(1)
    assert desk.told == [("08:10:20", Announced(NECK, 1))]
    desk.run(22 * 60)
    desk.told.clear()
    desk.sleep(4 * 60)
    desk.run(1)
    why = "missed: the computer slept, or its clock was set"
    assert desk.told == [("10:11:20", Closed(NECK, ("2024-05-07",), why))]


def test_not_trusted() -> None:
    """Nothing is said while the clock is not trusted, whatever it shows; what is still open then is said late."""
    desk = Desk(NECK)
    desk.run(10)
    desk.trusted = False
    desk.restart()
    desk.run(65)
    assert desk.told == []
    assert desk.reminders.deadline() is not None
    desk.trusted = True
    desk.run(1)
    assert desk.told == [("08:15:02", Announced(NECK, 1))]


def test_not_trusted_for_long() -> None:
    """What is over when the clock is trusted at last is missed, and why is said."""
    desk = Desk(NECK)
    desk.run(10)
    desk.trusted = False
    desk.restart()
    desk.run(120)
    desk.trusted = True
    desk.run(1)
    assert [report for _, report in desk.told] == [Closed(NECK, (DAY,), "missed: the clock could not be trusted")]


def test_set_back_a_little() -> None:
    """A clock that is set back across the time does not bring it twice."""
    desk = Desk(NECK)
    desk.run(60)
    desk.wall -= timedelta(minutes=10)
    desk.run(19)
    assert desk.told == [("08:00:00", Announced(NECK, 1)), ("08:05:00", Announced(NECK, 2))]


def test_set_back_far() -> None:
    """After a clock that was years ahead, the reminder begins anew, and is not silent for years."""
    desk = Desk(NECK)
    desk.run(61)
    desk.wall -= timedelta(days=800)
    desk.run(24 * 60)
    assert desk.told[:3] == [
        ("08:00:00", Announced(NECK, 1)),
        ("07:01:10", Closed(NECK, (), "the clock was set back: begins anew")),
        ("08:00:00", Announced(NECK, 1)),
    ]


@pytest.mark.parametrize(("zone", "again"), [("Europe/London", 0), ("America/Los_Angeles", 0), ("Pacific/Honolulu", 1)])
def test_another_zone(zone: str, again: int) -> None:
    """The zone is the wall time's own. What was answered is not asked again when 08:00 comes once more within half a day."""
    desk = Desk(NECK)
    desk.run(60)
    desk.note(desk.reminders.answer())
    desk.zone = ZoneInfo(zone)
    desk.told.clear()
    desk.run(16 * 60)
    assert [report for _, report in desk.told].count(Announced(NECK, 1)) == again


def test_new() -> None:
    """A reminder that was just written into the settings begins with its next time; one that was taken out is forgotten."""
    desk = Desk(NECK)
    desk.run(70)
    child = Reminder(time(8, 0), "neck", "child")
    desk.all = (child,)
    desk.told.clear()
    desk.restart()
    desk.run(60)
    assert desk.told == []
    assert list(desk.reminders.remembered()) == [child.key]


def test_not_current_before_the_clock_is_known() -> None:
    """What was said before a restart is answered by no press until the clock is known: it may have been days ago."""
    desk = Desk(NECK)
    desk.run(61)
    desk.restart()
    desk.trusted = False
    desk.run(1)
    assert (desk.reminders.current, desk.reminders.answer(), desk.reminders.later(desk.mono)) == (None, [], [])
    desk.trusted = True
    desk.run(1)
    assert desk.reminders.current == NECK


# Next


def test_next() -> None:
    """The next one is named with its local time: today's, tomorrow's where today's is done, or one that was put off."""
    evening = Reminder(time(19, 30), "pin", "adult", days=frozenset({1}))
    desk = Desk(NECK, evening)

    def following() -> tuple[str, str] | None:
        found = desk.reminders.next(desk.here(), desk.last_done)
        return found and (found[0].routine, f"{found[1]:%a %H:%M}")

    assert following() == ("neck", "Mon 08:00")
    desk.run(61)
    assert following() == ("neck", "Mon 08:05")
    desk.reminders.later(desk.mono)
    assert following() == ("neck", "Mon 08:11")
    desk.history["neck", "adult"] = date(2024, 5, 6)
    desk.run(1)
    assert following() == ("neck", "Tue 08:00")
    desk.history["neck", "adult"] = date(2024, 5, 7)
    assert following() == ("pin", "Tue 19:30")
    assert Desk.make(type("No", (), {"all": ()})(), {}).next(desk.here(), desk.last_done) is None


# What is remembered

GOOD = {"after": 1, "day": "2024-05-06", "until": 3, "next": 2, "count": 1, "later": False}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"x": None},
        {"x": {}},
        {"x": {**GOOD, "more": 1}},
        *[{"x": {**GOOD, key: value}} for key in ("after", "until", "next", "count") for value in (-1, 1.0, "1", True, 10**30)],
        *[{"x": {**GOOD, "day": value}} for value in (1, None, "today", "2024-13-01", "20240506")],
        {"x": {**GOOD, "later": 1}},
    ],
)
def test_damaged(data: object) -> None:
    """What is not what was remembered is a ValueError, not a surprise later."""
    with pytest.raises(ValueError, match=r"^has .*reminder"):
        read_memory(data)


@given(
    st.builds(
        Memory,
        after=st.integers(0, 4 * 10**12),
        day=st.sampled_from(["", "2024-05-06"]),
        until=st.integers(0, 4 * 10**12),
        next=st.integers(0, 4 * 10**12),
        count=st.integers(0, 100),
        later=st.booleans(),
    ),
    st.integers(0, 4 * 10**12),
)
def test_any_memory(memory: Memory, now: int) -> None:
    """Whatever is remembered, and whatever the clock says: a look ends, and the next day's reminder comes."""
    desk = Desk(NECK)
    known = read_memory({NECK.key: dict(vars(memory))})
    desk.reminders = Reminders(
        [NECK], every=Ms(MINUTE), give_up=Ms(MINUTE), later=Ms(MINUTE), quiet=lambda _: False, memory=known
    )
    desk.reminders.look(Ms(0), local(now, BERLIN), desk.last_done, busy=False)  # type: ignore[arg-type]
    begin = local(now, BERLIN).date() + timedelta(days=2)  # type: ignore[arg-type]
    when = local(due(begin, NECK.at, BERLIN), BERLIN)
    reports = desk.reminders.look(Ms(2 * 86_400_000), when, desk.last_done, busy=False)
    assert Announced(NECK, 1) in reports
