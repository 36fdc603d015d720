"""Finds the chip that carries the header: by what it is, never by its number.

A Pi 5 had the header on gpiochip4, then on gpiochip0, and with the kernels of 2026 on one of gpiochip11 to 15; on another board
gpiochip0 may be a chip of the power supply. So each chip is asked for its label (linux/gpio.h).
"""

import fcntl
import os
import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..core.header import HIGHEST
from ..errors import PinsError

DEVICES = Path("/dev")
SYSFS = Path("/sys/bus/gpio/devices")

LABELS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")
"""Of a Pi Zero to 3, a Pi 4, a Pi 5 (Linux: drivers/pinctrl/bcm/pinctrl-bcm2835.c, drivers/pinctrl/pinctrl-rp1.c)."""
COMPATIBLE = {b"brcm,bcm2835-gpio", b"brcm,bcm2711-gpio", b"raspberrypi,rp1-gpio"}
"""The same in the device tree."""

_GET_INFO = 0x8044B401
"""GPIO_GET_CHIPINFO_IOCTL."""
_INFO = struct.Struct("=32s 32s I")
"""gpiochip_info: name, label, lines."""


@dataclass(frozen=True)
class Chip:
    """A GPIO chip."""

    number: int
    label: str
    lines: int

    def __str__(self) -> str:
        """Name it, as "gpiochip0 (pinctrl-bcm2835)"."""
        return f"gpiochip{self.number} ({self.label})"


def header_chip(devices: Path = DEVICES, sysfs: Path = SYSFS) -> Chip:
    """Return the chip of the 40-pin header, whose lines have the BCM numbers.

    Raises:
        PinsError: if there is none, or it may not be opened.
    """
    found: list[Chip] = []
    refused: list[OSError] = []
    for number, device in sorted(_numbered(devices)):
        try:
            chip = _ask(number, device)
        except OSError as error:
            refused.append(error)
            continue
        if chip.label in LABELS or _compatible(sysfs / device.name):
            if chip.lines <= HIGHEST:
                raise PinsError(f"no pins: {chip} has {chip.lines} lines; the header has GPIO 0 to {HIGHEST}")
            return chip
        found.append(chip)
    if refused:
        why = f"{refused[0].filename}: {refused[0].strerror}; the user must be in the group gpio"
    elif found:
        there = ", ".join(f"{chip}" for chip in found)
        why = f"no chip carries the 40-pin header ({', '.join(LABELS)}); there are {there}"
    else:
        why = f"there is no GPIO chip ({devices}/gpiochip*)"
    raise PinsError(f'no pins: {why}; or set gpio.backend = "mock"')


def _numbered(devices: Path) -> list[tuple[int, Path]]:
    # Raspberry Pi OS has a link gpiochip4 to the header's chip on a Pi 5, for old programs: one chip, one name.
    files = (file for file in devices.glob("gpiochip*") if not file.is_symlink())
    return [(int(found[1]), file) for file in files if (found := re.fullmatch(r"gpiochip([0-9]+)", file.name))]


def _ask(number: int, device: Path) -> Chip:
    info = bytearray(_INFO.size)
    file = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(file, _GET_INFO, info)
    except OSError as error:
        error.filename = str(device)
        raise
    finally:
        os.close(file)
    _, label, lines = _INFO.unpack(info)
    return Chip(number, label.split(b"\0")[0].decode(errors="replace"), lines)


def _compatible(folder: Path) -> bool:
    with suppress(OSError):
        return not COMPATIBLE.isdisjoint((folder / "of_node/compatible").read_bytes().split(b"\0"))
    return False
