"""Invented histories: for the benches, the README's pictures, and the tests."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone

from pitrainer.core.session_record import HoldRecord, SessionRecord
from pitrainer.core.units import Ms

EXERCISES = ("press", "turn", "tilt", "chin-to-chest", "shrug")
POSITIONS = ("forehead", "back of the head", "left temple", "right temple", "")


TAPER = """
schema = 1
id = "taper"
title = "Taper"
language = "en"
[[exercise]]
id = "daily"
name = "Daily"
say = "Do it."
hold = "10s"
until_session = 7
[[exercise]]
id = "seldom"
name = "Seldom"
say = "Do it."
hold = "10s"
days = ["mon", "wed", "fri"]
"""


def tapered(last: date) -> list[SessionRecord]:
    """Return a month of the routine `TAPER`: a week of every day, and the days on which it is due since."""
    month = [*invented(last, 28, holds=5)]
    whole = (
        replace(one, holds=tuple([replace(hold, held=hold.planned, skipped=False) for hold in one.holds])) for one in month
    )
    return [replace(one, routine="taper") for day, one in enumerate(whole) if day < 7 or one.start.weekday() in (0, 2, 4)]


def invented(last: date, sessions: int, *, seed: int = 1, holds: int = 25, daily: bool = True) -> Iterator[SessionRecord]:
    """Yield one session a day until a day, the oldest first; not daily, days and holds are left out as people do."""
    chance = random.Random(seed)
    for back in reversed(range(sessions)):
        day = last - timedelta(days=back)
        if not daily and chance.random() < (0.35 if day.weekday() > 4 else 0.08):
            continue
        stopped = holds if daily or chance.random() > 0.07 else chance.randrange(2, holds)
        zone = timezone(timedelta(hours=2 if 4 <= day.month <= 10 else 1))
        start = datetime.combine(day, time(19, 30), zone) + timedelta(milliseconds=chance.randrange(3_600_000))
        records = []
        for number in range(holds):
            exercise = EXERCISES[number * len(EXERCISES) // holds]
            planned = Ms(10_000 if exercise != "chin-to-chest" else 45_000)
            skipped = number < stopped and chance.random() < (0.12 if exercise == "chin-to-chest" else 0.01)
            held = None if number >= stopped else Ms(chance.randrange(planned)) if skipped else planned
            position = POSITIONS[number % len(POSITIONS)]
            records.append(HoldRecord(3 + 5 * number, exercise, position, 1, planned, held, skipped))
        length = timedelta(seconds=60 + 28 * stopped + chance.randrange(40))
        yield SessionRecord(
            str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            start,
            start + length,
            True,
            "neck",
            "49d8b5086410",
            "adult",
            "standard",
            "completed" if stopped == holds else "stopped",
            Ms(0),
            len(EXERCISES),
            tuple(records),
        )
