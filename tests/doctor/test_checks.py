"""The doctor: each check says what it found and what to do; none can hide the others; what fails is exit code 1."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from queue import Queue
from threading import Timer
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pitrainer
from pitrainer.cli import diagnosis
from pitrainer.cli.main import main
from pitrainer.cli.tables import print_checks
from pitrainer.config import locate
from pitrainer.config.schema import BuzzerSettings, GpioSettings, PinSettings, Settings, VoiceSettings, wired
from pitrainer.control.client import ask
from pitrainer.control.protocol import socket_file
from pitrainer.core.messages import Edge, Light
from pitrainer.core.units import Ms
from pitrainer.doctor import checks, machine, pin_checks, report, sound_check
from pitrainer.doctor.pin_checks import examine_pins, watch
from pitrainer.doctor.report import Check, as_json, by_child, carefully, checks_from_json, failed
from pitrainer.doctor.sound_check import Trial
from pitrainer.errors import PitrainerError, Problem
from pitrainer.gpio.pins import take_pins
from pitrainer.voice.models import VoiceFile
from pitrainer.wallclock import WallClock, set_zone
from support.appliance import fill, running, write_home
from support.fakes import TESTS
from support.spoken import en

SHOW = "LoadState={}\nActiveState={}\nSubState={}\nStatusText={}\n"
WITHOUT_A_NOISE = "service pins button clock versions user settings voice clips history telemetry disk storage memory".split()
MOCK = Settings(gpio=GpioSettings("mock"))


@pytest.mark.parametrize(
    ("show", "state", "found"),
    [
        ("", "ok", "not installed; everything is checked here, as you"),
        (
            SHOW.format("not-found", "inactive", "dead", ""),
            "ok",
            "not installed; everything is checked here, as you",
        ),
        (SHOW.format("loaded", "inactive", "dead", ""), "fail", "not running: inactive (dead)"),
        (SHOW.format("loaded", "failed", "failed", ""), "fail", "not running: failed (failed)"),
        (
            SHOW.format("loaded", "active", "running", "ready: neck, adult"),
            "fail",
            "active (running), ready: neck, adult, but does not answer you",
        ),
    ],
)
def test_a_service_that_does_not_answer(show, state, found):
    """Where no service answers, it says why; one that is installed but does not run has failed."""
    check = checks.unit(show)
    assert (check.name, check.state, check.found) == ("service", state, found)
    assert bool(check.remedy) == (state == "fail")


def test_versions(tmp_path):
    """Everything that a bug report needs is in one line: versions, system, processor, board."""
    model = tmp_path / "proc" / "device-tree" / "model"
    model.parent.mkdir(parents=True)
    model.write_text("Raspberry Pi 4 Model B Rev 1.1\0")
    check = checks.versions(tmp_path)
    assert check.state == "ok"
    assert check.found.startswith(f"pitrainer {pitrainer.__version__}, Python 3.")
    assert "gpiozero 2." in check.found
    assert check.found.endswith(", Raspberry Pi 4 Model B Rev 1.1")


@pytest.mark.parametrize(
    ("groups", "root", "is_pi", "expected"),
    [
        (["ada", "audio", "gpio"], False, True, ("ok", "ada", "")),
        (["ada"], False, False, ("ok", "ada", "")),
        ([], True, True, ("ok", "ada, which may do anything", "")),
        (
            ["ada", "audio"],
            False,
            True,
            ("warn", "ada is not in the group gpio", "sudo usermod -aG gpio ada, then log out and back in"),
        ),
        (
            ["ada"],
            False,
            True,
            ("warn", "ada is not in the groups audio and gpio", "sudo usermod -aG audio,gpio ada, then log out and back in"),
        ),
    ],
)
def test_user(groups, root, is_pi, expected):
    """On a Pi, whoever is not in the groups that own pins and sound is told how to get there."""
    assert checks.user("ada", groups, root=root, is_pi=is_pi) == Check("user", *expected)


def test_settings():
    """The first mistake is shown and the others are counted; warnings alone are not a failure."""
    file = Path("/etc/x.toml")
    wrong = [Problem("x.toml", "pins.button", "is no pin"), Problem("x.toml", "y", "is unknown")]
    warning = Problem("x.toml", "pins.buzzer", "is loud", warning=True)
    remedy = "pitrainer check --config /etc/x.toml"
    assert [checks.settings(file, problems) for problems in ([], [warning], [warning, *wrong], wrong[:1])] == [
        Check("settings", "ok", "/etc/x.toml"),
        Check("settings", "warn", "/etc/x.toml: 1 warning", remedy),
        Check("settings", "fail", f"{wrong[0]} (and 1 more)", remedy),
        Check("settings", "fail", str(wrong[0]), remedy),
    ]


# the pins


class Wires:
    """Stands in for real pins: keeps what was switched, and when."""

    def __init__(self, *, down: str = "", mock: bool = False) -> None:
        self.mock, self.light, self.living = mock, Light.READY, True
        self.driver, self.silent = "gpiod", ""
        self.ghosts: dict[str, int] = {}
        self._down = down
        self.told: list[tuple[str, Any]] = []

    def down(self, name: str) -> bool:
        return name == self._down

    def alive(self) -> bool:
        return self.living

    def phantoms(self, name: str) -> int:
        return self.ghosts.get(name, 0)

    def __str__(self) -> str:
        return "gpiod, gpiochip11 (pinctrl-rp1)"

    def buzz(self, on: bool) -> None:
        self.told.append(("buzz", on))

    def shine(self, light: Light) -> None:
        self.told.append(("shine", light))


def pins_of(settings: Settings, wires: Wires | None, *, quiet: bool = False, is_pi: bool = True) -> list[tuple[str, str, str]]:
    checks = examine_pins(settings, wires, "no pins: /dev/gpiochip0 is busy", None, quiet=quiet, is_pi=is_pi)  # type: ignore[arg-type]
    return [(check.name, check.state, check.found) for check in checks]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for an ear and an eye."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.mark.usefixtures("hasty")
def test_pins():
    """Each part on the pins has its line; buzzer and LED are on for a moment, and are left as they were."""
    wires = Wires()
    assert pins_of(Settings(), wires) == [
        ("pins", "ok", "gpiod, gpiochip11 (pinctrl-rp1): button GPIO 17, buzzer GPIO 27, LED GPIO 22"),
        ("button", "ok", "GPIO 17 is not pressed, as it should be"),
        ("buzzer", "ok", "GPIO 27 was on for 0.2 s"),
        ("LED", "ok", "GPIO 22 blinked for 1 s"),
    ]
    assert wires.told == [("buzz", True), ("buzz", False), ("shine", Light.PRESSED), ("shine", Light.READY)]


@pytest.mark.usefixtures("hasty")
def test_pins_quiet_or_not_there():
    """With --quiet nothing is heard or seen; what is not wired is said."""
    wires = Wires()
    assert [name for name, _, _ in pins_of(Settings(), wires, quiet=True)] == ["pins", "button"]
    assert wires.told == []
    settings = Settings(pins=PinSettings(led=None, next=5), buzzer=BuzzerSettings("speaker"))
    assert pins_of(settings, wires) == [
        ("pins", "ok", "gpiod, gpiochip11 (pinctrl-rp1): button GPIO 17, next GPIO 5"),
        ("button", "ok", "GPIO 17 is not pressed, as it should be"),
        ("next", "ok", "GPIO 5 is not pressed, as it should be"),
        ("buzzer", "ok", 'none on a pin: buzzer.kind is "speaker"'),
        ("LED", "ok", "none"),
    ]
    assert wires.told == []


def test_no_pins():
    """Pins that cannot be had are a failure with its reason, and nothing on them is looked at."""
    assert pins_of(Settings(), None) == [("pins", "fail", "no pins: /dev/gpiochip0 is busy")]


def test_deaf_pins():
    """Pins whose edges nobody hears any more are a failure."""
    wires = Wires()
    wires.living = False
    assert pins_of(Settings(), wires, quiet=True)[0] == ("pins", "fail", "gpiod's thread has ended: no press is heard")


BUTTONS = Settings(pins=PinSettings(next=5, back=6))


@pytest.mark.parametrize(("row", "name", "gpio"), [(1, "button", 17), (2, "next", 5), (3, "back", 6)])
def test_a_button_that_is_down(row, name, gpio):
    """A button that is down though nobody presses is a failure."""
    why = f"GPIO {gpio} reads as pressed, although nobody should be pressing"
    assert pins_of(BUTTONS, Wires(down=name), quiet=True)[row] == (name, "fail", why)


@pytest.mark.parametrize(
    ("row", "name", "ghosts", "state", "found"),
    [
        (1, "button", 1, "ok", "GPIO 17: 1 phantom press in the last day, too short for a finger"),
        (1, "button", 3, "warn", "GPIO 17: 3 phantom presses in the last day, too short for a finger"),
        (2, "next", 3, "warn", "GPIO 5: 3 phantom presses in the last day, too short for a finger"),
    ],
)
def test_phantom_presses(row, name, ghosts, state, found):
    """What no finger did is told, and from the third a day on it is a question of the wire."""
    wires = Wires()
    wires.ghosts[name] = ghosts
    assert pins_of(BUTTONS, wires, quiet=True)[row] == (name, state, found)


class Pedal:
    """Stands in for the keys of an input device."""

    def __init__(self, *names: str, why: str = "") -> None:
        self.names, self.why = names, why


def test_keys():
    """The devices whose keys are the button are named; where there is none, so are those that there are."""
    assert pin_checks.keys("pedal", Pedal("Foot Pedal", "Foot Pedal Mouse"), []) == Check(
        "keys", "ok", '"Foot Pedal", "Foot Pedal Mouse"'
    )
    missing = pin_checks.keys("pedal", Pedal(why='no input device has "pedal" in its name'), ["gpio-keys", "Logitech K120"])
    remedy = 'wake it with a press, or pair it anew; button.input is "pedal"; there are: gpio-keys, Logitech K120'
    assert missing == Check("keys", "warn", 'no input device has "pedal" in its name', remedy)


def test_a_silent_buzzer():
    """A passive buzzer that has no tone is a failure, told without trying it."""
    wires = Wires()
    wires.silent = "a passive buzzer stays silent"
    settings = Settings(buzzer=BuzzerSettings("passive"), pins=PinSettings(led=None))
    assert pins_of(settings, wires)[2] == ("buzzer", "fail", "a passive buzzer stays silent")
    assert wires.told == []


@pytest.mark.parametrize(("is_pi", "state"), [(True, "warn"), (False, "ok")])
def test_mock_pins(is_pi, state):
    """Pretended pins are normal on a PC, and a question on a Pi; nothing is buzzed there."""
    with_mock = pins_of(MOCK, Wires(mock=True), is_pi=is_pi)
    assert [name for name, _, _ in with_mock] == ["pins", "button"]
    assert with_mock[0][1] == state


def test_a_buzzer_that_fails(monkeypatch):
    """A check that fails in a way that nobody thought of is a line of its own, and the others follow."""
    wires = Wires()
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    def buzz(on: bool) -> None:
        if on:
            raise RuntimeError("GPIO busy")

    monkeypatch.setattr(wires, "buzz", buzz)
    assert pins_of(Settings(), wires)[2:] == [
        ("buzzer", "fail", "could not be checked: RuntimeError: GPIO busy"),
        ("LED", "ok", "GPIO 22 blinked for 1 s"),
    ]


def test_real_taking():
    """The doctor's own pins are those of the settings, mock here; a press on them is seen as two edges."""
    edges: Queue[Edge] = Queue()
    pins = take_pins("mock", wired(MOCK.pins, MOCK.buzzer), edges.put, passive=False)
    Timer(0.05, pins.press).start()
    seen = watch(edges, 10)
    pins.close()
    assert [(edge.button, edge.down) for edge in seen] == [("button", True), ("button", False)]


