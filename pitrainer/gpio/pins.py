"""The pins: buttons, buzzer and LED through gpiozero, real or mock."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, get_args

from gpiozero import LED, Buzzer, InputDevice, TonalBuzzer
from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory
from gpiozero.tones import Tone

from ..clock import monotonic
from ..core.header import PartName
from ..core.messages import ButtonName, Edge, Fault, Light
from ..core.phantoms import Phantoms
from ..core.units import Ms
from ..errors import PinsError
from .backends import no_tone, open_factory

PASSIVE_TONE = Tone.from_frequency(2000)
"""Where small piezo discs are loud and the ear still tells the direction."""

GLITCH = 0.002
"""Seconds that a level must last for lgpio to tell it: a broken contact's thousands of edges a second end there, where one
costs microseconds. In Python they kept a slow Pi's loop from its work (seen in the rig). A good contact's bouncing is the
`ButtonReader`'s."""
RETRY = 5.0
"""Seconds between two attempts to have the pins."""
DEBOUNCE = Ms(30)
"""That of the settings, unless it is set otherwise."""
SETTLE = 0.03
"""Seconds that a line takes at most to rise when its pull-up comes: 50 kΩ and the 100 nF of a long wire have 5 ms."""
STUCK = Ms(60_000)
"""A button that is down for so long is not held by a person."""

log = logging.getLogger(__name__)


def take_pins(
    backend: str,
    wired: Mapping[PartName, int],
    put: Callable[[Edge], None],
    *,
    passive: bool = False,
    debounce: Ms = DEBOUNCE,
) -> "Pins":
    """Take the pins of all parts that are wired, by their BCM numbers; the rest is as with `open_factory` and `Pins`.

    Raises:
        PinsError: if they cannot be had.
    """
    names: tuple[ButtonName, ...] = get_args(ButtonName)
    silent = no_tone(backend) if passive else ""
    if silent:
        log.warning("%s", silent)
    pins = Pins(
        open_factory(backend, passive=passive),
        {name: wired[name] for name in names if name in wired},
        put,
        buzzer=None if silent else wired.get("buzzer"),
        passive=passive,
        led=wired.get("led"),
        debounce=debounce,
    )
    pins.silent = silent
    return pins


