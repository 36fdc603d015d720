"""A running trainer: its beginning and its end, its journal, what it keeps, what it tells systemd."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..audio.clips import ClipCache
from ..audio.speaker import Speaker
from ..clock import Clock
from ..config.validation import Loaded
from ..control.handlers import Requests
from ..control.status import Status
from ..core.languages import LANGUAGES, Phrase
from ..core.messages import (
    Action,
    Answered,
    Began,
    Chosen,
    Ended,
    Held,
    Input,
    Offer,
    Order,
    Paused,
    Reminded,
    Repeatable,
    Resumed,
    Started,
)
from ..core.phrases import words_of
from ..core.reminders import Announced, Closed, PutOff, Report
from ..core.routine import Program
from ..core.trainer import OFFERED, Trainer
from ..core.units import SECOND, Ms
from ..errors import BadInput, Problem
from ..gpio.pins import KeptPins
from ..history.habits import KnownHabit
from ..history.store import History
from ..wallclock import WallClock
from .ending import Children
from .loop import Outputs, Quit, run
from .saved_state import Place, StateKeeper
from .systemd import notify

RELOAD = Quit("the settings have changed")
"""Why a trainer ends that is to be built anew."""
RETRY = Ms(60 * SECOND)
"""Between two attempts to write what could not be written."""
FROZEN = Ms(400)
"""Without a sign of the loop while the buzzer is on, after which the watchdog kills: silence must come within a second, and
systemd may take 250 ms more, ExecStopPost 250 ms (in the rig). A slow Pi in the night's housekeeping was 190 ms late."""

log = logging.getLogger(__name__)


def _in_words(report: Report) -> str:
    """Return what became of a reminder, for the journal."""
    about = f"reminder {report.reminder.key}"
    match report:
        case Announced(_, number):
            return f"{about}: said" + (f", time {number}" if number > 1 else "")
        case PutOff():
            return f"{about}: put off"
        case Closed(_, days, why):
            of = f" of {days[0]}" if len(days) == 1 else f" of {len(days)} days, {days[0]} to {days[-1]}" if days else ""
            return f"{about}{of}: {why}"


@dataclass(frozen=True)
class Appliance:
    """What a trainer needs that runs for years, rather than for one session at a terminal."""

    state: Path
    """Where the choice of program and a session's place are kept."""
    runtime: Path
    """The folder for the control socket."""
    prepare: Sequence[str]
    """The command that makes missing clips, beside the running trainer."""
    load: Callable[[], Loaded]
    """Reads settings and routines anew; raises BadInput."""
    problems: Sequence[Problem] = ()
    """What was wrong with them at the start, if anything: there are no programs then."""
    doctor: Sequence[str] = ()
    """The command that checks everything but the pins, and prints what it found."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a service is made of, as `build.py` puts it together."""

    clock: Clock[Input | Quit]
    clips: ClipCache
    pins: KeptPins
    speaker: Speaker
    trainer: Trainer
    startable: Sequence[Program]
    """What it may start: its programs, and what reminders begin."""
    phrases: Callable[[], list[Phrase]]
    """Every text that it can say, the chosen program's first."""
    status: Status
    wall: WallClock
    worker: ThreadPoolExecutor
    """The thread that may wait for the disk."""
    children: Children
    opened: ExitStack
    """Lets go of all of them, the last first."""
    # What follows is None for a session at a terminal.
    appliance: Appliance | None
    history: History | None
    habit: KnownHabit | None
    keeper: StateKeeper | None
    requests: Requests | None