def edges(*times: int) -> list[Edge]:
    """Edges of one button, the first of them down."""
    return [Edge("button", number % 2 == 0, Ms(at)) for number, at in enumerate(times)]


@pytest.mark.parametrize(
    ("times", "state", "found"),
    [
        ([], "fail", "no press within 15 s"),
        ([1000], "fail", "pressed, and not released within 15 s"),
        ([1000, 1200], "ok", "pressed for 0.2 s, 2 edges"),
        ([1000, 1005, 1008, 1200, 1203, 1206], "ok", "pressed for 0.2 s, 6 edges"),
        ([1000, 1050, 1052, 1300], "warn", "pressed for 0.3 s, 4 edges: it bounces for 50 ms"),
        ([1000, 1040], "ok", "pressed for 0.0 s, 2 edges"),
    ],
)
def test_press(times, state, found):
    """A press is ok; none, or one that never ends, is a failure; one that rattles longer than `debounce` gets a number."""
    check = pin_checks.press(edges(*times), Ms(30))
    assert (check.name, check.state, check.found) == ("press", state, found)
    if state == "warn":
        assert check.remedy == 'set button.debounce = "100ms"'
    assert bool(check.remedy) == (state != "ok")


def test_watch_ends():
    """Watching ends with the press, not with the time; without a press, with the time; a bouncing release is heard out."""
    queue: Queue[Edge] = Queue()
    began = time.monotonic()
    assert watch(queue, 0.05) == []
    for edge in edges(1, 2, 3, 4):
        queue.put(edge)
    assert watch(queue, 60, settle=0.05) == edges(1, 2, 3, 4)
    queue.put(edges(1)[0])
    assert watch(queue, 0.05, settle=0.01) == edges(1), "held until the time was over"
    assert time.monotonic() - began < 30


