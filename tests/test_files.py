"""Files that others may have put there are opened without waiting, or named."""

import os
import socket
from pathlib import Path

import pytest

from pitrainer.files import open_regular


def test_opens_a_regular_file(tmp_path: Path) -> None:
    """A plain file is read, through a link too."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"x"


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "socket"])
def test_opens_nothing_else(tmp_path: Path, kind: str) -> None:
    """Anything else is an error at once, and no descriptor is left open."""
    place = tmp_path / "place"
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "device":
            place.symlink_to("/dev/zero")
        case "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(place))
    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match=f"^.Errno 22. it is not a regular file, but a {kind}$"):
        open_regular(place)
    assert len(os.listdir("/proc/self/fd")) == len(before)
