"""A trainer without a loop, and the process that joins it to a broker."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pitrainer.control.events import Events
from pitrainer.control.protocol import Request, socket_file
from pitrainer.control.server import Control
from pitrainer.control.status import Status
from pitrainer.core.messages import Ended, Event, Held, Started
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.errors import PitrainerError
from pitrainer.mqtt.link import VARIABLE, Link
from pitrainer.service.hub import Hub
from support.fakes import BEGUN, SMALL, TESTS, half_a_second

PLAN = replace(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), person="Anna")
HOLD = next(step for step in PLAN.steps if step.kind == "hold")
PROGRAMS = [Program(SMALL, "adult", "standard", "Anna"), Program(SMALL, "child", "full")]
COMMANDS = ("start", "pause", "next", "back", "stop", "say", "program", "volume", "reminders", "pair_try")
CODE = "401999"
"""The code that pairs a phone."""


class Trainer:
    """A hub behind a control socket, which remembers what it was asked for."""

    def __init__(self, folder: Path, programs: Sequence[Program] = PROGRAMS) -> None:
        self.hub = Hub(Status(programs, 0))
        self.file = socket_file(folder / "run")
        self.asked: list[Request] = []
        events = Events(self.hub.subscribe, self.hub.unsubscribe)
        self.control = Control(self.file, dict.fromkeys(COMMANDS, self._take), {"events": events.lines})
        self.control.serve()

    def _take(self, request: Request) -> Request:
        self.asked.append(request)
        if request["command"] == "say":
            raise PitrainerError("a session is running")
        if request["command"] == "pair_try" and request["code"] != CODE:
            raise PitrainerError("that is not the code; 4 more tries")
        return {}

    def followed(self) -> None:
        """Wait until somebody follows the events."""
        until = time.monotonic() + 60
        while not self.hub._subscribers:
            assert time.monotonic() < until
            time.sleep(0.05)

    def publish(self, *events: Event) -> None:
        for event in events:
            self.hub.publish(event)

    def session(self, at: int = 1_000) -> None:
        """Have a session of one hold, a minute long."""
        self.publish(Started(Ms(at), PLAN), Held(Ms(at + 5_000), HOLD, Ms(5_000)), Ended(Ms(at + 60_000), True))

    def close(self) -> None:
        self.control.close()
        self.hub.close()


@contextmanager
def running(folder: Path) -> Iterator[Trainer]:
    with closing(Trainer(folder)) as trainer:
        yield trainer


class Bridged:
    """The process `python -m pitrainer.mqtt`."""

    def __init__(self, folder: Path, port: int, **link: Any) -> None:
        self.folder = folder
        self.journal = folder / "journal"
        values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "tls": False, "ca": "", "user": "", "password_file": ""}
        values |= {"name": "Living room", "names": False, "control": str(socket_file(folder / "run")), "again": ("/bin/true",)}
        values |= {"state": str(folder / "state"), "report": str(folder / "report.json")}
        environ = os.environ | {VARIABLE: Link(**values | link).as_json(), "PYTHONPATH": str(TESTS.parent)}
        with self.journal.open("ab") as written:
            command = [sys.executable, "-P", "-m", "pitrainer.mqtt"]
            self.process = subprocess.Popen(command, env=environ, stdout=written, stderr=written)

    def __enter__(self) -> "Bridged":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)

    @property
    def id(self) -> str:
        return (self.folder / "state" / "id").read_text()

    def topic(self, name: str) -> str:
        return f"pitrainer/{self.id}/{name}"

    def says(self, what: str, patience: float = 30) -> str:
        """Return the journal, once it has what is waited for."""
        until = time.monotonic() + patience
        while not re.search(what, text := self.journal.read_text()):
            assert time.monotonic() < until, text
            assert self.process.poll() is None, text
            time.sleep(0.05)
        return text

    def report(self) -> Any:
        return json.loads((self.folder / "report.json").read_bytes())

    def memory(self) -> float:
        """Return what the process takes, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) / 1000  # type: ignore[index]
