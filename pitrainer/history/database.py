"""The file of the history: `history.db`, SQLite. How it is opened, brought to this version, and found to be damaged.

The schema, version 4 (`user_version`; `application_id` tells that a file is ours):

| sessions | |
| --- | --- |
| id | the rowid |
| uuid | the same in every copy of the history |
| started, ended | milliseconds since 1970, UTC; of a running session, `ended` is the begin of its last step |
| offset | minutes by which local time was ahead of UTC |
| trusted | 1 where the clock was right, 2 where a person had set it, else 0, see `wallclock.py` |
| boot, monotonic | the boot and its monotonic clock at the start, by which `started` may be mended; "" and 0 where imported |
| routine, hash | the routine's id, and what tells its versions apart, see `routine_hash` |
| profile, level | as in the settings |
| result | "running", "completed", "stopped", or "died" where the program or the power went |
| paused | milliseconds |
| person | whose it was; empty where nobody is named |
| exercises | how many the whole routine has |
| share | how much of them was held, see `session_record.share` |
| practised | the ids of the exercises of which a hold was held to its end, one a line |
| once_more | 1 where one exercise was done once more |

`share` and `practised` follow from the holds; the start of a trainer, which needs them of all sessions, reads only `sessions`
and `ratings`.

| holds | |
| --- | --- |
| session | `sessions.id` |
| step | the number of the step in the plan |
| exercise, position, set_number | which hold; the position may be empty |
| planned | milliseconds; of a set at the person's own pace a guess, and once they have done it, what it took |
| held | milliseconds, pauses not counted, the longest where it was done again; NULL where it was never begun |
| skipped | 1 where the person went on before its end |

| ratings | |
| --- | --- |
| session, step | as in `holds`; the step is the one that asked |
| exercise | its id; empty where the whole routine was asked about |
| about | "pain" or "effort" |
| value | 0 to 10 |

Written at every step, by one transaction: a power cut loses the running step at most. A rollback journal rather than a
write-ahead log, since a person who may read the folder but not write to it could not read the latter: its index in shared
memory has to be made. It costs 24 ms a step instead of 8 where a flush of the disk takes 4 (measured), on the worker's thread.
TRUNCATE and FULL: each commit, and the journal's end, is flushed before the next.

Each access opens the file anew (0.3 ms): whoever deletes, replaces or locks it harms one write.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from ..core.text import printable
from ..errors import HistoryError
from ..files import BESIDE, must_be_regular, open_regular

APPLICATION = 0x50695472
"""`PRAGMA application_id`: "PiTr"."""
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE,
            started INTEGER NOT NULL, ended INTEGER NOT NULL, offset INTEGER NOT NULL, trusted INTEGER NOT NULL,
            boot TEXT NOT NULL, monotonic INTEGER NOT NULL,
            routine TEXT NOT NULL, hash TEXT NOT NULL, profile TEXT NOT NULL, level TEXT NOT NULL, result TEXT NOT NULL,
            paused INTEGER NOT NULL, holds INTEGER NOT NULL, held INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX sessions_started ON sessions (started)",
        """CREATE TABLE holds (
            session INTEGER NOT NULL REFERENCES sessions (id), step INTEGER NOT NULL,
            exercise TEXT NOT NULL, position TEXT NOT NULL, set_number INTEGER NOT NULL,
            planned INTEGER NOT NULL, held INTEGER, skipped INTEGER NOT NULL,
            PRIMARY KEY (session, step)
        ) STRICT, WITHOUT ROWID""",
    ),
    (
        "ALTER TABLE sessions ADD COLUMN person TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE sessions ADD COLUMN exercises INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE sessions ADD COLUMN share INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE sessions ADD COLUMN practised TEXT NOT NULL DEFAULT ''",
        # Version 1 had counted holds, and of a part of a routine it cannot be told any more how many exercises the whole had.
        """UPDATE sessions SET exercises = coalesce((
            SELECT max(count(DISTINCT exercise), (count(DISTINCT exercise) * sessions.holds + count(*) - 1) / count(*))
            FROM holds WHERE session = id
        ), 0)""",
        """UPDATE sessions SET share = coalesce((
            SELECT sum(part) FROM (
                SELECT sum(min(coalesce(holds.held, 0), planned)) * 10000 / sum(planned) AS part
                FROM holds WHERE session = id GROUP BY exercise
            )
        ), 0) / max(exercises, 1)""",
        """UPDATE sessions SET practised = coalesce((
            SELECT group_concat(exercise, char(10)) FROM (
                SELECT DISTINCT exercise FROM holds WHERE session = id AND holds.held >= planned ORDER BY exercise
            )
        ), '')""",
        "ALTER TABLE sessions DROP COLUMN holds",
        "ALTER TABLE sessions DROP COLUMN held",
    ),
    (
        """CREATE TABLE ratings (
            session INTEGER NOT NULL REFERENCES sessions (id), step INTEGER NOT NULL,
            exercise TEXT NOT NULL, about TEXT NOT NULL, value INTEGER NOT NULL,
            PRIMARY KEY (session, step)
        ) STRICT, WITHOUT ROWID""",
    ),
    ("ALTER TABLE sessions ADD COLUMN once_more INTEGER NOT NULL DEFAULT 0",),
)
"""What makes version n + 1 of version n; a new file has version 0."""
BUSY = 1.0
"""Seconds to wait for somebody else's lock; then what is to be written waits in memory."""
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""SQLite's errors after which a file is kept aside. Any other leaves it sound: it passes, or somebody mends it."""


