"""A running trainer: its beginning and its end, what it does besides its sessions, what it tells systemd."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ..audio.clips import ClipCache
from ..audio.speaker import Speaker
from ..clock import Clock
from ..config.lasting import forgetting, in_words, journal_forgets
from ..config.validation import Loaded
from ..control.handlers import Requests
from ..control.kept_log import KeptLog
from ..core.languages import LANGUAGES, Phrase
from ..core.messages import (
    Answered,
    Command,
    Ended,
    Event,
    Fault,
    Input,
    Offer,
    Order,
    PlannedAnew,
    Reminded,
    SettingsReloaded,
    Started,
    Today,
    TodayChanged,
    TrainerEnded,
    WaitingForClips,
)
from ..core.phrases import words_of
from ..core.prompts import OFFERED
from ..core.routine import Program
from ..core.text import counted
from ..core.trainer import Trainer
from ..core.units import SECOND, Ms
from ..errors import BadInput, PitrainerError, Problem
from ..gpio.keys import Keys
from ..gpio.pins import RetryingPins
from ..history.habits import KnownHabit
from ..history.store import History
from .ending import Children
from .hub import Hub
from .journal import Journal
from .looking import problems_by_child
from .loop import Outputs, Quit, run
from .preparing import Preparer
from .saved_state import Place, StateKeeper
from .systemd import notify

RELOAD = Quit("the settings have changed")
"""Why a trainer ends that will be rebuilt."""
RETRY = Ms(60 * SECOND)
"""Between two attempts to write what could not be written, and two looks whether somebody has imported sessions."""
TODAY = Ms(5 * SECOND)
"""Between two looks at today, once it is known, where nothing happens: each asks the kernel who has set the clock."""
FROZEN = Ms(400)
"""Without a sign of the loop while the buzzer is on, after which the watchdog kills: silence must come within a second, and
systemd may take 250 ms more, ExecStopPost 250 ms (in the rig). A slow Pi in the night's housekeeping was 190 ms late."""
STRAINED = Ms(2 * SECOND)
"""The same while clips are being made, on all cores, with hardly any memory left: a loop that is late is not frozen. In the
rig, with 512 MB and twice as many processors as the machine has, it was killed for 400 ms, and the press was lost."""
BUILDING = Ms(120 * SECOND)
"""The same from the end of a trainer until the one in its place is ready, as TimeoutStartSec= in the unit: it may have to read
voices of 63 MB each off a slow card."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Appliance:
    """What an unattended trainer needs."""

    state: Path
    """Where the choice of program and a session's place are kept."""
    load: Callable[[], Loaded]
    """Reads settings and routines anew; raises BadInput."""
    problems: Sequence[Problem] = ()
    """What is wrong with them, if anything: there are those of before then, and at the start no programs."""
    check: Sequence[str] = ()
    """The command that does the same in a process of its own, and prints the mistakes."""
    asked: Sequence[int] = ()
    """Each SIGHUP that has come since they were read, and before this trainer runs."""


@dataclass(frozen=True)
class Access:
    """What a trainer needs so that other processes can talk to it."""

    runtime: Path
    """The folder for the control socket."""
    doctor: Sequence[str] = ()
    """The command that checks everything but the pins, and prints what it found."""
    sound: Sequence[str] = ()
    """What begins the command that has a sound card say its number."""
    log: KeptLog = field(default_factory=KeptLog)
    """What was logged last."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a service is made of, as `build.py` puts it together."""

    clock: Clock[Input | Quit]
    clips: ClipCache
    pins: RetryingPins
    speaker: Speaker
    trainer: Trainer
    startable: Sequence[Program]
    """What it may start: its programs, and what reminders begin."""
    phrases: Callable[[], list[Phrase]]
    """Every text that it can say, the chosen program's first."""
    prepare: Sequence[str]
    """The command that makes missing clips, beside the running trainer; empty: nobody does."""
    hub: Hub
    """Takes the events."""
    worker: ThreadPoolExecutor
    """The thread that may wait for the disk."""
    children: Children
    opened: ExitStack
    """Lets go of all of them, the last first."""
    keys: Keys | None
    """The button's input devices, where it has any."""
    reloaded: bool
    """It takes the place of one with other settings."""
    # In a session at a terminal the first is None, the next three where nothing is kept, the last where nobody can ask.
    appliance: Appliance | None
    history: History | None
    habit: KnownHabit | None
    keeper: StateKeeper | None
    requests: Requests | None


