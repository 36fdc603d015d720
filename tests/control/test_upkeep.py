"""Whoever looks after a running trainer has its settings read anew, and is told the log's last lines and the sound cards."""

import logging
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pitrainer.audio.cards import Card
from pitrainer.config.schema import Settings
from pitrainer.control import kept_log, upkeep
from pitrainer.control.client import ask
from pitrainer.control.kept_log import KeptLog
from pitrainer.control.protocol import Handler, socket_file
from pitrainer.control.server import Control
from pitrainer.control.status import Status
from pitrainer.control.upkeep import Upkeep
from pitrainer.core.messages import WaitingForClips
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.errors import BadInput, PitrainerError, Problem, RefusedError
from pitrainer.wallclock import WallClock
from support.fakes import SMALL

log = logging.getLogger("pitrainer.test")


def handlers(
    kept: KeptLog | None = None,
    reload: Callable[[], str] = lambda: "",
    status: Status | None = None,
    device: str = "",
    before: Card | None = None,
) -> dict[str, Handler]:
    settings = replace(Settings(), sound=replace(Settings().sound, device=device))
    return Upkeep(settings, WallClock(), status or Status([], 0), kept or KeptLog(), reload, lambda: before).handlers()


def test_the_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest lines are told, the newest last, each with the time that the wall clock had then as it knows now."""
    kept = KeptLog()
    at = 1_000
    monkeypatch.setattr(kept_log, "monotonic", lambda: at)
    with kept.listening():
        log.warning("one %d", 1)
        at = 61_500
        log.warning("two\x1b[2J\nx")
        try:
            raise ValueError("why")
        except ValueError:
            log.exception("three")
    log.warning("not any more")
    at = 62_000
    now = datetime.fromisoformat("2026-11-28T14:30:05+01:00")
    assert kept.lines(200, now) == [
        "2026-11-28 14:29:04 one 1",
        "2026-11-28 14:30:04 two\\x1b[2J\\nx",
        "2026-11-28 14:30:04 three: ValueError: why",
    ]
    assert kept.lines(1, now) == ["2026-11-28 14:30:04 three: ValueError: why"]


def test_no_more_than_that() -> None:
    """However much is logged, the last 200 lines are kept, of each no more than its beginning."""
    kept = KeptLog()
    with kept.listening():
        for number in range(250):
            log.warning("%s%d", "x" * 1_000 if number == 249 else "", number)
    lines = handlers(kept)["log"]({"command": "log"})["lines"]
    assert [line.split(" ")[2] for line in lines] == [*map(str, range(50, 249)), "x" * 297 + "..."]
    assert len(handlers(kept)["log"]({"command": "log", "lines": 3})["lines"]) == 3


@pytest.mark.parametrize("wrong", [0, 201, True, "3", None, 1.0])
def test_no_number_of_lines(wrong: object) -> None:
    """What is no number of lines is refused with what would be right."""
    with pytest.raises(PitrainerError, match='"lines" must be a whole number from 1 to 200'):
        handlers()["log"]({"command": "log", "lines": wrong})


def test_reload() -> None:
    """Settings are taken over at once, or after the session that runs; who asks is told which."""
    taken: list[str] = []
    status = Status([Program(SMALL, "adult", "standard")], 0)
    reload = handlers(reload=lambda: taken.append("taken") or "", status=status)["reload"]  # type: ignore[func-returns-value]
    assert reload({"command": "reload"}) == {"after_session": False}
    status(WaitingForClips(Ms(0)))
    assert reload({"command": "reload"}) == {"after_session": True}
    assert taken == ["taken", "taken"]
    assert handlers(reload=lambda: "never")["reload"]({"command": "reload"}) == {"not_taken": "never"}


def test_reload_is_refused(tmp_path: Path) -> None:
    """Mistakes in the settings are told to who asks, all of them and without the warnings, each on one line."""

    def mistaken() -> str:
        raise BadInput(
            [Problem("a.toml", "x", "is wrong"), Problem("a.toml", "y", "odd", warning=True), Problem("b", "", "z\n")]
        )

    control = Control(socket_file(tmp_path / "run"), handlers(reload=mistaken))
    control.serve()
    with closing(control), pytest.raises(RefusedError, match=r"^2 mistakes in the settings$") as refused:
        ask(socket_file(tmp_path / "run"), {"command": "reload"})
    assert refused.value.mistakes == ("a.toml: x: is wrong", "b: z\\n")


def test_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every card is told with what it is, and which of them sound comes out of: none while another is waited for."""
    cards = [
        Card(1, "Device", "USB Audio", "usb-1.1", "usb", 0),
        Card(0, "Headphones", "bcm2835 Headphones", "", "jack", 0),
    ]
    monkeypatch.setattr(upkeep, "read_cards", lambda: cards)
    monkeypatch.setattr(upkeep, "about", lambda card: f"{card.kind}!")

    def told(device: str, before: Card | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = handlers(device=device, before=before)["cards"]({"command": "cards"})["cards"]
        return found

    usb = {"number": 1, "id": "Device", "name": "USB Audio", "kind": "usb", "why": "usb!", "in_force": True}
    jack = {"number": 2, "id": "Headphones", "name": "bcm2835 Headphones", "kind": "jack", "why": "jack!", "in_force": False}
    assert told("") == [usb, jack]
    assert told("Headphones") == [usb | {"in_force": False}, jack | {"in_force": True}]
    assert told("", cards.pop(0)) == [jack | {"number": 1}]


def test_a_trainer_that_says_nothing(tmp_path: Path) -> None:
    """A trainer that hangs up has not refused."""
    file = socket_file(tmp_path / "run")
    file.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(file))
        listening.listen()
        listening.settimeout(0.2)
        with pytest.raises(PitrainerError) as caught:
            ask(file, {"command": "reload"}, 0.2)
    assert not isinstance(caught.value, RefusedError)
