"""What a press would start, and saying so: a program, a reminder's, an exercise once more, a session that broke off.

Nothing is said in a session, within `SETTLE` after one, while somebody is at the button, or while something else is heard. An
exercise once more is not offered in the quiet hours either, and reminders have rules of their own.
"""

from collections.abc import Mapping, Sequence

from .announcer import Announcer
from .interfaces import Habit
from .languages import Phrase
from .messages import Action, Hush, Offer, Offered, OfferEnded, Reminded, RemindersSwitched
from .phrases import announcement, remark, reminder_text, repeat_text, words_of
from .plan import GAP, Buzz, Plan
from .reminders import Announced, PutOff, Reminders, Report
from .repeats import Repeats
from .routine import Program
from .signals import Signal
from .statistics import SpokenStatus
from .units import HOUR, MINUTE, Ms

SETTLE = Ms(MINUTE)
"""After a session nobody is asked for the next one at once."""


OFFERED = Ms(2 * HOUR)
"""How long a session that was stopped or broke off can be gone on with."""


class Prompts:
    """What a press in idle would start, if not the chosen program."""

    def __init__(
        self,
        announcer: Announcer,
        habit: Habit | None,
        reminders: Reminders | None,
        reminded: Mapping[str, Program] | None,
        status: SpokenStatus,
        *,
        several: bool,
    ) -> None:
        """Begin with nothing said.

        Args:
            announcer: has it heard.
            habit: None where nothing is known of the past and of the time of day; then nobody is reminded.
            reminders: what is due when.
            reminded: what each of them starts, by its key.
            status: what is said of a program when it is named.
            several: there is more than one that may be started: an offer says of which it is.
        """
        self.repeats = Repeats()
        self._announcer = announcer
        self._habit = habit
        self._status = status
        self._several = several
        self._reminders = reminders if habit else None
        self._reminded = dict(reminded or {})
        self._offer: Offer | None = None
        self._settled_at = Ms(0)
        """When the last session's end has settled."""

    def deadline(self) -> Ms | None:
        """Return when `advance` must be called next, or None."""
        dues = [self._offer.until if self._offer else None, self.repeats.deadline()]
        dues.append(self._reminders.deadline() if self._reminders else None)
        return min((due for due in dues if due is not None), default=None)

    def advance(self, now: Ms, *, busy: bool) -> list[Action]:
        """Say what is due; `busy`: there is a session, or somebody at the button."""
        over = self.end_offer(now) if self._offer and self._offer.until <= now else []
        return [*over, *self._repeat(now, busy=busy), *self._remind(now, busy=busy)]

    def settle(self, now: Ms) -> None:
        """A session is over."""
        self._settled_at = Ms(now + SETTLE)

    def offer(self, offer: Offer, now: Ms) -> list[Action]:
        """Offer to go on with a session that broke off."""
        self._offer = offer
        ready = self._announcer.keep_clear(Buzz(now, Signal.READY))
        return [Offered(now, offer), *ready, *self._announcer.tell(now, *self._said(offer), asked=False)]

    def stopped(self, program: Program, plan: Plan, left: tuple[int, Ms], now: Ms) -> list[Action]:
        """Say that a session was stopped, and offer to go on with what is left of it, where that begins in an exercise."""
        words, number = words_of(program), plan.steps[left[0]].number
        if number:
            self._offer = Offer(words.go_on(number), Ms(now + OFFERED), program, *left, plan)
        offer = self._offer if number else None
        actions: list[Action] = [Offered(now, offer)] if offer else []
        if self._announcer.usable:
            actions += self._announcer.tell(now, words.stopped, *(self._said(offer) if offer else []))
        return actions

    def _said(self, offer: Offer) -> list[Phrase]:
        return [*([announcement(offer.program)] if self._several else []), offer.phrase]

    def name(self, program: Program, number: int, now: Ms) -> list[Action]:
        """Count the number of a program, from 0, in short buzzes, and say it where there is sound."""
        count = (Buzz(Ms(now + place * (Signal.STEP.length + GAP)), Signal.STEP) for place in range(number + 1))
        actions = self._announcer.keep_clear(*count)
        if self._announcer.usable:  # counted buzzes are enough where there is none
            actions += self._announcer.tell(now, announcement(program), *remark(program, self._status, self._habit))
        return actions

    def accept(self, now: Ms) -> tuple[Offer | None, list[Action]]:
        """Return what a press starts instead of the chosen program, which is over thereby, and the actions that tell so."""
        offer, self._offer = self._offer, None
        if offer or not self._reminders or not (reminder := self._reminders.current):
            return offer, []
        program = self._reminded[reminder.key]
        return Offer(reminder_text(program), now, program), self._reported(self._reminders.answer(), now)

    @property
    def offered(self) -> bool:
        """Tell whether a press would take an offer."""
        return self._offer is not None

    def end_offer(self, now: Ms) -> list[Action]:
        """End the offer, if there is one: nobody wants it."""
        offer, self._offer = self._offer, None
        return [OfferEnded(now)] if offer else []

    def later(self) -> Phrase | None:
        """Return what says that a reminder is put off, if a press would start one."""
        if self._offer or not self._reminders or not (reminder := self._reminders.current):
            return None
        return words_of(self._reminded[reminder.key]).later(self._reminders.put_off_by // MINUTE)

    def put_off(self, now: Ms) -> list[Action]:
        """Put off the reminder that was said last."""
        if not self._reminders or not self._reminders.current:
            return []
        actions: list[Action] = [Hush(now), *self._announcer.keep_clear(Buzz(now, Signal.STOPPED))]
        for report in self._reminders.later(now):
            words = words_of(self._reminded[report.reminder.key])
            text = words.later(self._reminders.put_off_by // MINUTE) if isinstance(report, PutOff) else words.not_today
            actions += [Reminded(now, report), *self._announcer.tell(now, text)]
        return actions

    def switch_reminders(self, *, on: bool, now: Ms) -> list[Action]:
        """Switch all reminders on or off."""
        if not self._reminders or self._reminders.on is on:
            return []
        self._reminders.on = on
        return [RemindersSwitched(now, on)]

    def _occupied(self, now: Ms, *, busy: bool) -> bool:
        """Tell whether nothing may be said by itself."""
        return busy or self._announcer.waits or now < max(self._announcer.heard_until, self._settled_at)

    def _repeat(self, now: Ms, *, busy: bool) -> list[Action]:
        """Offer an exercise once more, where it is time and nothing else goes on."""
        waits = self._occupied(now, busy=busy) or (self._habit is not None and self._habit.quiet())
        if not (due := self.repeats.look(now, busy=waits)):
            return []
        program, until = due
        over = self.end_offer(now)
        self._offer = Offer(repeat_text(program), until, program)
        said = self._announcer.tell(now, Signal.REMINDER, self._offer.phrase, asked=False)
        return [*over, Offered(now, self._offer), *said]

    def _remind(self, now: Ms, *, busy: bool) -> list[Action]:
        """Look whether a reminder is due."""
        reminders, habit = self._reminders, self._habit
        if not reminders or not habit or (due := reminders.deadline()) is None or now < due:
            return []
        occupied = self._occupied(now, busy=busy)
        return self._reported(reminders.look(now, habit.wall(), habit.last_over, busy=occupied), now)

    def _reported(self, reports: Sequence[Report], now: Ms) -> list[Action]:
        actions: list[Action] = []
        for report in reports:
            actions.append(Reminded(now, report))
            if isinstance(report, Announced):
                actions += self.end_offer(now)  # a press takes what was said last
                text = reminder_text(self._reminded[report.reminder.key])
                actions += self._announcer.tell(now, Signal.REMINDER, text, asked=False)
        return actions
