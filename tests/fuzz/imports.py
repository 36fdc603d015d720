"""History imports: all of a file comes in or nothing, what was there stays, and a damaged database is found to be so."""

import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from fuzz.mutate import changed, damaged, mostly, raw, scalars, trees
from fuzz.target import Check, Pace, Target, assert_line, assert_lines
from pitrainer.core.session_record import SessionRecord
from pitrainer.core.statistics import Rating, overviews
from pitrainer.errors import BadInput, HistoryError
from pitrainer.history.database import APPLICATION, MIGRATIONS
from pitrainer.history.store import History
from pitrainer.history.transfer import read_json, write_csv, write_json
from support.histories import invented

TABLES = "SELECT name, sql FROM sqlite_master ORDER BY name"
LAST = date(2026, 11, 22)
THERE = list(invented(LAST, 6, holds=4))
"""What is in the database before."""
ANSWERS = Rating(20, "press", "pain", 3), Rating(21, "", "effort", 0)
OTHERS = [replace(one, ratings=ANSWERS) for one in invented(LAST - timedelta(days=6), 5, seed=2, holds=3)]
ALLOWED = 30
"""Times what an import of a few sessions takes, for a file of its size."""
DAMAGE = re.compile(rb"damage((?: \d{1,7}:(?:[0-9a-f]{2})+)*)\n")
"""A case's first line, if it has one: what is written over the database before, and where. The rest is the file to import."""


def export(records: list[SessionRecord]) -> str:
    """Write them as the program does."""
    out = io.StringIO()
    write_json(records, out)
    return out.getvalue()


# cases

_EXPORTS = [json.loads(export(records)) for records in (OTHERS, THERE, THERE[3:] + OTHERS[3:], [])]
_ONE = _EXPORTS[0]["sessions"][0]
_KEYS = st.sampled_from([*_EXPORTS[0], *_ONE, *_ONE["holds"][0], *_ONE["ratings"][0], "x", ""])
_VALUES = scalars | st.sampled_from(
    [
        *("1970-01-01T00:00:00.000+15:00", "9998-12-31T23:59:59.999-15:00", "2026-02-30T00:00:00.000+01:00", "٢٠٢٦-11-22"),
        *("2026-11-22T19:30:00.000+01:00", "2026-11-22T19:30:00.000+00:59", THERE[0].uuid, THERE[0].uuid.upper(), "0" * 32),
        *("running", "completed", "stopped", "died", "child", "gentle", 3_600_000_000, 3_600_000_001, 1_000_000, 100_000),
        *(float("nan"), float("inf"), None, []),
    ]
)


@st.composite
def _longer(draw: st.DrawFn) -> Any:
    """Draw what another copy of this history may have: the same sessions, going on longer or with other numbers in them."""
    tree = json.loads(export(THERE))
    for session in tree["sessions"]:
        holds = session["holds"]
        match draw(st.sampled_from(["same", "more", "fewer", "held", "other"])):
            case "more":
                holds.append(holds[-1] | {"step": holds[-1]["step"] + draw(st.integers(1, 9))})
            case "fewer":
                del holds[draw(st.integers(0, len(holds))) :]
            case "held":
                draw(st.sampled_from(holds))["held_ms"] = draw(st.none() | st.integers(0, 60_000))
            case "other":
                session["result"] = draw(st.sampled_from(["running", "completed", "stopped", "died"]))
                session["end"] = session["end"].replace("T19", "T20").replace("2026", "2027")
    return tree


@st.composite
def _cases(draw: st.DrawFn) -> bytes:
    # Numbers of more than 4300 digits cannot be written by `json`; the corpus has one.
    other = changed(_EXPORTS, _VALUES | trees(_VALUES, _KEYS), _KEYS)
    written = mostly(other, _longer() | st.sampled_from(_EXPORTS), one_in=2)
    files = st.builds(lambda tree, ascii_: raw(json.dumps(tree, ensure_ascii=ascii_)), written, st.booleans())
    case = draw(mostly(files, damaged(files) | st.binary(max_size=200), one_in=4))
    if draw(st.integers(0, 3)):
        return case
    places = st.integers(0, 200) | st.integers(0, 40_000)
    patches = draw(st.lists(st.tuples(places, st.binary(min_size=1, max_size=40)), max_size=3))
    return f"damage{''.join(f' {at}:{patch.hex()}' for at, patch in patches)}\n".encode() + case


