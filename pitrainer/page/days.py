"""What was done: each day of the last year, with its sessions, and the holds of each, from the trainer's history."""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ..config.locate import Environ, in_force
from ..config.routines import routines_there
from ..config.schema import Settings
from ..config.validation import load_defaults
from ..core.learned import Practised, learned, practise
from ..core.progression import streak_days
from ..core.routine import EVERY_DAY, Profile, Regimen, Routine
from ..core.session_record import HoldRecord, SessionRecord
from ..core.statistics import DAY, streak
from ..core.units import MINUTE
from ..history import rows
from ..history.database import check_quickly, reading
from ..history.transfer import write_csv

SHOWN = 371
"""Days: a year of whole weeks, and the week that runs."""


class Days:
    """Reads the history as somebody who may not write it."""

    def __init__(self, settings: Path, history: Path, environ: Environ) -> None:
        """Take the settings' file, and the folder of the trainer's history where they name none; nothing is read yet."""
        self._settings = settings
        self._history = history
        self._environ = environ

    def days(self, today: date, person: str = "") -> dict[str, Any]:
        """Return the days until one, the newest last, with what a person did on each; of everybody where none is named.

        `share` is that of the day's best session, 0 to 1; each exercise counts the same in it. Lengths are milliseconds.

        Raises:
            HistoryError: if the history cannot be read.
        """
        settings, file = self._loaded()
        first, coaching = today - (SHOWN - 1) * DAY, settings.coaching
        persons, done = set[str](), set[date]()
        practised: dict[Regimen, dict[str, Practised]] = {}
        sessions: dict[date, list[dict[str, Any]]] = {}
        with reading(file) as database:
            check_quickly(database)
            for past in rows.pasts(database):
                persons.add(who := _who(past.regimen.person, past.regimen.profile))
                if person in ("", who):
                    practised[past.regimen] = practise(practised.get(past.regimen, {}), [past], coaching.full_again)
                    done |= {past.day} if past.done(settings.history.done) else set()
            routines = routines_there(settings, {regimen.routine for regimen in practised})
            # One after the other: all at once, two years of holds take 10 MB.
            for record in rows.records(database, first):
                if person in ("", _who(record.person, record.profile)):
                    sessions.setdefault(record.past.day, []).append(_session(record, routines.get(record.routine)))
        due = [
            streak_days(routines[regimen.routine], learned(its, today, coaching.short_after, coaching.full_again))
            for regimen, its in practised.items()
            if regimen.routine in routines
        ]
        return {
            "persons": sorted(persons),
            "streak": streak(done, today, frozenset[int]().union(*due) if due else EVERY_DAY),
            "done_from": settings.history.done / 100,
            "days": [
                {
                    "day": day.isoformat(),
                    "share": max((session["share"] for session in sessions.get(day, ())), default=0),
                    "done": day in done,
                    "sessions": sessions.get(day, []),
                }
                for day in (first + timedelta(days=number) for number in range(SHOWN))
            ],
        }

    def holds(self, session: str) -> list[dict[str, Any]]:
        """Return each hold of a session by its id: in what `days` returns, those of a year would take a megabyte.

        Raises:
            HistoryError: if the history cannot be read.
        """
        _, file = self._loaded()
        with reading(file) as database:
            return [
                {
                    "exercise": hold.exercise,
                    "position": hold.position,
                    "set": hold.set,
                    "held": _held(hold),
                    "length": hold.planned,
                    "skipped": hold.skipped,
                }
                for hold in rows.holds(database, session)
            ]

    def csv(self, person: str = "") -> str:
        """Return every hold of a person as a row, or everybody's where none is named.

        Raises:
            HistoryError: if the history cannot be read.
        """
        text = io.StringIO()
        _, file = self._loaded()
        with reading(file) as database:
            check_quickly(database)
            records = rows.records(database)
            write_csv((record for record in records if person in ("", _who(record.person, record.profile))), text)
        return text.getvalue()

    def _loaded(self) -> tuple[Settings, Path]:
        """Return the settings in force, and the file of the history."""
        settings = load_defaults(in_force(self._settings, self._environ), self._environ)
        return settings, (settings.paths.state or self._history) / "history.db"


def _who(person: str, profile: Profile) -> str:
    """Return whose a session was: a name, or the profile where nobody is named, as `pitrainer history` has it."""
    return person or profile


def _session(record: SessionRecord, routine: Routine | None) -> dict[str, Any]:
    names = {exercise.id: exercise.name[record.profile] for exercise in routine.exercises} if routine else {}
    by_exercise: dict[str, list[HoldRecord]] = {}
    for hold in record.holds:
        by_exercise.setdefault(hold.exercise, []).append(hold)
    return {
        "id": record.uuid,
        "started": record.start.isoformat(timespec="seconds"),
        "routine": record.routine,
        "title": routine.title if routine else record.routine,
        "profile": record.profile,
        "person": record.person or None,
        "level": record.level,
        "completed": record.result == "completed",
        "share": record.past.share / 10_000,
        "minutes": round(record.past.active / MINUTE, 1),
        "exercises": [_exercise(id_, names.get(id_, id_), holds) for id_, holds in by_exercise.items()],
        "ratings": [
            {"name": names.get(one.exercise, one.exercise) or None, "question": one.about, "value": one.value}
            for one in record.ratings
        ],
    }


def _exercise(id_: str, name: str, holds: Sequence[HoldRecord]) -> dict[str, Any]:
    return {
        "id": id_,
        "name": name,
        "held": sum(map(_held, holds)),
        "length": sum(hold.planned for hold in holds),
        "skipped": sum(hold.skipped for hold in holds),
    }


def _held(hold: HoldRecord) -> int:
    return min(hold.held or 0, hold.planned)
