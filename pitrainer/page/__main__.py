"""`python -m pitrainer.page [ADDRESS PORT]`: what `pitrainer page` becomes, and what systemd starts at the first request."""

import logging
import os
import socket
import sys

from ..core.text import printable
from ..errors import PitrainerError
from .place import read_place


def main() -> int:
    """Serve the page; return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        place = read_place()
        from .process import handed_over, listen, serve
        from .server import IDLE

        if listening := handed_over(os.environ):
            serve(place, listening, idle=IDLE)
            return 0
        address, port = sys.argv[1:3] if len(sys.argv) == 3 else ("localhost", "8080")
        with listen(address, int(port)) as listening:
            where = f"http://{_host(address)}:{listening.getsockname()[1]}"
            sys.stderr.write(f"pitrainer: the page is at {where}; Ctrl-C ends it\n")
            serve(place, listening, idle=None)
    except PitrainerError as error:
        sys.stderr.write(printable(f"pitrainer: {error}") + "\n")
        return error.code
    except KeyboardInterrupt:
        return 130
    return 0


def _host(address: str) -> str:
    """Return what stands for an address that is listened on in a browser: for all addresses, this machine's name."""
    if address in ("0.0.0.0", "::"):
        return f"{socket.gethostname().partition('.')[0]}.local"
    return f"[{address}]" if ":" in address else address


if __name__ == "__main__":
    sys.exit(main())
