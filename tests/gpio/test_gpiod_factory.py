"""gpiozero's pins on gpiod, on a chip written by hand: the real one is in the rig (gpio-sim)."""

import os
import threading
import time
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import gpiod
import pytest
from gpiod.line import Bias, Direction, Edge, Value
from gpiozero import LED, Button
from gpiozero.exc import PinFixedPull, PinInvalidPull, PinPWMUnsupported, PinSetInput

from pitrainer.core.button import SPARK, ButtonReader, Gesture
from pitrainer.core.messages import Edge as ButtonEdge
from pitrainer.core.units import Ms
from pitrainer.errors import PinsError
from pitrainer.gpio import gpiod_factory
from pitrainer.gpio.chips import Chip
from pitrainer.gpio.gpiod_factory import BURST, EDGE_COSTS, GpiodFactory
from pitrainer.gpio.pins import Pins

HEADER = Chip(11, "pinctrl-rp1", 54)
BUTTON, BUZZER, LAMP = 17, 27, 22
FIFO = 16
"""Edges that the kernel keeps for a line."""


class Kernel:
    """A chip as gpiod gives it: who has which line, how, and at which level."""

    def __init__(self) -> None:
        self.path = ""
        self.lines: dict[int, Line] = {}
        self.levels: dict[int, bool] = {}
        """What each line is at, from outside or as it is driven."""
        self.driven: list[tuple[int, bool]] = []
        self.busy: set[int] = set()
        self.closed = False

    def chip(self, path: str) -> "Kernel":
        self.path = path
        return self

    def request_lines(self, config: dict[int, gpiod.LineSettings], consumer: str) -> "Line":
        assert consumer
        ((line, settings),) = config.items()
        if line in self.busy or line in self.lines:
            raise OSError(16, "Device or resource busy")
        self.lines[line] = Line(self, line, settings)
        return self.lines[line]

    def close(self) -> None:
        self.closed = True

    def level(self, line: int, value: bool, at: int = 0) -> None:
        """Change a line from outside."""
        self.levels[line] = value
        self.lines[line].edge(value, at or time.monotonic_ns())


class Line:
    """A line that is taken; its file is readable while there are edges."""

    def __init__(self, kernel: Kernel, number: int, settings: gpiod.LineSettings) -> None:
        self._kernel, self.number, self.events = kernel, number, list[gpiod.EdgeEvent]()
        self.fd, self._bell = os.pipe()
        self._dead = False
        self.reconfigure_lines({number: settings})

    def reconfigure_lines(self, config: dict[int, gpiod.LineSettings]) -> None:
        assert not self._dead
        settings = config[self.number]
        self.direction, self.bias, self.detect = settings.direction, settings.bias, settings.edge_detection
        if self.direction is Direction.OUTPUT:
            self.set_value(self.number, settings.output_value)

    def set_value(self, line: int, value: Value) -> None:
        assert line == self.number
        assert self.direction is Direction.OUTPUT
        self._kernel.levels[line] = bool(value)
        self._kernel.driven.append((line, bool(value)))

    def get_value(self, line: int) -> Value:
        assert not self._dead
        return Value(self._kernel.levels.get(line, self.bias is Bias.PULL_UP))

    def edge(self, value: bool, at: int) -> None:
        if self.detect in (Edge.BOTH, Edge.RISING if value else Edge.FALLING):
            self.events.append(gpiod.EdgeEvent(1 if value else 2, at, self.number, 0, 0))
            del self.events[:-FIFO]
            os.write(self._bell, b".")

    def wait_edge_events(self, timeout: float) -> bool:
        assert timeout == 0
        return bool(self.events)

    def read_edge_events(self) -> list[gpiod.EdgeEvent]:
        os.read(self.fd, 100_000)
        found, self.events = self.events, []
        return found

    def release(self) -> None:
        self._dead = True
        del self._kernel.lines[self.number]
        os.close(self.fd)
        os.close(self._bell)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel()
    monkeypatch.setattr(gpiod, "Chip", kernel.chip)
    monkeypatch.setattr(GpiodFactory, "_get_revision", lambda _: 0xC03111)
    return kernel


@pytest.fixture
def factory(kernel: Kernel) -> Iterator[GpiodFactory]:
    assert not kernel.lines
    factory = GpiodFactory(HEADER)
    yield factory
    factory.close()


