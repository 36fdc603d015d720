"""`status`, `events`, `press`, `say` and the orders: what a running trainer is asked."""

import argparse
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from ..config import locate
from ..core.speech import tidied
from ..core.text import counted, printable
from ..errors import PitrainerError
from ..wallclock import SOURCES, parse_told
from .common import number_of, print_json


def press(options: argparse.Namespace) -> int:
    """Press the mock button of the running trainer."""
    hold = max(1, round(options.hold * 1000))
    ask_trainer({"command": "press", "hold_ms": hold}, hold / 1000)
    return 0


def give_order(options: argparse.Namespace) -> int:
    """Have the running trainer do what a gesture of the button does."""
    ask_trainer({"command": options.order})
    return 0


def choose(options: argparse.Namespace) -> int:
    """Have the running trainer choose another program."""
    number = number_of(options.program)
    named = {"routine": options.program} if number is None else {"number": number}
    ask_trainer({"command": "program", **named, "profile": options.profile, "person": options.person})
    return 0


def set_volume(options: argparse.Namespace) -> int:
    """Set the running trainer's volume."""
    ask_trainer({"command": "volume", "volume": options.volume})
    return 0


def switch_reminders(options: argparse.Namespace) -> int:
    """Switch the running trainer's reminders on or off."""
    ask_trainer({"command": "reminders", "on": options.state == "on"})
    return 0


def clock(options: argparse.Namespace) -> int:
    """Print the time by which the running trainer goes, and who has set it; set it first, if a time is given."""
    request = {"command": "clock"}
    if "time" in options:
        day = options.day or ""
        parse_told(options.time, day)
        request |= {"time": options.time, "day": day}
    told = ask_trainer(request)["clock"]
    at = datetime.fromisoformat(told["at"])
    print(printable(f"{at:%A %Y-%m-%d %H:%M} ({told['zone']}), {SOURCES[told['source']]}"))
    return 0


def events(_options: argparse.Namespace) -> int:
    """Print what happens in the running trainer, until it ends."""
    from ..control.client import follow

    for line in follow(_socket(), {"command": "events"}):
        print(json.dumps(line), flush=True)  # ASCII alone: nothing in it tells a terminal what to do
    return 0


def say(options: argparse.Namespace) -> int:
    """Have the running trainer say a text."""
    from ..control.protocol import SAY_PATIENCE

    try:
        # The trainer knows what its voice can say; a longer text would not even reach it whole.
        text = tidied(options.text)
    except ValueError as error:
        raise PitrainerError(f"the text cannot be said: {error}") from error
    ask_trainer({"command": "say", "text": text}, SAY_PATIENCE)
    return 0


def status(options: argparse.Namespace) -> int:
    """Print what the running trainer does, and what is wrong."""
    status = ask_trainer({"command": "status"})["status"]
    if options.json:
        print_json(status)
    else:
        lines = [status["text"], *_sound(status), *_habits(status), *_broker(), *status["mistakes"]]
        print(*map(printable, lines), sep="\n")
    return 0


def _sound(status: dict[str, Any]) -> Iterator[str]:
    """Return what sound comes out of, in words, once that is known; and that nothing is heard, where the volume is 0."""
    if sound := status.get("sound"):
        yield f"sound: {sound['card']}: {sound['why']}"
    if status.get("volume") == 0:
        yield "the volume is 0; turn it up: pitrainer volume N"


def _broker() -> Iterator[str]:
    """Return how the connection to the broker is, where one is asked for."""
    from .broker import in_words, report

    if told := report():
        yield f"mqtt: {in_words(told)}"


def _habits(status: dict[str, Any]) -> Iterator[str]:
    """Return what the trainer knows of days, in words."""
    if (days := status.get("streak")) is not None:
        done = "done today" if status["done_today"] else "not done yet today"
        yield done + (f", {counted(days, 'day')} in a row" if days else "")
    if status.get("reminders") is False:
        yield "reminders are switched off; pitrainer reminders on"
    elif following := status.get("next_reminder"):
        at = datetime.fromisoformat(following["at"])
        who = ", ".join(filter(None, (following["routine"], following.get("person"), following["profile"])))
        yield f"next reminder: {at:%A %H:%M}, {who}"
    if status.get("reminders_wait"):
        yield "reminders wait until the clock is set: by the network, a battery clock, or pitrainer clock set HH:MM"


def ask_trainer(request: dict[str, Any], longer: float = 0) -> dict[str, Any]:
    """Ask the running trainer; return its answer."""
    from ..control.client import ask
    from ..control.protocol import PATIENCE

    return ask(_socket(), request, PATIENCE + longer)


def _socket() -> Path:
    from ..control.protocol import socket_file

    return socket_file(locate.service_folder(os.environ))
