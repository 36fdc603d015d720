"""The history: what is recorded of a session, and that no clock, disk or damaged file costs more than it must."""

import logging
import os
import random
import re
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.core.learned import Learned
from pitrainer.core.messages import Ended, Rated, Started
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import Regimen, alone
from pitrainer.core.session import Session, Transport
from pitrainer.core.session_record import HoldRecord, SessionRecord, merged, routine_hash
from pitrainer.core.statistics import Facts, Past, Rating, Skips
from pitrainer.core.units import Ms
from pitrainer.errors import HistoryError
from pitrainer.history import database, store
from pitrainer.history.rows import Added
from pitrainer.history.store import History
from pitrainer.history.transfer import read_json, write_json
from support.fakes import BEGUN, NECK, SMALL, SimRoom, half_a_second, parse, read, tap
from support.histories import TAPER, invented, tapered

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=1)))
"""The wall clock's time when the monotonic clock is at 0."""
TODAY = NOON.date()
LEFT = HoldRecord(4, "push", "left", 1, Ms(5_000))
RIGHT = HoldRecord(8, "push", "right", 1, Ms(5_000))
ADULT, CHILD = Regimen("small", "adult"), Regimen("small", "child")
ALL = frozenset({"push", "tap"})
TAP = HoldRecord(13, "tap", "", 1, Ms(2_000))


class FakeWall:
    """A wall clock that the test sets, in a boot of its own."""

    changes = 0
    by_hand = False

    def __init__(self, *, trusted: bool = True, boot: str = "boot-1") -> None:
        self.time = Ms(0)
        self.zero = NOON
        self.right = trusted
        self.boot_id = boot

    def monotonic(self) -> Ms:
        return self.time

    def zoned(self) -> datetime:
        return (self.zero.astimezone(UTC) + timedelta(milliseconds=self.time)).astimezone(self.zero.tzinfo)

    now = zoned

    def trusted(self) -> bool:
        return self.right

    def boot(self) -> str:
        return self.boot_id


class Machine:
    """A trainer's history, with all clocks in hand, and writing at once or whenever `write` is called."""

    def __init__(self, file, *, wall: FakeWall | None = None, later: bool = False, routines=(SMALL,)) -> None:
        self.file = file
        self.wall = wall or FakeWall()
        self.jobs: list = []
        submit = self.jobs.append if later else lambda job: job()
        self.history = History(file, 80, routines, submit=submit, wall=self.wall, now=self.wall.monotonic)
        if not later:
            self.history.flush()

    def write(self) -> None:
        """Write what was handed over: each job is the same."""
        assert self.jobs
        self.jobs.pop()()
        self.jobs.clear()

    def run(
        self, *commands: tuple[int, Transport], of=SMALL, place: int = 0, held: int = 0, begin: int = 0, until: int = 10**9
    ) -> None:
        """Run a session of `small` that begins at a moment, and stop looking at another."""
        plan = make_plan(of, "adult", "standard", half_a_second, learned=BEGUN)
        session = Session(plan, Ms(begin), place=place, held=Ms(held))
        script = [*commands, (until, None)]
        while script:
            at, command = script.pop(0)
            while (due := session.deadline()) is not None and due <= min(at, until):
                self.at(due)
                self.read(session.handle(None, due))
            if session.deadline() is None and command is None:
                return
            self.at(min(at, until))
            self.read(session.handle(command, Ms(min(at, until))))

    def at(self, time: int) -> None:
        self.wall.time = Ms(time)

    def read(self, actions) -> None:
        for action in actions:
            self.history.recorder(action)

    def again(self, **changes) -> "Machine":
        """Start the trainer again on the same file."""
        wall = FakeWall(**changes)
        wall.zero, wall.time = self.wall.zero, self.wall.time
        return Machine(self.file, wall=wall)

    @property
    def records(self) -> list[SessionRecord]:
        return self.history.records()

    @property
    def record(self) -> SessionRecord:
        (record,) = self.records
        return record


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state" / "history.db"


@pytest.fixture
def machine(file):
    return Machine(file)


def after(ms: int) -> datetime:
    return NOON + timedelta(milliseconds=ms)


def lines(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records]


# what is recorded


def test_a_whole_session(machine):
    """A session done is there with every hold, at local time; what the fakes' own check by hand says of its length."""
    machine.run()
    assert machine.record == SessionRecord(
        uuid=machine.record.uuid,
        start=NOON,
        end=after(42_920),
        trusted=True,
        routine="small",
        hash=routine_hash(SMALL),
        profile="adult",
        level="standard",
        result="completed",
        paused=Ms(0),
        exercises=2,
        holds=tuple(replace(hold, held=hold.planned) for hold in (LEFT, RIGHT, TAP)),
    )
    assert machine.history.pasts() == [Past(NOON, Ms(42_920), ADULT, 10_000, ALL, "completed")]
    assert machine.history.facts(ADULT) == Facts(TODAY, True, 1, machine.history.pasts()[0])
    assert machine.history.facts(CHILD) == machine.history.facts(Regimen("neck", "adult")) == Facts()


def test_through_the_trainer(file):
    """As a reader of the real trainer's actions, from the press to the end."""
    room = SimRoom(tap(0, 300), until=60_000)
    machine = Machine(file)
    for at, action in room.heard:
        machine.at(at)
        machine.history.recorder(action)
    assert machine.record.past == Past(after(1_000), Ms(42_920), ADULT, 10_000, ALL, "completed")


def hold_start(index: int) -> int:
    return make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN).steps[index].start


def test_paused_in_a_hold(machine):
    """A hold that was paused and then held to its end is held; the pause is no time of exercise."""
    start = hold_start(4)
    machine.run((start + 2_000, Transport.PAUSE), (start + 62_000, Transport.RESUME))
    record = machine.record
    assert record.holds == tuple(replace(hold, held=hold.planned) for hold in (LEFT, RIGHT, TAP))
    assert record.paused == 60_000
    assert record.result == "completed"
    assert record.past.active == (record.end - record.start) / timedelta(milliseconds=1) - 60_000


def test_skipped(machine):
    """Who goes on before the end of a hold skips it; how long it was held stays."""
    start = hold_start(4)
    machine.run((start + 2_000, Transport.NEXT))
    assert machine.record.holds[0] == replace(LEFT, held=Ms(2_000), skipped=True)
    assert [hold.held for hold in machine.record.holds[1:]] == [5_000, 2_000]
    # 7 s of the 10 s of one exercise, and all of the other.
    assert machine.record.past.share == 8_500
    assert machine.record.past.practised == ALL
    assert machine.history.skips(TODAY) == [Skips(ADULT, "push", 1, 2), Skips(ADULT, "tap", 0, 1)]
    assert machine.history.skips(TODAY + timedelta(days=1)) == []


def test_skipped_from_a_pause(machine):
    """The same, where they pause first and then go on to the next step."""
    start = hold_start(4)
    machine.run((start + 2_000, Transport.PAUSE), (start + 3_000, Transport.NEXT))
    assert machine.record.holds[0] == replace(LEFT, held=Ms(2_000), skipped=True)
    assert machine.record.paused == 1_000


