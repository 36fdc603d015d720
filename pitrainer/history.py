"""The history: every session and each of its holds, in SQLite (`history.db` in the state folder).

The schema, version 1 (`user_version`; `application_id` tells that a file is ours):

| sessions | |
| --- | --- |
| id | the rowid |
| uuid | the same in every copy of the history |
| started, ended | milliseconds since 1970, UTC; of a running session, `ended` is the begin of its last step |
| offset | minutes by which local time was ahead of UTC |
| trusted | 1 where the clock was right, see `wallclock.py` |
| boot, monotonic | the boot and its monotonic clock at the start; where the clock becomes right later, `started` is mended by it |
| routine, hash | the routine's id, and what tells its versions apart, see `routine_hash` |
| profile, level | as in the settings |
| result | "running", "completed", "stopped", or "died" where the program or the power went |
| paused | milliseconds |
| holds | how many the whole routine has |
| held | how many were held to their end |

| holds | |
| --- | --- |
| session | `sessions.id` |
| step | the number of the step in the plan |
| exercise, position, set_number | which hold; the position may be empty |
| planned | milliseconds |
| held | milliseconds, pauses not counted, the longest where it was done again; NULL where it was never begun |
| skipped | 1 where the person went on before its end |

Written at every step, by one transaction: a power cut loses the running step at most. A rollback journal rather than a
write-ahead log, since a person who may read the folder but not write to it could not read the latter: its index in shared
memory has to be made. It costs 24 ms a step instead of 8 where a flush of the disk takes 4 (measured), on the worker's thread.
TRUNCATE and FULL: each commit, and the journal's end, is flushed before the next.

What cannot be written is kept in memory and written later. Each access opens the file anew (0.3 ms): whoever deletes, replaces
or locks it harms one write.
"""

import hashlib
import logging
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from .clock import monotonic
from .core.habit import Facts, Past, Result, Skips, facts
from .core.plan import Plan
from .core.routine import Level, Profile, Routine
from .core.session import Began, Ended, Held, Paused, Resumed, Started
from .core.trainer import Action
from .core.units import Ms
from .errors import HistoryError
from .wallclock import WallClock

log = logging.getLogger(__name__)

APPLICATION = 0x50695472
"""`PRAGMA application_id`: "PiTr"."""
MIGRATIONS = (
    """
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE,
        started INTEGER NOT NULL, ended INTEGER NOT NULL, offset INTEGER NOT NULL, trusted INTEGER NOT NULL,
        boot TEXT NOT NULL, monotonic INTEGER NOT NULL,
        routine TEXT NOT NULL, hash TEXT NOT NULL, profile TEXT NOT NULL, level TEXT NOT NULL, result TEXT NOT NULL,
        paused INTEGER NOT NULL, holds INTEGER NOT NULL, held INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX sessions_started ON sessions (started);
    CREATE TABLE holds (
        session INTEGER NOT NULL REFERENCES sessions (id), step INTEGER NOT NULL,
        exercise TEXT NOT NULL, position TEXT NOT NULL, set_number INTEGER NOT NULL,
        planned INTEGER NOT NULL, held INTEGER, skipped INTEGER NOT NULL,
        PRIMARY KEY (session, step)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""What makes version n + 1 of version n; a new file has version 0."""
BUSY = 1.0
"""Seconds to wait for somebody else's lock; then what is to be written waits in memory."""
RETRY = 30.0
"""Seconds after which a failed write is tried again, if no step does so before."""
MOST_KEPT = 1_000
"""Holds kept in memory while they cannot be written: several days of sessions."""
PASSING = frozenset(
    (
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_AUTH,
    )
)
"""SQLite's errors that leave the file sound: they pass, or somebody mends them. After any other, it is kept aside."""


class Wall(Protocol):
    """What the history needs of the wall clock."""

    def now(self) -> datetime:
        """Return the local time, with its offset."""

    def trusted(self) -> bool:
        """Tell whether it is right."""

    def boot(self) -> str:
        """Return what tells this boot from others."""


@dataclass(frozen=True)
class HoldRecord:
    """One hold of a session."""

    step: int
    exercise: str
    position: str
    set: int
    planned: Ms
    held: Ms | None = None
    """None: never begun."""
    skipped: bool = False
    """The person went on before its end."""

    @property
    def whole(self) -> bool:
        """Tell whether it was held to its end."""
        return self.held is not None and self.held >= self.planned


@dataclass(frozen=True)
class SessionRecord:
    """One session with its holds, as it is written, exported and imported."""

    uuid: str
    start: datetime
    """Local time, with its offset."""
    end: datetime
    trusted: bool
    routine: str
    hash: str
    profile: Profile
    level: Level
    result: Result
    paused: Ms
    wanted: int
    """How many holds the whole routine has."""
    holds: tuple[HoldRecord, ...]

    @property
    def past(self) -> Past:
        """The same without the single holds."""
        active = Ms(max(0, round((self.end - self.start) / timedelta(milliseconds=1)) - self.paused))
        held = sum(hold.whole for hold in self.holds)
        return Past(self.start, active, self.routine, self.profile, self.wanted, held, self.result)


def routine_hash(routine: Routine) -> str:
    """Return what tells one version of a routine from another: a holder of any change in its file but comments and layout."""
    return hashlib.sha256(repr(routine).encode()).hexdigest()[:12]


class History:
    """The history in one file. Nothing is opened before its first use; `recorder` may be called on the loop's thread, the rest
    is for a thread that may wait for the disk.
    """

    def __init__(
        self,
        file: Path,
        done: int,
        *,
        submit: Callable[[Callable[[], None]], object] = lambda work: work(),
        wall: Wall | None = None,
        now: Callable[[], Ms] = monotonic,
    ) -> None:
        """Take the file, which need not be there.

        Args:
            done: percent of a routine's holds that make a session count as done.
            submit: has a function called soon, on a thread that may wait for the disk.
        """

    def know(self, routines: Iterable[Routine]) -> None:
        """Take the routines in use, for the hash and the number of holds of the sessions that begin from now on."""

    def recorder(self, action: Action) -> None:
        """Read the trainer's stream of actions: note it, and have it written by the other thread. Raises nothing."""

    def flush(self) -> None:
        """Write what is to be written. Raises nothing: what cannot be written is kept, and tried again.

        The first call opens the file: it makes a new one where there is none, keeps a damaged one aside, and closes sessions
        whose process died. It is worth making at start.
        """

    def close(self) -> None:
        """Write what is left, and say so where it cannot be written."""

    def facts(self, routine: str, profile: Profile, today: date | None = None) -> Facts:
        """Return what is known of a routine in a profile, sessions that are kept in memory included. Raises nothing.

        Args:
            today: by default, of the wall clock.
        """
        raise NotImplementedError

    def pasts(self, since: date | None = None) -> list[Past]:
        """Return the sessions that began on a day or later, the oldest first.

        Raises:
            HistoryError: if the file cannot be read.
        """
        raise NotImplementedError

    def skips(self, since: date) -> list[Skips]:
        """Return how often the holds of each exercise were skipped since a day."""
        raise NotImplementedError

    def records(self) -> Iterator[SessionRecord]:
        """Yield every session with its holds, the oldest first."""
        raise NotImplementedError

    def add(self, records: Iterable[SessionRecord]) -> int:
        """Add sessions that are not there yet, all or none; return how many were added."""
        raise NotImplementedError
