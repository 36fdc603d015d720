"""When the wall clock is believed: never because it looks right, but because somebody who knows has set it."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pitrainer.wallclock import RTC_AGREES, WallClock, set_zone


@pytest.fixture
def root(tmp_path):
    """A machine without any time but its own."""
    (tmp_path / "run/systemd/timesync").mkdir(parents=True)
    (tmp_path / "sys/class/rtc/rtc0").mkdir(parents=True)
    return tmp_path


def rtc(root, seconds, name="rtc0"):
    folder = root / "sys/class/rtc" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "since_epoch").write_text(f"{seconds}\n")


def test_nobody_knows(root):
    """A Pi without network and battery clock: the time may be that of its last shutdown."""
    assert WallClock(root).trusted() is False


def test_timesyncd(root):
    """Raspberry Pi OS's time daemon leaves a file once it has set the clock."""
    clock = WallClock(root)
    assert not clock.trusted()
    (root / "run/systemd/timesync/synchronized").touch()
    assert clock.trusted()


def test_it_stays_so(root):
    """What was right goes on to be right, though the daemon lost its network."""
    file = root / "run/systemd/timesync/synchronized"
    file.touch()
    clock = WallClock(root)
    assert clock.trusted()
    file.unlink()
    assert clock.trusted()
    assert not WallClock(root).trusted()


@pytest.mark.parametrize(
    ("off", "trusted"), [(0, True), (RTC_AGREES - 5, True), (5 - RTC_AGREES, True), (3_600, False), (-3_600, False)]
)
def test_battery_clock(root, off, trusted):
    """A battery clock that shows the same time is where the time is from."""
    rtc(root, int(time.time()) + off)
    assert WallClock(root).trusted() is trusted


def test_battery_clock_without_battery(root):
    """A Pi 5's clock without its battery begins in 1970, and the system's time is from a file."""
    rtc(root, 300)
    assert not WallClock(root).trusted()


def test_the_second_battery_clock(root):
    """The Pi 5's own clock is empty, the one on the header is right."""
    rtc(root, 300)
    rtc(root, int(time.time()), "rtc1")
    assert WallClock(root).trusted()


@pytest.mark.parametrize("content", ["", "soon\n", "1e9\n"])
def test_battery_clock_that_cannot_be_read(root, content):
    """What is no time is no witness."""
    (root / "sys/class/rtc/rtc0/since_epoch").write_text(content)
    assert not WallClock(root).trusted()


def test_the_past_is_never_trusted(root, monkeypatch):
    """Before this program was written it cannot be, whoever says so."""
    (root / "run/systemd/timesync/synchronized").touch()
    clock = WallClock(root)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now.replace(year=2025))
    assert not clock.trusted()
    monkeypatch.undo()
    assert clock.trusted()


def test_this_machine():
    """On the machine at hand it answers, and knows its zone and its boot."""
    clock = WallClock()
    assert clock.trusted() in (True, False)
    assert clock.now().utcoffset() is not None
    assert clock.boot() == WallClock().boot() != ""


def test_no_boot(root):
    """Where the kernel does not tell the boot, there is none."""
    assert WallClock(root).boot() == ""


# The zone


@pytest.fixture
def _own_zone(monkeypatch):
    """The process's zone is as before afterwards."""
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_own_zone")
def test_zone_of_the_system(root, monkeypatch):
    """The zone is the system's, with its daylight-saving changes, and another one is noticed without a restart."""
    monkeypatch.delenv("TZ", raising=False)
    (root / "etc").mkdir()
    clock = WallClock(root)
    assert clock.zoned().utcoffset() == timedelta(0), "no zone is set: UTC"
    for name in ("Asia/Kathmandu", "Europe/Berlin"):
        link = root / "etc" / "new"
        link.symlink_to(f"/usr/share/zoneinfo/{name}")
        link.rename(root / "etc/localtime")
        zone = clock.zoned().tzinfo
        for day in (datetime(2026, 1, 15, 12), datetime(2026, 7, 15, 12)):
            assert day.replace(tzinfo=zone).utcoffset() == day.replace(tzinfo=ZoneInfo(name)).utcoffset()


@pytest.mark.usefixtures("_own_zone")
def test_a_damaged_zone(root, monkeypatch):
    """A zone file that is none is as no zone."""
    monkeypatch.delenv("TZ", raising=False)
    (root / "etc").mkdir()
    (root / "etc/localtime").write_bytes(b"not a zone")
    assert WallClock(root).zoned().utcoffset() == timedelta(0)


@pytest.mark.usefixtures("_own_zone")
def test_zone_of_the_settings(root, monkeypatch):
    """The settings' zone counts for everything in the process; without one it is again as it was started."""
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr("pitrainer.wallclock._TZ", None)
    clock = WallClock(root)
    before = clock.now().utcoffset()
    set_zone("Asia/Kathmandu")
    try:
        assert clock.zoned().utcoffset() == clock.now().utcoffset() == timedelta(hours=5, minutes=45)
    finally:
        set_zone("")
    assert clock.now().utcoffset() == before
