"""What another process asks for reaches the loop as an order, or is refused with what would be right."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from pitrainer.config.schema import Settings
from pitrainer.control.handlers import Requests
from pitrainer.control.status import Status
from pitrainer.core.messages import Answered, Edge, Input, Order
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.doctor import pin_checks
from pitrainer.errors import PitrainerError
from pitrainer.wallclock import WallClock
from support.fakes import SMALL

PROGRAMS = [
    Program(SMALL, "adult", "standard"),
    Program(SMALL, "child", "full"),
    Program(SMALL, "child", "full", "Ben"),
]
SETTINGS = replace(Settings(), sound=replace(Settings().sound, soft_max=80))

NO_TIME = '"time" must be a time of day such as "14:30", "day" a date such as "2026-11-28"'
NO_PROGRAM = '"number" must be the number of a program, or "routine", "profile" and "person" its names'


def asked(request: dict[str, Any], programs: list[Program] | None = None) -> tuple[str, int]:
    """Have a request obeyed; return the order that it became."""
    orders: list[Order] = []

    def put(what: Input) -> None:
        assert isinstance(what, Order)
        orders.append(what)
        requests.answered(Answered(Ms(0), what))

    programs = PROGRAMS if programs is None else programs
    none: Any = None
    requests = Requests(
        SETTINGS,
        programs,
        put,
        clips=none,
        pins=none,
        wall=none,
        status=Status(programs, 0),
        make=lambda *_: 0,
        doctor=[],
        sound=[],
        lent=nullcontext,
    )
    assert requests.handlers()[request["command"]](request) == {}
    (order,) = orders
    return order.what, order.number


@pytest.mark.parametrize(
    ("request_", "order"),
    [
        ({"command": "program", "number": 1}, ("program", 0)),
        ({"command": "program", "number": 2}, ("program", 1)),
        ({"command": "program", "number": 3, "profile": "child", "person": "Ben"}, ("program", 2)),
        ({"command": "program", "routine": "small"}, ("program", 0)),
        ({"command": "program", "routine": "small", "profile": "child"}, ("program", 1)),
        ({"command": "program", "routine": "small", "person": "Ben"}, ("program", 2)),
        ({"command": "program", "routine": "small", "profile": "child", "person": None}, ("program", 1)),
        ({"command": "volume", "volume": 0}, ("volume", 0)),
        ({"command": "volume", "volume": 80}, ("volume", 80)),
        ({"command": "reminders", "on": True}, ("reminders", 1)),
        ({"command": "reminders", "on": False}, ("reminders", 0)),
    ],
)
def test_orders(request_: dict[str, Any], order: tuple[str, int]) -> None:
    """Each becomes its order."""
    assert asked(request_) == order


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"command": "program", "number": 0}, "there is no program 0: there are 3"),
        ({"command": "program", "number": 4}, "there is no program 4: there are 3"),
        (
            {"command": "program", "number": 1, "profile": None, "person": "Ben"},
            'program 1 is not for "Ben"; there are: small adult, small child, small Ben child',
        ),
        (
            {"command": "program", "number": 3, "profile": "adult"},
            'program 3 is not for "adult"; there are: small adult, small child, small Ben child',
        ),
        ({"command": "program"}, NO_PROGRAM),
        ({"command": "program", "number": 1, "profile": 3}, NO_PROGRAM),
        (
            {"command": "program", "number": True},
            '"number" must be the number of a program, or "routine", "profile" and "person" its names',
        ),
        (
            {"command": "program", "routine": "x"},
            'no program has the routine "x"; there are: small adult, small child, small Ben child',
        ),
        (
            {"command": "program", "routine": "small", "profile": "cat"},
            'no program has the routine "small" for "cat"; there are: small adult, small child, small Ben child',
        ),
        (
            {"command": "program", "routine": "small", "profile": "adult", "person": "Ben"},
            'no program has the routine "small" for "Ben", "adult"; there are: small adult, small child, small Ben child',
        ),
        ({"command": "program", "routine": "small", "person": 3}, NO_PROGRAM),
        ({"command": "volume"}, '"volume" must be a whole number from 0 to 100'),
        ({"command": "volume", "volume": 101}, '"volume" must be a whole number from 0 to 100'),
        ({"command": "volume", "volume": 5.0}, '"volume" must be a whole number from 0 to 100'),
        ({"command": "volume", "volume": 81}, "the volume may not be above 80 (sound.soft_max)"),
        ({"command": "reminders", "on": 1}, '"on" must be true or false'),
    ],
)
def test_refused(request_: dict[str, Any], why: str) -> None:
    """What cannot be done is said, with what can."""
    with pytest.raises(PitrainerError) as caught:
        asked(request_)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"command": "clock", "time": "25:00"}, '"25:00" is not a time of day such as 14:30'),
        ({"command": "clock", "time": ""}, '"" is not a time of day such as 14:30'),
        ({"command": "clock", "time": "14:30", "day": "x"}, '"x" is not a date of 2026 to 2099 such as 2026-11-28'),
        ({"command": "clock", "time": 1430}, NO_TIME),
        ({"command": "clock", "time": "14:30", "day": None}, NO_TIME),
    ],
)
def test_a_wrong_time(request_: dict[str, Any], why: str) -> None:
    """What is no time leaves the clock as it is."""
    wall = WallClock()
    with pytest.raises(PitrainerError) as caught:
        about_the_clock(request_, wall)
    assert str(caught.value) == why
    assert not wall.by_hand


def test_the_clock(tmp_path: Path) -> None:
    """It is told with who has set it, and can be set."""
    clocks = round(datetime.fromisoformat("2026-11-22T09:00Z").timestamp() * 1000), 60_000
    wall = WallClock(tmp_path, lambda: clocks)
    zone = {"zone": "Etc/UTC"}
    assert about_the_clock({"command": "clock"}, wall) == {"clock": {"at": "2026-11-22T09:00:00+00:00", **zone, "source": ""}}
    set_ = {"clock": {"at": "2026-11-28T14:30:00+00:00", **zone, "source": "hand"}}
    assert about_the_clock({"command": "clock", "time": "14:30", "day": "2026-11-28"}, wall) == set_
    assert about_the_clock({"command": "clock"}, wall) == set_


def about_the_clock(request: dict[str, Any], wall: WallClock) -> dict[str, Any]:
    """Return the answer of a trainer in London's winter to a request about its clock."""
    none: Any = None
    settings = replace(SETTINGS, clock=replace(SETTINGS.clock, zone="Etc/UTC"))
    parts = {"clips": none, "pins": none, "wall": wall, "status": none}
    requests = Requests(settings, [], none, **parts, make=none, doctor=[], sound=[], lent=none)
    return requests.handlers()["clock"](request)


