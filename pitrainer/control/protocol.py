"""What both ends of the control socket agree on."""

import json
import os
import stat
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..clock import monotonic
from ..core.text import counted
from ..errors import PitrainerError, Problem

LONGEST_REQUEST = 4096
PATIENCE = 5.0
"""Seconds for a client to say what it wants, and for the trainer to answer what takes no time."""
CHECK_PATIENCE = 60.0
"""Seconds for settings to be checked by a child at the lowest priority, beside a session: a Pi Zero 2 takes 5 to start it."""
SAY_PATIENCE = 120.0
"""Seconds for a text to be synthesised: a Pi Zero 2 takes 8 to load Piper alone."""

TOO_MANY = "too many clients talk to the trainer at once; try again"
TOO_MANY_FOLLOW = "too many clients follow the trainer's events already"

Request = dict[str, Any]
Handler = Callable[[Request], Request]
"""Obeys a request, on a thread of its own, and returns the answer; raises a PitrainerError with the reason why not."""
Stream = Callable[[], Generator[Request | None, None, None]]
"""Answers a request by one line after the other; None once in a while, when there is none."""


def socket_file(runtime: Path) -> Path:
    """Return where the socket of the trainer with this runtime folder is."""
    return runtime / "control.sock"


def make_folder(runtime: Path) -> None:
    """Make the runtime folder, in which only this user may change anything.

    Raises:
        OSError: if it cannot be made.
        PitrainerError: if it is there already, and others may.
    """
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _whose(runtime) != os.geteuid():
        raise _not_trusted(runtime)


def look_whose(runtime: Path) -> None:
    """Look whose the runtime folder is, before anything there is believed.

    Raises:
        OSError: if there is none.
        PitrainerError: if somebody else may have put there what is there.
    """
    owner = _whose(runtime)
    # The service's folder is its own, but root's systemd has put it into root's /run.
    if owner is None or (owner not in (os.geteuid(), 0) and _whose(runtime.parent) != 0):
        raise _not_trusted(runtime)


def _whose(folder: Path) -> int | None:
    """Return the user who alone may change what is in a folder; None where others may, or where it is a link.

    In /tmp anybody can make it first, and listen there, or put another socket there later.
    """
    there = folder.lstat()
    return there.st_uid if stat.S_ISDIR(there.st_mode) and not there.st_mode & 0o022 else None


def _not_trusted(folder: Path) -> PitrainerError:
    return PitrainerError(f"{folder}: others can write there; remove it, or set XDG_RUNTIME_DIR")


def refusal(why: str) -> Request:
    """Return the answer that says why not."""
    return {"ok": False, "error": why}


def mistaken(problems: Sequence[Problem]) -> Request:
    """Return the answer that names each mistake in settings or routines."""
    found = [str(problem) for problem in problems if not problem.warning]
    return {**refusal(f"{counted(len(found), 'mistake')} in the settings"), "mistakes": found}


def too_slow() -> Request:
    """Return the last line for who does not read what it asked for."""
    return {"event": "too_slow", "at": monotonic()}


def parsed(line: bytes) -> Request:
    """Return a line's JSON object, or an empty one."""
    with suppress(ValueError, RecursionError):
        value = json.loads(line)
        if isinstance(value, dict):
            return value
    return {}
