"""Opens files that others may have put there, and writes files whole or not at all, whenever the power goes."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
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

    Raises:
        OSError: if it cannot be written.
    """
    if file.exists() and not file.is_file():
        # Root may replace anything, /dev/null too.
        raise OSError(errno.EINVAL, "it is not a regular file")
    # Named before it is there: a signal may raise an exception (`ending`) as soon as it is.
    part = file.with_name(f".{file.name}.{os.urandom(4).hex()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        part.chmod(0o644)
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
