"""What was done: each day of the last year, with its sessions and their holds, from the trainer's history."""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ..config.locate import Environ
from ..config.routines import routines_there
from ..config.validation import load_defaults
from ..core.routine import Routine, due_days
from ..core.session_record import HoldRecord, SessionRecord
from ..core.statistics import DAY, streak
from ..core.units import MINUTE
from ..history.store import History
from ..history.transfer import write_csv

SHOWN = 371
"""Days: a year of whole weeks, and the week that runs."""


class Days:
    """Reads the history as somebody who may not write it."""

    def __init__(self, settings: Path, history: Path, environ: Environ) -> None:
        """Take the settings' file, and the folder of the trainer's history; nothing is read yet."""
        self._settings = settings
        self._history = history / "history.db"
        self._environ = environ

    def days(self, today: date, person: str = "") -> dict[str, Any]:
        """Return the days until one, the newest last, with what a person did on each; of everybody where none is named.

        `share` is that of the day's best session, 0 to 1; each exercise counts the same in it. Lengths are milliseconds.

        Raises:
            HistoryError: if the history cannot be read.
        """
        settings = load_defaults(self._settings, self._environ)
        records = self._records()
        theirs = [record for record in records if person in ("", _who(record))]
        routines = routines_there(settings, {record.routine for record in theirs})
        of_day: dict[date, list[SessionRecord]] = {}
        for record in theirs:
            of_day.setdefault(record.past.day, []).append(record)
        done = {day for day, of_one in of_day.items() if any(one.past.done(settings.history.done) for one in of_one)}
        first = today - (SHOWN - 1) * DAY
        return {
            "persons": sorted(set(map(_who, records))),
            "streak": streak(done, today, due_days(routines.values())),
            "done_from": settings.history.done / 100,
            "days": [
                {
                    "day": day.isoformat(),
                    "share": max((record.past.share for record in of_day.get(day, ())), default=0) / 10_000,
                    "done": day in done,
                    "sessions": [_session(record, routines.get(record.routine)) for record in of_day.get(day, ())],
                }
                for day in (first + timedelta(days=number) for number in range(SHOWN))
            ],
        }

    def csv(self, person: str = "") -> str:
        """Return every hold of a person as a row, or everybody's where none is named.

        Raises:
            HistoryError: if the history cannot be read.
        """
        text = io.StringIO()
        write_csv((record for record in self._records() if person in ("", _who(record))), text)
        return text.getvalue()

    def _records(self) -> list[SessionRecord]:
        return History(self._history, 0).records()  # what counts as done is asked of each session


def _who(record: SessionRecord) -> str:
    """Return whose a session was: a name, or the profile where nobody is named, as `pitrainer history` has it."""
    return record.person or record.profile


def _session(record: SessionRecord, routine: Routine | None) -> dict[str, Any]:
    names = {exercise.id: exercise.name[record.profile] for exercise in routine.exercises} if routine else {}
    by_exercise: dict[str, list[HoldRecord]] = {}
    for hold in record.holds:
        by_exercise.setdefault(hold.exercise, []).append(hold)
    return {
        "started": record.start.isoformat(timespec="seconds"),
        "routine": record.routine,
        "title": routine.title if routine else record.routine,
        "profile": record.profile,
        "person": record.person or None,
        "level": record.level,
        "completed": record.result == "completed",
        "share": record.past.share / 10_000,
        "minutes": round(record.past.active / MINUTE, 1),
        "exercises": [_exercise(names.get(id_, id_), holds) for id_, holds in by_exercise.items()],
        "ratings": [],
    }


def _exercise(name: str, holds: Sequence[HoldRecord]) -> dict[str, Any]:
    return {
        "name": name,
        "held": sum(min(hold.held or 0, hold.planned) for hold in holds),
        "length": sum(hold.planned for hold in holds),
        "skipped": sum(hold.skipped for hold in holds),
    }
