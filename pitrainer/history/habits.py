"""What the trainer knows of the past and of the time of day: the history and the wall clock, as the core asks for them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..config.quiet import quiet_hours
from ..config.schema import Settings
from ..core.learned import NOTHING, Learned
from ..core.messages import Today
from ..core.progression import prescribed
from ..core.reminders import Memory, Reminder, Reminders
from ..core.routine import Program, Regimen, due_days

if TYPE_CHECKING:
    from ..wallclock import WallClock
    from .store import History


def make_reminders(
    settings: Settings,
    memory: Mapping[str, Memory] | None = None,
    *,
    on: bool = True,
    reminded: Mapping[str, Program] = MappingProxyType({}),
    learned: Callable[[Program], Learned] = lambda _: NOTHING,
) -> Reminders:
    """Return the reminders of the settings, each only for days on which an exercise is due in the person's next session.

    Args:
        settings: where they are.
        memory: what is remembered of them.
        on: they were not switched off.
        reminded: what each of them starts, by its key.
        learned: tells what the person has learned of it by then.
    """

    def on_days(one: Reminder) -> frozenset[int]:
        program = reminded.get(one.key)
        return one.days & due_days([prescribed(program.routine, learned(program), None)]) if program else one.days

    return Reminders(
        [one.reminder for one in settings.reminder_times],
        every=settings.reminders.every,
        give_up=settings.reminders.give_up,
        later=settings.reminders.later,
        quiet=quiet_hours(settings.sound),
        memory=memory,
        on=on,
        due_days=on_days,
    )


class KnownHabit:
    """Answers at once, from memory; may be asked on any thread."""

    def __init__(
        self, settings: Settings, history: "History", clock: "WallClock", submit: Callable[[Callable[[], None]], object]
    ) -> None:
        """Take what is asked.

        Args:
            settings: for the quiet hours, and when a routine is known by heart.
            history: need not have been looked into yet.
            clock: the wall clock, the history's own.
            submit: has a function called soon, on a thread that may wait for the disk.
        """
        self._coaching = settings.coaching
        self._quiet = quiet_hours(settings.sound)
        self._history = history
        self._clock = clock
        self._submit = submit
        self._mending: int | None = None
        self._mended: int | None = None
        """The `changes` of the clock for which the history was asked to mend its times, and has mended them."""

    def begin(self) -> None:
        """Have the history looked into for the first time, on the thread that may wait for the disk."""
        right, changes = self._clock.trusted(), self._clock.changes
        self._history.flush()
        if right:
            self._mending = self._mended = changes

    def wall(self) -> datetime | None:
        """Return the local time, with its zone; None while it is not trusted, or the history not known.

        Sessions from before the clock was set have a wrong day until the history is written once more: until then what was
        done today is not known.
        """
        if not self._history.ready or not self._clock.trusted():
            return None
        changes = self._clock.changes
        if self._mending != changes:
            self._mending = changes
            self._submit(lambda: self._mend(changes))
        return self._clock.zoned() if self._mended == changes else None

    def _mend(self, changes: int) -> None:
        self._history.flush()
        self._mended = changes

    def quiet(self) -> bool:
        """Tell whether these are the quiet hours, by whatever the clock shows."""
        return self._quiet(self._clock.zoned().time())

    def last_done(self, regimen: Regimen) -> date | None:
        """Return the last day on which a person did a routine."""
        return self._history.facts(regimen).last_done

    def last_over(self, regimen: Regimen) -> date | None:
        """Return the last day on which a person was through with a routine: they did it, or pain ended it.

        After that they were told to stop for the day, and are not to be asked for it again.
        """
        facts = self._history.facts(regimen)
        days = [facts.last_done] if facts.last_done else []
        if (last := facts.last) and last.result != "completed":
            pain = [rating.value for rating in last.ratings if rating.about == "pain"]
            days += [last.day] * (max(pain, default=0) > self._coaching.pain_stop)
        return max(days, default=None)

    def streak(self, regimen: Regimen) -> int:
        """Return on how many days in a row they did it."""
        return self._history.facts(regimen).streak

    def today(self, program: Program | None, reminders: Reminders | None) -> Today:
        """Return what is known of a program's past, and of the next reminder."""
        wall = self.wall()
        if not wall:
            return Today(waits=reminders is not None and not self._clock.trusted())
        done = streak = None
        if program:
            facts = self._history.facts(program.regimen)
            done, streak = facts.done_today, facts.streak
        reminder, at = (reminders and reminders.next(wall, self.last_over)) or (None, None)
        return Today(done, streak, reminder, at)

    def learned(self, program: Program) -> Learned:
        """Return what the person who does a program has learned of its routine."""
        wall = self.wall()
        return self._history.learned(program.regimen, wall.date() if wall else None, self._coaching.short_after)
