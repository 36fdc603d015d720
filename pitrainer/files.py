"""Opens files that others may have put there, and writes files whole or not at all, whenever the power goes."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

BESIDE = ("-journal", "-wal", "-shm")
"""The ends of the names of what SQLite may have beside a file."""


class NotRegularError(OSError):
    """A folder, a pipe or a device is in a file's place."""


def open_regular(file: Path, *, links: bool = True) -> BufferedReader:
    """Open a regular file to read. A pipe in its place would be waited for, a device could do anything: neither is read.

    Args:
        file: which.
        links: follow a link in its place to where it leads.

    Raises:
        OSError: if it cannot be opened, or is something else.
    """
    must_be_regular(
        file.stat() if links else file.lstat()
    )  # opening alone is something to a device: a watchdog's would begin to run
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW))
    try:
        must_be_regular(os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def text_of(file: Path) -> str:
    """Return the text of a file of the system's, or nothing where it cannot be read."""
    with suppress(OSError):
        return file.read_text(errors="replace")
    return ""


def must_be_regular(about: os.stat_result) -> None:
    """Raise NotRegularError, which says what it is, for what `os.stat` told of anything but a regular file."""
    kinds = {stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFLNK: "link"}
    if (kind := stat.S_IFMT(about.st_mode)) != stat.S_IFREG:
        raise NotRegularError(errno.EINVAL, f"it is not a regular file, but a {kinds.get(kind, 'device')}")


def set_aside(file: Path, now: datetime) -> Path:
    """Give a damaged file a dated name, so that nothing of it is lost and a new one is begun; return that name.

    Args:
        file: the file, or whatever is in its place; what SQLite has beside it goes with it.
        now: the local time.

    Raises:
        OSError: if it cannot be renamed.
    """
    name = f"{file.name}.{now:%Y-%m-%dT%H%M}.corrupt"
    number = 1
    while os.path.lexists(aside := file.with_name(name if number == 1 else f"{name}.{number}")):
        number += 1
    for end in (*BESIDE, ""):
        with suppress(FileNotFoundError):
            Path(f"{file}{end}").rename(f"{aside}{end}")
    return aside


@contextmanager
def replacing(file: Path) -> Iterator[BinaryIO]:
    """Open a file to write beside `file`; it takes its place when the block ends well, and is gone when it does not.

    A new file has the mode that the umask leaves. One that takes another's place has that one's mode, and its owner as far as
    that can be given.

    Raises:
        OSError: if it cannot be written.
    """
    before = None
    with suppress(FileNotFoundError):
        before = file.stat()
    if before:
        must_be_regular(before)  # root may replace anything, /dev/null too
    # Named before it is there: a signal may raise an exception (`ending`) as soon as it is.
    part = file.with_name(f".{file.name}.{os.urandom(4).hex()}.part")
    # Made with its final mode or less: who may not read the file must not be able to open it before the rest is taken away.
    mode = before.st_mode & 0o777 if before else 0o666
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as opened:
            if before:
                _make_like(opened.fileno(), before)
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _make_like(descriptor: int, before: os.stat_result) -> None:
    """Give a new file the owner and the mode of the one that was there. A FAT disk has one of each, and refuses any other."""
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        with suppress(PermissionError):  # a group that one is not in
            os.fchown(descriptor, before.st_uid if os.geteuid() == 0 else -1, before.st_gid)
    if now.st_mode != before.st_mode:
        os.fchmod(descriptor, before.st_mode & 0o777)
