"""Opens files that others may have put there, and writes files whole or not at all, whenever the power goes."""

import errno
import os
import stat
import tempfile
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
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            yield part
            part.flush()
            os.fsync(part.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