# sound and voice

CARDS = ["USB Audio Device (Device)", "bcm2835 Headphones (Headphones)"]
WELL = Trial("USB Audio Device (Device): a USB card", "", "Neck exercises.", 300, 0.01)


@pytest.mark.parametrize(
    ("trial", "volume", "state", "part"),
    [
        (
            WELL,
            100,
            "ok",
            "USB Audio Device (Device): a USB card; cards: USB Audio Device (Device), bcm2835 Headphones (Headphones)",
        ),
        (WELL, 0, "warn", "the volume is 0 now"),
        (Trial("", 'no sound: no card or device has "USB" in its name'), 100, "fail", "no sound: no card or device has"),
    ],
)
def test_sound(trial, volume, state, part):
    """The sound card is named, with why and with the cards that there are; no sound has its reason and remedy."""
    check = checks.sound(trial, CARDS, volume)
    assert (check.name, check.state) == ("sound card", state)
    assert part in check.found
    assert check.remedy


def test_one_card():
    """Where there is one card alone, none other is to be chosen; where there is none, that is said."""
    assert checks.sound(WELL, CARDS[:1], 100).remedy == ""
    assert checks.sound(Trial("", "no sound"), [], 100).remedy.endswith("; cards: none")


@pytest.mark.parametrize(
    ("trial", "state", "found"),
    [
        (WELL, "ok", 'said "Neck exercises." at volume 60; 300 blocks'),
        (Trial("x", "", "", 9, 0.01), "ok", "a tone, as no phrase has a clip yet at volume 60; 9 blocks"),
        (Trial("x", "", "Hm.", 9, 0.25), "warn", 'said "Hm." at volume 60; 9 blocks, a gap of 250 ms'),
        (Trial("", "no sound"), "fail", "nothing could be played"),
    ],
)
def test_speech(trial, state, found):
    """What was said is written down, since only the person knows whether it was heard; gaps are measured."""
    check = checks.speech(trial, 60)
    assert (check.state, check.found) == (state, found)
    assert check.remedy


