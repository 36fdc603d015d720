"""The wall clock: what day it is, and whether that can be believed. Nothing is timed by it, for it may step.

A Pi without a battery clock boots with the time at which it was last switched off, and steps, minutes or hours, when the
network is there. Until then no day is known: the history marks what it writes, and no reminder is given.
"""

import ctypes
import logging
import os
import struct
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from .core.text import printable
from .files import open_regular

log = logging.getLogger(__name__)

BUILD_YEAR = 2026
"""No trustworthy clock shows an earlier one."""
RTC_AGREES = 120
"""Seconds between a battery clock and the system's. Beyond it the system's time came from elsewhere, such as a file."""

ZONE_ERRORS = (OSError, ValueError, KeyError, AssertionError, struct.error)
"""What a zone that is missing, or whose file is damaged, brings zoneinfo to (found by cutting and changing one)."""

_TZ = os.environ.get("TZ")

_STA_UNSYNC = 0x40  # linux/timex.h


class WallClock:
    """The system's wall clock."""

    def __init__(self, root: Path = Path("/")) -> None:
        """Look for the kernel's and systemd's files below `root`."""
        self._root = root
        self._believed = False
        self._zone: tzinfo = UTC
        self._zone_mark: tuple[int, ...] = ()
        """Which file the zone was read from: `timedatectl set-timezone` puts another in its place."""

    def now(self) -> datetime:
        """Return the local time, with its offset from UTC."""
        return datetime.now().astimezone()

    def zoned(self) -> datetime:
        """Return the local time with its zone, which tells the offset of any other day too."""
        return datetime.now(self._local_zone())

    def _local_zone(self) -> tzinfo:
        if name := os.environ.get("TZ", "").removeprefix(":"):
            with suppress(*ZONE_ERRORS):
                return ZoneInfo(name)
        file = self._root / "etc/localtime"
        try:
            about = file.stat()
        except OSError:
            return self._zone
        mark = about.st_dev, about.st_ino, about.st_mtime_ns
        if mark != self._zone_mark:
            self._zone_mark = mark
            try:
                with open_regular(file) as opened:
                    self._zone = ZoneInfo.from_file(opened)
            except ZONE_ERRORS as error:
                log.warning("%s: cannot be used as a time zone (%s)", file, printable(str(error)))
            time.tzset()  # for `now`
        return self._zone

    def trusted(self) -> bool:
        """Tell whether the clock is right. Once it was, it stays so until the process ends.

        Kernel and daemons take their word back after nine hours without network (16 s of possible error, at 500 ppm); a
        reminder does not mind.
        """
        if not self._believed and self.now().year >= BUILD_YEAR:
            self._believed = self._timesyncd() or self._battery_clock() or self._kernel()
        return self._believed

    def boot(self) -> str:
        """Return what tells this boot from others: the monotonic clock of another one means nothing here."""
        try:
            return (self._root / "proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return ""

    def _timesyncd(self) -> bool:
        """Tell whether systemd-timesyncd, which Raspberry Pi OS uses, has set the clock since boot."""
        return (self._root / "run/systemd/timesync/synchronized").exists()

    def _battery_clock(self) -> bool:
        """Tell whether a clock with a battery shows the same time.

        A Pi 5 has one that may have no battery: it begins in 1970 when power comes, and the system's time is from a file.
        """
        for clock in sorted((self._root / "sys/class/rtc").glob("rtc*/since_epoch")):
            try:
                seconds = int(clock.read_text())
            except (OSError, ValueError):
                continue
            if abs(seconds - self.now().timestamp()) <= RTC_AGREES:
                return True
        return False

    def _kernel(self) -> bool:
        """Tell whether any time daemon (chrony, ntpd) keeps the kernel's clock. A sandbox may refuse the question: then no."""
        if self._root != Path("/"):
            return False
        try:
            adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
        except (OSError, AttributeError):
            return False
        # struct timex begins `unsigned int modes` (0: only ask), then, aligned, four longs `offset, freq, maxerror, esterror`
        # and `int status`; it is 208 bytes long at the most.
        long = ctypes.sizeof(ctypes.c_long)
        timex = ctypes.create_string_buffer(512)
        if adjtimex(timex) == -1:
            return False
        status = int.from_bytes(timex.raw[5 * long : 5 * long + 4], sys.byteorder)
        return not status & _STA_UNSYNC


def set_zone(name: str) -> None:
    """Have this process live in a time zone; "" is the one in which it was started."""
    zone = name or _TZ
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()
