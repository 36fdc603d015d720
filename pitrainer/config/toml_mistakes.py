"""What is wrong with a file that is not TOML, for people who have never heard of TOML."""

import re
import tomllib
from collections.abc import Sequence

from ..core.text import LONGEST_MESSAGE, shortened, shown
from .on_paper import right_length, right_range

LONGEST_LINE = 1_000
"""Characters of a line in which a missing quote is sought: looking takes a time that grows with their square."""

_WHERE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_CURLY = "“”„‟«»‘’‚‹›´`"  # noqa: RUF001 - that they look alike is why they are here
"""The quotes that word processors and phones write, and accents that stand for quotes."""
_PLAIN_VALUE = re.compile(rf"""\s*(?P<key>[\w."'-]+)\s*=\s*(?P<value>[^"'\[{{#\s{_CURLY}][^#]*?)\s*(?:#.*)?$""")
_NO_RANGES = ("prepare", "rest", "sets", "marks", "repeat_after", "tempo")
_NO_TEXT = re.compile(r"(true|false|[+-]?[\d_.]+|[+-]?(inf|nan)|\d{4}-\d\d-\d\d.*|\d\d:\d\d.*)$", re.ASCII)
_VALUES = re.compile(
    rf"""(?P<before>[=\[,{{]\s*)(?:
        "(?:\\.|[^"\\])*" | '[^']*'
        | [{_CURLY}](?P<curly>[^"]*?)["{_CURLY}]
        | "(?P<half>[^"“”„«»]*)[{_CURLY}]
        | (?P<bare>[^\s"'\[\]{{}},=\#{_CURLY}][^"'\[\]{{}},=\#{_CURLY}]*?)
    )(?=\s*(?:[,}}\]\#]|$))
    | \s*\#.*""",
    re.VERBOSE,
)
"""Values in a line, each up to what may follow one; a comment is none."""


def in_words(text: str, error: tomllib.TOMLDecodeError) -> str:
    """Return what is wrong, with its line and column where they are known."""
    said = str(error)
    lines = text.split("\n")
    where = _WHERE.search(said)
    number = int(where[1]) if where else len(text.rstrip().split("\n"))
    line = lines[number - 1] if number <= len(lines) else ""
    line = line if len(line) <= LONGEST_LINE else ""
    at = f"line {number}, column {where[2]}" if where else f"line {number}"
    if why := _plain_value(line) or _wrong_quotes(lines[: number - 1], line) or _missing_quote(line):
        return f"{at}: {why}"
    return f"{at}: is not valid TOML: {said[: where.start()]}" if where else f"is not valid TOML: {said}"


def _plain_value(line: str) -> str:
    """Return what is wrong with a line whose value has no quotes, if it is one."""
    if not (match := _PLAIN_VALUE.match(line)):
        return ""
    key, value = match["key"], match["value"].rstrip(",")
    if _NO_TEXT.match(value):
        return ""
    value = value.rstrip(f'"{_CURLY}')
    if key in _NO_RANGES and right_range(value, whole=False):
        return f"{key} = {value}: {key} is one value, not a range"
    right = _right(value, key)
    if right.startswith("["):
        return f"a range is a list; write {key} = {right}"
    if right != f'"{value}"':
        return f"a length has quotes, no spaces and no decimals; write {key} = {right}"
    return f'the quotes are missing; write {key} = "{shortened(value, 60)}"'


def _wrong_quotes(before: Sequence[str], line: str) -> str:
    """Return how a line is written with straight quotes around each text, if it is right then."""
    curly = changed = False

    def straight(match: re.Match[str]) -> str:
        nonlocal curly, changed
        before, bare = match["before"], match["bare"]
        for text in (match["curly"], match["half"]):
            if text is not None:
                curly = changed = True
                return f'{before}"{text}"'
        if bare and not _NO_TEXT.match(bare):
            changed = True
            return before + _right(bare, line[: match.start("bare")])
        return match[0] if before else ""

    right = _VALUES.sub(straight, line)
    try:
        tomllib.loads("\n".join([*before, right, ""]))
    except (ValueError, RecursionError) as error:
        changed &= "at end of document" in str(error)  # a list goes on in the next line
    if not changed:
        return ""
    written = shortened(right.strip(), LONGEST_MESSAGE // 2)
    if curly:
        return f"these are typographic quotes; write it with straight ones: {written}"
    what = "the quotes are missing" if right.count('"') > line.count('"') else "a range is a list"
    return f"{what}; write {written}"


def _right(value: str, before: str) -> str:
    """Return a value that has no quotes as TOML has it; `before` is what stands before it in its line."""
    keys = re.findall(r"\b(hold|time|reps)\b", before)
    if keys and (both := right_range(value, whole=keys[-1] == "reps")):
        return both
    return f'"{right_length(value) or value}"'


def _missing_quote(line: str) -> str:
    """Return what quote is missing in a line, if that is what is wrong with it."""
    without_escapes = re.sub(r"\\.", "", line)
    if '"""' not in line and without_escapes.count('"') % 2:
        return f"a quote is missing in {shown(line.strip())}; each text begins and ends with one"
    return ""
