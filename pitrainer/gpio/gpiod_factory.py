"""gpiozero's pins on the kernel's own interface: edges come with the kernel's times, and an idle button costs nothing.

gpiozero's lgpio pins look at an interface of their own every half millisecond (joan2937/lg#26: 5.3 % of a core on a Pi, idle),
and open a chip by its number. Here, one thread sleeps in the kernel until there are edges. The factory is registered with
gpiozero as "gpiod": GPIOZERO_PIN_FACTORY=gpiod gives it to any program.
"""

import logging
import os
import select
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import gpiod
from gpiod.line import Bias, Direction, Edge, Value
from gpiozero.exc import PinFixedPull, PinInvalidBounce, PinInvalidEdges, PinInvalidFunction, PinInvalidPull, PinSetInput
from gpiozero.pins.local import LocalPiFactory, LocalPiPin

from .chips import DEVICES, Chip, header_chip

EDGE_COSTS = 0.002
"""Seconds of rest for each edge that the thread has told. A broken contact gives thousands a second; in Python they kept a slow
Pi's loop from its work (seen in the rig). While it rests, the kernel keeps the last 16 of each line."""
BURST = 8
"""Edges for which it has rested beforehand: a spark counts as a press unless its end is told at once, too."""

PULLS = {"up": Bias.PULL_UP, "down": Bias.PULL_DOWN, "floating": Bias.DISABLED}
EDGES = {"both": Edge.BOTH, "rising": Edge.RISING, "falling": Edge.FALLING}

log = logging.getLogger(__name__)


class GpiodFactory(LocalPiFactory):  # type: ignore[misc] # gpiozero has no types
    """The header's pins, on the chip that carries them."""

    driver = "gpiod"

    def __init__(self, chip: Chip | None = None) -> None:
        """Open the chip.

        Raises:
            PinsError: if there is none with the header's lines.
            OSError: if it cannot be opened.
        """
        super().__init__()
        self.header = chip or header_chip()
        self.lock = threading.RLock()
        """libgpiod's objects may be used by one thread at a time."""
        self._chip = gpiod.Chip(str(DEVICES / f"gpiochip{self.header.number}"))
        self.pin_class = GpiodPin
        self.edges = EdgeThread()

    @property
    def chip(self) -> int:
        """The chip's number."""
        return self.header.number

    def request(self, line: int, settings: gpiod.LineSettings) -> gpiod.LineRequest:
        """Take a line.

        Raises:
            OSError: if it cannot be had.
        """
        with self.lock:
            return self._chip.request_lines({line: settings}, consumer="gpiozero")

    def alive(self) -> bool:
        """Tell whether edges can be reported."""
        return self.edges.is_alive()

    def close(self) -> None:
        """Let go of all pins, and of the chip."""
        super().close()
        self.edges.end()
        with self.lock:
            self._chip.close()


