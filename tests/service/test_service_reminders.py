"""Reminders in a running service: what is said, written down, told, and remembered over a restart."""

import json
import logging
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.cli.main import main
from pitrainer.clock import monotonic
from pitrainer.config.validation import load_all
from pitrainer.control.client import ask
from pitrainer.control.protocol import socket_file
from pitrainer.core.messages import Action, Ended, Started, Today, TodayChanged
from pitrainer.core.units import Ms
from pitrainer.service import build as build_module
from pitrainer.service import service as service_module
from pitrainer.service.build import build_service, clips_of, phrases_of
from pitrainer.service.journal import Journal
from pitrainer.service.loop import Quit
from pitrainer.service.service import Access, Appliance, Service
from pitrainer.wallclock import WallClock
from support.appliance import SETTINGS, TINY

REMINDER = """
[[reminder]]
time = "08:00"
routine = "tiny"
profile = "child"
"""


class FakeWall:
    """A wall clock that begins at a time; trusted or not."""

    changes = 0
    by_hand = False

    def __init__(self, start: str, *, trusted: bool = True) -> None:
        self.start = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        self.since = time.monotonic()
        self.right = trusted

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.since)

    def zoned(self) -> datetime:
        return self.now()

    def trusted(self) -> bool:
        return self.right

    def boot(self) -> str:
        return "this"

    def remember(self, _memory: object, _keep: object) -> None:
        pass


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Service]]:
    """Begins a service with one reminder, in a thread; it is ended with the test, or by `Quit`."""
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "routines").mkdir()
    (tmp_path / "routines" / "tiny.toml").write_text(TINY)
    file = tmp_path / "pitrainer.toml"
    file.write_text(SETTINGS.format(cache=tmp_path / "clips") + REMINDER)
    loaded = load_all(file, {})
    clips = clips_of(loaded.settings)
    for text in phrases_of(loaded, loaded.programs, clips):
        clips.write(text, np.full(480, 3_000, np.int16))
    library = types.ModuleType("sounddevice")
    library.PortAudioError = type("PortAudioError", (Exception,), {})  # type: ignore[attr-defined]
    library.query_devices = list  # type: ignore[attr-defined]
    library._terminate = library._initialize = lambda: None  # type: ignore[attr-defined]
    library._initialized = 1  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    monkeypatch.setattr(service_module.signal, "signal", lambda *_: None)  # it runs beside this thread
    running: list[tuple[Service, threading.Thread]] = []

    def one(wall: FakeWall | WallClock, seen: list[Action]) -> Service:
        monkeypatch.setattr(build_module, "WallClock", lambda: wall)
        service = build_service(
            loaded.settings,
            loaded.programs,
            clips,
            backend="mock",
            tones=False,
            prepare=["false"],
            access=Access(tmp_path / "run"),
            appliance=Appliance(tmp_path / "state.json", lambda: loaded),
            reminded=loaded.reminders,
            readers=[seen.append],
        )
        running.append((service, threading.Thread(target=service.run)))
        running[-1][1].start()
        return service

    one.end = lambda: end(*running.pop())  # type: ignore[attr-defined]

    def end(service: Service, thread: threading.Thread) -> None:
        service.clock.put(Quit("the test is over"))
        thread.join()

    yield one
    while running:
        end(*running.pop())


