"""Who drives the pins: never somebody whom the person did not mean, and never nobody without a word."""

import importlib
import sys
import types
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from pitrainer.errors import PinsError
from pitrainer.gpio import backends
from pitrainer.gpio.backends import driver, is_pi, no_tone, open_factory
from pitrainer.gpio.chips import Chip


@pytest.fixture
def pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This computer is a Pi."""
    (tmp_path / "model").write_bytes(b"Raspberry Pi Zero 2 W Rev 1.0\0")
    monkeypatch.setattr(backends, "MODEL_FILE", tmp_path / "model")
    monkeypatch.setattr(backends, "header_chip", lambda: Chip(11, "pinctrl-bcm2835", 54))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What can be imported."""
    names = set[str]()
    monkeypatch.setattr(backends, "find_spec", lambda name: name if name.split(".")[0] in names else None)
    return names


@pytest.mark.parametrize(
    ("model", "cpu", "expected"),
    [
        (b"Raspberry Pi 5 Model B Rev 1.0\0", None, True),
        (None, b"processor\t: 0\nRevision\t: a02082\nSerial\t\t: 1\n", True),
        (b"Pine64 RockPro64\0", b"processor\t: 0\n", False),
        (None, b"model name\t: Intel\n", False),
        (b"\xff\xfe\0", b"\xff\xfe", False),
        (None, None, False),
    ],
)
def test_is_pi(tmp_path, monkeypatch, model, cpu, expected):
    """A Pi is known by what its kernel says, whatever bytes that are."""
    for name, content in (("MODEL_FILE", model), ("CPU_FILE", cpu)):
        monkeypatch.setattr(backends, name, tmp_path / name)
        if content is not None:
            (tmp_path / name).write_bytes(content)
    assert is_pi() is expected


def test_auto_elsewhere(tmp_path, monkeypatch):
    """Elsewhere than on a Pi, `auto` is mock pins: the program can be tried on any computer."""
    monkeypatch.setattr(backends, "MODEL_FILE", tmp_path / "none")
    monkeypatch.setattr(backends, "CPU_FILE", tmp_path / "none")
    assert isinstance(open_factory("auto"), MockFactory)


@pytest.mark.usefixtures("pi")
def test_mock_on_a_pi():
    """Who asks for mock pins gets them, on a Pi too."""
    assert isinstance(open_factory("mock"), MockFactory)


@pytest.mark.usefixtures("pi")
@pytest.mark.parametrize(
    ("there", "active", "passive"),
    [
        ({"gpiod", "lgpio"}, "gpiod", "lgpio"),
        ({"gpiod"}, "gpiod", "gpiod"),
        ({"lgpio"}, "lgpio", "lgpio"),
        (set(), "gpiod", "gpiod"),
    ],
)
def test_auto_on_a_pi(installed, there, active, passive):
    """On a Pi, `auto` is gpiod; it is lgpio where there is no gpiod, and for a passive buzzer, which needs a tone."""
    installed |= there
    assert driver("auto", passive=False) == active
    assert driver("auto", passive=True) == passive


@pytest.mark.usefixtures("pi")
def test_an_old_gpiod(monkeypatch):
    """gpiod's first version, which has another interface, is not taken for the second."""
    monkeypatch.delitem(sys.modules, "gpiod.line", raising=False)
    monkeypatch.setitem(sys.modules, "gpiod", types.ModuleType("gpiod"))
    monkeypatch.setitem(sys.modules, "lgpio", types.SimpleNamespace(__spec__="is there"))
    assert driver("auto", passive=False) == "lgpio"


@pytest.mark.usefixtures("pi")
def test_a_silent_buzzer(installed):
    """A passive buzzer that would be silent is told, with the kinds that work."""
    ends = 'the kinds "active", "speaker" and "none" work'
    installed.add("gpiod")
    assert [no_tone(backend) for backend in ("auto", "gpiod", "lgpio", "mock")] == [
        f"a passive buzzer stays silent: its tone needs lgpio, which is not installed; {ends}",
        f'a passive buzzer stays silent: gpio.backend is "gpiod", which has no tones; {ends}',
        "",
        "",
    ]
    installed.add("lgpio")
    assert no_tone("auto") == ""


@pytest.mark.usefixtures("pi")
@pytest.mark.parametrize(
    ("backend", "missing", "remedy"),
    [
        ("gpiod", "pitrainer.gpio.gpiod_factory", r"/bin/pip install gpiod"),
        ("lgpio", "gpiozero.pins.lgpio", r"sudo apt install python3-lgpio"),
    ],
)
def test_a_pi_without_it(monkeypatch, backend, missing, remedy):
    """On a Pi without the driver there are no mock pins, which hear no button: the message says what to install."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(PinsError, match=rf"{remedy}.*gpio\.backend") as caught:
        open_factory(backend)
    assert "\n" not in str(caught.value)


class LgpioError(Exception):
    """lgpio's own `error`: a plain Exception."""


@pytest.mark.usefixtures("pi")
def test_lgpio_that_may_not(monkeypatch):
    """lgpio opens the header's chip, not the first one; where it may not, the group to join is said."""
    opened = []

    class Lgpio(types.ModuleType):
        """As much of lgpio as gpiozero asks for before it opens the chip."""

        error = LgpioError

        def __getattr__(self, name: str) -> int:
            if name.startswith("__"):
                raise AttributeError(name)
            return 0

        @staticmethod
        def gpiochip_open(number: int) -> int:
            opened.append(number)
            raise LgpioError("can not open gpiochip")

    monkeypatch.setitem(sys.modules, "lgpio", Lgpio("lgpio"))
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    importlib.import_module("gpiozero.pins.lgpio")
    with pytest.raises(PinsError, match=r"gpiochip11 \(pinctrl-bcm2835\): can not open gpiochip.*group gpio"):
        open_factory("lgpio")
    assert opened == [11]
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