def test_stopped(machine):
    """Who stops in a hold has not skipped it, and of what was never begun nothing is said."""
    start = hold_start(8)
    machine.run((start + 2_000, Transport.STOP))
    record = machine.record
    assert record.holds == (replace(LEFT, held=Ms(5_000)), replace(RIGHT, held=Ms(2_000)), TAP)
    assert record.result == "stopped"
    assert record.end == after(start + 2_000)
    assert not machine.history.facts(ADULT).done_today


def test_stopped_in_a_pause(machine):
    """The time of the pause is known although nobody went on."""
    start = hold_start(4)
    machine.run((start + 2_000, Transport.PAUSE), (start + 9_000, Transport.STOP))
    assert machine.record.paused == 7_000
    assert machine.record.past.active == start + 2_000


def test_held_again(machine):
    """A hold that is skipped, and then done after going back, is held; a worse second time takes nothing away."""
    start = hold_start(4)
    machine.run((start + 1_000, Transport.NEXT), (start + 1_500, Transport.BACK))
    assert machine.record.holds[0] == replace(LEFT, held=Ms(5_000))
    assert machine.record.result == "completed"


def test_held_again_and_left(machine):
    """The longest counts: whoever held it once to its end has held it."""
    start = hold_start(4)
    again = start + 5_000 + 600 + 450
    steps = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN).steps
    back_to = steps[2]
    into_hold = again + (start - back_to.start) + 1_000
    machine.run((start + 5_600, Transport.BACK), (into_hold, Transport.NEXT))
    assert machine.record.holds[0] == replace(LEFT, held=Ms(5_000))


def test_stopped_before_it_began(machine):
    """A start that is taken back before the first word is no session."""
    plan = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN)
    machine.read([Started(Ms(1_000), plan), Ended(Ms(900), False)])
    assert machine.records == []


def test_a_part_of_a_routine_is_not_done(machine):
    """One exercise repeated is on the record, and is not the routine."""
    part = alone(SMALL, SMALL.exercises[1])
    machine.read(Session(make_plan(part, "adult", "standard", half_a_second, learned=BEGUN), Ms(0)).handle(None, Ms(10**6)))
    assert machine.record.past == Past(
        NOON, machine.record.past.active, ADULT, 5_000, frozenset({"tap"}), "completed", (), True
    )
    assert machine.history.facts(ADULT).last_done is None


def test_once_more(machine):
    """An exercise done once more is in the history, and no session of its own: the next one is the person's second."""
    machine.run()
    machine.run(of=alone(SMALL, SMALL.exercises[1]), begin=100_000)
    assert [record.once_more for record in machine.records] == [False, True]
    for one in (machine, machine.again()):
        assert one.history.learned(ADULT, TODAY, 2) == Learned(1, runs={"push": (1,), "tap": (1,)})


def test_a_routine_of_one_exercise_once_more(file):
    """Nor is it where the exercise is the whole routine: what it was to be done again after is what was done."""
    one = replace(SMALL, exercises=SMALL.exercises[1:])
    machine = Machine(file, routines=(one,))
    machine.run(of=one)
    machine.run(of=alone(one, one.exercises[0]), begin=100_000)
    assert [(past.share, past.done(80)) for past in machine.history.pasts()] == [(10_000, True), (10_000, False)]


def test_an_unknown_routine(file):
    """A session of a routine that the history was not told of is kept all the same."""
    machine = Machine(file, routines=())
    machine.run()
    assert (machine.record.hash, machine.record.exercises) == ("", 2)


COMMANDS = st.lists(st.tuples(st.integers(0, 6_000), st.sampled_from(list(Transport))), max_size=12)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(COMMANDS, st.integers(0, 60_000))
def test_whatever_is_pressed(tmp_path_factory, gaps, until):
    """Pressed at random and cut off anywhere: times make sense, and what the sessions table sums up is what the holds say."""
    machine = Machine(tmp_path_factory.mktemp("history") / "history.db")
    at, script = 0, []
    for gap, command in gaps:
        at += gap
        script.append((at, command))
    machine.run(*script, until=max(at, until))
    for record in machine.records:
        assert record.start <= record.end
        assert all(hold.held is None or 0 <= hold.held <= hold.planned for hold in record.holds)
        assert not any(hold.skipped and (hold.held is None or hold.whole) for hold in record.holds)
        assert 0 <= record.paused <= (record.end - record.start) / timedelta(milliseconds=1)
        if record.result == "completed":
            assert all(hold.whole or hold.skipped or hold.held is None for hold in record.holds)
    assert [record.past for record in machine.records] == machine.history.pasts()


def test_the_loop_never_waits(file):
    """Nothing is opened on the thread that records; each step is handed over, and known before it is written."""
    machine = Machine(file, later=True)
    assert not machine.history.ready
    machine.run()
    assert not file.parent.exists()
    assert machine.history.facts(ADULT).done_today
    assert machine.history.facts(ADULT).last == Past(NOON, Ms(42_920), ADULT, 10_000, ALL, "completed")
    before = machine.history.facts(ADULT)
    machine.write()
    assert machine.history.ready
    assert machine.history.facts(ADULT) == before
    assert machine.record.past == before.last


def test_on_two_threads(file):
    """As in the service: recorded on one thread, written on another."""
    wall = FakeWall()
    with ThreadPoolExecutor(1) as worker:
        history = History(file, 80, [SMALL], submit=worker.submit, wall=wall, now=wall.monotonic)
        session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
        while (due := session.deadline()) is not None:
            wall.time = due
            for action in session.handle(None, due):
                history.recorder(action)
    # The worker has ended: what is recorded now is written when the history is closed.
    for action in Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), wall.time).handle(
        None, Ms(wall.time + 10**6)
    ):
        history.recorder(action)
    history.close()
    assert [past.share for past in history.pasts()] == [10_000, 10_000]


def test_the_routine_is_told_apart():
    """Another text, length or order is another routine; a comment is not."""
    text = NECK.read_text()
    assert routine_hash(parse(text)) == routine_hash(parse(f"# mine\n{text}")) == routine_hash(read(NECK))
    assert len(routine_hash(read(NECK))) == 12
    changed = (text, text.replace('["10s", "12s"]', '["10s", "13s"]'), text.replace("left temple", "left side"))
    assert len({routine_hash(parse(version)) for version in changed}) == 3


# sessions that break off


def test_died(machine):
    """Of a session whose process died the running step is lost; it ended with the last one, and is not completed."""
    start = hold_start(8)
    machine.run(until=start + 2_000)
    assert machine.record.result == "running"
    again = machine.again()
    assert again.record.result == "died"
    assert again.record.end == after(start)
    assert again.record.holds == (replace(LEFT, held=Ms(5_000)), RIGHT, TAP)
    assert again.history.facts(ADULT).last.result == "died"


