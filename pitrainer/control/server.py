"""The control socket: lets other processes of the group talk to a running trainer. One JSON object a line, answered by one.

| request                                   | answer, besides `"ok": true`                                          |
| ----------------------------------------- | --------------------------------------------------------------------- |
| `{"command": "status"}`                   | `"status": {...}`, see `status.Status.data`                           |
| `{"command": "start"}`                    | nothing: a session begins, or the paused one goes on                  |
| `{"command": "pause"}`, next, back, stop  | nothing: as the gesture of the button                                 |
| `{"command": "say", "text": "..."}`       | nothing: the text will be said; synthesised first, if it has no clip  |
| `{"command": "program", "number": 2}`     | nothing: chosen, as by the button; or by `"routine"` and `"profile"`  |
| `{"command": "volume", "volume": 60}`     | nothing: set, 0 to 100, for this session and those to come            |
| `{"command": "reminders", "on": false}`   | nothing: switched off, until they are switched on                     |
| `{"command": "pair"}`                     | nothing: the code that pairs a phone is said, twice                   |
| `{"command": "pair_try", "code": "..."}`  | nothing: it is the code that was said                                 |
| `{"command": "clock"}`                    | `"clock": {...}`: at, zone, and source: network, battery, hand or ""  |
| `{"command": "clock", "time": "14:30"}`   | the same, after it was set; a `"day": "2026-11-28"` may be named      |
| `{"command": "events"}`                   | `"status": {...}`; then a line an event, see `events`                 |
| `{"command": "press", "hold_ms": 100}`    | nothing: the mock button was pressed for so long                      |
| `{"command": "doctor", "quiet": false}`   | `"checks": [...]`, see `report.Check`; `"button": true` where there is one |
| `{"command": "watch_button"}`             | `"checks": [...]` of the next press, which starts nothing             |
| `{"command": "cards"}`                    | `"cards": [...]`: number, id, name, kind, why, and which is in force  |
| `{"command": "try_card", "card": "Device", "number": 2}` | `"why"`, `"pressed"`: it has said its number, or why not |
| `{"command": "log", "lines": 50}`         | `"lines": [...]`: the last that were logged, 200 at most              |
| `{"command": "reload"}`                   | `"after_session"`: settings and routines are read anew, then or at once |
|                                           | or `"not_taken"`: why they never are, in practice                     |

A request that cannot be obeyed is answered by `{"ok": false, "error": "..."}`; `reload` adds `"mistakes": [...]`, each a line.
"""

import json
import logging
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ..errors import BadInput, PitrainerError
from .protocol import (
    LONGEST_REQUEST,
    PATIENCE,
    TOO_MANY,
    TOO_MANY_FOLLOW,
    Handler,
    Request,
    Stream,
    make_folder,
    mistaken,
    parsed,
    refusal,
    too_slow,
)

