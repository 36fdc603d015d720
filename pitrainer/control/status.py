"""What the trainer is doing, in words for systemd and as data for `pitrainer status`: a reader of the stream of actions."""

from collections.abc import Sequence
from typing import Any, Literal

from ..core.messages import Action, Began, Chosen, Ended, Paused, Resumed, Started
from ..core.plan import Plan, Step
from ..core.routine import Program
from ..core.text import printable


class Status:
    """Follows the stream; `faults` are told by whoever knows of them."""

    def __init__(self, programs: Sequence[Program], chosen: int) -> None:
        """Begin idle."""
        self._programs = programs
        self._chosen = chosen
        self._state: Literal["ready", "running", "paused"] = "ready"
        self._plan: Plan | None = None
        self._step: Step | None = None
        self.faults: dict[str, str] = {}
        """What is wrong now: "settings", "pins", "sound", each in words."""
        self.mistakes: Sequence[str] = ()
        """Each that there is in settings and routines."""

    def __call__(self, action: Action) -> None:
        """Follow an action."""
        match action:
            case Started(_, plan):
                self._state, self._plan, self._step = "running", plan, None
            case Began(_, step):
                self._step = step
            case Paused():
                self._state = "paused"
            case Resumed():
                self._state = "running"
            case Ended():
                self._state, self._plan, self._step = "ready", None, None
            case Chosen(_, number):
                self._chosen = number

    def text(self) -> str:
        """Return one line: what it does, then what is wrong."""
        return printable("; ".join([self._doing(), *self.faults.values()]))  # a sound card has any name

    def data(self) -> dict[str, Any]:
        """Return the same as JSON can hold it."""
        program = self._programs[self._chosen] if self._programs else None
        plan, step = self._plan, self._step
        return {
            "text": self.text(),
            "state": self._state,
            "program": program
            and {"routine": program.routine.id, "profile": program.profile, "level": program.level, "number": self._chosen + 1},
            "session": plan
            and {
                "routine": plan.routine,
                "profile": plan.profile,
                "exercise": (step.number or None) if step else None,
                "exercises": plan.exercises,
                "name": (step.name or None) if step else None,
                "position": (step.position or None) if step else None,
                "step": step.kind if step else None,
            },
            "faults": dict(self.faults),
            "mistakes": list(self.mistakes),
        }

    def _doing(self) -> str:
        if self._plan:
            step = self._step
            where = (
                f"exercise {step.number} of {self._plan.exercises}"
                if step and step.number
                else (step.kind if step else "start")
            )
            return f"paused in {where}" if self._state == "paused" else where
        if not self._programs:
            return "not ready"
        program = self._programs[self._chosen]
        return f"ready: {program.routine.id}, {program.profile}"