def test_voice():
    """The voice is named with language and licence; a damaged one is a failure, a missing Piper a warning."""
    good = VoiceFile("ada", Path("ada.onnx"), "de_DE", licence="CC0")
    bad = VoiceFile("ada", Path("ada.onnx"), problem="ada.onnx is truncated")
    assert [(it.state, it.found) for it in (checks.voice(good, piper=True), checks.voice(bad, piper=True))] == [
        ("ok", "ada, de_DE, licence CC0"),
        ("fail", "ada: ada.onnx is truncated"),
    ]
    assert checks.voice(good, piper=False).state == "warn"


@pytest.mark.parametrize(
    ("missing", "total", "state", "part"),
    [
        ([], 90, "ok", "all 90 phrases"),
        ([en("Hello.")], 90, "warn", '1 of 90 phrases have no clip, the first is "Hello."'),
        ([en("Hello.")] * 90, 90, "fail", "90 of 90 phrases"),
        ([], 0, "warn", "not counted"),
    ],
)
def test_clips(tmp_path, missing, total, state, part):
    """Missing clips are counted, and only where there is not one left is it a failure."""
    check = checks.clips(tmp_path, missing, total, service=True)
    assert check.state == state
    assert part in check.found
    if missing:
        assert check.remedy == "sudo systemctl restart pitrainer makes them, or journalctl -u pitrainer -n 20 says why not"
        assert checks.clips(tmp_path, missing, total, service=False).remedy == "pitrainer prepare makes them"


@pytest.mark.parametrize(("sessions", "found"), [(1, "history.db: 1 session"), (2, "history.db: 2 sessions")])
def test_history(sessions, found):
    """How many sessions there are is told."""
    assert checks.history(Path("history.db"), sessions, "") == Check("history", "ok", found)


