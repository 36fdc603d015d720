"""What is remembered between two starts: a damaged file costs no more than the choice of a program."""

import json
import logging
import os
import re
import time
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.core.learned import NOTHING, Learned
from pitrainer.core.messages import Began, Ended, Offer, Offered, OfferEnded, Rated, Started
from pitrainer.core.planner import make_plan
from pitrainer.core.prompts import OFFERED
from pitrainer.core.reminders import Memory, Unix
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.service.saved_state import Place, State, StateKeeper, as_json, load_state, save_state
from pitrainer.wallclock import ClockMemory
from support.fakes import BEGUN, SMALL, half_a_second
from support.spoken import en

CLOCK = ClockMemory("0b1c", 1_764_000_000_000, 1_764_100_000_000, "hand")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state" / "state.json"


def test_there_and_back(file, caplog):
    """What was chosen is chosen at the next start."""
    reminders = {"08:00 neck adult": Memory(Unix(5), "2026-11-22", Unix(9), Unix(7), 2, later=True)}
    for state in (
        State(2, 7),
        State(0, 10**6),
        State(1, 1, None, reminders),
        State(clock=CLOCK),
        State(clock=replace(CLOCK, own=None)),
        State(),
    ):
        save_state(file, state)
        assert load_state(file) == state
    assert [entry.name for entry in file.parent.iterdir()] == ["state.json"]
    assert not caplog.messages


def test_a_first_start(file, caplog):
    """The first start is nothing to complain about."""
    assert load_state(file) == State()
    assert not caplog.messages


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        "[]",
        "[1, 2]",
        '"program"',
        "{}",
        '{"program": 1}',
        '{"program": -1, "tip": 0}',
        '{"program": 1, "tip": -1}',
        '{"program": true, "tip": 0}',
        '{"program": 1, "tip": false}',
        '{"program": 1.0, "tip": 0}',
        '{"program": "1", "tip": 0}',
        '{"program": null, "tip": 0}',
        '{"program": NaN, "tip": 0}',
        '{"program": 1e999, "tip": 0}',
        '{"program": %s, "tip": 0}' % ("9" * 5_000),
        '{"program": %s, "tip": 0}' % ("9" * 4_000),
        '{"program": 0, "tip": %s}' % ('[{"a": ' * 300 + "1" + "}]" * 300),
        '{"program": 0, "tip": 1000001}',
        '{"program": 0, "tip": 0, "place": NaN}',
        '{"program": 0, "tip": 0, "x": -Infinity}',
        '{"program": 0, "tip": 0, "x": "%s"}' % ("x" * 1_000_000),
        "[" * 100_000,
        '{"program": 1, "tip": 0} x',
        '{"program": 0, "tip": 0, "clock": {"boot": "0b1c"}}',
        '{"program": 0, "tip": 0, "clock": {"boot": "0b1c", "zero": 1e9, "own": null, "source": "hand"}}',
        '{"program": 0, "tip": 0, "clock": {"boot": "0b1c", "zero": 5, "own": -5, "source": "hand"}}',
        '{"program": 0, "tip": 0, "clock": {"boot": 1, "zero": 5, "own": 5, "source": "hand"}}',
        '{"program": 0, "tip": 0, "clock": {"boot": "0b1c", "zero": 5, "own": 5, "source": []}}',
    ],
    ids=lambda content: content[:40],
)
def test_damaged(file, content, caplog):
    """A damaged file is one line in the journal, and a fresh beginning; it can be written again."""
    file.parent.mkdir()
    file.write_text(content)
    assert load_state(file) == State()
    (line,) = caplog.messages
    (aside,) = file.parent.iterdir()
    assert line.startswith(f"{file}: is damaged (it ")
    assert line.endswith(f"); kept as {aside.name}, and starting fresh")
    assert line.isprintable()
    assert len(line) < len(str(file)) + 200
    assert "Exceeds the limit" not in line
    assert re.fullmatch(r"state\.json\.\d{4}-\d\d-\d\dT\d{4}\.corrupt", aside.name)
    assert aside.read_text() == content
    save_state(file, State(1, 1))
    assert load_state(file) == State(1, 1)