MOST_CLIENTS = 32
"""At once. Each has a thread; further connections are refused, unless another has been silent for long."""
MOST_FOLLOWERS = 16
"""Clients that are sent one line after the other. They take no other client's place."""
SEND_BUFFER = 16 * 1024
"""Bytes that the kernel keeps for a follower that does not read: some ten lines. By default it would be 200 KB each."""
SILENCE = 0.5
"""Seconds for a client to send its request, after which it gives way to another when all places are taken."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class Control:
    """Answers the requests of other processes, on threads of its own."""

    def __init__(self, file: Path, handlers: Mapping[str, Handler], streams: Mapping[str, Stream] | None = None) -> None:
        """Listen at `file`; each command will be handed to its handler, or answered by its stream.

        Raises:
            PitrainerError: if another trainer listens there, or nobody can.
        """
        self._file = file
        self._handlers = handlers
        self._streams: Mapping[str, Stream] = {} if streams is None else streams
        self._closed = False
        self._places = threading.BoundedSemaphore(MOST_CLIENTS)
        self._followers = threading.BoundedSemaphore(MOST_FOLLOWERS)
        self._silent: dict[socket.socket, float] = {}
        """Clients that have not sent a whole request, and since when; the first of longest ago. Who is taken out gives way."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            make_folder(file.parent)
            if file.exists():
                if _answers(file):
                    raise PitrainerError(f"{file}: a trainer is already running; end it first")
                file.unlink()
            self._socket.bind(str(file))
            file.chmod(0o660)  # the folder lets the service's group in, and nobody else
        except OSError as error:
            self._socket.close()
            raise PitrainerError(f"{file}: the control socket cannot be made: {error.strerror or error}") from error
        except PitrainerError:
            self._socket.close()
            raise
        self._socket.listen()

    def serve(self) -> None:
        """Begin to answer, also those who have been waiting."""
        threading.Thread(target=self._serve, name="control", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread
        self._socket.close()
        self._file.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                if self._closed:
                    return
                time.sleep(0.1)  # no descriptor is left, for one; others will end
                continue
            if not self._places.acquire(blocking=False) and not self._takes_a_place():
                self._send(client, refusal(TOO_MANY))
                client.close()
                continue
            self._silent[client] = time.monotonic()
            try:
                # Each on its own: one that is silent, or holds the button for long, must not keep the others waiting.
                threading.Thread(target=self._talk, args=(client,), name="control client", daemon=True).start()
            except RuntimeError:  # no thread is left
                self._silent.pop(client, None)
                client.close()
                self._places.release()

    def _takes_a_place(self) -> bool:
        """Take the place of the client that has been silent longest, if that is long; tell whether there was one."""
        silent, since = next(iter(list(self._silent.items())), (None, 0.0))  # a list: the others' threads take them out
        if not silent or time.monotonic() - since < SILENCE or not self._silent.pop(silent, None):
            return False
        with suppress(OSError):
            silent.shutdown(socket.SHUT_RD)  # its thread wakes, tells it why, and leaves
        return self._places.acquire(timeout=PATIENCE)

    def _talk(self, client: socket.socket) -> None:
        with client:
            stream = None
            try:
                with suppress(OSError):
                    try:
                        request = parsed(_line(client))
                    finally:
                        stays = self._silent.pop(client, None)
                    if not stays:
                        self._send(client, refusal(TOO_MANY))
                    elif not (stream := _named(request, self._streams)):
                        self._send(client, self._answer(request))
            finally:
                self._places.release()
            if stream:
                self._follow(client, stream)

    def _follow(self, client: socket.socket, stream: Stream) -> None:
        """Send a client one line after the other, until the last, or until it has gone."""
        if not self._followers.acquire(blocking=False):
            self._send(client, refusal(TOO_MANY_FOLLOW))
            return
        lines = stream()
        try:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            for line in lines:
                if line is None:
                    if _has_gone(client):
                        return
                elif not self._send(client, line):
                    # Its buffer is full: with a larger one, it finds at least the reason when it reads on.
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * SEND_BUFFER)
                    self._send(client, too_slow())
                    return
        finally:
            lines.close()
            self._followers.release()

    @staticmethod
    def _send(client: socket.socket, answer: Request) -> bool:
        """Send a line; tell whether the client has taken it."""
        with suppress(OSError):
            client.settimeout(PATIENCE)
            client.sendall(json.dumps(answer).encode() + b"\n")
            return True
        return False

    def _answer(self, request: Request) -> Request:
        name = request.get("command")
        handler = _named(request, self._handlers)
        if not handler:
            commands = ", ".join([*self._handlers, *self._streams])
            return refusal(f'not understood; send {{"command": "..."}} with one of: {commands}')
        try:
            return {"ok": True, **handler(request)}
        except BadInput as error:
            return mistaken(error.problems)
        except PitrainerError as error:
            return refusal(str(error))
        except Exception:
            log.exception("%s: failed", name)  # a mistake of ours, which the client has not made
            return refusal("the trainer failed at this; its journal says more")


def _named(request: Request, among: Mapping[str, T]) -> T | None:
    name = request.get("command")
    return among.get(name) if isinstance(name, str) else None


def _has_gone(client: socket.socket) -> bool:
    """Tell whether a client has closed its end. What else it sends is not read."""
    client.settimeout(0)
    try:
        return not client.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _line(client: socket.socket) -> bytes:
    """Return the client's line, or what there is of it after `PATIENCE` in all."""
    end = time.monotonic() + PATIENCE
    line = b""
    while not line.endswith(b"\n") and len(line) < LONGEST_REQUEST and (left := end - time.monotonic()) > 0:
        client.settimeout(left)
        part = client.recv(LONGEST_REQUEST - len(line))
        if not part:
            break
        line += part
    return line


def _answers(file: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, suppress(OSError):
        probe.connect(str(file))
        return True
    return False