@pytest.mark.usefixtures("plain_user")
def test_folders_that_cannot_be_written(tmp_path):
    """A folder of somebody else's is named, in the cache as on the disk; one that is not there yet is no problem."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    assert checks.clips(locked, [], 9, service=False).found == f"{locked}: Permission denied"
    assert machine.disk([tmp_path, locked / "state"]).found == f"{locked / 'state'}: Permission denied"
    assert machine.disk([tmp_path / "not" / "yet"]).found.startswith(f"{tmp_path / 'not' / 'yet'} ")
    assert list(tmp_path.iterdir()) == [locked], "nothing is left behind"


# the machine


@pytest.mark.parametrize(("blocks", "state"), [(10**9, "ok"), (150_000, "warn"), (10_000, "fail")])
def test_disk(tmp_path, monkeypatch, blocks, state):
    """Little room is warned of, too little is a failure."""

    class Free:
        f_bavail, f_frsize = blocks, 1000

    monkeypatch.setattr("os.statvfs", lambda _folder: Free)
    check = machine.disk([tmp_path, tmp_path])
    assert check.state == state
    assert check.found == f"{tmp_path} {blocks // 1000} MB free"


def test_storage():
    """What forgets is a warning with its remedy, each."""
    state = Path("/var/lib/pitrainer")
    assert machine.storage(state, "", journal=False) == Check("storage", "ok", f"{state} and the journal outlive a power cut")
    check = machine.storage(state, "an overlay in memory", journal=True)
    assert check.state == "warn"
    assert check.found == (
        f"{state} is in an overlay in memory: the history is forgotten with the power; "
        "the journal is in memory: after a power cut it does not tell what happened"
    )
    assert check.remedy.startswith(
        "put it on a partition that lasts, as systemd/var-lib-pitrainer.mount says; printf '[Journal]"
    )
    assert machine.storage(state, "", journal=True).remedy.startswith("printf '[Journal]")


def test_clock(tmp_path):
    """A clock that nobody has set is warned of, one set by hand is told from one set by the network; UTC has a hint."""
    at = datetime.fromisoformat("2026-11-22T17:25Z")
    clocks = round(at.timestamp() * 1000), 60_000
    wall = WallClock(tmp_path, lambda: clocks)
    assert machine.clock("Etc/UTC", wall) == Check(
        "clock",
        "warn",
        "2026-11-22 17:25 (Etc/UTC), not set since boot, so no reminders are given",
        "pitrainer clock set HH:MM; or connect a network (sudo timedatectl set-ntp true), or add a clock module",
    )
    wall.set(at + timedelta(hours=1))
    assert machine.clock("Europe/Berlin", wall) == Check(
        "clock", "ok", "2026-11-22 18:25 (Europe/Berlin), set by hand, which counts until the Pi starts again"
    )
    (tmp_path / "run/systemd/timesync").mkdir(parents=True)
    (tmp_path / "run/systemd/timesync/synchronized").touch()
    assert machine.clock("Etc/UTC", wall) == Check(
        "clock",
        "ok",
        "2026-11-22 17:25 (Etc/UTC), set by the network",
        'not yours? clock.zone = "Europe/Berlin", say, in the settings',
    )


def test_time_zone(tmp_path):
    """The zone's name is read where Debian has it."""
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "timezone").write_text("Europe/London\n")
    assert machine.time_zone(tmp_path) == "Europe/London"
    (etc / "localtime").symlink_to("/usr/share/zoneinfo/America/New_York")
    assert machine.time_zone(tmp_path) == "America/New_York"


@pytest.mark.parametrize(
    ("flags", "low", "state", "found"),
    [
        (0, False, "ok", "no under-voltage since the start"),
        (None, False, "ok", "no under-voltage now"),
        (0x50005, False, "fail", "under-voltage now"),
        (None, True, "fail", "under-voltage now"),
        (0x50000, False, "warn", "there was under-voltage since the start"),
        (0x80008, False, "warn", "slowed down by heat or power (0x80008)"),
    ],
)
def test_power(flags, low, state, found):
    """The firmware's flags are said in words."""
    check = machine.power(flags, low=low)
    assert (check.state, check.found) == (state, found)
    assert bool(check.remedy) == (state != "ok")


def test_flags_of_the_firmware(tmp_path):
    """The flags are read from sysfs, and the alarm from whichever hwmon is the Pi's."""
    assert (machine.throttled(tmp_path), machine.low_voltage(tmp_path)) == (None, False)
    file = tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled"
    file.parent.mkdir(parents=True)
    file.write_text("50005\n")
    for number, (name, alarm) in enumerate([("cpu_thermal", "1"), ("rpi_volt", "0")]):
        hwmon = tmp_path / f"sys/class/hwmon/hwmon{number}"
        hwmon.mkdir(parents=True)
        (hwmon / "name").write_text(f"{name}\n")
        (hwmon / "in0_lcrit_alarm").write_text(f"{alarm}\n")
    assert (machine.throttled(tmp_path), machine.low_voltage(tmp_path)) == (0x50005, False)
    (hwmon / "in0_lcrit_alarm").write_text("1\n")
    assert machine.low_voltage(tmp_path)


@pytest.mark.parametrize(
    ("available", "temperature", "state", "found"),
    [
        ("MemAvailable:  400000 kB", "48312", "ok", "400 MB free, processor at 48 °C"),
        ("MemAvailable:  400000 kB", "81000", "warn", "400 MB free, processor at 81 °C"),
        ("MemAvailable:  20000 kB", "", "warn", "20 MB free"),
        ("", "", "ok", "not known"),
    ],
)
def test_memory(tmp_path, available, temperature, state, found):
    """Little memory and a hot processor are warned of."""
    for file, text in {
        "proc/meminfo": f"MemTotal: 9 kB\n{available}\n",
        "sys/class/thermal/thermal_zone0/temp": temperature,
    }.items():
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(text)
    check = machine.memory(tmp_path)
    assert (check.state, check.found) == (state, found)


