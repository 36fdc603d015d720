"""`history`: what was done, for the eye and for other programs."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..config import locate, schema, validation
from ..config.owner import become_owner
from ..config.routines import routines_there
from ..core.learned import Learned, learned, practise
from ..core.routine import Regimen, Routine
from ..errors import PitrainerError
from ..wallclock import set_zone
from .common import writing
from .orders import ask_trainer

if TYPE_CHECKING:
    from ..core.progression import Reached
    from ..core.statistics import Past
    from ..history.store import History

log = logging.getLogger(__name__)


def show_history(options: argparse.Namespace) -> int:
    """Print the calendar or an export, or draw the picture."""
    settings, history = _open_history(options)
    if options.json or options.csv:
        from ..history.transfer import write_csv, write_json

        (write_json if options.json else write_csv)(history.records(), sys.stdout)
        return 0

    from ..core.progression import streak_days
    from ..core.statistics import overviews

    today = current_day()
    pasts = history.pasts()
    routines = routines_there(settings, {past.regimen.routine for past in pasts})
    due = {
        regimen: streak_days(routines[regimen.routine], _learned(settings, pasts, regimen, today))
        for regimen in {past.regimen for past in pasts if past.regimen.routine in routines}
    }
    found = overviews(pasts, history.skips, settings.history.done, today, options.weeks, due)
    if options.picture:
        from .chart import draw

        with writing(options.picture):
            draw(found, options.picture)
    else:
        from .calendar import print_history

        print_history(found, _reached(settings, pasts, routines, today, options.weeks))
    return 0


def _reached(
    settings: schema.Settings, pasts: "Sequence[Past]", routines: Mapping[str, Routine], today: date, weeks: int
) -> "dict[str, list[Reached]]":
    """Return how far each person has come in what grows of the routines that they did in these weeks, by name or profile."""
    from ..core.progression import reached

    since = today - timedelta(days=today.weekday(), weeks=weeks - 1)
    found: dict[str, list[Reached]] = {}
    for regimen in dict.fromkeys(past.regimen for past in pasts if past.day >= since):
        if routine := routines.get(regimen.routine):
            come = reached(routine, regimen.profile, _learned(settings, pasts, regimen, today))
            found.setdefault(regimen.person or regimen.profile, []).extend(come)
    return found


def learned_by(settings: schema.Settings, regimen: Regimen, today: date) -> Learned:
    """Return what a person has learned of a routine, by the history."""
    return _learned(settings, _history_of(settings).pasts(), regimen, today)


def _learned(settings: schema.Settings, pasts: "Sequence[Past]", regimen: Regimen, today: date) -> Learned:
    coaching, own = settings.coaching, [past for past in pasts if past.regimen == regimen]
    practised = practise({}, own, coaching.full_again, settings.history.done, coaching.pain_most)
    return learned(practised, today, coaching.short_after, coaching.full_again)


def current_day() -> date:
    """Return the day by the running trainer's clock, which may have been told the time; else by the system's."""
    try:
        return datetime.fromisoformat(ask_trainer({"command": "clock"})["clock"]["at"]).date()
    except PitrainerError:
        return datetime.now().astimezone().date()


def import_history(options: argparse.Namespace) -> int:
    """Add the sessions of an export."""
    from ..history.transfer import read_json

    records = read_json(options.file)  # first: only root may be allowed to
    _, history = _open_history(options)
    print(history.add(records))
    return 0


def _open_history(options: argparse.Namespace) -> "tuple[schema.Settings, History]":
    settings, warnings = validation.load(locate.find_settings_file(options.config, os.environ), os.environ)
    for warning in warnings:
        log.warning("%s", warning)
    set_zone(settings.clock.zone)
    return settings, _history_of(settings)


def _history_of(settings: schema.Settings) -> "History":
    from ..history.store import History

    folder = settings.state_folder(os.environ)
    if settings.means_services_state(os.environ) and folder != locate.SERVICE_STATE:
        from ..control.client import JOIN_GROUP

        # Their own folder would look like an empty history.
        raise PitrainerError(f"{locate.SERVICE_STATE}: only the group pitrainer may read it; {JOIN_GROUP}; or use sudo")
    become_owner(folder)
    return History(folder / "history.db", settings.history.done)
