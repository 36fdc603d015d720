"""The process on a real broker: what is sent and when, what is obeyed, and what is named where something is wrong."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pitrainer.core.messages import Fault, FaultAppeared, SettingsReloaded
from pitrainer.core.units import Ms
from pitrainer.mqtt import broker
from pitrainer.mqtt.link import VARIABLE
from pitrainer.mqtt.outbox import Outbox
from support.bridged import Bridged, Trainer, running
from support.mosquitto import PROGRAM, Mosquitto, Observer, make_certificates
from support.ports import free_port

RETAINED = "order: it is retained, and would come again at each connection; publish it without the retain flag"

pytestmark = pytest.mark.skipif(not PROGRAM, reason="needs the package mosquitto")


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Trainer]:
    with running(tmp_path) as one:
        yield one


def test_a_session(tmp_path: Path, trainer: Trainer) -> None:
    """A session is told of as it goes on, and once as a whole; the state is retained, the rest is not; then it is offline."""
    with Mosquitto(tmp_path) as mosquitto, Observer(mosquitto.port, "#") as observer:
        with Bridged(tmp_path, mosquitto.port) as process:
            assert (
                json.loads(observer.until(f"homeassistant/device/pitrainer_{own(process)}/config"))["device"]["name"]
                == "Living room"
            )
            assert observer.until(process.topic("availability")) == b"online"
            assert json.loads(observer.until(process.topic("state")))["state"] == "ready"
            trainer.session()
            seen = [observer.next() for _ in range(5)]
            kinds = [(topic.rpartition("/")[2], json.loads(payload), retained) for topic, payload, retained in seen]
            events = [(payload["event_type"], retained) for name, payload, retained in kinds if name == "event"]
            states = [payload["state"] for name, payload, _ in kinds if name == "state"]
            (whole,) = [payload for name, payload, _ in kinds if name == "session"]
            assert events == [("started", False), ("completed", False)]
            assert states == ["running", "ready"]
            assert (whole["seconds"], whole["person"], whole["holds"][0]["held"]) == (60, "person 1", 5_000)
        assert observer.until(process.topic("availability")) == b"offline"
        with Observer(mosquitto.port, "#") as later:
            names = {topic.rpartition("/")[2]: payload for topic, payload, retained in later.rest() if retained}
        assert sorted(names) == ["availability", "state"]
        assert (names["availability"], b"Anna" in names["state"]) == (b"offline", False)


def own(process: Bridged) -> str:
    process.says("connected to")
    return process.id


def listens(process: Bridged, observer: Observer) -> None:
    """Wait until orders reach the process: it has named one that is retained."""
    own(process)
    observer.send(process.topic("order"), b"stop", retain=True)
    process.says(f"refused: {RETAINED}")
    observer.send(process.topic("order"), b"", retain=True)


def reported(process: Bridged, refused: str) -> None:
    """Wait until its report has this as the last thing that is wrong."""
    until = time.monotonic() + 30
    while process.report()["refused"] != refused:
        assert time.monotonic() < until, process.report()
        time.sleep(0.05)


def test_last_will(tmp_path: Path, trainer: Trainer) -> None:  # noqa: ARG001 - it is there
    """A process that dies is offline, by its last will."""
    with (
        Mosquitto(tmp_path) as mosquitto,
        Observer(mosquitto.port, "#") as observer,
        Bridged(tmp_path, mosquitto.port) as process,
    ):
        own(process)
        assert observer.until(process.topic("availability")) == b"online"
        process.process.kill()
        assert observer.until(process.topic("availability")) == b"offline"


def test_orders(tmp_path: Path, trainer: Trainer) -> None:
    """Orders reach the trainer in their order; any other bytes, and what is retained, are refused, named, and told of.

    The report has what is wrong with an order until there is a right one, and nothing of what the trainer will not do just now.
    """
    with Mosquitto(tmp_path) as mosquitto, Observer(mosquitto.port, "pitrainer/+/event") as observer:
        with Bridged(tmp_path, mosquitto.port) as process:
            listens(process, observer)
            for name, payload in (
                *(("order", b"start"), ("volume", b"60"), ("program", b"small, child, full"), ("reminders", b"OFF")),
                *(("order", b"\xff\xfe"), ("volume", b"loud"), ("say", b"Dinner.")),
            ):
                observer.send(process.topic(name), payload)
            refusals = [json.loads(observer.until(process.topic("event"))) for _ in range(3)]
            assert trainer.asked == [
                {"command": "start"},
                {"command": "volume", "volume": 60},
                {"command": "program", "number": 2},
                {"command": "reminders", "on": False},
                {"command": "say", "text": "Dinner."},
            ]
            assert refusals == [
                {"event_type": "refused", "order": "order", "why": "is not UTF-8 text"},
                {"event_type": "refused", "order": "volume", "why": '"loud" is not a volume from 0 to 100'},
                {"event_type": "refused", "order": "say", "why": "a session is running"},
            ]
            assert process.report()["refused"] == 'volume: "loud" is not a volume from 0 to 100'
            observer.send(process.topic("volume"), b"40")
            reported(process, "order: is not UTF-8 text")
            observer.send(process.topic("order"), b"pause")
            reported(process, RETAINED)


def test_refused_session(tmp_path: Path, trainer: Trainer) -> None:
    """A session that the broker's ACL refuses is named, and waits until it is let through."""
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write pitrainer/+/state\n")
    with Mosquitto(tmp_path, f"allow_anonymous true\nacl_file {acl}") as mosquitto:
        with Bridged(tmp_path, mosquitto.port) as process:
            own(process)
            trainer.followed()
            trainer.session()
            process.says(r"refused: session: the broker refuses it \(code 135\)")
        mosquitto.end()
        acl.write_text("topic readwrite #\n")
        mosquitto.start()
        with Observer(mosquitto.port, "pitrainer/+/session") as observer, Bridged(tmp_path, mosquitto.port):
            assert json.loads(observer.next()[1])["result"] == "completed"


