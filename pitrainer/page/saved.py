"""Texts that several may write: by hand, and from any number of phones."""

import hashlib
import os
from pathlib import Path

from ..config.reader import MOST_BYTES
from ..files import open_regular, replacing


def base_of(raw: bytes | None) -> str:
    """Return what tells one state of a file from another; "" where there is none."""
    return "" if raw is None else hashlib.sha256(raw).hexdigest()[:32]


def raw_of(file: Path, *, links: bool = True) -> bytes | None:
    """Return what is in a file, None where there is none; no more than shows that it is too large.

    Raises:
        OSError: if it cannot be read, or is something else; a link, too, where `links` are not followed.
    """
    if not os.path.lexists(file):
        return None
    with open_regular(file, links=links) as opened:
        return opened.read(MOST_BYTES + 1)


def write(file: Path, raw: bytes) -> None:
    """Write a file whole, or leave it as it is.

    Raises:
        OSError: if it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as part:
        part.write(raw)
