"""Keys of input devices as the button, from pipes in the devices' place: the real ones are in the rig (uinput)."""

import errno
import fcntl
import logging
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pitrainer.core.button import SPARK, ButtonReader, Gesture
from pitrainer.core.keys import KEYS
from pitrainer.core.messages import Edge
from pitrainer.core.units import Ms
from pitrainer.gpio import keys as keys_module
from pitrainer.gpio.keys import Keys, names_there

SPACE, PAGE_DOWN, LEFT = KEYS["space"], KEYS["pagedown"], KEYS["left"]


class Inputs:
    """A folder of input devices, and a kernel that tells their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "input"
        self.names: dict[str, str] = {}
        self.without_keys: set[str] = set()
        self.busy: set[str] = set()
        self.grabbed: list[str] = []
        self.clocks: list[int] = []
        self._ends: dict[str, int] = {}

    def plug(self, file: str, name: str) -> None:
        """Plug a device in."""
        self.folder.mkdir(exist_ok=True)
        self.names[file] = name
        os.mkfifo(self.folder / file)
        self._ends[file] = os.open(self.folder / file, os.O_RDWR)

    def unplug(self, file: str) -> None:
        (self.folder / file).unlink()
        os.close(self._ends.pop(file))

    def send(self, file: str, *events: tuple[int, int, int, int]) -> None:
        """Send events: milliseconds, type, code, value."""
        data = [struct.pack("llHHi", at // 1000, at % 1000 * 1000, kind, code, value) for at, kind, code, value in events]
        os.write(self._ends[file], b"".join(data))

    def key(self, file: str, code: int, value: int, at: int) -> None:
        self.send(file, (at, 4, 4, 0x70029), (at, 1, code, value), (at, 0, 0, 0))

    def ioctl(self, file: int, request: int, argument: bytearray | bytes | int) -> int:
        path = Path(os.readlink(f"/proc/self/fd/{file}").removesuffix(" (deleted)")).name
        if request == 0x81004506:  # EVIOCGNAME(256)
            assert isinstance(argument, bytearray)
            argument[: len(self.names[path])] = self.names[path].encode()
        elif request == 0x80084520:  # EVIOCGBIT(0, 8)
            assert isinstance(argument, bytearray)
            argument[0] = 1 if path in self.without_keys else 3
        elif request == 0x40044590:  # EVIOCGRAB
            if path in self.busy:
                raise OSError(errno.EBUSY, "Device or resource busy")
            self.grabbed.append(path)
        elif request == 0x400445A0:  # EVIOCSCLOCKID
            assert isinstance(argument, bytes)
            self.clocks.append(struct.unpack("i", argument)[0])
        else:
            raise AssertionError(hex(request))
        return 0


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    inputs = Inputs(tmp_path)
    monkeypatch.setattr(fcntl, "ioctl", inputs.ioctl)
    monkeypatch.setattr(keys_module, "LOOK", 0.02)
    monkeypatch.setattr(keys_module, "PATIENCE", 0.1)
    return inputs


@pytest.fixture
def told() -> list[Edge]:
    return []


@pytest.fixture
def keys(inputs: Inputs, told: list[Edge]) -> Iterator[Keys]:
    keys = Keys("shutter", told.append, {PAGE_DOWN: "next", LEFT: "back"}, inputs.folder)
    yield keys
    keys.close()


def wait(until: object) -> None:
    end = time.monotonic() + 10
    while not until() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.002)
    assert until()  # type: ignore[operator]


def test_presses(inputs, keys, told):
    """A key is the button, unless it is said to be another; each edge has the kernel's time; one that repeats is still down."""
    inputs.plug("event3", "AB Shutter3 Keyboard")
    wait(lambda: keys.names == ["AB Shutter3 Keyboard"])
    assert (inputs.grabbed, inputs.clocks) == (["event3"], [time.CLOCK_MONOTONIC])
    inputs.key("event3", SPACE, 1, 1000)
    inputs.key("event3", SPACE, 2, 1250)
    inputs.key("event3", SPACE, 0, 1400)
    inputs.key("event3", PAGE_DOWN, 1, 2000)
    inputs.key("event3", PAGE_DOWN, 0, 2100)
    inputs.key("event3", LEFT, 1, 3000)
    wait(lambda: len(told) == 5)
    assert told == [
        Edge("button", True, Ms(1000)),
        Edge("button", False, Ms(1400)),
        Edge("next", True, Ms(2000)),
        Edge("next", False, Ms(2100)),
        Edge("back", True, Ms(3000)),
    ]


