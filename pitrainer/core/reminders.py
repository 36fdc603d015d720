"""Reminders: when one is due, when it is said again, until when, and what became of it.

The rules:

1. A reminder is due once a local day, at its time, on its days. A time that a daylight-saving change leaves out is moved to the
   first moment after the gap; of a time that comes twice the first one counts. Which days are its own is asked at that time:
   they may change with every session.
2. From then on it is open for `give_up`: said at once, and again each `every`, until it is answered, put off, done, or over.
   What was due while nobody looked (a restart, suspend, a clock that could not be trusted) is said late if it is still open.
   Once said, it stays open for `HEARD` at least.
3. Nothing is said in the quiet hours, while something else is going on (`busy`), or within `APART` of another reminder; it is
   said afterwards if it is still open then.
4. Nothing is said of a routine that the person did that day, or that pain ended that day (somebody
   else's session does not count).
5. Put off, it is open again `later` from then, for `give_up` as before. Answered, or done, it is over.
6. Nothing is decided before the clock is trusted: until then `look` is given no wall time, and only notes that it was asked.
7. Never twice: what is due within `HALF_A_DAY` of the last time is that time again (the clock was set back a little, or the
   zone changed). A clock that was set back further was wrong before, and the reminder begins anew.
8. Never lost in silence: each one that is due ends in exactly one `Closed`, which says why.
9. A reminder that is new in the settings begins from now.
10. While they are switched off, none is said or answered; what was due meanwhile is closed when it is over.

All wall moments are Unix time; the local day is that of the zone which the wall time carries, read anew at each look.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NewType

from .routine import EVERY_DAY, Level, Profile, Regimen
from .text import counted
from .units import HOUR, MINUTE, SECOND, Ms

Unix = NewType("Unix", int)
"""A moment of the wall clock: milliseconds since 1970, UTC."""

LOOK = Ms(20 * SECOND)
"""How often the wall clock is looked at: it may be stepped at any time, and suspend stops the monotonic one."""
LOOK_SOON = Ms(2 * SECOND)
"""How often while it is not known: what is due then is late already."""
APART = Ms(30 * SECOND)
"""From one reminder to another one: time to hear it and to walk to the button."""
HEARD = Ms(MINUTE)
"""How long a press answers one that was said, at least: time to come from another room."""
HALF_A_DAY = Ms(12 * HOUR)
"""Two days' times are at least 22 h apart, over any change of clocks there has been since 1970."""
LONGEST_LOOK_BACK = timedelta(days=366)
"""What was due earlier is not counted any more."""
MOST_UNIX = Unix(221_845_305_600_000)
"""The year 9000: datetime's own end is in 9999."""
MOST_TIMES = 1_000
"""That one reminder is said; each minute for four hours are 240."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_DAY = timedelta(days=1)

LastOver = Callable[[Regimen], date | None]
"""Tells the last local day on which a person was through with a routine; see `interfaces.Habit`."""


@dataclass(frozen=True)
class Reminder:
    """What the person is reminded of, and when."""

    at: time
    """Local time of day."""
    routine: str
    profile: Profile
    level: Level = "standard"
    days: frozenset[int] = EVERY_DAY
    """Monday is 0."""
    person: str = ""
    """Who is reminded; empty where nobody is named."""

    @cached_property
    def key(self) -> str:
        """Its name in the journal and in what is remembered."""
        return " ".join(filter(None, (f"{self.at:%H:%M} {self.routine} {self.profile}", self.person)))

    @cached_property
    def regimen(self) -> Regimen:
        """What is to be done."""
        return Regimen(self.routine, self.profile, self.person)


@dataclass(frozen=True)
class Memory:
    """What is remembered of a reminder over restarts."""

    after: Unix
    """What was due before this is accounted for."""
    day: str = ""
    """The local day, as 2024-03-31, of the one that is open; empty if none is."""
    until: Unix = Unix(0)
    """When that one is given up."""
    next: Unix = Unix(0)
    """When it is said next."""
    count: int = 0
    """How often it was said."""
    later: bool = False
    """It was put off, and has not been said since."""


@dataclass(frozen=True)
class Announced:
    """A reminder shall be said now, for the `number`th time."""

    reminder: Reminder
    number: int


@dataclass(frozen=True)
class PutOff:
    """A reminder was put off, and will be said again."""

    reminder: Reminder


@dataclass(frozen=True)
class Closed:
    """What was due on these days is over, and why; without a day, the reminder began anew."""

    reminder: Reminder
    days: tuple[str, ...]
    why: str


Report = Announced | PutOff | Closed


def unix(wall: datetime) -> Unix:
    """Return an aware time as Unix time."""
    return Unix((wall - _EPOCH) // _MS)


def local(moment: Unix, zone: tzinfo) -> datetime:
    """Return the local time of a moment."""
    return (_EPOCH + moment * _MS).astimezone(zone)


@lru_cache(64)
def due(day: date, at: time, zone: tzinfo) -> Unix:
    """Return when a time of day comes on a day, by rule 1."""
    # PEP 495: in a gap, fold 0 reckons with the offset before it, and so lands behind it; fold 1 lands in front of it.
    wanted = datetime.combine(day, at, zone)
    moment = unix(wanted.astimezone(UTC))
    if local(moment, zone).replace(tzinfo=None) == wanted.replace(tzinfo=None):
        return moment
    before = unix(wanted.replace(fold=1).astimezone(UTC))
    offset = local(before, zone).utcoffset()
    while moment - before > 1:
        middle = Unix((before + moment) // 2)
        if local(middle, zone).utcoffset() == offset:
            before = middle
        else:
            moment = middle
    return moment


def within(begin: time, end: time, at: time) -> bool:
    """Tell whether a time of day is in hours that may go over midnight; the same begin and end are none."""
    return begin <= at < end if begin <= end else at >= begin or at < end


def read_memory(data: object) -> dict[str, Memory]:
    """Read what `Reminders.remembered` returned, with each `Memory` as a table.

    Raises:
        ValueError: if it is anything else.
    """
    if not isinstance(data, Mapping):
        raise ValueError("has reminders that are not a table")
    return {str(key): _memory(value) for key, value in data.items()}


def _memory(data: object) -> Memory:
    if not isinstance(data, Mapping) or data.keys() != vars(Memory(Unix(0))).keys():
        raise ValueError("has an invalid reminder")
    memory = Memory(**data)
    numbers = (memory.after, memory.until, memory.next)
    if not all(type(number) is int and 0 <= number < MOST_UNIX for number in numbers):
        raise ValueError("has an invalid reminder time")
    if type(memory.count) is not int or not 0 <= memory.count <= MOST_TIMES:
        raise ValueError("has a reminder that was said impossibly often")
    if type(memory.later) is not bool or type(memory.day) is not str:
        raise ValueError("has an invalid reminder")
    if memory.day and not _is_day(memory.day):
        raise ValueError("has an invalid reminder day")
    return memory


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text  # days are compared as texts, and Python 3.11 reads "20240331" too
    except ValueError:
        return False


class Reminders:
    """All reminders of a trainer."""

    def __init__(
        self,
        reminders: Sequence[Reminder],
        *,
        every: Ms,
        give_up: Ms,
        later: Ms,
        quiet: Callable[[time], bool],
        memory: Mapping[str, Memory] | None = None,
        on: bool = True,
        due_days: Callable[[Reminder], Collection[int]] = attrgetter("days"),
    ) -> None:
        """Begin.

        Args:
            every: from one time that it is said to the next.
            give_up: how long one is open.
            later: how long one is put off.
            quiet: tells whether a local time of day is in the quiet hours.
            memory: what `remembered` was before the restart.
            on: they are not switched off.
            due_days: tells on which of its days one is due as things are now.
        """
        self.reminders = tuple(reminders)
        self.put_off_by = later
        self.on = on
        self._every, self._give_up = every, give_up
        self._quiet = quiet
        self._due_days = due_days
        known = memory or {}
        self._memory = {reminder.key: known[reminder.key] for reminder in self.reminders if reminder.key in known}
        self._look_at: Ms | None = Ms(0) if self.reminders else None
        self._not_before = Ms(0)
        """When another reminder may be said."""
        self._looked: tuple[Ms, datetime] | None = None
        """The last look with a trusted clock: the monotonic and the wall time."""
        self._first_look: Ms | None = None
        self._untrusted_since: Ms | None = None
        self._why: dict[str, str] = {}
        """Why an open one could not be said when it was due, by its key."""

    @property
    def current(self) -> Reminder | None:
        """The reminder that a press answers: the one that was said last, if it is still open.

        After a restart that is not known before the first look with a trusted clock: it may have been said days ago.
        """
        if not self._looked:
            return None
        said = [reminder for reminder in self.reminders if self.on and self._is_current(self._memory.get(reminder.key))]
        return max(said, key=lambda reminder: self._memory[reminder.key].next, default=None)

    @staticmethod
    def _is_current(memory: Memory | None) -> bool:
        return memory is not None and memory.day != "" and memory.count > 0 and not memory.later

    def remembered(self) -> dict[str, Memory]:
        """Return what must outlive a restart, by the reminders' keys."""
        return dict(self._memory)

    def deadline(self) -> Ms | None:
        """Return when `look` must be called next; None without reminders."""
        return self._look_at

    def look(self, now: Ms, wall: datetime | None, last_over: LastOver, *, busy: bool) -> list[Report]:
        """Return what is due.

        Args:
            wall: the local time, with its zone; None while the clock is not trusted, or the history not known.
            last_over: what the history knows.
            busy: nothing may be said now.
        """
        if not self.reminders:
            return []
        self._first_look = now if self._first_look is None else self._first_look
        self._look_at = Ms(now + LOOK_SOON)
        if wall is None:
            self._untrusted_since = now if self._untrusted_since is None else self._untrusted_since
            return []
        at = unix(wall)
        reports: list[Report] = []
        for reminder in self.reminders:
            done = last_over(reminder.regimen) or date.min
            reports += self._account(reminder, done, now, wall, at)
        self._looked, self._untrusted_since = (now, wall), None
        reports += self._announce(now, wall, at, busy=busy)
        soon = [moment - at for moment in self._moments(wall)] + [self._not_before - now]
        self._look_at = Ms(now + min([LOOK, *(wait for wait in soon if wait > 0)]))
        return reports

    def again_at(self, now: Ms) -> Unix | None:
        """Return when a reminder that is put off now opens again; None where it could not be heard before it is given up."""
        if not self._looked:
            return None
        looked, wall = self._looked
        begin = Unix(unix(wall) + now - looked + self.put_off_by)
        moments = range(begin, begin + self._give_up, 60 * SECOND)
        quiet = all(self._quiet(local(Unix(moment), _zone(wall)).time()) for moment in moments)
        return None if quiet else begin

    def later(self, now: Ms) -> list[Report]:
        """Put off the current reminder; `Closed` where it could not be heard any more before it is given up."""
        reminder = self.current
        if not reminder:
            return []
        if (begin := self.again_at(now)) is None:
            return [self._close(reminder, "put off into the quiet hours")]
        until = Unix(begin + self._give_up)
        self._memory[reminder.key] = replace(self._memory[reminder.key], next=begin, until=until, later=True)
        self._look_at = now
        return [PutOff(reminder)]

    def answer(self) -> list[Report]:
        """The current reminder's routine is started."""
        reminder = self.current
        return [self._close(reminder, "answered")] if reminder else []

    def next(self, wall: datetime, last_over: LastOver) -> tuple[Reminder, datetime] | None:
        """Return the reminder that is said next, and when, if nothing comes between."""
        at = unix(wall)
        found: list[tuple[Unix, Reminder]] = []
        for reminder in self.reminders if self.on else ():
            memory = self._memory.get(reminder.key, Memory(at))
            done = last_over(reminder.regimen)
            if memory.day and at < memory.next < memory.until and (done is None or done.isoformat() < memory.day):
                found.append((memory.next, reminder))
            days = self._due_days(reminder)
            for day in (wall.date() + ahead * _DAY for ahead in range(9)):
                moment = due(day, reminder.at, _zone(wall))
                if day.weekday() in days and moment > at and moment >= memory.after and (done is None or done < day):
                    found.append((moment, reminder))
                    break
        if not found:
            return None
        moment, reminder = min(found, key=lambda entry: entry[0])
        return reminder, local(moment, _zone(wall))

    def _account(self, reminder: Reminder, done: date, now: Ms, wall: datetime, at: Unix) -> list[Report]:
        """Close what is over, open what is due."""
        memory = self._memory.get(reminder.key, Memory(at))
        reports: list[Report] = []
        if memory.after > at + HALF_A_DAY + HOUR:
            memory = Memory(at)
            reports.append(Closed(reminder, (), "the clock was set back: begins anew"))
        self._memory[reminder.key] = memory
        if memory.day and done.isoformat() >= memory.day:
            reports.append(self._close(reminder, "done"))
        elif memory.day and memory.until <= at:
            times = f"given up after {counted(memory.count, 'time')}"
            why = times if memory.count else self._why.get(reminder.key) or self._why_missed(memory.until, now, wall)
            reports.append(self._close(reminder, why))
        missed: list[tuple[str, str]] = []
        for day, moment in self._times_since(reminder, memory.after, wall, at):
            self._memory[reminder.key] = replace(self._memory[reminder.key], after=Unix(moment + HALF_A_DAY))
            if day.weekday() not in self._due_days(reminder):
                continue
            if done == day or (done > day and moment + self._give_up > at):
                missed.append((day.isoformat(), "done"))
            elif moment + self._give_up <= at:
                missed.append((day.isoformat(), self._why_missed(Unix(moment + self._give_up), now, wall)))
            else:
                if self._memory[reminder.key].day:
                    reports.append(self._close(reminder, "the next one is due"))
                after, until = Unix(moment + HALF_A_DAY), Unix(moment + self._give_up)
                self._memory[reminder.key] = Memory(after, day.isoformat(), until, moment)
        for why, group in groupby(missed, key=lambda entry: entry[1]):
            reports.append(Closed(reminder, tuple(day for day, _ in group), why))
        return reports

    def _times_since(self, reminder: Reminder, after: Unix, wall: datetime, at: Unix) -> Iterable[tuple[date, Unix]]:
        """Yield the days, whether it is due on them or not, and the moments of its time from one moment until now."""
        if at < after:
            return
        # A day early: where a gap is longer than the rest of the day, the day before is due in the next one.
        day = max(local(after, _zone(wall)).date(), (wall - LONGEST_LOOK_BACK).date()) - _DAY
        while day <= wall.date():
            moment = due(day, reminder.at, _zone(wall))
            if after <= moment <= at:
                yield day, Unix(moment)
                after = Unix(moment + HALF_A_DAY)
            day += _DAY

    def _announce(self, now: Ms, wall: datetime, at: Unix, *, busy: bool) -> list[Report]:
        """Say one of those that are due, the ones first that were not said yet; note why the others are not."""
        ready = [reminder for reminder in self.reminders if self._wants(self._memory[reminder.key], at)]
        ready.sort(key=lambda reminder: (self._memory[reminder.key].count > 0, self._memory[reminder.key].next))
        reports: list[Report] = []
        for reminder in ready:
            if not self.on:
                self._why[reminder.key] = "missed: switched off"
            elif self._quiet(wall.time()):
                self._why[reminder.key] = "missed: quiet hours"
            elif busy:
                self._why[reminder.key] = "missed: a session was running"
            elif now < self._not_before:
                self._why[reminder.key] = "missed: other reminders were said"
            else:
                memory = self._memory[reminder.key]
                number = memory.count + 1
                until = max(memory.until, Unix(at + HEARD))
                self._memory[reminder.key] = replace(
                    memory, count=number, next=Unix(at + self._every), until=until, later=False
                )
                self._not_before = Ms(now + APART)
                reports.append(Announced(reminder, number))
        return reports

    @staticmethod
    def _wants(memory: Memory, at: Unix) -> bool:
        return memory.day != "" and memory.next <= at < memory.until

    def _moments(self, wall: datetime) -> Iterable[Unix]:
        """Yield the moments at which something may be due."""
        for reminder in self.reminders:
            memory = self._memory[reminder.key]
            if memory.day:
                yield memory.next
                yield memory.until
            for day in {wall.date(), (wall + 2 * LOOK * _MS).date()}:
                yield due(day, reminder.at, _zone(wall))

    def _close(self, reminder: Reminder, why: str) -> Closed:
        memory = self._memory[reminder.key]
        self._memory[reminder.key] = Memory(memory.after)
        self._why.pop(reminder.key, None)
        return Closed(reminder, (memory.day,), why)

    def _why_missed(self, over: Unix, now: Ms, wall: datetime) -> str:
        """Return why one that was over at a moment could not be said at all."""

        def then(moment: Ms) -> Unix:
            return Unix(unix(wall) - (now - moment))

        if self._untrusted_since is not None and over > then(self._untrusted_since):
            return "missed: the clock could not be trusted"
        if self._looked is None and (self._first_look is None or over <= then(self._first_look)):
            return "missed: the trainer was not running"
        return "missed: the computer slept, or its clock was set"


def _zone(wall: datetime) -> tzinfo:
    assert wall.tzinfo
    return wall.tzinfo
