"""What a press would start, and saying so: a program, a reminder's, an exercise once more, a session that broke off.

Nothing is said in a session, within `SETTLE` after one, while somebody is at the button, or while something else is heard. An
exercise once more is not offered in the quiet hours either, and reminders have rules of their own.
"""

from collections.abc import Iterable, Mapping, Sequence

from .announcer import Announcer
from .interfaces import Habit
from .languages import Phrase
from .messages import Action, Hush, Offer, Offered, OfferEnded, Reminded, RemindersSwitched
from .phrases import announcement, remark, reminder_text, repeat_text, words_of
from .plan import GAP, Buzz, Plan
from .reminders import Announced, Reminder, Reminders, Report
from .repeats import Repeats, same_among
from .routine import Program, Regimen
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
        self._behind: Offer | None = None
        """To go on with a session: it stands again when an exercise was done once more, or nobody wanted that."""
        self._taken: Offer | Reminder | None = None
        """What a start is of that may still wait."""
        self._settled_at = Ms(0)
        """When the last session's end has settled."""

    def take_over(self, before: "Prompts", programs: Iterable[Program]) -> None:
        """Take the place of those of other settings: what waits to be offered once more goes on waiting, or stands."""
        self.repeats.take_over(before.repeats, programs)
        self._settled_at = before._settled_at
        stood = before._offer
        if stood and stood.program.routine.repeated and (program := same_among(programs, stood.program)):
            self._offer = Offer(repeat_text(program), stood.until, program, silent=True)

    def begin(self, now: Ms) -> list[Action]:
        """Tell what stands from before."""
        return [Offered(now, self._offer)] if self._offer else []

    def deadline(self) -> Ms | None:
        """Return when `advance` must be called next, or None."""
        dues = [self._offer.until if self._offer else None, self.repeats.deadline()]
        dues.append(self._reminders.deadline() if self._reminders else None)
        return min((due for due in dues if due is not None), default=None)

    def advance(self, now: Ms, *, busy: bool) -> list[Action]:
        """Say what is due; `busy`: there is a session, or somebody at the button."""
        over = self._offer is not None and self._offer.until <= now
        ended = (self._put_back(now) or self.end_offer(now)) if over else []
        return [*ended, *self._repeat(now, busy=busy), *self._remind(now, busy=busy)]

    def settle(self, now: Ms) -> list[Action]:
        """A session is over: what it has interrupted can be gone on with."""
        self._settled_at = Ms(now + SETTLE)
        return self._put_back(now)

    def forget(self, regimen: Regimen) -> None:
        """Offer nothing more of what one person does: they are to stop for today."""
        self.repeats.forget(regimen)
        if self._behind and self._behind.program.regimen == regimen:
            self._behind = None

    def offer(self, offer: Offer, now: Ms) -> list[Action]:
        """Offer to go on with a session that broke off, after what is offered once more."""
        if self._offer:
            self._behind = offer
            return []
        self._offer = offer
        if offer.silent:
            return [Offered(now, offer)]
        ready = self._announcer.keep_clear(Buzz(now, Signal.READY))
        return [Offered(now, offer), *ready, *self._announcer.tell(now, *self._said(offer), asked=False, then=True)]

    def stopped(self, program: Program, plan: Plan, left: tuple[int, Ms], now: Ms, *, asked: bool) -> list[Action]:
        """Say that a session was stopped, and offer to go on with what is left of it, where that begins in an exercise.

        Nobody has `asked` for that where the person has gone.
        """
        words, number = words_of(program), plan.steps[left[0]].number
        actions: list[Action] = []
        if number and not self._offer:  # an exercise that was done once more gives way to the session before it
            phrase = repeat_text(program) if program.routine.repeated else words.go_on(number)
            self._offer = Offer(phrase, Ms(now + OFFERED), program, *left, plan)
            actions.append(Offered(now, self._offer))
        if self._announcer.usable:
            offer = self._said(self._offer) if self._offer else []
            actions += self._announcer.tell(now, words.stopped, *offer, asked=asked)
        return actions

    def _said(self, offer: Offer) -> list[Phrase]:
        named = self._several and not offer.program.routine.repeated  # which is said with its exercise and person
        return [*([announcement(offer.program)] if named else []), offer.phrase]

    def name(self, program: Program, number: int, now: Ms) -> list[Action]:
        """Count the number of a program, from 0, in short buzzes, and say it where there is sound."""
        count = (Buzz(Ms(now + place * (Signal.STEP.length + GAP)), Signal.STEP) for place in range(number + 1))
        actions = self._announcer.keep_clear(*count)
        if self._announcer.usable:  # counted buzzes are enough where there is none
            actions += self._announcer.tell(now, announcement(program), *remark(program, self._status, self._habit))
        return actions

    def take(self, now: Ms) -> Offer | None:
        """Return what a press starts instead of the chosen program. It stands until its session begins, which may wait."""
        self._taken = self._offer or (self._reminders.current if self._reminders else None)
        if not isinstance(self._taken, Reminder):
            return self._taken
        program = self._reminded[self._taken.key]
        return Offer(reminder_text(program), now, program)

    def accept(self, now: Ms) -> list[Action]:
        """The session of what was taken begins: nobody has to be told of it any more."""
        taken, self._taken = self._taken, None
        if taken is self._offer:
            self._offer = None
        elif self._reminders and taken == self._reminders.current:
            return self._reported(self._reminders.answer(), now)
        return []

    @property
    def offered(self) -> bool:
        """Tell whether a press would take an offer."""
        return self._offer is not None

    def end_offer(self, now: Ms) -> list[Action]:
        """End the offer, if there is one: nobody wants it."""
        offer, self._offer, self._behind = self._offer, None, None
        return [OfferEnded(now)] if offer else []

    def withdraw(self, offer: Offer, now: Ms) -> list[Action]:
        """End this offer, if it still stands."""
        return self.end_offer(now) if self._offer is offer else []

    def _put_back(self, now: Ms) -> list[Action]:
        """Offer again, without a word, what was offered before an exercise was to be done once more."""
        behind, self._behind = self._behind, None
        if not behind or behind.until <= now:
            return []
        self._offer = behind
        return [Offered(now, behind)]

    def later(self, now: Ms) -> Phrase | None:
        """Return what says that a reminder is put off, or was the last one, if a press would start one."""
        if self._offer or not self._reminders or not (reminder := self._reminders.current):
            return None
        words = words_of(self._reminded[reminder.key])
        if self._reminders.again_at(now) is None:
            return words.not_today
        return words.later(self._reminders.put_off_by // MINUTE)

    def put_off(self, now: Ms) -> list[Action]:
        """Put off the reminder that was said last."""
        text = self.later(now)
        if not text or not self._reminders:
            return []
        buzz = self._announcer.keep_clear(Buzz(now, Signal.STOPPED))
        put_off = self._reported(self._reminders.later(now), now)
        return [Hush(now), *buzz, *put_off, *self._announcer.tell(now, text)]

    def make_way(self, now: Ms) -> list[Action]:
        """Have a press start the chosen program: end the offer, and put off what the person was reminded of."""
        actions = self.end_offer(now)
        while self._reminders and self._reminders.current:
            actions += self._reported(self._reminders.later(now), now)
        return actions

    def switch_reminders(self, *, on: bool, now: Ms) -> list[Action]:
        """Switch all reminders on or off."""
        if not self._reminders or self._reminders.on is on:
            return []
        self._reminders.on = on
        return [RemindersSwitched(now, on)]

    def _occupied(self, now: Ms, *, busy: bool) -> bool:
        """Tell whether nothing may be said by itself."""
        return busy or self._announcer.speaks(now) or now < self._settled_at

    def _repeat(self, now: Ms, *, busy: bool) -> list[Action]:
        """Offer an exercise once more, where it is time and nothing else goes on."""
        waits = self._occupied(now, busy=busy) or (self._habit is not None and self._habit.quiet())
        if not (due := self.repeats.look(now, busy=waits)):
            return []
        program, until = due
        self._behind = self._offer if self._offer and self._offer.plan else self._behind
        self._offer = Offer(repeat_text(program), until, program)
        said = self._announcer.tell(now, Signal.REMINDER, self._offer.phrase, asked=False)
        return [Offered(now, self._offer), *said]

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