def until(there: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def journal(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Returns the lines of the journal that are about reminders and the clock."""
    caplog.set_level(logging.INFO)
    return lambda: [line for line in caplog.messages if "reminder" in line]


def kept(folder: Path) -> bool:
    """Whether it is on the disk what is accounted for, as it is with a beat."""
    file = folder / "state.json"
    return file.exists() and bool(json.loads(file.read_text())["reminders"])


def test_reminded(begin, journal, tmp_path):
    """A reminder is said at its time, told beforehand, answered by a press, and not said again after a restart."""
    seen: list[Action] = []
    service = begin(FakeWall("2024-05-06 07:59:50"), seen)  # what is next is known at the second beat
    until(lambda: any("clock is right" in line for line in journal()))
    assert ask(socket_file(tmp_path / "run"), {"command": "status"})["status"]["next_reminder"] == {
        "at": "2024-05-06T08:00:00+02:00",
        "routine": "tiny",
        "profile": "child",
        "person": None,
        "level": "standard",
    }
    until(lambda: "reminder 08:00 tiny child: said" in journal(), 30)
    service.pins.press()
    until(lambda: any(isinstance(action, Started) for action in seen))
    (started,) = [action for action in seen if isinstance(action, Started)]
    assert (started.plan.routine, started.plan.profile) == ("tiny", "child")
    service.pins.press(seconds=1.4)
    until(lambda: any(isinstance(action, Ended) for action in seen))
    begin.end()
    (remembered,) = json.loads((tmp_path / "state.json").read_text())["reminders"].values()
    assert (remembered["day"], remembered["count"]) == ("", 0)

    service = begin(FakeWall("2024-05-06 08:10"), seen)
    until(lambda: sum("clock is right" in line for line in journal()) == 2)
    begin.end()
    assert journal() == [
        "the clock is right; the next reminder is at 2024-05-06T08:00:00+02:00",
        "reminder 08:00 tiny child: said",
        "reminder 08:00 tiny child of 2024-05-06: answered",
        "the clock is right; the next reminder is at 2024-05-07T08:00:00+02:00",
    ]


def test_missed(begin, journal, tmp_path):
    """What was due while the trainer was off is one line in the journal of the next start."""
    begin(FakeWall("2024-05-06 07:00"), [])
    until(lambda: any("clock is right" in line for line in journal()))
    until(lambda: kept(tmp_path))
    begin.end()
    begin(FakeWall("2024-05-08 12:00"), [])
    line = "reminder 08:00 tiny child of 3 days, 2024-05-06 to 2024-05-08: missed: the trainer was not running"
    until(lambda: line in journal())


def test_waiting_for_the_clock(begin, journal, tmp_path):
    """Until the clock is set, status and journal say that reminders wait; then what is still open is said."""
    wall = FakeWall("2024-05-06 07:00", trusted=True)
    begin(wall, [])
    until(lambda: any("clock is right" in line for line in journal()))
    until(lambda: kept(tmp_path))
    begin.end()
    wall = FakeWall("2024-05-06 08:10", trusted=False)
    begin(wall, [])
    waiting = "reminders wait until the clock is set: by the network, a battery clock, or pitrainer clock set HH:MM"
    until(lambda: waiting in journal())
    status = ask(socket_file(tmp_path / "run"), {"command": "status"})["status"]
    assert [status[key] for key in ("done_today", "streak", "next_reminder", "reminders_wait")] == [None, None, None, True]
    wall.right = True
    until(lambda: "reminder 08:00 tiny child: said" in journal())


def test_no_reminder_to_come(journal, tmp_path):
    """That the clock is right is told where all reminders are switched off, too."""
    follow = Journal((), ClipCache(tmp_path, "of nobody"), reminders=True)
    follow(TodayChanged(Ms(0), Today(done=False, streak=0)))
    assert journal() == ["the clock is right; no reminder is planned"]


def test_offline(begin, journal, tmp_path, monkeypatch, capsys):
    """Without network, somebody tells the trainer the time: reminders come until the Pi starts again, after a restart too."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.setattr("pitrainer.config.locate.service_folder", lambda _: tmp_path / "run")
    (tmp_path / "proc/sys/kernel/random").mkdir(parents=True)
    boot = tmp_path / "proc/sys/kernel/random/boot_id"
    boot.write_text("one")
    last_night = round(datetime(2026, 5, 5, 22, tzinfo=UTC).timestamp() * 1000)

    def clocks() -> tuple[int, int]:
        return last_night + monotonic(), monotonic()

    begin(WallClock(tmp_path, clocks), [])
    until(lambda: any(line.startswith("reminders wait") for line in journal()))
    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("pitrainer clock set HH:MM")
    assert main(["clock", "set", "07:59", "2026-05-07"]) == 0
    assert capsys.readouterr().out.startswith("Thursday 2026-05-07 07:59 (")
    until(lambda: "the clock is right; the next reminder is at 2026-05-07T08:00:00+02:00" in journal())
    until(lambda: kept(tmp_path))
    assert main(["clock", "set", "8:00"]) == 0
    begin.end()

    begin(WallClock(tmp_path, clocks), [])
    until(lambda: "reminder 08:00 tiny child: said" in journal())
    assert capsys.readouterr().out.endswith("set by hand, which counts until the Pi starts again\n")
    begin.end()

    boot.write_text("two")
    begin(WallClock(tmp_path, clocks), [])
    until(lambda: sum(line.startswith("reminders wait") for line in journal()) == 2)
    assert main(["clock"]) == 0
    assert capsys.readouterr().out.endswith("not set since boot, so no reminders are given\n")


@pytest.mark.parametrize(("told", "why"), [(["24:00"], '"24:00" is'), (["14:30", "28.11."], '"28.11." is not a date of')])
def test_a_wrong_time(begin, tmp_path, monkeypatch, capsys, told, why):
    """A wrong time is one line, and exit code 2."""
    begin(FakeWall("2024-05-06 07:00"), [])
    monkeypatch.setattr("pitrainer.config.locate.service_folder", lambda _: tmp_path / "run")
    assert main(["clock", "set", *told]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"pitrainer: {why}")
    assert output.err.count("\n") == 1


def test_status_in_words(begin, tmp_path, monkeypatch, capsys, journal):
    """`pitrainer status` names the next reminder, the streak, and whether today is done."""
    begin(FakeWall("2024-05-06 07:00"), [])
    until(lambda: any("clock is right" in line for line in journal()))
    monkeypatch.setattr("pitrainer.config.locate.service_folder", lambda _: tmp_path / "run")
    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "not done yet today",
        "next reminder: Monday 08:00, tiny, child",
    ]


def test_status_while_reminders_are_off(begin, tmp_path, monkeypatch, capsys, journal):
    """`pitrainer status` says that reminders are switched off, and how to have them again."""
    begin(FakeWall("2024-05-06 07:00"), [])
    until(lambda: any("clock is right" in line for line in journal()))
    monkeypatch.setattr("pitrainer.config.locate.service_folder", lambda _: tmp_path / "run")
    assert main(["reminders", "off"]) == 0
    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "not done yet today",
        "reminders are switched off; pitrainer reminders on",
    ]


def test_status_at_volume_0(begin, tmp_path, monkeypatch, capsys):
    """`pitrainer status` says that nothing is heard, and how to hear it again."""
    begin(FakeWall("2024-05-06 07:00"), [])
    monkeypatch.setattr("pitrainer.config.locate.service_folder", lambda _: tmp_path / "run")
    line = "the volume is 0; turn it up: pitrainer volume N"
    assert main(["status"]) == 0
    assert line not in capsys.readouterr().out.splitlines()
    assert main(["volume", "0"]) == 0
    assert main(["status"]) == 0
    assert line in capsys.readouterr().out.splitlines()
