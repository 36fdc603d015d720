"""What must not be lost when the process ends, or no broker is there for a week: one SQLite file.

Sessions that are over wait in it, in their order, until the broker has acknowledged them. Beside them are a few things to be
remembered: the session that runs, the one that ended last, the entities that were announced.
"""

import json
import logging
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from ..files import set_aside

log = logging.getLogger(__name__)

TABLES = """
CREATE TABLE IF NOT EXISTS sessions (number INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class Outbox:
    """The file. Each call opens it anew, as the history does: it may be deleted or replaced. Raises what SQLite does."""

    def __init__(self, file: Path) -> None:
        """Make the file where there is none; keep a damaged one aside."""
        self._file = file
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            aside = set_aside(file, datetime.now())
            log.warning("%s: is damaged (%s); kept as %s, and a new one is begun", file, error, aside.name)
            self._prepare()

    def _prepare(self) -> None:
        with closing(self._open()) as database:
            database.executescript(TABLES)
            (sound,) = database.execute("PRAGMA quick_check").fetchone()
            if sound != "ok":
                raise sqlite3.DatabaseError(sound)

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._file, timeout=1, isolation_level=None)
        try:
            # A commit is on the card when it returns, as the history's is.
            database.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            database.close()
            raise
        return database

    def add(self, session: dict[str, Any]) -> None:
        """Put a session at the end, and forget that it runs."""
        with closing(self._open()) as database, database:
            database.execute("BEGIN")
            database.execute("INSERT INTO sessions (payload) VALUES (?)", (json.dumps(session),))
            database.execute("DELETE FROM memory WHERE name = 'running'")
            last = json.dumps({key: session[key] for key in ("ended", "seconds")})
            database.execute("INSERT OR REPLACE INTO memory VALUES ('last', ?)", (last,))

    def first(self) -> tuple[int, str] | None:
        """Return the number and the payload of the session that waits for longest, if one does."""
        with closing(self._open()) as database:
            row: tuple[int, str] | None = database.execute("SELECT number, payload FROM sessions ORDER BY number").fetchone()
            return row

    def remove(self, number: int) -> None:
        """Forget a session that the broker has."""
        with closing(self._open()) as database:
            database.execute("DELETE FROM sessions WHERE number = ?", (number,))

    def waiting(self) -> int:
        """Return how many wait."""
        with closing(self._open()) as database:
            (count,) = database.execute("SELECT count(*) FROM sessions").fetchone()
            return int(count)

    def keep(self, name: str, value: Any) -> None:
        """Remember a value, as JSON can hold it, in another's place."""
        with closing(self._open()) as database:
            database.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (name, json.dumps(value)))

    def kept(self, name: str) -> Any:
        """Return what is remembered, or None."""
        with closing(self._open()) as database:
            row = database.execute("SELECT value FROM memory WHERE name = ?", (name,)).fetchone()
            return row and json.loads(row[0])
