"""The process: it takes over systemd's socket, ends when nobody looks, and is small."""

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from pitrainer.control.protocol import socket_file
from pitrainer.core.messages import TrainerEnded
from pitrainer.core.units import Ms
from pitrainer.page.place import VARIABLE, Place
from pitrainer.page.server import IDLE
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
        f"pitrainer: 127.0.0.1 port {port}: cannot be listened on: Address already in use\n",
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
