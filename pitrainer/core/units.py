"""Time is whole milliseconds. This module reads and prints lengths such as "1m30s"."""

import re
from typing import NewType

Ms = NewType("Ms", int)
"""A length or a moment in integer milliseconds. Moments are offsets in a plan or readings of the monotonic clock."""

SECOND = Ms(1_000)
MINUTE = Ms(60_000)
HOUR = Ms(3_600_000)

_UNITS = {"h": HOUR, "m": MINUTE, "s": SECOND, "ms": Ms(1)}
_LENGTH = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?(?:(\d{1,9})ms)?", re.ASCII)


def parse_length(text: str) -> Ms:
    """Read "10s", "1m30s", "250ms" or "1h" as milliseconds.

    Raises:
        ValueError: if the text is anything else; the message shows what would be right.
    """
    match = _LENGTH.fullmatch(text)
    if not text or match is None:
        raise ValueError(f'{text!r:.60} is not a length; write for example "10s", "1m30s" or "500ms"')
    return Ms(sum(int(number) * unit for number, unit in zip(match.groups(), _UNITS.values(), strict=True) if number))


def length_text(length: Ms) -> str:
    """Print a length as `parse_length` reads it: 90000 -> "1m30s"."""
    parts = []
    rest: int = length
    for name, unit in _UNITS.items():
        number, rest = divmod(rest, unit)
        if number:
            parts.append(f"{number}{name}")
    return "".join(parts) or "0s"


def clock_text(length: Ms) -> str:
    """Print a length as a clock does, rounded down to a second: 90500 -> "1:30"."""
    return f"{length // MINUTE}:{length % MINUTE // SECOND:02d}"
