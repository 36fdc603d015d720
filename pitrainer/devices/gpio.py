"""The pins: buttons, buzzer and LED through gpiozero, real or mock."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gpiozero import LED, Button, Buzzer, TonalBuzzer
from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPWMPin
from gpiozero.tones import Tone

from ..clock import monotonic
from ..core.trainer import ButtonName, Edge, Light
from ..errors import PinsError

PASSIVE_TONE = Tone.from_frequency(2000)
"""Where small piezo discs are loud and the ear still tells the direction."""

MODEL_FILE = Path("/proc/device-tree/model")
CPU_FILE = Path("/proc/cpuinfo")


def is_pi() -> bool:
    """Tell whether this is a Raspberry Pi: by the device tree, or by the revision that gpiozero reads too."""
    with suppress(OSError):
        if "Raspberry Pi" in MODEL_FILE.read_text(errors="replace"):
            return True
    with suppress(OSError):
        return any(line.startswith("Revision") for line in CPU_FILE.read_text(errors="replace").splitlines())
    return False


def open_factory(backend: str) -> Any:
    """Open the pins explicitly. gpiozero's own search would end at a factory that the person did not mean, without a word.

    Args:
        backend: "lgpio", "mock", or "auto": lgpio on a Pi, mock elsewhere.

    Raises:
        PinsError: when lgpio cannot be had, with the remedy. On a Pi there is no falling back to mock pins: a trainer that
            looks alive and hears no button is worse than one that says what is missing.
    """
    if backend == "mock" or (backend == "auto" and not is_pi()):
        return MockFactory(pin_class=MockPWMPin)
    try:
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except ImportError as error:
        raise PinsError(
            f"no pins: {error}; on Raspberry Pi OS: sudo apt install python3-lgpio, elsewhere: pip install lgpio, "
            'or set gpio.backend = "mock"'
        ) from error
    # lgpio raises its own `error`, a plain Exception, which has no name before the import has worked.
    except Exception as error:
        raise PinsError(
            f"no pins: {error}; the user must be in the group gpio and /dev/gpiochip0 must be there, "
            'or set gpio.backend = "mock"'
        ) from error


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
    ) -> None:
        """Take the pins by their BCM numbers. Buttons are wired to ground, with the pin's own pull-up.

        Args:
            put: is given each edge, on gpiozero's thread; it must neither block nor raise.
            passive: the buzzer is a bare piezo disc or coil that needs a tone.

        Raises:
            PinsError: if a pin cannot be had.
        """
        self.mock = isinstance(factory, MockFactory)
        self._factory = factory
        self._numbers = dict(buttons)
        self._pressing = threading.Lock()
        self._devices: list[Any] = []
        self._buzzer: Buzzer | TonalBuzzer | None = None
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
            self.buttons: dict[ButtonName, Button] = {}
            for name, pin in buttons.items():
                button = self.buttons[name] = self._keep(Button(pin, pull_up=True, bounce_time=None, pin_factory=factory))
                button.when_pressed = self._report(put, name, down=True)
                button.when_released = self._report(put, name, down=False)
        # lgpio's own `error` (a busy line, for one) is a plain Exception.
        except Exception as error:
            self.close()
            raise PinsError(f"GPIO {pin}: {error}; is another program using it?") from error

    def down(self, name: ButtonName) -> bool:
        """Tell whether a button is down now."""
        return bool(self.buttons[name].is_pressed)

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
        for device in self._devices:
            with suppress(GPIOZeroError):
                device.close()
        self._devices.clear()
        self._factory.close()

    def _keep(self, device: Any) -> Any:
        self._devices.append(device)
        return device

    @staticmethod
    def _report(put: Callable[[Edge], None], name: ButtonName, *, down: bool) -> Callable[[], None]:
        # An exception here would end lgpio's thread and leave a dead button in a living process: only the queue is touched.
        return lambda: put(Edge(name, down, monotonic()))
