"""Opens files that others may have put there, and writes files whole or not at all, whenever the power goes."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def open_regular(file: Path) -> BinaryIO:
    """Open a regular file to read. A pipe in its place would be waited for, a device could do anything: neither is read.

    Raises:
        OSError: if it cannot be opened, or is something else.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


@contextmanager
def replacing(file: Path) -> Iterator[BinaryIO]:
    """Open a file to write beside `file`; it takes its place when the block ends well, and is gone when it does not.

    A new file has the mode that the umask leaves. One that takes another's place has that one's mode, and its owner as far as
    that can be given.

    Raises:
        OSError: if it cannot be written.
    """
    before = file.stat() if file.exists() else None
    if before and not stat.S_ISREG(before.st_mode):
        # Root may replace anything, /dev/null too.
        raise OSError(errno.EINVAL, "it is not a regular file")
    part = file.with_name(f".{file.name}.{os.urandom(6).hex()}.part")
    # Made with its final mode or less: who may not read the file must not be able to open it before the rest is taken away.
    mode = before.st_mode & 0o777 if before else 0o666
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            if before:
                _make_like(descriptor, before)
            yield opened
            opened.flush()
            os.fsync(descriptor)
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
