"""What the buzzer says. Patterns that an ear can tell apart with closed eyes, from across a room."""

from enum import Enum
from functools import cached_property

from .units import Ms


class Signal(Enum):
    """A buzzer pattern: milliseconds on, off, on, ... ; it starts and ends with the buzzer on.

    They differ in number and length of the buzzes, not in pitch: an active buzzer has one pitch.
    """

    PRESS = (40,)
    """The button was heard: a blip."""
    TICK = (25,)
    """A beat of the tempo."""
    PHASE = (150,)
    """The next phase of a repetition begins."""
    STEP = (80,)
    """The next step begins: one short."""
    READY = (60, 90, 60)
    """Get into position: two quick ones."""
    START = (500,)
    """The hold begins, or a set of repetitions: one long."""
    CHANGE = (200, 120, 200)
    """The hold is over, there are more in this exercise: two."""
    END = (200, 120, 200, 120, 200)
    """The exercise's last hold is over: three."""
    DONE = (200, 120, 200, 120, 900)
    """The session is over: two, and a very long one."""
    STOPPED = (900,)
    """Stopped by the person: one very long."""
    PREPARING = (60, 400, 60, 400, 60)
    """The clips are still being made: three short, far apart; the session starts by itself."""
    REMINDER = (60, 90, 60, 300, 60, 90, 60)
    """It is time for a routine, or for an exercise once more: two quick ones, twice."""
    NO_SOUND = (400, 300, 400)
    """Fault 2: there is no sound."""
    NO_VOICE = (400, 300, 400, 300, 400)
    """Fault 3: the voice or some of its clips are missing."""
    BAD_SETTINGS = (400, 300, 400, 300, 400, 300, 400)
    """Fault 4: the settings or a routine are wrong."""

    @cached_property
    def length(self) -> Ms:
        """From the first edge to the last."""
        return Ms(sum(self.value))

    def edges(self) -> list[tuple[Ms, bool]]:
        """Return (offset, on) for each edge of the pin, from (0, True) to (length, False)."""
        edges = [(Ms(0), True)]
        for length in self.value:
            at, on = edges[-1]
            edges.append((Ms(at + length), not on))
        return edges
