"""What is heard outside of a session: opens the sound for it, and keeps it until that is open."""

from collections.abc import Callable
from typing import Literal

from .languages import Phrase
from .messages import Action, CloseSound, OpenSound, Softly
from .plan import GAP, PAUSE, Buzz, Say
from .signals import Signal
from .units import SECOND, Ms

PRIME = Ms(700)
"""From an open stream to the first word: amplifiers and HDMI sinks swallow the first half second (wyoming-satellite#122)."""
LINGER = Ms(20 * SECOND)
"""How long the stream stays open after the last use: for a press that follows soon."""


class Announcer:
    """Follows the state of the sound, and has signals and phrases heard when it allows."""

    def __init__(self, length_of: Callable[[Phrase], Ms]) -> None:
        """Begin with the sound closed; `length_of` tells the length of a phrase's clip."""
        self.sound: Literal["closed", "opening", "ready", "failed"] = "closed"
        self.heard_until = Ms(0)
        """When what was announced last is over."""
        self._length_of = length_of
        self._close_at: Ms | None = None
        self._clear_at = Ms(0)
        """When the trainer's own buzzes are over, which no announcement may run into."""
        self._waiting: tuple[Signal | Phrase, ...] = ()
        """What is to be heard as soon as the sound is open."""
        self._softly = False

    def speaks(self, now: Ms) -> bool:
        """Tell whether something is being heard, or has yet to be."""
        return self._waiting != () or now < max(self.heard_until, self._clear_at)

    @property
    def usable(self) -> bool:
        """Tell whether the sound is open, or about to be."""
        return self.sound in ("ready", "opening")

    def deadline(self) -> Ms | None:
        """Return when `advance` must be called next, or None."""
        return self._close_at

    def advance(self, now: Ms) -> list[Action]:
        """Close the stream where nobody has used it for long."""
        return self.close(now) if self._close_at is not None and now >= self._close_at else []

    def close(self, now: Ms) -> list[Action]:
        """Close the stream, where it is open."""
        was, self.sound = self.sound, "closed"
        self._close_at, self._waiting = None, ()
        return [CloseSound(now)] if was != "closed" else []

    def linger(self, since: Ms) -> None:
        """Keep the stream open for a while from a moment on."""
        self._close_at = Ms(since + LINGER)

    def in_use(self) -> None:
        """Keep the stream open until `linger`; what has not been heard yet is forgotten."""
        self._close_at, self._waiting = None, ()

    def keep_clear(self, *buzzes: Buzz) -> list[Action]:
        """Note and return buzzes of the trainer's own: what is announced waits for the last of them."""
        self._clear_at = Ms(buzzes[-1].end + GAP)
        return [*buzzes]

    def open(self, now: Ms, *, asked: bool = True) -> list[Action]:
        """Open the stream, where it is not open, for what somebody has asked for or nobody has."""
        actions: list[Action] = []
        if self._softly is asked:
            self._softly = not asked
            actions.append(Softly(now, self._softly))
        if not self.usable:
            self.sound = "opening"
            actions.append(OpenSound(now))
        return actions

    def say(self, phrase: Phrase, at: int) -> Say:
        """Return a phrase's cue."""
        return Say(Ms(at), *phrase, self._length_of(phrase))

    def say_clear(self, phrase: Phrase, now: Ms) -> Say:
        """Return a phrase's cue, as soon as it can be heard."""
        return self.say(phrase, max(Ms(now + PRIME), self._clear_at))

    def tell(self, now: Ms, *what: Signal | Phrase, asked: bool = True, then: bool = False) -> list[Action]:
        """Have signals and phrases heard, one after the other, as soon as there is sound and the trainer's buzzes are over.

        Args:
            what: is heard.
            asked: somebody has asked for it.
            then: after all that was told before; without it, instead of what still waits for the sound.
        """
        self.linger(now)
        actions = self.open(now, asked=asked)
        if self.sound != "ready":
            self._waiting = (*self._waiting, *what) if then else what
            return actions
        at = max(Ms(now + PRIME), self._clear_at)
        if then:
            at = max(at, Ms(self.heard_until + PAUSE))
        for one in what:
            cue = Buzz(at, one) if isinstance(one, Signal) else self.say(one, at)
            actions.append(cue)
            at = Ms(cue.end + (GAP if isinstance(one, Signal) else PAUSE))
            self.heard_until = cue.end
            self.linger(cue.end)
        return actions

    def ready(self, now: Ms) -> list[Action]:
        """Announce what has waited for the sound."""
        what, self._waiting = self._waiting, ()
        return self.tell(now, *what, asked=not self._softly) if what else []

    def failed(self, now: Ms) -> list[Action]:
        """Buzz the signals that have waited for the sound; the phrases go on waiting."""
        signals = [one for one in self._waiting if isinstance(one, Signal)]
        self._waiting = tuple(one for one in self._waiting if isinstance(one, Phrase))
        return [Buzz(now, signal) for signal in signals]
