"""The history for others: CSV and JSON to read, and such a JSON file read back.

CSV has one row a hold, and one a rating, with what was asked and the answer in its last columns. JSON has the sessions, each
with its holds, one line a hold, and its ratings; it holds all there is, so that it can be carried to another machine. `held_ms`
is empty (null) where a hold was never begun.

Version 3 had no `once_more`. Version 2 had no `ratings` either. Version 1 had no `person`, and instead of `routine_exercises`
the number of holds that the whole routine has, `routine_holds`.
"""

import csv
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, TextIO, cast, get_args

from ..config.reader import Table, as_list, one_line
from ..core.routine import ASKS, LEVELS, PROFILES, Ask, Level, Profile
from ..core.session_record import FIRST, LAST, HoldRecord, SessionRecord, exercises_of
from ..core.statistics import Rating, Result
from ..core.text import parse_json, shown
from ..core.units import HOUR, Ms
from ..errors import BadInput, Problem
from ..files import open_regular

FORMAT = "pitrainer history"
VERSION = 4
COLUMNS = (
    *("session", "start", "routine", "profile", "level", "exercise", "position", "set", "planned_ms", "held_ms", "skipped"),
    *("person", "asked", "rating"),
)
"""What is added goes to the end: a spreadsheet may count them."""
MOST_BYTES = 200_000_000
"""Ten years of daily sessions are 15 MB."""
MOST_SHOWN = 20
"""Mistakes of one file; more of them mean that it is another one, and no more of it is read."""
LONGEST = Ms(1_000 * HOUR)


