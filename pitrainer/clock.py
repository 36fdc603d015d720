"""The real clock: monotonic milliseconds, and the queue in which every input waits for the loop."""

import queue
import time
from collections import deque
from typing import Generic, TypeVar

from .core.units import Ms

T = TypeVar("T")

MOST = 256
"""Flooding inputs that wait at once: a broken contact gives thousands a second, and only where it settles matters."""

_FLOOD = object()


def monotonic() -> Ms:
    """Return the monotonic clock in milliseconds. The wall clock is never used for timing: a Pi's steps after boot."""
    return Ms(time.monotonic_ns() // 1_000_000)


class Clock(Generic[T]):
    """Time, and what happens in it."""

    def __init__(self) -> None:
        """Begin with nothing waiting."""
        self._queue: queue.SimpleQueue[T | object] = queue.SimpleQueue()
        self._flood: deque[T] = deque(maxlen=MOST)
        self._flood_told = False

    def now(self) -> Ms:
        """Return the time."""
        return monotonic()

    def put(self, what: T) -> None:
        """Hand an input to the loop. May be called on any thread; never blocks."""
        self._queue.put(what)

    def flood(self, what: T) -> None:
        """Hand over an input of which there may be any number: of those beyond `MOST` that wait, the oldest are forgotten."""
        self._flood.append(what)
        if not self._flood_told:
            self._flood_told = True
            self._queue.put(_FLOOD)

    def wait(self, until: Ms | None) -> T | None:
        """Return the next input, or None when the moment has come. A flood keeps no other input waiting."""
        while True:
            try:
                what = self._queue.get_nowait()
            except queue.Empty:
                if self._flood:
                    return self._flood.popleft()
                try:
                    what = self._queue.get(timeout=None if until is None else max(0.0, until / 1000 - time.monotonic()))
                except queue.Empty:
                    return None
            if what is not _FLOOD:
                return what  # type: ignore[return-value]
            self._flood_told = False  # before the flood is looked at, so that none of it stays behind
