"""The wall clock: what day it is, and whether that can be believed. Nothing is timed by it, for it may step.

A Pi without a battery clock boots with the time at which it was last switched off, and steps, minutes or hours, when the
network is there. Until then no day is known: the history marks what it writes, and no reminder is given. Where no network
comes, somebody may say what time it is: by `pitrainer clock set`, which needs no privilege and leaves the system's clock alone,
or by setting the system's clock. Their word counts until the network knows better, or the system starts again.
"""

import ctypes
import logging
import os
import re
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from .core.text import printable, shown
from .errors import PitrainerError
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

STEP = 1_000
"""Milliseconds by which somebody who sets the system's clock moves it at least. Reading two clocks takes less."""
BEHIND = timedelta(hours=1)
"""By how much a clock that nobody has set may be ahead. It begins where it was at the last shutdown, and so is behind."""
LAST_YEAR = 2099

Source = Literal["network", "battery", "hand", ""]
"""Who has set the clock; nobody, as far as is known."""
SOURCES: dict[Source, str] = {
    "network": "set by the network",
    "battery": "kept by a clock with a battery",
    "hand": "set by hand, which counts until the Pi starts again",
    "": "not set since boot, so no reminders are given",
}
"""The same in words."""


@dataclass(frozen=True)
class ClockMemory:
    """What is remembered of the clock over restarts of the program, until the system starts again."""

    boot: str
    """The boot for which it holds."""
    zero: int
    """When that boot began by the system's clock, in milliseconds since 1970: the same until somebody sets that clock."""
    own: int | None = None
    """When it began by what the trainer was told, where that counts."""
    source: Source = ""
    """Who has set the clock. What was right stays so: it could not be found out again after weeks without network, in which a
    battery clock and the system's drift apart."""


