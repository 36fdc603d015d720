"""Sessions as rows of the file (`database.py` tells what is in each): written, read, and added from another history.

Nothing here opens or ends a transaction; what can fail with SQLite fails with its own errors.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from ..core.routine import Regimen
from ..core.session_record import FIRST, LAST, HoldRecord, SessionRecord, SessionSnapshot, merged, practised, share
from ..core.statistics import Past, Rating, Skips
from ..core.text import counted
from ..core.units import Ms
from .database import DamagedError

_COLUMNS = (
    "uuid, started, ended, offset, trusted, boot, monotonic, routine, hash, profile, level, result, paused, "
    "person, exercises, share, practised, once_more"
)
_MARKS = ", ".join("?" * 18)
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ") if name not in ("uuid", "boot", "monotonic"))


NOT_KNOWN, RIGHT, BY_HAND = 0, 1, 2
"""What `sessions.trusted` tells of the clock; a time by a person's word may still be corrected."""


# the sessions of the running trainer


@dataclass(frozen=True)
class Boot:
    """Where the monotonic clock of this boot stands in time."""

    id: str
    """What tells it from other boots."""
    zero: int
    """The time at which its monotonic clock was 0, in milliseconds since 1970."""
    zone: tzinfo | None
    """That of the wall clock."""
    trusted: int
    """Whether the wall clock is right, from which the time is."""

    def time_of(self, monotonic: Ms) -> tuple[int, int]:
        """Return a moment as `sessions` has it: `started` and `offset`, which may be that of another season."""
        unix = self.zero + monotonic
        return unix, _minutes(_local(unix, 0).astimezone(self.zone))


@dataclass(frozen=True)
class Row:
    """The row of a session, and what it had before it broke off, if it did. The time between is not counted."""

    id: int
    """`sessions.id`."""
    elapsed: int
    paused: int


def boot_at(wall: datetime, monotonic: Ms, boot: str, trusted: int) -> Boot:
    """Return where a boot stands in time, by what both clocks show at the same moment."""
    return Boot(boot, _unix(wall) - monotonic, wall.tzinfo, trusted)


def end_broken_off(database: sqlite3.Connection) -> None:
    """Write of the sessions that never came to an end that they died."""
    database.execute("UPDATE sessions SET result = 'died' WHERE result = 'running'")


def mend_times(database: sqlite3.Connection, boot: Boot) -> None:
    """Give the right times to the sessions of this boot that were recorded before the clock was set, or set anew."""
    found = database.execute(
        "SELECT id, monotonic FROM sessions WHERE trusted != ? AND boot = ? AND boot != ''", (RIGHT, boot.id)
    ).fetchall()
    for id_, monotonic in found:
        started, offset = boot.time_of(monotonic)
        database.execute(
            "UPDATE sessions SET ended = ended - started + ?, started = ?, offset = ?, trusted = ? WHERE id = ?",
            (started, started, offset, boot.trusted, id_),
        )


def id_of(database: sqlite3.Connection, uuid: str) -> int:
    """Return the `sessions.id` of a session, or 0 where it has no row."""
    row = database.execute("SELECT id FROM sessions WHERE uuid = ?", (uuid,)).fetchone()
    return int(row[0]) if row else 0


def broken_off(database: sqlite3.Connection, session: SessionSnapshot) -> tuple[str, int, int] | None:
    """Return the last session that was recorded here, if it broke off and this one can be its second part.

    What was done once more in between leaves it to be gone on with.

    Returns:
        Its uuid, and how long it took and paused.
    """
    found: tuple[str, int, int] | None = database.execute(
        "SELECT uuid, ended - started, paused "
        "FROM (SELECT * FROM sessions WHERE boot != '' AND once_more = ? ORDER BY id DESC LIMIT 1) "
        "WHERE result IN ('died', 'stopped') "
        "AND routine = ? AND profile = ? AND person = ? AND hash = ? AND level = ?",
        (session.once_more, *session.regimen, session.hash, session.level),
    ).fetchone()
    return found


def begin(database: sqlite3.Connection, session: SessionSnapshot, boot: Boot) -> Row:
    """Give a session its row, in which it has not lasted yet."""
    started, offset = boot.time_of(session.begun)
    routine, profile, person = session.regimen
    added = database.execute(
        f"INSERT INTO sessions ({_COLUMNS}) VALUES ({_MARKS})",
        (
            *(session.uuid, started, started, offset, boot.trusted, boot.id, session.begun),
            *(routine, session.hash, profile, session.level, session.result),
            *(0, person, session.exercises, 0, "", session.once_more),
        ),
    )
    return Row(added.lastrowid or 0, 0, 0)