class Service:
    """A trainer with all its parts."""

    def __init__(self, parts: Parts, readers: Sequence[Callable[[Action], None]], *, tones: bool) -> None:
        """Take the parts.

        Args:
            readers: are told every action, after the service's own.
            tones: sound the signals through the speaker too.
        """
        self.clock = parts.clock
        self.clips = parts.clips
        self.pins = parts.pins
        self.speaker = parts.speaker
        self.trainer = parts.trainer
        self.status = parts.status
        self._startable = parts.startable
        self._phrases = parts.phrases
        self._wall = parts.wall
        self._worker = parts.worker
        self._children = parts.children
        self._opened = parts.opened
        self._appliance = parts.appliance
        self._history = parts.history
        self._habit = parts.habit
        self._keeper = parts.keeper
        self._requests = parts.requests
        recorders = [parts.history.recorder] if parts.history else []
        self.outputs = Outputs(
            parts.speaker,
            parts.pins,
            [parts.status, *recorders, self._note, *readers],
            tones=tones,
            buzzing=self._buzzing,
        )
        self._ending = False
        self._reload_asked = self._reload_pending = False
        self._mistakes = [str(problem) for problem in parts.appliance.problems] if parts.appliance else []
        """What is wrong with the settings on the disk."""
        self._retry_at = Ms(0)
        self._clock_told: Literal["", "waiting", "right"] = ""
        self._told = ""
        self._tell()

    def run(self) -> Quit:
        """Run until SIGTERM, SIGINT or a `Quit`, which is returned; then fall silent and let go of everything."""
        handlers = {signal.SIGTERM: self._quit, signal.SIGINT: self._quit, signal.SIGHUP: self._ask_reload}
        if not self._appliance:
            del handlers[signal.SIGHUP]  # the terminal has gone, and the trainer with it
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        # A busy thread (drawing the panel, say) keeps the loop and the sound's callback waiting for 1 ms, not Python's 5.
        sys.setswitchinterval(0.001)
        why = Quit("a failure")
        try:
            if self._appliance:
                self._begin()
            log.info("ready: press the button" if self.trainer.programs else "not ready: mend the settings, then reload")
            if self._history:
                # A press works without them.
                self._worker.submit(self._prepare_missing)
                self._worker.submit(self._history.flush)
            why = run(self.clock, self.trainer, self.outputs, self._beat if self._appliance else None)
            log.info("ending: %s", why.why)
        finally:
            self._ending = True
            if why is not RELOAD:  # systemd would end what is only built anew
                notify("STOPPING=1")
            self.close()
            for number, handler in before.items():
                signal.signal(number, handler)
        return why

    def _begin(self) -> None:
        for mistake in self._mistakes:
            log.error("%s", mistake)
        if self.pins.why:
            self.clock.put(Order("say", words_of(self._startable[self.trainer.chosen] if self._startable else None).no_pins))
        elif offer := self._broken_off():
            self.clock.put(offer)
        notify("READY=1")

    def _broken_off(self) -> Offer | None:
        """Return the offer to go on with a session that broke off a short time ago."""
        place = self._keeper.state.place if self._keeper else None
        if not place:
            return None
        # A Pi without a battery clock is behind after a power cut: an age below nothing is none.
        left = min(OFFERED, OFFERED - round((time.time() - place.at) * 1000))
        for program in self._startable:
            if (program.routine.id, program.profile, program.level) == (place.routine, place.profile, place.level) and left > 0:
                steps = self.trainer.plan(program).steps
                if len(steps) != place.steps or steps[place.step].number != place.exercise:
                    return None  # the routine was edited
                if place.held > steps[place.step].length:
                    return None
                log.info("a session broke off in step %d; a press goes on with it", place.step)
                text = LANGUAGES[program.routine.language].go_on(place.exercise)
                return Offer(text, Ms(self.clock.now() + left), program, place.step, Ms(place.held))
        return None

    def _prepare_missing(self) -> None:
        """Have another process make the clips that are missing; a press meanwhile waits for its own."""
        if not self._appliance or self._appliance.problems or self._ending:
            return
        if self.clips.preparing or not self.clips.missing(self._phrases()):
            return
        command = self._appliance.prepare
        self.clips.preparing = True

        def prepare() -> None:
            why = ""
            try:
                if code := self._children.run(command):
                    why = f"preparing the voice ended with exit code {code}"
            except OSError as error:
                why = f"{command[0]}: {error.strerror}"
            self.clips.preparing = False
            if why and not self._ending:
                log.warning("%s; phrases without a clip are not heard", why)

        threading.Thread(target=prepare, name="preparing", daemon=True).start()

    def close(self) -> None:
        """Let go of everything, the last first; what fails in it keeps nothing else from being let go of."""
        self._children.end()
        self._opened.close()

    # on the main thread, between any two of its instructions

    def _quit(self, number: int, _frame: object) -> None:
        self._ending = True
        self.clock.put(Quit(signal.Signals(number).name))

    def _ask_reload(self, _number: int, _frame: object) -> None:
        self._reload_asked = True

    # on the loop

    def _beat(self, now: Ms) -> None:
        """Once a second: feed the watchdog if all is well, and do what has no moment of its own."""
        pins = self.pins.pins
        if pins:
            pins.watch(now)
        if self.speaker.alive() and (not pins or pins.alive()):
            notify("WATCHDOG=1")
        if self._reload_asked:
            self._reload_asked = False
            notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
            self._worker.submit(self._reload)
        if self._reload_pending and not self.trainer.busy:
            self.clock.put(RELOAD)
        if self._keeper and now >= self._retry_at:
            self._retry_at = Ms(now + RETRY)
            self._keeper.retry()
            if self._history:
                self._history.retry()
        self._tell_clock()
        self._keep_reminders()
        self._tell()

    def _tell_clock(self) -> None:
        """Have the journal say that reminders wait for the clock, and when they do no more."""
        if not self.trainer.reminders or not self._habit or not self._requests or self._clock_told == "right":
            return
        if self._habit.wall():
            self._clock_told = "right"
            following = self._requests.habits()["next_reminder"]
            log.info("the clock is right; the next reminder is at %s", following["at"] if following else "no time")
        elif not self._clock_told and not self._wall.trusted():
            self._clock_told = "waiting"
            log.info("reminders wait until the clock is set, from the network or by one with a battery")

    def _keep_reminders(self) -> None:
        if self._keeper and self.trainer.reminders:
            remembered = self.trainer.reminders.remembered()
            if remembered != self._keeper.state.reminders:
                self._keeper.keep(reminders=remembered)

    def _tell(self) -> None:
        """Tell systemd what is going on, if that has changed."""
        mistakes = f"{len(self._mistakes)} mistakes in the settings" if self._mistakes else ""
        faults = {"settings": mistakes, "pins": self.pins.why, "sound": self.speaker.wrong}
        self.status.faults = {name: why for name, why in faults.items() if why}
        self.status.mistakes = self._mistakes
        text = self.status.text()
        if text != self._told:
            self._told = text
            notify(f"STATUS={text}")

    def _buzzing(self, on: bool) -> None:
        """Have systemd look sooner while the buzzer is on: should this process freeze just then, it is killed, and silenced."""
        if usual := os.environ.get("WATCHDOG_USEC"):
            notify(f"WATCHDOG_USEC={FROZEN * 1000 if on else usual}")

    def _note(self, action: Action) -> None:
        """Write the journal, keep the state, have the clips read before they are needed."""
        match action:
            case Started(_, plan):
                log.info("session begins: %s, %s, %s", plan.title, plan.profile, plan.level)
                if missing := self.clips.missing(plan.phrases()):
                    log.warning("there is no clip of: %s", " | ".join(phrase.text for phrase in missing))
                self._plan = plan
                self._worker.submit(self.clips.preload, plan.phrases())
            case Began(_, step):
                if step.kind == "hold":
                    log.info("hold: %s%s, %.1f s", step.name, step.position and f", {step.position}", step.length / 1000)
                self._keep_place(step.index, step.number, step.held)
                self._tell()
            case Held(_, step, held) if held < step.held + step.length:
                log.info("held %.1f s of %.1f s", held / 1000, (step.held + step.length) / 1000)
                self._keep_place(step.index, step.number, held)
            case Paused():
                log.info("paused")
                self._tell()
            case Resumed():
                log.info("resumed")
                self._tell()
            case Ended(_, completed):
                log.info("session ends: %s", "completed" if completed else "stopped")
                self._worker.submit(self.clips.preload, ())
                # A clip that proved damaged is made again.
                self._worker.submit(self._prepare_missing)
                if self._keeper and not self.trainer.finished:
                    self._keeper.keep(tip=self.trainer.tip, place=None)
                self._tell()
            case Chosen(_, number):
                program = self.trainer.programs[number]
                log.info("program %d: %s, %s", number + 1, program.routine.title, program.profile)
                if self._keeper:
                    self._keeper.keep(program=number)
                self._tell()
            case Reminded(_, report):
                log.info("%s", _in_words(report))
                self._keep_reminders()
            case Repeatable(_, offer):
                log.info("offered once more: %s", offer.program.routine.exercises[0].name)
            case Answered() if self._requests:
                self._requests.answered(action)

    def _keep_place(self, step: int, exercise: int, held: Ms) -> None:
        if self._keeper:
            plan = self._plan
            place = Place(plan.routine, plan.profile, plan.level, len(plan.steps), step, exercise, held, time.time())
            self._keeper.keep(place=place)

    # on threads of their own

    def _reload(self) -> None:
        assert self._appliance
        try:
            self._appliance.load()
        except BadInput as error:
            self._mistakes = [str(problem) for problem in error.problems]
        else:
            self._mistakes = []
        self._tell()  # before the journal has it: who reads that there asks for the status
        for mistake in self._mistakes:
            log.error("%s", mistake)
        if self._mistakes:
            log.error("not reloaded: going on with the settings of before")
        else:
            log.info("the settings are right: taken over%s", " after the session" if self.trainer.busy else "")
            self._reload_pending = True
        notify("READY=1")
