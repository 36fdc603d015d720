"""The devices that are paired: each has a token, of which only the hash is kept."""

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from ..core.text import printable, shortened
from ..errors import PitrainerError
from ..files import open_regular, replacing

FILE = "paired.json"
MOST = 32
"""Devices; the one that was not used for longest goes when another comes."""
LONGEST = 64 * 1024
"""Bytes of the file."""


@dataclass(frozen=True)
class Device:
    """A browser that was paired."""

    id: str
    """By which `pitrainer page forget` knows it."""
    hash: str
    name: str
    paired: str
    """The day, as 2026-11-28."""
    used: str
    """The day of its last use. A day is exact enough, and spares the card."""


class Tokens:
    """The paired devices, in a file. Another process may change it at any time: `pitrainer page forget` does."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that the file is in."""
        self._file = folder / FILE
        self._seen: tuple[int, int] | None = None
        self._devices: tuple[Device, ...] = ()
        self._noted: dict[str, str] = {}
        """On which day each was used last, by its hash: where the disk is full, the file does not tell."""

    def devices(self) -> tuple[Device, ...]:
        """Return the paired devices.

        Raises:
            PitrainerError: if the file cannot be read, or is not what was written.
        """
        try:
            about = self._file.stat()
        except FileNotFoundError:
            self._seen, self._devices = None, ()
            return ()
        except OSError as error:
            raise PitrainerError(f"{self._file}: cannot be read: {error.strerror}") from error
        if self._seen != (seen := (about.st_mtime_ns, about.st_ino)):
            self._devices, self._seen = self._read(), seen
        return self._devices

    def find(self, token: str, today: date) -> Device | None:
        """Return the device with this token, and note that it is in use."""
        digest = _hash(token)
        day = today.isoformat()
        found = next((device for device in self.devices() if secrets.compare_digest(device.hash, digest)), None)
        if found and day not in (found.used, self._noted.get(digest)):
            self._noted[digest] = day
            with suppress(PitrainerError), self._alone():
                self._keep([replace(device, used=day) if device.hash == digest else device for device in self.devices()])
        return found and replace(found, used=day)

    def add(self, name: str, today: date) -> str:
        """Pair another device; return its token.

        Raises:
            PitrainerError: if it cannot be kept.
        """
        token = secrets.token_urlsafe(32)
        day = today.isoformat()
        with self._alone():
            devices = sorted(self.devices(), key=lambda device: device.used)[-(MOST - 1) :]
            ids = {device.id for device in devices}
            number = next(number for number in range(1, MOST + 1) if str(number) not in ids)
            self._keep([*devices, Device(str(number), _hash(token), name, day, day)])
        return token

    def forget(self, id: str) -> bool:  # noqa: A002
        """Forget a device by its id, or "all"; tell whether there was one.

        Raises:
            PitrainerError: if it cannot be kept.
        """
        if not self.devices():
            return False
        with self._alone():
            devices = self.devices()
            left = [device for device in devices if id not in (device.id, "all")]
            if len(left) == len(devices):
                return False
            self._keep(left)
            return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep the file from being changed by another process between being read and written: what it forgot would come back.

        Raises:
            PitrainerError: if there is no folder for it.
        """
        try:
            folder = os.open(self._file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise PitrainerError(f"{self._file}: cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _read(self) -> tuple[Device, ...]:
        try:
            with open_regular(self._file) as opened:
                found = json.loads(opened.read(LONGEST))
                if not isinstance(found, list) or any(type(value) is not str for one in found for value in one.values()):
                    raise TypeError(found)
                return tuple(Device(**one) for one in found)
        except OSError as error:
            raise PitrainerError(f"{self._file}: cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise PitrainerError(f"{self._file}: is damaged; delete it, and pair each phone again") from error

    def _keep(self, devices: Sequence[Device]) -> None:
        try:
            with replacing(self._file) as part:
                part.write(json.dumps([asdict(device) for device in devices], indent=1).encode())
        except OSError as error:
            raise PitrainerError(f"{self._file}: cannot be written: {error.strerror}") from error


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


DEVICES = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")
BROWSERS = {"Firefox": "Firefox", "FxiOS": "Firefox", "Edg": "Edge", "OPR": "Opera", "Chrome": "Chrome", "Safari": "Safari"}


def device_name(agent: str) -> str:
    """Return a short name for a device, from what its browser says of itself."""
    device = next((name for name in DEVICES if name in agent), "")
    browser = next((name for sign, name in BROWSERS.items() if re.search(rf"\b{sign}[/A-Z]", agent)), "")
    return ", ".join(filter(None, (device, browser))) or shortened(printable(agent), 40) or "unknown device"
