"""Seven simulated years in five zones: each reminder that is due is said once, or the journal says why not.

The world of this file has its own reckoning: when a reminder is due is read off a list of every quarter of an hour of the
seven years, and when it could have been said from the intervals in which the trainer was off, asleep, unsure of the time, in a
session, or in the quiet hours.
"""

import json
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing import get_context
from zoneinfo import ZoneInfo

import pytest

from pitrainer.core.reminders import LOOK, LOOK_SOON, Announced, Closed, Memory, PutOff, Reminder, Reminders, read_memory
from pitrainer.core.routine import Regimen
from pitrainer.core.units import MINUTE, SECOND, Ms

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago")
"""Both kinds of change, on both halves of the globe; Lord Howe's is of half an hour, Casablanca's around Ramadan, Santiago's at
midnight."""
FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
QUIET = (time(22, 0), time(0, 15))
REMINDERS = (
    Reminder(time(0, 30), "night", "adult"),  # in Santiago's gap
    Reminder(time(2, 15), "neck", "adult"),  # in the others'
    Reminder(time(21, 45), "pin", "adult"),  # open into the quiet hours
    Reminder(time(21, 45), "neck", "child", days=frozenset({0, 2, 4, 6})),  # at the same time
)
EVERY, GIVE_UP, LATER = Ms(6 * MINUTE), Ms(18 * MINUTE), Ms(5 * MINUTE)
START = datetime(2024, 1, 1, tzinfo=UTC)
UNIX = int(START.timestamp()) * 1000
LATE = 53 * SECOND
"""A look, the time that reminders are apart, and what the wall clock is off."""

Interval = tuple[int, int]


def at(moment: int) -> datetime:
    return START + timedelta(milliseconds=moment)


def ms(moment: datetime) -> int:
    return round((moment - START) / timedelta(milliseconds=1))


def almanac(zone: ZoneInfo) -> tuple[dict[tuple[str, str], int], list[Interval]]:
    """Return when each reminder is due on each day, and the quiet hours.

    A reminder is due in the first quarter of an hour in which its day has its time of day, or a later one.
    """
    found: dict[tuple[str, str], int] = {}
    quiet: list[Interval] = []
    moment = datetime.combine(FIRST, time(), UTC) - timedelta(days=1)
    day, waiting = FIRST, list(REMINDERS)
    while (here := moment.astimezone(zone)).date() <= LAST:
        now = here.time()
        if here.date() > day:
            day, waiting = here.date(), [one for one in REMINDERS if here.weekday() in one.days]
        for reminder in [one for one in waiting if now >= one.at and here.date() == day]:
            found[reminder.key, day.isoformat()] = ms(moment)
            waiting.remove(reminder)
        if now >= QUIET[0] or now < QUIET[1]:
            goes_on = quiet and quiet[-1][1] == ms(moment)
            quiet[-1 if goes_on else len(quiet) :] = [(quiet[-1][0] if goes_on else ms(moment), ms(moment) + 15 * MINUTE)]
        moment += timedelta(minutes=15)
    return found, quiet