class DamagedError(sqlite3.DatabaseError):
    """The file can be opened, and is no history."""


def damaged(error: sqlite3.Error) -> bool:
    """Tell whether an error means that the file is not what it should be."""
    if (code := getattr(error, "sqlite_errorcode", None)) is not None:
        return code & 0xFF in DAMAGE
    return isinstance(error, DamagedError | sqlite3.OperationalError)  # the latter for a text that is not UTF-8


def why(error: sqlite3.Error | OSError) -> str:
    """Return an error's reason on one line; what `integrity_check` finds has several, and may quote the damaged bytes."""
    text = (isinstance(error, OSError) and error.strerror) or str(error)
    return printable(" ".join(text.removeprefix("*** in database main ***").split()))


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    """Open the file by SQLite, which would wait for a pipe, in the place of its journal too."""
    for end in ("", *BESIDE):
        with suppress(FileNotFoundError):
            try:
                must_be_regular(os.stat(f"{file}{end}"))  # not opened: closing it would end this process's locks on it
            except OSError as error:
                if error.errno == errno.EINVAL and end:
                    raise OSError(errno.EINVAL, f"{file.name}{end}: {error.strerror}") from error
                raise
    name = quote(os.fsencode(file.absolute()))
    return sqlite3.connect(f"file:{name}?mode={mode}", uri=True, timeout=BUSY, isolation_level=None)


@contextmanager
def writing(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the file, made or brought to this version where needed; all that the block does is written, or nothing.

    Raises:
        HistoryError: if it is from a newer version.
        sqlite3.Error, OSError: if it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    database = _connect(file, "rwc")
    try:
        database.execute("PRAGMA journal_mode = TRUNCATE")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        yield _migrated(database, _version(database, file))
        database.execute("COMMIT")
    except UnicodeDecodeError as error:  # SQLite names a damaged table in its error message (found with random bytes)
        raise DamagedError("its text is not valid UTF-8") from error
    finally:
        database.close()  # which rolls back what is not committed


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the file as somebody who may not write it; where there is none, an empty history.

    Raises:
        HistoryError: if it cannot be read.
    """
    try:
        if file.exists():
            open_regular(file).close()  # says better than SQLite why it cannot be
        database = _connect(file, "ro") if file.exists() else sqlite3.connect(":memory:", isolation_level=None)
        with closing(database), closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            database.execute("BEGIN")
            if (version := _version(database, file)) < len(MIGRATIONS):
                database.backup(copy)
                database = _migrated(copy, version)
            yield database
    except (sqlite3.Error, OSError) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY:
            raise HistoryError(f"{file}: was left half written; the trainer repairs it when it next starts") from error
        raise HistoryError(f"{file}: cannot be read: {why(error)}") from error
    except UnicodeDecodeError as error:
        raise HistoryError(f"{file}: cannot be read: its text is not valid UTF-8") from error


def _migrated(database: sqlite3.Connection, version: int) -> sqlite3.Connection:
    for statement in chain.from_iterable(MIGRATIONS[version:]):
        database.execute(statement)
    if version < len(MIGRATIONS):
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    return database


def _version(database: sqlite3.Connection, file: Path) -> int:
    """Return the version of a history, 0 for an empty file."""
    (application,), (version,) = (database.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version"))
    if application != APPLICATION:
        if version or database.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise DamagedError("it is no history of pitrainer")
        return 0
    if version > len(MIGRATIONS):
        raise HistoryError(
            f"{file}: is from a newer version of pitrainer (its format is {version}, known is {len(MIGRATIONS)})"
        )
    return int(version)


def check(database: sqlite3.Connection) -> None:
    """Raise `DamagedError` if anything in it is not as it must be."""
    _check(database, "integrity_check")


def check_quickly(database: sqlite3.Connection) -> None:
    """The same, but for whether indexes and tables agree."""
    _check(database, "quick_check")


def _check(database: sqlite3.Connection, how: str) -> None:
    (found,) = database.execute(f"PRAGMA {how}(1)").fetchone()
    if found != "ok":
        raise DamagedError(str(found))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
        wanted = set(_migrated(new, 0).execute(_TABLES))
    if not wanted <= set(database.execute(_TABLES)):
        raise DamagedError("its tables are not those of a history")


_TABLES = """
    SELECT tables.name, wr, strict, columns.name, columns.type, "notnull", dflt_value, pk
    FROM pragma_table_list AS tables JOIN pragma_table_info(tables.name) AS columns WHERE tables.schema = 'main'
    UNION ALL SELECT name, tbl_name, type, '', '', 0, '', 0 FROM sqlite_master WHERE type = 'index'
"""
"""Not their SQL: how that of a migrated table is written is up to the SQLite that migrated it."""