def test_gone_on_with(machine):
    """A session that broke off and is gone on with is one session; it is done as if nothing had happened."""
    start = hold_start(8)
    machine.run(until=start + 2_000)
    again = machine.again()
    again.run(place=8, held=2_000, begin=start + 62_000)
    assert again.record.holds == tuple(replace(hold, held=hold.planned) for hold in (LEFT, RIGHT, TAP))
    assert again.record.uuid == machine.record.uuid
    assert again.record.start == NOON
    assert again.record.result == "completed"
    assert again.history.facts(ADULT).last_done == TODAY
    assert [record.past for record in again.records] == again.history.pasts()


def test_gone_on_with_twice(machine):
    """And again, where it breaks off again."""
    machine.run(until=hold_start(8) + 2_000)
    again = machine.again()
    again.run(place=8, begin=hold_start(8) + 62_000, until=hold_start(8) + 75_000)
    third = again.again()
    third.run(place=13, begin=hold_start(8) + 90_000)
    assert third.record.holds == tuple(replace(hold, held=hold.planned) for hold in (LEFT, RIGHT, TAP))
    assert third.record.result == "completed"


def test_not_gone_on_with(machine):
    """Whoever begins anew after a break, or with another program, has two sessions."""
    machine.run(until=hold_start(8) + 2_000)
    again = machine.again()
    again.run(begin=60_000)
    assert [record.result for record in again.records] == ["died", "completed"]
    child = Session(make_plan(SMALL, "child", "standard", half_a_second, learned=BEGUN), Ms(200_000), place=8)
    again.read(child.handle(None, Ms(10**6)))
    assert [record.result for record in again.records] == ["died", "completed", "completed"]


@pytest.mark.parametrize("result", ["completed", "stopped"])
def test_gone_on_with_after_an_exercise_once_more(machine, result):
    """Also where an exercise was done once more in between, or begun: that is a record of its own."""
    machine.run((hold_start(8) + 6_500, Transport.STOP))
    stop = [(120_000, Transport.STOP)] if result == "stopped" else []
    machine.run(*stop, of=alone(SMALL, SMALL.exercises[0]), begin=100_000)
    machine.run(place=11, begin=200_000)
    whole, again = machine.records
    assert (whole.result, whole.past.share, whole.once_more) == ("completed", 10_000, False)
    assert (again.result, len(again.holds), again.once_more) == (result, 2, True)
    assert machine.history.facts(ADULT).done_today


def test_once_more_gone_on_with(machine):
    """What is done once more may be stopped and gone on with as well."""
    once_more = alone(SMALL, SMALL.exercises[0])
    machine.run()
    machine.run((120_000, Transport.STOP), of=once_more, begin=100_000)
    machine.run(of=once_more, place=5, begin=200_000)
    assert [(record.result, len(record.holds)) for record in machine.records] == [("completed", 3), ("completed", 2)]


def test_a_completed_session_is_not_gone_on_with(machine):
    """What begins in the middle after a whole session is another one."""
    machine.run()
    machine.run(place=11, begin=100_000)
    assert [record.result for record in machine.records] == ["completed", "completed"]
    assert [past.share for past in machine.history.pasts()] == [10_000, 5_000]


# clocks


def test_the_clock_becomes_right_in_a_session(file):
    """A Pi boots with last night's time; when the network comes, the session is put where it was."""
    machine = Machine(file, wall=FakeWall(trusted=False))
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
    machine.read(session.handle(None, Ms(0)))
    assert (machine.record.trusted, machine.record.start) == (False, NOON)
    machine.at(20_000)
    machine.wall.zero += timedelta(hours=9, minutes=3)
    machine.wall.right = True
    machine.read(session.handle(None, Ms(20_000)))
    record = machine.record
    assert (record.trusted, record.start) == (True, NOON + timedelta(hours=9, minutes=3))
    machine.at(60_000)
    machine.read(session.handle(None, Ms(60_000)))
    assert machine.record == replace(
        record,
        end=record.start + timedelta(milliseconds=42_920),
        result="completed",
        holds=tuple(replace(hold, held=hold.planned) for hold in (LEFT, RIGHT, TAP)),
    )


def test_the_clock_becomes_right_after_a_session(file):
    """Also where the session is over by then, and the trainer was started again: the boot is the same."""
    machine = Machine(file, wall=FakeWall(trusted=False))
    machine.run()
    again = machine.again(trusted=False)
    again.at(100_000)
    assert not again.record.trusted
    again.wall.zero += timedelta(days=1)
    again.wall.right = True
    again.history.flush()
    assert (again.record.trusted, again.record.start) == (True, NOON + timedelta(days=1))
    assert again.record.past.active == 42_920
    assert again.history.facts(ADULT).last_done == TODAY + timedelta(days=1)


def test_the_clock_is_corrected(file):
    """A person's word is taken, and so is its correction: the sessions of this boot are put where they were each time."""
    machine = Machine(file, wall=FakeWall(trusted=False))
    machine.run()
    wall, history = machine.wall, machine.history

    def told(*, ahead: timedelta, by_hand: bool) -> tuple[bool, datetime, date | None]:
        wall.zero, wall.right, wall.by_hand = NOON + ahead, True, by_hand
        wall.changes += 1
        history.flush()
        return machine.record.trusted, machine.record.start, history.facts(ADULT).last_done

    assert told(ahead=timedelta(hours=1), by_hand=True) == (True, NOON + timedelta(hours=1), TODAY)
    assert told(ahead=timedelta(days=1), by_hand=True) == (True, NOON + timedelta(days=1), TODAY + timedelta(days=1))
    assert told(ahead=timedelta(days=2), by_hand=False) == (True, NOON + timedelta(days=2), TODAY + timedelta(days=2))
    assert told(ahead=timedelta(days=3), by_hand=True)[1] == NOON + timedelta(days=2), "the network knew"


def test_the_clock_is_corrected_in_summer(file):
    """A session of the winter keeps winter's time, and so its day."""
    machine = Machine(file)
    wall = machine.wall
    wall.zero, wall.by_hand = datetime(2027, 1, 15, 23, 20, tzinfo=ZoneInfo("Europe/Berlin")), True
    machine.run()
    machine.at(90 * 86_400_000)
    wall.changes, wall.by_hand = 1, False
    machine.history.flush()
    assert machine.record.start.isoformat() == "2027-01-15T23:20:00+01:00"
    machine.run(begin=91 * 86_400_000, until=10**10)
    assert machine.records[1].start.isoformat() == "2027-04-17T00:20:00+02:00"


def test_another_boot_knows_nothing(file):
    """The monotonic clock of another boot says nothing: what it left as of a wrong clock stays so."""
    machine = Machine(file, wall=FakeWall(trusted=False))
    machine.run()
    again = machine.again(boot="boot-2")
    again.history.flush()
    assert (again.record.trusted, again.record.start) == (False, NOON)


def test_a_step_of_the_clock(machine):
    """A clock that is stepped by hours in a session changes neither its start nor its length."""
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
    machine.read(session.handle(None, Ms(0)))
    machine.wall.zero -= timedelta(hours=5)
    machine.at(60_000)
    machine.read(session.handle(None, Ms(60_000)))
    assert (machine.record.start, machine.record.end) == (NOON, after(42_920))


