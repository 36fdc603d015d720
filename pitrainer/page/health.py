"""How the trainer is, by its own word: what its doctor finds, what it logged, its clock, its sound cards."""

from datetime import date, datetime
from typing import Any

from ..errors import PitrainerError, RefusedError
from .refused import Refused
from .trainer import Trainer

DOCTOR = 120.0
"""Seconds: as `doctor.report.CHILD_PATIENCE`, with what the trainer checks itself."""
CARD = 40.0
"""Seconds for a card to say its number, and for a press meanwhile."""


def checks(trainer: Trainer) -> dict[str, Any]:
    """Return what the trainer's doctor finds, without a sound in the room."""
    return {"checks": trainer.ask({"command": "doctor", "quiet": True}, DOCTOR + 10)["checks"]}


def log(trainer: Trainer, lines: int = 200) -> dict[str, Any]:
    """Return the last lines that the trainer logged, the newest last."""
    return {"lines": trainer.ask({"command": "log", "lines": lines})["lines"]}


def clock(trainer: Trainer) -> dict[str, Any]:
    """Return the time by which the trainer goes, and who has set it."""
    answer: dict[str, Any] = trainer.ask({"command": "clock"})["clock"]
    return answer


def today(trainer: Trainer) -> date:
    """Return the day by the trainer's clock, which may have been told the time; else by the system's."""
    try:
        return datetime.fromisoformat(clock(trainer)["at"]).date()
    except (PitrainerError, KeyError, ValueError):
        return datetime.now().astimezone().date()


def set_clock(trainer: Trainer, time: object, day: object) -> dict[str, Any]:
    """Tell the trainer the time, such as "14:30", on a day such as "2026-11-28"; return its clock."""
    if not isinstance(time, str) or not isinstance(day, str):
        raise Refused(422, '"time" must be a time of day such as "14:30", "day" a date such as "2026-11-28"')
    answer: dict[str, Any] = trainer.ask({"command": "clock", "time": time, "day": day})["clock"]
    return answer


def say_card(trainer: Trainer, card: object, number: object) -> dict[str, Any]:
    """Have a sound card say its number; the trainer lets go of the card meanwhile."""
    why = trainer.ask({"command": "try_card", "card": card, "number": number}, CARD).get("why")
    if why:
        raise RefusedError(str(why))
    return {}