class Told(list[Any]):
    """What was told, and waiting for it."""

    def __call__(self, *what: Any) -> None:
        self.append(what[0] if len(what) == 1 else what)

    def wait(self, count: int) -> "Told":
        end = time.monotonic() + 10
        while len(self) < count and time.monotonic() < end:
            time.sleep(0.001)
        return self


def test_gpiozero_finds_it():
    """The factory is there for every program that uses gpiozero, under its name."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    for name, value in project["entry-points"]["gpiozero_pin_factories"].items():
        assert (name, EntryPoint(name, value, "gpiozero_pin_factories").load()) == ("gpiod", GpiodFactory)


def test_the_headers_chip(kernel, factory):
    """The chip that was found is opened, and its number is told to the buzzer's last resort."""
    assert kernel.path == "/dev/gpiochip11"
    assert factory.chip == 11
    pins = Pins(factory, {"button": BUTTON}, print, buzzer=BUZZER)
    assert pins.chip_line() == (11, BUZZER)
    assert (pins.driver, pins.mock, pins.alive()) == ("gpiod", False, True)
    pins.close()
    assert kernel.closed
    assert kernel.lines == {}
    assert not pins.alive()


def test_edges_have_the_kernels_time(kernel, factory):
    """Each edge is told with the time at which it was, however late it is read."""
    told = Told()
    pins = Pins(factory, {"button": BUTTON, "next": 5}, told)
    assert (kernel.lines[BUTTON].bias, kernel.lines[BUTTON].detect) == (Bias.PULL_UP, Edge.BOTH)
    with factory.lock:  # nobody can read meanwhile
        kernel.level(BUTTON, False, 1_000_999_999)
        kernel.level(BUTTON, True, 1_300_000_000)
        kernel.level(BUTTON, False, 1_301_000_000)
    told.wait(3)
    kernel.level(5, False, 2_000_000_000)
    assert told.wait(4) == [
        ButtonEdge("button", True, 1000),
        ButtonEdge("button", False, 1300),
        ButtonEdge("button", True, 1301),
        ButtonEdge("next", True, 2000),
    ]
    assert pins.down("button")
    pins.close()


def test_a_flood(kernel, factory):
    """A contact that rattles without end costs a bounded share of time, and where it settles is known in the end."""
    told = Told()
    pins = Pins(factory, {"button": BUTTON}, told)
    last, begun = 4_000_000_000, time.monotonic()
    for number in range(2000):
        kernel.level(BUTTON, bool(number % 2))
    kernel.level(BUTTON, False, last * 1_000_000)
    while not (told and told[-1].at == last):
        assert time.monotonic() < begun + 10
        time.sleep(0.001)
    assert len(told) * EDGE_COSTS <= time.monotonic() - begun + (BURST + FIFO) * EDGE_COSTS
    assert told[-1].down
    pins.close()


def test_no_rest_in_a_burst(kernel, factory, monkeypatch):
    """A few edges are told as they come: a spark's end, too, before its begin would count as a press."""
    monkeypatch.setattr(gpiod_factory, "EDGE_COSTS", 2)
    told, begun = Told(), time.monotonic()
    pins = Pins(factory, {"button": BUTTON}, told)
    for number in range(BURST):
        kernel.level(BUTTON, bool(number % 2))
        told.wait(number + 1)
    assert time.monotonic() < begun + 2
    pins.close()


def test_a_spark(kernel, factory):
    """A spark of 2 ms is no press, whenever in a millisecond it begins; the shortest press of a finger is one."""
    told = Told()
    pins = Pins(factory, {"button": BUTTON}, told)
    for at, lasts in [(1_000_900_000, 1_900_000), (2_000_000_000, 1_900_000), (3_000_900_000, 10_000_000)]:
        kernel.level(BUTTON, False, at)
        kernel.level(BUTTON, True, at + lasts)
    told.wait(6)
    pins.close()
    reader = ButtonReader(Ms(30), Ms(1200), spark=SPARK)
    gestures = [gesture for edge in told for gesture in reader.edge(edge.down, edge.at)] + reader.tick(Ms(4000))
    assert gestures == [Gesture.PRESS, Gesture.RELEASE]


def test_the_buzzer(kernel, factory):
    """The buzzer's line is an output that is low from the first moment, and is low when it is given back."""
    pins = Pins(factory, {"button": BUTTON}, print, buzzer=BUZZER, led=LAMP)
    line = kernel.lines[BUZZER]
    pins.buzz(True)
    pins.buzz(False)
    pins.buzz(True)
    pins.close()
    assert [value for number, value in kernel.driven if number == BUZZER] == [False, True, False, True, False]
    assert line.direction is Direction.INPUT, "as gpiozero's other pins are when they are closed"