def update(database: sqlite3.Connection, session: SessionSnapshot, row: Row) -> None:
    """Write all that is known of a session to its row, and its holds."""
    database.executemany(
        "INSERT INTO holds VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, step) DO UPDATE SET "
        "planned = excluded.planned, held = max(coalesce(held, 0), excluded.held), skipped = excluded.skipped "
        "WHERE excluded.held IS NOT NULL",
        ((row.id, *astuple(hold)) for hold in session.holds),
    )
    database.executemany("DELETE FROM ratings WHERE session = ? AND step = ?", ((row.id, step) for step in session.taken_back))
    database.executemany(
        "INSERT INTO ratings VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (session, step) DO UPDATE SET about = excluded.about, value = excluded.value",
        ((row.id, *rating) for rating in session.ratings),
    )
    holds = [_hold(*hold) for hold in database.execute(f"SELECT {_HOLD} FROM holds WHERE session = ?", (row.id,))]
    database.execute(
        "UPDATE sessions SET ended = started + ?, paused = ?, result = ?, share = ?, practised = ? WHERE id = ?",
        (
            *(row.elapsed + session.elapsed, row.paused + session.paused, session.result),
            *(share(holds, session.exercises), _lines(practised(holds)), row.id),
        ),
    )


# what is read


def pasts(database: sqlite3.Connection) -> Iterator[Past]:
    """Yield all sessions without their holds, the oldest first."""
    given = _ratings(database)
    rows = database.execute(
        "SELECT id, started, offset, ended - started - paused, routine, profile, person, share, practised, result, once_more "
        "FROM sessions ORDER BY started"
    )
    for id_, started, offset, active, *regimen, part, exercises, result, once_more in rows:
        about = _local(started, offset), active, _regimen(*regimen), part, _ids(exercises), result
        yield Past(*about, tuple(given.get(id_, ())), bool(once_more))


def _ratings(database: sqlite3.Connection) -> dict[int, list[Rating]]:
    """Return all ratings by their session's id."""
    found: dict[int, list[Rating]] = {}
    for session, *rating in database.execute(
        "SELECT session, step, exercise, about, value FROM ratings ORDER BY session, step"
    ):
        found.setdefault(session, []).append(Rating(*rating))
    return found


_SINCE = "started >= :since - 86400000 AND started + offset * 60000 >= :since"
"""Since a local day; the former has an index."""


def skips(database: sqlite3.Connection, since: date) -> list[Skips]:
    """Return how often the holds of each exercise were skipped since a day."""
    rows = database.execute(
        "SELECT routine, profile, person, exercise, sum(skipped), count(*) "
        "FROM sessions JOIN holds ON holds.session = sessions.id "
        f"WHERE {_SINCE} AND held IS NOT NULL GROUP BY routine, profile, person, exercise",
        {"since": _unix(datetime.combine(since, time(), UTC))},
    )
    return [Skips(_regimen(*row[:3]), *row[3:]) for row in rows]


def records(database: sqlite3.Connection, since: date | None = None) -> Iterator[SessionRecord]:
    """Yield every session with its holds, or those since a day, the oldest first."""
    given = _ratings(database)
    rows = database.execute(
        "SELECT sessions.id, uuid, started, ended, offset, trusted, routine, hash, profile, level, result, paused, exercises, "
        f"person, once_more, {_HOLD} "
        "FROM sessions LEFT JOIN holds ON holds.session = sessions.id "
        # Where all are asked for, one that cannot be read must not be passed over.
        f"{f'WHERE {_SINCE} ' if since else ''}ORDER BY started, uuid, step",
        {"since": _unix(datetime.combine(since, time(), UTC))} if since else {},
    )
    for id_, of_one in groupby(rows, key=itemgetter(0)):
        yield _record([row[1:] for row in of_one], given.get(id_, ()))


def _record(rows: list[tuple[Any, ...]], ratings: Iterable[Rating]) -> SessionRecord:
    uuid, started, ended, offset, trusted, routine, hash_, profile, level, result, paused, exercises = rows[0][:12]
    person, once_more = rows[0][12:14]
    return SessionRecord(
        *(uuid, _local(started, offset), _local(ended, offset), bool(trusted), routine, hash_, profile, level, result),
        *(Ms(paused), exercises),
        holds=tuple(_hold(*row[14:]) for row in rows if row[14] is not None),
        person=person,
        ratings=tuple(ratings),
        once_more=bool(once_more),
    )


