"""Reads the edges of a button as gestures. No gesture waits for another: a press is reported on the way down."""

from enum import Enum, auto

from .units import MINUTE, Ms

DOUBLE = Ms(400)
"""A press within this time after the last one belongs to it: `button.double`, unless it is set otherwise."""

SPARK = Ms(4)
"""A change that is over sooner is nobody's finger, but a spark or a lamp that is switched beside a long wire. They take up to
2 ms; the rest is for their end to be told. A press is answered so much later."""
SHORTEST = Ms(2 * SPARK)
"""How long a press lasts at least where no finger tells: a key of the keyboard, a pedal that says down and up in one breath."""

LONGER = Ms(2_000)
"""From a long press to a longer one."""
STUCK_AFTER = Ms(MINUTE)
"""A button that is down for so long is jammed, or something leans against it."""


class Gesture(Enum):
    """What a person does with a button."""

    PRESS = auto()
    """Down, more than `button.double` after the last time."""
    AGAIN = auto()
    """Down once more within `button.double`."""
    LONG_PRESS = auto()
    """Down for `button.hold`. A hold is what a person does in an exercise."""
    LONGER_PRESS = auto()
    """Down for `LONGER` more."""
    STUCK = auto()
    """Down for `STUCK_AFTER`, which nobody does: nothing more comes of it, not even a RELEASE."""
    RELEASE = auto()
    """Up again."""


class ButtonReader:
    """Turns the raw edges of one button into gestures.

    The first change that is longer than a spark counts at once; what follows within `debounce` is the contact's bouncing and
    only decides where the button has settled at the end of that time. gpiozero's own `bounce_time` is not used for it: it would
    delay the press, and its mock pins ignore it.
    """

    def __init__(self, debounce: Ms, long_press: Ms, *, double: Ms = DOUBLE, spark: Ms = Ms(0), down: bool = False) -> None:
        """Start with the button as it is; one that is down is ignored until it is released.

        Args:
            debounce: how long a contact bounces.
            long_press: after this long, a press is a long one.
            double: within this time, a press belongs to the one before.
            spark: a change that is over sooner is left out.
            down: the button is down.
        """
        self._debounce = debounce
        self._spark = spark
        self._stages = (
            (long_press, Gesture.LONG_PRESS),
            (Ms(long_press + LONGER), Gesture.LONGER_PRESS),
            (STUCK_AFTER, Gesture.STUCK),
        )
        """What a button is that has been down for so long."""
        self._double = double
        self._level = self._down = down
        self._changed_at: Ms | None = None
        """When the level left the accepted state."""
        self._settled_at: Ms | None = None
        """Until when changes are taken for bouncing."""
        self._pressed_at: Ms | None = None
        self._stage = len(self._stages) if down else 0
        """Which of the stages comes next. After the last one, nothing more comes of this time down, not even a RELEASE."""

    def edge(self, down: bool, at: Ms) -> list[Gesture]:
        """Take an edge of the pin; return the gestures until then."""
        gestures = self.tick(at)
        if down != self._level:
            self._level = down
            self._changed_at = at
        return gestures + self.tick(at)

    def tick(self, now: Ms) -> list[Gesture]:
        """Return the gestures that became due by the passing of time."""
        gestures = []
        while (due := self.deadline()) is not None and due <= now:
            if due == self._change_due():
                gestures += self._change(due)
            else:
                gestures.append(self._stages[self._stage][1])
                self._stage += 1
        return gestures

    def deadline(self) -> Ms | None:
        """Return when `tick` must be called next, or None."""
        return min((due for due in (self._change_due(), self._stage_due()) if due is not None), default=None)

    def _change_due(self) -> Ms | None:
        if self._level == self._down or self._changed_at is None:
            return None
        lasted = Ms(self._changed_at + self._spark)
        return lasted if self._settled_at is None else max(lasted, self._settled_at)

    def _stage_due(self) -> Ms | None:
        if not self._down or self._stage == len(self._stages) or self._pressed_at is None:
            return None
        return Ms(self._pressed_at + self._stages[self._stage][0])

    def _change(self, at: Ms) -> list[Gesture]:
        self._down = self._level
        self._settled_at = Ms(at + self._debounce)
        if not self._down:
            return [] if self._stage == len(self._stages) else [Gesture.RELEASE]
        again = self._pressed_at is not None and at - self._pressed_at <= self._double
        self._pressed_at, self._stage = at, 0
        return [Gesture.AGAIN if again else Gesture.PRESS]
