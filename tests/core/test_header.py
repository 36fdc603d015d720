"""The header: what README and the settings file say of its pins is what the program says."""

import re
from pathlib import Path

from gpiozero.pins.pi import PiBoardInfo

from pitrainer.cli.wiring import PI_4, header, parts
from pitrainer.config.schema import Settings
from pitrainer.core.header import HIGHEST, OTHER_USES, QUIET, loud_at_boot

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text().partition("## What to buy")[2].partition("### On the Pi")[0]
SHIPPED = (ROOT / "config" / "pitrainer.toml").read_text().partition("[pins]")[2].partition("[button]")[0]
PINS = header(PiBoardInfo.from_revision(PI_4)).pins
PLACES = {f"GPIO {gpio}": number for number, pin in PINS.items() for gpio in range(HIGHEST + 1) if pin.name == f"GPIO{gpio}"}


def numbers(text: str) -> set[int]:
    """The numbers that a text names: "9 to 13 and 16" is 9, 10, 11, 12, 13, 16."""
    found = re.findall(r"(\d+)(?: to (\d+))?", text)
    return {number for first, last in found for number in range(int(first), int(last or first) + 1)}


def test_the_places() -> None:
    """README's table has the pins that `wiring` draws, and a clock's; a GPIO that is named with its place has that place."""
    wired = parts(header(PiBoardInfo.from_revision(PI_4)), Settings().pins, Settings().buzzer)
    trainers = re.sub(r"\n\| a clock with a battery.*", "", README)
    assert {int(number) for number in re.findall(r"pin (\d+)", trainers)} == {pin for part in wired for pin in part.labels}
    for text, pattern in ((README, r"(GPIO \d+) \(pin (\d+)\)"), (SHIPPED, r"(GPIO \d+) is pin (\d+)")):
        named = {gpio: int(number) for gpio, number in re.findall(pattern, text)}
        assert named == {f"GPIO {part.gpio}": part.pin for part in wired}
        assert named.items() <= PLACES.items()
    assert {PINS[int(number)].name for number in re.findall(r"ground(?: is|) \(?pin (\d+)", README + SHIPPED)} == {"GND"}


def test_quiet_pins() -> None:
    """On which pins a buzzer is quiet while the Pi starts: the message, README and the settings file agree."""
    quiet = {gpio for gpio in range(HIGHEST + 1) if not loud_at_boot(gpio)}
    assert numbers(QUIET) == quiet
    (put_it,) = re.findall(r"on one of GPIO ([0-9 to]+), except ([0-9 and]+):", README)
    assert numbers(put_it[0]) - numbers(put_it[1]) == quiet
    (take,) = re.findall(r"Take one of (.+): they are held low", SHIPPED)
    assert numbers(take) == quiet


def test_other_uses() -> None:
    """The settings file names every pin that something else may want."""
    (said,) = re.findall(r"Pins (18 to 21 are taken .+?add-on boards)", SHIPPED, re.DOTALL)
    assert numbers(said.replace("I2S", "").replace("I2C", "")) == {gpio for gpios in OTHER_USES for gpio in gpios}
