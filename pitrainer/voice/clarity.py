"""Three points between a voice that sounds natural close by and one that carries across a room: the figures of each.

What is done with them is `mastering`, which costs a second to import; the settings need only the names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Clarity = Literal["natural", "clear", "noisy room"]


@dataclass(frozen=True)
class Chain:
    """What differs between them."""

    target: float
    """LUFS (ITU-R BS.1770-4), of every clip, as `mastering.loudness` measures it; peaks are at most at `mastering.CEILING`."""
    ratio: float
    """dB of level above `mastering.THRESHOLD` for one that remains; 1 leaves all as it is."""
    rounded: bool
    """Whether peaks are rounded off (`mastering.SOFT`) before they are limited."""


# What is thought of them: tests/bench/naturalness.py. Over 48 phrases DNSMOS (P.808) thought 0.07 less of "natural" than of raw
# Piper, 0.15 less of "clear", and 0.51 less of "noisy room" (standard error 0.04). What is missed: across_the_room.py. Of raw
# Piper 0.694 and 0.941 of the words (living room, 4.8 m, fan, 0 dB; bare room, 2.5 m, dishes, 0 dB), of "clear" 0.125 and 0.26.
CHAINS: Mapping[Clarity, Chain] = {
    "natural": Chain(target=-17.0, ratio=1.0, rounded=False),
    "clear": Chain(target=-14.0, ratio=1.5, rounded=False),
    "noisy room": Chain(target=-10.9, ratio=3.0, rounded=True),
}