def test_a_busy_line(kernel, factory):
    """A line that another program has is named, and everything that was taken is given back."""
    kernel.busy.add(LAMP)
    with pytest.raises(PinsError) as caught:
        Pins(factory, {"button": BUTTON}, print, buzzer=BUZZER, led=LAMP)
    assert str(caught.value) == "GPIO 22: [Errno 16] Device or resource busy; is another program using it?"
    assert kernel.lines == {}


def test_a_listener_that_fails(kernel, factory, caplog):
    """A mistake of whoever listens is in the log, and the next edge is told."""
    told = Told()
    pins = Pins(factory, {"button": BUTTON}, lambda edge: told(edge) or 1 / 0)
    kernel.level(BUTTON, False)
    told.wait(1)
    kernel.level(BUTTON, True)
    assert [edge.down for edge in told.wait(2)] == [True, False]
    assert pins.alive()
    pins.close()
    assert [record.message for record in caplog.records] == ["an edge of GPIO17 was lost"] * 2


def test_edges_after_the_end(kernel, factory):
    """Who closes pins, and takes them again, gets the edges of the new ones only."""
    first, second = Told(), Told()
    pins = Pins(factory, {"button": BUTTON}, first)
    pins.close()
    again = GpiodFactory(HEADER)
    pins = Pins(again, {"button": BUTTON}, second)
    kernel.level(BUTTON, False)
    assert [edge.down for edge in second.wait(1)] == [True]
    assert first == []
    pins.close()


def test_gpiozeros_own_devices(kernel, factory):
    """What gpiozero's devices expect of a pin holds: they can be closed and made again, and say what cannot be done."""
    told = Told()
    button = Button(BUTTON, pin_factory=factory)
    button.when_pressed = lambda: told("pressed")
    kernel.level(BUTTON, False)
    assert told.wait(1) == ["pressed"]
    assert button.is_pressed
    button.close()
    assert BUTTON not in kernel.lines
    lamp = LED(BUTTON, pin_factory=factory)
    lamp.on()
    assert (lamp.pin.function, lamp.pin.state, kernel.levels[BUTTON]) == ("output", 1, True)
    with pytest.raises(PinFixedPull):
        lamp.pin.pull = "up"
    with pytest.raises(PinPWMUnsupported):
        lamp.pin.frequency = 100
    lamp.pin.function = "input"
    with pytest.raises(PinSetInput):
        lamp.pin.state = 1
    with pytest.raises(PinInvalidPull):
        lamp.pin.pull = "sideways"
    lamp.close()
    with pytest.raises(PinFixedPull, match="physical pull-up"):
        Button(2, pull_up=False, pin_factory=factory)


def test_bouncing_by_the_kernel(kernel, factory):
    """Who wants the kernel's debouncing gets it, rising edges only, too; the trainer asks for neither."""
    told = Told()
    pin = factory.pin("GPIO17")
    pin.function = "input"
    assert pin.bounce is None
    pin.bounce = 0.05
    assert pin.bounce == 0.05
    pin.edges = "rising"
    pin.when_changed = told
    assert kernel.lines[BUTTON].detect is Edge.RISING
    kernel.level(BUTTON, False)
    kernel.level(BUTTON, True, 3_500_000_000)
    assert told.wait(1) == [(3.5, 1)]
    pin.close()


def test_idle_costs_nothing(factory):
    """While nobody presses, its thread sleeps in the kernel: it is not woken at all."""
    pins = Pins(factory, {"button": BUTTON}, print, buzzer=BUZZER)
    status = f"/proc/self/task/{factory.edges.native_id}/status"
    time.sleep(0.05)

    def switches() -> list[str]:
        with open(status) as lines:
            return [line for line in lines if "ctxt_switches" in line]

    def asleep() -> bool:
        before = switches()
        time.sleep(0.3)
        return switches() == before

    assert any(asleep() for _ in range(3)), "on a busy machine it may not have come to rest the first time"
    pins.close()


def test_closed_from_its_own_thread(kernel, factory):
    """Whoever closes the pins on the press itself does not wait for ever."""
    closed = threading.Event()
    button = Button(BUTTON, pin_factory=factory)

    def close() -> None:
        factory.close()
        closed.set()

    button.when_pressed = close
    kernel.level(BUTTON, False)
    assert closed.wait(10)
