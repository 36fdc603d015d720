"""Reads the tables of a TOML file key by key, and keeps every problem instead of stopping at the first.

What a reader method returns after a problem is a stand-in of the right type: the caller goes on, so that all problems are
found in one pass, and throws the result away when there was any.
"""

import difflib
import json
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, TypeVar

from .units import Ms, length_text, parse_length

T = TypeVar("T")

LONGEST_MESSAGE = 240
"""Characters; two lines and a half of a terminal. What is longer repeats what the file has."""
LONGEST_WORD = 60
"""Characters of a word for which a near one is sought: difflib takes seconds over a word of a megabyte."""
MOST_GUESSED = 100
"""Problems after which no near name is sought: that takes 0.5 ms a key, and a file may have 30,000 keys."""

_repr = reprlib.Repr()
_repr.maxlevel = 3
_repr.maxlist = _repr.maxdict = 20
_repr.maxstring = _repr.maxother = _repr.maxlong = 60
"""Looks at no more of a value than is shown of it."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a file, and what would be right. A warning does not stop the program."""

    file: str
    key: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        """One line: file, key, message."""
        where = f"{self.file}: {self.key}" if self.key else self.file
        return printable(f"{where}: {'(warning) ' if self.warning else ''}{shortened(self.message, LONGEST_MESSAGE)}")


def nearest(word: str, words: Iterable[str]) -> str:
    """Return ' (did you mean "x"?)' for the nearest of the words, or '' when none is near."""
    if len(word) > LONGEST_WORD:
        return ""
    close = difflib.get_close_matches(word, [other for other in words if len(other) <= LONGEST_WORD], n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def listed(words: Iterable[str]) -> str:
    """Return words with commas between them, as many as fit into a message; "none" for none."""
    return shortened(", ".join(words), LONGEST_MESSAGE // 2) or "none"


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
            text = '"' + value[:60].encode("unicode_escape").decode("ascii") + '"' * (len(value) <= 60)
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
        ValueError: if it is none, NaN and Infinity included; the message says why, as "is nested too deep" does.
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
        raise ValueError("is nested too deep") from error
    except ValueError as error:
        raise ValueError(without_digits(error)) from error


def without_digits(error: ValueError) -> str:
    """Return an error's text; Python's own on a number of more than 4300 digits is for programmers."""
    return "has a number with too many digits" if "int_max_str_digits" in str(error) else str(error)


class Table:
    """One table of a file, read key by key; `done` reports the keys that nobody asked for."""

    def __init__(self, data: object, file: str, problems: list[Problem], path: str = "") -> None:
        """Take the parsed data; anything but a table is a problem, and is then read as an empty one."""
        self.file = file
        self.problems = problems
        self.path = path
        self._asked: list[str] = []
        self._data: Mapping[str, Any] = {}
        self.broken = not isinstance(data, Mapping)
        if isinstance(data, Mapping):
            self._data = data
        else:
            self.problem("", f"{shown(data)} is not a table")

    def problem(self, key: str, message: str, *, warning: bool = False) -> None:
        """Keep a problem with a key of this table; the key "" means the table itself."""
        full = ".".join(part for part in (self.path, key) if part)
        self.problems.append(Problem(self.file, full, message, warning))

    def __contains__(self, key: str) -> bool:
        """Tell whether the file has the key."""
        return key in self._data

    def value(self, key: str, read: Callable[[Any], T], default: T | None, stand_in: T) -> T:
        """Read a key by a function that raises ValueError; without a default the key is required."""
        self._asked.append(key)
        if key not in self._data:
            if default is None:
                if not self.broken:
                    self.problem(key, "is missing")
                return stand_in
            return default
        try:
            return read(self._data[key])
        except ValueError as error:
            self.problem(key, str(error))
            return stand_in if default is None else default

    def text(self, key: str, check: Callable[[str], str], default: str | None = None) -> str:
        """Read a text and pass it through a check."""
        return self.value(key, lambda value: check(as_text(value)), default, "")

    def texts(self, key: str, check: Callable[[str], str], default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Read a list of texts that has at least one."""

        def read(value: object) -> tuple[str, ...]:
            return tuple(check(as_text(item)) for item in as_list(value))

        return self.value(key, read, default, ())

    def length(self, key: str, least: Ms, most: Ms, default: Ms | None = None) -> Ms:
        """Read a length such as "10s" within bounds."""
        return self.value(key, lambda value: as_length(value, least, most), default, least)

    def integer(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """Read a whole number within bounds."""

        def read(value: object) -> int:
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{shown(value)} is not a whole number")
            if not least <= value <= most:
                raise ValueError(f"{shown(value)} is outside {least} to {most}")
            return value

        return self.value(key, read, default, least)

    def boolean(self, key: str, default: bool) -> bool:
        """Read true or false."""

        def read(value: object) -> bool:
            if not isinstance(value, bool):
                raise ValueError(f"{shown(value)} is not true or false")
            return value

        return self.value(key, read, default, default)

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Read one of the words in `choices`."""

        def read(value: object) -> str:
            if value not in choices:
                right = ", ".join(f'"{choice}"' for choice in choices)
                near = nearest(value, choices) if isinstance(value, str) else ""
                raise ValueError(f"{shown(value)} is not one of {right}{near}")
            return str(value)

        return self.value(key, read, default, choices[0])

    def table(self, key: str) -> "Table":
        """Read a table; a missing one is read as empty."""
        self._asked.append(key)
        return Table(self._data.get(key, {}), self.file, self.problems, self._below(key))

    def tables(self, key: str, *, required: bool, most: int | None = None) -> list["Table"]:
        """Read a list of tables; where it is there, it must not be empty. Of more than `most`, only the first are read."""
        self._asked.append(key)
        if key not in self._data:
            if required and not self.broken:
                self.problem(key, "is missing; there must be at least one")
            return []
        try:
            items = as_list(self._data[key])
        except ValueError as error:
            self.problem(key, str(error))
            return []
        if most is not None and len(items) > most:
            self.problem(key, f"{len(items)} are too many; at most {most} are possible")
            items = items[:most]
        return [
            Table(item, self.file, self.problems, f"{self._below(key)}[{number}]") for number, item in enumerate(items, start=1)
        ]

    def done(self) -> None:
        """Report the keys that nobody asked for, with the nearest right name."""
        for key in self._data:
            if key not in self._asked:
                near = nearest(key, self._asked) if len(self.problems) < MOST_GUESSED else ""
                self.problem(shown(key).strip('"'), f"is not a known key{near or f'; known here: {listed(self._asked)}'}")

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def as_text(value: object) -> str:
    """Return the value if it is a text, else raise ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a text; put it in quotes")
    return value


def as_list(value: object) -> list[object]:
    """Return the value if it is a list with something in it, else raise ValueError."""
    if not isinstance(value, list):
        raise ValueError(f"{shown(value)} is not a list; put it in [ ]")
    if not value:
        raise ValueError("the list is empty; it must have at least one entry")
    return value


def as_length(value: object, least: Ms, most: Ms) -> Ms:
    """Read a length within bounds, else raise ValueError."""
    if not isinstance(value, str):
        raise ValueError(f'{shown(value)} is not a length; write for example "10s" or "1m30s", in quotes')
    length = parse_length(value)
    if not least <= length <= most:
        raise ValueError(f"{shown(value)} is outside {length_text(least)} to {length_text(most)}")
    return length
