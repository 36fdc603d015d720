"""Builds a running trainer from its parts, and takes it apart again."""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

from .clock import Clock
from .config import Settings, SoundSettings
from .control import Control
from .core.button import ButtonReader
from .core.session import Began, Ended, Held, Paused, Resumed, Started
from .core.trainer import Action, ButtonName, Chosen, Input, Program, Trainer
from .devices.clips import ClipCache
from .devices.gpio import Pins, open_factory
from .devices.speaker import Speaker
from .loop import Outputs, Quit, run
from .state import load_state, save_state

log = logging.getLogger(__name__)


def volume(sound: SoundSettings, now: time) -> int:
    """Return the volume for a time of day: lower in the quiet hours, which may go over midnight, and never above the most."""
    begin, end = time.fromisoformat(sound.quiet_from), time.fromisoformat(sound.quiet_to)
    quiet = begin <= now < end if begin <= end else now >= begin or now < end
    return min(sound.volume, sound.soft_max, sound.quiet_volume if quiet else sound.volume)


class Service:
    """A trainer with all its parts."""

    def __init__(
        self,
        settings: Settings,
        programs: Sequence[Program],
        clips: ClipCache,
        *,
        backend: str,
        tones: bool,
        state: Path | None = None,
        socket: Path | None = None,
        prepare: Sequence[str] = (),
        readers: Sequence[Callable[[Action], None]] = (),
        tap: Callable[[Any], None] | None = None,
    ) -> None:
        """Build everything; nothing runs yet but the devices' threads.

        Args:
            backend: of the pins, see `open_factory`.
            tones: sound the signals through the speaker too.
            state: where the choice of program is kept; None to keep nothing.
            socket: where to listen for `pitrainer press`; None for nowhere.
            prepare: the command that makes missing clips, beside the running trainer; none where they were made before.
            readers: are told every action.
            tap: is given what is played.

        Raises:
            PitrainerError: if a part cannot be had.
        """
        self.clock: Clock[Input | Quit] = Clock()
        self.clips = clips
        self._state_file = state
        self._state = state and load_state(state)
        self._parts = ExitStack()
        pins = settings.pins
        wired: dict[ButtonName, int | None] = {"button": pins.button, "next": pins.next, "back": pins.back}
        numbers = {name: pin for name, pin in wired.items() if pin is not None}
        self.pins = Pins(
            open_factory(backend),
            numbers,
            self.clock.put,
            buzzer=pins.buzzer if settings.buzzer.on_pin else None,
            passive=settings.buzzer.kind == "passive",
            led=pins.led,
        )
        self._parts.callback(self.pins.close)
        try:
            if socket:
                press = (lambda seconds: self.pins.press(seconds=seconds)) if self.pins.mock else None
                self._parts.callback(Control(socket, press).close)
            self.speaker = Speaker(
                clips,
                self.clock.put,
                device=settings.sound.device,
                latency=settings.sound.latency,
                volume=lambda: volume(settings.sound, datetime.now().astimezone().time()),
                tap=tap,
            )
            self._parts.callback(self.speaker.shut)
        except BaseException:
            self.close()
            raise
        self._worker = ThreadPoolExecutor(1, "worker")
        self._parts.callback(self._worker.shutdown)
        # The optional buttons are read even where none is wired: `practice` has keys for them.
        buttons = {
            name: ButtonReader(settings.button.debounce, settings.button.hold, down=name in numbers and self.pins.down(name))
            for name in wired
        }
        chosen = self._state.program if self._state and self._state.program < len(programs) else 0
        self.trainer = Trainer(programs, clips, buttons, chosen=chosen, tip=self._state.tip if self._state else 0)
        self._prepare = prepare
        self.outputs = Outputs(self.speaker, self.pins, [self._note, *readers], tones=tones)

    def run(self) -> None:
        """Run until SIGTERM, SIGINT or a `Quit`; then fall silent and let go of everything."""
        before = {number: signal.signal(number, self._quit) for number in (signal.SIGTERM, signal.SIGINT)}
        # A busy thread (drawing the panel, say) keeps the loop and the sound's callback waiting for 1 ms, not Python's 5.
        sys.setswitchinterval(0.001)
        try:
            self._prepare_missing()
            log.info("ready: press the button")
            log.info("ending: %s", run(self.clock, self.trainer, self.outputs).why)
        finally:
            self.close()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _prepare_missing(self) -> None:
        """Have another process make the clips that are missing; a press meanwhile waits for its own."""
        if not self._prepare or self.clips.preparing or not self.clips.missing(self.trainer.phrases()):
            return
        try:
            process = subprocess.Popen(self._prepare, stdin=subprocess.DEVNULL)
        except OSError as error:
            log.warning("%s: %s; phrases without a clip are not heard", self._prepare[0], error.strerror)
            return
        self.clips.preparing = True
        self._parts.callback(process.terminate)

        def wait() -> None:
            code = process.wait()
            self.clips.preparing = False
            if code:
                log.warning("preparing the voice ended with exit code %d; phrases without a clip are not heard", code)

        threading.Thread(target=wait, name="preparing", daemon=True).start()

    def close(self) -> None:
        """Let go of everything, the last first; what fails in it keeps nothing else from being let go of."""
        self._parts.close()

    def _quit(self, number: int, _frame: object) -> None:
        self.clock.put(Quit(signal.Signals(number).name))

    def _note(self, action: Action) -> None:
        """Write the journal, keep the state, have the clips read before they are needed."""
        match action:
            case Started(_, plan):
                log.info("session begins: %s, %s, %s", plan.title, plan.profile, plan.level)
                self._worker.submit(self.clips.preload, plan.phrases())
            case Began(_, step) if step.kind == "hold":
                log.info("hold: %s%s, %.1f s", step.name, step.position and f", {step.position}", step.length / 1000)
            case Held(_, step, held) if held < step.held + step.length:
                log.info("held %.1f s of %.1f s", held / 1000, (step.held + step.length) / 1000)
            case Paused():
                log.info("paused")
            case Resumed():
                log.info("resumed")
            case Ended(_, completed):
                log.info("session ends: %s", "completed" if completed else "stopped")
                self._worker.submit(self.clips.preload, ())
                # A clip that proved damaged is made again.
                self._worker.submit(self._prepare_missing)
                self._keep(tip=self.trainer.tip)
            case Chosen(_, number):
                program = self.trainer.programs[number]
                log.info("program %d: %s, %s", number + 1, program.routine.title, program.profile)
                self._keep(program=number)

    def _keep(self, **changes: int) -> None:
        if self._state and self._state_file:
            self._state = replace(self._state, **changes)
            # On a thread of its own: an SD card may take a second, and buzzes are waiting.
            self._worker.submit(save_state, self._state_file, self._state)
