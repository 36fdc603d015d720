"""The buzzer falls silent after the trainer has died."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from pitrainer.gpio import buzzer_off


class Kernel:
    """Gives a line when it was asked so many times, and keeps each request."""

    def __init__(self, folder: Path, busy: int = 0) -> None:
        self._line = folder / "line"
        self._line.touch()
        self.busy = busy
        self.requests: list[tuple[int, bytes]] = []
        self.given: list[int] = []

    def ioctl(self, _chip: int, request: int, argument: bytearray) -> int:
        self.requests.append((request, bytes(argument)))
        if self.busy:
            self.busy -= 1
            raise OSError(errno.EBUSY, "Device or resource busy")
        self.given.append(os.open(self._line, os.O_RDONLY))
        argument[-4:] = self.given[-1].to_bytes(4, "little")
        return 0


def buzzer(folder: Path, text: str, chip: str = "gpiochip0") -> Path:
    """Make a runtime folder as a trainer leaves it, and the chip's device beside it."""
    (folder / "buzzer").write_text(text)
    (folder / chip).touch()
    return folder


def test_drives_low(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is asked for as an output without a value, which is low, and let go; a line that is still busy is waited for."""
    kernel = Kernel(tmp_path, busy=2)
    monkeypatch.setattr(fcntl, "ioctl", kernel.ioctl)
    assert buzzer_off.main(str(buzzer(tmp_path, "0 27\n")), devices=str(tmp_path)) == 0
    wanted = bytearray(592)
    wanted[0] = 27
    wanted[256:273] = b"pitrainer-silence"
    wanted[288] = 1 << 3
    wanted[560] = 1
    assert kernel.requests == [(0xC250B407, bytes(wanted))] * 3
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(kernel.given[0])


def test_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that stays busy is given up within a second, with a line in the journal."""
    monkeypatch.setattr(buzzer_off, "PATIENCE", 0.05)
    monkeypatch.setattr(fcntl, "ioctl", Kernel(tmp_path, busy=1000).ioctl)
    assert buzzer_off.main(str(buzzer(tmp_path, "0 27\n")), devices=str(tmp_path)) == 1
    assert capsys.readouterr().err == "the buzzer may still sound: [Errno 16] Device or resource busy\n"


def test_no_buzzer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the trainer had no buzzer on a pin, or died before it had one, there is nothing to do."""
    assert buzzer_off.main(str(tmp_path), devices=str(tmp_path)) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "chip", "said"),
    [
        ("", "gpiochip0", "{folder}/buzzer is not two numbers"),
        ("0 buzzer", "gpiochip0", "{folder}/buzzer is not two numbers"),
        ("4 27", "gpiochip0", "[Errno 2] No such file or directory: '{folder}/gpiochip4'"),
        ("0 27", "gpiochip0", "[Errno 25] Inappropriate ioctl for device"),
    ],
)
def test_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, chip: str, said: str) -> None:
    """Whatever the file says, it is one line."""
    assert buzzer_off.main(str(buzzer(tmp_path, text, chip)), devices=str(tmp_path)) == 1
    assert capsys.readouterr().err == f"the buzzer may still sound: {said.format(folder=tmp_path)}\n"


def test_another_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It runs as root: a link in the place of the service's file is not followed, nor a pipe waited for."""
    (tmp_path / "secret").write_text("0 27")
    (tmp_path / "buzzer").symlink_to(tmp_path / "secret")
    assert buzzer_off.main(str(tmp_path), devices=str(tmp_path)) == 1
    assert capsys.readouterr().err.startswith("the buzzer may still sound: [Errno 40]")
    (tmp_path / "buzzer").unlink()
    os.mkfifo(tmp_path / "buzzer")
    assert buzzer_off.main(str(tmp_path), devices=str(tmp_path)) == 1
    assert capsys.readouterr().err == f"the buzzer may still sound: {tmp_path}/buzzer is not two numbers\n"