def test_any_bytes(tmp_path: Path, trainer: Trainer) -> None:
    """A flood of any bytes on every topic is named a line a topic, asks the trainer for nothing, and takes no memory."""
    with Mosquitto(tmp_path) as mosquitto, Observer(mosquitto.port, "none") as observer:
        with Bridged(tmp_path, mosquitto.port) as process:
            own(process)
            time.sleep(1)
            before = process.memory()
            for number in range(3_000):
                name = ("order", "say", "volume", "program", "reminders", "state", "event", "session", "nothing")[number % 9]
                payload = bytes([number % 256]) * (number % 5_000)
                observer.client.publish(process.topic(name), payload if name != "say" else b"\xff" + payload)
            observer.client.publish("homeassistant/status", b"\x00" * 1_000)
            observer.send(process.topic("order"), b"\xff")
            time.sleep(3)
            lines = process.journal.read_text().splitlines()
            assert len(lines) <= 12, lines
            assert trainer.asked == []
            assert process.memory() - before < 2
            assert process.process.poll() is None


def test_a_flood_of_one_topic(tmp_path: Path, trainer: Trainer) -> None:
    """Whoever floods one topic keeps no order of another from the trainer."""
    with Mosquitto(tmp_path) as mosquitto, Observer(mosquitto.port, "none") as observer:
        with Bridged(tmp_path, mosquitto.port) as process:
            listens(process, observer)
            for _ in range(300):
                observer.client.publish(process.topic("volume"), b"any bytes")
            observer.send(process.topic("order"), b"start")
            until = time.monotonic() + 30
            while trainer.asked != [{"command": "start"}]:
                assert time.monotonic() < until, trainer.asked
                time.sleep(0.05)


def test_birth_and_deletion(tmp_path: Path, trainer: Trainer) -> None:
    """Home Assistant's start is answered 1 to 10 s later; a device that was deleted there is not announced until a restart.

    Reading the settings anew is not a restart.
    """
    again = (sys.executable, "-P", "-m", "pitrainer.mqtt")
    with Mosquitto(tmp_path) as mosquitto, Observer(mosquitto.port, "homeassistant/device/#") as observer:
        with Bridged(tmp_path, mosquitto.port, again=again) as process:
            *_, announced = observer.next(60), *observer.rest(3)  # once more when the trainer's programs are known
            observer.send("homeassistant/status", b"online")
            begun = time.monotonic()
            assert observer.next() == announced
            assert time.monotonic() - begun >= 1
            observer.send(announced[0], b"", retain=True)
            assert observer.next()[1] == b""
            observer.send("homeassistant/status", b"online")
            assert list(observer.rest(12)) == []
            trainer.publish(SettingsReloaded(Ms(1)))
            process.says("(?s)connected to.*connected to")
            assert list(observer.rest(3)) == []
        with Bridged(tmp_path, mosquitto.port):
            *_, last = observer.next(60), *observer.rest(3)
            assert last == announced


def test_deleted_at_another_broker(tmp_path: Path, trainer: Trainer) -> None:
    """A device that was deleted at one broker is announced at the next one, which the settings name now."""
    moved = f"import os, sys; from pitrainer.mqtt.__main__ import main; os.environ[{VARIABLE!r}] = "
    moved += f"os.environ[{VARIABLE!r}].replace('127.0.0.1', 'localhost'); sys.exit(main())"
    with Mosquitto(tmp_path) as mosquitto, Observer(mosquitto.port, "homeassistant/device/#") as observer:
        with Bridged(tmp_path, mosquitto.port, again=(sys.executable, "-P", "-c", moved)) as process:
            *_, announced = observer.next(60), *observer.rest(3)
            observer.send(announced[0], b"", retain=True)
            assert observer.next()[1] == b""
            trainer.publish(SettingsReloaded(Ms(1)))
            process.says("connected to localhost")
            assert observer.next() == announced


