"""Says each thing once: in the journal, and in a file for `pitrainer status` and `doctor`."""

import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from ..clock import monotonic
from ..core.text import printable, shortened
from ..core.units import HOUR
from ..files import replacing

log = logging.getLogger(__name__)

AGAIN = HOUR
"""Milliseconds until the same is said again: a broker may close each connection for a week."""
MOST = 100

Until = Literal["order", "connection"]
"""What shows that nothing is wrong any more: a right order of the topic, or a new connection without it."""


class Said:
    """What was said, and when. May be used on any thread."""

    def __init__(self, report: Path, broker: str, now: Callable[[], int] = monotonic) -> None:
        """Take the file, and the broker in words."""
        self._report = report
        self._broker = broker
        self._now = now
        self._lock = threading.RLock()
        self._when: dict[str, int] = {}
        self._told: dict[str, Any] = {}
        self._wrong: dict[tuple[Until, str], str] = {}
        """What is wrong as far as is known, the last at the end."""

    def say(self, level: int, key: str, text: str) -> None:
        """Write to the journal, unless the same key was said within the hour."""
        with self._lock:
            now = self._now()
            if key in self._when and now - self._when[key] < AGAIN:
                return
            if len(self._when) >= MOST:
                self._when.clear()
            self._when[key] = now
        log.log(level, "%s", text)

    # The report first: who reads in the journal that something is wrong finds it there.

    def connected(self) -> None:
        """Tell that the broker is there."""
        with self._lock:
            self._wrong = {about: text for about, text in self._wrong.items() if about[0] != "connection"}
            self._tell_wrong(problem="")
        self.say(logging.INFO, "connected", f"connected to {self._broker}")

    def disconnected(self, why: str) -> None:
        """Tell why the broker is not there."""
        text = shortened(printable(why), 200)
        self._tell(problem=text)
        self.say(logging.WARNING, text, f"{self._broker}: {text}; retrying")

    def refused(self, what: str, why: str, until: Until | None = None) -> None:
        """Tell why an order was not obeyed, or what the broker refuses, once for each.

        Somebody has something to mend, and the report has it, `until` a right order or a new connection; with None, the same
        would be obeyed at another moment.
        """
        text = shortened(printable(f"{what}: {why}"), 200)
        if until:
            with self._lock:
                self._wrong.pop((until, what), None)
                self._wrong[until, what] = text
                self._tell_wrong()
        self.say(logging.WARNING, what, f"refused: {text}")

    def understood(self, order: str) -> None:
        """Take what was wrong with this topic's orders out of the report: here is one with which nothing is."""
        with self._lock:
            if self._wrong.pop(("order", order), ""):
                self._tell_wrong()

    def dropped(self, order: str) -> None:
        """Tell that more orders came than are given. Not in the report: to write that takes a flood's reader its time."""
        self.say(logging.WARNING, f"{order} dropped", f"{order}: too many orders at once; the rest is dropped")

    def no_trainer(self, why: str) -> None:
        """Tell why the trainer is not there."""
        self.say(logging.WARNING, f"trainer {why}", why)

    def _tell_wrong(self, **changes: str) -> None:
        self._tell(refused=next(reversed(self._wrong.values()), ""), **changes)

    def _tell(self, **changes: str) -> None:
        with self._lock:
            told = {"broker": self._broker} | self._told | changes
            if told == self._told:
                return
            self._told = told
            with suppress(OSError), replacing(self._report) as part:  # the journal has it, too
                part.write(json.dumps(told).encode())