def write_csv(records: Iterable[SessionRecord], file: TextIO) -> None:
    """Write one row a hold or a rating."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for record in records:
        about = (record.uuid, _text(record.start), record.routine, record.profile, record.level)
        lines: list[tuple[int, tuple[object, ...]]] = []
        for hold in record.holds:
            held = "" if hold.held is None else hold.held
            skipped = str(hold.skipped).lower()
            row = hold.exercise, hold.position, hold.set, hold.planned, held, skipped, record.person, "", ""
            lines.append((hold.step, row))
        for step, exercise, asked, value in record.ratings:
            lines.append((step, (exercise, "", "", "", "", "", record.person, asked, value)))
        rows.writerows((*about, *row) for _, row in sorted(lines, key=itemgetter(0)))


def write_json(records: Iterable[SessionRecord], file: TextIO) -> None:
    """Write all there is."""
    file.write(f'{{"format": {json.dumps(FORMAT)}, "version": {VERSION}, "sessions": [')
    between = "\n"
    for record in records:
        holds = ",\n  ".join(json.dumps(_hold_data(hold), ensure_ascii=False) for hold in record.holds)
        session = json.dumps(_session_data(record), ensure_ascii=False).removesuffix("}")
        file.write(f'{between}{session}, "holds": [\n  {holds}]}}')
        between = ",\n"
    file.write("\n]}\n")


def _session_data(record: SessionRecord) -> dict[str, Any]:
    return {
        "session": record.uuid,
        "start": _text(record.start),
        "end": _text(record.end),
        "clock_trusted": record.trusted,
        "routine": record.routine,
        "routine_hash": record.hash,
        "routine_exercises": record.exercises,
        "profile": record.profile,
        "person": record.person,
        "level": record.level,
        "result": record.result,
        "paused_ms": record.paused,
        "once_more": record.once_more,
        "ratings": [rating._asdict() for rating in record.ratings],
    }


def _hold_data(hold: HoldRecord) -> dict[str, Any]:
    return {
        "step": hold.step,
        "exercise": hold.exercise,
        "position": hold.position,
        "set": hold.set,
        "planned_ms": hold.planned,
        "held_ms": hold.held,
        "skipped": hold.skipped,
    }


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def read_json(file: Path) -> list[SessionRecord]:
    """Read what `write_json` wrote.

    Raises:
        BadInput: with what is wrong in it; nothing of such a file is used.
    """
    problems: list[Problem] = []
    records = _records(file, problems)
    if len(problems) > MOST_SHOWN:
        problems[MOST_SHOWN:] = [Problem(str(file), "", "has further mistakes")]
    if problems:
        raise BadInput(problems)
    return records


def _records(file: Path, problems: list[Problem]) -> list[SessionRecord]:
    try:
        data = parse_json(_content(file))
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError("was not written by `pitrainer history --json`")
        known = [str(number) for number in range(1, VERSION + 1)]  # as text: in Python, 1 == 1.0 == True
        if (version := shown(data.get("version"))) not in known:
            raise ValueError(f"is from another version of pitrainer (its format is {version}, known is {VERSION})")
    except FileNotFoundError:
        problems.append(Problem(str(file), "", "there is no such file"))
    except OSError as error:
        problems.append(Problem(str(file), "", f"cannot be read: {error.strerror}"))
    except ValueError as error:
        problems.append(Problem(str(file), "", str(error)))
    else:
        return _sessions(Table(data, str(file), problems), int(version))
    return []


def _content(file: Path) -> bytes:
    with open_regular(file) as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"is larger than {MOST_BYTES // 1_000_000} MB, which no history is")
    return content


def _sessions(table: Table, version: int) -> list[SessionRecord]:
    for key in ("format", "version"):
        table.value(key, lambda value: value, None, None)
    records: list[SessionRecord] = []
    seen: set[str] = set()
    for item in _tables(table, "sessions"):
        record = _session(item, version)
        if record.uuid and record.uuid in seen:
            item.problem("session", f"{shown(record.uuid)} is there twice")
        seen.add(record.uuid)
        records.append(record)
    table.done()
    return records


def _tables(table: Table, key: str) -> Iterator[Table]:
    """Read a list of tables, which may be empty, for as long as there are not too many mistakes."""
    path = f"{table.path}.{key}" if table.path else key
    items: list[object] = table.value(key, _list, None, [])
    for number, item in enumerate(items, start=1):
        if len(table.problems) > MOST_SHOWN:
            return
        yield Table(item, table.file, table.problems, f"{path}[{number}]")


def _list(value: object) -> list[object]:
    return [] if value == [] else as_list(value)


def _session(table: Table, version: int) -> SessionRecord:
    before = len(table.problems)
    start = table.value("start", _moment, None, _NO_MOMENT)
    end = table.value("end", _moment, None, _NO_MOMENT)
    if end < start and end is not _NO_MOMENT:  # that is a mistake already
        table.problem("end", "is before the start")
    holds = tuple(_hold(item) for item in _tables(table, "holds"))
    if version == 1:
        exercises = exercises_of(holds, table.integer("routine_holds", 0, 100_000))
    else:
        exercises = table.integer("routine_exercises", 0, 100_000)
    record = SessionRecord(
        uuid=table.text("session", _uuid),
        start=start,
        end=end.astimezone(start.tzinfo),
        trusted=table.boolean("clock_trusted"),
        routine=table.text("routine", _word),
        hash=table.text("routine_hash", one_line),
        profile=cast("Profile", table.choice("profile", PROFILES)),
        level=cast("Level", table.choice("level", LEVELS)),
        result=cast("Result", table.choice("result", get_args(Result))),
        paused=Ms(table.integer("paused_ms", 0, LONGEST)),
        exercises=exercises,
        holds=holds,
        person="" if version == 1 else table.text("person", one_line),
        ratings=() if version < 3 else tuple(_rating(item) for item in _tables(table, "ratings")),
        once_more=version > 3 and table.boolean("once_more"),
    )
    # Where there is a mistake already, some steps may be stand-ins.
    if len(table.problems) == before and len({hold.step for hold in record.holds}) < len(record.holds):
        table.problem("holds", "has the same step twice")
    if len(table.problems) == before and len({rating.step for rating in record.ratings}) < len(record.ratings):
        table.problem("ratings", "has the same step twice")
    table.done()
    return record


def _hold(table: Table) -> HoldRecord:
    hold = HoldRecord(
        step=table.integer("step", 0, 1_000_000),
        exercise=table.text("exercise", one_line),
        position=table.text("position", one_line),
        set=table.integer("set", 0, 100_000),
        planned=Ms(table.integer("planned_ms", 0, LONGEST)),
        held=table.value("held_ms", _held, None, Ms(0)),
        skipped=table.boolean("skipped"),
    )
    table.done()
    return hold


def _rating(table: Table) -> Rating:
    rating = Rating(
        step=table.integer("step", 0, 1_000_000),
        exercise=table.text("exercise", one_line),
        about=cast("Ask", table.choice("about", [ask for ask in ASKS if ask != "none"])),
        value=table.integer("value", 0, 10),
    )
    table.done()
    return rating


_NO_MOMENT = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _moment(value: object) -> datetime:
    right = 'write for example "2026-11-22T19:30:00.000+01:00"'
    text = value if isinstance(value, str) else ""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", text, re.ASCII):
        raise ValueError(f"{shown(value)} is not a time; {right}")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{shown(value)} is not a time that exists; {right}") from None
    if not FIRST <= moment < LAST:
        raise ValueError(f"{shown(value)} is not a time that can be; {right}")
    return moment


def _held(value: object) -> Any:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST:
        raise ValueError(f"{shown(value)} is not a number of milliseconds, or null")
    return Ms(value)


def _uuid(text: str) -> str:
    try:
        same = str(uuid.UUID(text)) == text
    except ValueError:
        same = False
    if not same:
        raise ValueError(f"{shown(text)} is not a UUID")
    return text


def _word(text: str) -> str:
    if not one_line(text):
        raise ValueError("is empty")
    return text
