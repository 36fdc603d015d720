"""Reads the tables of a TOML file key by key, and keeps every problem instead of stopping at the first.

What a reader method returns after a problem is a stand-in of the right type: the caller goes on, so that all problems are
found in one pass, and throws the result away when there was any.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..core.routine import PROFILES
from ..core.speech import LONGEST_TEXT
from ..core.text import counted, nearest, shown, without_digits
from ..core.units import Ms, length_text, parse_length
from ..errors import Problem
from ..files import open_regular
from .locate import file_name
from .on_paper import right_length
from .toml_mistakes import in_words

T = TypeVar("T")
SYNONYMS = {
    **dict.fromkeys(("pause", "break"), ("rest",)),
    **dict.fromkeys(("side", "sides"), ("alternate", "positions")),
    **dict.fromkeys(("repetition", "repetitions", "repeat", "repeats"), ("reps",)),
    **dict.fromkeys(("duration", "time", "seconds"), ("hold", "time", "phases")),
    **dict.fromkeys(("text", "instruction", "instructions"), ("say",)),
}
"""What people write for keys of an exercise: the first of them that the table knows is meant."""
MOST_GUESSED = 100
"""Problems after which no near name is sought: that takes 0.5 ms a key, and a file may have 30,000 keys."""


class Table:
    """One table of a file, read key by key; `done` reports the keys that nobody asked for."""

    def __init__(self, data: object, file: str, problems: list[Problem], path: str = "") -> None:
        """Take the parsed data; anything but a table is a problem, and is then read as an empty one."""
        self.file = file
        self.problems = problems
        self.path = path
        self.faulty: set[str] = set()
        """The keys with a problem."""
        self._asked: list[str] = []
        self._refused: set[str] = set()
        self._data: Mapping[str, Any] = {}
        self.broken = not isinstance(data, Mapping)
        if isinstance(data, Mapping):
            self._data = data
        else:
            self.problem("", f"{shown(data)} is not a table")

    def problem(self, key: str, message: str, *, warning: bool = False) -> None:
        """Keep a problem with a key of this table; the key "" means the table itself."""
        if not warning:
            self.faulty.add(key)
        full = ".".join(part for part in (self.path, key) if part)
        self.problems.append(Problem(self.file, full, message, warning))

    def __contains__(self, key: str) -> bool:
        """Tell whether the file has the key."""
        return key in self._data

    def value(self, key: str, read: Callable[[Any], T], default: T | None, stand_in: T) -> T:
        """Read a key by a function that raises ValueError; without a default the key is required."""
        if default is not None:
            return self.optional(key, read, default)
        if key not in self._data and not self.broken:
            self.problem(key, "is missing")
        return self.optional(key, read, stand_in)

    def optional(self, key: str, read: Callable[[Any], T], default: T) -> T:
        """Read a key that may be left out, by a function that raises ValueError; the default may be None."""
        self._asked.append(key)
        if key not in self._data:
            return default
        try:
            return read(self._data[key])
        except ValueError as error:
            self.problem(key, str(error))
            return default

    def text(self, key: str, check: Callable[[str], str], default: str | None = None) -> str:
        """Read a text and pass it through a check."""
        return self.value(key, for_everybody(lambda value: check(as_text(value))), default, "")

    def texts(self, key: str, check: Callable[[str], str], default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Read a list of texts that has at least one."""

        def read(value: object) -> tuple[str, ...]:
            return tuple(check(as_text(item)) for item in as_list(value))

        return self.value(key, for_everybody(read), default, ())

    def length(self, key: str, least: Ms, most: Ms, default: Ms | None = None) -> Ms:
        """Read a length such as "10s" within bounds."""
        return self.value(key, for_everybody(lambda value: as_length(value, least, most)), default, least)

    def integer(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """Read a whole number within bounds."""
        return self.value(key, for_everybody(lambda value: as_whole(value, least, most)), default, least)

    def boolean(self, key: str, default: bool | None = None) -> bool:
        """Read true or false."""
        return self.value(key, for_everybody(as_boolean), default, False)

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Read one of the words in `choices`."""
        return self.value(key, for_everybody(lambda value: as_choice(value, choices)), None, choices[0])

    def table(self, key: str) -> "Table":
        """Read a table; a missing one is read as empty."""
        self._asked.append(key)
        return Table(self._data.get(key, {}), self.file, self.problems, self._below(key))

    def each(self, name: Callable[[str], str], read: Callable[[Any], T]) -> dict[str, T]:
        """Read a table in which any key is right that a function takes, each by another; both raise ValueError."""
        found = {}
        for key, value in self._data.items():
            try:
                found[name(key)] = read(value)
            except ValueError as error:
                self.problem(shown(key).strip('"'), str(error))
        return found

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

    def refuse(self, key: str, why: str) -> None:
        """Report a key that does not go with the others of this table, where it is there."""
        if key in self._data:
            self._refused.add(key)
            self.problem(key, why)

    def done(self) -> None:
        """Report the keys that nobody asked for, with the nearest right name."""
        for key in self._data:
            if key not in self._asked and key not in self._refused:
                self.problem(shown(key).strip('"'), f"is not a known key{self._meant(key)}")

    def _meant(self, key: str) -> str:
        """Return what may be meant by a key that is not known, or all that are."""
        if meant := next((other for other in SYNONYMS.get(key, ()) if other in self._asked), ""):
            return f' (did you mean "{meant}"?)'
        near = nearest(key, self._asked) if len(self.problems) < MOST_GUESSED else ""
        return near or f"; known here: {', '.join(dict.fromkeys(self._asked)) or 'none'}"

    def also_known(self, *keys: str) -> None:
        """Name keys that are right here, but that this table does not have."""
        self._asked += keys

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def for_everybody(read: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return a reader of one value for all profiles, which says so of a table of them."""

    def read_one(value: object) -> T:
        if _has_profiles(value):
            raise ValueError("is the same for every profile; write one value")
        return read(value)

    return read_one


def _has_profiles(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value) and set(value) <= set(PROFILES)


def _no_profiles(value: object) -> None:
    """Raise ValueError for a table of profiles that is a part of a value, such as one of a list."""
    if _has_profiles(value):
        raise ValueError("profiles go around the whole value: { adult = ..., child = ... }")


def as_text(value: object) -> str:
    """Return the value if it is a text, else raise ValueError."""
    _no_profiles(value)
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a text; put it in quotes")
    return value


def as_boolean(value: object) -> bool:
    """Return a value that is true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{shown(value)} is not true or false")
    return value


def as_list(value: object) -> list[object]:
    """Return the value if it is a list with something in it, else raise ValueError."""
    if not isinstance(value, list):
        raise ValueError(f"{shown(value)} is not a list; put it in [ ]")
    if not value:
        raise ValueError("the list is empty; it must have at least one entry")
    return value


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """Return the text if it is printable, on one line and not too long, else raise ValueError."""
    if not text.isprintable() or len(text) > most:
        raise ValueError(f"{shown(text)} is not plain text of at most {most} characters on one line")
    return text


def as_choice(value: object, choices: Sequence[str]) -> str:
    """Return the value if it is one of the words in `choices`, else raise ValueError."""
    if value not in choices:
        right = ", ".join(f'"{choice}"' for choice in choices)
        near = nearest(value, choices) if isinstance(value, str) else ""
        raise ValueError(f"{shown(value)} is not one of {right}{near}")
    return str(value)


def as_whole(value: object, least: int, most: int) -> int:
    """Return the value if it is a whole number within bounds, else raise ValueError."""
    _no_profiles(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{shown(value)} is not a whole number")
    if not least <= value <= most:
        raise ValueError(f"{shown(value)} is outside {least} to {most}")
    return value


def as_length(value: object, least: Ms, most: Ms) -> Ms:
    """Read a length within bounds, else raise ValueError."""
    _no_profiles(value)
    if not isinstance(value, str):
        raise ValueError(f'{shown(value)} is not a length; write for example "10s" or "1m30s", in quotes')
    try:
        length = parse_length(value)
    except ValueError:
        if right := right_length(value):
            raise ValueError(f'{shown(value)} is not a length; write "{right}"') from None
        raise
    if not least <= length <= most:
        raise ValueError(f"{shown(value)} is outside {length_text(least)} to {length_text(most)}")
    return length


MOST_BYTES = 256 * 1024
"""neck.toml with all its comments has 11 KB. A larger file is something else, and would take the checker minutes."""
MOST_DOTS = 200
"""In one line. tomllib takes quadratic time over a dotted key: 16 s for one of 32,000 parts (measured, Python 3.11)."""
MOST_SHOWN = 100
"""Mistakes of one file; more of them mean that it is something else."""


def read_toml(path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Read any file as TOML. What is wrong with it is one problem, whatever bytes it has."""
    try:
        with open_regular(path) as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        message = "there is no such file"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    else:
        return parse_toml(raw, path, problems)
    problems.append(Problem(file_name(path), "", message))
    return None


def parse_toml(raw: bytes, path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Read what is in a file, or shall be, as TOML. What is wrong with it is one problem."""
    try:
        if len(raw) > MOST_BYTES:
            raise ValueError(f"is larger than {MOST_BYTES // 1024} KiB; such a file is neither settings nor a routine")
        text = raw.decode("utf-8-sig")  # Windows' Notepad puts a byte order mark first
        for number, line in enumerate(text.split("\n"), start=1):
            if line.count(".") > MOST_DOTS:
                raise ValueError(f"has more than {MOST_DOTS} dots in line {number}")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        number = error.object.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text: byte 0x{error.object[error.start]:02x} in line {number}"
    except tomllib.TOMLDecodeError as error:
        message = in_words(text, error)
    except RecursionError:
        message = "is nested too deeply"
    except ValueError as error:  # ours; and tomllib's int() refuses numbers of more than 4300 digits
        message = without_digits(error)
    problems.append(Problem(file_name(path), "", message))
    return None


def keep_few(problems: list[Problem], since: int, path: Path) -> None:
    """Keep the first problems of a file, which are those from a number on, and say how many more there are."""
    if further := problems[since + MOST_SHOWN :]:
        warning = all(problem.warning for problem in further)
        many = counted(len(further), "further mistake")
        problems[since + MOST_SHOWN :] = [Problem(file_name(path), "", f"has {many}", warning)]
