"""The events as other processes get them: their form, who is told what, and that no follower costs anybody anything."""

import json
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, get_args

import pytest

from pitrainer.control import events as events_module
from pitrainer.control.client import ask, follow
from pitrainer.control.events import MOST, Events, as_json
from pitrainer.control.protocol import socket_file
from pitrainer.control.server import MOST_CLIENTS, MOST_FOLLOWERS, Control
from pitrainer.control.status import Status
from pitrainer.core.messages import (
    Began,
    Chosen,
    Ended,
    Event,
    Fault,
    FaultAppeared,
    FaultGone,
    GivenUp,
    Held,
    Offer,
    Offered,
    OfferEnded,
    Paused,
    PlannedAnew,
    Preparing,
    Pressed,
    Rated,
    Reminded,
    RemindersSwitched,
    Resumed,
    Said,
    SettingsReloaded,
    SoundCard,
    SoundCardChosen,
    Started,
    Today,
    TodayChanged,
    TrainerEnded,
    VolumeChanged,
    WaitingForClips,
)
from pitrainer.core.planner import make_plan
from pitrainer.core.reminders import Announced, Closed, PutOff, Reminder
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.errors import PitrainerError
from pitrainer.service.hub import Hub
from support.fakes import BEGUN, SMALL, half_a_second
from support.spoken import en

PLAN = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN)
HOLD = next(step for step in PLAN.steps if step.kind == "hold")
PROGRAMS = [Program(SMALL, "adult", "standard"), Program(SMALL, "child", "full")]
REMINDER = Reminder(time_of_day(8), "small", "adult")
EIGHT = datetime(2026, 5, 6, 8, tzinfo=UTC)

ONE_OF_EACH: list[Event] = [
    Started(Ms(1), PLAN, 2),
    Began(Ms(2), HOLD, HOLD),
    Held(Ms(3), HOLD, Ms(500)),
    Rated(Ms(26), HOLD, "pain", 3),
    Paused(Ms(4), HOLD),
    Resumed(Ms(5), HOLD),
    Ended(Ms(6), False, 3, True),
    WaitingForClips(Ms(7), Ms(12_000), (en("Rest."),)),
    GivenUp(Ms(8)),
    Chosen(Ms(9), 1),
    VolumeChanged(Ms(10), 60),
    Reminded(Ms(11), Announced(REMINDER, 2)),
    Reminded(Ms(12), PutOff(REMINDER)),
    Reminded(Ms(13), Closed(REMINDER, ("2026-05-06",), "answered")),
    RemindersSwitched(Ms(14), False),
    Offered(Ms(15), Offer(en("Go on."), Ms(600), PROGRAMS[1])),
    TodayChanged(Ms(16), Today(True, 4, REMINDER, EIGHT)),
    FaultAppeared(Ms(17), Fault("settings", "2 mistakes", ("a", "b"))),
    FaultGone(Ms(18), "sound"),
    SettingsReloaded(Ms(19)),
    OfferEnded(Ms(20)),
    SoundCardChosen(Ms(21), SoundCard("USB Audio Device (Device)", "a USB card")),
    PlannedAnew(Ms(22), PLAN),
    Preparing(Ms(23), 3, 90, Ms(60_000)),
    Said(Ms(24), "Rest.", "en", Ms(700)),
    Pressed(Ms(27), "button", True),
    TrainerEnded(Ms(25), "SIGTERM"),
]


def tables() -> tuple[str, str]:
    """The module's table of the events, and that of the status."""
    events, status = (events_module.__doc__ or "").split("\nThe status, ")
    return events, status


def documented() -> dict[str, list[str]]:
    """Each event of the module's table, and the names of what is in it."""
    events, _ = tables()
    rows = re.findall(r"^\| `(\w+)` +\| (.*) \|$", events, re.MULTILINE)
    return {name: re.findall(r"`(\w+)`", fields) for name, fields in rows}


def test_every_event_is_documented() -> None:
    """There is a row for each event, and each event that is sent has what its row says, its time, and nothing else."""
    assert {type(event) for event in ONE_OF_EACH} == set(get_args(Event))
    table = documented()
    sent = [as_json(event) for event in ONE_OF_EACH]
    for line in sent:
        assert sorted(line) == sorted(["event", "at", *table[line["event"]]]), line["event"]
        assert json.loads(json.dumps(line)) == line
    assert sorted(line["at"] for line in sent) == list(range(1, 28))
    assert set(table) == {line["event"] for line in sent} | {"heartbeat", "too_slow"}


def test_the_status_is_documented() -> None:
    """There is a row for each part of the status, and of the session in it, and no other."""
    rows = re.findall(r"^\| (\.\. )?(`[^|]*`) +\|", tables()[1], re.MULTILINE)
    named = {inside: re.findall(r"\w+", " ".join(names for of, names in rows if of == inside)) for inside in ("", ".. ")}
    status = Status([], 0)
    status(Started(Ms(0), PLAN))
    data = status.data()
    assert (sorted(named[""]), sorted(named[".. "])) == (sorted(data), sorted(data["session"]))


