"""A button that is not wired: the keys of a Bluetooth shutter, a USB foot pedal or a keypad, from the kernel (linux/input.h).

evdev, which one would expect here, has no wheel for arm64; pip compiles it, and Raspberry Pi OS Lite has no compiler. linuxpy
needs none, but imports asyncio, which the trainer does without. What is needed of the interface is a name, an event of 24 bytes
and two switches.
"""

import fcntl
import logging
import os
import select
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import CLOCK_MONOTONIC

from ..clock import monotonic
from ..core.button import SHORTEST, STUCK_AFTER
from ..core.keys import key_name
from ..core.messages import ButtonName, Edge
from ..core.text import printable
from ..core.units import Ms

FOLDER = Path("/dev/input")
CLASS = Path("/sys/class/input")
LOOK = 0.5
"""Seconds between two looks for devices that have come. A shutter that slept is back a second after it is pressed."""
PATIENCE = 3.0
"""Seconds that udev may take to let the group `input` read a new device."""

_EVENT = struct.Struct("llHHi")
"""input_event: seconds, microseconds, type, code, value."""
_SYN, _DROPPED, _KEY = 0, 3, 1
_UP, _DOWN = 0, 1
_NAME_LENGTH = 256
_GET_NAME = 0x80004506 | _NAME_LENGTH << 16
_GET_TYPES = 0x80084520
"""EVIOCGBIT(0, 8): which types of events it has."""
_GRAB = 0x40044590
_SET_CLOCK = 0x400445A0

log = logging.getLogger(__name__)


@dataclass
class Device:
    """An input device that is there."""

    file: int
    name: str
    down: dict[ButtonName, set[int]] = field(default_factory=dict)
    """Which keys are down, for each button."""


