"""The control socket: one trainer, any number of clients, none of which can hurt it or another."""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.control import protocol, server
from pitrainer.control.client import ask
from pitrainer.control.protocol import Request, socket_file
from pitrainer.control.server import MOST_CLIENTS, Control
from pitrainer.errors import NotRunningError, PitrainerError, RefusedError
from support.users import NOBODY

PRESS = {"command": "press", "hold_ms": 100}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return socket_file(tmp_path / "run")


class Finger:
    """Presses, and remembers for how long; each press takes as long as it is told."""

    def __init__(self) -> None:
        self.presses: list[float] = []

    def press(self, request: Request) -> Request:
        if request.get("hold_ms") == 666:
            raise PitrainerError("the pins are real")
        self.presses.append(request["hold_ms"] / 1000)
        time.sleep(request["hold_ms"] / 1000)
        return {}


def listening(file: Path, finger: Finger) -> Control:
    control = Control(file, {"press": finger.press})
    control.serve()
    return control


@pytest.fixture
def finger() -> Finger:
    return Finger()


@pytest.fixture
def trainer(file: Path, finger: Finger) -> Iterator[Control]:
    trainer = listening(file, finger)
    yield trainer
    trainer.close()


@pytest.fixture
def connect(file: Path) -> Iterator[Callable[[], socket.socket]]:
    """Connects a client that says nothing by itself."""
    clients: list[socket.socket] = []

    def one() -> socket.socket:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        clients.append(client)
        client.settimeout(10)
        client.connect(str(file))
        return client

    yield one
    for client in clients:
        client.close()


def tell(client: socket.socket, request: bytes) -> object:
    """Send bytes; return the answer."""
    client.sendall(request)
    with client.makefile("rb") as lines:
        return json.loads(lines.readline())


@pytest.mark.usefixtures("trainer")
def test_press(file, finger):
    """A press is done for as long as was asked, and answered when the button is up again."""
    began = time.monotonic()
    ask(file, {"command": "press", "hold_ms": 250})
    assert time.monotonic() - began >= 0.25
    assert finger.presses == [0.25]


@pytest.mark.usefixtures("trainer")
def test_refused(file):
    """What the trainer cannot do is answered with its reason."""
    with pytest.raises(PitrainerError, match="the pins are real"):
        ask(file, {"command": "press", "hold_ms": 666})


def test_before_it_serves(file, finger):
    """Who asks while the trainer is still being built waits, and is answered."""
    control = Control(file, {"press": finger.press})
    asking = threading.Thread(target=ask, args=(file, PRESS))
    asking.start()
    with closing(control):
        control.serve()
        asking.join(timeout=5)
    assert finger.presses == [0.1]


def test_too_many_clients(file, finger, connect, monkeypatch):
    """Those beyond the most that are served at once are sent away; when the others have gone there is room again."""
    monkeypatch.setattr(server, "SILENCE", 60)
    with closing(listening(file, finger)):
        clients = [connect() for _ in range(MOST_CLIENTS)]
        with pytest.raises(PitrainerError, match="too many clients"):
            ask(file, PRESS)
        for client in clients:
            client.close()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and not finger.presses:
            try:
                ask(file, PRESS)
            except PitrainerError:
                time.sleep(0.01)
    assert finger.presses == [0.1]


@pytest.mark.usefixtures("trainer")
def test_silent_clients_give_way(file, finger, connect):
    """Who takes a place and does not say what for loses it to one who does, and is told why; nobody else does."""
    clients = [connect() for _ in range(MOST_CLIENTS)]
    for client in clients[::2]:
        client.sendall(b'{"comm')
    time.sleep(2 * server.SILENCE)  # since the server has accepted them, which may be later than they have connected
    for _ in range(3):
        ask(file, PRESS)
        clients[-1].sendall(b" ")
    assert finger.presses == [0.1] * 3
    with clients[0].makefile("rb") as lines:
        assert json.loads(lines.readline()) == {"ok": False, "error": protocol.TOO_MANY}
    assert tell(clients[-2], b'and": "press", "hold_ms": 1}\n') == {"ok": True}, "there was no need for this place"


def test_busy_clients_stay(file, finger, connect):
    """Who waits for an answer does not give way, however long it takes."""
    with closing(listening(file, finger)):
        clients = [connect() for _ in range(MOST_CLIENTS)]
        for client in clients:
            client.sendall(b'{"command": "press", "hold_ms": 3000}\n')
        time.sleep(server.SILENCE * 1.2)
        with pytest.raises(PitrainerError, match="too many clients"):
            ask(file, PRESS)
        for client in clients:
            with client.makefile("rb") as lines:
                assert json.loads(lines.readline()) == {"ok": True}


def test_nobody_there(file):
    """Where no trainer runs, the message says how to start one."""
    with pytest.raises(NotRunningError, match="start one with: pitrainer run"):
        ask(file, PRESS)


