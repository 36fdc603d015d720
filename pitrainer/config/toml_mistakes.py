"""What is wrong with a file that is not TOML, for people who have never heard of TOML."""

import re
import tomllib

from ..core.text import shortened, shown

LONGEST_LINE = 1_000
"""Characters of a line in which a missing quote is sought: looking takes a time that grows with their square."""

_WHERE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_PLAIN_VALUE = re.compile(r"""\s*(?P<key>[\w."'-]+)\s*=\s*(?P<value>[^"'\[{#\s][^#]*?)\s*(?:#.*)?$""")
_NO_TEXT = re.compile(r"(true|false|[+-]?[\d_.]+|[+-]?(inf|nan)|\d{4}-\d\d-\d\d.*|\d\d:\d\d.*)$", re.ASCII)


def in_words(text: str, error: tomllib.TOMLDecodeError) -> str:
    """Return what is wrong, with its line and column where they are known."""
    said = str(error)
    lines = text.split("\n")
    where = _WHERE.search(said)
    number = int(where[1]) if where else len(text.rstrip().split("\n"))
    line = lines[number - 1] if number <= len(lines) else ""
    line = line if len(line) <= LONGEST_LINE else ""
    at = f"line {number}, column {where[2]}" if where else f"line {number}"
    if why := _missing_quote(line):
        return f"{at}: {why}"
    return f"{at}: is not valid TOML: {said[: where.start()]}" if where else f"is not valid TOML: {said}"


def _missing_quote(line: str) -> str:
    """Return what quote is missing in a line, if that is what is wrong with it."""
    if match := _PLAIN_VALUE.match(line):
        key, value = match["key"], match["value"].rstrip(",")
        if not _NO_TEXT.match(value):
            right = shortened(value.rstrip('"'), 60)
            return f'the quotes are missing; write {key} = "{right}"'
    without_escapes = re.sub(r"\\.", "", line)
    if '"""' not in line and without_escapes.count('"') % 2:
        return f"a quote is missing in {shown(line.strip())}; each text begins and ends with one"
    return ""