class Service:
    """A trainer with all its parts."""

    def __init__(self, parts: Parts, *, tones: bool, watch: Callable[[Command], None]) -> None:
        """Take the parts.

        Args:
            tones: sound the signals through the speaker too.
            watch: is told every command that a device was given.
        """
        self.clock = parts.clock
        self.clips = parts.clips
        self.pins = parts.pins
        self._keys = parts.keys
        self.speaker = parts.speaker
        self.trainer = parts.trainer
        self.hub = parts.hub
        self._startable = parts.startable
        self._worker = parts.worker
        self._children = parts.children
        self._preparer: Preparer | None = None
        if parts.prepare and not (parts.appliance and parts.appliance.problems):
            told = parts.clock.now, self._publish, parts.clock.put, self.hub.status.in_session
            self._preparer = Preparer(parts.prepare, parts.children, parts.clips, parts.phrases, *told)
        self._opened = parts.opened
        self._appliance = parts.appliance
        self._reloaded = parts.reloaded
        self._history = parts.history
        self._habit = parts.habit
        self._keeper = parts.keeper
        self._requests = parts.requests
        self.outputs = Outputs(
            parts.speaker,
            parts.pins,
            self._publish,
            tones=tones,
            answer=self._answer,
            watch=watch,
            buzzing=self._buzzing,
            signalling=self.hub.hold,
            tell_said=parts.requests is not None,
        )
        reminders = self._habit is not None and bool(self.trainer.reminders)
        self.hub.add("journal", Journal(self.trainer.programs, self.clips, reminders=reminders))
        if self._keeper:
            self.hub.add("state", self._keeper.follow)
        if self._history:
            self.hub.add("history", self._history.recorder)
        if self._appliance:
            self.hub.add("systemd", lambda _: self._tell())
        self._ending = False
        self._reload_asked = self._reload_pending = False
        self._retry_at = Ms(0)
        self._today = Today()
        self._today_at = Ms(0)
        """When it is looked at next."""
        self._offered: tuple[Offer, Place] | None = None
        """What was offered at the start, until it is known that it did not break off too long ago."""
        self._told = ""
        if self._appliance and self._appliance.problems:
            # Before anybody is answered: who reads that it is not ready asks for the reasons.
            for action in self.trainer.handle(_mistakes(self._appliance.problems), self.clock.now()):
                self.outputs.perform(action)
        self._tell()

    def run(self) -> Quit:
        """Run until SIGTERM, SIGINT or a `Quit`, which is returned; then fall silent and let go of everything.

        In a terminal SIGHUP ends it, too; a service reads its settings again then.
        """
        handlers = {signal.SIGTERM: self._quit, signal.SIGINT: self._quit, signal.SIGHUP: self._ask_reload}
        if not self._appliance:
            del handlers[signal.SIGHUP]  # the terminal has gone, and the trainer with it
        elif os.isatty(0):
            handlers[signal.SIGHUP] = self._quit  # the same; a service has no terminal
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        if self._appliance and self._appliance.asked:
            self._reload_asked = True
        # A busy thread (drawing the panel, say) keeps the loop and the sound's callback waiting for 1 ms, not Python's 5.
        sys.setswitchinterval(0.001)
        why = Quit("a failure")
        try:
            # What has been built stays. Python's collector would look through all of it now and then: 33 ms on a PC, in which
            # no edge is on time.
            if self._reloaded:
                gc.collect()
            gc.freeze()
            if self._appliance:
                self._begin()
            log.info("ready: press the button" if self.trainer.programs else "not ready: fix the settings, then reload")
            # A press works without clips; but it is planned by the history, which is quick to read, so that comes first.
            self.clips.preparing = self._preparer is not None
            if self._habit:
                self._worker.submit(self._habit.begin)
            self._worker.submit(self._prepare_missing)
            why = run(self.clock, self.trainer, self.outputs, self._beat if self._keeper else None)
        finally:
            self._ending = True
            now = self.clock.now()
            if why is RELOAD:
                _watch(BUILDING)
                self.hub.publish(SettingsReloaded(now))
            self.hub.publish(TrainerEnded(now, why.why))
            if why is not RELOAD:  # systemd would end what is only built anew
                notify("STOPPING=1")
            self.close()
            for number, handler in before.items():
                signal.signal(number, handler)
        return why

    def _begin(self) -> None:
        if self._appliance:
            state = self._appliance.state.parent
            for line in in_words(state, forgetting(state), journal=journal_forgets()):
                log.warning("%s; pitrainer doctor says what to do", line)
        if self.pins.why and not (self._keys and self._keys.names):
            self.clock.put(Order("say", words_of(self._startable[self.trainer.chosen] if self._startable else None).no_pins))
        if (
            self._keeper
            and (place := self._keeper.state.place)
            and (offer := self._broken_off(place, self._keeper.age(place)[0]))
        ):
            self._offered = offer, place
            self.clock.put(offer)
        if self._reloaded:
            _watch()
        notify("READY=1")

    def _broken_off(self, place: Place, age: Ms) -> Offer | None:
        """Return the offer to go on with a session that broke off a short time ago."""
        left = OFFERED - age
        for program in self._startable:
            here = (*program.regimen, program.level) == (place.routine, place.profile, place.person, place.level)
            if here and left > 0:
                plan = self.trainer.plan(program, place)
                steps = plan.steps
                if len(steps) != place.steps or steps[place.step].number != place.exercise:
                    return None  # the routine was edited
                if place.held > steps[place.step].length and not steps[place.step].own:
                    return None
                text = LANGUAGES[program.routine.language].go_on(place.exercise)
                until = Ms(self.clock.now() + left)
                return Offer(text, until, program, place.step, Ms(place.held), plan, silent=self._reloaded)
        return None

    def _prepare_missing(self) -> None:
        """Have another process make the clips that are missing; a press meanwhile waits for its own."""
        if self._preparer:
            self._preparer.begin()

    def close(self) -> None:
        """Let go of everything, the last first; what fails in it keeps nothing else from being let go of."""
        if self._preparer:
            self._preparer.end()
        self._children.end()
        self._opened.close()
        gc.unfreeze()

    def hand_over(self, history: History | None, keeper: StateKeeper) -> None:
        """Give the trainer that takes this one's place what could not be written, as where the disk is full."""
        if history and self._history:
            history.take_over(self._history)
        if self._keeper:
            keeper.take_over(self._keeper)

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
            # Beside a session the check takes up to a minute, in which the worker must be able to write where it is.
            threading.Thread(target=self._reload, name="reload", daemon=True).start()
        if self._reload_pending and self.trainer.at_rest(now):  # what is said just then would be lost
            self.clock.put(RELOAD)
        if self._keeper and now >= self._retry_at:
            self._retry_at = Ms(now + RETRY)
            self._keeper.retry()
            if self._history:
                self._history.retry()
            if self._preparer:
                self._worker.submit(self._preparer.look)
        self._keep_reminders()
        self._look_at_today(now)
        self._look_at_offer(now)

    def _look_at_today(self, now: Ms) -> None:
        """Tell what is new of today: the history was written, or a reminder was due, or midnight has passed."""
        if not self._habit or self.trainer.busy or now < self._today_at:
            return
        program = self.trainer.programs[self.trainer.chosen] if self.trainer.programs else None
        today = self._habit.today(program, self.trainer.reminders)
        if today.done is not None:
            self._today_at = Ms(now + TODAY)
        if today != self._today:
            self._today = today
            self.hub.publish(TodayChanged(now, today))

    def _look_at_offer(self, now: Ms) -> None:
        """Once the clock is right, which may have been hours behind at the start, end the offer where it comes too late."""
        if not self._offered or not self._keeper or not self._habit or self.trainer.busy or not self._habit.wall():
            return
        (offer, place), self._offered = self._offered, None
        age, known = self._keeper.age(place)
        if known and age > OFFERED:
            for action in self.trainer.withdraw(offer, now):
                self.outputs.perform(action)

    def _keep_reminders(self) -> None:
        if self._keeper and self.trainer.reminders:
            remembered = self.trainer.reminders.remembered()
            if remembered != self._keeper.state.reminders:
                self._keeper.keep(reminders=remembered)

    def _buzzing(self, on: bool) -> None:
        """Have systemd look sooner while the buzzer is on: should this process freeze just then, it is killed, and silenced."""
        _watch((STRAINED if self.clips.preparing else FROZEN) if on else None)

    def _publish(self, event: Event) -> None:
        """Do what an event asks for at once, and have everybody told."""
        self._today_at = Ms(0)
        match event:
            case Started(_, plan) | PlannedAnew(_, plan):
                self._worker.submit(self.clips.preload, plan.phrases())
            case WaitingForClips(_, _, missing) if self._preparer:
                self._preparer.first(missing)
            case Ended():
                self._worker.submit(self.clips.preload, ())
                # A clip that proved damaged is made again.
                self._worker.submit(self._prepare_missing)
            case Reminded():
                self._keep_reminders()
        self.hub.publish(event)

    def _answer(self, answer: Answered) -> None:
        if self._requests:
            self._requests.answered(answer)

    # on threads of their own

    def _tell(self) -> None:
        """Tell systemd what is going on, if that has changed."""
        text = self.hub.status.text()
        if text != self._told:
            self._told = text
            notify(f"STATUS={text}")

    def reload(self) -> str:
        """Take over what settings and routines say now, after the session if one runs; return why not, where it never does.

        Raises:
            BadInput: with every mistake in them; then nothing changes, also where an earlier change was to be taken over.
            PitrainerError: if they could not be checked; the same.
        """
        if not self._appliance:
            return "practice keeps the settings that it began with; restart it to apply the change"
        self._reload_pending = False
        if self.hub.status.busy and self._appliance.check:
            if problems := problems_by_child(self._appliance.check):
                raise BadInput(problems)
        else:
            self._appliance.load()
        self.clock.put(_mistakes(()))
        log.info("the settings are right; they apply %s", "after the session" if self.hub.status.busy else "now")
        self._reload_pending = True
        return ""

    def _reload(self) -> None:
        try:
            self.reload()
        except BadInput as error:
            self.clock.put(_mistakes(error.problems))
        except PitrainerError as error:
            log.warning("%s; still using the previous settings", error)
        notify("READY=1")


def _watch(patience: Ms | None = None) -> None:
    """Have systemd wait so long for a sign of the loop, from now on; None is as its unit says."""
    if usual := os.environ.get("WATCHDOG_USEC"):
        notify(f"WATCHDOG_USEC={usual if patience is None else patience * 1000}")


def _mistakes(problems: Sequence[Problem]) -> Fault:
    """Return the fault that settings or routines on the disk have, if they have any; warnings do not count."""
    found = tuple(str(problem) for problem in problems if not problem.warning)
    return Fault("settings", f"{counted(len(found), 'mistake')} in the settings" if found else "", found)
