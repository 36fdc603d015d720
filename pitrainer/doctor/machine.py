"""What can be said of the machine: disk, clock, power, memory."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..config.lasting import in_words
from ..files import text_of
from ..wallclock import SOURCES, WallClock
from .report import Check

ROOT = Path("/")
LITTLE, TOO_LITTLE = 200, 20
"""Free megabytes (10^6) on a disk. A voice's clips are 20 to 60 MB, a year of history is 1 MB."""
HOT = 80
"""°C at which a Pi begins to slow down."""

JOURNAL_LASTS = (
    r"printf '[Journal]\nStorage=persistent\n' | sudo install -D -m 644 /dev/stdin "
    "/etc/systemd/journald.conf.d/90-lasting.conf; sudo systemctl restart systemd-journald"
)


# the machine


def disk(folders: Sequence[Path]) -> Check:
    """Tell of the room on the disks of these folders, and whether they can be written."""
    free: dict[str, int] = {}
    for folder in folders:
        why = _not_writable(folder)
        if why:
            return Check(
                "disk", "fail", f"{folder}: {why}", f"df -h {folder}; ls -ld {folder}; dmesg | tail, if it is read-only"
            )
        there = os.statvfs(_existing(folder))
        free[str(folder)] = there.f_bavail * there.f_frsize // 1_000_000
    found = ", ".join(f"{folder} {megabytes} MB free" for folder, megabytes in free.items())
    least = min(free.values())
    if least < LITTLE:
        remedy = "sudo apt-get clean; sudo journalctl --vacuum-size=50M; a larger card"
        return Check("disk", "fail" if least < TOO_LITTLE else "warn", found, remedy)
    return Check("disk", "ok", found)


def storage(state: Path, kind: str, *, journal: bool) -> Check:
    """Tell whether the state and the journal outlive a power cut.

    Args:
        state: the folder.
        kind: what forgets it, see `lasting.forgetting`.
        journal: it is forgotten, too.
    """
    if found := in_words(state, kind, journal=journal):
        remedies = ["put it on a partition that lasts, as systemd/var-lib-pitrainer.mount says"] if kind else []
        return Check("storage", "warn", "; ".join(found), "; ".join([*remedies, *([JOURNAL_LASTS] if journal else [])]))
    return Check("storage", "ok", f"{state} and the journal outlive a power cut")


def clock(zone: str, wall: WallClock) -> Check:
    """Tell the time, by which the history, the reminders and the quiet hours go, and who has set it."""
    source = wall.source()
    found = f"{wall.zoned():%Y-%m-%d %H:%M} ({zone}), {SOURCES[source]}"
    utc = 'not yours? clock.zone = "Europe/Berlin", say, in the settings' if zone in ("UTC", "Etc/UTC") else ""
    if source:
        return Check("clock", "ok", found, utc)
    remedy = "pitrainer clock set HH:MM; or connect a network (sudo timedatectl set-ntp true), or add a clock module"
    return Check("clock", "warn", found, remedy)


def time_zone(root: Path = ROOT) -> str:
    """Return the time zone's name, as "Europe/Berlin"."""
    with suppress(OSError):
        _, found, name = os.readlink(root / "etc/localtime").partition("zoneinfo/")
        if found:
            return name
    return text_of(root / "etc/timezone").strip() or time.strftime("%Z")


def power(throttled: int | None, *, low: bool) -> Check:
    """Tell of the power supply, by the firmware's flags (None: not known); `low` is the alarm of the kernel's own driver."""
    remedy = "a better power supply (the official one), a shorter cable, a speaker with a supply of its own"
    flags = throttled or 0
    if low or flags & 1:
        return Check("power", "fail", "under-voltage now", remedy)
    if flags & 1 << 16:
        return Check("power", "warn", "there was under-voltage since the start", remedy)
    if flags & (2 | 4 | 8):
        return Check("power", "warn", f"slowed down by heat or power (0x{flags:x})", "add a heat sink; let air around the case")
    return Check("power", "ok", "no under-voltage since the start" if throttled is not None else "no under-voltage now")


def throttled(root: Path = ROOT) -> int | None:
    """Return the firmware's flags of under-voltage and heat; None where they cannot be had."""
    text = text_of(root / "sys/devices/platform/soc/soc:firmware/get_throttled") or _output("vcgencmd", "get_throttled")
    with suppress(ValueError):
        return int(text.strip().removeprefix("throttled="), 16)
    return None


def low_voltage(root: Path = ROOT) -> bool:
    """Tell whether the kernel's driver (rpi_volt) has an alarm. It has it only while the voltage is low."""
    return any(
        text_of(folder / "in0_lcrit_alarm").strip() == "1"
        for folder in (root / "sys/class/hwmon").glob("*")
        if text_of(folder / "name").strip() == "rpi_volt"
    )


def memory(root: Path = ROOT) -> Check:
    """Tell of free memory and of the processor's temperature."""
    from ..voice.memory import available

    free = available(root)
    warm = text_of(root / "sys/class/thermal/thermal_zone0/temp").strip()
    celsius = int(warm) // 1000 if re.fullmatch(r"-?[0-9]+", warm) else None
    found = [f"{free} MB free" if free is not None else "", f"processor at {celsius} °C" if celsius is not None else ""]
    text = ", ".join(filter(None, found)) or "not known"
    if free is not None and free < 50:
        return Check("memory", "warn", text, "end other programs; free -m")
    if celsius is not None and celsius >= HOT:
        return Check("memory", "warn", text, "add a heat sink; let air around the case")
    return Check("memory", "ok", text)


# what they look with


def _output(*command: str) -> str:
    """Return what a command prints, or nothing where it is not there, fails or hangs."""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5, check=True)
        return done.stdout
    return ""


def _existing(folder: Path) -> Path:
    """Return the folder, or the one above it that is there: it is made with the first file."""
    return next(above for above in (folder, *folder.parents) if above.is_dir())


def _not_writable(folder: Path) -> str:
    """Return why nothing can be written there, or nothing."""
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(folder), prefix=".doctor.") as file:
            file.write(bytes(4096))
    except OSError as error:
        return error.strerror or str(error)
    return ""