def test_the_service_is_stopped(file, tmp_path, monkeypatch):
    """Where the service is installed and does not run, the message says how to start that."""
    unit = tmp_path / "pitrainer.service"
    unit.touch()
    monkeypatch.setattr("pitrainer.control.client.UNIT", unit)
    with pytest.raises(NotRunningError, match="start one with: sudo systemctl start pitrainer"):
        ask(file, PRESS)


@pytest.mark.parametrize(
    "request_",
    [
        b"\n",
        b"nonsense\n",
        b"[]\n",
        b'{"command": "shout", "hold_ms": 100}\n',
        b'{"command": ["press"], "hold_ms": 100}\n',
        b'{"command": null}\n',
        b"[" * 4_000 + b"\n",
        b"\xff\xfe\x00\n",
    ],
    ids=lambda it: repr(it[:50]),
)
@pytest.mark.usefixtures("trainer")
def test_garbage(file, finger, connect, request_):
    """What is not a request is answered with what one looks like, presses nothing, and hurts nobody."""
    answer = tell(connect(), request_)
    assert answer == {"ok": False, "error": 'not understood; send {"command": "..."} with one of: press'}
    assert finger.presses == []
    ask(file, {"command": "press", "hold_ms": 1})
    assert len(finger.presses) == 1


@given(st.binary(max_size=100))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(connect, trainer, finger, line):  # noqa: ARG001 - the trainer has to be there
    """Any line of bytes is answered."""
    answer = tell(connect(), line.replace(b"\n", b"") + b"\n")
    assert answer["ok"] is False
    assert finger.presses == []


@pytest.mark.usefixtures("trainer")
def test_an_endless_request(file, finger, connect):
    """A client that never ends its line is answered or dropped; the memory does not fill, the others are served."""
    client = connect()
    with pytest.raises(OSError, match=r"."):  # noqa: PT012 - which of them fails is a matter of time
        for _ in range(10_000):
            client.sendall(b"x" * 10_000)
    ask(file, PRESS)
    assert finger.presses == [0.1]


@pytest.mark.usefixtures("trainer")
def test_silent_and_slow_clients(file, finger, connect):
    """Clients that say nothing, or a byte at a time, make no other wait."""
    silent = [connect() for _ in range(5)]
    for client in silent[:3]:
        client.sendall(b'{"comm')
    began = time.monotonic()
    ask(file, PRESS)
    assert time.monotonic() - began < protocol.PATIENCE / 2, "which is how long one of them may take"
    assert finger.presses == [0.1]
    assert tell(silent[0], b'and": "press", "hold_ms": 1}\n') == {"ok": True}, "and a slow one is heard out"


@pytest.mark.usefixtures("trainer")
def test_a_silent_client_is_left(connect, monkeypatch):
    """A client that says nothing at all is left after a while, so that they do not pile up."""
    monkeypatch.setattr(server, "PATIENCE", 0.1)
    client = connect()
    assert client.recv(10) == b""


@pytest.mark.usefixtures("trainer")
def test_a_client_that_drips(connect, monkeypatch):
    """The time for a request is for the whole of it: a byte now and then does not hold a place for long."""
    monkeypatch.setattr(server, "PATIENCE", 0.3)
    client = connect()
    with pytest.raises(OSError, match=r"."):  # noqa: PT012 - it fails at some time
        for _ in range(200):  # ten seconds
            client.sendall(b"x")
            time.sleep(0.05)


def test_a_handler_that_fails(file, caplog):
    """A mistake of ours is answered as one, and named in the journal."""
    failing = Control(file, {"press": lambda request: {"x": 1 / request["zero"]}})
    failing.serve()
    with closing(failing), pytest.raises(PitrainerError, match="its journal says more"):
        ask(file, PRESS | {"zero": 0})
    assert "press: failed" in caplog.messages


@pytest.mark.usefixtures("trainer")
def test_clients_that_leave(file, finger, connect):
    """Clients that leave before, in and after their request hurt nobody."""
    connect().close()
    client = connect()
    client.sendall(b'{"command"')
    client.close()
    client = connect()
    client.sendall(json.dumps({"command": "press", "hold_ms": 50}).encode() + b"\n")
    client.close()
    client = connect()
    client.sendall(b"nonsense\n")
    client.shutdown(socket.SHUT_RD)
    client.close()
    time.sleep(0.15)
    ask(file, PRESS)
    assert finger.presses == [0.05, 0.1]


def test_sent_away_before_asking(file):
    """Who is sent away before the request is out still reads why, and not that no trainer is there."""
    file.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, pytest.MonkeyPatch.context() as patch:
        listener.bind(str(file))
        listener.listen()
        connect = socket.socket.connect

        def connect_and_be_sent_away(client: socket.socket, address: str) -> None:
            connect(client, address)
            other, _ = listener.accept()
            other.sendall(b'{"ok": false, "error": "too many"}\n')
            other.close()

        patch.setattr(socket.socket, "connect", connect_and_be_sent_away)
        with pytest.raises(PitrainerError, match="too many") as sent_away:
            ask(file, PRESS)
        assert sent_away.type is RefusedError


