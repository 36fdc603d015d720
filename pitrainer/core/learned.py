"""What a person has learned of a routine: how much of it need not be explained any more."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Learned:
    """What one person has learned of one routine. All of it is forgotten after a long break."""

    sessions: int = 0
    """Sessions of the routine in which they held anything."""
    known: frozenset[str] = frozenset()
    """The ids of the exercises that they know."""


NOTHING = Learned()
"""Of the first session, and where nothing is known of the past."""
