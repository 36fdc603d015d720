"""Counts what no finger does: a contact that closes, and is never closed for as long as it may bounce.

Long wires do that when a lamp or a fridge is switched beside them.
"""

from collections import deque

from .units import HOUR, Ms

DAY = Ms(24 * HOUR)
MOST = 1_000
"""Nobody needs to know of more."""


class Phantoms:
    """Those of one button in the last day."""

    def __init__(self, debounce: Ms) -> None:
        """Begin with a button that is up; `debounce` is how long its contact may bounce."""
        self._debounce = debounce
        self._times: deque[Ms] = deque(maxlen=MOST)
        self._began: Ms | None = None
        """When the contact closed first, after it had been open for longer than it bounces."""
        self._longest = Ms(0)
        """For how long it was closed since then, without a break."""
        self._down_at: Ms | None = None
        self._up_at = Ms(0)

    def edge(self, down: bool, at: Ms) -> None:
        """Take an edge of the pin."""
        if down:
            if self._settled(at):
                self._keep()
                self._began, self._longest = at, Ms(0)
            self._down_at = at
        elif self._down_at is not None:
            self._longest = max(self._longest, Ms(at - self._down_at))
            self._down_at, self._up_at = None, at

    def take_over(self, before: "Phantoms", now: Ms) -> None:
        """Go on with what was counted before."""
        before.count(now)  # the last one may be over by now
        self._times = deque((*before._times, *self._times), MOST)

    def count(self, now: Ms) -> int:
        """Return how many there were in the last day."""
        if self._settled(now):
            self._keep()
        return sum(now - at < DAY for at in self._times)

    def _settled(self, now: Ms) -> bool:
        return self._down_at is None and (self._began is None or now - self._up_at >= self._debounce)

    def _keep(self) -> None:
        if self._began is not None and self._longest < self._debounce:
            self._times.append(self._began)
        self._began = None
