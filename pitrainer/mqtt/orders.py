"""What comes from the broker: bytes that anybody may have sent become a request to the trainer, or one line saying why not."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from ..core.speech import tidied
from ..core.text import nearest, shown
from .payloads import BUTTONS

LONGEST = 2_400
"""Bytes: 600 characters, the longest text that can be said, in UTF-8."""
EACH = 8
"""Orders of one topic that wait to be given."""
LAST_COUNTS = ("volume", "program", "reminders")
"""Topics of which the last order undoes the ones before it."""


class Orders:
    """Those that have yet to be given to the trainer, a few of each topic: a flood of one crowds out no order of another."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting = deque[tuple[str, bytes]]()
        self._there = threading.Condition()

    def put(self, name: str, payload: bytes) -> bool:
        """Have an order wait; tell whether there is room for it."""
        with self._there:
            if self._waiting and self._waiting[-1][0] == name and name in LAST_COUNTS:
                self._waiting[-1] = name, payload
                return True
            if sum(name == other for other, _ in self._waiting) == EACH:
                return False
            self._waiting.append((name, payload))
            self._there.notify()
            return True

    def get(self) -> tuple[str, bytes]:
        """Wait for an order, and return its topic's name and its bytes, in the order in which they came."""
        with self._there:
            self._there.wait_for(lambda: self._waiting)
            return self._waiting.popleft()


def request(name: str, payload: bytes, programs: Sequence[str]) -> dict[str, Any]:
    """Return the request to the trainer that a message asks for.

    Args:
        name: of the topic.
        payload: what was sent there.
        programs: how the programs are called.

    Raises:
        ValueError: with what would be right.
    """
    if len(payload) > LONGEST:
        raise ValueError(f"{len(payload)} bytes are too many; at most {LONGEST}")
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    match name:
        case "order":
            if text not in BUTTONS:
                raise ValueError(f"{shown(text)} is not one of {', '.join(BUTTONS)}")
            return {"command": text}
        case "say":
            return {"command": "say", "text": tidied(text)}
        case "volume":
            return {"command": "volume", "volume": _volume(text)}
        case "program":
            return {"command": "program", "number": _program(text, programs)}
        case "reminders":
            if text not in ("ON", "OFF"):
                raise ValueError(f"{shown(text)} is not ON or OFF")
            return {"command": "reminders", "on": text == "ON"}
    raise ValueError("is no topic for orders")


def _volume(text: str) -> int:
    whole = text.removesuffix(".0")  # a slider's number may be a float
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 3 and int(whole) <= 100):
        raise ValueError(f"{shown(text)} is not a volume from 0 to 100")
    return int(whole)


def _program(text: str, programs: Sequence[str]) -> int:
    if text not in programs:
        raise ValueError(f"{shown(text)} is not a program{nearest(text, programs) or '; there are: ' + '; '.join(programs)}")
    return programs.index(text) + 1
