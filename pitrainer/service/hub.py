"""Takes every event and gives it to its readers, none of which can harm another, the loop, or the session."""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..control.status import Status
from ..core.messages import Event, TrainerEnded

MOST = 1_000
"""Events that wait for a reader; a session has about 200."""
PATIENCE = 2.0
"""Seconds that a reader has at the end for what it has not read."""

Reader = Callable[[Event], None]

log = logging.getLogger(__name__)


class Hub:
    """Keeps the status, then tells the readers, each on a thread of its own."""

    def __init__(self, status: Status) -> None:
        """Begin without readers."""
        self.status = status
        self._lock = threading.Lock()
        """Held while an event is handed out: who comes in between has it in the status, or is told of it, never both."""
        self._readers: list[_Reader] = []
        self._subscribers: list[Reader] = []
        self._ended: TrainerEnded | None = None
        self._held: list[Event] | None = None
        """What the readers are not told yet; None where they are told at once."""

    def add(self, name: str, read: Reader) -> None:
        """Have a reader told every event from now on. It may take its time, and may raise."""
        with self._lock:
            self._readers.append(_Reader(name, read))

    def subscribe(self, take: Reader) -> dict[str, Any]:
        """Return the status, and have `take` called with every event after it, on the loop: it must return at once."""
        with self._lock:
            self._subscribers.append(take)
            if self._ended:  # who came just too late would follow it for ever, beside the trainer that follows after a reload
                take(self._ended)
            return self.status.data()

    def unsubscribe(self, take: Reader) -> None:
        """Tell a subscriber nothing more."""
        with self._lock:
            self._subscribers.remove(take)

    def publish(self, event: Event) -> None:
        """Tell everybody."""
        with self._lock:
            self.status(event)
            if isinstance(event, TrainerEnded):
                self._ended = event
            self._tell(event)
            for take in self._subscribers:
                take(event)

    def hold(self, on: bool) -> None:
        """Keep events from the readers while a signal sounds, and tell them afterwards.

        Their threads write files, and each takes Python's lock: in the rig, on a busy processor, they kept the edge after
        a step's beginning waiting for up to 0.1 s. Status and subscribers are told at once.
        """
        with self._lock:
            held, self._held = self._held or [], [] if on else None
            for event in held:
                self._tell(event)

    def _tell(self, event: Event) -> None:
        if self._held is not None:
            self._held.append(event)
            return
        for reader in self._readers:
            reader.take(event)

    def close(self) -> None:
        """Wait until all has been read."""
        self.hold(False)
        with self._lock:
            readers, self._readers = self._readers, []
        for reader in readers:
            reader.close()


class _Reader:
    """A reader, its queue and its thread."""

    def __init__(self, name: str, read: Reader) -> None:
        self._name = name
        self._read = read
        self._queue: queue.Queue[Event | None] = queue.Queue(MOST)
        self._missed = self._failed = False
        self._thread = threading.Thread(target=self._run, name=f"reader {name}", daemon=True)
        self._thread.start()

    def take(self, event: Event) -> None:
        """Take an event, unless too many wait."""
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            if not self._missed:
                self._missed = True
                log.warning("events: %s is too slow, and misses some", self._name)

    def close(self) -> None:
        with suppress(queue.Full):
            self._queue.put(None, timeout=PATIENCE)
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            log.warning("events: %s did not finish in time", self._name)

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            try:
                self._read(event)
            except Exception:
                if not self._failed:
                    self._failed = True
                    log.exception("events: %s failed on one event; continuing", self._name)
