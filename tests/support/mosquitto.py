"""Debian's mosquitto on a free port, with a client that listens: for the tests of MQTT."""

import os
import queue
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from support.ports import free_port

PROGRAM = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")


class Mosquitto:
    """A broker that can be ended and started anew with what it had kept."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true", listener: str = "") -> None:
        assert PROGRAM
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", listener, settings]
        lines += ["persistence true", f"persistence_location {folder}/", "user root", "log_dest stderr", "log_type all"]
        self._file.write_text("\n".join(lines) + "\n")
        self._journal = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Mosquitto":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()

    def start(self) -> None:
        assert PROGRAM
        with self._journal.open("ab") as written:
            self._process = subprocess.Popen([PROGRAM, "-c", str(self._file)], stdout=written, stderr=written)
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise AssertionError(self._journal.read_text())

    def end(self, *, kill: bool = False) -> None:
        if self._process:
            self._process.kill() if kill else self._process.terminate()
            self._process.wait()
            self._process = None


class Observer:
    """Somebody else on the broker, who sees what is sent there."""

    def __init__(self, port: int, *topics: str, user: str = "", password: str = "", keeps: str = "") -> None:
        """Listen to topics. `keeps`: a client id by which the broker keeps what is sent while the observer is away.

        By MQTT 3.1.1 then, as telegraf does: mosquitto 2.0.11 (bookworm's) forgets sessions of MQTT 5 when it is started anew.
        """
        self._seen: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
        version, clean = (mqtt.MQTTv311, False) if keeps else (mqtt.MQTTv5, None)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, keeps, clean_session=clean, protocol=version)
        self.client.reconnect_delay_set(1, 1)
        if user:
            self.client.username_pw_set(user, password)
        listening: queue.Queue[int] = queue.Queue()
        self.client.on_message = lambda _client, _data, one: self._seen.put((one.topic, bytes(one.payload), one.retain))
        self.client.on_connect = lambda client, *_: client.subscribe([(topic, 2) for topic in topics])
        self.client.on_subscribe = lambda *_: listening.put(1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        listening.get(timeout=20)

    def __enter__(self) -> "Observer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, 1, retain).wait_for_publish(20)

    def next(self, patience: float = 20) -> tuple[str, bytes, bool]:
        return self._seen.get(timeout=patience)

    def until(self, topic: str, patience: float = 20) -> bytes:
        """Return what is sent to a topic next; what is sent to others is passed over."""
        end = time.monotonic() + patience
        while True:
            found, payload, _ = self.next(max(0.01, end - time.monotonic()))
            if found == topic:
                return payload

    def rest(self, quiet: float = 1.0) -> Iterator[tuple[str, bytes, bool]]:
        """Yield what else is sent, until nothing is for a while."""
        with suppress(queue.Empty):
            while True:
                yield self.next(quiet)


def make_certificates(folder: Path, days: int = 1) -> dict[str, Path]:
    """Make an authority, and a server's certificate for localhost and so many days; after -1 it has expired."""
    ca, ca_key, key, asked, certificate = (folder / name for name in ("ca", "ca.key", "key", "asked", "certificate"))
    new, names = ("-newkey", "rsa:2048", "-nodes"), folder / "names"
    names.write_text("subjectAltName=DNS:localhost\n")
    signed = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-extfile", names, "-days", days)
    for command in (
        ("req", "-x509", *new, "-keyout", ca_key, "-out", ca, "-days", 2, "-subj", "/CN=ca"),
        ("req", *new, "-keyout", key, "-out", asked, "-subj", "/CN=localhost"),
        ("x509", "-req", "-in", asked, "-out", certificate, *signed),
    ):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    return {"ca": ca, "key": key, "certificate": certificate}
