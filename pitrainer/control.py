"""The control socket: one JSON object a line, answered by one. Lets `pitrainer press` reach a running trainer.

Request: {"command": "press", "hold_ms": 100}. Answer: {"ok": true} or {"ok": false, "error": "..."}.
"""

import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import NotRunningError, PitrainerError

LONGEST_REQUEST = 4096
PATIENCE = 5.0
"""Seconds for a client to say what it wants."""
LONGEST_HOLD = 60_000

log = logging.getLogger(__name__)


def socket_file(runtime: Path) -> Path:
    """Return where the socket of the trainer with this runtime folder is."""
    return runtime / "control.sock"


class Control:
    """Answers the requests of other processes, on a thread of its own."""

    def __init__(self, file: Path, press: Callable[[float], None] | None) -> None:
        """Listen at `file`. `press` presses the mock button for so many seconds; None with real pins.

        Raises:
            PitrainerError: if another trainer listens there, or nobody can.
        """
        self._file = file
        self._press = press
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = file.parent.stat()
            if folder.st_uid != os.geteuid() or folder.st_mode & 0o022:
                # In /tmp anybody can make it first, and put another socket there later.
                raise PitrainerError(f"{file.parent}: others can write there; remove it, or set XDG_RUNTIME_DIR")
            if file.exists():
                if _answers(file):
                    raise PitrainerError(f"{file}: a trainer is already running; end it first")
                file.unlink()
            self._socket.bind(str(file))
        except OSError as error:
            self._socket.close()
            raise PitrainerError(f"{file}: the control socket cannot be made: {error.strerror or error}") from error
        except PitrainerError:
            self._socket.close()
            raise
        self._socket.listen()
        threading.Thread(target=self._serve, name="control", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread
        self._socket.close()
        self._file.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            # Each on its own: one that is silent, or holds the button for long, must not keep the others waiting.
            threading.Thread(target=self._talk, args=(client,), name="control client", daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            client.settimeout(PATIENCE)
            with client.makefile("rb") as lines:
                answer = self._answer(lines.readline(LONGEST_REQUEST))
            client.sendall(json.dumps(answer).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, Any]:
        match _parsed(line):
            case {"command": "press", "hold_ms": int(hold)} if hold is not True and 0 < hold <= LONGEST_HOLD:
                if not self._press:
                    return {"ok": False, "error": "the pins are real: press the button itself"}
                self._press(hold / 1000)
                return {"ok": True}
            case _:
                return {"ok": False, "error": 'not understood; send {"command": "press", "hold_ms": 100}'}


def ask(file: Path, request: dict[str, Any]) -> None:
    """Send a request to the running trainer.

    Raises:
        NotRunningError: if there is none.
        PitrainerError: if it refuses, with its reason.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE + request.get("hold_ms", 0) / 1000)
            connection.connect(str(file))
            with connection.makefile("rwb") as lines:
                lines.write(json.dumps(request).encode() + b"\n")
                lines.flush()
                answer = _parsed(lines.readline())
    except OSError as error:
        raise NotRunningError(f"no trainer answers at {file}; start one with: pitrainer run") from error
    if answer.get("ok") is not True:
        raise PitrainerError(str(answer.get("error", "the trainer did not answer")))


def _parsed(line: bytes) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        value = json.loads(line)
        if isinstance(value, dict):
            return value
    return {}


def _answers(file: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, suppress(OSError):
        probe.connect(str(file))
        return True
    return False