def holds(database: sqlite3.Connection, uuid: str) -> list[HoldRecord]:
    """Return the holds of a session, in their order; none where there is no such session."""
    found = database.execute(
        f"SELECT {_HOLD} FROM holds WHERE session = (SELECT id FROM sessions WHERE uuid = ?) ORDER BY step", (uuid,)
    )
    return [_hold(*row) for row in found]


_HOLD = "step, exercise, position, set_number, planned, held, skipped"


def _hold(step: int, exercise: str, position: str, number: int, planned: int, held: int | None, skipped: int) -> HoldRecord:
    return HoldRecord(step, exercise, position, number, Ms(planned), None if held is None else Ms(held), bool(skipped))


_regimen = cache(Regimen)
"""There are few of them, and each is the same object in thousands of sessions."""


def _lines(exercises: frozenset[str]) -> str:
    return "\n".join(sorted(exercises))


@cache
def _ids(lines: str) -> frozenset[str]:
    return frozenset(filter(None, lines.split("\n")))


# what is added from another history


@dataclass(frozen=True)
class Added:
    """What became of the sessions that were to be added."""

    added: int
    completed: int
    """The history had them, and now knows more of them."""
    there: int
    """The history had all of them already."""

    def __str__(self) -> str:
        """Sum it up on one line, without what there was none of."""
        there = "was there already" if self.there == 1 else "were there already"
        parts = [(number, what) for number, what in zip(astuple(self), ("added", "completed", there), strict=True) if number]
        if not parts:
            return "there are no sessions in it"
        (number, what), *others = parts
        return ", ".join([f"{counted(number, 'session')} {what}", *(f"{number} {what}" for number, what in others)])


def add(database: sqlite3.Connection, others: Iterable[SessionRecord]) -> Added:
    """Add the sessions that are not there yet, and complete those of which less is known.

    What is written goes through `merged`, so that nothing which is known is lost, and the second time nothing changes. A
    session that runs on this machine is left to its recorder.
    """
    # All is read, for what cannot be read is damaged too, and no check finds it.
    here = {record.uuid: record for record in records(database)}
    running = {uuid for (uuid,) in database.execute("SELECT uuid FROM sessions WHERE result = 'running' AND boot != ''")}
    added = completed = there = 0
    for record in others:
        before = here.get(record.uuid)
        after = merged(before, record) if before else record
        if record.uuid in running or (before and _values(after) == _values(before)):
            there += 1
            continue
        put(database, after)
        here[record.uuid] = after
        added, completed = added + (not before), completed + bool(before)
    return Added(added, completed, there)


def put(database: sqlite3.Connection, record: SessionRecord) -> None:
    """Write a session in place of what is known of it; which boot it was recorded in stays."""
    session, holds, ratings = _values(record)
    upsert = f"INSERT INTO sessions ({_COLUMNS}) VALUES ({_MARKS}) ON CONFLICT (uuid) DO UPDATE SET {_REPLACED} RETURNING id"
    ((row,),) = database.execute(upsert, session).fetchall()
    database.execute("DELETE FROM holds WHERE session = ?", (row,))
    database.executemany("INSERT INTO holds VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ((row, *hold) for hold in holds))
    database.execute("DELETE FROM ratings WHERE session = ?", (row,))
    database.executemany("INSERT INTO ratings VALUES (?, ?, ?, ?, ?)", ((row, *rating) for rating in ratings))


def _values(record: SessionRecord) -> tuple[tuple[Any, ...], list[tuple[Any, ...]], tuple[Rating, ...]]:
    """Return the row of a session, and those of its holds and ratings without the session's id."""
    session = (
        *(record.uuid, _unix(record.start), _unix(record.end), _minutes(record.start), record.trusted, "", 0),
        *(record.routine, record.hash, record.profile, record.level, record.result),
        *(record.paused, record.person, record.exercises, share(record.holds, record.exercises)),
        *(_lines(practised(record.holds)), record.once_more),
    )
    # Not `astuple`, which copies deeply: that makes an import take three times as long.
    return session, [tuple(vars(hold).values()) for hold in record.holds], record.ratings


# time

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _unix(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


_zone = cache(lambda offset: timezone(timedelta(minutes=offset)))


def _local(unix: int, offset: int) -> datetime:
    try:
        moment = _EPOCH + timedelta(milliseconds=unix)
        if FIRST <= moment < LAST:
            return moment.astimezone(_zone(offset))
    except (OverflowError, ValueError) as error:
        raise DamagedError("it contains an invalid time") from error
    raise DamagedError("it contains an invalid time")


def _minutes(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(minutes=1)
