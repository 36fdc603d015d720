"""Joins the trainer and the broker: takes what happens at either end, one thing after the other, and says what to send.

It has no thread and no clock of its own, so that a week passes in a test as fast as it can be written down.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ..control.fold import fold
from .discovery import announcement, farewell, platforms
from .outbox import Outbox
from .payloads import OFFLINE, ONLINE, Last, Rating, Topics, event, labels, people_of, rating, refused, state
from .people import People
from .sessions import Sessions, last

Json = dict[str, Any]

MOST_UNKEPT = 100
"""Sessions that are kept in memory while the disk is full."""


@dataclass(frozen=True)
class Followed:
    """The trainer is there, and this is its status at that moment; the events after it follow."""

    status: Json
    at: int


@dataclass(frozen=True)
class Happened:
    """An event of the trainer."""

    line: Json


@dataclass(frozen=True)
class Gone:
    """The trainer is not there any more."""


@dataclass(frozen=True)
class Connected:
    """The broker is there. What it had not acknowledged it will never do: the connection is `new`; or it may do so yet."""

    new: bool


@dataclass(frozen=True)
class Disconnected:
    """The broker is not there any more."""


@dataclass(frozen=True)
class Acknowledged:
    """The broker has a message that was sent with an acknowledgement."""

    number: int


@dataclass(frozen=True)
class Deleted:
    """Somebody has deleted the device in Home Assistant."""


@dataclass(frozen=True)
class Refused:
    """An order was not obeyed."""

    order: str
    why: str


@dataclass(frozen=True)
class Announce:
    """Home Assistant has started, a while ago."""


Item = Followed | Happened | Gone | Connected | Disconnected | Acknowledged | Deleted | Refused | Announce


class Sender(Protocol):
    """What sends to the broker."""

    def send(self, topic: str, payload: str, *, qos: int, retain: bool) -> int:
        """Send; return the number by which it is acknowledged."""


class Bridge:
    """The state of both ends."""

    def __init__(
        self, topics: Topics, name: str, outbox: Outbox, sender: Sender, wall: Callable[[], datetime], *, names: bool
    ) -> None:
        """Begin without trainer and broker.

        Args:
            topics: of this trainer.
            name: what it is called.
            outbox: what is kept.
            sender: sends while the broker is there.
            wall: the local time, with its offset.
            names: the names of people may leave the device.
        """
        self._topics, self._name, self._outbox, self._sender = topics, name, outbox, sender
        self._wall, self._names = wall, names
        self._sessions = Sessions(outbox.kept("running"))
        self._last = Last(**kept) if (kept := outbox.kept("last")) else None
        self._rating = Rating(**kept) if (kept := outbox.kept("rating")) else None
        self._status: Json | None = None
        self._people = People([], named=names)
        self.programs: list[str] = outbox.kept("programs") or []
        """The programs' labels; the last known ones while the settings are wrong."""
        self.deleted = False
        """Somebody has deleted the device in Home Assistant; it is not announced again."""
        self._connected = self._looked = False
        """`looked`: whether the trainer is there is known."""
        self._sent_state: Json | None = None
        self._sent_availability = ""
        self._unkept: list[Json] = []
        """Sessions that could not be put into the outbox, for the disk is full."""
        self._in_flight: tuple[int, int] | None = None
        """What has yet to be acknowledged: its number for the sender, and for the outbox."""
        self._delivered: int | None = None
        """What has been acknowledged, and is in the outbox yet."""
        self._all_sent = False
        """Nothing waits in the outbox."""
        self._announced: Json = outbox.kept("announced") or {}
        self._kept = self._memory()

    def handle(self, item: Item) -> None:
        """Take what has happened. Raises what SQLite does where something cannot be kept, which then is tried again."""
        self._take(item)
        try:
            self._keep()
        finally:
            self._send_session()

    def _take(self, item: Item) -> None:
        self._looked |= isinstance(item, Followed | Gone)
        match item:
            case Followed(status, at):
                self._followed(status, at)
            case Happened(line) if self._status is not None:
                self._happened(line, self._status)
            case Gone():
                self._status = None
                self._send_availability()
            case Connected(new):
                self._connected, self._sent_state, self._sent_availability = True, None, ""
                if new:
                    self._in_flight = None
                self._announce()
                self._send_availability()
                self._send_state()
            case Disconnected():
                self._connected = False
            case Acknowledged(number) if self._in_flight and self._in_flight[0] == number:
                self._delivered = self._in_flight[1]
                self._in_flight = None
            case Deleted():
                self.deleted = True
            case Refused(order, why):
                self._send("event", refused(order, why, self._people))
            case Announce():
                self._announce()
                self._sent_state, self._sent_availability = None, ""
                self._send_availability()
                self._send_state()

    def close(self) -> None:
        """Say good-bye."""
        self._status = None
        self._send_availability()

    # the trainer

    def _followed(self, status: Json, at: int) -> None:
        self._status = status
        self._people = people_of(status, named=self._names)
        if ended := self._sessions.resume(status, at, self._people, self._wall()):
            self._over(ended)
        if rated := status["rating"]:  # a trainer that was started anew does not know it any more
            self._rating = Rating(rated["about"], rated["value"], rated["exercise"])
        programs = labels(status["programs"], self._people)
        if programs and programs != self.programs:
            self.programs = programs
            self._announce()
        self._send_availability()
        self._send_state()

    def _happened(self, line: Json, status: Json) -> None:
        self._status = fold(status, line)
        if ended := self._sessions.follow(line, self._people, self._wall()):
            self._over(ended)
        if told := event(line, self._people):
            self._send("event", told)
        if line.get("event") == "rated":
            self._rating = rating(line)
        self._send_state()

    def _over(self, session: Json) -> None:
        self._unkept = [*self._unkept, session][-MOST_UNKEPT:]
        self._last = last(session)

    # the outbox

    def _memory(self) -> Json:
        """Return what is to be remembered."""
        rated = self._rating and self._rating._asdict()
        return {"running": self._sessions.running, "rating": rated, "programs": self.programs, "announced": self._announced}

    def _keep(self) -> None:
        if self._delivered is not None:
            self._outbox.remove(self._delivered)
            self._delivered = None
        while self._unkept:
            self._outbox.add(self._unkept[0])
            del self._unkept[0]
            self._kept["running"], self._all_sent = None, False
        for name, value in self._memory().items():
            if value != self._kept[name]:
                self._outbox.keep(name, value)
                self._kept[name] = value

    # the broker

    def _announce(self) -> None:
        if not self._connected or self.deleted:
            return
        new = announcement(self._topics, self._name, self.programs)
        for message in filter(None, (farewell(new, self._announced), new)):
            self._sender.send(self._topics.discovery, json.dumps(message), qos=1, retain=False)
        self._announced = platforms(new)

    def _send_availability(self) -> None:
        payload = OFFLINE if self._status is None else ONLINE
        if self._connected and self._looked and payload != self._sent_availability:
            self._sent_availability = payload
            self._sender.send(self._topics("availability"), payload, qos=1, retain=True)

    def _send_state(self) -> None:
        if not self._connected or self._status is None:
            return
        now = state(self._status, self._people, self._last, self._rating)
        if now != self._sent_state:
            self._sent_state = now
            self._sender.send(self._topics("state"), json.dumps(now), qos=1, retain=True)

    def _send(self, name: str, payload: Json) -> None:
        if self._connected:
            self._sender.send(self._topics(name), json.dumps(payload), qos=0, retain=False)

    def _send_session(self) -> None:
        """Send the session that waits for longest, unless one is under way: one at a time needs no memory."""
        if not self._connected or self._in_flight or self._delivered is not None or self._all_sent:
            return
        waiting = self._outbox.first()
        self._all_sent = waiting is None
        if waiting:
            number, payload = waiting
            self._in_flight = self._sender.send(self._topics("session"), payload, qos=2, retain=False), number
