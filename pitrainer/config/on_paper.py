"""Lengths and ranges as people write them on paper, and how a file has them."""

import re

from ..core.units import Ms, length_text, parse_length

_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_UNIT = r"ms|h(?:ours?)?|m(?:in(?:utes?)?)?|s(?:ec(?:onds?)?)?"
_PART = re.compile(rf"({_NUMBER})\s*({_UNIT})\.?\s*", re.ASCII | re.IGNORECASE)
_LENGTH = re.compile(rf"(?:{_PART.pattern})+", re.ASCII | re.IGNORECASE)
_RANGE = re.compile(
    rf"({_NUMBER})\s*([a-z]*)\.?\s*(?:[-\u2013\u2014]|to)\s*({_NUMBER})\s*([a-z]*)\.?", re.ASCII | re.IGNORECASE
)


def right_length(text: str) -> str:
    """Return "10 s" or "1,5 min" as "10s" or "1m30s"; "" if it is no length."""
    if not _LENGTH.fullmatch(text.strip()):
        return ""
    total = 0.0
    for number, unit in _PART.findall(text):
        name = unit.lower() if unit.lower() == "ms" else unit[0].lower()
        total += float(number.replace(",", ".")) * parse_length(f"1{name}")
    return length_text(Ms(round(total)))


def right_range(text: str, *, whole: bool) -> str:
    """Return "8-12" as a list of whole numbers, or "10-12 s" as one of lengths, in TOML; "" if it is no range."""
    if not (match := _RANGE.fullmatch(text.strip())):
        return ""
    least, its_unit, most, unit = match.groups()
    if whole:
        return f"[{least}, {most}]" if least.isdigit() and most.isdigit() else ""
    both = [right_length(least + (its_unit or unit or "s")), right_length(most + (unit or its_unit or "s"))]
    return f'["{both[0]}", "{both[1]}"]' if all(both) else ""
