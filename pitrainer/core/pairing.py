"""Pairing a phone: the trainer says six digits in the room, and only who has heard them can type them.

Only somebody at the device opens it, by the button or from the service's group. Nobody else is told the code but those who may
follow what is said: that group, and phones that are paired already. What a new phone types comes in, and is compared here.
Where the page is not installed, there is no pairing.
"""

from collections.abc import Callable
from hmac import compare_digest

from .announcer import Announcer
from .messages import Action, Hush
from .phrases import words_of
from .plan import GAP
from .units import MINUTE, Ms

DIGITS = 6
VALID = Ms(2 * MINUTE)
TRIES = 5
"""Of a million codes: who guesses finds one in 200,000 openings."""


class Pairing:
    """The code, while there is one."""

    def __init__(self, announcer: Announcer, draw: Callable[[], str] | None) -> None:
        """Take what says the code, and what draws one; None where no phone can be paired."""
        self._announcer = announcer
        self._draw = draw
        self._code = ""
        self._until = Ms(0)
        self._tries = 0

    @property
    def possible(self) -> bool:
        """Tell whether phones can be paired at all."""
        return self._draw is not None

    def announce(self, now: Ms) -> list[Action]:
        """Say that letting go of the button opens it."""
        return [Hush(now), self._announcer.say(words_of(None).pair, now + GAP)]

    def open(self, now: Ms) -> list[Action]:
        """Say a new code, twice; the one before counts no more."""
        assert self._draw
        self._code, self._until, self._tries = self._draw(), Ms(now + VALID), 0
        words = words_of(None)
        digits = [words.digit(int(digit)) for digit in self._code]
        return [Hush(now), *self._announcer.tell(now, words.code, *digits, words.code_again, *digits)]

    def try_code(self, code: str, now: Ms) -> str:
        """Return why a code pairs nothing, or nothing if it does. It does so once."""
        if not self._code or now >= self._until or self._tries >= TRIES:
            self._code = ""
            return "pairing is not open: have the trainer say a new code"
        self._tries += 1
        if not compare_digest(code.encode(), self._code.encode()):
            left = TRIES - self._tries
            return "that is not the code" + (
                f"; {left} more {'tries' if left > 1 else 'try'}" if left else "; the code is no longer valid"
            )
        self._code = ""
        return ""
