"""Reads the tables of a TOML file key by key, and keeps every problem instead of stopping at the first.

What a reader method returns after a problem is a stand-in of the right type: the caller goes on, so that all problems are
found in one pass, and throws the result away when there was any.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, TypeVar

from .units import Ms, length_text, parse_length

T = TypeVar("T")


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
        return f"{where}: {'(warning) ' if self.warning else ''}{self.message}"


def nearest(word: str, words: Iterable[str]) -> str:
    """Return ' (did you mean "x"?)' for the nearest of the words, or '' when none is near."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def printable(text: str) -> str:
    """Return a text from elsewhere (a file's name, an answer) on one line: what a terminal would obey is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown(value: object) -> str:
    """Print a value for a message: short, on one line, as TOML would have it where that is easy."""
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            text = '"' + value.encode("unicode_escape").decode("ascii") + '"'
        case Mapping():
            text = "a table"
        case date() | time():  # `hold = 00:10:00` is a time of day in TOML
            text = value.isoformat()
        case _:
            try:
                text = repr(value)
            except (ValueError, RecursionError):  # a number of more than 4300 digits, or tables a thousand deep
                text = "a value too long to print"
    return text if len(text) <= 60 else text[:57] + "..."


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
                listed = ", ".join(f'"{choice}"' for choice in choices)
                raise ValueError(f"{shown(value)} is not one of {listed}{nearest(str(value), choices)}")
            return str(value)

        return self.value(key, read, default, choices[0])

    def table(self, key: str) -> "Table":
        """Read a table; a missing one is read as empty."""
        self._asked.append(key)
        return Table(self._data.get(key, {}), self.file, self.problems, self._below(key))

    def tables(self, key: str, *, required: bool) -> list["Table"]:
        """Read a list of tables; where it is there, it must not be empty."""
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
        return [
            Table(item, self.file, self.problems, f"{self._below(key)}[{number}]") for number, item in enumerate(items, start=1)
        ]

    def done(self) -> None:
        """Report the keys that nobody asked for, with the nearest right name."""
        for key in self._data:
            if key not in self._asked:
                known = nearest(key, self._asked) or f"; known here: {', '.join(self._asked)}"
                self.problem(shown(key).strip('"'), f"is not a known key{known}")

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
