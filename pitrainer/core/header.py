"""The Pi's 40-pin header: which GPIOs it carries, what else may want them, and how they are before a program takes them."""

from typing import Literal

PartName = Literal["button", "next", "back", "buzzer", "led"]
"""What may be wired to it."""
HIGHEST = 27
"""It carries GPIO 0 to 27."""
OTHER_USES = {
    range(2): "identifies add-on boards (HATs), also before Linux starts",
    range(2, 4): "is for I2C; where an add-on board or a clock module uses it, take another",
    range(7, 12): "is for SPI; where that is on (a display, say), take another",
    range(14, 16): "belongs to the serial port; where that is on, the Pi's console prints there",
    range(18, 22): "is for I2S; where a sound card sits on the header, take another",
}
"""What a GPIO may be used for besides."""
QUIET = "9 to 13 and 16 to 27"
"""Those of which `loud_at_boot` has nothing to say."""


def other_use(gpio: int) -> str:
    """Return what else may want a GPIO, or nothing."""
    return next((why for gpios, why in OTHER_USES.items() if gpio in gpios), "")


def loud_at_boot(gpio: int) -> str:
    """Return why a buzzer on a GPIO sounds before the service starts, or nothing for a quiet one.

    At reset every GPIO is an input: 0 to 8 with a pull-up, 9 to 27 with a pull-down ("BCM2835 ARM Peripherals", table 6-31,
    column "Pull"; the BCM2711's table of alternative functions has the same). A pull-up of about 50 kohm switches the buzzer's
    NPN transistor on. 2 and 3 have fixed pull-ups of 1.8 kohm on the board besides. `gpio=...=op,dl` in config.txt only takes
    effect "a few seconds" after power-on (raspberrypi.com/documentation, config.txt, GPIO control).
    Where the serial port is on, TX (14) idles high and RX (15) is pulled up (Linux, overlays/uart0-overlay.dts:
    `brcm,pins = <14 15>; brcm,pull = <0 2>`).
    """
    if gpio <= 8:
        return f"GPIO {gpio} is pulled up from power-on, so that the buzzer sounds until pitrainer starts"
    if gpio in (14, 15):
        return f"GPIO {gpio} belongs to the serial port; where that is on, the buzzer sounds until pitrainer starts"
    return ""
