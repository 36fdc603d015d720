"""Reads the edges of a button as gestures. No gesture waits for another: a press is reported on the way down."""

from enum import Enum, auto

from .units import Ms

DOUBLE = Ms(400)
"""A press within this time after the last one belongs to it: `button.double`, unless it is set otherwise."""


class Gesture(Enum):
    """What a person does with a button."""

    PRESS = auto()
    """Down, more than `button.double` after the last time."""
    AGAIN = auto()
    """Down once more within `button.double`."""
    LONG_PRESS = auto()
    """Down for `button.hold`. A hold is what a person does in an exercise."""
    RELEASE = auto()
    """Up again, where there was no LONG_PRESS."""


class ButtonReader:
    """Turns the raw edges of one button into gestures.

    The first edge of a change counts at once; what follows within `debounce` is the contact's bouncing and only decides
    where the button has settled at the end of that time. gpiozero's own `bounce_time` is not used for it: it would delay
    the press, and its mock pins ignore it.
    """

    def __init__(self, debounce: Ms, long_press: Ms, *, double: Ms = DOUBLE, down: bool = False) -> None:
        """Start with the button as it is; one that is down is ignored until it is released."""
        self._debounce = debounce
        self._long_press = long_press
        self._double = double
        self._level = self._down = down
        self._changed_at: Ms | None = None
        """When the level left the accepted state."""
        self._settled_at: Ms | None = None
        """Until when changes are taken for bouncing."""
        self._pressed_at: Ms | None = None
        self._answered = down
        """This time down has been dealt with: nothing more comes of it, not even a RELEASE."""

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
                self._answered = True
                gestures.append(Gesture.LONG_PRESS)
        return gestures

    def deadline(self) -> Ms | None:
        """Return when `tick` must be called next, or None."""
        return min((due for due in (self._change_due(), self._long_press_due()) if due is not None), default=None)

    def _change_due(self) -> Ms | None:
        if self._level == self._down or self._changed_at is None:
            return None
        return self._changed_at if self._settled_at is None else max(self._changed_at, self._settled_at)

    def _long_press_due(self) -> Ms | None:
        if not self._down or self._answered or self._pressed_at is None:
            return None
        return Ms(self._pressed_at + self._long_press)

    def _change(self, at: Ms) -> list[Gesture]:
        self._down = self._level
        self._settled_at = Ms(at + self._debounce)
        if not self._down:
            return [] if self._answered else [Gesture.RELEASE]
        again = self._pressed_at is not None and at - self._pressed_at <= self._double
        self._pressed_at, self._answered = at, False
        return [Gesture.AGAIN if again else Gesture.PRESS]
