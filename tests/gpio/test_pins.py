"""The pins, on gpiozero's mock ones: every edge is told with its time, and nothing is left on."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPWMPin

from pitrainer.clock import monotonic
from pitrainer.core.messages import ButtonName, Edge, Light
from pitrainer.errors import PinsError
from pitrainer.gpio.pins import PASSIVE_TONE, Pins

BUTTON, NEXT, BUZZER, LAMP = 17, 5, 27, 22


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=MockPWMPin)
    yield factory
    factory.close()


def test_edges(factory):
    """Each edge of each button is told once, at once, with the time at which it was."""
    edges: list[Edge] = []
    pins = Pins(factory, {"button": BUTTON, "next": NEXT}, edges.append)
    assert pins.mock
    began = monotonic()
    for pin, down in [(BUTTON, True), (NEXT, True), (BUTTON, False), (NEXT, False), (BUTTON, True), (BUTTON, False)]:
        (factory.pin(pin).drive_low if down else factory.pin(pin).drive_high)()
        time.sleep(0.01)
    told = [(edge.button, edge.down) for edge in edges]
    assert told == [("button", True), ("next", True), ("button", False), ("next", False), ("button", True), ("button", False)]
    times = [edge.at for edge in edges]
    assert times == sorted(times)
    assert times[0] >= began
    assert all(later - earlier >= 9 for earlier, later in itertools.pairwise(times)), "each its own time"
    pins.close()


class PinThatRattles(MockPWMPin):
    """Has edges as soon as somebody asks for them."""

    def _set_when_changed(self, value: object) -> None:
        super()._set_when_changed(value)
        for _ in range(2 if value else 0):
            self.drive_low()
            self.drive_high()


def test_edges_while_it_begins():
    """A button that rattles while its pin is taken raises nothing on lgpio's thread, which would be the end of it."""
    edges: list[Edge] = []
    factory = MockFactory(pin_class=PinThatRattles)
    pins = Pins(factory, {"button": BUTTON}, edges.append)
    factory.pin(BUTTON).drive_low()
    assert edges[-1].down
    pins.close()
    factory.close()


def test_bounces_are_told_too(factory):
    """Bouncing is read in the core, where a test can drive it: gpiozero swallows none of it."""
    edges: list[Edge] = []
    pins = Pins(factory, {"button": BUTTON}, edges.append)
    for _ in range(5):
        factory.pin(BUTTON).drive_low()
        factory.pin(BUTTON).drive_high()
    assert [edge.down for edge in edges] == [True, False] * 5
    assert factory.pin(BUTTON).bounce is None
    pins.close()


@pytest.mark.parametrize("down", [False, True])
def test_the_first_state(factory, down):
    """A button that is down at the start is known to be, and is not taken for a press."""
    edges: list[Edge] = []
    if down:
        pin = factory.pin(BUTTON)
        pin.drive_low()
        pin._set_pull = lambda value: setattr(pin, "_pull", value)  # a finger is stronger than the pull-up
    pins = Pins(factory, {"button": BUTTON}, edges.append)
    assert pins.down("button") is down
    assert edges == []
    assert factory.pin(BUTTON).pull == "up", "an open contact must not float"
    pins.close()


def test_an_active_buzzer(factory):
    """The buzzer's pin is high while it buzzes, and low at the start and at the end."""
    pins = Pins(factory, {"button": BUTTON}, print, buzzer=BUZZER)
    pin = factory.pin(BUZZER)
    assert (pin.function, pin.state) == ("output", False)
    for on in (True, True, False, True):
        pins.buzz(on)
        assert (pin.state, pins.buzzing) == (on, on)
    pins.close()
    assert (pin.state, pins.buzzing) == (False, False)
    assert [state for _, state in pin.states] == [False, True, False, True, False]


def test_a_passive_buzzer(factory):
    """A bare piezo gets its tone while it buzzes, and none before and after."""
    pins = Pins(factory, {"button": BUTTON}, print, buzzer=BUZZER, passive=True)
    pin = factory.pin(BUZZER)
    assert not pin.state
    pins.buzz(True)
    assert pin.frequency == pytest.approx(PASSIVE_TONE.frequency)
    assert pin.state == 0.5
    pins.buzz(False)
    assert not pin.state
    pins.buzz(True)
    pins.close()
    assert not pin.state
    assert pins.buzzing is False


def test_no_buzzer_and_no_light(factory):
    """Without a buzzer and an LED the trainer goes on; what they would do can still be shown."""
    pins = Pins(factory, {"button": BUTTON}, print)
    pins.buzz(True)
    pins.shine(Light.RUNNING)
    assert (pins.buzzing, pins.light) == (True, Light.RUNNING)
    assert [info.name for info in factory.pins] == ["GPIO17"]
    pins.close()


