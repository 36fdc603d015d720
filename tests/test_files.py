"""Files that others may have put there are opened without waiting, or named; what is written is for whom it should be."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pitrainer.audio.recorder import recording
from pitrainer.cli.chart import draw
from pitrainer.files import open_regular, replacing
from support.users import NOBODY


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


@pytest.fixture(params=[0o022, 0o077, 0o027])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def _replace(file: Path) -> None:
    with replacing(file) as part:
        part.write(b"after")


def _record(file: Path) -> None:
    with recording(file):
        pass


def _draw(file: Path) -> None:
    draw([], file)


@pytest.mark.parametrize(("write", "name"), [(_replace, "x"), (_record, "x.wav"), (_draw, "x.svg")])
def test_modes(tmp_path: Path, umask: int, write: Callable[[Path], None], name: str) -> None:
    """A new file is for whom the umask says; one that was there stays for whom it was."""
    file = tmp_path / name
    write(file)
    assert mode(file) == 0o666 & ~umask
    for kept in (0o600, 0o664):
        file.chmod(kept)
        write(file)
        assert mode(file) == kept
    assert list(tmp_path.iterdir()) == [file]


def test_nobody_reads_on_the_way(tmp_path: Path) -> None:
    """While a file that is private is written anew, nobody else may open what is to take its place."""
    file = tmp_path / "x"
    file.touch(0o600)
    with replacing(file) as part:
        assert os.fstat(part.fileno()).st_mode & 0o777 == 0o600


def test_the_owner_is_kept(tmp_path: Path) -> None:
    """What root replaces stays its owner's; what another replaces, its group's."""
    file = tmp_path / "x"
    file.touch()
    user, group = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), max(os.getgroups(), default=os.getegid()))
    os.chown(file, user, group)
    _replace(file)
    assert (file.stat().st_uid, file.stat().st_gid) == (user, group)
