"""A running trainer and malformed or hostile clients: whatever comes over the control socket, the next client is served."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.control.client import ask
from pitrainer.control.protocol import LONGEST_REQUEST, PATIENCE, socket_file
from pitrainer.control.server import MOST_CLIENTS
from pitrainer.core.speech import speakable
from pitrainer.errors import PitrainerError
from support.appliance import fill, running, write_home


@dataclass(frozen=True)
class Target:
    """The trainer that all tests of this file have a go at."""

    process: subprocess.Popen[bytes]
    socket: Path
    journal: Path

    def connect(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(15)
        client.connect(str(self.socket))
        return client

    def tell(self, line: bytes) -> Any:
        """Send a line; return the answer."""
        with self.connect() as client, client.makefile("rb") as lines:
            client.sendall(line + b"\n")
            return json.loads(lines.readline())

    def serves(self) -> bool:
        """Tell whether a friend is answered."""
        return "text" in ask(self.socket, {"command": "status"})["status"]

    def lets_go(self, before: tuple[int, int]) -> bool:
        """Tell whether it soon has no more threads and open files than before; a session or the LED may have begun one."""
        until = time.monotonic() + 10
        while any(now > then + 2 for now, then in zip(self.counts(), before, strict=True)):
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True

    def counts(self) -> tuple[int, int]:
        """Return how many threads and open files it has."""
        base = Path(f"/proc/{self.process.pid}")
        return len(os.listdir(base / "task")), len(os.listdir(base / "fd"))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    home = tmp_path_factory.mktemp("home")
    env = write_home(home)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        fill(home)
    with running(env, home / "journal") as process:
        yield Target(process, socket_file(home / "run" / "pitrainer"), home / "journal")
        assert process.poll() is None, "it has survived everything"
    assert process.returncode == 0
    assert "Traceback" not in (home / "journal").read_text()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "\0", "x" * 600, "[b]", "status", "../../etc/passwd"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
# `press` with a right length takes that long; `say` with a right text synthesises, `doctor` and `watch_button` take seconds:
# those have tests of their own.
QUICK = ["start", "pause", "next", "back", "stop", "status"]
MANY = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(st.dictionaries(st.sampled_from(["text", "hold_ms", "quiet", "x"]), VALUES), st.sampled_from(QUICK) | VALUES)
def test_any_request(target, more, command):
    """Any object is answered by one that says whether it was obeyed, and if not, why not."""
    answer = target.tell(json.dumps(more | {"command": command}).encode()[: LONGEST_REQUEST - 2])
    assert answer["ok"] in (True, False)
    assert answer["ok"] or answer["error"]


@MANY
@given(st.sampled_from([("say", "text"), ("press", "hold_ms")]), VALUES)
def test_wrong_values(target, what, value):
    """A text that is none, and a length that is none, are refused with what would be right."""
    command, key = what
    right = {"say": isinstance(value, str) and can_be_said(value), "press": type(value) is int and 0 < value <= 60_000}
    if not right[command]:
        answer = target.tell(json.dumps({"command": command, key: value}).encode())
        why = "the text cannot be said: " if isinstance(value, str) and command == "say" else f'"{key}" must be'
        assert (answer["ok"], why in answer["error"]) == (False, True)


def can_be_said(text: str) -> bool:
    with suppress(ValueError):
        return bool(speakable(text, "en"))
    return False


@MANY
@given(st.binary(max_size=300))
def test_any_bytes(target, line):
    """Any line is answered."""
    assert target.tell(line.replace(b"\n", b"")) == target.tell(b"nonsense")


def test_all_at_once(target):
    """Of 200 who ask at the same moment each is served, or is told that there are too many; nothing of them stays."""
    before = target.counts()

    def one(_number: int) -> str:
        try:
            return str(ask(target.socket, {"command": "status"})["ok"])
        except PitrainerError as error:
            return str(error)[:16]

    with ThreadPoolExecutor(200) as pool:
        answers = set(pool.map(one, range(200)))
    assert answers <= {"True", "too many clients"}
    assert "True" in answers
    assert target.lets_go(before)
    assert target.serves()


def test_all_places_taken(target):
    """Those who take all places and say nothing, or go on saying nothing much, lose them to whoever has something to say."""
    before = target.counts()
    clients = [target.connect() for _ in range(MOST_CLIENTS)]
    began = time.monotonic()
    served = False
    while not served and time.monotonic() - began < PATIENCE:
        for client in clients[::2]:
            with suppress(OSError):  # it has lost its place
                client.sendall(b" ")
        try:
            served = target.serves()
        except PitrainerError as error:
            assert "too many clients" in str(error)  # noqa: PT017 - none of them has been silent for long
        time.sleep(0.1)
    assert served, "and sooner than a place is lost anyway"
    for client in clients:
        client.close()
    assert target.lets_go(before)


def test_no_end(target):
    """A line that never ends costs no memory worth the name."""
    with target.connect() as client, pytest.raises(OSError, match=r"."):  # noqa: PT012 - it fails at some time
        for _ in range(10_000):
            client.sendall(b"x" * 65_536)
    assert target.serves()


def test_comings_and_goings(target):
    """Clients that leave before, within and after their request leave nothing behind."""
    before = target.counts()
    for number in range(150):
        with target.connect() as client:
            client.sendall([b"", b'{"comm', b'{"command": "status"}\n'][number % 3])
        time.sleep(0.005)
    assert target.lets_go(before)
    assert target.serves()


def test_orders_from_everywhere(target):
    """Ten who order it about at the same time are each answered, and it ends in the state of the last order."""

    def order(number: int) -> bool:
        for step in range(40):
            try:
                ask(target.socket, {"command": QUICK[(number * 7 + step * 3) % len(QUICK)]})
            except PitrainerError as error:
                if "session" not in str(error):  # "no session is running", "a session is running already"
                    raise
        return True

    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(order, range(10)))
    try:
        ask(target.socket, {"command": "stop"})
    except PitrainerError as error:
        assert str(error) == "no session is running"  # noqa: PT017 - so it was, or it is stopped now
    assert ask(target.socket, {"command": "status"})["status"]["state"] == "ready"
