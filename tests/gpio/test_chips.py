"""The chip of the header is found by what it is, whatever its number."""

import errno
import fcntl
import os
import struct
from pathlib import Path

import pytest

from pitrainer.errors import PinsError
from pitrainer.gpio.chips import LABELS, Chip, header_chip


class Board:
    """A folder of devices, and a kernel that tells their labels."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dev, self.sys = folder / "dev", folder / "sys"
        self.dev.mkdir()
        self._labels: dict[str, tuple[str, int] | int] = {}
        monkeypatch.setattr(fcntl, "ioctl", self.ioctl)

    def add(self, number: int, label: str, lines: int, compatible: bytes = b"") -> None:
        name = f"gpiochip{number}"
        (self.dev / name).touch()
        self._labels[name] = label, lines
        if compatible:
            node = self.sys / name / "of_node"
            node.mkdir(parents=True)
            (node / "compatible").write_bytes(compatible)

    def refuse(self, number: int) -> None:
        (self.dev / f"gpiochip{number}").touch()
        self._labels[f"gpiochip{number}"] = errno.EACCES

    def ioctl(self, file: int, request: int, argument: bytearray) -> int:
        assert request == 0x8044B401, "GPIO_GET_CHIPINFO_IOCTL, linux/gpio.h"
        name = Path(os.readlink(f"/proc/self/fd/{file}")).name
        known = self._labels[name]
        if isinstance(known, int):
            raise OSError(known, os.strerror(known))
        argument[:] = struct.pack("=32s32sI", name.encode(), known[0].encode(), known[1])
        return 0

    def header(self) -> Chip:
        return header_chip(self.dev, self.sys)


@pytest.fixture
def board(tmp_path, monkeypatch):
    return Board(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("chips", "number"),
    [
        ([(0, "pinctrl-bcm2835", 54), (1, "brcmvirt-gpio", 2), (2, "raspberrypi-exp-gpio", 8)], 0),
        ([(0, "pinctrl-bcm2711", 58), (1, "raspberrypi-exp-gpio", 8)], 0),
        ([(0, "gpio-brcmstb@107d508500", 32), (4, "pinctrl-rp1", 54), (10, "gpio-brcmstb@107d508500", 32)], 4),
        ([(0, "gpio-brcmstb@107d508500", 32), (1, "gpio-brcmstb@107d508500", 4), (11, "pinctrl-rp1", 54)], 11),
        ([(0, "gpio-brcmstb", 32), (15, "pinctrl-rp1", 54)], 15),
    ],
    ids=["Pi 3", "Pi 4", "Pi 5 of 2023", "Pi 5 of 2026", "the last"],
)
def test_by_its_label(board, chips, number):
    """Each Pi's header is found."""
    for chip in chips:
        board.add(*chip)
    assert board.header() == Chip(*next(chip for chip in chips if chip[0] == number))


def test_by_the_device_tree(board):
    """A label that is new does not matter where the device tree knows the chip."""
    board.add(0, "gpio-brcmstb", 32, b"brcm,bcm7445-gpio\0")
    board.add(1, "1f000d0000.gpio", 54, b"raspberrypi,rp1-gpio\0")
    assert board.header().number == 1


def test_a_link(board):
    """The link that Raspberry Pi OS lays for old programs is not another chip."""
    board.add(0, "pinctrl-rp1", 54)
    (board.dev / "gpiochip4").symlink_to(board.dev / "gpiochip0")
    (board.dev / "gpiochip0").rename(board.dev / "gpiochip12")
    board._labels["gpiochip12"] = board._labels.pop("gpiochip0")
    assert board.header().number == 12


def test_one_that_is_refused(board):
    """A chip that may not be opened is no obstacle, unless it may be the header's; then the group to join is said."""
    board.refuse(0)
    with pytest.raises(PinsError) as caught:
        board.header()
    assert str(caught.value) == (
        f'no pins: {board.dev}/gpiochip0: Permission denied; the user must be in the group gpio; or set gpio.backend = "mock"'
    )
    board.add(1, "pinctrl-rp1", 54)
    assert board.header().number == 1


@pytest.mark.parametrize(
    ("chips", "said"),
    [
        ([], "there is no GPIO chip ({dev}/gpiochip*)"),
        (
            [(0, "gpio-brcmstb", 32), (1, "INT34C6:00", 360)],
            "no chip carries the 40-pin header ({labels}); there are gpiochip0 (gpio-brcmstb), gpiochip1 (INT34C6:00)",
        ),
    ],
)
def test_none(board, chips, said):
    """Where no chip is the header's, none is taken instead; what there is, is named."""
    for chip in chips:
        board.add(*chip)
    with pytest.raises(PinsError) as caught:
        board.header()
    said = said.format(dev=board.dev, labels=", ".join(LABELS))
    assert str(caught.value) == f'no pins: {said}; or set gpio.backend = "mock"'


def test_without_the_headers_lines(board):
    """A chip that says that it is the header's, and lacks its lines, is named with what would be right."""
    board.add(0, "pinctrl-bcm2835", 20)
    with pytest.raises(PinsError, match=r"^no pins: gpiochip0 \(pinctrl-bcm2835\) has 20 lines; the header has GPIO 0 to 27$"):
        board.header()
