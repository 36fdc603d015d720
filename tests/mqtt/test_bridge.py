"""What is sent when: a week without a broker, acknowledgements that come late or never, a full disk. No thread, no broker."""

import gc
import json
import sqlite3
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pitrainer.control.events import as_json
from pitrainer.control.status import Status
from pitrainer.core.messages import Began, Ended, Event, Held, Rated, RemindersSwitched, Started, VolumeChanged
from pitrainer.core.units import Ms
from pitrainer.mqtt.bridge import (
    Acknowledged,
    Announce,
    Bridge,
    Connected,
    Deleted,
    Disconnected,
    Followed,
    Gone,
    Happened,
    Item,
    Refused,
)
from pitrainer.mqtt.outbox import Outbox
from pitrainer.mqtt.payloads import Topics
from support.bridged import HOLD, PLAN, PROGRAMS

DAY = 86_400_000
IDLE = Status(PROGRAMS, 0).data()


class Sent:
    """Records what is sent."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, int, bool]] = []

    def send(self, topic: str, payload: str, *, qos: int, retain: bool) -> int:
        self.messages.append((topic.rpartition("/")[2], payload, qos, retain))
        return len(self.messages)

    def names(self) -> list[str]:
        return [name for name, *_ in self.messages]

    def sessions(self) -> list[Any]:
        return [json.loads(payload) for name, payload, *_ in self.messages if name == "session"]


class House:
    """A bridge, the time of day, and what it sent."""

    def __init__(self, folder: Path) -> None:
        self.sent, self.now = Sent(), 0
        self.outbox = Outbox(folder / "outbox.db")
        wall = lambda: datetime(2026, 5, 4, tzinfo=UTC) + timedelta(milliseconds=self.now)  # noqa: E731
        self.bridge = Bridge(Topics("0a1b2c3d"), "pitrainer", self.outbox, self.sent, wall, names=False)

    def happen(self, *events: Event) -> None:
        for event in events:
            self.now = event.at
            self.bridge.handle(Happened(as_json(event)))

    def session(self, at: int) -> None:
        self.happen(Started(Ms(at), PLAN), Held(Ms(at + 5_000), HOLD, Ms(5_000)), Ended(Ms(at + 60_000), True))

    def acknowledge(self) -> None:
        """Acknowledge what is under way, as long as something is."""
        while True:
            before = len(self.sent.messages)
            self.bridge.handle(Acknowledged(before))
            if len(self.sent.messages) == before:
                return


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.bridge.handle(Followed(IDLE, 0))
    return house


def test_connect(house: House) -> None:
    """With the broker there, the device is announced, then said to be there, then its state; only the last two stay there."""
    assert house.sent.messages == []
    house.bridge.handle(Connected(new=True))
    assert [(name, qos, retain) for name, _, qos, retain in house.sent.messages] == [
        *(("config", 1, False), ("availability", 1, True), ("state", 1, True)),
    ]


def test_a_week(tmp_path: Path, house: House) -> None:
    """A week without broker takes no memory; then each session is delivered once, in its order, and never again."""
    house.session(0)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1, 22):
            house.session(number * DAY // 3)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000
    assert (house.sent.messages, house.outbox.waiting()) == ([], 22)
    house.bridge.handle(Connected(new=True))
    assert len(house.sent.sessions()) == 1  # one at a time
    house.acknowledge()
    sessions = house.sent.sessions()
    assert [session["began"] for session in sessions] == [
        (datetime(2026, 5, 4, tzinfo=UTC) + timedelta(hours=8 * number)).isoformat() for number in range(22)
    ]
    assert len({session["id"] for session in sessions}) == 22
    assert house.outbox.waiting() == 0
    again = House(tmp_path)
    again.bridge.handle(Connected(new=True))
    assert again.sent.names() == ["config"]


def test_acknowledged_late(house: House) -> None:
    """What has not been acknowledged is sent again where the broker has forgotten it, and not where it has not."""
    house.bridge.handle(Connected(new=True))
    house.session(0)
    number = len(house.sent.messages)
    house.bridge.handle(Disconnected())
    house.bridge.handle(Connected(new=False))
    assert len(house.sent.sessions()) == 1
    house.bridge.handle(Disconnected())
    house.bridge.handle(Connected(new=True))
    first, second = house.sent.sessions()
    assert first == second
    house.bridge.handle(Acknowledged(number))  # of a message that the broker does not know any more
    assert house.outbox.waiting() == 1
    house.acknowledge()
    assert house.outbox.waiting() == 0


def test_restart_in_a_session(tmp_path: Path, house: House) -> None:
    """A session during which this process is started anew is told of whole, with the holds of before."""
    house.happen(Started(Ms(0), PLAN), Held(Ms(5_000), HOLD, Ms(5_000)))
    running = Status(PROGRAMS, 0)
    running(Started(Ms(0), PLAN))
    again = House(tmp_path)
    again.bridge.handle(Connected(new=True))
    again.bridge.handle(Followed(running.data(), 0))
    again.happen(Ended(Ms(60_000), True))
    (session,) = again.sent.sessions()
    assert (session["result"], session["seconds"], len(session["holds"])) == ("completed", 60, 1)


def test_power_cut(tmp_path: Path, house: House) -> None:
    """A session that broke off with the power ended where it was last seen, though that is found out days later."""
    house.happen(Started(Ms(0), PLAN), Held(Ms(5_000), HOLD, Ms(5_000)))
    again = House(tmp_path)
    again.now = 3 * DAY
    again.bridge.handle(Connected(new=True))
    again.bridge.handle(Followed(IDLE, 0))
    (session,) = again.sent.sessions()
    assert (session["result"], session["seconds"], session["ended"]) == ("lost", 5, "2026-05-04T00:00:05+00:00")


def test_goes_on_after_a_power_cut(tmp_path: Path, house: House) -> None:
    """A session that went on before this process was there is another one, as long as it took from then on."""
    house.happen(Started(Ms(500_000_000), PLAN), Held(Ms(500_005_000), HOLD, Ms(5_000)))
    running = Status(PROGRAMS, 0)
    running(Started(Ms(30_000), PLAN))
    again = House(tmp_path)
    again.now = 40_000
    again.bridge.handle(Followed(running.data(), again.now))
    again.happen(Held(Ms(50_000), HOLD, Ms(5_000)), Ended(Ms(90_000), True))
    again.bridge.handle(Connected(new=True))
    again.acknowledge()
    told = [(session["result"], session["seconds"], len(session["holds"])) for session in again.sent.sessions()]
    assert told == [("lost", 5, 1), ("completed", 60, 1)]
    assert again.sent.sessions()[1]["began"] == "2026-05-04T00:00:30+00:00"


def test_rating(tmp_path: Path, house: House) -> None:
    """What was answered last is in the state, also after a restart, until the person takes it back."""
    house.bridge.handle(Connected(new=True))
    house.happen(Started(Ms(0), PLAN))
    told = {"event": "rated", "at": 9_000, "step": {"index": 3, "exercise": "push"}, "about": "pain", "value": 4}
    house.bridge.handle(Happened(told))
    assert house.sent.names()[-2:] == ["event", "state"]
    pain = {"about": "pain", "value": 4, "exercise": "push"}
    again = House(tmp_path)
    again.bridge.handle(Connected(new=True))
    again.bridge.handle(Followed(IDLE, 0))
    again.bridge.handle(Happened(told | {"value": None}))
    states = [json.loads(payload) for name, payload, *_ in again.sent.messages if name == "state"]
    assert [one["last_rating"] for one in states] == [pain, None]
    third = House(tmp_path)
    third.bridge.handle(Connected(new=True))
    third.bridge.handle(Followed(IDLE, 0))
    assert json.loads(third.sent.messages[-1][1])["last_rating"] is None


def test_followed_in_a_hold(house: House) -> None:
    """Who comes to know the trainer in a hold knows which one, and what was answered last."""
    house.bridge.handle(Connected(new=True))
    running = Status(PROGRAMS, 0)
    for event in (Started(Ms(0), PLAN), Began(Ms(1_000), HOLD, None), Rated(Ms(2_000), HOLD, "pain", 4)):
        running(event)
    house.bridge.handle(Followed(running.data(), 0))
    told = json.loads(house.sent.messages[-1][1])
    pain = {"about": "pain", "value": 4, "exercise": HOLD.exercise}
    assert (told["state"], told["exercise"], told["last_rating"]) == ("running", HOLD.exercise, pain)
    house.bridge.handle(Followed(IDLE, 0))
    *_, told = [json.loads(payload) for name, payload, *_ in house.sent.messages if name == "state"]
    assert (told["state"], told["last_rating"]) == ("ready", pain)


def test_gone(house: House) -> None:
    """A trainer that is not there is offline; a session that it was in is lost, and told of when it is back."""
    house.bridge.handle(Connected(new=True))
    house.happen(Started(Ms(0), PLAN))
    house.bridge.handle(Gone())
    assert house.sent.messages[-1] == ("availability", "offline", 1, True)
    sent = len(house.sent.messages)
    house.bridge.handle(Gone())  # it is looked for every few seconds
    assert len(house.sent.messages) == sent
    house.bridge.handle(Followed(IDLE, 0))
    assert [session["result"] for session in house.sent.sessions()] == ["lost"]
    assert ("availability", "online", 1, True) in house.sent.messages[-4:]


def test_full_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that cannot be kept is tried again with whatever happens next, and is told of once."""
    house.bridge.handle(Connected(new=True))

    def full(_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(house.outbox, "add", full)
        with pytest.raises(sqlite3.OperationalError):
            house.session(0)
        assert house.sent.names()[-1] == "state"  # what is not kept is sent all the same
    assert house.sent.sessions() == []
    house.bridge.handle(Refused("say", "busy"))
    assert len(house.sent.sessions()) == 1


def test_nothing_can_be_kept(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk is full, whatever happens is sent all the same; once it is not, both sessions are, each once."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def sent_after(item: Item) -> list[tuple[str, Any]]:
        house.sent.messages.clear()
        with suppress(sqlite3.OperationalError):
            house.bridge.handle(item)
        states = [(name, json.loads(payload)["state"]) for name, payload, *_ in house.sent.messages if name == "state"]
        return [(name, payload) for name, payload, *_ in house.sent.messages if name == "availability"] + states

    def happened(event: Event) -> Happened:
        house.now = event.at
        return Happened(as_json(event))

    house.bridge.handle(Connected(new=True))
    house.session(0)
    with monkeypatch.context() as patch:
        for name in ("add", "keep", "remove"):
            patch.setattr(house.outbox, name, full)
        assert sent_after(Acknowledged(len(house.sent.messages))) == []
        assert sent_after(happened(Started(Ms(100_000), PLAN))) == [("state", "running")]
        assert sent_after(happened(Ended(Ms(160_000), True))) == [("state", "ready")]
        assert sent_after(happened(VolumeChanged(Ms(170_000), 40))) == [("state", "ready")]
        assert sent_after(happened(Started(Ms(200_000), PLAN))) == [("state", "running")]
        assert sent_after(Disconnected()) == []
        assert sent_after(Connected(new=True)) == [("availability", "online"), ("state", "running")]
        assert sent_after(Gone()) == [("availability", "offline")]
        fewer = Status(PROGRAMS[:1], 0)
        fewer(Started(Ms(200_000), PLAN))
        assert sent_after(Followed(fewer.data(), 200_000)) == [("availability", "online"), ("state", "running")]
        assert house.sent.names()[0] == "config"
    sent_after(happened(RemindersSwitched(Ms(210_000), False)))
    again = House(tmp_path)  # it knows what runs, and which programs there are
    assert again.bridge.programs == house.bridge.programs
    again.bridge.handle(Followed(fewer.data(), 200_000))
    again.happen(Ended(Ms(260_000), True))
    again.bridge.handle(Connected(new=True))
    again.acknowledge()
    assert [(one["result"], one["seconds"]) for one in again.sent.sessions()] == [("completed", 60)] * 2
    assert again.outbox.waiting() == 0


def test_a_session_waits_while_the_disk_is_full(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is in the outbox already is sent, once, though what happens meanwhile cannot be kept."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    house.session(0)
    for name in ("add", "keep", "remove"):
        monkeypatch.setattr(house.outbox, name, full)
    for item in (Connected(new=True), Happened(as_json(Started(Ms(100_000), PLAN)))):
        with suppress(sqlite3.OperationalError):
            house.bridge.handle(item)
    assert len(house.sent.sessions()) == 1
    with suppress(sqlite3.OperationalError):
        house.acknowledge()
    with suppress(sqlite3.OperationalError):
        house.bridge.handle(Happened(as_json(Ended(Ms(160_000), True))))
    assert len(house.sent.sessions()) == 1


def test_an_entity_goes(tmp_path: Path, house: House) -> None:
    """An entity of an earlier version is taken from Home Assistant once, by a message before the announcement."""
    house.outbox.keep("announced", {"state": "sensor", "old": "sensor"})
    later = House(tmp_path)
    later.bridge.handle(Connected(new=True))
    first, second = [json.loads(payload)["components"] for name, payload, *_ in later.sent.messages if name == "config"]
    assert first == second | {"old": {"platform": "sensor"}}
    again = House(tmp_path)
    again.bridge.handle(Connected(new=True))
    assert again.sent.names() == ["config"]


def test_deleted(house: House) -> None:
    """A device that was deleted in Home Assistant is not announced again, whatever happens; all else goes on."""
    house.bridge.handle(Connected(new=True))
    house.bridge.handle(Deleted())
    house.sent.messages.clear()
    for item in (Announce(), Disconnected(), Connected(new=True), Followed(IDLE | {"programs": IDLE["programs"][:1]}, 0)):
        house.bridge.handle(item)
    house.session(0)
    assert "config" not in house.sent.names()
    assert len(house.sent.sessions()) == 1


def test_wrong_settings(tmp_path: Path, house: House) -> None:
    """While the settings are wrong there are no programs; what was announced of them stays, and so do automations on them."""
    house.bridge.handle(Connected(new=True))
    announced = house.sent.messages[0]
    again = House(tmp_path)
    again.bridge.handle(Followed(IDLE | {"programs": [], "program": None}, 0))
    again.bridge.handle(Connected(new=True))
    assert again.sent.messages[0] == announced


def test_damaged_outbox(tmp_path: Path) -> None:
    """A file that is none is kept aside, and a new one is begun."""
    (tmp_path / "outbox.db").write_bytes(b"nonsense" * 1_000)
    house = House(tmp_path)
    house.bridge.handle(Followed(IDLE, 0))
    house.session(0)
    assert house.outbox.waiting() == 1
    assert len(list(tmp_path.glob("outbox.db.*.corrupt"))) == 1