def both_clocks() -> tuple[int, int]:
    """Return the system's wall clock, since 1970, and the time since boot, suspend included, in milliseconds."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class WallClock:
    """The wall clock by which the trainer goes. May be used on any thread."""

    def __init__(self, root: Path = Path("/"), clocks: Callable[[], tuple[int, int]] = both_clocks) -> None:
        """Look for the kernel's and systemd's files below `root`, and at `clocks`."""
        self._root = root
        self._clocks = clocks
        self._looking = threading.Lock()
        real, since_boot = clocks()
        self._memory = ClockMemory(self.boot(), real - since_boot)
        self._keep: Callable[[ClockMemory], None] = lambda _: None
        self.changes = 0
        """How often it was set. Who has reckoned with an earlier time must do so again."""
        self._zone: tzinfo = UTC
        self._zone_mark: tuple[int, ...] = ()
        """Which file the zone was read from: `timedatectl set-timezone` puts another in its place."""

    def remember(self, memory: ClockMemory | None, keep: Callable[[ClockMemory], None]) -> None:
        """Go on with what was remembered, if it is of this boot. `keep` is given what is to be remembered, when it changes."""
        with self._looking:
            if memory and memory.boot == self._memory.boot != "":
                self._memory = memory
            self._keep = keep

    def now(self) -> datetime:
        """Return the local time, with its offset from UTC."""
        return _at(self._unix(), UTC).astimezone()

    def zoned(self) -> datetime:
        """Return the local time with its zone, which tells the offset of any other day too."""
        return _at(self._unix(), self._local_zone())

    def _unix(self) -> int:
        real, since_boot = self._clocks()
        return real if self._memory.own is None else self._memory.own + since_boot

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
        """Tell whether the clock is right."""
        return self.source() != ""

    @property
    def was_right(self) -> bool:
        """Tell whether the clock is right, as of the last look, which takes longer than this."""
        return self._memory.source != ""

    @property
    def by_hand(self) -> bool:
        """Tell whether it goes by a person's word, as of the last look: better may be known later."""
        return self._memory.source == "hand"

    def source(self) -> Source:
        """Look who has set the clock. What was right stays so until the system starts again.

        Kernel and daemons take their word back after nine hours without network (16 s of possible error, at 500 ppm); a
        reminder does not mind.
        """
        with self._looking:
            self._look()
            return self._memory.source

    def _look(self) -> None:
        real, since_boot = self._clocks()
        zero, memory = real - since_boot, self._memory
        possible = _at(real, UTC).year >= BUILD_YEAR
        # The difference of the two clocks changes when somebody sets one of them, and neither by slewing nor in suspend. A
        # timerfd (TFD_TIMER_CANCEL_ON_SET) would also tell of it, but of suspend too.
        stepped = abs(zero - memory.zero) > STEP
        if stepped:
            memory = replace(memory, zero=zero)
        if memory.source == "network" or (possible and (self._timesyncd() or self._kernel())):
            memory = replace(memory, own=None, source="network")
        elif stepped and possible:
            log.info("somebody has set the system's clock: it is trusted until the Pi starts again")
            memory = replace(memory, own=None, source="hand")
        elif stepped and memory.source == "hand" and memory.own is None:  # by the driver of a battery clock without a battery
            memory = replace(memory, source="")
        elif not memory.source and possible and self._battery_clock():
            memory = replace(memory, source="battery")
        self._change(memory)

    def set(self, told: datetime) -> None:
        """Go by what a person says. The system's clock stays as it is.

        Raises:
            PitrainerError: if the network has set it.
        """
        with self._looking:
            self._look()
            if self._memory.source == "network":
                raise PitrainerError(
                    f"the network has set the clock, it is {self.zoned():%H:%M}; if that is off by whole hours, set clock.zone"
                )
            _, since_boot = self._clocks()
            self._change(replace(self._memory, own=round(told.timestamp() * 1000) - since_boot, source="hand"))
        log.info("the clock is set by hand: %s", told.isoformat(timespec="minutes"))

    def _change(self, memory: ClockMemory) -> None:
        if memory != self._memory:
            self._memory = memory
            self.changes += 1
            self._keep(memory)

    def boot(self) -> str:
        """Return what tells this boot from others: the monotonic clock of another one means nothing here."""
        try:
            return (self._root / "proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return ""

    def since_boot(self) -> int:
        """Return the time since this boot in milliseconds, suspend included."""
        return self._clocks()[1]

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
            if abs(seconds - self._clocks()[0] / 1000) <= RTC_AGREES:
                return True
        return False

    def _kernel(self) -> bool:
        """Tell whether any time daemon (chrony, ntpd) keeps the kernel's clock. A sandbox may refuse the question: then no."""
        if self._root != Path("/"):
            return False
        if (adjtimex := _adjtimex()) is None:
            return False
        # struct timex begins `unsigned int modes` (0: only ask), then, aligned, four longs `offset, freq, maxerror, esterror`
        # and `int status`; it is 208 bytes long at the most.
        long = ctypes.sizeof(ctypes.c_long)
        timex = ctypes.create_string_buffer(512)
        if adjtimex(timex) == -1:
            return False
        status = int.from_bytes(timex.raw[5 * long : 5 * long + 4], sys.byteorder)
        return not status & _STA_UNSYNC


@cache
def _adjtimex() -> Any:
    """Return the C library's function, looked for once: that takes longer than asking it. None where it has none."""
    try:
        return ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None


def _at(unix: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(unix / 1000, zone)


def told_time(clock: WallClock, at: str, day: str = "") -> datetime:
    """Return the local time that a person means by "14:30", and by "2026-11-28" if they name the day.

    Without a day it is today, where that is known; else the first such time from `BEHIND` before what the clock shows.

    Raises:
        PitrainerError: if it is none.
    """
    hour_minute, named = parse_told(at, day)
    shown_now = clock.zoned()
    told = datetime.combine(named or shown_now.date(), hour_minute, shown_now.tzinfo)
    if not named and not clock.trusted() and told < shown_now - BEHIND:
        told += timedelta(days=1)
    if told.year < BUILD_YEAR:
        raise PitrainerError(f"which day is it? give the date, too, such as: pitrainer clock set {at} {BUILD_YEAR}-11-28")
    return told


def parse_told(at: str, day: str) -> tuple[time_of_day, date | None]:
    """Return a time of day, and the day if one is named.

    Raises:
        PitrainerError: if it is none.
    """
    if not re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", at, re.ASCII):
        raise PitrainerError(f"{shown(at)} is not a time of day such as 14:30")
    hour, minute = map(int, at.split(":"))
    named = None
    if day:
        with suppress(ValueError):
            named = date.fromisoformat(day) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day, re.ASCII) else None
        if not named or not BUILD_YEAR <= named.year <= LAST_YEAR:
            raise PitrainerError(f"{shown(day)} is not a date of {BUILD_YEAR} to {LAST_YEAR} such as 2026-11-28")
    return time_of_day(hour, minute), named


def set_zone(name: str) -> None:
    """Have this process live in a time zone; "" is the one in which it was started."""
    zone = name or _TZ
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()