def test_without_programs() -> None:
    """Where the settings are wrong, there is no program to choose."""
    with pytest.raises(PitrainerError, match="there is no program 1: there are 0"):
        asked({"command": "program", "number": 1}, [])


class Source:
    """Pins, or keys, that are pressed as soon as somebody else listens."""

    why, mock, names = "no pins", False, ("a pedal",)

    def __init__(self, loop: Any) -> None:
        self.heard_by = [loop]

    @property
    def put(self) -> Any:
        return self.heard_by[-1]

    @put.setter
    def put(self, listener: Any) -> None:
        self.heard_by.append(listener)
        if len(self.heard_by) == 2:
            edges = Edge("button", True, Ms(1000)), Edge("button", False, Ms(1200))
            Timer(0.05, lambda: [listener(edge) for edge in edges]).start()


RELEASED = Edge("button", False, Ms(1200))


class NoPins:
    pins, mock, why = None, False, "no pins: there is no GPIO chip"


def requests_with(
    keys: Any,
    sound: Sequence[str] = (),
    lent: Any = nullcontext,
    why: str = "",
    ordered: Callable[[str], None] = lambda _: None,
) -> Requests:
    """Return what obeys requests, where the loop answers each order with a reason not to."""
    none: Any = None
    pins: Any = NoPins()

    def put(what: Input) -> None:
        assert isinstance(what, Order)
        ordered(what.what)
        requests.answered(Answered(Ms(0), what, why))

    requests = Requests(
        SETTINGS,
        PROGRAMS,
        put,
        clips=none,
        pins=pins,
        wall=WallClock(),
        keys=keys,
        status=Status(PROGRAMS, 0),
        make=lambda *_: 0,
        doctor=[],
        sound=sound,
        lent=lent,
    )
    return requests


