"""The control socket: whatever is sent, one line of JSON comes back, and the next one is served."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from hypothesis import strategies as st

from fuzz.mutate import damaged, mostly, raw, scalars, texts, trees
from fuzz.target import Check, Target, assert_line
from pitrainer.audio.clips import ClipCache
from pitrainer.clock import Clock
from pitrainer.config.schema import Settings
from pitrainer.control.handlers import Requests
from pitrainer.control.kept_log import KeptLog
from pitrainer.control.protocol import Handler, socket_file
from pitrainer.control.server import Control
from pitrainer.control.status import Status
from pitrainer.control.upkeep import Upkeep
from pitrainer.core.button import ButtonReader
from pitrainer.core.languages import Phrase
from pitrainer.core.messages import Input, Sound
from pitrainer.core.planning import Planning
from pitrainer.core.routine import Program
from pitrainer.core.signals import Signal
from pitrainer.core.trainer import Trainer
from pitrainer.core.units import Ms
from pitrainer.errors import PinsError
from pitrainer.gpio.pins import Pins, RetryingPins
from pitrainer.service.hub import Hub
from pitrainer.service.loop import Outputs, Quit, run
from pitrainer.wallclock import WallClock
from support.fakes import SMALL

COMMANDS = (
    *("start", "pause", "next", "back", "stop", "status", "say", "press", "doctor", "watch_button"),
    *("program", "volume", "reminders", "try_card", "clock", "reload", "log", "cards"),
    *("pair", "pair_try"),
)
PATIENCE = 20
"""Seconds after which the trainer has hung; it answers in milliseconds."""


# cases

_KEYS = st.sampled_from(
    [
        *(
            "command",
            "text",
            "hold_ms",
            "quiet",
            "number",
            "routine",
            "profile",
            "volume",
            "on",
            "card",
            "time",
            "day",
            "code",
            "lines",
        ),
        *("x", "", "__class__"),
    ]
) | st.text(max_size=5)
_ANY = trees(scalars | st.none() | st.sampled_from([float("nan"), float("inf"), "\ud800"]), _KEYS)
_COMMAND = mostly(st.sampled_from(COMMANDS), _ANY, one_in=4)
_VALUES = {
    "text": texts | _ANY,
    "hold_ms": st.integers(-1, 60_001) | _ANY,
    "quiet": st.booleans() | _ANY,
    "number": st.integers(0, 2) | _ANY,
    "routine": st.just("small") | _ANY,
    "profile": st.sampled_from(["adult", "child"]) | _ANY,
    "volume": st.integers(-1, 101) | _ANY,
    "on": st.booleans() | _ANY,
    "card": texts | _ANY,
    "code": st.sampled_from(["123456", "١٢٣٤٥٦", "12345", "123456\n"]) | _ANY,
    "time": st.sampled_from(["0:00", "14:30", "24:00", "٣:00", "02:30\n"]) | texts | _ANY,
    "day": st.sampled_from(["", "2026-11-28", "2026-02-29", "0001-01-01", "9999-12-31"]) | texts | _ANY,
}
_requests = st.builds(
    lambda command, known, more: more | known | {"command": command},
    _COMMAND,
    st.fixed_dictionaries({}, optional=_VALUES),
    st.dictionaries(_KEYS, _ANY, max_size=2),
)
_ends = st.sampled_from([b"\n", b"\n", b"", b"\r\n"])
_lines = st.builds(lambda request, end: raw(json.dumps(request)) + end, _requests, _ends)
_STATUS = b'{"command": "status"}'
_odd = st.sampled_from(
    [
        *(
            b"\n",
            b"\0\n",
            b"[" * 4_000,
            b'{"command": ' * 300,
            b"GET / HTTP/1.1\r\n",
            b"x" * 9_000,
            _STATUS[:-1] + b" " * 5_000,
        ),
        *(b'{"command": "press", "hold_ms": %s}\n' % (b"9" * 4_000), b'{"command": "say", "text": "\\u0000"}\n'),
        *(b'{"command": "stop", "command": "status"}\n', b"\xef\xbb\xbf" + _STATUS, _STATUS * 2),
    ]
)
_not_ours = st.one_of(_odd, damaged(_lines), st.binary(max_size=300), st.tuples(_lines, _lines).map(b"".join))
cases = mostly(_lines, _not_ours, one_in=2)


# checks


class _Deaf:
    """A speaker without a sound card."""

    def __init__(self, clock: Clock[Input | Quit]) -> None:
        self.clock = clock

    def open(self) -> None:
        self.clock.put(Sound(False, "no card"))

    def close(self) -> None:
        pass

    def say(self, phrase: Phrase, at: Ms) -> None:
        pass

    def tone(self, signal: Signal, at: Ms) -> None:
        pass

    def hush(self) -> None:
        pass

    def softly(self, on: bool) -> None:
        """Play what nobody has asked for."""

    def set_volume(self, volume: int) -> None:
        pass


class _Mistakes(logging.Handler):
    """Keeps what went wrong in a handler of a request, which its client is not told."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.found.append(record.exc_info[1])


