"""The history: every session and each of its holds, written while it runs, and what is known of it.

The loop's thread only notes what happens; another one writes it (`database.py` tells how, `rows.py` what). What cannot be
written is kept in memory and written later: each time, all that is known of the session, so that it does not matter how often
or how late.
"""

import logging
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from ..clock import monotonic
from ..core import learned
from ..core.learned import Learned, Practised
from ..core.messages import Action, Began, Ended, Held, Paused, Rated, Resumed, Started
from ..core.progression import streak_days
from ..core.routine import EVERY_DAY, Regimen, Routine
from ..core.session_record import Recording, SessionRecord, SessionSnapshot, routine_hash
from ..core.statistics import DAY, Facts, Past, Skips, streak
from ..core.text import counted
from ..core.units import Ms
from ..errors import HistoryError
from ..files import set_aside
from ..wallclock import WallClock
from . import rows
from .database import check, check_quickly, damaged, reading, why, writing

log = logging.getLogger(__name__)

MOST_KEPT = 1_000
"""Holds kept in memory while they cannot be written: several days of sessions."""


class Wall(Protocol):
    """What the history needs of the wall clock."""

    def now(self) -> datetime:
        """Return the local time, with its offset."""

    def zoned(self) -> datetime:
        """Return the local time with its zone, which tells the offset of any other day too."""

    def trusted(self) -> bool:
        """Tell whether it is right."""

    @property
    def by_hand(self) -> bool:
        """Tell whether that is a person's word, and may be corrected."""

    changes: int
    """How often it was set."""

    def boot(self) -> str:
        """Return what tells this boot from others."""


@dataclass(frozen=True)
class _Summary:
    """What `facts` is made of, for one regimen."""

    days: frozenset[date] = frozenset()
    last_day: date = date.min
    row: int = 0
    """Days in a row up to the last one."""
    last: Past | None = None
    practised: Mapping[str, Practised] = field(default_factory=dict)


