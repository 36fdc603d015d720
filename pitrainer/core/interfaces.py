"""What the trainer asks of the world: the clips, and the person's past. Each answers at once."""

from datetime import date, datetime
from typing import Protocol

from .languages import Phrase
from .learned import Learned
from .routine import Program, Regimen
from .units import Ms


class Clips(Protocol):
    """What the trainer must know of the clips."""

    preparing: bool
    """Those that are missing are being made."""
    pace: float
    """How much speech is made in a millisecond, in milliseconds; 0 while that is not known."""

    def length(self, phrase: Phrase) -> Ms:
        """Return how long the phrase's clip is; an estimate where it is not there."""

    def __contains__(self, phrase: Phrase) -> bool:
        """Tell whether the phrase can be said."""


class Habit(Protocol):
    """What the trainer must know of the person's past, and of the time of day. Each answers at once."""

    def wall(self) -> datetime | None:
        """Return the local time, with its zone; None while it is not trusted, or the past not known."""

    def quiet(self) -> bool:
        """Tell whether these are the quiet hours."""

    def last_done(self, regimen: Regimen) -> date | None:
        """Return the last day on which a person did a routine."""

    def last_over(self, regimen: Regimen) -> date | None:
        """Return the last day on which a person was through with a routine: they did it, or pain ended it."""

    def streak(self, regimen: Regimen) -> int:
        """Return on how many days in a row they did it."""

    def learned(self, program: Program) -> Learned:
        """Return what the person who does a program has learned of its routine."""
