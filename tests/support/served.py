"""The page as a process, beside a control socket that remembers what it was asked for."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pitrainer.page.guard import csrf
from pitrainer.page.pairing import Tokens
from pitrainer.page.place import VARIABLE, Place
from support.bridged import Trainer
from support.fakes import TESTS
from support.ports import free_port


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Served:
    """The process `python -m pitrainer.page`, and one paired device."""

    def __init__(self, folder: Path, control: Path) -> None:
        (folder / "routines").mkdir(exist_ok=True)
        self.state = folder / "state"
        self.state.mkdir()
        self.tokens = Tokens(self.state)
        self.token = self.tokens.add("a phone", date.today())
        self.place = Place(control, folder / "pitrainer.toml", folder, self.state)
        self.port = free_port()
        self.journal = folder / "page.log"
        environ = os.environ | {VARIABLE: self.place.as_json(), "PYTHONPATH": str(TESTS.parent)}
        with self.journal.open("wb") as written:
            command = [sys.executable, "-P", "-m", "pitrainer.page", "127.0.0.1", str(self.port)]
            self.process = subprocess.Popen(command, env=environ, stderr=written)
        until = time.monotonic() + 60
        while True:
            with suppress(OSError):
                self.connect().close()
                return
            assert time.monotonic() < until, self.journal.read_text()
            assert self.process.poll() is None, self.journal.read_text()
            time.sleep(0.05)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def connect(self) -> socket.socket:
        """Return a bare connection."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.settimeout(30)
        return connection

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str | None] = {}, token: str | None = ""
    ) -> Answer:
        """Send a request as a paired device's page does, but for headers that are named otherwise; None leaves one out."""
        token = self.token if token == "" else token
        wanted: dict[str, str | None] = {"Cookie": f'other="; pitrainer={token}; pitrainer-visit={token}' if token else None}
        if method != "GET":
            wanted |= {"Origin": f"http://{self.host}", "X-CSRF": csrf(token or "")}
        wanted |= headers
        if method != "GET":
            wanted = {"Content-Length": str(len(body)), **wanted}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.putrequest(method, path, skip_host="Host" in wanted, skip_accept_encoding=True)
            for name, value in wanted.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(body)
            with connection.getresponse() as answer:
                return Answer(answer.status, answer.headers, answer.read())

    def order(self, headers: Mapping[str, str | None] = {}, token: str | None = "", **order: Any) -> tuple[int, Any]:
        """Send an order; return the answer's status, and what it says."""
        answer = self.ask("POST", "/api/order", json.dumps(order or {"command": "start"}).encode(), headers, token)
        return answer.status, answer.data

    def form(self, path: str, token: str | None = "", headers: Mapping[str, str | None] = {}, **fields: str) -> Answer:
        """Send a form, as the page without JavaScript has it."""
        about = {"X-CSRF": None, "Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(fields).encode(), {**about, **headers}, token)

    def memory(self) -> float:
        """Return what the process takes, in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000

    @contextmanager
    def stream(self, token: str = "", source: str = "127.0.0.1") -> Iterator[http.client.HTTPResponse]:
        """Follow the events, as a browser does, from an address."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0))) as connection:
            connection.request("GET", "/api/events", headers={"Cookie": f"pitrainer={token or self.token}"})
            with connection.getresponse() as answer:
                yield answer


@contextmanager
def served(folder: Path) -> Iterator[tuple[Served, Trainer]]:
    """Serve the page beside a trainer without a loop."""
    with closing(Trainer(folder)) as trainer, closing(Served(folder, trainer.file)) as page:
        yield page, trainer
