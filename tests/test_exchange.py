"""Exports and imports: what goes out comes back the same, and what is not ours is named and changes nothing."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from histories import invented
from pitrainer.core.record import HoldRecord, SessionRecord
from pitrainer.core.units import Ms
from pitrainer.errors import BadInput, HistoryError
from pitrainer.exchange import COLUMNS, read_json, write_csv, write_json
from pitrainer.history import History

ONE = SessionRecord(
    uuid="00000000-0000-4000-8000-000000000001",
    start=datetime(2026, 11, 22, 19, 30, 0, 5_000, timezone(timedelta(hours=1))),
    end=datetime(2026, 11, 22, 19, 42, 0, 0, timezone(timedelta(hours=1))),
    trusted=True,
    routine="neck",
    hash="49d8b5086410",
    profile="adult",
    level="standard",
    result="stopped",
    paused=Ms(1_500),
    wanted=3,
    holds=(
        HoldRecord(4, "press", "back of the head", 1, Ms(10_000), Ms(10_000)),
        HoldRecord(9, "press", 'left "temple", or so', 2, Ms(10_000), Ms(2_500), skipped=True),
        HoldRecord(14, "chin", "", 1, Ms(60_000)),
    ),
)
LAST = date(2026, 11, 22)


def as_json(records) -> str:
    out = io.StringIO()
    write_json(records, out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "export.json"


def imported(file, history) -> int:
    return history.add(read_json(file))


def test_csv():
    """One row a hold, with what was planned, held and skipped; a hold that was never begun has no length."""
    out = io.StringIO()
    write_csv([ONE], out)
    about = "00000000-0000-4000-8000-000000000001,2026-11-22T19:30:00.005+01:00,neck,adult,standard"
    assert out.getvalue().splitlines() == [
        "session,start,routine,profile,level,exercise,position,set,planned_ms,held_ms,skipped",
        f"{about},press,back of the head,1,10000,10000,false",
        f'{about},press,"left ""temple"", or so",2,10000,2500,true',
        f"{about},chin,,1,60000,,false",
    ]
    assert [row["position"] for row in csv.DictReader(io.StringIO(out.getvalue()))] == [hold.position for hold in ONE.holds]
    assert tuple(out.getvalue().splitlines()[0].split(",")) == COLUMNS


def test_json():
    """Everything there is, one line a hold, and a session's own before them."""
    assert json.loads(as_json([ONE])) == {
        "format": "pitrainer history",
        "version": 1,
        "sessions": [
            {
                "session": "00000000-0000-4000-8000-000000000001",
                "start": "2026-11-22T19:30:00.005+01:00",
                "end": "2026-11-22T19:42:00.000+01:00",
                "clock_trusted": True,
                "routine": "neck",
                "routine_hash": "49d8b5086410",
                "routine_holds": 3,
                "profile": "adult",
                "level": "standard",
                "result": "stopped",
                "paused_ms": 1500,
                "holds": [
                    {"step": 4, "exercise": "press", "position": "back of the head", "set": 1}
                    | {"planned_ms": 10000, "held_ms": 10000, "skipped": False},
                    {"step": 9, "exercise": "press", "position": 'left "temple", or so', "set": 2}
                    | {"planned_ms": 10000, "held_ms": 2500, "skipped": True},
                    {"step": 14, "exercise": "chin", "position": "", "set": 1}
                    | {"planned_ms": 60000, "held_ms": None, "skipped": False},
                ],
            }
        ],
    }
    assert len(as_json([ONE]).splitlines()) == 1 + 1 + 3 + 1
    assert json.loads(as_json([]))["sessions"] == []


@pytest.mark.parametrize("zone", [timezone(timedelta(minutes=-570)), timezone(timedelta(hours=14)), UTC])
def test_there_and_back(file, tmp_path, zone):
    """Export, import elsewhere, export: the same to the letter. Twice changes nothing."""
    here, there = History(tmp_path / "here.db", 80), History(tmp_path / "there.db", 80)
    odd = replace(ONE, start=ONE.start.astimezone(zone), end=ONE.end.astimezone(zone), trusted=False, result="died", holds=())
    assert here.add([*invented(LAST, 40, daily=False), odd]) > 30
    first = as_json(here.records())
    file.write_text(first)
    count = len(here.records())
    assert imported(file, there) == count
    assert as_json(there.records()) == first
    assert there.pasts() == here.pasts()
    content = (tmp_path / "there.db").read_bytes()
    assert imported(file, there) == 0
    assert (tmp_path / "there.db").read_bytes() == content
    assert imported(file, here) == 0
    assert as_json(here.records()) == first