@pytest.mark.parametrize("light", [Light.PRESSED, Light.RUNNING, Light.OFF, Light.PAUSED, Light.READY], ids=lambda it: it.name)
def test_the_light(factory, light):
    """The LED shows each pattern, on for as long as it says, and the one before is over at once."""
    pins = Pins(factory, {"button": BUTTON}, print, led=LAMP)
    pin = factory.pin(LAMP)
    assert any(as_it_says(pins, pin, light) for _ in range(5)), "late now and then on a busy machine, not each time"
    pins.close()
    assert not pin.state


def as_it_says(pins: Pins, pin: MockPWMPin, light: Light) -> bool:
    """Tell whether the LED shows a pattern in its first quarter of a second, after another one."""
    pins.shine(Light.PRESSED)
    time.sleep(0.02)
    pins.shine(light)
    time.sleep(0.01)
    pin.clear_states()
    on, off = light.value
    time.sleep(0.23)
    changes = list(pin.states[1:])
    if not on or not off:
        return changes == [] and bool(pin.state) is bool(on)
    if light is Light.PRESSED:
        return len(changes) in (4, 5)
    if light is Light.READY:  # a wink of 60 ms
        return [state for _, state in changes] == [False] and changes[0][0] <= 0.08
    return changes == [] and bool(pin.state)  # on for the first half second


def test_a_pin_that_is_in_use(factory):
    """A pin that another has is named; what had been taken is let go of, so that a second attempt can succeed."""
    other = LED(LAMP, pin_factory=factory)
    with pytest.raises(PinsError, match=r"^GPIO 22: .*in use.*is another program using it\?$") as caught:
        Pins(MockFactoryThatStays(factory), {"button": BUTTON}, print, buzzer=BUZZER, led=LAMP)
    other.close()
    pins = Pins(factory, {"button": BUTTON}, print, buzzer=BUZZER, led=LAMP)
    pins.close()
    assert caught.value.__traceback__, "which kept the failed pins from being collected"


class MockFactoryThatStays:
    """A factory whose `close` is not the end of it: the one that other programs use too."""

    def __init__(self, factory: MockFactory) -> None:
        self._factory = factory

    def __getattr__(self, name: str) -> object:
        return getattr(self._factory, name)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("pin", "named"), [(40, "GPIO 40"), (-3, "GPIO -3")])
def test_a_pin_that_is_not_there(factory, pin, named):
    """A pin that does not exist is named, not shown as a traceback."""
    with pytest.raises(PinsError, match=named):
        Pins(factory, {"button": pin}, print)


def test_press(factory):
    """A press of a mock button is two edges so far apart; two at a time do not mix."""
    edges: list[Edge] = []
    pins = Pins(factory, {"button": BUTTON}, edges.append)
    threads = [threading.Thread(target=pins.press, kwargs={"seconds": 0.1}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [edge.down for edge in edges] == [True, False, True, False]
    assert all(up.at - down.at >= 95 for down, up in (edges[:2], edges[2:]))
    pins.close()


def test_a_press_while_it_is_looked_at(factory, monkeypatch):
    """A button that goes down just after its line was read is not reported to be up."""
    edges: list[Edge] = []
    pins = Pins(factory, {"button": BUTTON}, edges.append)
    real = pins.down

    def down(name: ButtonName) -> bool:
        was = real(name)
        pins.drive(name, down=True)
        return was

    monkeypatch.setattr(pins, "down", down)
    pins.watch(monotonic())
    assert [edge.down for edge in edges] == [True]
    pins.close()


def test_closed_twice_and_used_afterwards(factory):
    """At the end several threads may still have something to say: it goes nowhere, and raises nothing."""
    edges: list[Edge] = []
    pins = Pins(factory, {"button": BUTTON}, edges.append, buzzer=BUZZER, led=LAMP)
    pins.close()
    pins.close()
    pins.buzz(True)
    pins.shine(Light.PAUSED)
    pins.press(seconds=0.01)
    assert edges == []
    assert not factory.pin(BUZZER).state


class PinThatForgets(MockPWMPin):
    """Closes as lgpio's does: whoever wanted its edges still gets them."""

    def close(self) -> None:
        self.function = "input"


def test_edges_after_the_end() -> None:
    """Edges of a pin that somebody else has taken reach no closed button, where the exception would end lgpio's thread."""
    factory = MockFactory(pin_class=PinThatForgets)
    pins = Pins(factory, {"button": 17, "next": 5}, lambda _: None)
    taken = [factory.pin(number) for number in (17, 5)]
    buttons = list(pins.buttons.values())  # still there, as in a trainer that waits for the garbage collector
    pins.close()
    pins.close()
    assert [pin.when_changed for pin in taken] == [None, None]
    assert all(button.closed for button in buttons)