@dataclass
class World:
    """One trainer in one zone, and what happens to it."""

    zone: ZoneInfo
    seed: int
    now: int = 0
    """True time."""
    mono: int = 0
    skew: int = 0
    """The wall clock is off by so much: NTP steps it now and then."""
    trusted: bool = True
    session: tuple[int, str, str, bool] | None = None
    """Until when, of what, and whether it will be done."""
    off: list[Interval] = field(default_factory=list)
    asleep: list[Interval] = field(default_factory=list)
    untrusted: list[Interval] = field(default_factory=list)
    sessions: list[Interval] = field(default_factory=list)
    done: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    history: dict[tuple[str, str], date] = field(default_factory=dict)
    just_done: list[tuple[int, tuple[str, str]]] = field(default_factory=list)
    said: list[tuple[int, str, int]] = field(default_factory=list)
    walls: list[time] = field(default_factory=list)
    """What the wall clock showed when something was said."""
    closed: list[tuple[int, str, tuple[str, ...], str]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    answer_at: int | None = None
    untrusted_until: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.due, quiet = almanac(self.zone)
        # By true time; the wall clock, by which it is quiet, is off by so much.
        self.quiet = [(begin + 1_500, end - 1_500) for begin, end in quiet]
        self.dues = sorted(self.due.values())
        self.reminders = self.trainer({})

    def trainer(self, memory: dict[str, Memory]) -> Reminders:
        def quiet(now: time) -> bool:
            return now >= QUIET[0] or now < QUIET[1]

        known = read_memory(json.loads(json.dumps({key: vars(value) for key, value in memory.items()})))
        return Reminders(REMINDERS, every=EVERY, give_up=GIVE_UP, later=LATER, quiet=quiet, memory=known)

    def last_done(self, regimen: Regimen) -> date | None:
        return self.history.get((regimen.routine, regimen.profile))

    def local(self, moment: int) -> datetime:
        return at(moment).astimezone(self.zone)

    def pass_time(self, until: int) -> None:
        self.mono += until - self.now
        self.now = until

    def look(self) -> None:
        wall = self.local(self.now + self.skew) if self.trusted else None
        for report in self.reminders.look(Ms(self.mono), wall, self.last_done, busy=self.session is not None):
            self.heard(report)

    def heard(self, report: object) -> None:
        match report:
            case Announced(reminder, number):
                self.said.append((self.now, reminder.key, number))
                self.walls.append(self.local(self.now + self.skew).time())
                what = self.random.random()
                if what < 0.95:  # the person comes, after a while, or not
                    self.answer_at = self.now + self.random.randint(5, 150) * SECOND
            case Closed(reminder, days, why):
                self.closed.append((self.now, reminder.key, days, why))

    def answer(self) -> None:
        """The person is at the button: presses, or holds it."""
        self.answer_at = None
        current = self.reminders.current
        if not current or self.session:
            return
        if self.random.random() < 0.2:
            reports = self.reminders.later(Ms(self.mono))
            self.answers.append((self.now, "later" if any(isinstance(r, PutOff) for r in reports) else "not later"))
        else:
            reports = self.reminders.answer()
            self.begin(current.routine, current.profile)
        for report in reports:
            self.heard(report)

    def begin(self, routine: str, profile: str) -> None:
        length = self.random.randint(2, 15) * MINUTE
        self.session = (self.now + length, routine, profile, self.random.random() < 0.8)
        self.sessions.append((self.now, self.now + length))

    def end_session(self) -> None:
        assert self.session
        _, routine, profile, done = self.session
        self.session = None
        if done:
            self.just_done.append((self.now, (routine, profile)))
            self.write_history()

    def write_history(self) -> None:
        """What was done while the clock was wrong has its day once it is right, but not after a restart."""
        if self.trusted:
            for moment, what in self.just_done:
                self.done[what].append(moment)
                self.history[what] = self.local(moment).date()
            self.just_done.clear()

    def restart(self, length: int) -> None:
        """Off for a while, which ends a session; the clock may be wrong for a time after it."""
        if self.session:
            self.sessions[-1] = (self.sessions[-1][0], self.now)
            self.session = None
        self.answer_at = None
        self.just_done.clear()
        self.off.append((self.now, self.now + length))
        self.now += length
        self.mono = self.random.randint(0, 10**9)
        self.reminders = self.trainer(self.reminders.remembered())
        if not self.trusted:
            self.untrusted[-1] = (self.untrusted[-1][0], self.now)
        self.trusted = self.random.random() < 0.5
        if not self.trusted:
            self.untrusted_until = self.now + self.random.randint(1, 40) * MINUTE
            self.untrusted.append((self.now, self.untrusted_until))

    def happen(self) -> None:
        """Something happens, now."""
        what = self.random.random()
        if what < 0.3:
            self.restart(self.random.choice([1, 2, 5, 5, 30, 30, 300, self.random.choice([1, 300, 3000])]) * MINUTE)
        elif what < 0.5:
            if not self.session:  # a running one keeps it awake
                length = self.random.choice([2, 5, 30, 300]) * MINUTE
                self.asleep.append((self.now, self.now + length))
                self.now += length
        elif what < 0.6:
            self.skew = self.random.randint(-1500, 1500)
        elif not self.session and self.answer_at is None:
            reminder = self.random.choice(REMINDERS)
            self.begin(reminder.routine, reminder.profile)

    def run(self) -> None:
        end = ms(datetime.combine(LAST, time(12), self.zone))
        self.now = ms(datetime.combine(FIRST, time(0, 5), self.zone))
        self.look()  # the reminders are new from here on
        while self.now < end:
            # Something happens about twice a day, mostly near a reminder.
            near = self.dues[bisect_right(self.dues, self.now) % len(self.dues)]
            event = near + self.random.randint(-15, 15) * MINUTE if self.random.random() < 0.6 else 0
            event = max(event, self.now + self.random.randint(1, 1500) * MINUTE // self.random.choice([1, 20]))
            self.live(min(event, end))
            if self.now < end:
                self.happen()

    def live(self, until: int) -> None:
        """Look whenever the reminders want it; where nothing can be due, some looks are left out to save time."""
        while self.now < until:
            busy_with = [self.answer_at, self.session and self.session[0], None if self.trusted else self.untrusted_until]
            fixed = min([until, *(moment for moment in busy_with if moment is not None)])
            deadline = self.reminders.deadline()
            assert deadline is not None
            wake = self.now + max(0, deadline - self.mono)
            if wake - self.now in (LOOK, LOOK_SOON):  # nothing will be due before it
                index = min(bisect_right(self.dues, self.now - LATE), len(self.dues) - 1)
                soonest = min([self.dues[index], *([] if self.session or not self.trusted else self.again())])
                if soonest > self.now + LATE:
                    wake = max(wake, min(fixed, soonest - self.random.randint(2_000, 20_000)))
            if fixed <= wake:
                self.pass_time(max(fixed, self.now))
                if not self.trusted and self.now >= self.untrusted_until:
                    self.trusted = True
                    self.write_history()
                if self.session and self.session[0] <= self.now:
                    self.end_session()
                if self.answer_at is not None and self.answer_at <= self.now:
                    self.answer()
            else:
                self.pass_time(wake)
                self.look()

    def again(self) -> list[int]:
        """Return when each open reminder is said again, or given up."""
        wants = [min(memory.next, memory.until) for memory in self.reminders.remembered().values() if memory.day]
        return [moment - UNIX - self.skew for moment in wants]

    # What must have come of it

    def could_be_said(self, since: int, until: int) -> list[Interval]:
        """Return the parts of a time in which the trainer was on, awake, sure of the time, and free, and it was not quiet."""
        free = [(since, until)]
        for taken in (self.off, self.asleep, self.untrusted, self.sessions, self.quiet):
            first = bisect_right(taken, (since - 3_100 * MINUTE, 0))
            for begin, end in taken[first:]:
                if begin >= until:
                    break
                parts = [part for a, b in free for part in ((a, min(b, begin)), (max(a, end), b))]
                free = [(a, b) for a, b in parts if a < b]
        return free


@pytest.fixture(scope="module")
def lives() -> Iterator[dict[str, Future[None]]]:
    """All zones at once, as many as there are cores: each takes seconds of nothing but reckoning."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield {zone: pool.submit(live, zone) for zone in ZONES}


def live(zone: str) -> None:
    world = World(ZoneInfo(zone), seed=sum(zone.encode()))
    world.run()
    check(world)


@pytest.mark.parametrize("zone", ZONES)
def test_seven_years(zone: str, lives: dict[str, Future[None]]) -> None:
    """Every day of 2024 to 2030, with restarts, clock steps, suspends and sessions."""
    lives[zone].result()


def check(world: World) -> None:
    profile_of = {reminder.key: (reminder.routine, reminder.profile) for reminder in REMINDERS}
    ends = defaultdict(list)
    for moment, key, days, why in world.closed:
        assert days, (at(moment), key, why)
        for day in days:
            ends[key, day].append((moment, why))
    said = defaultdict(list)
    for moment, key, number in world.said:
        said[key].append((moment, number))
    dues_of = {
        reminder.key: sorted(due for (key, _), due in world.due.items() if key == reminder.key) for reminder in REMINDERS
    }
    counts: dict[str, int] = defaultdict(int)
    for (key, day), due in world.due.items():
        if due < ms(datetime.combine(FIRST, time(0, 5), world.zone)) or due > world.now - 4_000 * MINUTE:
            continue
        where = (str(world.zone), key, day, str(at(due)))
        # One end for each, and nothing said after it.
        assert len(ends[key, day]) == 1, (where, ends[key, day])
        ended, why = ends[key, day][0]
        dues = dues_of[key]
        index = bisect_right(dues, due)
        following = dues[index] if index < len(dues) else world.now
        first, last = (bisect_right(said[key], (moment - 1_501, 0)) for moment in (due, min(ended + 1_502, following)))
        mine = said[key][first:last]
        assert [number for _, number in mine] == [*range(1, len(mine) + 1)], where
        dones = world.done[profile_of[key]]
        index = bisect_right(dones, ms(datetime.combine(date.fromisoformat(day), time(), world.zone)) - 1)
        done_at = dones[index] if index < len(dones) else 10**18
        assert all(moment <= done_at for moment, _ in mine), where
        chances = [(a, b) for a, b in world.could_be_said(due - 1_500, due + GIVE_UP + 1_500) if a < done_at]
        if mine:
            assert any(a - 1_500 <= mine[0][0] <= min(b, a + LATE) for a, b in chances), (where, mine, chances)
            assert not why.startswith("missed"), (where, why)
            counts["said"] += 1
        else:
            long = [(a, b) for a, b in chances if min(b, done_at) - a > LATE]
            assert long == [], (where, why, long)
            assert why.startswith("missed") or why == "done", (where, why)
            counts[why] += 1
    for moment, key, _ in world.said:
        for taken in (world.off, world.asleep, world.untrusted, world.sessions):
            index = bisect_right(taken, (moment - 1, 0))
            assert index == 0 or moment >= taken[index - 1][1], (at(moment), key)
    assert not any(QUIET[0] <= wall or wall < QUIET[1] for wall in world.walls)
    assert counts["said"] > 6_000
    assert counts["done"] > 100
    assert counts["missed: the trainer was not running"] > 100
    assert counts["missed: the clock could not be trusted"] > 10
    assert counts["missed: the computer slept, or its clock was set"] > 50
