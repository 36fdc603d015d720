"""For `punctuality.py`: `pitrainer mqtt` beside a running trainer, on a broker that is slow, floods, and dies in turn.

Run: .venv/bin/python tests/bench/bad_broker.py CONTROL-SOCKET, until it is terminated
"""

import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.bridged import Bridged
from support.mosquitto import Mosquitto, Observer

EACH = 30
"""Seconds of each kind."""
SLOW = 50
"""Bytes a second that come through a slow network, each way."""
FLOOD = 500
"""Messages a second."""
UP, DOWN = 6, 2
"""Seconds that a broker lives, and that it is dead."""


@contextmanager
def slowed(port: int) -> Iterator[int]:
    """Pass on what is sent to a port, slowly; yield where to send it."""

    def carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while some := one.recv(SLOW // 10):
                other.sendall(some)
                time.sleep(0.1)

    def serve() -> None:
        with suppress(OSError):
            while True:
                one, _ = server.accept()
                other = socket.create_connection(("127.0.0.1", port))
                for pair in ((one, other), (other, one)):
                    threading.Thread(target=carry, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.listen()
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def connected(process: Bridged) -> None:
    """Wait until the process tells that it is."""
    while True:
        with suppress(OSError, ValueError):
            if process.report()["problem"] == "":
                return
        time.sleep(0.1)


def flood(port: int, process: Bridged, told: Counter[str]) -> None:
    """Send any bytes to every topic, and a text to say, which the trainer itself has to refuse."""
    names = ("order", "volume", "program", "reminders", "state", "event", "session")
    with Observer(port, "none") as other:
        begun, sent = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < EACH:
            while sent < passed * FLOOD:
                sent += 1
                if sent % 50:
                    other.client.publish(process.topic(random.choice(names)), random.randbytes(random.randrange(3_000)))
                else:
                    other.client.publish(process.topic("say"), b"Dinner is ready.")
            time.sleep(0.02)
        told["messages"] += sent


def main() -> int:
    os.nice(10)  # as the unit has it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            with Mosquitto(home) as mosquitto, slowed(mosquitto.port) as slow:
                while True:
                    with Bridged(home, slow, control=sys.argv[1]):
                        time.sleep(EACH)
                    with Bridged(home, mosquitto.port, control=sys.argv[1]) as process:
                        connected(process)
                        flood(mosquitto.port, process, told)
                    with Bridged(home, mosquitto.port, control=sys.argv[1]):
                        until = time.monotonic() + EACH
                        while time.monotonic() < until:
                            time.sleep(UP)
                            mosquitto.end(kill=True)
                            told["deaths"] += 1
                            time.sleep(DOWN)
                            mosquitto.start()
                    told["rounds"] += 1
        finally:
            print(f"the broker: {dict(told)}; what mqtt said of it:")
            for line in sorted(set((home / "journal").read_text().splitlines())):
                print(f"    {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