# checks


@contextmanager
def _opened(folder: Path) -> Iterator[Check]:
    importer = _Importer(folder)
    good = importer.database.read_bytes()

    def take(case: bytes) -> None:
        written = DAMAGE.match(case)
        importer.file.write_bytes(case[written.end() :] if written else case)
        content = bytearray(good)
        for patch in written[1].split() if written else ():
            at, _, new = patch.partition(b":")
            content[int(at) : int(at) + len(new) // 2] = bytes.fromhex(new.decode())
        importer.add_to(bytes(content))

    yield Pace(take, export(OTHERS).encode(), ALLOWED)


class _Importer:
    """Imports a file into a database, as `pitrainer history import` does, and looks at both."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database, self.file = folder, folder / "history.db", folder / "ex\x1bport\n.json"
        self.history = History(self.database, 80)
        self.history.add(THERE)
        self.tables = self.query(TABLES)

    def query(self, *queries: str) -> list[Any]:
        """Ask SQLite itself."""
        with closing(sqlite3.connect(self.database)) as opened:
            return [opened.execute(query).fetchall() for query in queries]

    def held(self) -> tuple[set[Any], dict[str, int]]:
        """Return every hold by its session and step, and how long each session was held in all."""
        holds, sums = self.query(
            "SELECT uuid, step FROM sessions LEFT JOIN holds ON session = id",
            "SELECT uuid, total(holds.held) FROM sessions LEFT JOIN holds ON session = id GROUP BY uuid",
        )
        return set(holds), dict(sums)

    def sound(self) -> bool:
        """Tell whether SQLite finds nothing wrong, and the tables are a history's: to be read, each hold in its session."""
        orphans = "SELECT count(*) FROM holds WHERE session NOT IN (SELECT id FROM sessions)"
        try:
            found = self.query(TABLES, "PRAGMA integrity_check", orphans, "PRAGMA application_id", "PRAGMA user_version")
            self.query("SELECT * FROM sessions", "SELECT * FROM holds")
        except (sqlite3.Error, UnicodeDecodeError):
            return False
        return found == [*self.tables, [("ok",)], [(0,)], [(APPLICATION,)], [(len(MIGRATIONS),)]]

    def add_to(self, before: bytes) -> None:
        """Import the file into a database of these bytes."""
        for path in self.folder.glob("history.db*"):
            path.unlink()
        self.database.write_bytes(before)
        sound = self.sound()
        there = self.held() if sound else None
        try:
            records = read_json(self.file)
        except BadInput as error:
            assert_lines(error.problems, self.folder)
            assert self.database.read_bytes() == before, "nothing of a wrong file comes in"
            return
        try:
            self.history.add(records)
        except HistoryError as error:
            assert not sound, f"a good database takes a good file: {error}"
            assert_line(str(error), self.folder)
            assert self.database.read_bytes() == before, "all or nothing"
            return
        # It says that all is there now. So it is, also in a database that somebody has damaged.
        now = {record.uuid: {hold.step: hold.held for hold in record.holds} for record in self.history.records()}
        for record in records:
            assert record.uuid in now
            for hold in record.holds:
                assert hold.step in now[record.uuid], "the history knows less of the session than the file"
                assert (now[record.uuid][hold.step] or 0) >= (hold.held or 0)
        if there:
            self.assert_added(*there, records)

    def assert_added(self, holds: set[Any], held: dict[str, int], records: list[SessionRecord]) -> None:
        """What was there is there; the same once more changes nothing; what goes out comes back the same."""
        assert self.sound()
        holds_now, held_now = self.held()
        assert holds <= holds_now, "what was there stays"
        assert all(held_now[session] >= length for session, length in held.items()), "no session becomes shorter"
        content = export(self.history.records())
        self.history.add(records)
        assert export(self.history.records()) == content
        self.file.with_name("again.json").write_text(content)
        assert read_json(self.file.with_name("again.json")) == self.history.records()
        pasts = self.history.pasts()
        overviews(pasts, self.history.skips, 80, LAST, 12)
        write_csv(self.history.records(), io.StringIO())
        History(self.database, 80).flush()
        for past in pasts:
            self.history.facts(past.regimen)


IMPORTS = Target("imports", "json", 80, _cases(), _opened)