def test_what_a_later_version_adds(file):
    """A file with more in it than this version knows is good for what it knows."""
    file.parent.mkdir()
    file.write_text(json.dumps({"program": 1, "tip": 2, "level": "full"}))
    assert load_state(file) == State(1, 2)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(tmp_path, content):
    """A file of any bytes gives two whole numbers that are not negative."""
    (tmp_path / "state.json").write_bytes(content)
    state = load_state(tmp_path / "state.json")
    assert type(state.program) is type(state.tip) is int
    assert min(state.program, state.tip) >= 0


LEARNED = Learned(4, frozenset({"push", "tap"}), {"push": (2,), "tap": (3, 4)}, frozenset({"push"}))
PLACE = Place("neck", "adult", "standard", 90, 7, 2, 1_500, 1_700_000_000.5, "Anna", LEARNED, 6)
KEPT = json.loads(as_json(State(place=PLACE)))["place"]
KNOWN = KEPT["learned"]


def at_once(task):
    task()


def test_a_place_there_and_back(file, caplog):
    """A session's place survives, and is forgotten when it is over."""
    keeper = StateKeeper(file, at_once)
    keeper.keep(place=PLACE)
    assert load_state(file) == State(0, 0, PLACE)
    keeper.keep(place=None, tip=1)
    assert load_state(file) == State(0, 1)
    assert not caplog.messages


def test_a_place_of_before_each_exercise_was_counted(file, caplog):
    """Then it is not known how far each has grown, and all else is good."""
    file.parent.mkdir()
    learned = KNOWN | {"runs": [3, 4], "slower": {"push": [2]}}
    file.write_text(json.dumps({"program": 1, "tip": 1, "place": KEPT | {"learned": learned}}))
    assert load_state(file) == State(1, 1, replace(PLACE, learned=NOTHING))
    assert not caplog.messages


@pytest.mark.parametrize(
    "change",
    [
        *({"step": -1}, {"held": "1"}, {"routine": 5}, {"person": None}, {"at": "soon"}, {"more": 1}),
        *({"step": 90}, {"steps": 0}, {"steps": 10**7}, {"exercise": 10**30}, {"held": 90_000_000}, {"held": True}),
        *({"weekday": 7}, {"weekday": False}, {"learned": None}, {"learned": {}}, {"learned": "much"}),
        *({"learned": {**KNOWN, **of}} for of in ({"known": "push"}, {"runs": 3}, {"runs": [1]}, {"runs": {"x": [-1]}})),
        *({"at": -1e308}, {"at": float("inf")}, {"at": float("nan")}, {"at": -1}, {"at": 10**400}, {"at": 1e15}, {"at": True}),
    ],
    ids=str,
)
def test_a_damaged_place(file, change, caplog):
    """A place that nobody has written, or that cannot be, is one line in the journal."""
    file.parent.mkdir()
    file.write_text(json.dumps({"program": 1, "tip": 1, "place": KEPT | change}))
    assert load_state(file) == State()
    assert len(caplog.messages) == 1


def test_a_folder_in_its_place(file, caplog):
    """A folder in the file's place is one line, and is kept aside with what is in it."""
    file.mkdir(parents=True)
    (file / "what is in it").touch()
    keeper = StateKeeper(file, at_once)
    (line,) = caplog.messages
    assert line.startswith(f"{file}: is damaged (it is not a regular file, but a folder); kept as state.json.")
    (aside,) = file.parent.iterdir()
    assert (aside / "what is in it").is_file()
    keeper.keep(program=1)
    assert load_state(file) == State(1)


@pytest.mark.parametrize("kind", ["pipe", "device", "dead link to itself"])
def test_something_else_in_its_place(file, kind, caplog):
    """Nothing in the file's place is waited for; it is one line, is kept aside, and the state is kept as ever."""
    file.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero" if kind == "device" else file)
    StateKeeper(file, at_once).keep(program=1)
    assert load_state(file) == State(1)
    assert len(list(file.parent.iterdir())) == 2
    (line,) = caplog.messages
    assert "kept as" in line


def test_what_was_kept_aside_is_never_overwritten(file):
    """Files that are damaged one after the other are all kept."""
    for content in ("first", "second"):
        save_state(file, State())
        file.write_text(content)
        load_state(file)
    assert {aside.read_text() for aside in file.parent.iterdir()} == {"first", "second"}


