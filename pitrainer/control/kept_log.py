"""The last lines of the log, for whoever asks over the control socket: the trainer's user may not read the journal."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ..clock import monotonic
from ..core.text import printable, shortened

MOST = 200
"""Lines that are kept: a day with several sessions, in 60 KB at most."""
LONGEST = 300
"""Characters of a line."""


class KeptLog(logging.Handler):
    """Keeps the last lines that were logged, with the monotonic time: the wall clock may be set only later."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self._lines: deque[tuple[int, str]] = deque(maxlen=MOST)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; of an exception, what it is."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += f": {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        self._lines.append((monotonic(), shortened(printable(text), LONGEST)))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Keep what is logged while the block runs."""
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)

    def lines(self, count: int, wall: datetime) -> list[str]:
        """Return the last lines, the newest last, each with its local time; `wall` is the time now."""
        now = monotonic()
        last = list(self._lines)[-count:]
        return [f"{wall - timedelta(milliseconds=now - at):%Y-%m-%d %H:%M:%S} {text}" for at, text in last]
