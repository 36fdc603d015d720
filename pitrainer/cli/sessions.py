"""`practice` and `run`: the trainer in this process."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from ..config import locate, schema, validation
from ..config.owner import become_owner
from ..core.messages import Began, Command, Ended, Event, Order
from ..core.plan import Say, Step
from ..core.volume import next_volume
from ..errors import BadInput, Problem, VoiceError
from ..service.build import build_service, clips_of, phrases_of
from .common import check_command, doctor_command, load_programs, prepare_command, sound_command, writing

if TYPE_CHECKING:
    from ..audio.clips import ClipCache
    from ..control.kept_log import KeptLog
    from ..core.routine import Program
    from ..service.service import Access

    Found = tuple[schema.Settings, Sequence[Program], Mapping[str, Program], ClipCache]


def practice(options: argparse.Namespace) -> int:
    """Run the trainer on this computer, with a panel or by itself."""
    loaded, programs = load_programs(options)
    auto = options.auto or not (sys.stdin.isatty() and sys.stdout.isatty())
    clips = clips_of(loaded.settings)
    clips.use(phrases_of(loaded, programs, clips))
    state: Path | None = None
    if not options.no_history:
        folder = loaded.settings.own_state_folder(os.environ)
        become_owner(folder)
        state = folder / "practice.json"

    from ..audio.recorder import recording
    from ..clock import monotonic
    from ..control.kept_log import KeptLog
    from ..core.button import SHORTEST
    from ..core.messages import ButtonName, Edge
    from ..core.units import Ms
    from ..service.loop import Quit
    from .panel import View, keyboard, panel

    view, kept = View(), KeptLog()

    def by_itself(event: Event) -> None:
        match event:
            case Began(_, step) if step.own:
                done = Timer(step.length / 1000, press_in, [step])
                done.daemon = True
                done.start()
            case Ended():
                service.clock.put(Quit("the session is over"))

    def press_in(step: Step) -> None:
        """End a set at the person's own pace, unless it was ended or paused meanwhile."""
        if view.status.step is step and view.status.paused_at is None:
            service.pins.press()

    with ExitStack() as stack:
        stack.enter_context(kept.listening())
        tap = None
        if options.record:
            with writing(options.record):
                tap = stack.enter_context(recording(options.record))
        service = build_service(
            loaded.settings,
            programs,
            clips,
            backend="mock",
            tones=loaded.settings.buzzer.kind != "none",
            prepare=prepare_command(options),
            access=_access(locate.find_settings_file(options.config, os.environ), kept),
            readers=[by_itself] if auto else [],
            watch=_narrate if auto else view.watch,
            tap=tap,
            state=state,
        )
        stack.callback(service.close)
        view.status = service.hub.status
        view.buzzing, view.light = lambda: service.pins.buzzing, lambda: service.pins.light

        def handle(key: str) -> None:
            match key:
                case " ":
                    service.pins.press()
                case "h":
                    service.pins.press(seconds=(loaded.settings.button.hold + 200) / 1000)
                case "n" | "b":
                    down = monotonic()
                    name: ButtonName = "next" if key == "n" else "back"
                    service.clock.put(Edge(name, True, down))
                    service.clock.put(Edge(name, False, Ms(down + SHORTEST)))
                case "+" | "-":
                    volume = next_volume(view.status.volume, loaded.settings.sound.soft_max, louder=key == "+")
                    service.clock.put(Order("volume", number=volume))
                case "q":
                    service.clock.put(Quit("q was pressed"))

        if auto:
            service.pins.press()
        else:
            # The panel shows what the journal would say; only what is wrong is written above it.
            logging.getLogger().setLevel(logging.WARNING)
            stack.enter_context(panel(view))
            stack.enter_context(keyboard(handle))
        service.run()
    return 0


def _narrate(command: Command) -> None:
    """Print what is said, where there is no panel."""
    if isinstance(command, Say):
        print(f"  {command.text}", flush=True)


def run(options: argparse.Namespace) -> int:
    """Run the trainer as a service, until it is ended."""
    from ..control.kept_log import KeptLog

    log = KeptLog()
    with log.listening():
        return _run(options, log)


def _run(options: argparse.Namespace, log: "KeptLog") -> int:
    from ..service.service import RELOAD, Appliance, Service

    asked: list[int] = []
    if not os.isatty(0):  # else that is the terminal's end, and the trainer's with it
        # While no trainer runs: each has its own way to hear of it.
        signal.signal(signal.SIGHUP, lambda number, _frame: asked.append(number))
    service: Service | None = None
    file = locate.find_settings_file(options.config, os.environ)  # raises where the one that was asked for is not there
    while True:
        asked.clear()
        problems: Sequence[Problem] = ()
        try:
            file = locate.find_settings_file(options.config, os.environ)  # which may be another one now
            found = _read(options)
        except (BadInput, VoiceError) as error:
            problems = error.problems if isinstance(error, BadInput) else [Problem(str(file), "voice.model", str(error))]
            if not service:  # else it goes on with those of before, as where a reload is refused
                found = _right_in(file)
        settings, programs, reminded, clips = found
        state = settings.state_folder(os.environ)
        become_owner(state)
        service = build_service(
            settings,
            programs,
            clips,
            backend=settings.gpio.backend,
            tones=settings.buzzer.kind == "speaker",
            prepare=prepare_command(options),
            access=_access(file, log),
            appliance=Appliance(
                state=state / "state.json",
                check=check_command(file.absolute()),
                load=lambda: validation.load_usable(locate.find_settings_file(options.config, os.environ), os.environ),
                problems=problems,
                asked=asked,
            ),
            reminded=reminded,
            before=service,
        )
        if service.run() is not RELOAD:
            return 0


def _read(options: argparse.Namespace) -> "Found":
    loaded, programs = load_programs(options)
    return loaded.settings, programs, loaded.reminders, clips_of(loaded.settings)


def _right_in(file: Path) -> "Found":
    """Return what is right in settings with mistakes: a trainer on a shelf stays up without programs, to say so in the room."""
    settings = validation.load_defaults(file, os.environ)
    try:
        clips = clips_of(settings)
    except VoiceError:
        settings = replace(settings, voice=schema.VoiceSettings())
        clips = clips_of(settings)
    return settings, (), {}, clips


def _access(file: Path, log: "KeptLog") -> "Access":
    from ..service.service import Access

    file = file.absolute()
    return Access(locate.runtime_folder(os.environ), doctor_command(file), sound_command(file), log)
