"""What is under way: a session, or the start of one that waits; and what follows from all that happens in it.

A session that is stopped, or whose pause became too long, is offered to be gone on with. An exercise with `repeat_after` that
was held to its end is offered once more so long after it.
"""

from collections.abc import Callable

from .announcer import Announcer
from .interfaces import Clips
from .messages import (
    Action,
    CloseSound,
    Ended,
    Held,
    Hush,
    Light,
    Offer,
    Paused,
    Resumed,
    Shine,
    Sound,
    Started,
)
from .orders import Doing
from .phrases import words_of
from .plan import Buzz
from .planning import Planning
from .prompts import Prompts
from .routine import Program
from .session import Phase, Session, Transport, answer_after
from .signals import Signal
from .starting import Starting
from .units import MINUTE, Ms
from .volume import Volume

LONGEST_PAUSE = Ms(30 * MINUTE)
"""After that the person has gone, and the session is stopped."""


class Practice:
    """The session or its start, if there is one, with its light, its sound and its offers."""

    def __init__(
        self,
        announcer: Announcer,
        clips: Clips,
        planning: Planning,
        prompts: Prompts,
        volume: Volume,
        *,
        double: Ms,
        tip: int,
        ended: Callable[[], None],
    ) -> None:
        """Begin with none.

        Args:
            announcer: says what is said beside the plan.
            clips: the spoken clips.
            planning: plans what starts.
            prompts: offer what is left of it.
            volume: whose round a session ends.
            double: `button.double`, which what is said after a press waits for.
            tip: the number of the next tip.
            ended: is called when a session has ended, however it did.
        """
        self.session: Session | None = None
        self.program: Program | None = None
        """Of the session, or of the start that waits."""
        self.tip = tip
        self.finished = False
        """The trainer's own program ends: what ends with it was not ended by the person."""
        self._announcer = announcer
        self._prompts = prompts
        self._volume = volume
        self._ended = ended
        self.answer_after = answer_after(double)
        """How long after a press what is said of it begins."""
        self._starting = Starting(announcer, clips, planning, lambda: self.tip, self.answer_after)
        self._give_up_by: Ms | None = None
        """When a long pause is given up."""
        self._sound_lost = False
        """The sound vanished in a session and has not come back."""

    @property
    def busy(self) -> bool:
        """Tell whether a session runs, is paused, or is about to start."""
        return self.session is not None or self._starting.waits

    @property
    def waits(self) -> bool:
        """Tell whether a start waits."""
        return self._starting.waits

    @property
    def asks(self) -> bool:
        """Tell whether a press is an answer now."""
        return self.session is not None and self.session.asks

    @property
    def doing(self) -> Doing:
        """What the trainer does, in one word."""
        if self.session:
            return "paused" if self.session.phase is Phase.PAUSED else "running"
        return "waiting" if self._starting.waits else "idle"

    def deadline(self) -> Ms | None:
        """Return when `advance` must be called next if nothing happens, or None."""
        dues = [self.session.deadline() if self.session else None, self._starting.deadline(), self._give_up_by]
        return min((due for due in dues if due is not None), default=None)

    def advance(self, now: Ms) -> list[Action]:
        """Return what is due by now."""
        actions = self.command(None, now)
        if any(isinstance(action, Paused) for action in actions):
            actions += self.say_paused(now)  # nobody has pressed: in a set at their own pace they are not heard of any more
        if (due := self._starting.deadline()) is not None and due <= now:
            actions += self._begun(self._starting.look(now), now)
        if self._give_up_by is not None and self._give_up_by <= now:
            actions += self._stop(now, asked=False)
        return actions

    def start(self, program: Program, offer: Offer | None, now: Ms) -> list[Action]:
        """Start a program, or what is offered of it."""
        self.program = program
        return self._begun(self._starting.begin(program, offer, now), now)

    def finish(self, now: Ms) -> list[Action]:
        """Stop for good: nothing is heard any more."""
        self.finished = True
        return [*self.command(Transport.STOP, now), Hush(now), Shine(now, Light.OFF), CloseSound(now)]

    def command(self, command: Transport | None, now: Ms) -> list[Action]:
        """Give the session a command, or just the time; follow what it reports."""
        if not self.session:
            return []
        actions: list[Action] = []
        session = self.session
        for event in session.handle(command, now):
            actions.append(event)
            match event:
                case Started(at) | Resumed(at):
                    actions += self._volume.cancel(at)
                    self._announcer.in_use()
                    self._give_up_by = None
                    self._sound_lost = False
                    actions.append(Shine(at, Light.RUNNING))
                case Paused(at):
                    self._give_up_by = Ms(at + LONGEST_PAUSE)
                    actions.append(Shine(at, Light.PAUSED))
                case Held(at, step) if event.whole and self.program:
                    self._prompts.repeats.held(self.program, step.exercise, at)
                case Ended(at, completed):
                    self.session = None
                    self._ended()
                    actions[-1:-1] = self._volume.cancel(at)
                    self._sound_lost = False
                    self._give_up_by = None
                    self._announcer.linger(at)
                    if session.too_much_pain and self.program:
                        self._prompts.forget(self.program.regimen)
                    settled = self._prompts.settle(at)
                    said_one = self.program is not None and self.program.routine.tips != () and session.plan.exercises > 0
                    self.tip += completed and said_one
                    actions[-1:] = [Ended(at, completed, self.tip, self.finished), Shine(at, Light.READY), *settled]
                    if session.too_much_pain:
                        actions += self._announcer.keep_clear(Buzz(now, Signal.STOPPED))
                        actions += self._announcer.tell(now, words_of(self.program).too_much_pain)
        return actions

    def say_paused(self, now: Ms) -> list[Action]:
        """Say that the session is paused."""
        if not self.session or self.session.phase is not Phase.PAUSED:
            return []  # an order has come in between
        # After the time of a double press, so that a skip is not announced as a pause.
        return [self._announcer.say(words_of(self.program).paused, now + self.answer_after)]

    def answer(self, now: Ms) -> list[Action]:
        """Take the press that came while it asked."""
        return [*self.command(Transport.RELEASE, now), *self.shine(now)]

    def shine(self, now: Ms) -> list[Action]:
        """Return the session's light, after that of a press."""
        if not self.session:
            return []
        return [Shine(now, Light.PAUSED if self.doing == "paused" else Light.RUNNING)]

    def stop(self, now: Ms) -> list[Action]:
        """Stop the session, or give up the start that waits."""
        if self.session:
            return self._stop(now)
        return self._starting.give_up(now) if self._starting.waits else []

    def _stop(self, now: Ms, *, asked: bool = True) -> list[Action]:
        session, program = self.session, self.program
        actions = self.command(Transport.STOP, now)
        if session and session.too_much_pain:
            return actions  # that has been said, and is nothing to go on with
        actions += self._announcer.keep_clear(Buzz(now, Signal.STOPPED))
        if session and program:
            actions += self._prompts.stopped(program, session.plan, session.left, now, asked=asked)
        return actions

    def _begun(self, start: tuple[Session | None, list[Action]], now: Ms) -> list[Action]:
        before = self.session
        self.session, actions = start
        accepted = self._prompts.accept(now) if self.session and not before else []
        return [*accepted, *actions, *self.command(None, now)]

    def sound_changed(self, sound: Sound, now: Ms) -> list[Action]:
        """Follow the sound, which has been opened, is lost, or is back."""
        was = self._announcer.sound
        if was == "closed":
            return []  # told just before it was closed
        self._announcer.sound = "ready" if sound.ready else "failed"
        if self._starting.waits:
            return self._begun(self._starting.look(now), now)
        if sound.ready and self._sound_lost and self.session:
            self._sound_lost = False
            return [self._announcer.say_clear(words_of(self.program).sound_lost, now)]
        if sound.ready:
            return self._announcer.ready(now)
        if was == "ready" and self.session:
            self._sound_lost = True
            fault = self._announcer.keep_clear(Buzz(Ms(now + self.answer_after), Signal.NO_SOUND))
            # In a pause, what was still to be said goes with the sound: it must not meet what is said once that is back.
            return [*(self.command(Transport.PAUSE, now) or [Hush(now)]), *fault]
        return self._announcer.failed(now)
