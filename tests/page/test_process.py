"""The process: it takes over systemd's socket, ends when nobody looks, and is small."""

import asyncio
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pitrainer.control.protocol import socket_file
from pitrainer.core.messages import TrainerEnded
from pitrainer.core.units import Ms
from pitrainer.page import server
from pitrainer.page.__main__ import _host
from pitrainer.page.asgi import App, Receive, Scope, Send
from pitrainer.page.guard import Guard
from pitrainer.page.pairing import Tokens
from pitrainer.page.place import VARIABLE, Place
from pitrainer.page.server import IDLE, TAKEN, make_server
from support.answering import answering
from support.bridged import Trainer
from support.fakes import TESTS
from support.served import Served

AT_THE_END = """
import os, sys
os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), "1"
os.dup2({number}, 3)
os.set_inheritable(3, True)
import pitrainer.page.server as server
server.IDLE = {idle}
from pitrainer.page.__main__ import main
sys.exit(main())
"""


def handed(folder: Path, listening: socket.socket, idle: float) -> "subprocess.Popen[bytes]":
    """Start the process as systemd does, with a socket that listens already."""
    place = Place(socket_file(folder / "run"), folder / "pitrainer.toml", folder, folder / "state")
    environ = os.environ | {VARIABLE: place.as_json(), "PYTHONPATH": str(TESTS.parent)}
    code = AT_THE_END.format(number=listening.fileno(), idle=idle)
    return subprocess.Popen([sys.executable, "-c", code], env=environ, pass_fds=[listening.fileno()])


