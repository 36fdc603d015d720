"""The process `pitrainer mqtt` beside a running trainer, on a broker that is slow, floods, or dies.

Run: python -m support.bad_broker CONTROL-SOCKET SECONDS, for so many seconds of each in turn, until it is terminated
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

from support.bridged import Bridged
from support.mosquitto import Mosquitto, Observer

SLOW = 50
"""Bytes a second that come through a slow network, each way."""
FLOOD = 500
"""Messages a second."""
UP, DOWN = 4, 1
"""Seconds that a broker lives, and that it is dead."""
DINNER = "Dinner is ready."
NAMES = ("order", "volume", "program", "reminders", "state", "event", "session")


class BadBroker:
    """Each kind of it is a method, which goes on until `ending` is set."""

    def __init__(self, folder: Path, mosquitto: Mosquitto, control: str) -> None:
        self._folder, self._mosquitto, self._control = folder, mosquitto, control
        self.ending = threading.Event()
        self.told: Counter[str] = Counter()
        """What was done to the process."""
        self.left_alone = False
        """The process ended by itself."""

    @contextmanager
    def _bridged(self, port: int) -> Iterator[Bridged]:
        with Bridged(self._folder, port, control=self._control) as process:
            yield process
            self.left_alone |= process.process.poll() is not None

    def slow(self) -> None:
        """A network that passes on what is sent by and by."""
        with slowed(self._mosquitto.port) as port, self._bridged(port):
            self.ending.wait()

    def floods(self) -> None:
        """Any bytes on every topic, and texts to say, which the trainer itself has to refuse."""
        with self._bridged(self._mosquitto.port) as process, Observer(self._mosquitto.port, "none") as other:
            while not self.ending.wait(0.1) and not connected(process):
                pass
            begun, sent = time.monotonic(), 0
            while not self.ending.wait(0.02):
                while sent < (time.monotonic() - begun) * FLOOD:
                    sent += 1
                    if sent % 50:
                        other.client.publish(process.topic(random.choice(NAMES)), random.randbytes(random.randrange(3_000)))
                    else:
                        other.client.publish(process.topic("say"), DINNER.encode())
            self.told["messages"] += sent

    def dies(self) -> None:
        """A broker that is killed every few seconds."""
        with self._bridged(self._mosquitto.port):
            while not self.ending.wait(UP):
                self._mosquitto.end(kill=True)
                self.told["deaths"] += 1
                self.ending.wait(DOWN)
                self._mosquitto.start()


def connected(process: Bridged) -> bool:
    """Tell whether the process has a broker."""
    with suppress(OSError, ValueError):
        return bool(process.report()["problem"] == "")
    return False


@contextmanager
def slowed(port: int) -> Iterator[int]:
    """Pass on what is sent to a port, slowly; yield where to send it."""

    def carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError), one, other:
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
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def main() -> None:
    os.nice(10)  # as the unit has it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder)) as mosquitto:
        bad = BadBroker(Path(folder), mosquitto, sys.argv[1])
        try:
            while True:
                for kind in (bad.slow, bad.floods, bad.dies):
                    bad.ending.clear()
                    threading.Timer(float(sys.argv[2]), bad.ending.set).start()
                    kind()
                    bad.told[kind.__name__] += 1
        finally:
            print(f"the broker: {dict(bad.told)}; what mqtt said of it:")
            for line in sorted(set((Path(folder) / "journal").read_text().splitlines())):
                print(f"    {line}")
            os._exit(0)  # not when its timer is over


if __name__ == "__main__":
    main()