def test_two_keys(inputs, keys, told):
    """Two keys that are the same button are one press, from the first that is down to the last that is up."""
    inputs.plug("event0", "shutter")
    wait(lambda: keys.names)
    for code, value, at in [(30, 1, 100), (31, 1, 150), (30, 0, 200), (31, 0, 250)]:
        inputs.key("event0", code, value, at)
    wait(lambda: len(told) == 2)
    assert [(edge.down, edge.at) for edge in told] == [(True, 100), (False, 250)]


def test_keys_of_two_devices(inputs, keys, told):
    """It is the same with keys of two devices, as which one shutter may appear; one that goes lets go of its own only."""
    for file in ("event0", "event1"):
        inputs.plug(file, "shutter")
    wait(lambda: len(keys.names) == 2)

    def key(file: str, value: int, at: int) -> None:
        inputs.key(file, SPACE, value, at)
        wait(lambda: bool(keys._devices[file].down.get("button")) == bool(value))

    for file, value, at in [("event0", 1, 100), ("event1", 1, 150), ("event0", 0, 200), ("event1", 0, 250)]:
        key(file, value, at)
    key("event0", 1, 300)
    key("event1", 1, 350)
    inputs.unplug("event0")
    wait(lambda: len(keys.names) == 1)
    key("event1", 0, 400)
    wait(lambda: len(told) >= 4)
    assert [(edge.down, edge.at) for edge in told] == [(True, 100), (False, 250), (True, 300), (False, 400)]


def test_in_one_breath(inputs, keys, told):
    """A pedal that says down and up at once is pressed, and is not taken for a spark."""
    inputs.plug("event0", "shutter")
    wait(lambda: keys.names)
    inputs.key("event0", SPACE, 1, 1000)
    inputs.key("event0", SPACE, 0, 1000)
    wait(lambda: len(told) == 2)
    reader = ButtonReader(Ms(30), Ms(1200), spark=SPARK)
    gestures = [gesture for edge in told for gesture in reader.edge(edge.down, edge.at)] + reader.tick(Ms(1100))
    assert gestures == [Gesture.PRESS, Gesture.RELEASE]


def test_comes_and_goes(inputs, keys, told, caplog):
    """A device that goes in the middle of a press has let go; once it is back, the next press counts. The journal tells it."""
    caplog.set_level(logging.INFO)
    assert keys.why == 'no input device has "shutter" in its name'
    inputs.plug("event5", "AB Shutter3")
    wait(lambda: keys.names)
    inputs.key("event5", SPACE, 1, 1000)
    wait(lambda: told)
    inputs.unplug("event5")
    wait(lambda: len(told) == 2)
    assert not told[1].down
    wait(lambda: keys.why == '"AB Shutter3" is not there')
    inputs.plug("event5", "AB Shutter3")
    wait(lambda: keys.names)
    assert keys.why == ""
    inputs.key("event5", SPACE, 1, 9000)
    wait(lambda: len(told) == 3)
    assert told[2] == Edge("button", True, Ms(9000))
    assert [record.message for record in caplog.records] == [
        'the keys of "AB Shutter3" are the button',
        '"AB Shutter3" has the key "space"; here it is: button',
        '"AB Shutter3" is gone; waiting for it to come back',
        'the keys of "AB Shutter3" are the button',
    ]


