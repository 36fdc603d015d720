"""What a fuzz target is: where its cases come from, and how one is checked."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from pitrainer.errors import Problem

CORPUS = Path(__file__).parent / "corpus"
LONGEST_LINE = 300
"""Characters of a message: four lines of a terminal. More is not read."""


class Case(bytes):
    """A case's bytes; printed, it is not longer than a message of a failed test should be."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes: {bytes(self[:200])!r}>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))


Check = Callable[[bytes], None]
"""Has the program take one case; whatever it raises is a finding."""


@dataclass(frozen=True)
class Target:
    """A part of the program that takes what others wrote. A case is a file's bytes, so that it can be kept and looked at."""

    name: str
    ending: str
    """Of a case's file."""
    examples: int
    """Cases in an ordinary test run, for about five seconds."""
    cases: st.SearchStrategy[bytes]
    opened: Callable[[Path], AbstractContextManager[Check]]
    """Makes ready what a check needs, in an empty folder, once for many cases."""

    @property
    def drawn(self) -> st.SearchStrategy[Case]:
        """The cases, as the tests draw them."""
        return self.cases.map(Case)

    def corpus(self) -> list[Path]:
        """Return the cases that were findings once, or are too special to be drawn."""
        return sorted(file for file in (CORPUS / self.name).glob("*") if file.is_file())


def assert_line(text: str, folder: Path) -> None:
    """A message is one line that can be printed and read. The name of the test's own folder does not count."""
    line = text.replace(f"{folder}/", "")
    assert line.isprintable(), f"not one printable line: {line!r:.400}"
    assert 0 < len(line) <= LONGEST_LINE, f"{len(line)} characters: {line!r:.400}"


def assert_lines(problems: Iterable[Problem], folder: Path) -> None:
    """The same for every problem of a file."""
    for problem in problems:
        assert_line(str(problem), folder)


class Pace:
    """How much processor time a case may take: so many times what a plain one of its kind takes here and now.

    Not seconds: the tests run on a busy PC as well as on a Pi Zero.
    """

    def __init__(self, take: Check, plain: bytes, times: float) -> None:
        """Measure the plain case.

        Args:
            take: has the program take a case.
            plain: a small case of what the program is made for.
            times: how many times as long a case may take that is not larger; a larger one may take longer as it is larger.
        """
        self._take = take
        self._plain = plain
        self._times = times
        self._usual = 0.0
        self._measure()

    def __call__(self, case: bytes) -> None:
        """Take a case, up to three times where it is slow: one time that is not counts."""
        size = max(1, len(case) / len(self._plain))
        for _ in range(3):
            taken = self._taken(case)
            if taken <= self._usual * self._times * size:
                return
            self._measure()  # the machine may have become slower meanwhile
        raise AssertionError(f"takes {taken / self._usual / size:.0f} times as long as a plain one of its size")

    def _measure(self) -> None:
        self._usual = max(self._usual, min(self._taken(self._plain) for _ in range(3)))

    def _taken(self, case: bytes) -> float:
        began = time.thread_time()
        self._take(case)
        return time.thread_time() - began
