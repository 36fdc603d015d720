"""Tells systemd how the service is: the protocol of sd_notify(3), a datagram of lines. Without systemd nothing is sent."""

import os
import socket
from contextlib import suppress


def notify(*lines: str) -> None:
    """Send lines such as "READY=1" to the service manager, if there is one. Never blocks, never fails."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
        manager.setblocking(False)
        manager.sendto("\n".join(lines).encode(errors="replace"), address)
