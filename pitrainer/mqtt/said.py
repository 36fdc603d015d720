"""Says each thing once: in the journal, and in a file for `pitrainer status` and `doctor`."""

import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..clock import monotonic
from ..core.text import printable, shortened
from ..core.units import HOUR
from ..files import replacing

log = logging.getLogger(__name__)

AGAIN = HOUR
"""Milliseconds until the same is said again: a broker may close each connection for a week."""
MOST = 100


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
        self._tell(problem="")
        self.say(logging.INFO, "connected", f"connected to {self._broker}")

    def disconnected(self, why: str) -> None:
        """Tell why the broker is not there."""
        text = shortened(printable(why), 200)
        self._tell(problem=text)
        self.say(logging.WARNING, text, f"{self._broker}: {text}; retrying")

    def refused(self, order: str, why: str, *, wrong: bool = True) -> None:
        """Tell why an order was not obeyed, once for each topic. `wrong`: whoever sends it has something to mend."""
        text = shortened(printable(f"{order}: {why}"), 200)
        if wrong:
            self._tell(refused=text)
        self.say(logging.WARNING, order, f"refused: {text}")

    def understood(self, order: str) -> None:
        """Take what was wrong with this topic's orders out of the report: here is one with which nothing is."""
        with self._lock:
            if self._told.get("refused", "").startswith(f"{order}: "):
                self._tell(refused="")

    def no_trainer(self, why: str) -> None:
        """Tell why the trainer is not there."""
        self.say(logging.WARNING, f"trainer {why}", why)

    def _tell(self, **changes: str) -> None:
        with self._lock:
            told = {"broker": self._broker} | self._told | changes
            if told == self._told:
                return
            self._told = told
            with suppress(OSError), replacing(self._report) as part:  # the journal has it, too
                part.write(json.dumps(told).encode())
