"""Fifty trainers on one broker, set up as `.github/FLEET.md` says."""

import json
import queue
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from pitrainer.control.events import as_json
from pitrainer.control.status import Status
from pitrainer.core.messages import Ended, Started
from pitrainer.core.units import Ms
from pitrainer.mqtt.bridge import Bridge, Connected, Followed, Happened, Item
from pitrainer.mqtt.broker import Broker
from pitrainer.mqtt.link import Link
from pitrainer.mqtt.outbox import Outbox
from pitrainer.mqtt.payloads import Topics
from pitrainer.mqtt.said import Said
from support.bridged import PLAN, PROGRAMS
from support.fakes import TESTS
from support.mosquitto import PROGRAM, Mosquitto, Observer

pytestmark = pytest.mark.skipif(not PROGRAM, reason="needs the package mosquitto")

FLEET = (TESTS.parent / ".github" / "FLEET.md").read_text()
MANY = 50


def block(language: str) -> str:
    """Return a file of FLEET.md."""
    return re.search(rf"```{language}\n(.*?)```", FLEET, re.DOTALL)[1]  # type: ignore[index]


class Simulated:
    """A trainer's connection, in this process."""

    def __init__(self, folder: Path, port: int, number: int) -> None:
        self.id = f"{number:08x}"
        folder.mkdir()
        (folder / "secret").write_text(self.id)
        nowhere = str(folder / "nowhere")
        link = Link(
            *("127.0.0.1", port, False, "", self.id, str(folder / "secret"), "pitrainer", False, nowhere, nowhere),
            report=str(folder / "report.json"),
            again=(),
        )
        self._items: queue.Queue[Item | None] = queue.Queue()
        self.connected: list[float] = []
        topics, said = Topics(self.id), Said(Path(link.report), link.broker)
        self.orders: queue.Queue[tuple[str, bytes]] = queue.Queue()
        take = lambda *order: self.orders.put(order) is None  # noqa: E731
        self.broker = Broker(link, topics, said, tell=self._items.put, born=lambda: None, orders=take)
        self.outbox = Outbox(folder / "outbox.db")
        wall = lambda: datetime.now().astimezone()  # noqa: E731
        self.bridge = Bridge(topics, "pitrainer", self.outbox, self.broker, wall, names=False)
        self.tell(Followed(Status(PROGRAMS, 0).data(), 0))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.broker.start()

    def tell(self, item: Item) -> None:
        self._items.put(item)

    def session(self) -> None:
        for event in (Started(Ms(0), PLAN), Ended(Ms(60_000), True)):
            self.tell(Happened(as_json(event)))

    def close(self) -> None:
        self._items.put(None)
        self._thread.join()
        self.broker.close()

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            if isinstance(item, Connected):
                self.connected.append(time.monotonic())
            self.bridge.handle(item)


def until(what: object, patience: float = 200) -> None:
    end = time.monotonic() + patience
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    users = tmp_path / "users"
    names = [*(f"{number:08x}" for number in range(MANY)), "telegraf", "homeassistant"]
    users.write_text("".join(f"{name}:{name}\n" for name in names))
    subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)
    (tmp_path / "acl").write_text(block("acl"))
    settings = block("conf").replace("/etc/mosquitto/users", str(users)).replace("/etc/mosquitto/acl", str(tmp_path / "acl"))
    with Mosquitto(tmp_path, settings) as one:
        yield one


def test_broker_starts_anew(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """After the broker's restart the trainers come back over half a minute and more, and each session arrives once."""
    with ExitStack() as stack:
        telegraf = Observer(mosquitto.port, "pitrainer/+/session", user="telegraf", password="telegraf", keeps="telegraf-1")
        stack.enter_context(telegraf)
        trainers = [Simulated(tmp_path / str(number), mosquitto.port, number) for number in range(MANY)]
        for trainer in trainers:
            stack.callback(trainer.close)
        until(lambda: all(trainer.connected for trainer in trainers))
        for trainer in trainers:
            trainer.session()  # some of them are under way when the broker ends
        mosquitto.end()
        for trainer in trainers:
            trainer.session()
        mosquitto.start()
        until(lambda: all(len(trainer.connected) > 1 for trainer in trainers))
        back = [trainer.connected[1] for trainer in trainers]
        until(lambda: all(trainer.outbox.waiting() == 0 for trainer in trainers))
        sessions = [(topic, json.loads(payload)["id"]) for topic, payload, _ in telegraf.rest(5)]
    print(f"back over {max(back) - min(back):.1f} s; {len(sessions)} sessions of {MANY} trainers")
    assert max(back) - min(back) >= 30
    assert len({found for _, found in sessions}) == len(sessions)
    assert Counter(topic for topic, _ in sessions) == {f"pitrainer/{number:08x}/session": 2 for number in range(MANY)}


def test_foreign_topics(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """A trainer can neither order another about, nor speak for it, nor listen to it; Home Assistant may do the first."""
    one = Simulated(tmp_path / "one", mosquitto.port, 1)
    try:
        until(lambda: one.connected)
        with Observer(mosquitto.port, "#", user="00000002", password="00000002") as other:
            for name in ("order", "state", "session"):
                other.send(f"pitrainer/{one.id}/{name}", b"stop")
            one.session()
            until(lambda: one.outbox.waiting() == 0)
            assert [topic for topic, *_ in other.rest() if topic != "homeassistant/status"] == []
        with Observer(mosquitto.port, f"pitrainer/{one.id}/#", user="homeassistant", password="homeassistant") as house:
            house.send(f"pitrainer/{one.id}/order", b"start")
            assert one.orders.get(timeout=20) == ("order", b"start")
            assert one.orders.empty()
            assert b"stop" not in [payload for _, payload, _ in house.rest()]
    finally:
        one.close()
