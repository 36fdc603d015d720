"""What the trainer is doing, folded from its events: in words for systemd, as data for other processes, for the panel."""

import threading
from collections.abc import Sequence
from typing import Any, Literal

from ..core.messages import (
    Began,
    Chosen,
    Ended,
    Event,
    Fault,
    FaultAppeared,
    FaultGone,
    GivenUp,
    Offer,
    Offered,
    OfferEnded,
    Paused,
    PlannedAnew,
    Preparing,
    Rated,
    RemindersSwitched,
    Resumed,
    Said,
    SoundCard,
    SoundCardChosen,
    Started,
    Today,
    TodayChanged,
    VolumeChanged,
    WaitingForClips,
)
from ..core.plan import Plan, Step
from ..core.routine import Program
from ..core.text import printable
from ..core.units import MINUTE, SECOND, Ms

Doing = Literal["ready", "waiting", "running", "paused"]


class Status:
    """Follows the events; may be read on any thread."""

    def __init__(self, programs: Sequence[Program], chosen: int, *, volume: int = 100, reminders_on: bool = True) -> None:
        """Begin idle, with what was kept from before."""
        self._programs = programs
        self._lock = threading.Lock()
        self._chosen = chosen
        self._doing: Doing = "ready"
        self._faults: dict[str, Fault] = {}
        self._volume = volume
        self._reminders_on = reminders_on
        self._today = Today()
        self._preparing: Preparing | None = None
        """While clips are being made."""
        self._left: Ms | None = None
        """Until those are there that a start waits for."""
        self._card: SoundCard | None = None
        self._said: Said | None = None
        """The last."""
        self._rated: tuple[Rated, str] | None = None
        """The last answer, and whose it is."""
        self._offer: Offer | None = None
        """What a press would go on with, or do once more."""
        self.plan: Plan | None = None
        """Of the session, if one runs."""
        self._started: Ms | None = None
        """When it began."""
        self.step: Step | None = None
        """The one that began last."""
        self._ahead: Step | None = None
        """The hold that comes after that one."""
        self.less = Ms(0)
        """How much shorter than planned the hold is that it leads up to."""
        self.paused_at: Ms | None = None
        """Since when the session is paused."""

    def __call__(self, event: Event) -> None:
        """Follow an event."""
        with self._lock:
            self._follow(event)

    def _follow(self, event: Event) -> None:
        match event:
            case WaitingForClips(_, left):
                self._doing, self._left = "waiting", left
            case PlannedAnew(_, plan):
                self.plan = plan
            case Preparing():
                self._preparing = None if event.ended else event
            case Started(at, plan):
                self._doing, self.plan, self.step, self._offer = "running", plan, None, None
                self._started = at
            case Began(_, step, ahead, less):
                self.step, self._ahead, self.less = step, ahead, less
            case Rated():
                self._rated = (event, self.plan.person if self.plan else "") if event.value is not None else None
            case Paused(at):
                self._doing, self.paused_at = "paused", at
            case Resumed():
                self._doing, self.paused_at, self.step = "running", None, None
            case Ended() | GivenUp():
                self._doing, self.plan, self.step, self.paused_at = "ready", None, None, None
            case Offered(_, offer):
                self._offer = offer
            case OfferEnded():
                self._offer = None
            case Said():
                self._said = event
            case Chosen(_, number):
                self._chosen = number
            case VolumeChanged(_, volume):
                self._volume = volume
            case RemindersSwitched(_, on):
                self._reminders_on = on
            case TodayChanged(_, today):
                self._today = today
            case SoundCardChosen(_, card):
                self._card = card
            case FaultAppeared(_, fault):
                self._faults[fault.what] = fault
            case FaultGone(_, what):
                self._faults.pop(what, None)

    @property
    def program(self) -> Program | None:
        """The chosen program, if there is any."""
        return self._programs[self._chosen] if self._programs else None

    @property
    def volume(self) -> int:
        """The volume that is set."""
        return self._volume

    @property
    def no_sound(self) -> str:
        """Why nothing can be heard; empty where something can."""
        with self._lock:
            return self._faults["sound"].why if "sound" in self._faults else ""

    @property
    def busy(self) -> bool:
        """Tell whether a session runs, is paused, or waits for its clips."""
        return self._doing != "ready"

    @property
    def waits(self) -> bool:
        """Tell whether a start waits for its clips."""
        return self._doing == "waiting"

    def in_session(self) -> bool:
        """Tell whether a session runs or is paused."""
        return self._doing in ("running", "paused")

    def idle(self) -> str:
        """Return what it does where no session runs: whether it waits for the voice, and for how long yet."""
        with self._lock:
            return self._idle()

    def _idle(self) -> str:
        return f"waiting for the voice{_about(self._left)}" if self._doing == "waiting" else "ready"

    def text(self) -> str:
        """Return one line: what it does, then what is wrong."""
        with self._lock:
            return self._text()

    def _text(self) -> str:
        made = self._preparing
        preparing = [f"preparing the voice: {made.made} of {made.total} phrases{_about(made.left)}"] if made else []
        wrong = (fault.why for fault in self._faults.values())
        return printable("; ".join([self._in_words(), *preparing, *wrong]))  # a sound card has any name

    def data(self) -> dict[str, Any]:
        """Return the same as JSON can hold it; `control/events.py` explains each of its parts."""
        with self._lock:
            programs = [_program(program, number) for number, program in enumerate(self._programs, 1)]
            plan, step, today, made, said = self.plan, self.step, self._today, self._preparing, self._said
            offer = self._offer
            ahead = self._ahead if step else None
            rated, whose = self._rated or (None, "")
            return {
                "text": self._text(),
                "state": self._doing,
                "program": programs[self._chosen] if programs else None,
                "programs": programs,
                "session": plan
                and {
                    "routine": plan.routine,
                    "profile": plan.profile,
                    "level": plan.level,
                    "person": plan.person or None,
                    "started": self._started,
                    "exercise": (step.number or None) if step else None,
                    "id": (step.exercise or None) if step else None,
                    "exercises": plan.exercises,
                    "name": (step.name or None) if step else None,
                    "position": (step.position or None) if step else None,
                    "step": step.kind if step else None,
                    "at": step.start if step else None,
                    "repeats": step.repeats if step else None,
                    "length": step.length if step else None,
                    "held": step.held if step else None,
                    "own": step.own if step else None,
                    "paused_at": self.paused_at,
                    "next": ahead and place_of(ahead),
                },
                "offer": offer and {"routine": offer.program.routine.id, "text": offer.phrase.text},
                "said": said and {"at": said.at, "text": said.text, "language": said.language, "length": said.length},
                "preparing": made and {"made": made.made, "total": made.total, "left": made.left},
                "faults": {what: fault.why for what, fault in self._faults.items()},
                "mistakes": [detail for fault in self._faults.values() for detail in fault.details],
                "sound": self._card and {"card": self._card.name, "why": self._card.why},
                "volume": self._volume,
                "rating": rated
                and {
                    "about": rated.about,
                    "value": rated.value,
                    "exercise": rated.step.exercise or None,
                    "person": whose or None,
                },
                "reminders": self._reminders_on,
                **today_data(today),
            }

    def _in_words(self) -> str:
        if self.plan:
            step = self.step
            where = (
                f"exercise {step.number} of {self.plan.exercises}" if step and step.number else (step.kind if step else "start")
            )
            return f"paused in {where}" if self._doing == "paused" else where
        program = self.program
        if not program:
            return "not ready"
        return f"{self._idle()}: {program.routine.id}, {program.regimen.who}"


def place_of(hold: Step) -> dict[str, Any]:
    """Return where in a session a hold is, as JSON can hold it."""
    return {"name": hold.name, "position": hold.position or None, "number": hold.number, "set": hold.set}


def today_data(today: Today) -> dict[str, Any]:
    """Return what is known of today, as JSON can hold it."""
    reminder, at = today.reminder, today.reminder_at
    return {
        "done_today": today.done,
        "streak": today.streak,
        "next_reminder": {
            "at": at.isoformat(timespec="seconds"),
            "routine": reminder.routine,
            "profile": reminder.profile,
            "level": reminder.level,
            "person": reminder.person or None,
        }
        if reminder and at
        else None,
        "reminders_wait": today.waits,
    }


def _about(left: Ms | None) -> str:
    """Return for how long yet, in words."""
    if left is None:
        return ""
    return f", about {left / MINUTE:.0f} min" if left > 90 * SECOND else f", about {max(5, round(left / 5_000) * 5)} s"


def _program(program: Program, number: int) -> dict[str, Any]:
    routine = program.routine
    return {
        "routine": routine.id,
        "profile": program.profile,
        "level": program.level,
        "person": program.person or None,
        "number": number,
        "title": routine.title,
    }
