"""Values from elsewhere as a message shows them: short, on one line, and never an order to a terminal."""

import difflib
import json
import reprlib
from collections.abc import Iterable, Mapping
from datetime import date, time

LONGEST_MESSAGE = 240
"""Characters; two lines and a half of a terminal. What is longer repeats what the file has."""
LONGEST_WORD = 60
"""Characters of a word for which a near one is sought: difflib takes seconds over a word of a megabyte."""

_repr = reprlib.Repr()
_repr.maxlevel = 3
_repr.maxlist = _repr.maxdict = 20
_repr.maxstring = _repr.maxother = _repr.maxlong = 60
"""Looks at no more of a value than is shown of it."""


def nearest(word: str, words: Iterable[str]) -> str:
    """Return ' (did you mean "x"?)' for the nearest of the words, or '' when none is near."""
    if len(word) > LONGEST_WORD:
        return ""
    close = difflib.get_close_matches(word, [other for other in words if len(other) <= LONGEST_WORD], n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def listed(words: Iterable[str]) -> str:
    """Return words with commas between them, as many as fit into half a message, each of them whole; "none" for none."""
    text, most = ", ".join(words), LONGEST_MESSAGE // 2
    if len(text) > most and (whole := text[: most - 3].rpartition(", ")[0]):
        return f"{whole}, ..."
    return shortened(text, most) or "none"


def counted(number: int, one: str, several: str = "") -> str:
    """Return "1 clip", "2 clips"; `several` is given where it is more than an added s."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def shortened(text: str, most: int) -> str:
    """Return a text, or its beginning if it has more than `most` characters."""
    return text if len(text) <= most else text[: most - 3] + "..."


def printable(text: str) -> str:
    """Return a text from elsewhere (a file's name, an answer) on one line: what a terminal would obey is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown(value: object) -> str:
    """Print a value for a message: short, on one line, as TOML would have it where that is easy."""
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            text = '"' + printable(value[:60]) + '"' * (len(value) <= 60)
        case Mapping():
            text = "a table"
        case date() | time():  # `hold = 00:10:00` is a time of day in TOML
            text = value.isoformat()
        case _:
            try:
                text = _repr.repr(value)
            except ValueError:  # a number of more than 4300 digits
                text = "a value too long to print"
    return shortened(text, 60)


def parse_json(raw: bytes) -> object:
    """Read JSON that others may have written.

    Raises:
        ValueError: if it is none, NaN and Infinity included; the message says why, as "is nested too deeply" does.
    """

    def refuse(name: str) -> None:
        raise ValueError(f"has {name}, which is not a number")

    try:
        return json.loads(raw, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ValueError("is not JSON, or only a part of it") from error
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8 text") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except ValueError as error:
        raise ValueError(without_digits(error)) from error


def without_digits(error: ValueError) -> str:
    """Return an error's text; Python's own on a number of more than 4300 digits is for programmers."""
    return "has a number with too many digits" if "int_max_str_digits" in str(error) else str(error)