def test_zones(file):
    """A session keeps the local time it had, wherever the trainer is carried."""
    wall = FakeWall()
    wall.zero = datetime(2026, 11, 22, 23, 59, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    machine = Machine(file, wall=wall)
    machine.run()
    assert machine.record.start == wall.zero
    assert machine.record.start.utcoffset() == timedelta(hours=5, minutes=45)
    assert machine.history.pasts()[0].day == date(2026, 11, 22)
    assert machine.history.facts(ADULT) == Facts(date(2026, 11, 22), False, 1, machine.history.pasts()[0])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.datetimes(datetime(1970, 1, 1, 0, 1), datetime(2232, 1, 1)) | st.just(datetime(1970, 1, 1, 0, 1)),
    st.integers(-1_439, 1_439),
)
def test_whatever_the_clock_shows(tmp_path_factory, utc, offset):
    """Linux sets no clock before 1970 or after 2232. What is recorded by it can be exported and imported, in any zone."""
    wall = FakeWall()
    wall.zero = utc.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=offset)))
    machine = Machine(tmp_path_factory.mktemp("history") / "history.db", wall=wall)
    machine.run()
    assert machine.history.facts(ADULT).streak == 1
    file = machine.file.with_name("export.json")
    with file.open("w") as opened:
        write_json(machine.records, opened)
    assert read_json(file) == machine.records
    assert machine.history.add(read_json(file)) == Added(0, 0, 1)


# facts


def test_facts_over_days(file):
    """Counted per routine and profile, over restarts."""
    machine = Machine(file)
    for day in range(5):
        if day != 2:
            machine.run(begin=day * 86_400_000)
    machine.at(5 * 86_400_000)
    last = Past(after(4 * 86_400_000), Ms(42_920), ADULT, 10_000, ALL, "completed")
    expected = Facts(TODAY + timedelta(days=4), False, 2, last)
    assert machine.history.facts(ADULT) == expected
    assert machine.again().history.facts(ADULT) == expected
    machine.at(6 * 86_400_000)
    assert machine.history.facts(ADULT) == replace(expected, streak=0)


def test_a_streak_where_days_come_off(file):
    """Days on which nothing is due in the person's next session break no streak, though there was something for them once."""
    History(file, 80).add(tapered(TODAY))
    machine = Machine(file, routines=[parse(TAPER)])
    assert machine.history.facts(Regimen("taper", "adult")).streak == 16
    machine.at(3 * 86_400_000)
    assert machine.history.facts(Regimen("taper", "adult")).streak == 0


def test_learned_over_days(file):
    """Per exercise, person and profile, over restarts, and before it is written; who skips an exercise does not learn it."""
    machine = Machine(file, later=True)
    for day in range(3):
        machine.run((day * 86_400_000 + hold_start(13) + 100, Transport.NEXT), begin=day * 86_400_000)
    expected = Learned(3, frozenset({"push"}))
    assert machine.history.learned(ADULT, None, 3) == expected
    machine.write()
    assert machine.history.learned(ADULT, None, 3) == expected
    again = machine.again().history
    assert again.learned(ADULT, None, 3) == again.learned(ADULT, TODAY + timedelta(days=15), 3) == expected
    assert again.learned(ADULT, TODAY + timedelta(days=16), 3) == again.learned(CHILD, None, 3) == Learned()
    assert again.learned(ADULT._replace(person="Anna"), None, 3) == Learned()


def test_persons(file):
    """Who has a name has days of their own: nobody else's session is theirs, and none goes on with another's."""
    machine = Machine(file)
    anna = replace(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), person="Anna")
    machine.read(Session(anna, Ms(0)).handle(None, Ms(20_000)))
    machine = machine.again()
    machine.run(place=8, begin=100_000)
    machine.at(300_000)
    machine.read(Session(anna, Ms(200_000)).handle(None, Ms(300_000)))
    found = [(record.person, record.result, record.past.share) for record in machine.records]
    assert found == [("Anna", "died", 2_500), ("", "completed", 7_500), ("Anna", "completed", 10_000)]
    assert machine.history.facts(ADULT._replace(person="Anna")).done_today
    assert not machine.history.facts(ADULT).done_today
    assert {past.regimen.person for past in machine.history.pasts()} == {"Anna", ""}


# files that cannot be written


