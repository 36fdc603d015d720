"""In which line of a TOML file a key is: `tomllib` does not say, and a mistake is soonest mended where it is shown.

It reads files that need not be right, as far as they go: a place that is not found is none, and what is said of it stays true.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_LAST = re.compile(r"(\.[^.\[\]]*|\[\d+\]|^[^.\[\]]+)$")
_STRING_OR_SIGN = re.compile(r'\"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|[\[\]{}#]')


class Block(NamedTuple):
    """The lines of a table: its header's, and that in which its last value ends; from 1."""

    first: int
    last: int


class Places:
    """Where the keys of a file are."""

    def __init__(self, text: str) -> None:
        """Look through a file."""
        self._lines = text.split("\n")
        self._found: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._path = ""
        self.blocks: dict[str, list[Block]] = {}
        """Those of each array of tables, by its name, where it is written with `[[name]]`."""
        self.ends: dict[str, int] = {}
        """The line in which the last value of each table ends, or of its header where it has none."""
        number = 0
        while number < len(self._lines):
            number = self._statement(number)

    def line(self, key: str) -> int | None:
        """Return the line of a key such as "exercise[2].hold", or of the table in which it is missing; None for neither."""
        while key:
            if key in self._found:
                return self._found[key]
            shorter = _LAST.sub("", key)
            key = shorter if shorter != key else ""
        return None

    def _statement(self, number: int) -> int:
        """Read what begins in a line (from 0); return the line after it."""
        line = self._lines[number]
        if header := _HEADER.match(line):
            self._header(self._resolved(header[2]), number, several=header[1] == "[[")
        elif key := _KEY.match(line):
            path = ".".join(filter(None, (self._path, _plain(key[1]))))
            self._found.setdefault(path, number + 1)
            last = self._value(path, number, key.end())
            self.ends[self._path] = last + 1
            name, _, rest = self._path.partition("[")
            if rest and name in self.blocks:
                self.blocks[name][-1] = self.blocks[name][-1]._replace(last=last + 1)
            return last + 1
        return number + 1

    def _header(self, path: str, number: int, *, several: bool) -> None:
        if several:
            self._counts[path] = self._counts.get(path, 0) + 1
            self.blocks.setdefault(path, []).append(Block(number + 1, number + 1))
            path = f"{path}[{self._counts[path]}]"
        self._path = path
        self._found.setdefault(path, number + 1)
        self.ends[path] = number + 1

    def _resolved(self, dotted: str) -> str:
        """Return a header's path, in which every array of tables on the way has the number of its last table."""
        path = ""
        names = _plain(dotted).split(".")
        for place, name in enumerate(names, start=1):
            path = f"{path}.{name}" if path else name
            if place < len(names) and path in self._counts:
                path = f"{path}[{self._counts[path]}]"
        return path

    def _value(self, path: str, number: int, at: int) -> int:
        """Return in which line a value ends; note where each table in a list is."""
        depth = items = 0
        for line, sign in self._signs(number, at):
            if sign == "" and depth <= 0:
                return line
            if sign in ("[", "{"):
                depth += 1
                if sign == "{" and depth == 2:
                    items += 1
                    self._found.setdefault(f"{path}[{items}]", line + 1)
            elif sign in ("]", "}"):
                depth -= 1
        return len(self._lines) - 1

    def _signs(self, number: int, at: int) -> Iterator[tuple[int, str]]:
        """Yield the brackets from a place on, outside of texts and comments, with their lines; "" at the end of each line."""
        while number < len(self._lines):
            found = _STRING_OR_SIGN.search(self._lines[number], at)
            if not found or found[0] == "#":
                yield number, ""
                number, at = number + 1, 0
            elif found[0] in ('"""', "'''"):
                number, at = self._end_of_text(found[0], number, found.end())
            else:
                at = found.end()
                if found[0] in "[]{}":
                    yield number, found[0]

    def _end_of_text(self, quotes: str, number: int, at: int) -> tuple[int, int]:
        """Return where a text of several lines ends."""
        while number < len(self._lines):
            if (end := self._lines[number].find(quotes, at)) >= 0:
                return number, end + 3
            number, at = number + 1, 0
        return number, 0


def _plain(dotted: str) -> str:
    """Return a dotted key without blanks and quotes."""
    return ".".join(name.strip("\"'") for name in re.findall(_NAME, dotted))
