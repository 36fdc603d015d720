"""Plans what a press starts: with the clips that there are, and by what the person has learned."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from .interfaces import Clips, Habit
from .languages import Phrase
from .learned import NOTHING, Learned
from .phrases import whose
from .plan import Plan
from .planner import make_plan
from .routine import Program


class Before(Protocol):
    """A session that was planned before, as far as its plan depends on more than the routine and the clips."""

    @property
    def learned(self) -> Learned:
        """What the person had learned then."""

    @property
    def weekday(self) -> int | None:
        """The day, 0 for Monday; None where it was not known."""


class Planning:
    """Makes the plan of a program's session as it would be now."""

    def __init__(
        self, clips: Clips, habit: Habit | None = None, startable: Sequence[Program] = (), *, pain_stop: int = 7
    ) -> None:
        """Take what a plan depends on.

        Args:
            clips: the spoken clips.
            habit: None where nothing is known of the person's past.
            pain_stop: more pain than this ends a session.
            startable: every program that may be started: where they hold a routine several times, it is said whose it is.
        """
        self._clips = clips
        self._habit = habit
        self._startable = startable
        self._pain_stop = pain_stop

    def whose(self, program: Program) -> Phrase | None:
        """Return what tells whose session begins, where that is not clear."""
        return whose(program, self._startable)

    def plan(self, program: Program, tip: int, before: Before | None = None, *, minutes: bool = True) -> Plan:
        """Plan the session that a program would start now.

        Args:
            program: which.
            tip: the number of the tip that is said at its end.
            before: the same session: what the person has learned, and the day, are as they were then.
            minutes: as `make_plan` takes it.
        """
        if before:
            learned, weekday = before.learned, before.weekday
        else:
            wall = self._habit.wall() if self._habit else None
            learned, weekday = self._habit.learned(program) if self._habit else NOTHING, wall.weekday() if wall else None
        plan = make_plan(
            program.routine,
            program.profile,
            program.level,
            self._clips.length,
            tip=tip,
            learned=learned,
            whose=self.whose(program),
            weekday=weekday,
            minutes=minutes,
        )
        return replace(plan, person=program.person, learned=learned, weekday=weekday, pain_stop=self._pain_stop)