@pytest.mark.usefixtures("plain_user")
def test_read_only_folder(tmp_path, caplog):
    """A session goes on where nothing can be written; one line says so, one when it is mended, and then all is there."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o555)
    caplog.set_level(logging.INFO)
    machine = Machine(folder / "history.db")
    machine.run()
    assert machine.history.facts(ADULT).done_today
    assert lines(caplog) == [
        f"{machine.file}: cannot be written (unable to open database file); what happens is kept, and written later"
    ]
    folder.chmod(0o755)
    machine.history.retry()
    assert lines(caplog)[1:] == [f"{machine.file}: written again"]
    assert machine.record.past.share == 10_000
    machine.history.retry()
    assert len(caplog.records) == 2


@pytest.mark.usefixtures("plain_user")
def test_read_only_file(file, caplog):
    """What a file has that can only be read, as one that root has copied there, is known: days done, and what was learned."""
    machine = Machine(file)
    for day in range(4):
        machine.run(begin=day * 86_400_000)
    file.chmod(0o444)
    again = machine.again()
    assert again.history.facts(ADULT) == machine.history.facts(ADULT)
    assert again.history.learned(ADULT, None, 3) == machine.history.learned(ADULT, None, 3) != Learned()
    again.run(begin=4 * 86_400_000)
    assert again.history.facts(ADULT).streak == 5
    readonly = "attempt to write a readonly database"
    assert lines(caplog) == [f"{file}: cannot be written ({readonly}); what happens is kept, and written later"]


def small_disk(monkeypatch, pages: list[int]) -> None:
    """Have SQLite find the disk full after so many pages, as long as the list says so."""
    connect = database._connect

    def limited(file, mode):
        connection = connect(file, mode)
        if pages:
            connection.execute(f"PRAGMA max_page_count = {pages[0]}")
        return connection

    monkeypatch.setattr(database, "_connect", limited)


def test_full_disk(file, monkeypatch, caplog):
    """A disk that becomes full costs nothing of what was there; when there is room again, all of it is written."""
    caplog.set_level(logging.INFO)
    machine = Machine(file, later=True)
    machine.history.add(invented(TODAY, 20))
    before = machine.records
    full = [file.stat().st_size // 4096]
    small_disk(monkeypatch, full)
    for session in range(100):
        machine.run(begin=session * 100_000)
        machine.write()
    assert lines(caplog) == [f"{file}: cannot be written (database or disk is full); what happens is kept, and written later"]
    kept = machine.records
    assert [record for record in kept if record in before] == before
    assert 5 < len(kept) - len(before) < 90
    assert machine.history.learned(ADULT, TODAY, 0).sessions == 100
    full.clear()
    machine.history.retry()
    machine.write()
    assert lines(caplog)[1:] == [f"{file}: written again"]
    assert [past.share for past in machine.history.pasts() if past.regimen == ADULT] == [10_000] * 100


def test_locked(machine, monkeypatch, caplog):
    """Somebody else's lock is waited for a little; then what happens waits in memory."""
    monkeypatch.setattr(database, "BUSY", 0.05)
    with closing(sqlite3.connect(machine.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        machine.run()
        assert lines(caplog) == [
            f"{machine.file}: cannot be written (database is locked); what happens is kept, and written later"
        ]
        with pytest.raises(HistoryError, match=r"history\.db: cannot be read: database is locked"):
            machine.history.pasts()
        other.execute("ROLLBACK")
    machine.history.close()
    assert machine.record.past.share == 10_000
    assert len(caplog.records) == 1


def test_a_lock_that_is_let_go(machine):
    """A lock of a moment is waited for, and nobody is told."""
    with closing(sqlite3.connect(machine.file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        timer = threading.Timer(0.1, lambda: other.execute("ROLLBACK"))
        timer.start()
        machine.run()
        timer.join()
    assert machine.record.past.share == 10_000


def test_memory_is_bounded(file, monkeypatch, caplog):
    """What cannot be written for weeks does not fill the memory: the oldest goes, and the journal says so."""
    monkeypatch.setattr("pitrainer.history.store.MOST_KEPT", 30)
    file.parent.write_text("in the way")
    machine = Machine(file)
    for session in range(12):
        machine.run(begin=session * 100_000)
    assert machine.history.learned(ADULT, TODAY, 0).sessions == 10
    forgotten = f"{file}: dropping the oldest session: it could not be written"
    assert lines(caplog)[1:] == [forgotten, forgotten]
    machine.history.close()
    assert lines(caplog)[-1] == f"{file}: 10 sessions could not be written"
    file.parent.unlink()
    machine.history.flush()
    assert [past.start for past in machine.history.pasts()] == [after(session * 100_000) for session in range(2, 12)]


def test_deleted_while_it_runs(machine):
    """Whoever deletes the file in a session loses what was in it, and nothing of the session."""
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
    machine.read(session.handle(None, Ms(20_000)))
    machine.file.unlink()
    machine.read(session.handle(None, Ms(60_000)))
    assert machine.record.past.share == 10_000


# files that are not what they should be


def test_a_newer_version(machine, caplog):
    """A history of a newer version is not touched; one line says so, and the trainer goes on without."""
    machine.run()
    with closing(sqlite3.connect(machine.file)) as other:
        other.execute("PRAGMA user_version = 7")
    content = machine.file.read_bytes()
    newer = machine.again()
    newer.run()
    newer.history.close()
    message = f"{machine.file}: is from a newer version of pitrainer (its format is 7, known is 4)"
    assert lines(caplog) == [f"{message}; the trainer goes on without history"]
    assert newer.history.facts(ADULT) == Facts()
    assert newer.history.ready
    assert machine.file.read_bytes() == content
    for use in (newer.history.pasts, newer.history.records, lambda: newer.history.add([])):
        with pytest.raises(HistoryError) as raised:
            use()
        assert str(raised.value) == message


@pytest.fixture(scope="session")
def ten_months(tmp_path_factory):
    """300 sessions, as a file's bytes."""
    file = tmp_path_factory.mktemp("history") / "history.db"
    History(file, 80).add(invented(TODAY, 300))
    return file.read_bytes()


@pytest.fixture
def old(file, ten_months):
    """A history of ten months."""
    file.parent.mkdir()
    file.write_bytes(ten_months)
    return file


GARBAGE = {
    "text": b"This is no database, but long enough to be one.\n" * 100,
    "zeros": bytes(20_000),
    "noise": random.Random(3).randbytes(50_000),
    "short": b"SQLite format 3\x00",
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage(file, content, caplog):
    """What is no database is kept aside under a dated name, a new history is begun, and the journal says so once."""
    file.parent.mkdir()
    file.write_bytes(content)
    machine = Machine(file)
    machine.run()
    aside = file.with_name("history.db.2026-11-22T1200.corrupt")
    assert aside.read_bytes() == content
    assert machine.record.past.share == 10_000
    assert len(caplog.records) == 1
    assert lines(caplog)[0].startswith(f"{file}: is damaged (")
    assert lines(caplog)[0].endswith(f"); kept as {aside.name}, and a new history is begun")


def test_an_empty_file_is_a_new_one(file, caplog):
    """A file of no bytes, as a full disk leaves it, is the beginning of a history."""
    file.parent.mkdir()
    file.touch()
    assert History(file, 80).pasts() == []
    machine = Machine(file)
    machine.run()
    assert machine.record.past.share == 10_000
    assert not caplog.records


def test_somebody_elses_database(file, caplog):
    """A sound database that is not ours is kept as it is."""
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE recipes (name)")
    content = file.read_bytes()
    with pytest.raises(HistoryError, match="it is no history of pitrainer"):
        History(file, 80).pasts()
    Machine(file).run()
    assert file.with_name("history.db.2026-11-22T1200.corrupt").read_bytes() == content
    assert len(caplog.records) == 1


def test_damaged_twice_in_a_minute(file):
    """What was kept aside is never overwritten, and what belongs to it goes with it."""
    contents = [b"first" * 1000, b"second" * 1000]
    for content in contents:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        file.with_name("history.db-shm").write_bytes(content[:5])
        Machine(file)
    aside = [file.with_name(f"history.db.2026-11-22T1200.corrupt{end}") for end in ("", ".2", "-shm", ".2-shm")]
    assert [kept.read_bytes() for kept in aside] == [*contents, b"first", b"secon"]


KILLED = """
import os, sys
from pathlib import Path
from pitrainer.history import database, store
with database.writing(Path(sys.argv[1])) as writer:
    writer.execute("PRAGMA cache_size = 1")
    writer.execute("UPDATE holds SET held = 7")
    writer.execute("CREATE TABLE big AS SELECT zeroblob(1000000) AS hole")  # more than fits: it is written to the file
    os._exit(0)
"""


def test_killed_in_a_commit(machine, request, caplog):
    """What a killed process had half written is taken back by the next that may write; who may only read is told to wait."""
    machine.run()
    before = machine.records
    subprocess.run([sys.executable, "-c", KILLED, str(machine.file)], check=True, timeout=60)
    assert machine.file.with_name("history.db-journal").stat().st_size > 0
    for entry in (*machine.file.parent.iterdir(), machine.file.parent):
        entry.chmod(0o555)
    request.getfixturevalue("plain_user")
    with pytest.raises(HistoryError) as raised:
        machine.history.pasts()
    assert str(raised.value) == f"{machine.file}: was left half written; the trainer repairs it when it next starts"
    for entry in (machine.file.parent, *machine.file.parent.iterdir()):
        entry.chmod(0o755)
    assert machine.again().records == before
    assert not caplog.records


def test_truncated(old, caplog):
    """Half of a history is damaged, and kept."""
    content = old.read_bytes()
    old.write_bytes(content[: len(content) // 2])
    machine = Machine(old)
    machine.run()
    assert machine.record.past.share == 10_000
    assert old.with_name("history.db.2026-11-22T1200.corrupt").stat().st_size == len(content) // 2
    assert len(caplog.records) == 1


@pytest.mark.parametrize("seed", range(25))
def test_any_damage(old, seed, caplog):
    """Whatever bytes of it a dying card changes: the session is recorded, in this file or a new one; nothing is thrown away."""
    chance = random.Random(seed)
    content = bytearray(old.read_bytes())
    for _ in range(chance.choice((1, 3, 30, 3000))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    old.write_bytes(content)
    machine = Machine(old)
    machine.run()
    machine.history.close()
    aside = list(old.parent.glob("*.corrupt"))
    assert [past.share for past in machine.history.pasts() if past.regimen == ADULT] == [10_000]
    assert len(aside) == len(caplog.records) <= 1
    assert all(kept.read_bytes() == content for kept in aside)


def test_damaged_in_a_session(old, caplog):
    """Damage that shows only in a session does not cost the session."""
    machine = Machine(old)
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
    machine.read(session.handle(None, Ms(20_000)))
    old.write_bytes(b"gone" * 10_000)
    machine.read(session.handle(None, Ms(60_000)))
    assert machine.record.past == Past(NOON, Ms(42_920), ADULT, 10_000, ALL, "completed")
    assert len(caplog.records) == 1


@pytest.mark.parametrize("started", [-62_135_596_800_000, 253_402_300_799_999, 2**62])
def test_absurd_times(old, started, caplog):
    """A session on the first or the last day that there is, or beyond: the history is damaged, and the trainer goes on."""
    with closing(sqlite3.connect(old)) as other, other:
        other.execute("UPDATE sessions SET started = ?, ended = ? WHERE id = 7", (started, started))
    content = old.read_bytes()
    machine = Machine(old)
    machine.run()
    aside = old.with_name("history.db.2026-11-22T1200.corrupt")
    assert aside.read_bytes() == content
    assert lines(caplog) == [
        f"{old}: is damaged (it contains an invalid time); kept as {aside.name}, and a new history is begun"
    ]
    assert machine.history.facts(ADULT).streak == 1


def test_damaged_for_a_reader(old):
    """`history` says that it is damaged, and leaves it where it is: the trainer keeps it aside."""
    old.write_bytes(old.read_bytes()[:9_000])
    history = History(old, 80)
    for use in (history.records, history.pasts):
        with pytest.raises(HistoryError, match=r"history\.db: cannot be read: database disk image is malformed"):
            use()
    with pytest.raises(
        HistoryError, match=r"history\.db: is damaged \(database disk image is malformed\), and nothing was imported"
    ):
        history.add(invented(TODAY, 2, seed=5))
    assert [entry.name for entry in old.parent.glob("*corrupt*")] == []


@pytest.mark.parametrize("seed", range(25))
def test_import_into_any_damage(old, seed):
    """Whatever a dying card changes or cuts off: an import is whole and the history sound, or it says that it is damaged."""
    chance = random.Random(seed)
    content = bytearray(old.read_bytes())
    for _ in range(chance.choice((0, 1, 30))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    del content[len(content) - chance.choice((0, 0, chance.randrange(len(content)))) :]
    old.write_bytes(content)
    history = History(old, 80)
    try:
        told = str(history.add(invented(TODAY, 2, seed=5)))
    except HistoryError as error:
        told = str(error)
    if told == "2 sessions added":
        with closing(sqlite3.connect(old)) as other:
            assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert len(history.records()) == len(history.pasts()) == 302
    else:
        assert re.fullmatch(rf"{old}: is damaged \([^\n]+\), and nothing was imported; move it elsewhere .+", told)
        assert old.read_bytes() == content


def test_import_where_an_index_lacks_a_session(old):
    """Damage that the quick check of a reader does not see: an index and its table do not agree."""
    with closing(sqlite3.connect(old, isolation_level=None)) as other:
        other.execute("PRAGMA writable_schema = ON")
        about = other.execute("SELECT * FROM sqlite_master WHERE name = 'sessions_started'").fetchone()
        other.execute("DELETE FROM sqlite_master WHERE name = 'sessions_started'")
    with closing(sqlite3.connect(old, isolation_level=None)) as other:
        other.execute("PRAGMA writable_schema = ON")
        other.execute("UPDATE sessions SET started = started + 1 WHERE id = 3")
        other.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", about)
    content = old.read_bytes()
    history = History(old, 80)
    assert len(history.records()) == 300
    with pytest.raises(
        HistoryError, match=r"is damaged \(row 3 missing from index sessions_started\), and nothing was imported"
    ):
        history.add(invented(TODAY, 2, seed=5))
    assert old.read_bytes() == content


def test_damage_is_told_on_one_line(old):
    """What SQLite quotes of a damaged file is nothing that a terminal obeys."""
    old.write_bytes(old.read_bytes().replace(b"CREATE TABLE sessions", b"CREATE TABLE \x1b[31m\r\n*"))
    for use in (History(old, 80).records, lambda: History(old, 80).add([])):
        with pytest.raises(HistoryError) as raised:
            use()
        assert str(raised.value).isprintable()


# what was answered


ASK = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN).steps[8]
"""Stands for a step that asks."""


def test_answers(machine):
    """An answer is written at once, and is there after a power cut; where it is given again, the last one counts."""
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
    machine.read(session.handle(None, Ms(20_000)))
    machine.read([Rated(Ms(20_100), ASK, "pain", 4), Rated(Ms(21_000), replace(ASK, index=9), "effort", 10)])
    assert machine.again().record.ratings == (Rating(8, ASK.exercise, "pain", 4), Rating(9, ASK.exercise, "effort", 10))
    machine.read([Rated(Ms(22_000), ASK, "pain", None)])
    assert machine.history.pasts()[0].ratings == (Rating(9, ASK.exercise, "effort", 10),)
    machine.read([Rated(Ms(23_000), ASK, "pain", 0)])
    assert machine.record.ratings[0].value == 0


def test_nothing_is_stored_of_silence(machine):
    """Who gives no answer has none: no nought, and no row."""
    machine.run()
    assert machine.record.ratings == ()
    with closing(sqlite3.connect(machine.file)) as other:
        assert other.execute("SELECT count(*) FROM ratings").fetchone() == (0,)


def test_answers_of_a_session_that_broke_off(machine):
    """What was answered before a power cut stays when the session goes on, unless it is answered anew."""
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
    machine.read(session.handle(None, Ms(hold_start(8) + 100)))
    machine.read(
        [Rated(Ms(hold_start(8) + 200), ASK, "pain", 4), Rated(Ms(hold_start(8) + 300), replace(ASK, index=9), "pain", 2)]
    )
    machine.again()
    again = machine.again()
    again.run(place=8, held=100, begin=hold_start(8) + 60_000, until=hold_start(8) + 63_000)
    again.read([Rated(Ms(hold_start(8) + 63_000), ASK, "pain", 7)])
    assert [rating.value for rating in again.record.ratings] == [7, 2]


def test_a_merged_answer(machine):
    """Of two records of a session each answer is known, and where they differ, the one that tells of more."""
    machine.run()
    one = replace(machine.record, ratings=(Rating(3, "a", "pain", 3), Rating(9, "b", "pain", 5)))
    other = replace(machine.record, ratings=(Rating(3, "a", "pain", 6), Rating(12, "", "effort", 1)))
    both = merged(one, other)
    assert both == merged(other, one) == merged(both, one)
    assert [(rating.step, rating.value) for rating in both.ratings] == [(3, 6), (9, 5), (12, 1)]
    assert machine.history.add([one]) == Added(0, 1, 0)
    assert machine.history.add([other]) == Added(0, 1, 0)
    assert machine.record.ratings == both.ratings
    assert machine.history.add([one, other]) == Added(0, 0, 2)


def test_pain_that_has_yet_to_be_written(file):
    """What a person has learned goes by the last rating also while the disk is slow."""
    machine = Machine(file)
    for day in range(3):
        machine.run(begin=day * 86_400_000)
    known = machine.history.learned(ADULT, TODAY + timedelta(days=3), 10)
    assert (known.runs, known.waiting) == ({"push": (3,), "tap": (3,)}, frozenset())
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(3 * 86_400_000))
    machine.at(3 * 86_400_000)
    machine.read(session.handle(None, Ms(3 * 86_400_000 + 40_000)))
    machine.read([Rated(Ms(3 * 86_400_000 + 40_000), ASK, "pain", 4)])
    machine.read(session.handle(None, Ms(3 * 86_400_000 + 60_000)))
    for one in (machine, machine.again()):
        known = one.history.learned(ADULT, TODAY + timedelta(days=4), 10)
        assert (known.runs, known.waiting) == ({"push": (4,), "tap": (4,), ASK.exercise: (3,)}, {ASK.exercise})


# imports beside a running trainer


def test_an_import_is_taken_up(machine):
    """The trainer looks now and then whether somebody has written to its history; where nobody has, that is all."""
    machine.run()
    content = machine.file.stat()
    machine.history.retry()
    assert machine.file.stat() == content
    neck = Regimen("neck", "adult")
    assert History(machine.file, 80).add(invented(TODAY, 60)).added == 60
    machine.history.retry()
    assert (machine.history.facts(neck).streak, machine.history.learned(neck, TODAY, 10).sessions) == (60, 60)
    assert machine.history.facts(ADULT).done_today


def test_a_history_that_is_being_copied(machine, tmp_path, caplog):
    """What is half copied is left alone, and taken up once it is whole."""
    machine.run()
    other = tmp_path / "other.db"
    assert History(other, 80).add(invented(TODAY, 60)).added == 60
    content = other.read_bytes()
    for part in (content[:5_000], content[:20_000], b"", content):
        machine.file.write_bytes(part)
        machine.history.retry()
    assert machine.history.facts(Regimen("neck", "adult")).streak == 60
    assert [path.name for path in machine.file.parent.iterdir() if "corrupt" in path.name] == []
    assert caplog.messages == []


def test_a_look_writes_nothing(file, monkeypatch):
    """Nor where nobody knows the time."""
    machine = Machine(file, wall=FakeWall(trusted=False))
    machine.run()
    monkeypatch.setattr(store, "writing", None)
    for _ in range(3):
        machine.history.retry()
    assert len(machine.records) == 1


def test_an_import_in_a_session(machine):
    """It is taken up where the session of this trainer is written just then."""
    machine.run(until=hold_start(8) + 2_000)
    assert History(machine.file, 80).add(invented(TODAY, 3)).added == 3
    machine.run(begin=100_000, until=100_000)
    assert machine.history.facts(Regimen("neck", "adult")).streak == 3


def test_an_import_leaves_the_running_session(machine):
    """The session that runs here is its recorder's, whatever a file says of it; it goes on, and is as if nothing had been."""
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
    machine.read(session.handle(None, Ms(20_000)))
    running = machine.record
    forged = replace(running, result="completed", end=after(10**6), holds=(replace(LEFT, held=Ms(7_000)),))
    history = History(machine.file, 80)
    assert history.add([forged, *invented(TODAY, 2)]) == Added(2, 0, 1)
    assert running in machine.records
    machine.read(session.handle(None, Ms(60_000)))
    (record,) = (record for record in machine.records if record.uuid == running.uuid)
    assert record.past == Past(NOON, Ms(42_920), ADULT, 10_000, ALL, "completed")
    # Then a file may know more of it.
    assert history.add([forged]) == Added(0, 1, 0)


def test_an_export_of_a_session_that_ran(machine, tmp_path):
    """An export that was made during a session is completed by one made afterwards, on another machine."""
    session = Session(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), Ms(0))
    machine.read(session.handle(None, Ms(20_000)))
    there = History(tmp_path / "there.db", 80)
    there.add(machine.records)
    machine.read(session.handle(None, Ms(60_000)))
    assert there.add(machine.records) == Added(0, 1, 0)
    assert there.records() == machine.records
    assert there.pasts() == machine.history.pasts()


def test_gone_on_with_after_an_import(machine):
    """A session goes on with the one that broke off here, not with one of another machine that was imported since."""
    start = hold_start(8)
    machine.run(until=start + 2_000)
    machine.again()
    about = {"routine": "small", "hash": routine_hash(SMALL), "result": "stopped"}
    (other,) = (replace(record, **about) for record in invented(TODAY - timedelta(days=1), 1))
    History(machine.file, 80).add([other])
    again = machine.again()
    again.run(place=8, held=2_000, begin=start + 62_000)
    assert again.records[0] == other
    assert again.records[1].holds == tuple(replace(hold, held=hold.planned) for hold in (LEFT, RIGHT, TAP))
    assert len(again.records) == 2


def test_a_clock_that_becomes_right_after_an_import(file):
    """What was completed by an import keeps the boot that it was recorded in, so that its start can still be mended."""
    machine = Machine(file, wall=FakeWall(trusted=False))
    machine.run((hold_start(8), Transport.STOP))
    more = replace(machine.record, end=after(42_920), result="completed")
    assert machine.history.add([more]) == Added(0, 1, 0)
    machine.wall.zero += timedelta(hours=3)
    machine.wall.right = True
    machine.history.flush()
    assert (machine.record.trusted, machine.record.start) == (True, NOON + timedelta(hours=3))
    assert machine.record.past.active == 42_920


# versions


def test_migration(machine, monkeypatch):
    """A history of an older version becomes one of this, with all that is in it; a reader sees it so even before."""
    machine.run()
    before = machine.records
    newer = (
        *database.MIGRATIONS,
        ("ALTER TABLE sessions ADD COLUMN mood TEXT NOT NULL DEFAULT ''", "CREATE TABLE moods (name)"),
    )
    monkeypatch.setattr(database, "MIGRATIONS", newer)
    content = machine.file.read_bytes()
    assert machine.records == before
    assert machine.file.read_bytes() == content
    assert machine.again().records == before
    with closing(sqlite3.connect(machine.file)) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (5,)
        assert other.execute("SELECT mood FROM sessions").fetchall() == [("",)]


UUID = "00000000-0000-4000-8000-00000000000"
FIRST_VERSION = f"""
    INSERT INTO sessions VALUES
        (1, '{UUID}1', 1000, 61000, 60, 1, 'b', 5, 'small', 'h', 'adult', 'full', 'completed', 0, 4, 3),
        (2, '{UUID}2', 2000, 62000, 60, 1, '', 0, 'small', 'h', 'child', 'full', 'completed', 9, 5, 2),
        (3, '{UUID}3', 3000, 63000, 60, 0, 'b', 6, 'small', 'h', 'adult', 'full', 'died', 0, 4, 0);
    INSERT INTO holds VALUES
        (1, 4, 'push', 'left', 1, 5000, 5000, 0),
        (1, 9, 'push', 'right', 1, 5000, 9000, 0),
        (1, 14, 'tap', '', 1, 2000, 500, 1),
        (1, 19, 'nod', '', 1, 2000, 2000, 0),
        (2, 4, 'push', 'left', 1, 5000, 5000, 0),
        (2, 9, 'push', 'right', 1, 5000, 5000, 0);
    """
"""The sessions of a trainer from before persons: one whole, one of one exercise of the routine, one without holds."""


def test_the_first_version(file):
    """A history of version 1 opens with all that is in it: done is weighed from its holds, and what is known is known."""
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as old:
        for statement in database.MIGRATIONS[0]:
            old.execute(statement)
        old.executescript(FIRST_VERSION)
        old.execute(f"PRAGMA application_id = {database.APPLICATION}")
        old.execute("PRAGMA user_version = 1")
    content = file.read_bytes()
    records = History(file, 80).records()
    pasts = [
        Past(records[0].start, Ms(60_000), ADULT, 7_500, frozenset({"push", "nod"}), "completed"),
        Past(records[1].start, Ms(59_991), CHILD, 3_333, frozenset({"push"}), "completed"),
        Past(records[2].start, Ms(60_000), ADULT, 0, frozenset(), "died"),
    ]
    assert [(record.uuid[-1], record.exercises, len(record.holds), record.person) for record in records] == [
        *(("1", 3, 4, ""), ("2", 3, 2, ""), ("3", 0, 0, ""))
    ]
    assert History(file, 80).pasts() == [record.past for record in records] == pasts
    assert file.read_bytes() == content
    machine = Machine(file)
    assert machine.records == records
    assert machine.history.pasts() == pasts
    machine.run()
    assert [past.share for past in machine.history.pasts()] == [7_500, 3_333, 0, 10_000]


def test_the_third_version(machine):
    """Of a history of version 3 it is not known what was done once more: its sessions count as they did."""
    machine.run()
    before = machine.records
    with closing(sqlite3.connect(machine.file)) as old:
        old.execute("ALTER TABLE sessions DROP COLUMN once_more")
        old.execute("PRAGMA user_version = 3")
    assert machine.records == machine.again().records == before
    assert not machine.record.once_more


def test_migration_that_fails(machine, monkeypatch, caplog):
    """A migration is done whole or not at all."""
    machine.run()
    content = machine.file.read_bytes()
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, ("CREATE TABLE moods (name)", "CREATE TABLE holds (x)")))
    machine.again()
    assert machine.file.read_bytes() == content
    assert lines(caplog) == [
        f"{machine.file}: cannot be written (table holds already exists); what happens is kept, and written later"
    ]


def test_the_format_is_fixed(machine):
    """Version 4 is what is out there: a change of the tables needs a migration, and this test another version's."""
    with closing(sqlite3.connect(machine.file)) as other:
        tables = other.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        columns = {
            name: [column[1:4] for column in other.execute(f"PRAGMA table_info({name})")]
            for name in ("sessions", "holds", "ratings")
        }
        assert other.execute("PRAGMA user_version").fetchone() == (4,)
        assert other.execute("PRAGMA application_id").fetchone() == (0x50695472,)
    assert [name for name, _ in tables] == ["holds", "ratings", "sessions", "sessions_started"]
    assert columns == {
        "sessions": [
            ("id", "INTEGER", 0),
            ("uuid", "TEXT", 1),
            *((name, "INTEGER", 1) for name in ("started", "ended", "offset", "trusted")),
            ("boot", "TEXT", 1),
            ("monotonic", "INTEGER", 1),
            *((name, "TEXT", 1) for name in ("routine", "hash", "profile", "level", "result")),
            ("paused", "INTEGER", 1),
            ("person", "TEXT", 1),
            *((name, "INTEGER", 1) for name in ("exercises", "share")),
            ("practised", "TEXT", 1),
            ("once_more", "INTEGER", 1),
        ],
        "ratings": [
            *((name, "INTEGER", 1) for name in ("session", "step")),
            *((name, "TEXT", 1) for name in ("exercise", "about")),
            ("value", "INTEGER", 1),
        ],
        "holds": [
            ("session", "INTEGER", 1),
            ("step", "INTEGER", 1),
            ("exercise", "TEXT", 1),
            ("position", "TEXT", 1),
            ("set_number", "INTEGER", 1),
            ("planned", "INTEGER", 1),
            ("held", "INTEGER", 0),
            ("skipped", "INTEGER", 1),
        ],
    }


# readers


def test_no_history(file):
    """Where there is none, there are no sessions, and a reader makes no file."""
    history = History(file, 80)
    assert (history.pasts(), history.records(), history.skips(TODAY)) == ([], [], [])
    assert not file.parent.exists()


@pytest.mark.usefixtures("plain_user")
def test_a_reader_who_may_not_write(old):
    """Somebody of the service's group may read the folder and no more; that is enough, also while the trainer writes."""
    folder = old.parent
    for entry in (*folder.iterdir(), folder):
        entry.chmod(0o555)
    assert not os.access(folder, os.W_OK, effective_ids=True)
    history = History(old, 80)
    assert len(history.pasts()) == len(history.records()) == 300
    with pytest.raises(HistoryError, match=r"cannot be written: "):
        history.add(invented(TODAY, 2, seed=5))


def test_a_reader_meanwhile(machine):
    """While a step is being written, a reader sees what was there before."""
    machine.run()
    with database.writing(machine.file) as writer:
        writer.execute("DELETE FROM sessions")
        assert len(machine.records) == 1


def test_an_unreadable_file(old, request):
    """Who may not read it is told so."""
    old.chmod(0)
    request.getfixturevalue("plain_user")
    with pytest.raises(HistoryError, match=r"history\.db: cannot be read: Permission denied"):
        History(old, 80).pasts()