class History:
    """The history in one file. Nothing is opened before the first `flush`.

    `recorder`, `retry` and `facts` return at once and may be called on the loop's thread; the rest is for one that may
    wait for the disk.
    """

    def __init__(
        self,
        file: Path,
        done: int,
        routines: Iterable[Routine] = (),
        *,
        full_again: int = 14,
        pain_most: int = 3,
        submit: Callable[[Callable[[], None]], object] = lambda work: work(),
        wall: Wall | None = None,
        now: Callable[[], Ms] = monotonic,
    ) -> None:
        """Take the file, which need not be there.

        Args:
            file: where it is.
            done: percent of a routine that make a session count as done.
            routines: those in use.
            full_again: days without, after which a person has forgotten a routine or an exercise.
            pain_most: what grows waits while the last pain rating was above this.
            submit: has a function called soon, on a thread that may wait for the disk.
            wall: the wall clock.
            now: the monotonic clock, by which the actions go.
        """
        self.file = file
        self.ready = False
        """The file was looked into, well or not: `facts` are what can be known."""
        self._done_percent = done
        self._full_again = full_again
        self._pain_most = pain_most
        self._submit = submit
        self._wall = wall or WallClock()
        self._now = now
        routines = list(routines)
        self._routines = {routine.id: (routine_hash(routine), len(routine.exercises)) for routine in routines}
        self._by_id = {routine.id: routine for routine in routines}
        self.recording: Recording | None = None
        """The session that runs."""
        self._lock = threading.Lock()
        """Held for as long as it takes to read or change one of the next two; never while the disk is waited for."""
        self._unwritten: dict[str, SessionSnapshot] = {}
        """Sessions that are to be written, by their uuid."""
        self._summaries: dict[Regimen, _Summary] = {}
        self._failed = False
        self._flushing = threading.Lock()
        self._checked = False
        """The file was checked, and what died was closed."""
        self._mended: int | None = None
        """The `changes` of the clock with which the times of this boot's sessions agree; None while they are not known."""
        self._too_new = False
        """The file is from a newer version of pitrainer."""
        self._stamp: tuple[int, ...] | None = None
        """That of the file when it was read or written last: with another one, somebody has imported or deleted sessions."""
        self._joined: dict[str, tuple[str, int, int]] = {}
        """Of a session that goes on with one that broke off: that one's uuid, and how long it took and paused."""

    def take_over(self, before: "History") -> None:
        """Write later what the history of a trainer that has ended could not."""
        self._unwritten, self._joined, self._failed = dict(before._unwritten), before._joined, before._failed

    # what is recorded

    def recorder(self, action: Action) -> None:
        """Read the trainer's stream of actions: note it, and have it written by the other thread. Raises nothing."""
        match action:
            case Started(_, plan):
                planned = len({step.exercise for step in plan.steps if step.kind == "hold"})
                hash_, exercises = self._routines.get(plan.routine, ("", planned))
                if not plan.once_more:
                    exercises = plan.exercises  # those of the day
                self.recording = Recording(action, str(uuid.uuid4()), hash_, exercises)
            case Began() | Held() | Rated() | Paused() | Resumed() | Ended() if recording := self.recording:
                recording.take(action)
                if isinstance(action, Ended):
                    self.recording = None
                if not recording.stepped or self._too_new:
                    return  # stopped before its first step
                with self._lock:
                    self._unwritten[recording.uuid] = recording.snapshot()
                self._hand_over(self.flush)

    def retry(self) -> None:
        """Have it tried once more, if the last time failed; else have what somebody has imported taken up."""
        self._hand_over(self.flush if self._failed else self._take_up)

    def _hand_over(self, what: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the other thread has ended; `close` writes what is left
            self._submit(what)

    def facts(self, regimen: Regimen) -> Facts:
        """Return what is known of a person's past with a routine. Never waits, and raises nothing."""
        known, waiting = self._known(regimen)
        today = self._wall.now().date()
        days = [past.day for past in waiting if past.done(self._done_percent)]
        done = known.days.union(days) if days else known.days
        last_day = max(known.last_day, *days) if days else known.last_day
        # Counted anew only where there is something new: it is asked for on the loop's thread.
        as_known = not days and last_day in (today, today - DAY)
        row = known.row if as_known else streak(done, today, self._due(regimen, known.practised))
        return Facts(
            last_done=last_day if done else None,
            done_today=today in done,
            streak=row,
            last=waiting[-1] if waiting else known.last,
        )

    def _due(self, regimen: Regimen, practised: Mapping[str, Practised]) -> frozenset[int]:
        routine = self._by_id.get(regimen.routine)
        return streak_days(routine, learned.learned(practised, None, 0, self._full_again)) if routine else EVERY_DAY

    def learned(self, regimen: Regimen, today: date | None, short_after: int) -> Learned:
        """Return what a person has learned of a routine, as of a day that may not be known. Never waits, and raises nothing.

        Args:
            regimen: which routine, and whose.
            today: the day.
            short_after: sessions after which an exercise is known; 0 for never.
        """
        known, waiting = self._known(regimen)
        practised = learned.practise(known.practised, waiting, self._full_again, self._done_percent, self._pain_most)
        return learned.learned(practised, today, short_after, self._full_again)

    def _known(self, regimen: Regimen) -> tuple[_Summary, list[Past]]:
        """Return what the file has, and the sessions that are over and have yet to be written."""
        wall, now = self._wall.now(), self._now()
        with self._lock:
            known = self._summaries.get(regimen, _Summary())
            over = [session for session in self._unwritten.values() if session.result != "running"]
        return known, [
            session.past(wall - timedelta(milliseconds=now - session.begun)) for session in over if session.regimen == regimen
        ]

    # what is written

    def flush(self) -> None:
        """Write what is to be written. Raises nothing: what cannot be written is kept, and tried again.

        The first call makes the file where there is none, keeps a damaged one aside, and closes sessions that broke off.
        """
        with self._flushing:
            try:
                self._flush()
            finally:
                self.ready = True

    def _flush(self) -> None:
        with self._lock:
            sessions = dict(self._unwritten)
        if self._too_new or (self._checked and self._mended == self._wall.changes and not sessions):
            return
        try:
            try:
                self._write(sessions)
            except sqlite3.Error as error:
                if not damaged(error):
                    raise
                self._set_aside(error)
                self._write(sessions)
        except HistoryError as error:
            log.warning("%s; the trainer goes on without history", error)
            self._too_new = True
            with self._lock:
                self._unwritten.clear()
        except (sqlite3.Error, OSError) as error:
            if not self._failed:
                log.warning("%s: cannot be written (%s); what happens is kept, and written later", self.file, why(error))
            self._failed = True
            self._forget()
            if not self._checked:  # what cannot be written may be read
                self._read()
        else:
            if self._failed:
                log.info("%s: written again", self.file)
            self._failed = False

    def close(self) -> None:
        """Write what is left, and say so where it cannot be written. The other thread must have ended."""
        self.flush()
        if self._unwritten:
            log.warning("%s: %s could not be written", self.file, counted(len(self._unwritten), "session"))

    def _write(self, sessions: Mapping[str, SessionSnapshot]) -> None:
        """Write in one transaction; afterwards, what is written is not kept any more, and `facts` know it."""
        with writing(self.file) as database:
            if not self._checked:
                check(database)
                rows.end_broken_off(database)
            trusted, changes = self._wall.trusted(), self._wall.changes
            right = (rows.BY_HAND if self._wall.by_hand else rows.RIGHT) if trusted else rows.NOT_KNOWN
            boot = rows.boot_at(self._wall.zoned(), self._now(), self._wall.boot(), right)
            anew = trusted and self._mended != changes
            if anew:
                rows.mend_times(database, boot)
            for session in sessions.values():
                rows.update(database, session, self._row_of(database, session) or rows.begin(database, session, boot))
            over = any(session.result != "running" for session in sessions.values())
            changed = over or not self._checked or anew or self._stamp != self._stamp_now()
            summaries = self._summaries_of(rows.pasts(database)) if changed else None
        self._stamp = self._stamp_now()
        self._checked, self._mended = True, changes if trusted else None
        with self._lock:
            for uuid_, session in sessions.items():
                if self._unwritten.get(uuid_) is session:
                    del self._unwritten[uuid_]
            if summaries is not None:
                self._summaries = summaries

    def _take_up(self) -> None:
        """Read the file, if another process has changed it."""
        with self._flushing:
            if self._checked and not self._too_new and not self.recording:  # a session that runs is none of the past
                self._read()

    def _read(self) -> None:
        """Have `facts` know what is in the file now. What cannot be read may be half copied: it is looked at again."""
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return
        with suppress(HistoryError, sqlite3.Error):
            summaries = self._summaries_of(self.pasts())
            with self._lock:
                self._summaries = summaries
            self._stamp = stamp

    def _stamp_now(self) -> tuple[int, ...] | None:
        with suppress(OSError):
            about = self.file.stat()
            return about.st_ino, about.st_size, about.st_mtime_ns
        return None

    def _row_of(self, database: sqlite3.Connection, session: SessionSnapshot) -> rows.Row | None:
        """Return the row of a session: its own, or where it goes on with one that broke off, that one's; None for neither."""
        if row := rows.id_of(database, session.uuid):
            return rows.Row(row, 0, 0)
        joined = self._joined.get(session.uuid)
        if not joined and session.goes_on:
            joined = rows.broken_off(database, session)
        if not joined or not (row := rows.id_of(database, joined[0])):
            return None
        self._joined = {session.uuid: joined}
        return rows.Row(row, joined[1], joined[2])

    def _set_aside(self, error: sqlite3.Error) -> None:
        """Keep a damaged file under a dated name, with what SQLite has beside it, so that a new one is begun."""
        aside = set_aside(self.file, self._wall.now())
        self._checked = False
        log.warning("%s: is damaged (%s); kept as %s, and a new history is begun", self.file, why(error), aside.name)

    def _forget(self) -> None:
        """Keep no more than `MOST_KEPT` holds in memory, the newest sessions at least."""
        with self._lock:
            while len(self._unwritten) > 1 and sum(len(session.holds) for session in self._unwritten.values()) > MOST_KEPT:
                oldest = next(iter(self._unwritten))
                del self._unwritten[oldest]
                log.warning("%s: dropping the oldest session: it could not be written", self.file)

    def _summaries_of(self, pasts: Iterable[Past]) -> dict[Regimen, _Summary]:
        of_each: dict[Regimen, list[Past]] = {}
        for past in pasts:
            of_each.setdefault(past.regimen, []).append(past)
        return {regimen: self._sum_up(every) for regimen, every in of_each.items()}

    def _sum_up(self, every: list[Past]) -> _Summary:
        days = [past.day for past in every if past.done(self._done_percent)]
        last = max(days, default=date.min)
        practised = learned.practise({}, every, self._full_again, self._done_percent, self._pain_most)
        due = self._due(every[-1].regimen, practised)
        return _Summary(frozenset(days), last, streak(days, last, due), every[-1], practised)

    # what is read and carried; each of these raises HistoryError where the file cannot be used

    def pasts(self) -> list[Past]:
        """Return all sessions without their holds, the oldest first."""
        with reading(self.file) as database:
            check_quickly(database)
            return list(rows.pasts(database))

    def skips(self, since: date) -> list[Skips]:
        """Return how often the holds of each exercise were skipped since a day."""
        with reading(self.file) as database:
            return rows.skips(database, since)

    def records(self) -> list[SessionRecord]:
        """Return every session with its holds, the oldest first."""
        with reading(self.file) as database:
            check_quickly(database)
            return list(rows.records(database))

    def add(self, records: Iterable[SessionRecord]) -> rows.Added:
        """Add the sessions that are not there yet, and complete those of which less is known (see `rows.add`); all or none."""
        try:
            with writing(self.file) as database:
                check(database)
                added = rows.add(database, records)
                check(database)
        except sqlite3.Error as error:
            if not damaged(error):
                raise HistoryError(f"{self.file}: cannot be written: {why(error)}") from error
            raise HistoryError(
                f"{self.file}: is damaged ({why(error)}), and nothing was imported; "
                "move it elsewhere and import again: that begins a new one"
            ) from error
        except OSError as error:
            raise HistoryError(f"{self.file}: cannot be written: {why(error)}") from error
        else:
            return added