def test_ends_when_nobody_looks(tmp_path: Path) -> None:
    """It answers who has waited on the socket, stays while a connection is open, and ends some time after the last."""
    assert IDLE == 120
    with closing(Trainer(tmp_path)), socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=60) as first:
            first.sendall(f"GET /pair HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            process = handed(tmp_path, listening, 1.0)
            try:
                assert first.recv(1_000).startswith(b"HTTP/1.1 200 ")
                begin = time.monotonic()
                while first.recv(65_536):  # until the time for another request is over
                    pass
                assert process.poll() is None
                assert process.wait(60) == 0
                assert time.monotonic() - begin > 1
            finally:
                process.kill()
                process.wait()
        # systemd listens on, and starts it again
        with socket.create_connection(("127.0.0.1", port), timeout=60) as second:
            second.sendall(f"GET /pair HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            again = handed(tmp_path, listening, 1.0)
            assert second.recv(1_000).startswith(b"HTTP/1.1 200 ")
        assert again.wait(60) == 0


def test_memory(tmp_path: Path) -> None:
    """With eight phones that follow, it takes no more than 35 MB."""
    with closing(Trainer(tmp_path)) as trainer, closing(Served(tmp_path, trainer.file)) as page:
        streams = [page.stream() for _ in range(8)]
        for stream in streams:
            stream.__enter__().readline()
        for path in ("/", "/pair", "/static/style.css", "/api/pairings"):
            assert page.ask("GET", path).status == 200
        assert page.order(command="start") == (200, {})
        memory = page.memory()
        for stream in streams:
            stream.__exit__(None, None, None)
    print(f"{memory:.1f} MB")
    assert memory < 35


def comes(stream: http.client.HTTPResponse, what: bytes) -> bool:
    """Read on until a line comes; tell whether it did before the stream's end."""
    while (line := stream.readline()) not in (what, b""):
        pass
    return line == what


def test_without_a_trainer(tmp_path: Path) -> None:
    """Where no trainer is, the page says so, and finds it when it comes."""
    file = socket_file(tmp_path / "run")
    with closing(Served(tmp_path, file)) as page:
        assert "The trainer is not there." in page.ask("GET", "/").text
        assert page.order(command="start")[0] == 503
        with page.stream() as stream:
            assert stream.readline() == b"event: gone\n"
            with closing(Trainer(tmp_path)) as trainer:
                assert comes(stream, b"event: status\n")
                trainer.publish(TrainerEnded(Ms(1), "stopped"))
                assert comes(stream, b"event: gone\n")


def test_a_doctor_takes_its_time(tmp_path: Path) -> None:
    """While doctors look, and more wait for one, everything else is answered."""
    done = threading.Event()
    with answering(tmp_path) as trainer, ThreadPoolExecutor(6) as pool:
        trainer.answers["doctor"] = lambda _: {"checks": [done.wait(30)]}
        with closing(Served(tmp_path, trainer.trainer.file)) as page:
            doctors = [pool.submit(page.ask, "GET", "/api/health") for _ in range(6)]
            try:
                while len(trainer.asked) < 2:
                    time.sleep(0.01)
                assert page.ask("GET", "/api/routines").status == 200
                assert not any(doctor.done() for doctor in doctors)
            finally:
                done.set()
            assert [doctor.result().status for doctor in doctors] == [200] * 6


@pytest.mark.parametrize(
    ("address", "host"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("0.0.0.0", "pi.local"), ("::", "pi.local")]
)
def test_where_it_says_that_it_is(monkeypatch: pytest.MonkeyPatch, address: str, host: str) -> None:
    """The address that it prints is one that it answers to."""
    monkeypatch.setattr(socket, "gethostname", lambda: "pi.home")
    assert _host(address) == host
    guard = Guard(megabytes, Tokens(Path("/nowhere")), name=socket.gethostname)
    assert guard._is_this_machine(f"{host}:8080", ("127.0.0.1" if "." in host else "::1", 8080))


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """It is named on a line, and the exit code is 2."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        place = Place(tmp_path / "x", tmp_path / "x", tmp_path, tmp_path)
        environ = os.environ | {VARIABLE: place.as_json(), "PYTHONPATH": str(TESTS.parent)}
        command = [sys.executable, "-P", "-m", "pitrainer.page", "127.0.0.1", port]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        2,
        f"pitrainer: cannot listen on 127.0.0.1, port {port}: Address already in use\n",
    )


def test_ends_at_once(tmp_path: Path) -> None:
    """A signal ends it within a moment, also while browsers follow, and they are told nothing half."""
    with closing(Trainer(tmp_path)) as trainer, closing(Served(tmp_path, trainer.file)) as page:
        with page.stream() as stream:
            assert stream.readline() == b"event: status\n"
            page.process.terminate()
            assert stream.read().endswith(b"\n\n")
            page.process.wait(20)
        assert page.journal.read_text().count("\n") == 1


async def megabytes(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer by more than the kernel takes off our hands."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10000000")]})
    await send({"type": "http.response.body", "body": b"x" * 10_000_000})


async def drops(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answer by a stream that the kernel has room for."""
    await receive()
    gone = asyncio.ensure_future(receive())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while not gone.done():
        await send({"type": "http.response.body", "body": b"x" * 60, "more_body": True})
        await asyncio.wait({gone}, timeout=0.1)


async def held_for(page: server.PageServer, listening: socket.socket) -> float:
    """Return for how many seconds, of 20, a peer that reads nothing holds its place."""
    loop = asyncio.get_running_loop()
    serving = asyncio.create_task(page.serve([listening]))
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the kernel's least
        peer.setblocking(False)
        await loop.sock_connect(peer, listening.getsockname())
        await loop.sock_sendall(peer, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while not page.server_state.connections:
            await asyncio.sleep(0.01)
        begin = loop.time()
        while page.server_state.connections and loop.time() - begin < 20:
            await asyncio.sleep(0.05)
    took = loop.time() - begin
    page.should_exit = True
    await serving
    return took


@pytest.mark.parametrize("app", [megabytes, drops])
def test_who_does_not_read(monkeypatch: pytest.MonkeyPatch, app: App) -> None:
    """Who asks and then reads nothing loses its place: else any device in the house could hold them all, for ever."""
    assert TAKEN == 30
    monkeypatch.setattr(server, "TAKEN", 1.0)
    page = make_server(app, start=bool, end=bool, idle=None)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert asyncio.run(held_for(page, listening)) < 20
