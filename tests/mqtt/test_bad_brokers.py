"""A broker that is not as it should be is named once, in the journal, by `status`, and by `doctor`, over many attempts."""

import queue
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pitrainer.cli import broker as told
from pitrainer.cli.main import main
from pitrainer.config.schema import MqttSettings
from pitrainer.mqtt.bridge import Item
from pitrainer.mqtt.broker import Broker
from pitrainer.mqtt.link import Link
from pitrainer.mqtt.payloads import Topics
from pitrainer.mqtt.said import Said
from support.mosquitto import PROGRAM, Mosquitto, make_certificates
from support.ports import free_port

pytestmark = pytest.mark.skipif(not PROGRAM, reason="needs the package mosquitto")

ATTEMPTS = 4


@contextmanager
def wrong_password(folder: Path) -> Iterator[dict[str, Any]]:
    (folder / "users").write_text("")
    subprocess.run(["mosquitto_passwd", "-b", str(folder / "users"), "anna", "right"], check=True)
    (folder / "secret").write_text("wrong\n")
    with Mosquitto(folder, f"allow_anonymous false\npassword_file {folder / 'users'}") as mosquitto:
        yield {"port": mosquitto.port, "user": "anna", "password_file": str(folder / "secret")}


@contextmanager
def no_user(folder: Path) -> Iterator[dict[str, Any]]:
    with wrong_password(folder) as link:
        yield {"port": link["port"]}


@contextmanager
def certificate(folder: Path, **link: Any) -> Iterator[dict[str, Any]]:
    days = link.pop("days", 1)
    made, port = make_certificates(folder, days), free_port()
    listener = f"listener {port} 127.0.0.1\ncertfile {made['certificate']}\nkeyfile {made['key']}"
    with Mosquitto(folder, listener=listener):
        yield {"host": "localhost", "port": port, "tls": True, "ca": str(made["ca"])} | link


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[dict[str, Any]]:
    """Listen with what answers each connection, and closes it then."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    one, _ = listening.accept()
                except OSError:
                    return
                with one:
                    answer(one)

        threading.Thread(target=serve, daemon=True).start()
        yield {"port": listening.getsockname()[1]}
        listening.shutdown(socket.SHUT_RDWR)


def closes(one: socket.socket) -> None:
    one.recv(1_000)


def talks(one: socket.socket) -> None:
    one.recv(1_000)
    one.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def lets_in_and_closes(one: socket.socket) -> None:
    one.recv(1_000)
    one.sendall(b"\x20\x03\x00\x00\x00")
    one.recv(1_000)


@contextmanager
def nobody(_: Path) -> Iterator[dict[str, Any]]:
    yield {"port": free_port()}


@contextmanager
def no_name(_: Path) -> Iterator[dict[str, Any]]:
    yield {"host": "homeassistant..local", "port": free_port()}


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "wrong password": (wrong_password, 'the broker refuses user "anna", or the password'),
    "no user": (no_user, "the broker does not accept anonymous logins; set mqtt.user"),
    "no password file": (
        lambda folder: certificate(folder, user="anna", password_file=str(folder / "none")),
        "{folder}/none: No such file or directory",
    ),
    "expired certificate": (
        lambda folder: certificate(folder, days=-1),
        "the broker's certificate is not accepted: certificate has expired",
    ),
    "another's certificate": (
        lambda folder: certificate(folder, ca=""),
        "the broker's certificate is not accepted: unable to get local issuer certificate",
    ),
    "another host's certificate": (
        lambda folder: certificate(folder, host="127.0.0.1"),
        "the broker's certificate is not accepted: IP address mismatch, certificate is not valid for '127.0.0.1'",
    ),
    "no TLS": (lambda folder: certificate(folder, tls=False), "the connection is closed at once"),
    "closes at once": (lambda _: server(closes), "the connection is closed at once"),
    "is no broker": (lambda _: server(talks), "the connection is closed at once"),
    "lets in, and closes": (lambda _: server(lets_in_and_closes), "the connection was lost"),
    "nobody": (nobody, "nobody listens there"),
    "no name": (no_name, "the name homeassistant..local is not valid"),
}


@dataclass
class Attempts:
    """Lets so many attempts come soon, one after the other."""

    seen: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _failures: int) -> float:
        self.seen += 1
        if self.seen < ATTEMPTS:
            return 0.02
        self.done.set()
        return 600


# paho-mqtt 2.1 leaves a socket whose handshake has failed to be closed when it is forgotten, which is at once.
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket")
@pytest.mark.parametrize("what", WRONG)
def test_named_once(
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line in the journal for all attempts, one of `status`, and one of `doctor` that fails and says where to look."""
    make, words = WRONG[what]
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "pitrainer").mkdir(mode=0o700)
    status = {"text": "ready", "mistakes": [], "next_reminder": None, "streak": None}
    monkeypatch.setattr("pitrainer.cli.orders.ask_trainer", lambda _: {"status": status})
    with make(tmp_path) as given, caplog.at_level("INFO"):
        values = {"host": "127.0.0.1", "tls": False, "ca": "", "user": "", "password_file": "", "name": "pitrainer"} | given
        link = Link(**values, names=False, control="", state="", report="", again=())
        said, attempts = Said(tmp_path / "pitrainer" / told.REPORT, link.broker), Attempts()
        items: queue.Queue[Item] = queue.Queue()
        broker = Broker(
            link, Topics("0a1b2c3d"), said, tell=items.put, born=lambda: None, orders=lambda *_: True, wait=attempts
        )
        with closing(broker):
            broker.start()
            assert attempts.done.wait(60)
            line = f"{link.broker}: {words.format(folder=tmp_path)}"
            connected = [f"connected to {link.broker}"] if "lets in" in what else []
            assert [record.message for record in caplog.records] == [*connected, f"{line}; retrying"]
            assert main(["status"]) == 0
            assert capsys.readouterr().out.splitlines()[-2:] == ["ready", f"mqtt: {line}"]
            checked = told.check(MqttSettings(host=link.host))
            assert checked
            assert (checked.state, checked.found) == ("fail", line)
            assert checked.remedy == "[mqtt] in the settings; journalctl -u pitrainer-mqtt"
