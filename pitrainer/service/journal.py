"""What the journal says of each event."""

import logging
from collections.abc import Sequence
from typing import Literal

from ..audio.clips import ClipCache
from ..core.messages import (
    Began,
    Chosen,
    Ended,
    Event,
    FaultAppeared,
    Held,
    Offered,
    Paused,
    Rated,
    Reminded,
    RemindersSwitched,
    Resumed,
    Started,
    Today,
    TodayChanged,
    TrainerEnded,
    VolumeChanged,
    WaitingForClips,
)
from ..core.plan import Plan
from ..core.reminders import Announced, Closed, PutOff, Report
from ..core.routine import Program

log = logging.getLogger(__name__)


class Journal:
    """Reads the events, and writes a line about each that somebody may look for."""

    def __init__(self, programs: Sequence[Program], clips: ClipCache, *, reminders: bool) -> None:
        """Take what the events are about; `reminders`: there are some, which need to know the time of day."""
        self._programs = programs
        self._clips = clips
        self._clock: Literal["unknown", "waiting", "right"] = "unknown" if reminders else "right"

    def __call__(self, event: Event) -> None:
        """Write about an event."""
        match event:
            case Started(_, plan):
                self._started(plan)
            case Began(_, step) if step.kind == "hold":
                place = step.position and f", {step.position}"
                log.info("hold: %s%s, %s%.1f s", step.name, place, "about " * step.own, step.length / 1000)
            case Held(_, step, held) if step.own:
                log.info("%s after %.1f s", "done" if event.done else "left", held / 1000)
            case Held(_, step, held) if not event.whole:
                log.info("held %.1f s of %.1f s", held / 1000, (step.held + step.length) / 1000)
            case Rated(_, _, about, value):
                log.info("%s: %s", about, "the answer is taken back" if value is None else value)
            case Paused():
                log.info("paused")
            case Resumed():
                log.info("resumed")
            case Ended(_, completed):
                log.info("session ends: %s", "completed" if completed else "stopped")
            case WaitingForClips(_, _, missing):
                log.info("a start waits until its phrases have been synthesised: %d to go", len(missing))
            case Chosen(_, number):
                program = self._programs[number]
                log.info("program %d: %s, %s", number + 1, program.routine.title, program.regimen.who)
            case VolumeChanged(_, volume):
                log.info("volume: %d", volume)
            case Reminded(_, report):
                log.info("%s", _in_words(report))
            case RemindersSwitched(_, on):
                log.info("reminders are switched %s", "on" if on else "off")
            case Offered(_, offer) if offer.plan:
                log.info("a session ended in step %d; a press goes on with it", offer.place)
            case Offered(_, offer):
                log.info("offered once more: %s", offer.program.routine.exercises[0].name[offer.program.profile])
            case TodayChanged(_, today) if self._clock != "right":
                self._tell_clock(today)
            case FaultAppeared(_, fault):
                self._mistakes(fault.details)
            case TrainerEnded(_, why):
                log.info("ending: %s", why)

    def _started(self, plan: Plan) -> None:
        log.info("session begins: %s, %s, %s", plan.title, plan.regimen.who, plan.level)
        missing = self._clips.missing(plan.phrases())
        if missing and self._clips.preparing:
            log.info("%d of its phrases are still being synthesised", len(missing))
        elif missing:
            log.warning("there is no clip of: %s", " | ".join(phrase.text for phrase in missing))

    def _tell_clock(self, today: Today) -> None:
        """Say that reminders wait for the clock, and when they do no more."""
        if today.streak is not None:
            self._clock, at = "right", today.reminder_at
            following = f"the next reminder is at {at.isoformat(timespec='seconds')}" if at else "no reminder is planned"
            log.info("the clock is right; %s", following)
        elif today.waits and self._clock != "waiting":
            self._clock = "waiting"
            log.info("reminders wait until the clock is set: by the network, a battery clock, or pitrainer clock set HH:MM")

    def _mistakes(self, details: Sequence[str]) -> None:
        for detail in details:
            log.error("%s", detail)
        if details and self._programs:
            log.error("not reloaded: still using the previous settings")


def _in_words(report: Report) -> str:
    """Return what became of a reminder."""
    about = f"reminder {report.reminder.key}"
    match report:
        case Announced(_, number):
            return f"{about}: said" + (f", time {number}" if number > 1 else "")
        case PutOff():
            return f"{about}: put off"
        case Closed(_, days, why):
            of = f" of {days[0]}" if len(days) == 1 else f" of {len(days)} days, {days[0]} to {days[-1]}" if days else ""
            return f"{about}{of}: {why}"