def test_an_empty_history_comes_back(file, tmp_path):
    """Nothing is imported from an export of nothing, and that is well done."""
    file.write_text(as_json([]))
    assert imported(file, History(tmp_path / "history.db", 80)) == 0


def test_two_histories_become_one(file, tmp_path):
    """What is there stays as it is; only what is new is added."""
    history = History(tmp_path / "history.db", 80)
    history.add([ONE])
    file.write_text(as_json([replace(ONE, result="completed"), *invented(LAST, 3)]))
    assert imported(file, history) == 3
    assert [record for record in history.records() if record.uuid == ONE.uuid] == [ONE]


def changed(change) -> str:
    data = json.loads(as_json([ONE, *invented(LAST, 2)]))
    change(data)
    return json.dumps(data)


def put(value, *path):
    def change(data):
        for key in path[:-1]:
            data = data[key]
        if value is KeyError:
            del data[path[-1]]
        else:
            data[path[-1]] = value

    return changed(change)


SESSION = ("sessions", 1)
HOLD = ("sessions", 0, "holds", 2)
WHEN = 'write for example "2026-11-22T19:30:00.000+01:00"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("session,start\n", "is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "was not written by `pitrainer history --json`"),
        ("null", "was not written by `pitrainer history --json`"),
        ('{"sessions": []}', "was not written by `pitrainer history --json`"),
        (put("pitrainer clips", "format"), "was not written by `pitrainer history --json`"),
        (put(2, "version"), "is from another version of pitrainer (its format is 2, known is 1)"),
        (put(KeyError, "version"), "is from another version of pitrainer (its format is None, known is 1)"),
        ("[" * 100_000, "is nested too deep"),
        ('{"version": %s}' % ("9" * 5_000), "has a number with too many digits"),
        (put(KeyError, "sessions"), "sessions: is missing"),
        (put(3, "sessions"), "sessions: 3 is not a list; put it in [ ]"),
        (put(3, *SESSION), "sessions[2]: 3 is not a table"),
        (put("x", *SESSION, "session"), 'sessions[2].session: "x" is not a UUID'),
        (
            put(ONE.uuid.upper().replace("-", ""), *SESSION, "session"),
            f'sessions[2].session: "{ONE.uuid.replace("-", "")}" is not a UUID',
        ),
        (put(ONE.uuid, *SESSION, "session"), f'sessions[2].session: "{ONE.uuid}" is there twice'),
        (put("yesterday", *SESSION, "start"), f'sessions[2].start: "yesterday" is not a time; {WHEN}'),
        (put(17, *SESSION, "start"), f"sessions[2].start: 17 is not a time; {WHEN}"),
        (
            put("2026-11-22T19:30:00.000", *SESSION, "start"),
            f'sessions[2].start: "2026-11-22T19:30:00.000" is not a time; {WHEN}',
        ),
        (
            put("2026-02-30T19:30:00.000+01:00", *SESSION, "end"),
            f'sessions[2].end: "2026-02-30T19:30:00.000+01:00" is not a time that exists; {WHEN}',
        ),
        (
            put("0001-01-01T00:00:00.000+01:00", *SESSION, "start"),
            f'sessions[2].start: "0001-01-01T00:00:00.000+01:00" is not a time that can be; {WHEN}',
        ),
        (
            put("2026-01-01T00:00:00.000+23:59", *SESSION, "start"),
            f'sessions[2].start: "2026-01-01T00:00:00.000+23:59" is not a time that can be; {WHEN}',
        ),
        (put("2020-01-01T00:00:00.000+01:00", *SESSION, "end"), "sessions[2].end: is before the start"),
        (put(1, *SESSION, "clock_trusted"), "sessions[2].clock_trusted: 1 is not true or false"),
        (put("", *SESSION, "routine"), "sessions[2].routine: is empty"),
        (
            put("a\nb", *SESSION, "routine"),
            'sessions[2].routine: "a\\nb" is not plain text of at most 600 characters on one line',
        ),
        (put("grown", *SESSION, "profile"), 'sessions[2].profile: "grown" is not one of "adult", "child"'),
        (put("over", *SESSION, "result"), 'sessions[2].result: "over" is not one of "running", "completed", "stopped", "died"'),
        (put(-1, *SESSION, "paused_ms"), "sessions[2].paused_ms: -1 is outside 0 to 3600000000"),
        (put(1, *SESSION, "mood"), "sessions[2].mood: is not a known key"),
        (put([], *HOLD), "sessions[1].holds[3]: [] is not a table"),
        (put(KeyError, *HOLD, "held_ms"), "sessions[1].holds[3].held_ms: is missing"),
        (put("10s", *HOLD, "held_ms"), 'sessions[1].holds[3].held_ms: "10s" is not a number of milliseconds, or null'),
        (put(True, *HOLD, "held_ms"), "sessions[1].holds[3].held_ms: true is not a number of milliseconds, or null"),
        (put(1e300, *HOLD, "planned_ms"), "sessions[1].holds[3].planned_ms: 1e+300 is not a whole number"),
        (put(10**400, *HOLD, "planned_ms"), "sessions[1].holds[3].planned_ms: 1"),
        (put(9, *HOLD, "step"), "sessions[1].holds: has the same step twice"),
    ],
)
def test_what_is_not_ours(file, tmp_path, text, expected):
    """Each mistake is named with its place; nothing is imported."""
    history = History(tmp_path / "history.db", 80)
    file.write_text(text)
    with pytest.raises(BadInput) as raised:
        imported(file, history)
    line = str(raised.value)
    assert line.startswith(f"{file}: {expected}")
    assert "\n" not in line
    assert not (tmp_path / "history.db").exists()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_half_a_file(file, tmp_path, part):
    """Half of an export is named as such, and none of it is imported."""
    whole = as_json(invented(LAST, 5))
    file.write_text(whole[: int(len(whole) * part)])
    with pytest.raises(BadInput, match="is not whole: "):
        imported(file, History(tmp_path / "history.db", 80))
    assert not (tmp_path / "history.db").exists()