class Pins:
    """Everything that is wired: reports edges of the buttons, switches buzzer and LED."""

    def __init__(
        self,
        factory: Any,
        buttons: Mapping[ButtonName, int],
        put: Callable[[Edge], None],
        *,
        buzzer: int | None = None,
        passive: bool = False,
        led: int | None = None,
        debounce: Ms = DEBOUNCE,
    ) -> None:
        """Take the pins by their BCM numbers. Buttons are wired to ground, with the pin's own pull-up.

        Args:
            put: is given each edge, on the thread of whoever drives the pins; it must neither block nor raise.
            passive: the buzzer is a bare piezo disc or coil that needs a tone.
            debounce: how long a button's contact may bounce.

        Raises:
            PinsError: if a pin cannot be had.
        """
        self.mock = isinstance(factory, MockFactory)
        self.driver: str = "mock" if self.mock else getattr(factory, "driver", "lgpio")
        """"gpiod", "lgpio" or "mock"."""
        self.silent = ""
        """Why there is no buzzer, although one is wired."""
        self._factory = factory
        self._numbers = dict(buttons)
        self.put = put
        """The doctor has its own in its place while it waits for a press."""
        self._levels = dict.fromkeys(buttons, False)
        """As they were reported last."""
        self._since: dict[ButtonName, Ms] = {}
        """Since when those that are down are."""
        self._phantoms = {name: Phantoms(debounce) for name in buttons}
        self._counting = threading.Lock()
        self._named: set[ButtonName] = set()
        """Those that are down and that the journal has named: they are ignored until they are up."""
        self._pressing = threading.Lock()
        self._devices: list[Any] = []
        self._buzzer: Buzzer | TonalBuzzer | None = None
        self._buzzer_line = buzzer
        self.buttons: dict[ButtonName, InputDevice] = {}
        self._listeners: list[Callable[[float, int], None]] = []
        """gpiozero's pins have only weak references to them."""
        self._led: LED | None = None
        self.buzzing = False
        self.light = Light.OFF
        pin = -1
        try:
            if buzzer is not None:
                pin = buzzer
                self._buzzer = self._keep(
                    TonalBuzzer(pin, mid_tone=PASSIVE_TONE, pin_factory=factory)
                    if passive
                    else Buzzer(pin, pin_factory=factory)
                )
            if led is not None:
                pin = led
                self._led = self._keep(LED(pin, pin_factory=factory))
            for name, pin in buttons.items():
                # Neither a Button nor a DigitalInputDevice: their `when_pressed` drops the time of the edge.
                button = self._keep(InputDevice(pin, pull_up=True, pin_factory=factory))
                self.buttons[name] = button
                if self.driver == "lgpio":
                    button.pin.bounce = GLITCH
                self._listeners.append(self._listener(name))
                button.pin.edges = "both"
                button.pin.when_changed = self._listeners[-1]
        # lgpio's own `error` (a busy line, for one) is a plain Exception.
        except Exception as error:
            self.close()
            raise PinsError(f"GPIO {pin}: {error}; is another program using it?") from error
        if not self.mock:
            time.sleep(SETTLE)
        for name, pin in buttons.items():
            if self.down(name):
                self._named.add(name)
                log.warning("GPIO %d: the button %s is down; it is ignored until it is up", pin, name)

    def down(self, name: ButtonName) -> bool:
        """Tell whether a button is down now."""
        return bool(self.buttons[name].is_active)

    def __str__(self) -> str:
        """Name the driver and the chip."""
        return "mock" if self.mock else f"{self.driver}, {getattr(self._factory, 'header', f'gpiochip{self._factory.chip}')}"

    def phantoms(self, name: ButtonName) -> int:
        """Return how often a button seemed to be pressed in the last day, for less time than a contact bounces."""
        with self._counting:
            return self._phantoms[name].count(monotonic())

    def take_over(self, before: "Pins") -> None:
        """Go on counting the phantom presses of the buttons that are where they were."""
        for name, number in before._numbers.items():
            if self._numbers.get(name) == number:
                with self._counting:
                    self._phantoms[name].take_over(before._phantoms[name], monotonic())

    def alive(self) -> bool:
        """Tell whether edges can be reported: each driver has one thread for them, and nobody would miss it."""
        if self.driver == "gpiod":
            return bool(self._factory.alive())
        lgpio = sys.modules.get("lgpio")
        return self.mock or lgpio is None or bool(lgpio._notify_thread.is_alive())

    def watch(self, now: Ms) -> None:
        """Look at the buttons themselves: report what was lost in a flood of edges, name one that is stuck."""
        for name, number in self._numbers.items():
            told = self._levels[name]  # before the line is read: what comes in between is told by its own edge
            down = self.down(name)
            if not down:
                self._since.pop(name, None)
                self._named.discard(name)
            if name in self._named:
                continue
            if down is not told:
                self._report(name, down, monotonic())
            if down and now - self._since.setdefault(name, now) >= STUCK:
                self._named.add(name)
                log.warning(
                    "GPIO %d: the button %s has been down for a minute; it is ignored until it is released", number, name
                )

    def chip_line(self) -> tuple[int, int] | None:
        """Return the number of the GPIO chip and the line of a buzzer on a real pin, else None."""
        return None if self.mock or self._buzzer_line is None else (int(self._factory.chip), self._buzzer_line)

    def buzz(self, on: bool) -> None:
        """Switch the buzzer."""
        self.buzzing = on
        if isinstance(self._buzzer, TonalBuzzer):
            if on:
                self._buzzer.play(PASSIVE_TONE)
            else:
                self._buzzer.stop()
        elif self._buzzer:
            self._buzzer.value = on

    def shine(self, light: Light) -> None:
        """Show a pattern on the LED until the next."""
        self.light = light
        if not self._led:
            return
        on, off = light.value
        if on and off:
            self._led.blink(on / 1000, off / 1000)
        else:
            self._led.value = bool(on)

    def press(self, name: ButtonName = "button", seconds: float = 0.1) -> None:
        """Press a mock button: what the keyboard and `pitrainer press` do. Returns when it is up again."""
        with self._pressing:
            self.drive(name, down=True)
            threading.Event().wait(seconds)
            self.drive(name, down=False)

    def drive(self, name: ButtonName, *, down: bool) -> None:
        """Put a mock button down or up."""
        pin = self._factory.pin(self._numbers[name])
        if down:
            pin.drive_low()
        else:
            pin.drive_high()

    def close(self) -> None:
        """Let go of the pins, the buzzer silent."""
        self.buzz(False)  # gpiozero only makes the pin an input: low first, whatever is wired to it
        self._buzzer = self._led = None
        # gpiozero leaves lgpio's callback behind, which would get the edges of whoever takes the pin next (seen after a reload,
        # gpiozero 2.0.1.post3).
        for button in self.buttons.values():
            button.pin.when_changed = None
        self.buttons.clear()
        self._listeners.clear()
        for device in self._devices:
            with suppress(GPIOZeroError):
                device.close()
        self._devices.clear()
        self._factory.close()

    def _keep(self, device: Any) -> Any:
        self._devices.append(device)
        return device

    def _listener(self, name: ButtonName) -> Callable[[float, int], None]:
        # An exception here would end lgpio's thread and leave a dead button in a living process: an edge is queued first, then
        # counted.
        # Of lgpio's time it is not said by which clock it goes; the others' is the monotonic one's, in seconds.
        timed = self.driver != "lgpio"

        def changed(ticks: float, state: int) -> None:
            self._report(name, not state, Ms(int(ticks * 1000)) if timed else monotonic())

        return changed

    def _report(self, name: ButtonName, down: bool, at: Ms) -> None:
        self._levels[name] = down
        self.put(Edge(name, down, at))
        with self._counting:
            self._phantoms[name].edge(down, at)


