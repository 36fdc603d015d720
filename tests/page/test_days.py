"""The days on the page are those of the trainer's history, which the page only reads."""

import csv
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pitrainer.core.statistics import Rating
from pitrainer.core.units import Ms
from pitrainer.errors import HistoryError
from pitrainer.history.store import History
from pitrainer.page.days import SHOWN, Days
from support.histories import TAPER, invented, tapered

TODAY = date(2026, 11, 28)
RECORDS = [*invented(TODAY, 3, holds=5)]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    (tmp_path / "pitrainer.toml").write_text("# mine\n")
    return tmp_path / "state"


@pytest.fixture
def days(state: Path) -> Days:
    return Days(state.parent / "pitrainer.toml", state, {})


def history(state: Path) -> History:
    return History(state / "history.db", 80)


def test_no_history(days, state):
    """Before the first session there are days on which nothing was done, and no file comes to be."""
    told = days.days(TODAY)
    assert (told["persons"], told["streak"], len(told["days"])) == ([], 0, SHOWN)
    assert told["days"][-1] == {"day": "2026-11-28", "share": 0, "done": False, "sessions": []}
    assert told["days"][0]["day"] == "2025-11-23"
    assert list(state.iterdir()) == []


def test_a_session(days, state):
    """A session is told with what was held of each exercise, by the names of the routine."""
    record = RECORDS[-1]
    first, *others = record.holds
    half = replace(first, held=Ms(first.planned // 2), skipped=True)
    history(state).add([replace(record, holds=(half, *others), person="Anna")])
    told = days.days(TODAY)
    assert told["persons"] == ["Anna"]
    day = told["days"][-1]
    assert (day["share"], day["done"], told["streak"], told["done_from"]) == (0.9, True, 1, 0.8)
    (session,) = day["sessions"]
    exercises = session.pop("exercises")
    assert session == {
        "id": record.uuid,
        "started": record.start.isoformat(timespec="seconds"),
        "routine": "neck",
        "title": "Neck exercises",
        "profile": "adult",
        "person": "Anna",
        "level": "standard",
        "completed": True,
        "share": 0.9,
        "minutes": round((record.end - record.start).total_seconds() / 60, 1),
        "ratings": [],
    }
    assert exercises[0] == {"id": "press", "name": "Head press", "held": half.held, "length": 10_000, "skipped": 1}
    assert [one["length"] for one in exercises] == [hold.planned for hold in record.holds]


def test_holds(days, state):
    """Each hold of a session is told when asked for, with its position and set; of no other session."""
    first, second, *others = RECORDS[-1].holds
    skipped, again = replace(first, held=Ms(4_000), skipped=True), replace(second, set=2, held=None)
    history(state).add([*RECORDS[:-1], replace(RECORDS[-1], holds=(skipped, again, *others))])
    (session,) = days.days(TODAY)["days"][-1]["sessions"]
    holds = days.holds(session["id"])
    length = {"length": 10_000}
    assert holds[:2] == [
        {"exercise": "press", "position": "forehead", "set": 1, "held": 4_000, "skipped": True} | length,
        {"exercise": "turn", "position": "back of the head", "set": 2, "held": 0, "skipped": False} | length,
    ]
    assert len(holds) == 5
    assert days.holds("another") == []


def test_ratings(days, state):
    """What was answered is told with what it was about: an exercise, or the whole routine."""
    record = RECORDS[-1]
    step = record.holds[0].step + 1
    history(state).add([replace(record, ratings=(Rating(step, "press", "pain", 3), Rating(99, "", "effort", 7)))])
    (session,) = days.days(TODAY)["days"][-1]["sessions"]
    assert session["ratings"] == [
        {"name": "Head press", "question": "pain", "value": 3},
        {"name": None, "question": "effort", "value": 7},
    ]


def test_of_one_person(days, state):
    """Each person has days and a streak of their own; who has no name goes by the profile."""
    anna = [replace(RECORDS[0], person="Anna"), replace(RECORDS[2], person="Anna")]
    history(state).add([*anna, RECORDS[1]])
    assert days.days(TODAY)["persons"] == ["Anna", "adult"]
    assert [days.days(TODAY, who)["streak"] for who in ("", "Anna", "adult", "Ben")] == [3, 1, 1, 0]
    sessions = {who: [len(day["sessions"]) for day in days.days(TODAY, who)["days"][-3:]] for who in ("", "Anna", "adult")}
    assert sessions == {"": [1, 1, 1], "Anna": [1, 0, 1], "adult": [0, 1, 0]}


def test_two_sessions_a_day(days, state):
    """A day is as good as its best session."""
    record = RECORDS[-1]
    none = tuple(replace(hold, held=None) for hold in record.holds)
    stopped = replace(record, uuid=RECORDS[0].uuid, holds=none, result="stopped")
    history(state).add([record, stopped])
    day = days.days(TODAY)["days"][-1]
    assert (day["share"], day["done"], [one["completed"] for one in day["sessions"]].count(True)) == (1, True, 1)
    assert len(day["sessions"]) == 2


def test_a_year(days, state):
    """The days go back for a year; a streak goes back for as long as it has lasted."""
    every = invented(TODAY, 400, holds=5)
    history(state).add(
        [replace(record, holds=tuple(replace(hold, held=hold.planned) for hold in record.holds)) for record in every]
    )
    told = days.days(TODAY)
    assert told["streak"] == 400
    assert [len(day["sessions"]) for day in told["days"]] == [1] * SHOWN
    assert days.csv().count("\n") == 1 + 400 * 5


def test_days_off(days, state):
    """A day on which nothing is due in the person's next session breaks no streak; any other does."""
    history(state).add(tapered(TODAY))
    assert days.days(TODAY)["streak"] == 1
    (state.parent / "routines").mkdir()
    (state.parent / "routines" / "taper.toml").write_text(TAPER)
    assert days.days(TODAY)["streak"] == 16


def test_csv(days, state):
    """The table has a row a hold, of whom it is asked for."""
    history(state).add([RECORDS[0], replace(RECORDS[1], person="Anna")])
    assert days.csv().count("\n") == 11
    rows = [*csv.DictReader(io.StringIO(days.csv("Anna")))]
    assert [row["person"] for row in rows] == ["Anna"] * 5


def test_a_history_elsewhere(days, state):
    """Where the settings have another folder for it, the history is read from there, as the trainer writes it there."""
    (state.parent / "pitrainer.toml").write_text('paths.state = "elsewhere"\n')
    (state.parent / "elsewhere").mkdir()
    history(state.parent / "elsewhere").add(RECORDS)
    assert days.days(TODAY)["streak"] == 3
    assert days.csv().count("\n") == 1 + 3 * 5


def test_a_damaged_history(days, state):
    """What cannot be read is told in words, and stays as it is."""
    (state / "history.db").write_bytes(b"x" * 5_000)
    with pytest.raises(HistoryError, match="cannot be read"):
        days.days(TODAY)
    assert (state / "history.db").read_bytes() == b"x" * 5_000


def test_it_is_only_read(days, state):
    """Looking changes nothing, not even the file's time."""
    history(state).add(RECORDS)
    before = [(path.name, path.stat().st_mtime_ns) for path in state.iterdir()]
    days.days(TODAY)
    assert [(path.name, path.stat().st_mtime_ns) for path in state.iterdir()] == before
