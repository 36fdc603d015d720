"""A start: waits until the sound is open and the session's clips are there, then makes the session."""

from collections.abc import Callable

from .announcer import PRIME, Announcer
from .interfaces import Clips
from .messages import Action, GivenUp, Hush, Light, Offer, Shine, WaitingForClips
from .phrases import words_of
from .plan import Buzz, Plan
from .routine import Program
from .session import Session
from .signals import Signal
from .units import SECOND, Ms

CLIPS_LOOK = Ms(1_000)
"""How often a start that waits for its clips looks for them."""
CLIPS_SAY = Ms(15 * SECOND)
"""How often it says that it waits."""
SOUND_WAIT = Ms(3_000)
"""How long a start waits for the sound before it goes on without."""


class Starting:
    """The start that waits, if there is one."""

    def __init__(self, announcer: Announcer, clips: Clips, plan: Callable[[Program], Plan], answer: Ms) -> None:
        """Begin with none; `plan` plans a program's session, and `answer` is of the session, see there."""
        self._announcer = announcer
        self._clips = clips
        self._plan = plan
        self._answer = answer
        self._program: Program
        self._offer: Offer | None = None
        """What it is of, if not of the program from its beginning."""
        self._look_at: Ms | None = None
        """While it waits: for the sound, when it goes on without; for its clips, when they are looked for."""
        self._say_at: Ms | None = None
        """When it is said next that it waits for its clips; None if it did not have to wait."""

    @property
    def waits(self) -> bool:
        """Tell whether a start waits."""
        return self._look_at is not None

    def deadline(self) -> Ms | None:
        """Return when `look` must be called next, or None."""
        return self._look_at

    def begin(self, program: Program, offer: Offer | None, now: Ms) -> tuple[Session | None, list[Action]]:
        """Start a program, or what is offered of it; return what `look` does."""
        self._program, self._offer, self._say_at = program, offer, None
        if self._announcer.sound == "opening":
            self._look_at = Ms(now + SOUND_WAIT)
            return None, []
        return self.look(now)

    def look(self, now: Ms) -> tuple[Session | None, list[Action]]:
        """Return the session, if it begins now. What is missing is buzzed first, and it goes on with what there is."""
        offer = self._offer
        plan = (offer and offer.plan) or self._plan(self._program)
        at = Ms(now + PRIME)
        faults: list[Action] = []
        missing = any(text not in self._clips for text in plan.phrases())
        if missing and self._clips.preparing:
            return None, self._wait_for_clips(now)
        self._look_at = None
        for signal in [Signal.NO_SOUND] * (self._announcer.sound != "ready") + [Signal.NO_VOICE] * missing:
            faults.append(Buzz(at, signal))
            at = Ms(at + signal.length + PRIME)
        place, held = (offer.place, offer.held) if offer and offer.place < len(plan.steps) else (0, Ms(0))
        waited: list[Action] = [] if self._say_at is None else [Hush(now)]  # what is said of the wait may just have begun
        return Session(plan, at, place=place, held=held, answer=self._answer), [*waited, *faults]

    def give_up(self, now: Ms) -> list[Action]:
        """End the wait: nothing begins."""
        self._look_at = None
        self._announcer.linger(now)
        waited: list[Action] = [] if self._say_at is None else [GivenUp(now), Hush(now)]
        return [*waited, Buzz(now, Signal.STOPPED), Shine(now, Light.READY)]

    def _wait_for_clips(self, now: Ms) -> list[Action]:
        self._look_at = Ms(now + CLIPS_LOOK)
        if self._say_at is not None and now < self._say_at:
            return []
        begins: list[Action] = [WaitingForClips(now)] if self._say_at is None else []
        self._say_at = Ms(now + CLIPS_SAY)
        return [
            *begins,
            Buzz(now, Signal.PREPARING),
            self._announcer.say(words_of(self._program).preparing, now + Signal.PREPARING.length + PRIME),
        ]
