"""What goes where on the header: a picture for the terminal, of this Pi's board, or of a Pi 4's where this is none."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from gpiozero.exc import GPIOZeroError
from gpiozero.pins import HeaderInfo
from gpiozero.pins.local import get_pi_revision
from gpiozero.pins.pi import PiBoardInfo
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..config.schema import BuzzerSettings, PinSettings, wired
from ..core.boards import Board
from ..core.header import PartName, loud_at_boot, other_use
from ..gpio.backends import is_pi

PI_4 = 0xC03111
"""The revision of a Pi 4B. Its header is that of every Pi with 40 pins."""
NAMES: dict[PartName, str] = {
    "button": "button",
    "buzzer": "buzzer",
    "led": "LED",
    "next": "next button",
    "back": "back button",
}
"""What a person calls the parts."""


@dataclass(frozen=True)
class Part:
    """Something that is wired, by the numbers of the header's pins."""

    name: str
    gpio: int
    pin: int
    """0 where the board's header lacks this GPIO."""
    labels: dict[int, str]
    """What goes to each pin, in two or three words."""
    words: str
    """The same in a sentence."""


def board() -> PiBoardInfo:
    """Return this Pi's board, or a Pi 4B where this is none, or one that gpiozero does not know."""
    if is_pi():
        with suppress(GPIOZeroError, OSError):
            return PiBoardInfo.from_revision(get_pi_revision())
    return PiBoardInfo.from_revision(PI_4)


def header(info: PiBoardInfo) -> HeaderInfo:
    """Return a board's main header: P1 of the first Pis has 26 pins, all others have J8."""
    return info.headers.get("J8") or info.headers["P1"]


def parts(head: HeaderInfo, pins: PinSettings, buzzer: BuzzerSettings, board: Board | None = None) -> list[Part]:
    """Return everything that is wired, or on the board. Each wired part has the nearest ground pin that no other has."""
    grounds = [pin for pin in head.pins.values() if pin.name == "GND"]
    power = min(number for number, pin in head.pins.items() if pin.name == "5V")
    found = []
    for key, gpio in wired(pins, buzzer).items():
        name = NAMES[key]
        here = next((pin for pin in head.pins.values() if pin.name == f"GPIO{gpio}"), None)
        if here is None:
            found.append(Part(name, gpio, 0, {}, f"{name}: GPIO {gpio} is not on this board's header; choose another"))
            continue
        if board and key in board.parts:
            words = f"{name}: on {board.name}, GPIO {gpio} (pin {here.number})"
            found.append(Part(name, gpio, here.number, {here.number: f"{name} (board)"}, words))
            continue
        ground = min(grounds, key=lambda pin: (abs(pin.row - here.row) + abs(pin.col - here.col), pin.number))
        if len(grounds) > 1:
            grounds.remove(ground)
        labels, words = _words(name, f"GPIO {gpio} (pin {here.number})", here.number, ground.number, power)
        found.append(Part(name, gpio, here.number, labels, words))
    return found


def _words(name: str, gpio: str, pin: int, ground: int, power: int) -> tuple[dict[int, str], str]:
    match name:
        case "buzzer":
            labels = {pin: "1 kΩ, transistor's base", ground: "transistor's emitter", power: "buzzer +"}
            words = (
                f"{gpio} through a 1 kΩ resistor to the base of an NPN transistor; its emitter to ground (pin {ground}); "
                f"the buzzer between 5 V (pin {power}) and the collector"
            )
        case "LED":
            labels = {pin: "330 Ω, LED's long leg", ground: "LED's short leg"}
            words = f"{gpio} through a 330 Ω resistor to its long leg; the short leg to ground (pin {ground})"
        case _:
            labels = {pin: name, ground: f"{name}'s other leg"}
            words = f"between {gpio} and ground (pin {ground}); no resistor"
    return labels, f"{name}: {words}"


def occupied(head: HeaderInfo, board: Board | None) -> dict[int, str]:
    """Return what a board uses the header's pins for, by their numbers."""
    gpios = {f"GPIO{gpio}": use for gpio, use in board.occupied.items()} if board else {}
    return {number: gpios[pin.name] for number, pin in head.pins.items() if pin.name in gpios}


def warnings(found: list[Part], board: Board | None = None) -> Iterator[str]:
    """Yield what may go wrong with the chosen pins; those of a board are its maker's choice."""
    for part in found:
        if board and part.gpio in board.parts.values():
            continue
        if part.name == "buzzer" and (loud := loud_at_boot(part.gpio)):
            yield f"buzzer: {loud}"
        elif why := other_use(part.gpio):
            yield f"{part.name}: GPIO {part.gpio} {why}"


def picture(head: HeaderInfo, found: list[Part], board: Board | None = None) -> Table:
    """Draw the header as it is seen from above, with the end of the SD card at the top; what is in use has a filled dot."""
    taken = occupied(head, board)
    labels = {pin: label for part in found for pin, label in part.labels.items()}
    table = Table.grid(padding=(0, 1))
    for justify in ("right", "right", "right", "center", "center", "right", "left", "left"):
        table.add_column(justify=justify, no_wrap=True)

    def cell(text: str, number: int) -> Text:
        return Text(text, "bold" if number in labels else "dim")

    def label(number: int, line: str) -> Text:
        text, style = (labels[number], "bold") if number in labels else (taken.get(number, ""), "dim")
        return Text(line.format(text) if text else "", style)

    for row in range(1, head.rows + 1):
        odd, even = head.pins[2 * row - 1], head.pins[2 * row]
        table.add_row(
            label(odd.number, "{} ──"),
            cell(odd.name, odd.number),
            cell(str(odd.number), odd.number),
            cell("●" if odd.number in labels or odd.number in taken else "○", odd.number),
            cell("●" if even.number in labels or even.number in taken else "○", even.number),
            cell(str(even.number), even.number),
            cell(even.name, even.number),
            label(even.number, "── {}"),
        )
    return table


def print_wiring(pins: PinSettings, buzzer: BuzzerSettings, on_top: Board | None = None) -> None:
    """Print the header with everything that is wired to it, or is on the board that sits on it."""
    info = board()
    found = parts(header(info), pins, buzzer, on_top)
    console = Console(highlight=False)
    note = "" if is_pi() else " (this is not a Raspberry Pi; all 40-pin headers are alike)"
    console.print(Text(f"{info.description}{note}{f', with {on_top.name}' if on_top else ''}"))
    console.print(Text("seen from above, the end with the SD card at the top; wire it with the power off"), style="dim")
    console.print()
    console.print(picture(header(info), found, on_top))
    console.print()
    for part in found:
        console.print(Text(part.words))
    if on_top:
        console.print(Text(f"sound: {on_top.name} {on_top.sound}"))
    if not buzzer.on_pin:
        console.print(Text(f'no buzzer: buzzer.kind is "{buzzer.kind}"'))
    for warning in warnings(found, on_top):
        console.print(Text(f"warning: {warning}", "yellow"))
