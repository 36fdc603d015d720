"""Clips that are being made while the trainer runs: how fast, how long it will take, and whether they come in time."""

from collections.abc import Iterable, Sequence

from .languages import Phrase
from .plan import Plan, Say
from .speech import estimate
from .units import SECOND, Ms

CAREFUL = 1.5
"""Times what making takes by the pace so far: a session that runs meanwhile takes its part of a small processor."""
EARLY = Ms(5 * SECOND)
"""How long before its step's turn a clip must be there, by `CAREFUL`."""


def speech(phrases: Iterable[Phrase]) -> Ms:
    """Return about how long it takes to say all these."""
    return Ms(sum(map(estimate, phrases)))


class Pace:
    """Follows how much is still to be made."""

    def __init__(self) -> None:
        """Begin before anything was seen."""
        self._first: tuple[Ms, Ms] | None = None
        """When the first clip was seen, and how much was left then: what came before it is the loading of the voice."""
        self._begun: Ms | None = None

    def look(self, left: Ms, now: Ms) -> float:
        """Take how much speech is still to be made; return how much is made in a millisecond, 0 while that is not known."""
        if self._begun is None:
            self._begun = left
        elif self._first is None and left < self._begun:
            self._first = now, left
        elif self._first and now > self._first[0]:
            return (self._first[1] - left) / (now - self._first[0])
        return 0.0


def in_time(plan: Plan, place: int, missing: Sequence[Phrase], pace: float) -> bool:
    """Tell whether a session can begin now: each clip that is missing will be there well before it is heard.

    A step is planned anew as long as the one before it has not begun: by then its clips must be there, and those of the first
    two steps now.

    Args:
        plan: of the session.
        place: the step that it begins with.
        missing: the plan's phrases without a clip, in the order in which they are made.
        pace: as `Pace.look` returns it.
    """
    if not pace:
        return False
    made: dict[Phrase, float] = {}
    total = 0
    for phrase in missing:
        total += estimate(phrase)
        made[phrase] = EARLY + CAREFUL * total / pace
    steps = plan.steps[place:]
    for turn, step in zip([steps[0], *steps], steps, strict=False):
        if any(made.get(cue.phrase, -1) > turn.start - steps[0].start for cue in step.cues if isinstance(cue, Say)):
            return False
    return True