@pytest.mark.parametrize("command", ["doctor", "watch_button", "try_card"])
def test_not_when_a_session_is_about_to_start(command: str) -> None:
    """Nobody takes sound or button away from a start, also while it waits for the sound."""
    requests = requests_with(Source(print), why="a session is about to start")
    with pytest.raises(PitrainerError, match="a session is about to start"):
        requests.handlers()[command]({"card": "Device", "number": 2})


def test_a_press_without_pins() -> None:
    """Where there are no pins, `press` says why."""
    with pytest.raises(PitrainerError, match="there is no GPIO chip"):
        requests_with(None).handlers()["press"]({"hold_ms": 100})


def test_a_key_for_the_doctor() -> None:
    """The press that the doctor asks for may be one of a key; afterwards, the loop hears it again."""
    heard: list[Edge] = []
    keys = Source(heard.append)
    (check,) = requests_with(keys).handlers()["watch_button"]({"command": "watch_button"})["checks"]
    assert (check["state"], check["found"]) == ("ok", "pressed for 0.2 s, 2 edges")
    assert heard == [RELEASED], "it may have been down before: the loop heeds no other release"
    assert keys.put == heard.append


def test_nothing_to_press() -> None:
    """Without pins and keys there is nothing to wait for; the reason is told."""
    with pytest.raises(PitrainerError, match="there is no GPIO chip"):
        requests_with(None).handlers()["watch_button"]({"command": "watch_button"})


SAYS = """
import json, sys
print(json.dumps({"why": "" if sys.argv[1:] == ["--card=Device", "--number=2"] else f"not {sys.argv[1:]}"}))
"""
CARD = {"command": "try_card", "card": "Device", "number": 2}


def test_a_card_is_tried() -> None:
    """A child has the card say its number, while the trainer lets go of it; a press meanwhile is told, and starts nothing."""
    heard: list[Edge] = []
    lent: list[str] = []

    @contextmanager
    def lend() -> Iterator[None]:
        lent.append("lent")
        yield
        lent.append("back")

    keys = Source(heard.append)
    requests = requests_with(keys, [sys.executable, "-c", SAYS], lend, ordered=lent.append)
    assert requests.handlers()["try_card"](CARD) == {"why": "", "pressed": True}
    assert heard == [RELEASED]
    assert keys.put == heard.append
    assert lent == ["lend_card", "lent", "back"], "the loop closes the sound first, which may still be open from before"


@pytest.mark.parametrize(
    ("request_", "order"),
    [
        ({"command": "doctor"}, "lend_card"),
        ({"command": "doctor", "quiet": True}, "lend"),
        ({"command": "watch_button"}, "lend"),
    ],
)
def test_what_is_lent(request_: dict[str, Any], order: str) -> None:
    """Who plays nothing does not have the sound closed, and need not wait until nothing is being said."""
    ordered: list[str] = []
    with pytest.raises(PitrainerError, match="not now"):
        requests_with(None, why="not now", ordered=ordered.append).handlers()[request_["command"]](request_)
    assert ordered == [order]


def test_a_card_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with a card is told, and what is wrong with the child that tries it; no press is waited for."""
    monkeypatch.setattr(pin_checks, "CHOOSE", 600)
    tried = requests_with(None, [sys.executable, "-c", SAYS]).handlers()["try_card"]
    assert tried(CARD | {"number": 3}) == {"why": "not ['--card=Device', '--number=3']", "pressed": False}
    assert tried(CARD | {"card": "--x"}) == {"why": "not ['--card=--x', '--number=2']", "pressed": False}
    failing = requests_with(None, ["/nowhere"]).handlers()["try_card"](CARD)
    assert failing["why"].startswith("the card could not be tried: ")
    assert not failing["pressed"]


@pytest.mark.parametrize(
    "wrong", [{"card": None}, {"card": 3}, {"number": 0}, {"number": 10}, {"number": "2"}, {"number": True}]
)
def test_no_card(wrong: dict[str, Any]) -> None:
    """What names no card, or no number, is refused with what would be right."""
    with pytest.raises(PitrainerError, match=r'"card" must be the id of a sound card, and "number" what it says, 1 to 9'):
        requests_with(None).handlers()["try_card"](CARD | wrong)
