"""The last versions of each routine: what was there before each saving.

They are beside the routines, in `.versions/ID/N.toml`: the page may write there in any case, and whoever copies the routines to
another card has them, too. The trainer passes over names that begin with a dot.
"""

import errno
import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from .saved import raw_of, write

KEPT = 10
"""Of each routine."""

_NAME = re.compile(r"([1-9][0-9]{0,8})\.toml", re.ASCII)


class Versions:
    """Those of one routine."""

    def __init__(self, routines: Path, id_: str) -> None:
        """Take the routines' folder, and an id that is none but an id."""
        self._folder = routines / ".versions" / id_

    def numbers(self) -> list[int]:
        """Return which there are, the newest first."""
        names = os.listdir(self._folder) if self._folder.is_dir() and not self._odd() else []
        return sorted((int(found[1]) for name in names if (found := _NAME.fullmatch(name))), reverse=True)

    def listed(self) -> list[dict[str, object]]:
        """Return which there are, each with when it was written."""
        listed: list[dict[str, object]] = []
        for number in self.numbers():
            with suppress(OSError):
                at = datetime.fromtimestamp(self._file(number).lstat().st_mtime).astimezone()
                listed.append({"number": number, "at": at.isoformat(timespec="seconds")})
        return listed

    def raw(self, number: int) -> bytes | None:
        """Return what a version has; None where there is none of this number.

        Raises:
            OSError: if it cannot be read.
        """
        return None if self._odd() else raw_of(self._file(number), links=False)

    def keep(self, raw: bytes, written: float) -> None:
        """Keep what was there until now, written at a time in seconds since 1970; the oldest ones go.

        Raises:
            OSError: if it cannot be written.
        """
        if self._odd():
            raise NotADirectoryError(errno.ENOTDIR, "something else is where its versions are kept")
        numbers = self.numbers()
        file = self._file(max(numbers, default=0) + 1)
        write(file, raw)
        os.utime(file, (written, written))
        for number in numbers[KEPT - 1 :]:
            with suppress(OSError):
                self._file(number).unlink()

    def _file(self, number: int) -> Path:
        return self._folder / f"{number}.toml"

    def _odd(self) -> bool:
        """Tell whether there is something in the folder's place, a link to elsewhere for one."""
        folders = self._folder.parent, self._folder
        return any(os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()) for folder in folders)
