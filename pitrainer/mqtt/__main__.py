"""`python -m pitrainer.mqtt`: what `pitrainer mqtt` becomes, once it has read the settings."""

import logging
import os
import signal
import sys
from types import FrameType

from ..core.text import printable
from ..errors import PitrainerError
from .link import DELETED, VARIABLE, read_link
from .process import Process


class _Plain(logging.Formatter):
    """One line a message, in which nothing is an order to a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return printable(super().format(record).replace("\n", " | "))


def main() -> int:
    """Run the process; return its exit code."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Plain())
    logging.basicConfig(level=logging.INFO, handlers=[handler])

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0 if number == signal.SIGTERM else 128 + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    link = read_link(os.environ[VARIABLE])
    try:
        process = Process(link)
    except PitrainerError as error:
        sys.stderr.write(printable(f"pitrainer: {error}") + "\n")
        return error.code
    process.bridge.deleted = os.environ.get(DELETED) == link.broker
    if process.run() == "again":
        if process.bridge.deleted:
            os.environ[DELETED] = link.broker
        sys.stderr.flush()
        os.execv(link.again[0], link.again)
    return 0


if __name__ == "__main__":
    sys.exit(main())
