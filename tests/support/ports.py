"""Ports for the tests: below those that the kernel gives, so that nobody is given one between its choice and its use."""

import itertools
import os
import socket
from contextlib import suppress

_ports = itertools.count(20_000 + 2_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]))


def free_port() -> int:
    """Return a port on which nobody listens; never the same twice."""
    while True:
        port = next(_ports)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