def test_written_later(tmp_path, caplog):
    """What cannot be written is said once, kept, and written as soon as it can be; that is said too."""
    caplog.set_level(logging.INFO)
    blocked = tmp_path / "file"
    blocked.write_text("")
    keeper = StateKeeper(blocked / "state.json", at_once)
    caplog.clear()
    keeper.keep(program=1)
    keeper.keep(tip=5)
    keeper.retry()
    assert len(caplog.messages) == 1
    assert "cannot be written (Not a directory)" in caplog.text or "cannot be written (File exists)" in caplog.text
    blocked.unlink()
    keeper.retry()
    keeper.retry()
    assert load_state(blocked / "state.json") == State(1, 5)
    assert len(caplog.messages) == 2


@pytest.mark.usefixtures("plain_user")
def test_a_folder_that_is_read_only(file, caplog):
    """What was there before stays."""
    save_state(file, State(1, 1))
    file.parent.chmod(0o500)
    try:
        StateKeeper(file, at_once).keep(program=2)
    finally:
        file.parent.chmod(0o700)
    assert load_state(file) == State(1, 1)
    assert len(caplog.messages) == 1


MEMORY = asdict(Memory(Unix(5), "2026-11-22", Unix(9), Unix(7), 2))


@pytest.mark.parametrize(
    "reminders",
    [
        *([], {"x": 1}, {"x": {}}, {"x": {"after": "now"}}),
        *({"x": MEMORY | {"count": 10**30}}, {"x": MEMORY | {"day": "20261122"}}, {"x": MEMORY | {"until": 1e999}}),
        *({"x": MEMORY | {"next": 253_402_300_800_000}}, {"x": MEMORY | {"after": -1}}),
    ],
    ids=str,
)
def test_damaged_reminders(file, reminders, caplog):
    """What is no reminder's memory makes the file a damaged one."""
    file.parent.mkdir()
    file.write_text(json.dumps({"program": 1, "tip": 1, "reminders": reminders}))
    assert load_state(file) == State()
    assert "starting fresh" in caplog.messages[0]


@pytest.mark.parametrize("choice", ["neck", ["neck", "adult", "Anna"], ["neck", "adult", "", 1]], ids=str)
def test_a_damaged_choice(file, choice, caplog):
    """What names no program makes the file a damaged one."""
    file.parent.mkdir()
    file.write_text(json.dumps({"program": 1, "tip": 1, "choice": choice}))
    assert load_state(file) == State()
    assert "starting fresh" in caplog.messages[0]


PLAN = replace(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), learned=BEGUN)


def offered(place: int, held: int, left: int) -> Offered:
    return Offered(Ms(5_000), Offer(en("Go on."), Ms(5_000 + left), Program(SMALL, "adult", "standard"), place, Ms(held), PLAN))


def test_much_pain_is_nothing_to_go_on_with(file):
    """An answer that ends the session leaves nothing to go on with, should the power fail before that; taken back, it does."""
    keeper = StateKeeper(file, at_once)
    keeper.follow(Started(Ms(0), replace(PLAN, pain_stop=7)))
    ask = PLAN.steps[5]
    keeper.follow(Began(Ms(0), ask))
    for about, value, goes_on in (("effort", 10, True), ("pain", 7, True), ("pain", 8, False), ("pain", None, True)):
        keeper.follow(Rated(Ms(1_000), ask, about, value))
        assert (load_state(file).place is not None) == goes_on


def test_a_stop_is_gone_on_with_after_a_restart(file):
    """What is left of a session that was stopped is kept as long as it is offered, from the moment of the stop."""
    keeper = StateKeeper(file, at_once)
    keeper.follow(Started(Ms(0), PLAN))
    keeper.follow(Began(Ms(0), PLAN.steps[4]))
    keeper.follow(Ended(Ms(5_000), completed=False))
    assert load_state(file).place is None
    before = round(time.time() - 0.001, 3)  # in milliseconds
    keeper.follow(offered(4, 1_640, OFFERED))
    place = load_state(file).place
    assert before <= place.at <= time.time()
    assert (place.routine, place.steps, place.step, place.exercise, place.held) == ("small", 16, 4, 1, 1_640)
    assert place.learned == BEGUN
    StateKeeper(file, at_once).follow(offered(4, 1_640, OFFERED))  # the next start's: it makes the time no longer
    assert load_state(file).place == place
    keeper.follow(OfferEnded(Ms(6_000)))
    assert load_state(file).place is None