# all of it


def test_carefully():
    """An exception in a check is a failed check."""

    def broken() -> Check:
        raise ZeroDivisionError("by nought")

    assert carefully("disk", broken) == Check(
        "disk", "fail", "could not be checked: ZeroDivisionError: by nought", "please report this line"
    )


def test_there_and_back():
    """Checks survive the way through JSON."""
    checks = [Check("a", "ok", "x"), Check("b", "fail", "y", "z")]
    assert checks_from_json(json.loads(json.dumps(as_json(checks)))) == checks
    assert (failed(checks), failed(checks[:1])) == (True, False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["name", "state", "found", "remedy", "ok"]),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "state", "found", "remedy", "x"]), inner),
        max_leaves=12,
    )
)
@settings(max_examples=50)
def test_any_answer(data):
    """Whatever another process answers: it is checks, or one clear error."""
    with suppress(PitrainerError):
        assert as_json(checks_from_json(data)) == data


def test_table(capsys, monkeypatch):
    """A line a check with its remedy below, within 80 columns, no word lost, and markup in a name is only text."""
    monkeypatch.setenv("COLUMNS", "80")
    checks = [Check("pins", "ok", "lgpio"), Check("sound card", "fail", "no [b]sound[/b] " + "x " * 60, "plug it in")]
    assert print_checks(iter(checks)) == checks
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "ok    pins        lgpio"
    assert lines[1].startswith("fail  sound card  no [b]sound[/b] x x")
    assert lines[-3:] == ["                  → plug it in", "", "1 failed, 0 warnings"]
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).split().count("x") == 60
    print_checks(checks[:1])
    assert capsys.readouterr().out.splitlines()[-1] == "all is well"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person with settings of their own, without a sound system or a trainer."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run_doctor(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Check]]:
    code = main(["doctor", "--config", str(home / "pitrainer.toml"), "--json", *arguments])
    answer = json.loads(capsys.readouterr().out)
    checks = checks_from_json(answer["checks"])
    assert answer["ok"] is (not failed(checks))
    return code, {check.name: check for check in checks}


def test_all_well(home, capsys):
    """Where nothing is wrong the exit code is 0; with --quiet nothing is played."""
    fill(home)
    code, checks = run_doctor(home, capsys, "--quiet")
    assert [check for check in checks.values() if check.state == "fail"] == []
    assert code == 0
    assert [name for name in checks if name != "power"] == WITHOUT_A_NOISE
    assert checks["settings"].found == f"{home / 'pitrainer.toml'}: 5 warnings"
    assert checks["clips"].state == "ok"


def test_no_sound_card(home, capsys):
    """A missing sound card is a failure with a remedy, and exit code 1; the rest is looked at all the same."""
    fill(home)
    code, checks = run_doctor(home, capsys)
    assert code == 1
    assert checks["sound card"].state == checks["speech"].state == "fail"
    assert checks["sound card"].remedy
    assert checks["memory"].state != "fail"


@pytest.mark.parametrize(
    ("kept", "state", "found"),
    [
        (b'{"program": 0, "tip": 0, "volume": [0, 100]}', "warn", "at volume 0;"),
        (b'{"program": 0, "tip": 0, "volume": [0, 70]}', "ok", "at volume 100;"),  # sound.volume was edited since
        (b"damaged", "ok", "at volume 100;"),
    ],
)
def test_the_volume_that_is_kept(home, capsys, monkeypatch, kept, state, found):
    """The sound is tried at the volume of a trainer, which keeps what was set; its file is left as it is."""
    fill(home)
    monkeypatch.setattr(sound_check, "try_sound", lambda *_: WELL)
    file = Settings().state_folder(os.environ) / "state.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(kept)
    code, checks = run_doctor(home, capsys)
    assert (code, checks["sound card"].state) == (0, state)
    assert found in checks["speech"].found
    assert file.read_bytes() == kept


def test_wrong_settings(home, capsys):
    """Wrong settings are one line of the table, not the end of it."""
    with (home / "pitrainer.toml").open("a") as file:
        file.write("[bottun]\n")
    code, checks = run_doctor(home, capsys, "--quiet")
    assert code == 1
    assert checks["settings"].state == "fail"
    assert 'did you mean "button"' in checks["settings"].found
    assert checks["clips"].state == "warn"
    assert checks["disk"].found.count("MB free") == 2


