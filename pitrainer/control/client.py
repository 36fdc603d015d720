"""How another process asks the running trainer."""

import json
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from ..core.text import printable
from ..errors import NotRunningError, PitrainerError, RefusedError
from .protocol import PATIENCE, TOO_MANY, Request, look_whose, parsed

UNIT = Path("/etc/systemd/system/pitrainer.service")
"""It is there where the service is installed."""
JOIN_GROUP = "sudo usermod -aG pitrainer $USER, then log out and back in"
"""What lets a person use what is the service's."""
SILENT = 25.0
"""Seconds without a line of a stream, which has one every 10 s at least, after which the trainer hangs."""


def ask(file: Path, request: Request, patience: float = PATIENCE) -> Request:
    """Send a request to the running trainer; return its answer.

    Args:
        patience: seconds to wait for it.

    Raises:
        NotRunningError: if there is none.
        RefusedError: if it refuses, with its reason.
        PitrainerError: if it does not answer; or if it may be somebody else who listens there.
    """
    with _asked(file, request, patience) as lines:
        return _agreed(lines.readline())


def follow(file: Path, request: Request) -> Generator[Request, None, None]:
    """Send a request that is answered by one line after the other; yield the answer, then each line until the last.

    Raises:
        NotRunningError: if there is no trainer.
        PitrainerError: as `ask`; or if it falls silent.
    """
    with _asked(file, request, SILENT) as lines:
        yield _agreed(lines.readline())
        while line := lines.readline():
            yield parsed(line)


@contextmanager
def _asked(file: Path, request: Request, patience: float) -> Iterator[BufferedReader]:
    """Send a request; give what is answered, line by line."""
    try:
        look_whose(file.parent)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(patience)
            connection.connect(str(file))
            with suppress(BrokenPipeError):  # sent away before it has asked: the reason can still be read
                connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                yield lines
    except BlockingIOError as error:
        raise PitrainerError(TOO_MANY) from error  # the system's queue before the trainer's is full, too
    except PermissionError as error:
        raise PitrainerError(f"{file}: only the service's group may use it; {JOIN_GROUP}") from error
    except TimeoutError as error:
        raise PitrainerError(f"the trainer at {file} did not answer within {patience:.0f} s") from error
    except OSError as error:
        start = "sudo systemctl start pitrainer" if UNIT.exists() else "pitrainer run"
        raise NotRunningError(f"no trainer answers at {file}; start one with: {start}") from error


def _agreed(line: bytes) -> Request:
    answer = parsed(line)
    if answer.get("ok") is not True:
        if not (why := answer.get("error")):
            raise PitrainerError("the trainer did not answer")
        raise RefusedError(printable(str(why)), [printable(str(mistake)) for mistake in answer.get("mistakes", ())])
    return answer
