"""What other processes may ask of a running trainer, over the control socket. Each is answered on a thread of its own."""

import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from ..audio.clips import ClipCache
from ..config.schema import Settings
from ..core.languages import Phrase
from ..core.messages import Answered, Edge, Input, Order, OrderName
from ..core.phrases import language_of
from ..core.speech import speakable
from ..core.trainer import Trainer
from ..errors import PitrainerError
from ..gpio.pins import KeptPins, is_pi
from ..history.habits import KnownHabit
from .protocol import PATIENCE, SAY_PATIENCE, Handler, Request
from .status import Status

LONGEST_HOLD = 60_000
"""Milliseconds for which `press` holds the mock button."""

ORDERS: tuple[OrderName, ...] = ("start", "pause", "next", "back", "stop")


class Requests:
    """Obeys them."""

    def __init__(
        self,
        settings: Settings,
        trainer: Trainer,
        put: Callable[[Input], None],
        *,
        clips: ClipCache,
        pins: KeptPins,
        status: Status,
        habit: KnownHabit,
        prepare: Sequence[str],
        doctor: Sequence[str],
        run: Callable[[Sequence[str], float], int],
    ) -> None:
        """Take the running trainer's parts.

        Args:
            put: hands an input to the loop.
            prepare: the command that makes missing clips.
            doctor: the command that checks everything but the pins, and prints what it found.
            run: runs a command for at most so many seconds; returns its exit code.
        """
        self._settings = settings
        self._trainer = trainer
        self._put = put
        self._clips = clips
        self._pins = pins
        self._status = status
        self._habit = habit
        self._prepare = prepare
        self._doctor = doctor
        self._run = run
        self._orders: dict[Order, queue.SimpleQueue[str]] = {}
        self._saying = threading.Lock()
        self._examining = threading.Lock()
        self._watcher: queue.Queue[Edge] | None = None
        """Is given the edges instead of the loop while the doctor asks for a press."""

    def handlers(self) -> dict[str, Handler]:
        """Return what obeys each command."""
        handlers: dict[str, Handler] = {name: self._obeys(name) for name in ORDERS}
        handlers["status"] = lambda _: {"status": self._status.data() | self.habits()}
        handlers |= {"say": self._say, "press": self._press, "doctor": self._examine, "watch_button": self._watch_button}
        return handlers

    def answered(self, answer: Answered) -> None:
        """Take the loop's answer to an order."""
        with suppress(KeyError):  # the program's own orders wait for no answer
            self._orders.pop(answer.order).put(answer.why)

    def watches(self, edge: Edge) -> bool:
        """Take an edge, where the doctor waits for it, and tell so. Raises nothing."""
        watcher = self._watcher
        if not watcher or self._trainer.busy:  # a session that was started meanwhile must be stopped by the button
            return False
        watcher.put(edge)
        return True

    def habits(self) -> Request:
        """Return what `status` tells of the chosen program's past, and of the next reminder; null where it is not known."""
        habit, reminders, programs = self._habit, self._trainer.reminders, self._trainer.programs
        wall = habit.wall() if habit else None
        found: Request = {"done_today": None, "streak": None, "next_reminder": None, "reminders_wait": False}
        if habit and wall and programs:
            program = programs[self._trainer.chosen]
            about = program.routine.id, program.profile
            found |= {"done_today": habit.done_today(*about), "streak": habit.streak(*about)}
        if habit and wall and reminders and (following := reminders.next(wall, habit.last_done)):
            reminder, at = following
            found["next_reminder"] = {
                "at": at.isoformat(timespec="seconds"),
                "routine": reminder.routine,
                "profile": reminder.profile,
                "level": reminder.level,
            }
        return found | {"reminders_wait": reminders is not None and wall is None}

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

    def _say(self, request: Request) -> Request:
        text = request.get("text")
        if not isinstance(text, str):
            raise PitrainerError('"text" must be a text')
        programs = self._trainer.programs
        program = programs[self._trainer.chosen] if programs else None
        try:
            phrase = Phrase(speakable(text, language_of(program)), language_of(program))
        except ValueError as error:
            raise PitrainerError(f"the text cannot be said: {error}") from None
        if self._trainer.busy:
            raise PitrainerError("a session is running")
        if phrase in self._clips:
            self._clips.use([phrase])
        else:
            # "--text", "-5" would be two options; the routine tells the language.
            self._synthesise(f"--text={phrase.text}", *([program.routine.id] if program else []))
        return self._obey(Order("say", phrase))

    def _synthesise(self, *what: str) -> None:
        if not self._saying.acquire(blocking=False):
            raise PitrainerError("another text is being synthesised")
        try:
            code = self._run([*self._prepare, *what], SAY_PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PitrainerError(f"the text could not be synthesised: {error}") from error
        finally:
            self._saying.release()
        if code:
            raise PitrainerError("the text could not be synthesised; the journal says why")

    @contextmanager
    def _one_doctor(self) -> Iterator[Settings]:
        if self._trainer.busy:
            raise PitrainerError("a session is running; ask again when it is over")
        if not self._examining.acquire(blocking=False):
            raise PitrainerError("another doctor is at work")
        try:
            yield self._settings
        finally:
            self._examining.release()

    def _examine(self, request: Request) -> Request:
        """Check the pins, which are held here, and have a child check the rest: in this process it would make cues late."""
        from ..doctor.pin_checks import examine_pins  # here, for the start that needs no doctor
        from ..doctor.report import Check, as_json, by_child

        quiet = request.get("quiet") is True
        with self._one_doctor() as settings:
            checks = [
                Check("service", "ok", f"running: {self._status.text()}"),
                *examine_pins(settings, self._pins.pins, self._pins.why, quiet=quiet, is_pi=is_pi()),
                *by_child(self._doctor, quiet=quiet),
            ]
        return {"checks": as_json(checks), "button": self._pins.pins is not None and not self._pins.mock}

    def _watch_button(self, _request: Request) -> Request:
        """Wait for a press that starts nothing, and tell how it was."""
        from ..doctor.pin_checks import press, watch
        from ..doctor.report import as_json

        with self._one_doctor() as settings:
            if self._pins.why:
                raise PitrainerError(self._pins.why)
            edges: queue.Queue[Edge] = queue.Queue()
            self._watcher = edges
            try:
                seen = watch(edges)
            finally:
                self._watcher = None
        return {"checks": as_json([press(seen, settings.button.debounce)])}

    def _press(self, request: Request) -> Request:
        hold = request.get("hold_ms")
        if type(hold) is not int or not 0 < hold <= LONGEST_HOLD:
            raise PitrainerError(f'"hold_ms" must be a whole number of milliseconds from 1 to {LONGEST_HOLD}')
        if not self._pins.mock:
            raise PitrainerError("the pins are real: press the button itself")
        self._pins.press(seconds=hold / 1000)
        return {}
