"""When the wall clock is believed: never because it looks right, but because somebody who knows has set it."""

import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pitrainer.errors import PitrainerError
from pitrainer.wallclock import RTC_AGREES, STEP, ClockMemory, Source, WallClock, set_zone, told_time


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


class Machine(WallClock):
    """A wall clock on a machine whose clocks are in hand."""

    def __init__(self, root: Path, shows: str = "2026-11-22T09:00", since_boot: int = 60_000) -> None:
        self.real, self.since_boot = round(datetime.fromisoformat(f"{shows}+00:00").timestamp() * 1000), since_boot
        self.kept: list[ClockMemory] = []
        super().__init__(root, lambda: (self.real, self.since_boot))

    def step(self, **by: float) -> None:
        """Somebody sets the system's clock."""
        self.real += round(timedelta(**by) / timedelta(milliseconds=1))

    def later(self, **by: float) -> None:
        """Time passes."""
        self.step(**by)
        self.since_boot += round(timedelta(**by) / timedelta(milliseconds=1))

    @property
    def shown(self) -> tuple[Source, str]:
        source = self.source()
        assert self.trusted() is (source != "")
        return source, self.now().astimezone(UTC).strftime("%m-%d %H:%M")


def boots(root: Path) -> None:
    """Have the kernel tell another boot."""
    file = root / "proc/sys/kernel/random/boot_id"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{time.monotonic_ns()}\n")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+00:00")


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


def test_the_past_is_never_trusted(root):
    """Before this program was written it cannot be, whoever says so."""
    (root / "run/systemd/timesync/synchronized").touch()
    clock = Machine(root, "2025-12-31T12:00")
    assert not clock.trusted()
    clock.step(days=1)
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


# A person's word


def test_told(root, caplog):
    """What a person says counts, goes on with time, and may be corrected; the system's clock stays as it is."""
    caplog.set_level(logging.INFO)
    clock = Machine(root)
    assert clock.shown == ("", "11-22 09:00")
    clock.set(at("11-28T14:30"))
    assert (clock.shown, clock.by_hand) == (("hand", "11-28 14:30"), True)
    clock.later(hours=2)
    assert clock.shown == ("hand", "11-28 16:30")
    clock.set(at("11-28T15:30"))
    clock.later(days=1)
    assert clock.shown == ("hand", "11-29 15:30")
    assert clock.changes == 2
    assert caplog.messages == [
        "the clock is set by hand: 2026-11-28T14:30+00:00",
        "the clock is set by hand: 2026-11-28T15:30+00:00",
    ]


def test_the_system_is_told(root, caplog):
    """Who sets the system's clock knows the time, too; who spoke last is believed."""
    caplog.set_level(logging.INFO)
    clock = Machine(root)
    clock.step(days=6)
    assert clock.shown == ("hand", "11-28 09:00")
    clock.set(at("11-28T14:30"))
    clock.step(hours=-1)
    assert clock.shown == ("hand", "11-28 08:00")
    assert [clock.shown, clock.shown] == [("hand", "11-28 08:00")] * 2
    assert caplog.messages.count("somebody has set the system's clock: it is trusted until the Pi starts again") == 2


def test_no_step(root):
    """Time passes, also in suspend, and two clocks are never read at once: nobody has set anything."""
    clock = Machine(root)
    for way in (STEP, -STEP):
        clock.later(days=30)
        clock.real += way
        assert clock.shown[0] == ""
        clock.real -= way
    assert (clock.trusted(), clock.changes) == (False, 0)


def test_the_network_knows_better(root):
    """When the network comes, its time counts, and is no person's to change."""
    clock = Machine(root)
    clock.set(at("11-28T14:30"))
    clock.step(days=6, hours=5)
    (root / "run/systemd/timesync/synchronized").touch()
    assert (clock.shown, clock.by_hand) == (("network", "11-28 14:00"), False)
    with pytest.raises(PitrainerError, match=r"^the network has set the clock, it is ..:00; if that is off by whole hours"):
        clock.set(at("11-28T15:30"))
    clock.step(seconds=90)
    assert clock.shown == ("network", "11-28 14:01")


