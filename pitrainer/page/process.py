"""The process: where it listens, and when it ends."""

import logging
import os
import socket
from collections.abc import Mapping

from ..errors import PitrainerError
from .app import build
from .live import Live
from .pairing import Tokens
from .place import Place
from .server import make_server

log = logging.getLogger(__name__)

FIRST = 3
"""The descriptor of the first socket that systemd hands over."""


def serve(place: Place, listening: socket.socket, *, idle: float | None) -> None:
    """Serve the page until the process is ended, or nobody has looked for so many seconds.

    Raises:
        PitrainerError: if its folder cannot be made.
    """
    try:
        place.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PitrainerError(f"{place.state}: cannot be made: {error.strerror}") from error
    tokens, live = Tokens(place.state), Live(place.control)
    app = build(place, tokens, live)
    make_server(app, start=live.start, end=live.end, idle=idle).run([listening])


def handed_over(environ: Mapping[str, str]) -> socket.socket | None:
    """Return the socket that systemd listens on for this process, if it does."""
    if environ.get("LISTEN_PID") != str(os.getpid()) or environ.get("LISTEN_FDS") != "1":
        return None
    return socket.socket(fileno=FIRST)


def listen(address: str, port: int) -> socket.socket:
    """Listen on a port.

    Raises:
        PitrainerError: if that is not possible.
    """
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address, port), family=family, backlog=64)
    except OSError as error:
        # Python adds the address to the system's reason, but not where it looks for a name.
        why = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise PitrainerError(f"cannot listen on {address}, port {port}: {why}") from error
