"""Who drives the pins: gpiod, lgpio, or nobody (mock pins)."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import PinsError, pip
from ..files import text_of
from .chips import header_chip

MODEL_FILE = Path("/proc/device-tree/model")
CPU_FILE = Path("/proc/cpuinfo")
HAT_FILE = Path("/proc/device-tree/hat/product")


def is_pi() -> bool:
    """Tell whether this is a Raspberry Pi: by the device tree, or by the revision that gpiozero reads too."""
    revision = any(line.startswith("Revision") for line in text_of(CPU_FILE).splitlines())
    return "Raspberry Pi" in text_of(MODEL_FILE) or revision


def hat_product() -> str:
    """Return the name in the EEPROM of the board on the header; nothing where there is none, or it has none."""
    return text_of(HAT_FILE).strip("\0\n")


def driver(backend: str, *, passive: bool) -> str:
    """Return who drives the pins here: "gpiod", "lgpio" or "mock".

    "auto" is mock elsewhere than on a Pi. There, it is gpiod where that can be imported (it has no wheel for armv7), and lgpio
    for a passive buzzer, which needs a tone of it.
    """
    if backend != "auto":
        return backend
    if not is_pi():
        return "mock"
    preferred = ("lgpio", "gpiod") if passive else ("gpiod", "lgpio")
    return next((name for name in preferred if _installed(name)), "gpiod")


def _installed(name: str) -> bool:
    # gpiod 1, which Raspberry Pi OS bookworm has, is another interface of the same name, without this module.
    try:
        return find_spec("gpiod.line" if name == "gpiod" else name) is not None
    except ModuleNotFoundError:
        return False


def no_tone(backend: str) -> str:
    """Return why a passive buzzer would be silent; nothing where it is not."""
    if driver(backend, passive=True) != "gpiod":
        return ""
    lacking = "its tone needs lgpio, which is not installed"
    why = 'gpio.backend is "gpiod", which has no tones' if backend == "gpiod" else lacking
    return f'a passive buzzer stays silent: {why}; the kinds "active", "speaker" and "none" work'


def open_factory(backend: str, *, passive: bool = False) -> Any:
    """Open the pins explicitly. gpiozero's own search would end at a factory that the person did not mean, without a word.

    Args:
        backend: see `driver`.
        passive: the buzzer is a passive one.

    Raises:
        PinsError: when they cannot be had, with the remedy. On a Pi there is no falling back to mock pins: a trainer that
            looks alive and hears no button is worse than one that says what is missing.
    """
    name = driver(backend, passive=passive)
    if name == "mock":
        from gpiozero.pins.mock import MockFactory, MockPWMPin

        return MockFactory(pin_class=MockPWMPin)
    chip = header_chip()
    try:
        if name == "gpiod":
            from .gpiod_factory import GpiodFactory

            return GpiodFactory(chip)
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory(chip.number)
    except ImportError as error:
        raise PinsError(
            f'no pins: {error}; {pip(name)} (on a 32-bit system: sudo apt install python3-lgpio), or set gpio.backend = "mock"'
        ) from error
    # lgpio raises its own `error`, a plain Exception, which has no name before the import has worked.
    except Exception as error:
        raise PinsError(
            f'no pins: {chip}: {error}; the user must be in the group gpio, or set gpio.backend = "mock"'
        ) from error
