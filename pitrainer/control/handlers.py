"""What other processes may ask of a running trainer, over the control socket. Each is answered on a thread of its own."""

import queue
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING

from ..audio.clips import ClipCache
from ..config.schema import Settings
from ..core.languages import Phrase
from ..core.messages import Answered, Edge, Input, Order, OrderName
from ..core.pairing import DIGITS
from ..core.phrases import language_of
from ..core.routine import Program
from ..core.speech import speakable
from ..core.text import shown
from ..errors import PitrainerError
from ..gpio.backends import is_pi
from ..gpio.pins import RetryingPins
from ..wallclock import WallClock, told_time
from .protocol import PATIENCE, SAY_PATIENCE, Handler, Request
from .status import Status

if TYPE_CHECKING:
    from ..gpio.keys import Keys

LONGEST_HOLD = 60_000
"""Milliseconds for which `press` holds the mock button."""

SOUND_PATIENCE = 3.0
"""Seconds for a speaker to be there again: PulseAudio takes up to 2 to open."""

ORDERS: tuple[OrderName, ...] = ("start", "pause", "next", "back", "stop")


class Requests:
    """Obeys what other processes ask for."""

    def __init__(
        self,
        settings: Settings,
        programs: Sequence[Program],
        put: Callable[[Input], None],
        *,
        clips: ClipCache,
        pins: RetryingPins,
        wall: WallClock,
        keys: "Keys | None" = None,
        status: Status,
        make: Callable[[Sequence[Phrase], float], int],
        doctor: Sequence[str],
        sound: Sequence[str],
        lent: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Take the running trainer's parts.

        Args:
            put: hands an input to the loop.
            keys: of input devices that are the button, too.
            make: has another process make clips of phrases, within so many seconds; returns its exit code.
            doctor: the command that checks everything but the pins, and prints what it found.
            sound: what begins the command that has a sound card say its number.
            lent: lets go of the sound card, for another process, while the block runs.
        """
        self._settings = settings
        self._programs = programs
        self._put = put
        self._clips = clips
        self._pins = pins
        self._wall = wall
        self._keys = keys
        self._status = status
        self._make = make
        self._doctor = doctor
        self._sound = sound
        self._lent = lent
        self._orders: dict[Order, queue.SimpleQueue[str]] = {}
        self._saying = threading.Lock()
        self._examining = threading.Lock()

    def handlers(self) -> dict[str, Handler]:
        """Return what obeys each command."""
        handlers: dict[str, Handler] = {name: self._obeys(name) for name in ORDERS}
        handlers |= {"program": self._choose, "volume": self._set_volume, "reminders": self._switch_reminders}
        handlers |= {"pair": lambda _: self._obey(Order("pair")), "pair_try": self._try_code}
        handlers |= {"status": lambda _: {"status": self._status.data()}, "say": self._say, "press": self._press}
        return handlers | {
            "clock": self._clock,
            "doctor": self._examine,
            "watch_button": self._watch_button,
            "try_card": self._try_card,
        }

    def answered(self, answer: Answered) -> None:
        """Take the loop's answer to an order."""
        with suppress(KeyError):  # the program's own orders wait for no answer
            self._orders.pop(answer.order).put(answer.why)

    def _obeys(self, name: OrderName) -> Callable[[Request], Request]:
        return lambda _: self._obey(Order(name))

    def _obey(self, order: Order) -> Request:
        """Have the loop obey an order; wait for its answer."""
        answer = self._orders[order] = queue.SimpleQueue()
        self._put(order)
        try:
            why = answer.get(timeout=PATIENCE)
        except queue.Empty:
            self._orders.pop(order, None)
            raise PitrainerError("the trainer's loop does not answer") from None
        if why:
            raise PitrainerError(why)
        return {}

    def _choose(self, request: Request) -> Request:
        return self._obey(Order("program", number=self._number(request) - 1))

    def _number(self, request: Request) -> int:
        """Return the number of the program that is meant, from 1."""
        asked, routine, profile, person = (request.get(key) for key in ("number", "routine", "profile", "person"))
        numbered, named = type(asked) is int, isinstance(routine, str)
        if not (numbered or named) or not isinstance(profile, str | None) or not isinstance(person, str | None):
            raise PitrainerError('"number" must be the number of a program, or "routine", "profile" and "person" its names')
        many = len(self._programs)
        if numbered and asked not in range(1, many + 1):
            raise PitrainerError(f"there is no program {asked}: there {'is' if many == 1 else 'are'} {many}")
        for number, program in enumerate(self._programs, 1):
            regimen = program.regimen
            meant = number == asked if numbered else regimen.routine == routine
            if meant and profile in (None, regimen.profile) and person in (None, regimen.person):
                return number
        who = ", ".join(shown(name) for name in (person, profile) if name is not None)
        wanted = f"program {asked} is not" if numbered else f"no program has the routine {shown(routine)}"
        there = ", ".join(" ".join(filter(None, (of.routine.id, of.person, of.profile))) for of in self._programs) or "none"
        raise PitrainerError(f"{wanted}{f' for {who}' if who else ''}; there are: {there}")

    def _set_volume(self, request: Request) -> Request:
        volume, most = request.get("volume"), self._settings.sound.soft_max
        if type(volume) is not int or not 0 <= volume <= 100:
            raise PitrainerError('"volume" must be a whole number from 0 to 100')
        if volume > most:
            raise PitrainerError(f"the volume may not be above {most} (sound.soft_max)")
        return self._obey(Order("volume", number=volume))

    def _switch_reminders(self, request: Request) -> Request:
        on = request.get("on")
        if type(on) is not bool:
            raise PitrainerError('"on" must be true or false')
        return self._obey(Order("reminders", number=on))

    def _try_code(self, request: Request) -> Request:
        code = request.get("code")
        if not isinstance(code, str) or not re.fullmatch(rf"[0-9]{{{DIGITS}}}", code, re.ASCII):
            raise PitrainerError(f"a code has {DIGITS} digits")
        return self._obey(Order("pair_try", code=code))

    def _clock(self, request: Request) -> Request:
        """Tell the time, after it was set if that is asked for. No session goes by it, so the loop need not know."""
        at, day = request.get("time"), request.get("day", "")
        if not isinstance(at, str | None) or not isinstance(day, str):
            raise PitrainerError('"time" must be a time of day such as "14:30", "day" a date such as "2026-11-28"')
        if at is not None:
            self._wall.set(told_time(self._wall, at, day))
        source = self._wall.source()  # first, for the look may change the time
        return {"clock": {"at": self._wall.zoned().isoformat(timespec="seconds"), "zone": self._zone(), "source": source}}

    def _zone(self) -> str:
        from ..doctor.machine import time_zone

        return self._settings.clock.zone or time_zone()

    def _say(self, request: Request) -> Request:
        text = request.get("text")
        if not isinstance(text, str):
            raise PitrainerError('"text" must be a text')
        program = self._status.program
        try:
            phrase = Phrase(speakable(text, language_of(program)), language_of(program))
        except ValueError as error:
            raise PitrainerError(f"the text cannot be said: {error}") from None
        if self._status.busy:
            raise PitrainerError("a session is about to start" if self._status.waits else "a session is running")
        if phrase in self._clips:
            self._clips.use([phrase])
        else:
            self._synthesise(phrase)
        self._obey(Order("say", phrase))
        # The order has the sound opened. A speaker that was gone may be back, and is looked for every ten minutes only.
        until = monotonic() + SOUND_PATIENCE
        while why := self._status.no_sound:
            if monotonic() > until:
                raise PitrainerError(why)
            sleep(0.1)
        return {}

    def _synthesise(self, phrase: Phrase) -> None:
        if not self._saying.acquire(blocking=False):
            raise PitrainerError("another text is being synthesised")
        try:
            code = self._make([phrase], SAY_PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PitrainerError(f"the text could not be synthesised: {error}") from error
        finally:
            self._saying.release()
        if code:
            raise PitrainerError("the text could not be synthesised; the journal says why")

    @contextmanager
    def _one_doctor(self, *, card: bool = False) -> Iterator[Settings]:
        """Have the trainer keep out of the way while the block runs; `card`: it lets go of the sound card, too."""
        self._obey(Order("lend_card" if card else "lend"))
        if not self._examining.acquire(blocking=False):
            raise PitrainerError("another doctor is at work")
        try:
            with self._lent() if card else nullcontext():
                yield self._settings
        finally:
            self._examining.release()

    def _examine(self, request: Request) -> Request:
        """Check the pins and the clock, which are held here, and have a child check the rest: here it would make cues late."""
        from ..doctor.machine import clock  # here, for the start that needs no doctor
        from ..doctor.pin_checks import examine_pins
        from ..doctor.report import Check, as_json, by_child

        quiet = request.get("quiet") is True
        with self._one_doctor(card=not quiet) as settings:
            checks = [
                Check("service", "ok", f"running: {self._status.text()}"),
                *examine_pins(settings, self._pins.pins, self._pins.why, self._keys, quiet=quiet, is_pi=is_pi()),
                clock(self._zone(), self._wall),
                *by_child(self._doctor, quiet=quiet),
            ]
        wired = self._pins.pins is not None and not self._pins.mock
        return {"checks": as_json(checks), "button": wired or bool(self._keys and self._keys.names)}

    @contextmanager
    def _edges(self) -> "Iterator[queue.Queue[Edge] | None]":
        """Take the buttons' edges off the loop while the block runs, so that a press starts nothing; None without a button."""
        sources = [source for source in (self._pins.pins, self._keys) if source]
        if not sources:
            yield None
            return
        edges: queue.Queue[Edge] = queue.Queue()
        loop = sources[0].put

        def put(edge: Edge) -> None:
            busy = self._status.busy  # a session that was started meanwhile must be stopped by the button
            if not busy:
                edges.put(edge)
            if busy or not edge.down:  # the loop may have it down from before, and heeds no other release
                loop(edge)

        for source in sources:
            source.put = put
        try:
            yield edges
        finally:
            for source in sources:
                source.put = loop

    def _watch_button(self, _request: Request) -> Request:
        """Wait for a press that starts nothing, and tell how it was."""
        from ..doctor.pin_checks import press, watch
        from ..doctor.report import as_json

        with self._one_doctor() as settings, self._edges() as edges:
            if edges is None:
                raise PitrainerError(self._pins.why)
            seen = watch(edges)
        return {"checks": as_json([press(seen, settings.button.debounce)])}

    def _try_card(self, request: Request) -> Request:
        """Have a sound card say its number, and tell whether the button was pressed meanwhile, or soon after."""
        from ..doctor.card_trial import MOST, try_card
        from ..doctor.pin_checks import chosen

        card, number = request.get("card"), request.get("number")
        if not isinstance(card, str) or type(number) is not int or not 1 <= number <= MOST:
            raise PitrainerError(f'"card" must be the id of a sound card, and "number" what it says, 1 to {MOST}')
        with self._one_doctor(card=True), self._edges() as edges:
            why = try_card(self._sound, card, number)
            return {"why": why, "pressed": not why and chosen(edges)}

    def _press(self, request: Request) -> Request:
        hold = request.get("hold_ms")
        if type(hold) is not int or not 0 < hold <= LONGEST_HOLD:
            raise PitrainerError(f'"hold_ms" must be a whole number of milliseconds from 1 to {LONGEST_HOLD}')
        if self._pins.why:
            raise PitrainerError(self._pins.why)
        if not self._pins.mock:
            raise PitrainerError("the pins are real: press the button itself")
        self._pins.press(seconds=hold / 1000)
        return {}