def _no_pins() -> Pins:
    raise PinsError("there is no chip")


@contextmanager
def _opened(folder: Path) -> Iterator[Check]:
    """A trainer without sound and pins, whose loop, socket and requests are the real ones. No child does any work."""
    clock: Clock[Input | Quit] = Clock()
    programs = [Program(SMALL, "adult", "standard")]
    clips = ClipCache(folder / "clips", "of nobody")
    trainer = Trainer(
        programs, clips, {"button": ButtonReader(Ms(30), Ms(1_200))}, planning=Planning(clips), draw=lambda: "123456"
    )
    pins, hub = RetryingPins(_no_pins, clock.put), Hub(Status(programs, 0))
    parts = {"clips": clips, "pins": pins, "wall": WallClock(), "status": hub.status}
    children = {
        "make": lambda _phrases, _patience: 0,
        "doctor": ["true"],
        "sound": ["true"],
        "lent": nullcontext,
    }
    requests = Requests(Settings(), programs, clock.put, **parts, **children)  # type: ignore[arg-type]
    handlers: dict[str, Handler] = requests.handlers()
    handlers |= Upkeep(Settings(), WallClock(), hub.status, KeptLog(), lambda: None, lambda: None).handlers()
    assert set(handlers) == set(COMMANDS), "a new command is to be drawn, too"

    outputs = Outputs(_Deaf(clock), pins, hub.publish, tones=False, answer=requests.answered)
    loop = threading.Thread(target=run, args=(clock, trainer, outputs), name="fuzzed loop")
    loop.start()
    control = Control(socket_file(folder / "run"), handlers)
    control.serve()
    mistakes = _Mistakes()
    logging.getLogger("pitrainer.control.server").addHandler(mistakes)
    try:
        yield lambda case: _check(case, socket_file(folder / "run"), mistakes)
        assert loop.is_alive(), "the loop has survived everything"
    finally:
        logging.getLogger("pitrainer.control.server").removeHandler(mistakes)
        control.close()
        clock.put(Quit("that was all"))
        loop.join(PATIENCE)
        pins.close()


def _check(case: bytes, file: Path, mistakes: _Mistakes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENCE)
        client.connect(str(file))
        with suppress(BrokenPipeError, ConnectionResetError):  # it has read enough
            client.sendall(case)
            client.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):  # what it has not read is thrown away
            while part := client.recv(65_536):
                answer += part
    if mistakes.found:
        raise mistakes.found.pop(0)
    assert answer.endswith(b"\n")
    assert answer.count(b"\n") == 1, answer[:300]
    told = json.loads(answer)
    assert told["ok"] in (True, False)
    if not told["ok"]:
        assert set(told) == {"ok", "error"}
        assert_line(told["error"], file.parent)


REQUESTS = Target("requests", "json", 250, cases, _opened)