def test_telemetry_that_is_left(home, capsys):
    """What onnxruntime noted under an earlier version is named with the command that removes it, and nothing else beside it."""
    fill(home)
    cache = Path(os.environ["XDG_CACHE_HOME"])
    (cache / "Microsoft" / "Edge").mkdir(parents=True)
    assert run_doctor(home, capsys, "--quiet")[1]["telemetry"].state == "ok"
    left = [base / "Microsoft/DeveloperTools/.onnxruntime" for base in (cache, Path(os.environ["HOME"], ".cache"))]
    for folder in left:
        folder.mkdir(parents=True)
    code, checks = run_doctor(home, capsys, "--quiet")
    assert (code, checks["telemetry"].state) == (0, "warn")
    assert checks["telemetry"].remedy.endswith(f"; rm -r {left[0]} {left[1]}")


def test_pins_that_cannot_be_had(home, capsys, monkeypatch):
    """Pins that cannot be had are one line of the table, too."""
    fill(home)
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", None)
    text = (home / "pitrainer.toml").read_text().replace('"mock"', '"lgpio"')
    (home / "pitrainer.toml").write_text(text)
    code, checks = run_doctor(home, capsys, "--quiet")
    assert code == 1
    assert [name for name, check in checks.items() if check.state == "fail"] == ["pins"]
    assert checks["pins"].found.startswith("no pins: ")


def test_a_damaged_history(home, capsys):
    """A history that cannot be read is named."""
    fill(home)
    folder = Settings().state_folder(os.environ)
    folder.mkdir(parents=True)
    (folder / "history.db").write_bytes(b"no history " * 1000)
    code, checks = run_doctor(home, capsys, "--quiet")
    assert code == 1
    assert [name for name, check in checks.items() if check.state == "fail"] == ["history"]
    assert str(folder / "history.db") in checks["history"].found


