"""Exports and imports: what goes out comes back the same, and what is not ours is named and changes nothing."""

import csv
import io
import json
import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitrainer.core.session_record import HoldRecord, SessionRecord, merged
from pitrainer.core.statistics import Rating, overviews
from pitrainer.core.units import Ms
from pitrainer.errors import BadInput, HistoryError
from pitrainer.history import transfer
from pitrainer.history.rows import Added
from pitrainer.history.store import History
from pitrainer.history.transfer import COLUMNS, MOST_SHOWN, read_json, write_csv, write_json
from support.histories import invented

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
    exercises=3,
    holds=(
        HoldRecord(4, "press", "back of the head", 1, Ms(10_000), Ms(10_000)),
        HoldRecord(9, "press", 'left "temple", or so', 2, Ms(10_000), Ms(2_500), skipped=True),
        HoldRecord(14, "chin", "", 1, Ms(60_000)),
    ),
    person="Anna",
    ratings=(Rating(11, "press", "pain", 3), Rating(16, "", "effort", 0)),
)
LAST = date(2026, 11, 22)


def as_json(records) -> str:
    out = io.StringIO()
    write_json(records, out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "export.json"


def imported(file, history) -> Added:
    return history.add(read_json(file))


def test_csv():
    """One row a hold, with what was planned, held and skipped; one never begun has no length. And one row an answer."""
    out = io.StringIO()
    write_csv([ONE], out)
    about = "00000000-0000-4000-8000-000000000001,2026-11-22T19:30:00.005+01:00,neck,adult,standard"
    assert out.getvalue().splitlines() == [
        "session,start,routine,profile,level,exercise,position,set,planned_ms,held_ms,skipped,person,asked,rating",
        f"{about},press,back of the head,1,10000,10000,false,Anna,,",
        f'{about},press,"left ""temple"", or so",2,10000,2500,true,Anna,,',
        f"{about},press,,,,,,Anna,pain,3",
        f"{about},chin,,1,60000,,false,Anna,,",
        f"{about},,,,,,,Anna,effort,0",
    ]
    read = [row for row in csv.DictReader(io.StringIO(out.getvalue())) if not row["asked"]]
    assert [row["position"] for row in read] == [hold.position for hold in ONE.holds]
    assert tuple(out.getvalue().splitlines()[0].split(",")) == COLUMNS


def test_json():
    """Everything there is, one line a hold, and a session's own before them."""
    assert json.loads(as_json([ONE])) == {
        "format": "pitrainer history",
        "version": 4,
        "sessions": [
            {
                "session": "00000000-0000-4000-8000-000000000001",
                "start": "2026-11-22T19:30:00.005+01:00",
                "end": "2026-11-22T19:42:00.000+01:00",
                "clock_trusted": True,
                "routine": "neck",
                "routine_hash": "49d8b5086410",
                "routine_exercises": 3,
                "profile": "adult",
                "person": "Anna",
                "level": "standard",
                "result": "stopped",
                "paused_ms": 1500,
                "once_more": False,
                "ratings": [
                    {"step": 11, "exercise": "press", "about": "pain", "value": 3},
                    {"step": 16, "exercise": "", "about": "effort", "value": 0},
                ],
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


def test_the_first_version(file):
    """An export of before persons comes in: nobody is named, and how many exercises there were follows from the holds."""
    data = json.loads(as_json([replace(ONE, person="", holds=(*ONE.holds, replace(ONE.holds[0], step=19)))]))
    data["version"] = 1
    for session in data["sessions"]:
        del session["person"], session["routine_exercises"], session["ratings"], session["once_more"]
        session["routine_holds"] = 7  # of which 4 are here, in 2 exercises
    file.write_text(json.dumps(data))
    (record,) = read_json(file)
    assert (record.person, record.exercises, record.past.share) == ("", 4, 1_875)
    data["sessions"][0]["person"] = "Anna"
    file.write_text(json.dumps(data))
    with pytest.raises(BadInput, match=r"sessions\[1\]\.person: is not a known key"):
        read_json(file)


def test_the_second_version(file):
    """An export of before there were answers comes in without any; one of now has to say what there are."""
    data = json.loads(as_json([ONE]))
    for session in data["sessions"]:
        del session["ratings"], session["once_more"]
    file.write_text(json.dumps(data | {"version": 2}))
    assert read_json(file) == [replace(ONE, ratings=())]
    file.write_text(json.dumps(data))
    with pytest.raises(BadInput, match=r"sessions\[1\]\.ratings: is missing"):
        read_json(file)


def test_the_third_version(file):
    """An export of before it was known what was done once more comes in as if nothing was."""
    data = json.loads(as_json([ONE]))
    del data["sessions"][0]["once_more"]
    file.write_text(json.dumps(data | {"version": 3}))
    assert read_json(file) == [ONE]


@pytest.mark.parametrize("zone", [timezone(timedelta(minutes=-570)), timezone(timedelta(hours=14)), UTC])
def test_there_and_back(file, tmp_path, zone):
    """Export, import elsewhere, export: the same to the letter. Twice changes nothing."""
    here, there = History(tmp_path / "here.db", 80), History(tmp_path / "there.db", 80)
    odd = replace(
        ONE,
        start=ONE.start.astimezone(zone),
        end=ONE.end.astimezone(zone),
        trusted=False,
        result="died",
        holds=(),
        once_more=True,
    )
    assert here.add([*invented(LAST, 40, daily=False), odd]).added > 30
    first = as_json(here.records())
    file.write_text(first)
    count = len(here.records())
    assert imported(file, there) == Added(count, 0, 0)
    assert as_json(there.records()) == first
    assert there.pasts() == here.pasts()
    content = (tmp_path / "there.db").read_bytes()
    assert imported(file, there) == Added(0, 0, count)
    assert (tmp_path / "there.db").read_bytes() == content
    assert imported(file, here) == Added(0, 0, count)
    assert as_json(here.records()) == first


def test_an_empty_history_comes_back(file, tmp_path):
    """Nothing is imported from an export of nothing, and that is well done."""
    file.write_text(as_json([]))
    assert imported(file, History(tmp_path / "history.db", 80)) == Added(0, 0, 0)


def test_two_histories_become_one(file, tmp_path):
    """What is new is added; what is there and no more is known of stays as it is."""
    history = History(tmp_path / "history.db", 80)
    history.add([ONE])
    file.write_text(as_json([replace(ONE, result="running"), *invented(LAST, 3)]))
    assert imported(file, history) == Added(3, 0, 1)
    assert [record for record in history.records() if record.uuid == ONE.uuid] == [ONE]


# the same session twice

MINUTE = timedelta(minutes=1)
BEGUN = replace(
    ONE,
    end=ONE.start + MINUTE,
    result="running",
    paused=Ms(0),
    holds=(replace(ONE.holds[0], held=Ms(9_000)), *(replace(hold, held=None, skipped=False) for hold in ONE.holds[1:])),
)
"""As an export in its second hold has it."""


@pytest.mark.parametrize(
    ("less", "more"),
    {
        "running, and over": (BEGUN, ONE),
        "running, and later": (BEGUN, replace(BEGUN, end=BEGUN.end + MINUTE)),
        "broken off, and gone on with": (replace(BEGUN, result="died"), replace(ONE, result="running")),
        "broken off, and over at the same moment": (replace(ONE, result="running"), replace(ONE, result="died")),
        "stopped, and completed": (ONE, replace(ONE, result="completed")),
        "a wrong clock, and a right one": (replace(ONE, start=ONE.start - MINUTE, end=ONE.end - MINUTE, trusted=False), ONE),
        "fewer holds": (replace(ONE, holds=ONE.holds[:2]), ONE),
        "held for less long": (replace(ONE, holds=(ONE.holds[0], replace(ONE.holds[1], held=Ms(5)), ONE.holds[2])), ONE),
    }.values(),
)
def test_the_more_complete_wins(tmp_path, less, more):
    """Of two exports of one session what is known in all is kept, whichever comes first, and told; again changes nothing."""
    for number, both in enumerate(([less, more], [more, less])):
        history = History(tmp_path / f"{number}.db", 80)
        assert history.add(invented(LAST, 3)) == Added(3, 0, 0)
        assert history.add(both[:1]) == Added(1, 0, 0)
        assert history.add(both[1:]) == (Added(0, 1, 0) if both[1] is more else Added(0, 0, 1))
        content = history.file.read_bytes()
        assert history.add(both[1:]) == history.add(both[:1]) == Added(0, 0, 1)
        assert history.file.read_bytes() == content
        assert as_json(record for record in history.records() if record.uuid == ONE.uuid) == as_json([more])
        assert [record.past for record in history.records()] == history.pasts()


def test_no_hold_is_lost(tmp_path):
    """A hold that was held for longer in the less complete export keeps that."""
    history = History(tmp_path / "history.db", 80)
    longer = replace(ONE.holds[1], held=Ms(4_000))
    history.add([replace(BEGUN, holds=(BEGUN.holds[0], longer))])
    assert history.add([ONE]) == Added(0, 1, 0)
    assert history.records() == [replace(ONE, holds=(ONE.holds[0], longer, ONE.holds[2]))]


holds = st.builds(
    HoldRecord,
    *(st.integers(0, 3), st.just("press"), st.sampled_from(["left", "right"]), st.just(1), st.sampled_from([Ms(2), Ms(3)])),
    *(st.none() | st.integers(0, 3).map(Ms), st.booleans()),
)
same_session = st.builds(
    replace,
    st.just(ONE),
    end=st.integers(0, 2).map(lambda minutes: ONE.start + minutes * MINUTE),
    trusted=st.booleans(),
    level=st.sampled_from(["light", "standard"]),
    result=st.sampled_from(["running", "completed", "stopped", "died"]),
    paused=st.integers(0, 2).map(Ms),
    holds=st.lists(holds, max_size=3, unique_by=lambda hold: hold.step).map(
        lambda some: tuple(sorted(some, key=lambda hold: hold.step))
    ),
)


@given(same_session, same_session, same_session)
def test_merging_has_no_order(one, two, three):
    """However exports of a session overlap, and in whatever order they come: the same is known at the end, and nothing lost."""
    both = merged(one, two)
    assert merged(one, one) == one
    assert both == merged(two, one) == merged(both, one) == merged(two, both)
    assert merged(both, three) == merged(one, merged(two, three))
    known = {hold.step: hold.held or 0 for hold in both.holds}
    assert all(known[hold.step] >= (hold.held or 0) for hold in (*one.holds, *two.holds))


# what cannot be


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
RATING = ("sessions", 0, "ratings", 0)
WHEN = 'write for example "2026-11-22T19:30:00.000+01:00"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not JSON, or only a part of it"),
        ("session,start\n", "is not JSON, or only a part of it"),
        ("[]", "was not written by `pitrainer history --json`"),
        ("null", "was not written by `pitrainer history --json`"),
        ('{"sessions": []}', "was not written by `pitrainer history --json`"),
        (put("pitrainer clips", "format"), "was not written by `pitrainer history --json`"),
        (put(5, "version"), "is from another version of pitrainer (its format is 5, known is 4)"),
        (put(1.0, "version"), "is from another version of pitrainer (its format is 1.0, known is 4)"),
        (put(True, "version"), "is from another version of pitrainer (its format is true, known is 4)"),
        (put(KeyError, "version"), "is from another version of pitrainer (its format is None, known is 4)"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"version": %s}' % ("9" * 5_000), "has a number with too many digits"),
        (put(KeyError, "sessions"), "sessions: is missing"),
        (put(3, "sessions"), "sessions: 3 is not a list; put it in [ ]"),
        (put(3, *SESSION), "sessions[2]: 3 is not a table"),
        (put(11, *RATING, "value"), "sessions[1].ratings[1].value: 11 is outside 0 to 10"),
        (put(None, *RATING, "value"), "sessions[1].ratings[1].value: None is not a whole number"),
        (put("none", *RATING, "about"), 'sessions[1].ratings[1].about: "none" is not one of "pain", "effort"'),
        (put(16, *RATING, "step"), "sessions[1].ratings: has the same step twice"),
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
            put("2026-01-01T00:00:00.000+24:00", *SESSION, "start"),
            f'sessions[2].start: "2026-01-01T00:00:00.000+24:00" is not a time that exists; {WHEN}',
        ),
        (
            put("9999-12-31T23:59:59.999-14:00", *SESSION, "end"),
            f'sessions[2].end: "9999-12-31T23:59:59.999-14:00" is not a time that can be; {WHEN}',
        ),
        (put("2020-01-01T00:00:00.000+01:00", *SESSION, "end"), "sessions[2].end: is before the start"),
        (put(1, *SESSION, "clock_trusted"), "sessions[2].clock_trusted: 1 is not true or false"),
        (put("", *SESSION, "routine"), "sessions[2].routine: is empty"),
        (
            put("a\nb", *SESSION, "routine"),
            'sessions[2].routine: "a\\nb" is not plain text of at most 600 characters on one line',
        ),
        (
            put("a\0b", *SESSION, "routine"),
            'sessions[2].routine: "a\\x00b" is not plain text of at most 600 characters on one line',
        ),
        (
            put("\ud800", *HOLD, "position"),
            'sessions[1].holds[3].position: "\\ud800" is not plain text of at most 600 characters',
        ),
        (put(KeyError, *SESSION, "session"), "sessions[2].session: is missing"),
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
        (put(1e3, *HOLD, "planned_ms"), "sessions[1].holds[3].planned_ms: 1000.0 is not a whole number"),
        (put(True, *HOLD, "set"), "sessions[1].holds[3].set: true is not a whole number"),
        (put(9.0, *HOLD, "step"), "sessions[1].holds[3].step: 9.0 is not a whole number"),
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
    with pytest.raises(BadInput, match="is not JSON, or only a part of it"):
        imported(file, History(tmp_path / "history.db", 80))
    assert not (tmp_path / "history.db").exists()


def test_many_mistakes(file):
    """Of a file that is wrong all over, some mistakes are shown, and that there are more; the rest of it is not read."""
    file.write_text(changed(lambda data: [hold.update(set="one") for session in data["sessions"] for hold in session["holds"]]))
    with pytest.raises(BadInput) as raised:
        read_json(file)
    lines = str(raised.value).splitlines()
    assert len(lines) == 21
    assert lines[0] == f'{file}: sessions[1].holds[1].set: "one" is not a whole number'
    assert lines[-1] == f"{file}: has further mistakes"
    found: list = []
    transfer._records(file, found)
    assert len(found) == MOST_SHOWN + 1  # a file of a million mistakes took minutes, and a gigabyte


def test_mistakes_follow_from_no_mistakes(file):
    """What is missing is not there twice as well."""

    def change(data):
        for session in data["sessions"][:2]:
            del session["session"], session["holds"][0]["step"], session["holds"][1]["step"]

    file.write_text(changed(change))
    with pytest.raises(BadInput) as raised:
        read_json(file)
    assert [problem.message for problem in raised.value.problems] == ["is missing"] * 6


def test_files_that_are_none(tmp_path):
    """A folder, a pipe that would be waited for, a missing file, bytes that are no text, and the database itself."""
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(BadInput, match="cannot be read: it is not a regular file"):
            read_json(other)
    history = History(tmp_path / "history.db", 80)
    history.add([ONE])
    with pytest.raises(BadInput, match=r"history\.db: is not UTF-8 text"):
        imported(history.file, history)
    with pytest.raises(BadInput, match="there is no such file"):
        read_json(tmp_path / "nothing.json")
    file = tmp_path / "noise"
    file.write_bytes(b'{"format": "\xff\xfe"}')
    with pytest.raises(BadInput, match="is not UTF-8 text"):
        read_json(file)


def test_too_large(file, monkeypatch):
    """What is larger than any history is not read."""
    file.write_text(as_json([ONE]))
    monkeypatch.setattr(transfer, "MOST_BYTES", file.stat().st_size - 1)
    with pytest.raises(BadInput, match="is larger than 0 MB, which no history is"):
        read_json(file)
    monkeypatch.setattr(transfer, "MOST_BYTES", file.stat().st_size)
    assert read_json(file) == [ONE]


def test_a_byte_order_mark(file):
    """An export that an editor has saved with one is the same."""
    file.write_text(as_json([ONE]), encoding="utf-8-sig")
    assert read_json(file) == [ONE]


# at the edges of time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
EDGES = (datetime.min, datetime(2, 1, 1), datetime(1970, 1, 1), datetime(9999, 1, 1), datetime.max - timedelta(hours=1))


@pytest.fixture(scope="module")
def one_session(tmp_path_factory):
    """A history of one session, whose times are changed."""
    history = History(tmp_path_factory.mktemp("times") / "history.db", 80)
    history.add([ONE])
    return history


def set_times(history, started: int, ended: int, offset: int) -> None:
    with closing(sqlite3.connect(history.file)) as database, database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("UPDATE sessions SET started = ?, ended = ?, offset = ?", (started, ended, offset))


@settings(max_examples=60)
@given(
    st.sampled_from(EDGES) | st.datetimes(),
    st.integers(-30 * 60, 30 * 60),
    st.integers(-1_439, 1_439),
    st.sampled_from([0, 1, 86_400_000]),
)
def test_a_time_is_the_same_at_both_ends(one_session, edge, minutes, offset, length):
    """What time a session may have is one thing: a file with it is read where a history with it is, and both say the same."""
    zone = timezone(timedelta(minutes=offset))
    unix = (edge.replace(tzinfo=UTC) - EPOCH) // MILLISECOND + minutes * 60_000
    set_times(one_session, unix, unix + length, offset)
    try:
        known = one_session.records()
    except HistoryError:
        known = None
    try:
        times = [(EPOCH + at * MILLISECOND).astimezone(zone) for at in (unix, unix + length)]
    except OverflowError:  # such a time cannot even be written down
        assert known is None
        return
    file = one_session.file.with_name("export.json")
    data = json.loads(as_json([ONE]))
    data["sessions"][0] |= zip(("start", "end"), (time.isoformat(timespec="milliseconds") for time in times), strict=True)
    file.write_text(json.dumps(data))
    told, wrong = None, set()
    try:
        told = read_json(file)
    except BadInput as error:
        wrong = {problem.key for problem in error.problems}
    assert told == known
    assert wrong <= {"sessions[1].start", "sessions[1].end"}
    if known is not None:
        file.write_text(as_json(known))
        assert read_json(file) == known
        assert as_json(read_json(file)) == as_json(known)


WILD = st.integers(-(2**63), 2**63 - 1)


@settings(max_examples=40)
@given(WILD | st.integers(-(2**48), 2**48), WILD | st.integers(-(2**48), 2**48), WILD | st.integers(-3_000, 3_000))
def test_absurd_times(one_session, started, ended, offset):
    """Whatever numbers a row has for times: they are told, or the history is said to be damaged; nothing breaks."""
    set_times(one_session, started, ended, offset)
    one_session.skips(LAST)
    for use in (
        lambda: write_json(one_session.records(), io.StringIO()),
        lambda: write_csv(one_session.records(), io.StringIO()),
        lambda: overviews(one_session.pasts(), one_session.skips, 80, LAST, 520),
    ):
        said = None
        try:
            use()
        except HistoryError as error:
            said = str(error)
        assert said in (None, f"{one_session.file}: cannot be read: it contains an invalid time")


# whole or not at all


def test_a_disk_that_fails_in_an_import(tmp_path, monkeypatch):
    """The history is as it was."""
    history = History(tmp_path / "history.db", 80)
    history.add([ONE])
    before = history.file.read_bytes()
    from pitrainer.history import rows

    put, counted = rows.put, []

    def fails(database, record):
        counted.append(record)
        if len(counted) == 30:
            raise OSError(28, "No space left on device")
        put(database, record)

    monkeypatch.setattr(rows, "put", fails)
    with pytest.raises(HistoryError, match=r"history\.db: cannot be written: No space left on device"):
        history.add(invented(LAST, 50))
    assert history.file.read_bytes() == before


def test_interrupted(tmp_path):
    """Ctrl-C in the middle of it takes back what was written."""
    history = History(tmp_path / "history.db", 80)
    history.add([ONE])
    before = history.file.read_bytes()

    def records():
        for number, record in enumerate(invented(LAST, 50)):
            if number == 30:
                signal.raise_signal(signal.SIGINT)
            yield record

    with pytest.raises(KeyboardInterrupt):
        history.add(records())
    assert history.file.read_bytes() == before
    assert history.add(invented(LAST, 50)) == Added(50, 0, 0)