def test_the_documented_step() -> None:
    """A step has what the module's text shows."""
    example = json.loads(re.search(r"\{\"index\".*?\}", events_module.__doc__ or "", re.DOTALL)[0])  # type: ignore[index]
    assert as_json(Began(Ms(0), HOLD))["step"].keys() == example.keys()


class Trainer:
    """A hub behind a control socket."""

    def __init__(self, folder: Path) -> None:
        self.hub = Hub(Status(PROGRAMS, 0))
        self.file = socket_file(folder / "run")
        streams = {"events": Events(self.hub.subscribe, self.hub.unsubscribe).lines}
        self.control = Control(self.file, {"status": lambda _: {"status": self.hub.status.data()}}, streams)
        self.control.serve()

    def follower(self) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
        """Follow; return the first line, and the following ones."""
        lines = follow(self.file, {"command": "events"})
        return next(lines), lines

    def silent(self) -> socket.socket:
        """Follow without reading."""
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(str(self.file))
        client.sendall(b'{"command": "events"}\n')
        return client


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Trainer]:
    trainer = Trainer(tmp_path)
    yield trainer
    trainer.hub.publish(TrainerEnded(Ms(0), "the test is over"))
    trainer.control.close()


def until(there: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_snapshot_then_each_event(trainer):
    """Who follows gets the status first, then every event after it, once and in order, until the trainer ends."""
    trainer.hub.publish(Started(Ms(1), PLAN))
    first, lines = trainer.follower()
    assert first["ok"] is True
    assert first["status"]["state"] == "running"
    for event in ONE_OF_EACH:
        trainer.hub.publish(event)
    assert list(lines) == [as_json(event) for event in ONE_OF_EACH]
    until(lambda: not trainer.hub._subscribers)


def test_heartbeat(trainer, monkeypatch):
    """While nothing happens there is a line all the same."""
    monkeypatch.setattr(events_module, "HEARTBEAT", 2)
    _, lines = trainer.follower()
    assert [next(lines)["event"] for _ in range(2)] == ["heartbeat"] * 2


def test_who_falls_behind(trainer):
    """A follower that does not read is told so, and is left; the others have every event, and publishing never waits."""
    silent = trainer.silent()
    _, lines = trainer.follower()
    until(lambda: len(trainer.hub._subscribers) == 2)
    got: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=lambda: [got.put(line) for line in lines], daemon=True).start()
    for number in range(60 * MOST):
        trainer.hub.publish(VolumeChanged(Ms(number), 50))
        assert got.get(timeout=20)["at"] == number
        if len(trainer.hub._subscribers) == 1:
            break
    else:
        until(lambda: len(trainer.hub._subscribers) == 1)
    with silent, silent.makefile("rb") as unread:
        told = unread.read().splitlines()
    assert [json.loads(line)["event"] for line in told[1:]] == ["volume_changed"] * (len(told) - 2) + ["too_slow"]
    trainer.hub.publish(TrainerEnded(Ms(0), "done"))
    assert got.get(timeout=20)["event"] == "trainer_ended"


def test_a_slow_one_is_told():
    """It gets the events that it has room for, then one line that it was too slow, then nothing."""
    hub = Hub(Status(PROGRAMS, 0))
    lines = Events(hub.subscribe, hub.unsubscribe).lines()
    assert next(lines)["status"]["state"] == "ready"  # type: ignore[index]
    for number in range(MOST + 1):
        hub.publish(VolumeChanged(Ms(number), 50))
    assert [line and line["event"] for line in lines] == ["too_slow"]
    assert not hub._subscribers


def test_places_of_their_own(trainer):
    """Followers are limited, and take no place of a request; one that has gone gives way."""
    followers = [trainer.follower() for _ in range(MOST_FOLLOWERS)]
    with pytest.raises(PitrainerError, match="too many clients follow"):
        trainer.follower()
    assert ask(trainer.file, {"command": "status"})["ok"]
    followers.pop()[1].close()
    until(lambda: len(trainer.hub._subscribers) < MOST_FOLLOWERS)
    trainer.follower()


def test_two_hundred_connections(trainer):
    """Neither many followers nor rubbish keep anybody from asking, or the hub from publishing."""
    clients = [trainer.silent() for _ in range(100)]
    for client in clients[:MOST_CLIENTS]:
        with suppress(OSError):  # it was one too many, and is sent away already
            client.sendall(b"rubbish\n" * 100)
    until(lambda: len(trainer.hub._subscribers) == MOST_FOLLOWERS)
    until(lambda: ask(trainer.file, {"command": "status"})["ok"])
    for client in clients:
        client.close()
    until(lambda: not trainer.hub._subscribers)
