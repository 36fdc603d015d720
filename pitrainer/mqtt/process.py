"""The process: follows the trainer, holds the connection, gives the orders, and joins them all in one place."""

import logging
import queue
import random
import secrets
import sqlite3
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from ..clock import monotonic
from ..control.client import ask, follow
from ..control.protocol import PATIENCE, SAY_PATIENCE, make_folder
from ..errors import NotRunningError, PitrainerError
from ..files import replacing
from .bridge import Announce, Bridge, Followed, Gone, Happened, Item, Refused
from .broker import Broker
from .link import Link
from .orders import Orders, request
from .outbox import Outbox
from .payloads import Topics
from .said import Said

log = logging.getLogger(__name__)

MOST = 1_000
"""Things that wait to be handled."""
BETWEEN_ORDERS = 0.1
"""Seconds: nobody needs more than ten orders a second, and a flood of them must not reach the trainer."""
RETRY = 3.0
"""Seconds until a trainer that is not there is looked for again."""
LEAST_AFTER_BIRTH, MOST_AFTER_BIRTH = 1_000, 10_000
"""Milliseconds after which a start of Home Assistant is answered, at random: fifty devices would keep it from starting."""

Why = Literal["ended", "again"]


class Process:
    """The parts, each with its thread."""

    def __init__(self, link: Link) -> None:
        """Read what was kept; begin nothing yet.

        Raises:
            PitrainerError: if nothing can be kept, or others may write where it is told how the connection is.
        """
        self._link = link
        runtime, folder = Path(link.report).parent, Path(link.state)
        try:
            make_folder(runtime)  # it may be the trainer's, too, which begins later
        except OSError as error:
            raise PitrainerError(f"{runtime}: cannot be made: {error.strerror}") from error
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.topics = Topics(own_id(folder / "id"))
            outbox = Outbox(folder / "outbox.db")
        except (OSError, sqlite3.Error) as error:
            raise PitrainerError(f"{folder}: nothing can be kept there: {error}") from error
        log.info("this trainer's topics are pitrainer/%s/#", self.topics.id)
        self._items: queue.Queue[Item | Why] = queue.Queue(MOST)
        self._orders = Orders()
        self.said = Said(Path(link.report), link.broker)
        self._announce_at: int | None = None
        self.broker = Broker(link, self.topics, self.said, tell=self._items.put, born=self._born, orders=self._orders.put)
        wall = lambda: datetime.now().astimezone()  # noqa: E731
        self.bridge = Bridge(self.topics, link.name, outbox, self.broker, wall, names=link.names)

    def run(self) -> Why:
        """Run until the process is ended, or the settings are others."""
        for work in (self._follow, self._give_orders):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()
        self.broker.start()
        why: Why = "ended"
        try:
            while True:
                item = self._next()
                if isinstance(item, str):
                    why = item
                    break
                self._handle(item)
        finally:
            with suppress(OSError, sqlite3.Error):
                self.bridge.close()
            self.broker.close()
            Path(self._link.report).unlink(missing_ok=True)
        return why

    def _born(self) -> None:
        if self._announce_at is None:
            self._announce_at = monotonic() + random.randint(LEAST_AFTER_BIRTH, MOST_AFTER_BIRTH)

    def _next(self) -> Item | Why:
        """Return what has happened next; look once a second whether Home Assistant is to be answered."""
        while True:
            if self._announce_at is not None and monotonic() >= self._announce_at:
                self._announce_at = None
                return Announce()
            with suppress(queue.Empty):
                return self._items.get(timeout=1.0 if self._announce_at else 10.0)

    def _handle(self, item: Item) -> None:
        try:
            self.bridge.handle(item)
        except (OSError, sqlite3.Error) as error:  # a full disk
            self.said.say(logging.WARNING, "disk", f"{self._link.state}: cannot be written ({error})")

    def _follow(self) -> None:
        """Follow the trainer, for ever."""
        while True:
            lines = follow(Path(self._link.control), {"command": "events"})
            try:
                first = next(lines)
                self._items.put(Followed(first["status"], first["at"]))
                for line in lines:
                    self._items.put(Happened(line))
                    if line.get("event") == "settings_reloaded":
                        self._items.put("again")
                        return
            except NotRunningError:
                pass  # it may not have started yet; whoever wants to know asks the trainer
            except (PitrainerError, KeyError) as error:
                self.said.no_trainer(str(error))
            finally:
                lines.close()
            self._items.put(Gone())
            time.sleep(RETRY)

    def _give_orders(self) -> None:
        """Give what was sent to the trainer, one order after the other."""
        while True:
            name, payload = self._orders.get()
            try:
                asked = request(name, payload, self.bridge.programs)
                self.said.understood(name)
                ask(Path(self._link.control), asked, SAY_PATIENCE + PATIENCE if name == "say" else PATIENCE * 2)
            except (PitrainerError, ValueError) as error:
                # What the trainer refuses ("a session is running") it would do at another moment.
                self.said.refused(name, str(error), "order" if isinstance(error, ValueError) else None)
                self._items.put(Refused(name, str(error)))
            time.sleep(BETWEEN_ORDERS)


def own_id(file: Path) -> str:
    """Return what tells this trainer from all others: made at random the first time, and kept.

    Raises:
        OSError: if it can be neither read nor kept.
        PitrainerError: if the file has something else.
    """
    try:
        text = file.read_text(errors="replace").strip()
    except FileNotFoundError:
        text = secrets.token_hex(4)
        with replacing(file) as part:
            part.write(text.encode())
        return text
    if len(text) != 8 or not set(text) <= set("0123456789abcdef"):
        raise PitrainerError(
            f"{file}: has no id of 8 hexadecimal digits; delete it to get a new id; brokers will then see a new trainer"
        )
    return text