class RetryingPins:
    """The pins of a trainer, tried again until they can be had: a busy line, or a missing permission, may pass."""

    def __init__(self, take: Callable[[], Pins], put: Callable[[Fault], None]) -> None:
        """Take them; or, where that fails, say so and go on trying on a thread of its own.

        Args:
            take: raises PinsError if they cannot be had.
            put: is told, on whatever thread, what is wrong with them.
        """
        self._take = take
        self._put = put
        self._pins: Pins | None = None
        self._light = Light.OFF
        self._closing = threading.Event()
        self.why = ""
        """Why they cannot be had."""
        if not self._try():
            threading.Thread(target=self._keep_trying, name="pins", daemon=True).start()

    @property
    def pins(self) -> Pins | None:
        """The pins, if there are any now."""
        return self._pins

    @property
    def mock(self) -> bool:
        """Whether they are mock pins."""
        return self._pins is not None and self._pins.mock

    @property
    def buzzing(self) -> bool:
        """Whether the buzzer is on."""
        return self._pins is not None and self._pins.buzzing

    @property
    def light(self) -> Light:
        """What the LED shows."""
        return self._light

    def buzz(self, on: bool) -> None:
        """Switch the buzzer."""
        if self._pins:
            self._pins.buzz(on)

    def shine(self, light: Light) -> None:
        """Show a pattern on the LED until the next."""
        self._light = light
        if self._pins:
            self._pins.shine(light)

    def press(self, name: ButtonName = "button", seconds: float = 0.1) -> None:
        """Press a mock button."""
        if self._pins:
            self._pins.press(name, seconds)

    def take_over(self, before: "RetryingPins") -> None:
        """Go on with what was counted on those of before."""
        if self._pins and before._pins:
            self._pins.take_over(before._pins)

    def close(self) -> None:
        """Let go of them."""
        self._closing.set()
        if self._pins:
            self._pins.close()

    def _try(self) -> bool:
        try:
            pins = self._take()
        except PinsError as error:
            if str(error) != self.why:
                log.warning("%s; retrying", error)
                self.why = str(error)
                self._put(Fault("pins", self.why))
            return False
        if self.why:
            log.info("the pins are there")
            self.why = ""
            self._put(Fault("pins", ""))
        pins.shine(self._light)
        self._pins = pins
        return True

    def _keep_trying(self) -> None:
        while not self._closing.wait(RETRY):
            if self._try():
                if self._closing.is_set() and self._pins:
                    self._pins.close()
                return