def test_a_battery_clock_that_is_wrong(root):
    """A battery clock is believed until a person says otherwise."""
    clock = Machine(root)
    rtc(root, clock.real // 1000)
    assert clock.shown == ("battery", "11-22 09:00")
    clock.set(at("11-22T10:00"))
    assert [clock.shown, clock.shown] == [("hand", "11-22 10:00")] * 2


def test_a_driver_sets_the_past(root):
    """The driver of a battery clock without a battery, loaded late, sets the system to 1970: a person's word still counts."""
    clock = Machine(root)
    clock.step(days=-20_000)
    assert clock.shown[0] == ""
    clock.set(at("11-28T14:30"))
    clock.step(days=-1)
    assert clock.shown == ("hand", "11-28 14:30")
    clock.step(days=20_001)
    assert clock.shown == ("hand", "11-22 09:00")
    clock.step(days=-20_001)
    assert clock.shown[0] == ""


@pytest.mark.parametrize("told", [True, False])
def test_until_the_power_is_cut(root, told):
    """Over a restart of the program the word counts, also where the system was set meanwhile; in another boot it does not."""
    boots(root)
    clock = Machine(root)
    clock.remember(None, clock.kept.append)
    assert (clock.source(), clock.kept) == ("", [])
    if told:
        clock.set(at("11-28T14:30"))
    else:
        clock.step(days=6)
        assert clock.source() == "hand"
    again = Machine(root, "2026-11-22T10:00" if told else "2026-11-28T15:30", since_boot=3_660_000)
    again.remember(clock.kept[-1], again.kept.append)
    assert again.shown == ("hand", "11-28 15:30")
    boots(root)
    cut = Machine(root, "2026-11-22T10:00")
    cut.remember(clock.kept[-1], cut.kept.append)
    assert (cut.shown, cut.kept) == (("", "11-22 10:00"), [])


def test_a_battery_clock_drifts(root):
    """A clock that was right is so over a restart of the program, when the battery clock cannot tell any more; until the next
    boot."""
    boots(root)
    clock = Machine(root)
    rtc(root, clock.real // 1000)
    clock.remember(None, clock.kept.append)
    assert clock.source() == "battery"
    again = Machine(root, "2027-01-21T09:00", since_boot=60 * 86_400_000 + 60_000)
    rtc(root, again.real // 1000 - RTC_AGREES - 10)
    again.remember(clock.kept[-1], again.kept.append)
    assert (again.source(), again.kept) == ("battery", [])
    boots(root)
    cut = Machine(root, "2027-01-21T09:00")
    cut.remember(clock.kept[-1], cut.kept.append)
    assert cut.source() == ""


@pytest.mark.usefixtures("_own_zone")
@pytest.mark.parametrize(
    ("shows", "told", "means"),
    [
        ("09:00", ("14:30",), "2026-11-22 14:30"),
        ("09:00", ("8:05",), "2026-11-22 08:05"),
        ("09:00", ("7:59",), "2026-11-23 07:59"),  # it was switched off yesterday
        ("23:50", ("00:10",), "2026-11-23 00:10"),
        ("09:00", ("07:59", "2026-11-22"), "2026-11-22 07:59"),
        ("09:00", ("23:59", "2099-12-31"), "2099-12-31 23:59"),
    ],
)
def test_what_is_meant(root, monkeypatch, shows, told, means):
    """A clock that nobody has set is behind: without a day, the next such time is meant. It is local time."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    utc = datetime.fromisoformat(f"2026-11-22T{shows}+05:45").astimezone(UTC)
    clock = Machine(root, f"{utc:%Y-%m-%dT%H:%M}")
    assert f"{told_time(clock, *told):%Y-%m-%d %H:%M%z}" == f"{means}+0545"


def test_a_correction_is_of_the_same_day(root):
    """Where the day is known, the time is one of that day."""
    clock = Machine(root)
    clock.set(at("11-28T15:30"))
    told = told_time(clock, "12:30")
    assert (told.day, told.hour) == (28, 12)


TIME, DATE = "is not a time of day such as 14:30", "is not a date of 2026 to 2099 such as 2026-11-28"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        *(((text,), f'"{text}" {TIME}') for text in ("24:00", "14:60", "14.30", "14", "14:3", " 14:30", "-1:00", "x:00")),
        *(
            (("14:30", text), f'"{text}" {DATE}')
            for text in ("2026-02-29", "20261128", "28.11.2026", "2026-11-28 ", "today", "2025-12-31", "2100-01-01")
        ),
    ],
)
def test_a_wrong_time(root, told, why):
    """What is no time, or no day, is refused with what would be right."""
    with pytest.raises(PitrainerError) as caught:
        told_time(Machine(root), *told)
    assert str(caught.value) == why


def test_which_day(root):
    """Where the clock is decades behind, the day has to be named."""
    clock = Machine(root, "1970-01-01T00:01")
    with pytest.raises(
        PitrainerError, match=r"^which day is it\? give the date, too, such as: pitrainer clock set 14:30 2026-11-28$"
    ):
        told_time(clock, "14:30")
    clock.set(told_time(clock, "14:30", "2026-11-28"))
    assert clock.source() == "hand"


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
