"""The exceptions that end a command. Their text is for the person: what is wrong, and what would be right."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from .core.text import LONGEST_MESSAGE, printable, shortened


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


class PitrainerError(Exception):
    """An error that the user can fix; the command line prints it and exits with `code`."""

    code = 2

    def __init__(self, *lines: str) -> None:
        """Take what is wrong, a line for each thing."""
        super().__init__("\n".join(lines))
        self.lines = lines


class BadInput(PitrainerError):
    """Settings, routines or other files are wrong; it carries every problem that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Take the problems in the order in which they are shown."""
        super().__init__(*map(str, problems))
        self.problems = tuple(problems)


class VoiceError(PitrainerError):
    """The voice's model cannot be used, or cannot speak a text."""


class PinsError(PitrainerError):
    """The pins cannot be had."""


class SoundError(PitrainerError):
    """There is no sound; the text says why."""


class NotRunningError(PitrainerError):
    """There is no running trainer to talk to."""


class RefusedError(PitrainerError):
    """The running trainer refuses what it was asked for."""

    def __init__(self, why: str, mistakes: Sequence[str] = ()) -> None:
        """Take the reason, and each mistake where it found several."""
        super().__init__(why)
        self.mistakes = tuple(mistakes)


class HistoryError(PitrainerError):
    """The history cannot be read or written, or is from a newer version."""


def pip(what: str) -> str:
    """Return the command that installs a package beside this program: a bare `pip` is not there on a Pi, or refuses."""
    sudo = "" if os.access(sys.prefix, os.W_OK) else "sudo "
    return f"{sudo}{sys.prefix}/bin/pip install {what}"