def test_the_first_is_the_last(tmp_path: Path, trainer: Trainer) -> None:
    """What happened while no broker was there is delivered once, and in its order, when there is one."""
    port = free_port()
    with Bridged(tmp_path, port) as process:
        process.says("nobody listens there")
        trainer.followed()
        for number in range(5):
            trainer.session(at=1_000 + 100_000 * number)
        outbox, until = Outbox(tmp_path / "state" / "outbox.db"), time.monotonic() + 30
        while outbox.waiting() < 5:
            assert time.monotonic() < until
            time.sleep(0.05)
    mosquitto = Mosquitto(tmp_path)
    with mosquitto, Observer(mosquitto.port, "pitrainer/+/session") as observer:
        with Bridged(tmp_path, mosquitto.port) as process:
            sessions = [json.loads(observer.next()[1]) for _ in range(5)]
            assert len({session["id"] for session in sessions}) == 5
            assert [session["began"] for session in sessions] == sorted(session["began"] for session in sessions)
            assert list(observer.rest()) == []
        with Bridged(tmp_path, mosquitto.port):
            assert list(observer.rest(2)) == []


WRONG_PASSWORD = 'the broker refuses user "anna", or the password'


def test_wrong_password(tmp_path: Path, trainer: Trainer) -> None:  # noqa: ARG001
    """A wrong password is named once in the journal, and in the report; a right one, put into its file, is taken."""
    (tmp_path / "users").write_text("")
    subprocess.run(["mosquitto_passwd", "-b", str(tmp_path / "users"), "anna", "right"], check=True)
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    with Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {tmp_path / 'users'}") as mosquitto:
        with Bridged(tmp_path, mosquitto.port, user="anna", password_file=str(secret)) as process:
            text = process.says("refuses")
            assert text.count("refuses") == 1
            assert WRONG_PASSWORD in text
            assert process.report()["problem"] == WRONG_PASSWORD
        secret.write_text("right\n")
        with Bridged(tmp_path, mosquitto.port, user="anna", password_file=str(secret)) as process:
            process.says("connected to")
            assert process.report() == {"broker": f"127.0.0.1:{mosquitto.port}", "problem": "", "refused": ""}


@pytest.mark.parametrize("days", [1, -1])
def test_certificate(tmp_path: Path, trainer: Trainer, days: int) -> None:  # noqa: ARG001
    """A certificate that the authority has signed is taken; one that has expired is named."""
    made = make_certificates(tmp_path, days)
    port = free_port()
    tls = f"listener {port} 127.0.0.1\ncertfile {made['certificate']}\nkeyfile {made['key']}"
    with Mosquitto(tmp_path, listener=tls), Bridged(tmp_path, port, host="localhost", tls=True, ca=str(made["ca"])) as process:
        process.says("connected to" if days > 0 else "certificate is not accepted: certificate has expired")


ODD = {
    "closes": (b"", "the connection is closed at once|the connection was lost|Connection reset"),
    "talks": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "it does not speak MQTT|the connection is closed at once"),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_brokers(tmp_path: Path, trainer: Trainer, what: str) -> None:
    """What closes at once, or is no broker, is named; the trainer's own answers come as before."""
    says, named = ODD[what]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    one.recv(1_000)
                    one.sendall(says)

        threading.Thread(target=serve, daemon=True).start()
        with Bridged(tmp_path, server.getsockname()[1]) as process:
            process.says(named)
            assert process.report()["problem"]
            trainer.publish(FaultAppeared(Ms(1), Fault("sound", "gone")))
            assert trainer.hub.status.data()["faults"] == {"sound": "gone"}


def test_spread() -> None:
    """Fifty trainers come back over half a minute and more after their broker has, and seldom to one that stays away."""
    waits = [broker.delay(0) for _ in range(50)]
    assert max(waits) - min(waits) > 30
    assert max(waits) <= 45
    assert all(1 <= broker.delay(failures) <= 300 for failures in range(100))


def test_memory(tmp_path: Path, trainer: Trainer) -> None:
    """The process takes 30 MB at most, connected by TLS, after a session."""
    made = make_certificates(tmp_path)
    port = free_port()
    tls = f"listener {port} 127.0.0.1\ncertfile {made['certificate']}\nkeyfile {made['key']}"
    with Mosquitto(tmp_path, listener=tls) as mosquitto, Observer(mosquitto.port, "pitrainer/+/session") as observer:
        with Bridged(tmp_path, port, host="localhost", tls=True, ca=str(made["ca"])) as process:
            process.says("connected to")
            trainer.followed()
            trainer.session()
            observer.next()
            print(f"{process.memory():.1f} MB")
            assert process.memory() <= 30
