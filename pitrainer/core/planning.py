"""Plans what a press starts: with the clips that there are, and by what the person has learned."""

from dataclasses import replace

from .interfaces import Clips, Habit
from .learned import NOTHING
from .plan import Plan
from .planner import make_plan
from .routine import Program


class Planning:
    """Makes the plan of a program's session as it would be now."""

    def __init__(self, clips: Clips, habit: Habit | None = None) -> None:
        """Take what a plan depends on; without a habit nothing is known of the person's past."""
        self._clips = clips
        self._habit = habit

    def plan(self, program: Program, tip: int) -> Plan:
        """Plan the session that a program would start now, with the tip of this number."""
        learned = self._habit.learned(program) if self._habit else NOTHING
        short = bool(learned.known)
        plan = make_plan(program.routine, program.profile, program.level, self._clips.length, tip=tip, short=short)
        return replace(plan, person=program.person)
