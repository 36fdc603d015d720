"""What can be said of the pins: the button, the buzzer, the light."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from queue import Empty, Queue
from typing import TYPE_CHECKING, get_args

from ..config import schema
from ..core.messages import ButtonName, Edge, Light
from ..core.text import listed
from ..core.units import Ms
from ..gpio.keys import names_there
from .report import Check, carefully

if TYPE_CHECKING:
    from ..gpio.keys import Keys
    from ..gpio.pins import Pins

FEW = 3
"""Phantom presses a day that may be somebody's touch."""
CHOOSE = 3.0
"""Seconds for the person to choose what was said last."""
PATIENCE = 15.0
"""Seconds for the person to press the button."""


# the pins


def pins(found: schema.Settings, held: "Pins | None", why: str, *, is_pi: bool) -> Check:
    """Tell who drives the pins, and which."""
    if held is None:
        return Check("pins", "fail", why, "pitrainer wiring; if another program uses these pins, stop it first")
    if not held.alive():
        return Check("pins", "fail", f"{held.driver}'s thread has ended: no press is heard", "sudo systemctl restart pitrainer")
    if not held.mock:
        wired = schema.wired(found.pins, found.buzzer)
        names = ", ".join(f"{'LED' if name == 'led' else name} GPIO {gpio}" for name, gpio in wired.items())
        return Check("pins", "ok", f"{held}: {names}")
    if is_pi:
        remedy = f'set gpio.backend = "auto" in {found.file}, unless nothing is wired'
        return Check("pins", "warn", 'simulated ("mock"), although this is a Pi', remedy)
    return Check("pins", "ok", "simulated (this is not a Raspberry Pi)")


def button(name: ButtonName, gpio: int, held: "Pins") -> Check:
    """Tell how a button is that nobody presses now, and how often it seemed to be pressed in the last day."""
    if held.down(name):
        remedy = "let go of it; pitrainer wiring; it must close when pressed, not open; does the wire touch ground?"
        return Check(name, "fail", f"GPIO {gpio} reads as pressed, although nobody should be pressing", remedy)
    if phantoms := held.phantoms(name):
        found = f"GPIO {gpio}: {phantoms} phantom press{'es' * (phantoms > 1)} in the last day, too short for a finger"
        remedy = "a long wire? 10 kΩ and 100 nF at the Pi, see README; keep the wire away from mains cables"
        return Check(name, "warn" if phantoms >= FEW else "ok", found, remedy)
    return Check(name, "ok", "simulated" if held.mock else f"GPIO {gpio} is not pressed, as it should be")


def keys(part: str, held: "Keys", there: Sequence[str]) -> Check:
    """Tell of the input devices whose keys are the button."""
    if held.names:
        return Check("keys", "ok", listed(f'"{name}"' for name in held.names))
    remedy = f'wake it with a press, or pair it anew; button.input is "{part}"; there are: {listed(there)}'
    return Check("keys", "warn", held.why, remedy)


def watch(edges: "Queue[Edge]", seconds: float = PATIENCE, settle: float = 0.3) -> list[Edge]:
    """Return the edges of one press: until the button is up and stays so, or the time is over."""
    found: list[Edge] = []
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        over = found and not found[-1].down
        try:
            found.append(edges.get(timeout=min(left, settle) if over else left))
        except Empty:
            if over:
                break
    return found


def chosen(edges: "Queue[Edge] | None", seconds: float = CHOOSE) -> bool:
    """Wait for a press of the button, as long as somebody may think about it; tell whether it came."""
    if edges is None:
        time.sleep(seconds)
        return False
    until = time.monotonic() + seconds
    while True:
        try:
            edge = edges.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            return False
        if edge.button == "button" and edge.down:
            return True


def press(edges: Sequence[Edge], debounce: Ms) -> Check:
    """Tell of a press that was asked for, by its edges."""
    if not any(edge.down for edge in edges):
        remedy = "pitrainer wiring: the button goes between its GPIO and ground; turn a button with four legs by 90°"
        return Check("press", "fail", f"no press within {PATIENCE:.0f} s", remedy)
    if edges[-1].down:
        return Check("press", "fail", f"pressed, and not released within {PATIENCE:.0f} s", "let go; does the button stick?")
    rattle = max((after.at - before.at for before, after in pairwise(edges) if after.at - before.at < 100), default=0)
    length = f"pressed for {(edges[-1].at - edges[0].at) / 1000:.1f} s, {len(edges)} edges"
    if len(edges) > 2 and rattle >= debounce:
        return Check(
            "press", "warn", f"{length}: it bounces for {rattle} ms", f'set button.debounce = "{min(200, 2 * rattle)}ms"'
        )
    return Check("press", "ok", length)


def buzz(found: schema.Settings, held: "Pins") -> Check:
    """Sound the buzzer once."""
    if not found.buzzer.on_pin:
        return Check("buzzer", "ok", f'none on a pin: buzzer.kind is "{found.buzzer.kind}"')
    if held.silent:
        return Check("buzzer", "fail", held.silent, 'buzzer.kind = "speaker" plays the signals through the speaker')
    held.buzz(True)
    try:
        time.sleep(0.2)
    finally:
        held.buzz(False)
    other = "passive" if found.buzzer.kind == "active" else "active"
    remedy = f'heard nothing, or only a click? pitrainer wiring; try buzzer.kind = "{other}"'
    return Check("buzzer", "ok", f"GPIO {found.pins.buzzer} was on for 0.2 s", remedy)


def shine(found: schema.Settings, held: "Pins") -> Check:
    """Blink the LED, and leave it as it was."""
    if found.pins.led is None:
        return Check("LED", "ok", "none")
    before = held.light
    held.shine(Light.PRESSED)
    try:
        time.sleep(1)
    finally:
        held.shine(before)
    return Check("LED", "ok", f"GPIO {found.pins.led} blinked for 1 s", "saw nothing? turn the LED round; pitrainer wiring")


def examine_pins(
    found: schema.Settings, held: "Pins | None", why: str, held_keys: "Keys | None", *, quiet: bool, is_pi: bool
) -> Iterator[Check]:
    """Yield a check for everything on the pins, and for the keys. `why` the pins are not there, where they are not."""
    if held_keys:
        yield carefully("keys", lambda: keys(found.button.input, held_keys, names_there()))
    yield carefully("pins", lambda: pins(found, held, why, is_pi=is_pi))
    if held is None:
        return
    wired = schema.wired(found.pins, found.buzzer)
    for name in get_args(ButtonName):
        if name in wired:
            yield carefully(name, partial(button, name, wired[name], held))
    if not quiet and not held.mock:
        yield carefully("buzzer", lambda: buzz(found, held))
        yield carefully("LED", lambda: shine(found, held))
