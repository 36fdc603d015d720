"""Add-on boards with sound that people have: what is on them, and which GPIOs they leave to others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice

from .header import HIGHEST, PartName, loud_at_boot, other_use

_I2C = {2: "I2C", 3: "I2C"}
_I2S = {18: "I2S", 19: "I2S", 20: "I2S", 21: "I2S"}
_SEEED = "needs the driver for its WM8960: github.com/HinTak/seeed-voicecard, the branch of your kernel (uname -r)"


@dataclass(frozen=True)
class Board:
    """A board on the header."""

    name: str
    parts: Mapping[PartName, int]
    """Buttons and LED that are on it."""
    occupied: Mapping[int, str]
    """The GPIOs that it uses besides, and what for."""
    sound: str
    """What its sound needs from the system, by its maker's instructions."""
    product: str = ""
    """Part of the name in its EEPROM, letters and digits only; nothing where it has none."""

    def use(self, gpio: int) -> str:
        """Return what the board uses a GPIO for, or nothing."""
        return next((part for part, its in self.parts.items() if its == gpio), "") or self.occupied.get(gpio, "")

    def free(self, others: Collection[int]) -> list[int]:
        """Return three GPIOs that are quiet from power-on, and that neither it, nor one of the others, may want."""
        gpios = (gpio for gpio in range(HIGHEST, -1, -1) if not (self.use(gpio) or gpio in others))
        return sorted(islice((gpio for gpio in gpios if not (other_use(gpio) or loud_at_boot(gpio))), 3))


BOARDS: Mapping[str, Board] = {
    # raspberrypi.com/documentation/accessories/audio.html: "GPIO usage", "Raspberry Pi Codec Zero".
    "codec-zero": Board(
        "the Codec Zero",
        {"button": 27, "led": 23},
        {24: "red LED", **_I2C, **_I2S},
        "is silent until its mixer is set: sudo alsactl restore -f FILE, with one of github.com/raspberrypi/Pi-Codec",
        product="codeczero",
    ),
    # wiki.seeedstudio.com/ReSpeaker_2_Mics_Pi_HAT: "Hardware Overview". Its LEDs are three APA102, which a pin cannot switch.
    "respeaker-2-mic": Board(
        "the ReSpeaker 2-Mics HAT",
        {"button": 17},
        {10: "coloured LEDs", 11: "coloured LEDs", **_I2C, **_I2S},
        _SEEED,
    ),
    # github.com/pimoroni/pirate-audio: README. A, B and X; boards of before 2020 have Y on GPIO 20.
    "pirate-audio": Board(
        "the Pirate Audio",
        {"button": 5, "next": 6, "back": 16},
        {
            7: "display",
            9: "display",
            10: "display",
            11: "display",
            13: "display's light",
            24: "button Y",
            25: "amplifier",
            **_I2S,
        },
        "needs the lines dtoverlay=hifiberry-dac and gpio=25=op,dh in /boot/firmware/config.txt",
    ),
    # github.com/google/aiyprojects-raspbian, pinout.xyz/pinout/voice_hat: version 1. GPIO 16 switches the amplifier.
    "aiy-voice-hat": Board(
        "the AIY Voice HAT",
        {"button": 23, "led": 25},
        {16: "amplifier", **_I2S},
        "needs the line dtoverlay=googlevoicehat-soundcard in /boot/firmware/config.txt",
        product="voicehat",
    ),
    # pinout.xyz/pinout/aiy_voice_bonnet: version 2. Its LED is driven by a chip on I2C, which a pin cannot switch.
    "aiy-voice-bonnet": Board(
        "the AIY Voice Bonnet",
        {"button": 23},
        {**_I2C, **_I2S},
        "needs Google's driver: github.com/google/aiyprojects-raspbian, HACKING.md",
        product="voicebonnet",
    ),
    # learn.adafruit.com/adafruit-voice-bonnet: "Pinouts". Its LEDs are three DotStars, which a pin cannot switch.
    "adafruit-voice-bonnet": Board(
        "the Adafruit Voice Bonnet",
        {"button": 17},
        {5: "coloured LEDs", 6: "coloured LEDs", **_I2C, **_I2S},
        _SEEED,
    ),
}
"""By the names that `gpio.board` has for them."""


def board_of(product: str) -> Board | None:
    """Return the board with this name in its EEPROM, where that is known."""
    letters = "".join(filter(str.isalnum, product.lower()))
    return next((it for it in BOARDS.values() if it.product and it.product in letters), None)