def test_the_zone_of_the_settings(home, capsys):
    """The time is told in the zone that the settings name, as the reminders go by it."""
    fill(home)
    with (home / "pitrainer.toml").open("r+") as file:
        text = file.read()
        file.seek(0)
        file.write('clock.zone = "Asia/Tokyo"\n' + text)
    try:
        _, checks = run_doctor(home, capsys, "--quiet")
    finally:
        set_zone("")
    assert checks["clock"].found.startswith(datetime.now(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%d %H:"))
    assert "(Asia/Tokyo)" in checks["clock"].found


def test_the_voice_of_every_language(tmp_path):
    """Each voice that the settings name is looked at, once."""
    voices = VoiceSettings(models={"de": tmp_path / "gone.onnx", "fr": None})
    environ = {"HOME": str(tmp_path)}
    found = Settings(voice=voices)
    of_all = checks.examine(found, [], "no clips", [], environ, volume=0, quiet=True, service=False)
    embedded, other = [check for check in of_all if check.name == "voice"]
    assert embedded.found.startswith("en_US-joe-medium")
    assert (other.state, other.found) == ("fail", "gone: gone.onnx is not there")


def test_no_clips_at_all(home, capsys):
    """Before anything is prepared, the doctor says how to do it."""
    code, checks = run_doctor(home, capsys, "--quiet")
    assert (code, checks["clips"].state, checks["clips"].remedy) == (1, "fail", "pitrainer prepare makes them")


@pytest.mark.parametrize(("user", "becomes"), [(0, True), (1000, False)])
def test_a_stopped_service(home, capsys, monkeypatch, user, becomes):
    """Root, where the service is installed and stopped, becomes its user before anything is looked at, in its own folders."""
    asked = []
    for name in ("STATE_DIRECTORY", "CACHE_DIRECTORY"):
        monkeypatch.setenv(name, "")  # the program sets them, and the test takes them back
    monkeypatch.chdir(home)
    monkeypatch.setattr(checks, "systemctl_show", lambda: SHOW.format("loaded", "inactive", "dead", ""))
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(diagnosis, "become_owner", asked.append)
    monkeypatch.setattr(locate, "SERVICE_STATE", home / "its_state")
    monkeypatch.setattr(locate, "SERVICE_CACHE", home / "its_cache")
    code, found = run_doctor(home, capsys, "--quiet")
    assert code == 1
    assert (found["service"].state, found["service"].found) == ("fail", "not running: inactive (dead)")
    assert [*found] == WITHOUT_A_NOISE
    assert (asked[0] == home / "its_state") == becomes
    assert (os.environ["CACHE_DIRECTORY"] == str(home / "its_cache")) == becomes
    assert found["history"].found.startswith(f"{home}/its_state/history.db: ") == becomes
    assert found["clips"].remedy.startswith("sudo systemctl restart" if becomes else "pitrainer prepare")


@pytest.mark.sound
def test_in_a_room(home, room):
    """With a speaker the sound is well, and what the table says was played is heard in the room."""
    with room.microphone() as microphone:
        done = subprocess.run(
            [sys.executable, "-m", "pitrainer", "doctor", "--json", "--config", home / "pitrainer.toml"],
            env=room.env | {"PYTHONPATH": str(TESTS.parent)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.stderr == ""
    assert checks["sound card"]["state"] == "ok"
    assert checks["speech"]["found"].startswith("a tone, as no phrase has a clip yet at volume ")
    assert np.abs(microphone.samples).max() > 0.05


# in the running trainer


@pytest.fixture
def trainer(home: Path) -> Iterator[None]:
    """A running trainer, as a service runs it."""
    fill(home)
    with running({}, home / "journal"):
        yield


def ask_trainer(request: dict[str, Any]) -> dict[str, Any]:
    return ask(socket_file(locate.service_folder(os.environ)), request, 30)


@pytest.mark.usefixtures("trainer")
def test_asks_the_trainer(home, capsys):
    """Where a trainer runs, it is asked: the first line has its state, and the rest is checked in its place, once each."""
    code, checks = run_doctor(home, capsys, "--quiet")
    assert checks["service"].state == "ok"
    assert checks["service"].found.startswith("running: ready: small, adult")
    assert [name for name in checks if name != "power"] == WITHOUT_A_NOISE
    assert code == 0
    assert main(["doctor", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("ok    service     running: ready: small, adult")


@pytest.mark.usefixtures("trainer")
def test_the_trainer_s_own_settings(home, capsys):
    """It is the trainer's settings that are looked at, as they are on the disk now, whatever the client's are."""
    with (home / "pitrainer.toml").open("a") as file:
        file.write("[bottun]\n")
    assert main(["doctor", "--quiet", "--json"]) == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert [name for name, check in checks.items() if check["state"] == "fail"] == ["settings"]
    assert "bottun" in checks["settings"]["found"]


@pytest.mark.usefixtures("trainer", "home")
def test_a_press_for_the_doctor():
    """The press that the doctor asks for is told, with its edges, and starts no session; the next one does."""
    presser = Timer(2, ask_trainer, [{"command": "press", "hold_ms": 150}])
    presser.start()
    (check,) = ask_trainer({"command": "watch_button"})["checks"]
    presser.join()
    assert check == {"name": "press", "state": "ok", "found": check["found"], "remedy": ""}
    assert re.fullmatch(r"pressed for \d\.\d s, 2 edges", check["found"])
    assert ask_trainer({"command": "status"})["status"]["state"] == "ready"
    ask_trainer({"command": "press", "hold_ms": 100})
    assert until(lambda: ask_trainer({"command": "status"})["status"]["session"])
    for command in ("doctor", "watch_button"):
        with pytest.raises(PitrainerError, match="a session is running; ask again when it is over"):
            ask_trainer({"command": command})
    ask_trainer({"command": "stop"})


@pytest.mark.usefixtures("trainer", "home")
def test_two_doctors():
    """A second doctor at the same time is sent away, and the first goes on."""
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask_trainer, {"command": "watch_button"})
        time.sleep(2)
        with pytest.raises(PitrainerError, match="another doctor is at work"):
            ask_trainer({"command": "doctor", "quiet": True})
        ask_trainer({"command": "press", "hold_ms": 100})
        assert first.result()["checks"][0]["state"] == "ok"


def until(happened: Callable[[], object]) -> bool:
    """Wait for something that happens within ten seconds."""
    end = time.monotonic() + 10
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("print('nonsense')", "Expecting value"),
        ("print('[]')", "list indices must be integers"),
        ("print('{}')", "'checks'"),
        ("""print('{"checks": [{"name": "x"}]}')""", "not a list of checks"),
        ("import time; time.sleep(60)", "timed out"),
    ],
)
def test_a_child_that_fails(monkeypatch, code, part):
    """Whatever becomes of the process that checks the rest: it is a line of the table."""
    monkeypatch.setattr(report, "CHILD_PATIENCE", 0.5 if "sleep" in code else 60)
    (check,) = by_child([sys.executable, "-c", code], quiet=False)
    assert (check.name, check.state) == ("the rest", "fail")
    assert part in check.found


def test_no_child():
    """Nor does it matter where it cannot even be started."""
    (check,) = by_child(["/nowhere/python"], quiet=True)
    assert check.found == "could not be checked: [Errno 2] No such file or directory: '/nowhere/python'"