def test_one_that_stays_down(inputs, keys, told, caplog, monkeypatch):
    """A button that is down for a minute is named in the journal, once each time."""
    monkeypatch.setattr(keys_module, "STUCK_AFTER", 100)
    inputs.plug("event0", "shutter")
    wait(lambda: keys.names)
    stuck = '"shutter": the button next has been down for a minute; it is ignored until it is released'
    for times in (1, 2):
        inputs.key("event0", PAGE_DOWN, 1, times * 1000)
        wait(lambda times=times: len(caplog.records) == times)
        time.sleep(0.2)
        inputs.key("event0", PAGE_DOWN, 0, times * 1000 + 500)
        wait(lambda times=times: len(told) == 2 * times)
        assert [record.message for record in caplog.records] == [stuck] * times


def test_lost_events(inputs, keys, told):
    """Where the kernel has dropped events, no key stays down: the one that was let go may be among them."""
    inputs.plug("event1", "shutter")
    wait(lambda: keys.names)
    inputs.send("event1", (100, 1, SPACE, 1), (200, 0, 3, 0), (300, 1, SPACE, 0))
    wait(lambda: len(told) == 2)
    assert [(edge.down, edge.at) for edge in told] == [(True, 100), (False, 200)]


def test_others(inputs, told):
    """Other devices are left alone, and so are those without keys; all with the name are taken, whenever they come."""
    keys = Keys("Shutter", told.append, {}, inputs.folder)
    inputs.without_keys.add("event2")
    for number, name in enumerate(["Logitech K120", "AB Shutter3 Consumer", "AB Shutter3 Mouse", "AB Shutter3 Keyboard"]):
        inputs.plug(f"event{number}", name)
    wait(lambda: len(keys.names) == 2)
    assert sorted(keys.names) == ["AB Shutter3 Consumer", "AB Shutter3 Keyboard"]
    assert sorted(inputs.grabbed) == ["event1", "event3"]
    inputs.unplug("event0")
    inputs.plug("event0", "third shutter")
    wait(lambda: len(keys.names) == 3)
    keys.close()
    keys.close()
    assert keys.names == []


def test_one_that_is_busy(inputs, keys, caplog):
    """A device that another program has to itself is named once, and taken when it is free."""
    inputs.busy.add("event4")
    inputs.plug("event4", "shutter")
    wait(lambda: "busy" in keys.why)
    time.sleep(0.1)
    inputs.busy.clear()
    wait(lambda: keys.names)
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        '"shutter": Device or resource busy; is another program using it?'
    ]


@pytest.mark.usefixtures("plain_user")
def test_one_that_may_not_be_read(inputs, told, caplog):
    """udev's moment passes without a word; after that, the group to join is said."""
    inputs.plug("event6", "shutter")
    file = inputs.folder / "event6"
    file.chmod(0)
    keys = Keys("shutter", told.append, {}, inputs.folder)
    assert keys.why == 'no input device has "shutter" in its name'
    # This thread alone has given up root's right to ignore permissions: it looks in the other one's place.
    keys.close()
    keys._closing, keys._bell = os.pipe()
    time.sleep(0.15)
    keys._look()
    assert keys.why == f"{file} may not be read; the user must be in the group input"
    assert [record.message for record in caplog.records] == [keys.why]
    file.chmod(0o600)
    keys._look()
    assert keys.names == ["shutter"]
    keys._gone("event6")
    os.close(keys._closing)
    os.close(keys._bell)


def test_names_there(tmp_path):
    """Every device is named, also those that may not be read; what a terminal would obey is escaped."""
    for number, name in enumerate(["gpio-keys", "AB \x1b[2JShutter3", "gpio-keys"]):
        folder = tmp_path / f"event{number}" / "device"
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
    assert names_there(tmp_path) == ["gpio-keys", "AB \\x1b[2JShutter3"]
    assert names_there(tmp_path / "none") == []