def test_a_full_queue(file):
    """Where so many wait that the system takes no more, the client is told that, too."""
    file.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, ExitStack() as waiting:
        listener.bind(str(file))
        listener.listen(0)
        waiting.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)).connect(str(file))
        with pytest.raises(PitrainerError, match="too many clients") as sent_away:
            ask(file, PRESS)
        assert sent_away.type is PitrainerError


def test_a_second_trainer(file, trainer, finger):  # noqa: ARG001 - the first has to be there
    """A second trainer with the same socket is refused with the reason, and the first goes on."""
    with pytest.raises(PitrainerError, match="already running"):
        Control(file, {})
    ask(file, PRESS)
    assert finger.presses == [0.1]


def test_a_stale_socket(file, finger):
    """What a killed trainer leaves behind does not stop the next one."""
    file.parent.mkdir(mode=0o700)
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(str(file))
    dead.close()
    assert file.exists()
    with closing(listening(file, finger)):
        ask(file, PRESS)
    assert finger.presses == [0.1]


def test_close(file, finger):
    """After the end nobody listens, no file is left, no thread waits, and the next trainer can start at once."""
    for _ in range(3):
        trainer = listening(file, finger)
        trainer.close()
        assert not file.exists()
        with pytest.raises(NotRunningError):
            ask(file, PRESS)
    until = time.monotonic() + 10
    while "control" in (names := {thread.name for thread in threading.enumerate()}) and time.monotonic() < until:
        time.sleep(0.01)
    assert "control" not in names


def test_the_folder_is_private(file, finger):
    """Only the person who runs the trainer can reach its socket."""
    before = os.umask(0)
    try:
        with closing(listening(file, finger)):
            assert file.parent.stat().st_mode & 0o777 == 0o700
            assert file.stat().st_mode & 0o777 == 0o660
    finally:
        os.umask(before)


@pytest.mark.parametrize("use", [lambda file: Control(file, {}), lambda file: ask(file, PRESS)], ids=["listen", "ask"])
@pytest.mark.parametrize("made", [0o777, 0o770, 0o1777, "link", "another's"])
def test_a_folder_that_others_may_change(file, made, use, monkeypatch):
    """A folder in which others could swap the socket, or that they made first, is not listened in, nor believed."""
    file.parent.parent.chmod(0o1777)  # as /tmp is
    folder = file.parent.with_name("real") if made == "link" else file.parent
    folder.mkdir(mode=0o700)
    if made == "link":
        file.parent.symlink_to(folder)
    elif made == "another's":
        if os.geteuid() == 0:
            os.chown(folder, 1, 1)
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    else:
        folder.chmod(made)
    with pytest.raises(PitrainerError, match="run: others can write there; remove it"):
        use(file)
    assert list(folder.iterdir()) == []


def test_the_folder_of_the_service(monkeypatch):
    """The service's folder in /run is another user's, and believed: it is in a folder where only root may put one."""
    with subprocess.Popen(["sleep", "60"], user=NOBODY if os.geteuid() == 0 else None) as process:
        folder = Path(f"/proc/{process.pid}")  # like /run, /proc is root's, and what is in it is the user's
        monkeypatch.setattr(os, "geteuid", lambda: 1)
        assert folder.stat().st_uid not in (0, 1)
        with pytest.raises(NotRunningError):
            ask(socket_file(folder), PRESS)
        process.kill()


def test_no_folder(tmp_path):
    """Where no folder can be made, the message names the place."""
    (tmp_path / "file").write_text("")
    with pytest.raises(PitrainerError, match=r"file/run/control\.sock: the control socket cannot be made: Not a directory"):
        Control(socket_file(tmp_path / "file" / "run"), {})


def test_a_name_that_is_too_long(tmp_path):
    """A path longer than the system takes for sockets is one line, too."""
    with pytest.raises(PitrainerError, match=r"the control socket cannot be made: .*too long"):
        Control(socket_file(tmp_path / ("x" * 150)), {})
    with pytest.raises(NotRunningError):
        ask(socket_file(tmp_path / ("x" * 150)), PRESS)


def test_an_answer_for_the_terminal(file):
    """What a trainer answers is printed, and not obeyed: its reason is one line without what controls a terminal."""

    def refuse(_: Request) -> Request:
        raise PitrainerError("no\x1b[2J\nyes \u202e\udc80")

    refusing = Control(file, {"press": refuse})
    refusing.serve()
    with closing(refusing), pytest.raises(PitrainerError) as refused:
        ask(file, PRESS)
    assert str(refused.value) == r"no\x1b[2J\nyes \u202e\udc80"


@pytest.mark.parametrize("answer", [b"", b"{}\n", b"nonsense\n", b'{"ok": 1}\n', b"\xff\n"])
def test_a_strange_answer(file, answer):
    """Whoever it is that listens there: an answer that is none is an error, not a success."""
    file.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(file))
        listener.listen()

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(1_000)
                client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(PitrainerError):
            ask(file, PRESS)
        thread.join()