class GpiodPin(LocalPiPin):  # type: ignore[misc] # gpiozero has no types
    """A pin of the header. Its line is taken at once, and again if it is used after it was closed, as gpiozero does."""

    def __init__(self, factory: GpiodFactory, info: Any) -> None:
        """Belong to a factory; `info` is gpiozero's description of the pin."""
        super().__init__(factory, info)
        self._edges = "both"
        self._line: gpiod.LineRequest | None = None
        self._settings = gpiod.LineSettings(direction=Direction.INPUT)
        self._configure()

    def close(self) -> None:
        """Become an input, whose pull stays, and give the line back."""
        self.when_changed = None
        with self.factory.lock:
            if self._line:
                self._settings = gpiod.LineSettings(direction=Direction.INPUT)
                with suppress(OSError):
                    self._configure()
                self._line.release()
                self._line = None

    def output_with_state(self, state: bool) -> None:
        """Become an output that has its level from the first moment."""
        self._settings = gpiod.LineSettings(direction=Direction.OUTPUT, output_value=Value(bool(state)))
        self._configure()

    def take_edges(self) -> list[gpiod.EdgeEvent]:
        """Return the edges that wait; none if nobody wants them any more."""
        with self.factory.lock:
            # Looked at once more: what was ready may have been closed since, and reading would wait with the lock held.
            if self._line and self._line.wait_edge_events(0):
                return self._line.read_edge_events()
        return []

    def tell(self, edge: gpiod.EdgeEvent) -> None:
        """Hand an edge to whoever wants it, with the kernel's monotonic time in seconds."""
        if (when_changed := self.when_changed) is not None:
            when_changed(edge.timestamp_ns / 1e9, int(edge.event_type is gpiod.EdgeEvent.Type.RISING_EDGE))

    def _configure(self) -> None:
        with self.factory.lock:
            if self._line:
                self._line.reconfigure_lines({self._number: self._settings})
            else:
                self._line = self.factory.request(self._number, self._settings)

    def _get_function(self) -> str:
        return "output" if self._settings.direction is Direction.OUTPUT else "input"

    def _set_function(self, value: str) -> None:
        if value == "output":
            self.output_with_state(False)
        elif value == "input":
            self._settings = gpiod.LineSettings(direction=Direction.INPUT)
            self._configure()
        else:
            raise PinInvalidFunction(f'invalid function "{value}" for pin {self!r}')

    def _get_state(self) -> int:
        with self.factory.lock:
            if not self._line:
                self._configure()
            assert self._line
            return int(self._line.get_value(self._number) is Value.ACTIVE)

    def _set_state(self, value: float) -> None:
        if self._get_function() == "input":
            raise PinSetInput(f"cannot set state of pin {self!r}")
        self._settings.output_value = Value(bool(value))
        with self.factory.lock:
            if not self._line:
                self._configure()
            assert self._line
            self._line.set_value(self._number, self._settings.output_value)

    def _get_pull(self) -> str:
        return next((pull for pull, bias in PULLS.items() if bias is self._settings.bias), "floating")

    def _set_pull(self, value: str) -> None:
        if self._get_function() != "input":
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        if self.info.pull not in (value, ""):
            raise PinFixedPull(f"{self!r} has a physical pull-{self.info.pull} resistor")
        if value not in PULLS:
            raise PinInvalidPull(f'invalid pull "{value}" for pin {self!r}')
        self._settings.bias = PULLS[value]
        self._configure()

    def _get_bounce(self) -> float | None:
        return self._settings.debounce_period.total_seconds() or None

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce("bounce must be 0 or greater")
        self._settings.debounce_period = timedelta(seconds=value or 0)
        self._configure()

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in EDGES:
            raise PinInvalidEdges(f'invalid edges "{value}" for pin {self!r}')
        when_changed, self.when_changed = self.when_changed, None
        self._edges = value
        self.when_changed = when_changed

    def _enable_event_detect(self) -> None:
        self._settings.edge_detection = EDGES[self._edges]
        self._configure()
        assert self._line
        self.factory.edges.add(self._line.fd, self)

    def _disable_event_detect(self) -> None:
        with self.factory.lock:
            self._settings.edge_detection = Edge.NONE
            if self._line:
                self.factory.edges.remove(self._line.fd)
                self._configure()


class EdgeThread(threading.Thread):
    """Waits for the edges of all pins, and tells them, in the order of each line."""

    def __init__(self) -> None:
        """Begin to wait."""
        super().__init__(name="edges", daemon=True)
        self._poll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._bell, select.EPOLLIN)
        self._ending = False
        self._pins: dict[int, GpiodPin] = {}
        self.start()

    def add(self, file: int, pin: GpiodPin) -> None:
        """Wait for the edges of a pin, too."""
        self._pins[file] = pin
        self._poll.register(file, select.EPOLLIN)

    def remove(self, file: int) -> None:
        """Leave a pin out from now on."""
        if self._pins.pop(file, None):
            self._poll.unregister(file)

    def end(self) -> None:
        """End; wait for that, unless a callback asks for it."""
        if not self._ending:
            self._ending = True
            os.eventfd_write(self._bell, 1)
        if threading.current_thread() is not self:
            self.join()

    def run(self) -> None:
        """Tell edges until the end."""
        rested = 0.0  # up to when the rest is owed for what was told
        while not self._ending:
            told = sum(self._tell(pin) for file, _ in self._poll.poll() if (pin := self._pins.get(file)))
            now = time.monotonic()
            rested = max(rested, now - BURST * EDGE_COSTS) + told * EDGE_COSTS
            time.sleep(max(0.0, rested - now))
        self._poll.close()
        os.close(self._bell)

    def _tell(self, pin: GpiodPin) -> int:
        # A callback that fails is somebody's mistake; without this thread, every button would be dead in a living process.
        try:
            edges = pin.take_edges()
            for edge in edges:
                pin.tell(edge)
        except Exception:
            log.exception("an edge of %r was lost", pin)
            return 1
        return len(edges)