class Keys:
    """Reports the keys of all devices with a part of their name in common as edges of the buttons."""

    def __init__(
        self, part: str, put: Callable[[Edge], None], buttons: Mapping[int, ButtonName], folder: Path = FOLDER
    ) -> None:
        """Begin to look for them, on a thread of its own.

        Args:
            part: of the devices' names; capital and small letters are alike.
            put: is given each edge; it must neither block nor raise.
            buttons: what a key is, by its code, where it is not the button.
            folder: of the devices.
        """
        self.part = part
        self.put = put
        self._buttons = buttons
        self._folder = folder
        self._devices: dict[str, Device] = {}
        """By their files' names."""
        self._others: dict[str, int] = {}
        """Files that are of no interest, and when they were made: it is another device with the same name next time."""
        self._refused: dict[str, Ms] = {}
        """Files that may not be read, and since when."""
        self._seen: set[int] = set()
        self._down_at = Ms(0)
        self._since: dict[ButtonName, Ms] = {}
        """When each button went down that is down; not of one that the journal has named."""
        self.why = f'no input device has "{part}" in its name'
        """Why there is none."""
        self._poll = select.poll()
        self._closing, self._bell = os.pipe()
        self._poll.register(self._closing, select.POLLIN)
        self._look()
        self._thread = threading.Thread(target=self._run, name="keys", daemon=True)
        self._thread.start()

    @property
    def names(self) -> list[str]:
        """The devices that are there."""
        return [device.name for device in list(self._devices.values())]

    def close(self) -> None:
        """Let go of them."""
        if self._thread.is_alive():
            os.write(self._bell, b".")
            self._thread.join()

    def _run(self) -> None:
        # Whatever goes wrong with a device, the next one must still be found: nobody would miss this thread.
        try:
            while self._wait():
                try:
                    self._look()
                    self._name_stuck()
                except Exception:
                    log.exception("input devices")
        finally:
            for file in list(self._devices):
                self._gone(file)
            os.close(self._closing)
            os.close(self._bell)

    def _wait(self) -> bool:
        """Read what comes until it is time to look again; tell whether to go on."""
        until = monotonic() + LOOK * 1000
        while (left := until - monotonic()) > 0:
            for ready, _ in self._poll.poll(left):
                if ready == self._closing:
                    return False
                name, device = next((name, device) for name, device in self._devices.items() if device.file == ready)
                if not self._read(device):
                    self._gone(name)
        return True

    def _look(self) -> None:
        files = {}
        with suppress(OSError):  # without any input device there is no folder
            files = {file.name: file for file in self._folder.iterdir() if file.name.startswith("event")}
        for known in (self._others, self._refused):
            for name in known.keys() - files.keys():
                del known[name]
        for name in self._devices.keys() - files.keys():
            self._gone(name)
        for name, file in files.items():
            if name not in self._devices:
                with suppress(FileNotFoundError):  # it has gone since
                    self._come(name, file)

    def _come(self, name: str, file: Path) -> None:
        made = file.stat().st_ctime_ns
        if self._others.get(name) == made:
            return
        try:
            opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except PermissionError:
            if monotonic() - self._refused.setdefault(name, monotonic()) >= PATIENCE * 1000:
                self._cannot(f"{file} may not be read; the user must be in the group input")
            return
        except OSError:
            return  # it is going, or its driver is not ready
        device = Device(opened, _name(opened))
        if self.part.lower() not in device.name.lower() or not _has_keys(opened):
            os.close(opened)
            self._others[name] = made
            return
        try:
            # Nobody else gets its keys: it is a keyboard, and with a power key the Pi would switch itself off.
            fcntl.ioctl(opened, _GRAB, 1)
            fcntl.ioctl(opened, _SET_CLOCK, struct.pack("i", CLOCK_MONOTONIC))
        except OSError as error:
            os.close(opened)
            self._cannot(f'"{device.name}": {error.strerror}; is another program using it?')
            return
        self._devices[name] = device
        self._poll.register(opened, select.POLLIN)
        self.why = ""
        log.info('the keys of "%s" are the button', device.name)

    def _cannot(self, why: str) -> None:
        if self.why != why and not self._devices:
            self.why = why
            log.warning("%s", why)

    def _gone(self, name: str) -> None:
        device = self._devices.pop(name)
        self._poll.unregister(device.file)
        os.close(device.file)
        self._release(device, monotonic())
        if not self._devices:
            self.why = f'"{device.name}" is not there'
        log.info('"%s" is gone; waiting for it to come back', device.name)

    def _read(self, device: Device) -> bool:
        """Report what there is; tell whether the device is still there."""
        try:
            data = os.read(device.file, 64 * _EVENT.size)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for seconds, microseconds, kind, code, value in _EVENT.iter_unpack(data[: len(data) // _EVENT.size * _EVENT.size]):
            at = Ms(seconds * 1000 + microseconds // 1000)
            if kind == _SYN and code == _DROPPED:
                self._release(device, at)  # some were lost; among them may be the one that was let go
            elif kind == _KEY and value in (_UP, _DOWN):
                self._key(device, code, value == _DOWN, at)
        return bool(data)

    def _key(self, device: Device, code: int, down: bool, at: Ms) -> None:
        button = self._buttons.get(code, "button")
        before = self._held(button)
        keys = device.down.setdefault(button, set())
        if down:
            keys.add(code)
        else:
            keys.discard(code)
        if down and not before:
            self._down_at = at
            self._since[button] = monotonic()
            self.put(Edge(button, True, at))
        elif before and not self._held(button):
            self._up(button, max(at, Ms(self._down_at + SHORTEST)))
        if code not in self._seen:
            self._seen.add(code)
            log.info('"%s" has the key "%s"; here it is: %s', device.name, key_name(code), button)

    def _release(self, device: Device, at: Ms) -> None:
        for button, keys in device.down.items():
            if keys:
                keys.clear()
                if not self._held(button):
                    self._up(button, at)

    def _up(self, button: ButtonName, at: Ms) -> None:
        self._since.pop(button, None)
        self.put(Edge(button, False, at))

    def _name_stuck(self) -> None:
        for button, since in list(self._since.items()):
            if monotonic() - since >= STUCK_AFTER:
                del self._since[button]
                name = next(device.name for device in self._devices.values() if device.down.get(button))
                log.warning('"%s": the button %s has been down for a minute; it is ignored until it is released', name, button)

    def _held(self, button: ButtonName) -> bool:
        """Tell whether a key of any device holds a button down: one shutter may be two devices."""
        return any(device.down.get(button) for device in self._devices.values())


def names_there(folder: Path = CLASS) -> list[str]:
    """Return the names of all input devices, whoever may read them."""
    names = []
    for file in sorted(folder.glob("event*/device/name")):
        with suppress(OSError):
            names.append(printable(file.read_text(errors="replace").strip()))
    return list(dict.fromkeys(names))


def _name(file: int) -> str:
    name = bytearray(_NAME_LENGTH)
    with suppress(OSError):
        fcntl.ioctl(file, _GET_NAME, name)
    return printable(name.split(b"\0")[0].decode(errors="replace"))  # a name that comes by radio may be anything


def _has_keys(file: int) -> bool:
    types = bytearray(8)
    with suppress(OSError):
        fcntl.ioctl(file, _GET_TYPES, types)
    return bool(types[0] & 1 << _KEY)
