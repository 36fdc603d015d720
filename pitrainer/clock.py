"""The real clock: monotonic milliseconds, and the queue in which every input waits for the loop."""

import queue
import time
from typing import Generic, TypeVar

from .core.units import Ms

T = TypeVar("T")


def monotonic() -> Ms:
    """Return the monotonic clock in milliseconds. The wall clock is never used for timing: a Pi's steps after boot."""
    return Ms(time.monotonic_ns() // 1_000_000)


class Clock(Generic[T]):
    """Time, and what happens in it."""

    def __init__(self) -> None:
        """Begin with nothing waiting."""
        self._queue: queue.SimpleQueue[T] = queue.SimpleQueue()

    def now(self) -> Ms:
        """Return the time."""
        return monotonic()

    def put(self, what: T) -> None:
        """Hand an input to the loop. May be called on any thread; never blocks."""
        self._queue.put(what)

    def wait(self, until: Ms | None) -> T | None:
        """Return the next input, or None when the moment has come."""
        try:
            if until is None:
                return self._queue.get()
            return self._queue.get(timeout=max(0.0, until / 1000 - time.monotonic()))
        except queue.Empty:
            return None