def test_many_mistakes(file):
    """Of a file that is wrong all over, some mistakes are shown, and how many more there are."""
    file.write_text(changed(lambda data: [hold.update(set="one") for session in data["sessions"] for hold in session["holds"]]))
    with pytest.raises(BadInput) as raised:
        read_json(file)
    lines = str(raised.value).splitlines()
    assert len(lines) == 21
    assert lines[0] == f'{file}: sessions[1].holds[1].set: "one" is not a whole number'
    assert lines[-1] == f"{file}: has 33 further mistakes"


def test_files_that_are_none(tmp_path):
    """A folder, a missing file, and bytes that are no text."""
    with pytest.raises(BadInput, match="there is no such file"):
        read_json(tmp_path)
    with pytest.raises(BadInput, match="there is no such file"):
        read_json(tmp_path / "nothing.json")
    file = tmp_path / "noise"
    file.write_bytes(b'{"format": "\xff\xfe"}')
    with pytest.raises(BadInput, match="is not JSON: it is not UTF-8 text"):
        read_json(file)


def test_an_import_is_whole_or_not_at_all(tmp_path, monkeypatch):
    """Where the disk fails in the middle of an import, the history is as it was."""
    history = History(tmp_path / "history.db", 80)
    history.add([ONE])
    from pitrainer import history as module

    add, counted = module._add, []

    def fails(database, record):
        counted.append(record)
        if len(counted) == 30:
            raise OSError(28, "No space left on device")
        return add(database, record)

    monkeypatch.setattr(module, "_add", fails)
    with pytest.raises(HistoryError, match=r"history\.db: cannot be written: No space left on device"):
        history.add(invented(LAST, 50))
    assert history.records() == [ONE]
