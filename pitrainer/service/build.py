"""The composition root: builds from settings what a trainer is made of, for everybody who needs one, or a part of it.

Each function imports what it builds: who needs the clips alone waits neither for gpiozero nor for SQLite.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..clock import Clock
from ..config.owner import become_owner
from ..config.quiet import volume_at
from ..config.schema import Settings, wired
from ..config.validation import Loaded
from ..core.button import SPARK, ButtonReader
from ..core.languages import Phrase
from ..core.learned import NOTHING, Learned
from ..core.messages import ButtonName, Command, Edge, Event, Input, SoundCardChosen
from ..core.pairing import DIGITS
from ..core.phrases import all_phrases, whose
from ..core.plan import Plan
from ..core.planner import make_plan
from ..core.routine import Program
from ..errors import PitrainerError
from ..files import replacing
from ..wallclock import WallClock
from .ending import Children

if TYPE_CHECKING:
    from ..audio.clips import ClipCache
    from ..gpio.keys import Keys
    from ..gpio.pins import Pins
    from ..voice.synthesis import Speech
    from .service import Access, Appliance, Service

log = logging.getLogger(__name__)


# what is said


def speech_of(settings: Settings) -> "Speech":
    """Return how the voice speaks."""
    from ..voice.synthesis import Speech

    return Speech(settings.voice.speed / 100, settings.voice.pause, settings.voice.clarity)


def voice_parts_of(settings: Settings) -> dict[str, str | int | float]:
    """Return all that the clips of the usual voice depend on, besides their texts."""
    from ..voice.synthesis import voice_parts

    return voice_parts(settings.voice.model, speech_of(settings))


def clips_of(settings: Settings) -> "ClipCache":
    """Return the clips of the voices that the settings choose.

    Raises:
        VoiceError: if there is no such voice.
    """
    from ..audio.clips import ClipCache
    from ..voice.synthesis import voice_key

    folder = settings.cache_folder(os.environ)
    become_owner(folder)
    speech = speech_of(settings)
    voices = {language: voice_key(model, speech) for language, model in settings.voice.models.items()}
    return ClipCache(folder, voice_key(settings.voice.model, speech), voices)


def plan_of(
    program: Program,
    clips: "ClipCache",
    learned: Learned = NOTHING,
    *,
    weekday: int | None = None,
    startable: Sequence[Program] = (),
) -> Plan:
    """Plan a session of a program with the clips that are there, as for somebody who has learned so much of it.

    Args:
        program: which.
        clips: the spoken clips.
        learned: what need not be explained.
        weekday: 0 is Monday; None for every day's exercises.
        startable: what may be started: where they hold a routine several times, it is said whose it is.
    """
    said = whose(program, startable)
    about = program.routine, program.profile, program.level
    plan = make_plan(*about, clips.length, learned=learned, weekday=weekday, whose=said)
    return replace(plan, person=program.person)


def phrases_of(loaded: Loaded, programs: Sequence[Program], clips: "ClipCache") -> list[Phrase]:
    """Return everything that a trainer with these programs can say."""
    return _phrases(loaded.settings, programs, loaded.reminders.values(), clips, among=loaded.programs)


def _phrases(
    settings: Settings,
    programs: Sequence[Program],
    reminded: Iterable[Program],
    clips: "ClipCache",
    *,
    among: Sequence[Program] = (),
) -> list[Phrase]:
    return all_phrases(
        programs,
        clips.length,
        reminded=reminded,
        put_off_by=settings.reminders.later,
        status=settings.coaching.status,
        among=among,
    )


# who says it


def build_service(
    settings: Settings,
    programs: Sequence[Program],
    clips: "ClipCache",
    *,
    backend: str,
    tones: bool,
    prepare: Sequence[str] = (),
    access: "Access | None" = None,
    appliance: "Appliance | None" = None,
    state: Path | None = None,
    reminded: Mapping[str, Program] | None = None,
    readers: Sequence[Callable[[Event], None]] = (),
    watch: Callable[[Command], None] = lambda _: None,
    tap: Callable[[Any, int], None] | None = None,
    before: "Service | None" = None,
) -> "Service":
    """Build a trainer with all its parts; nothing runs yet but the devices' threads.

    Args:
        settings: what is right in them, where not all is.
        programs: what long presses go through.
        clips: the spoken clips.
        backend: of the pins, see `open_factory`.
        tones: sound the signals through the speaker too.
        prepare: the command that makes missing clips, beside the running trainer; empty: nobody does.
        access: lets other processes talk to it; a session at a terminal goes on without it.
        appliance: what an unattended service needs as well; None for a session at a terminal.
        state: for that, where volume and choices are kept, with the history beside it; None where nothing is.
        reminded: what each reminder of the settings starts, by its key.
        readers: are told every event, each on a thread of its own.
        watch: is told every command that a device is given, on the loop's thread: it must return at once.
        tap: is given what is played, and its rate in Hz.
        before: the trainer that has ended because the settings have changed; this one takes its place.

    Raises:
        PitrainerError: if a part cannot be had.
    """
    from ..audio.speaker import Speaker
    from ..control.events import Events
    from ..control.handlers import Requests
    from ..control.protocol import Handler, Stream, socket_file
    from ..control.server import Control
    from ..control.status import Status
    from ..control.upkeep import Upkeep
    from ..core.planning import Planning
    from ..core.trainer import Trainer
    from ..gpio.pins import RetryingPins
    from ..history.habits import KnownHabit, make_reminders
    from ..history.store import History
    from .hub import Hub
    from .loop import Quit
    from .preparing import make_clips
    from .saved_state import State, StateKeeper
    from .service import Parts, Service

    reminded = reminded or {}
    startable = [*programs, *reminded.values()]
    clock: Clock[Input | Quit] = Clock()
    wall = WallClock()
    history: History | None = None
    habit: KnownHabit | None = None
    control: Control | None = None
    keeper: StateKeeper | None = None
    requests: Requests | None = None
    handlers: dict[str, Handler] = {}
    streams: dict[str, Stream] = {}

    with ExitStack() as on_failure:
        parts = on_failure.enter_context(ExitStack())
        # While PortAudio starts, number 2 itself is /dev/null, and a child begun just then would write there.
        journal = os.dup(2)
        parts.callback(os.close, journal)
        children = Children(journal)
        worker = ThreadPoolExecutor(1, "worker")
        state = appliance.state if appliance else state
        if state:
            routines = [program.routine for program in startable]
            history = History(
                state.with_name("history.db"),
                settings.history.done,
                routines,
                full_again=settings.coaching.full_again,
                pain_most=settings.coaching.pain_most,
                submit=worker.submit,
                wall=wall,
            )
            parts.callback(history.close)
            habit = KnownHabit(settings, history, wall, worker.submit)
        parts.callback(worker.shutdown)
        if access:
            # Before state and pins: it refuses where another trainer runs already.
            try:
                control = Control(socket_file(access.runtime), handlers, streams)
            except PitrainerError as error:
                if appliance:
                    raise
                log.info("%s; no page and no other command reaches this session", error)
            else:
                parts.callback(control.close)
        if state:
            keeper = StateKeeper(state, worker.submit, settings.sound.volume, programs, wall)
            if before:
                before.hand_over(history, keeper)
            if appliance:
                wall.remember(keeper.state.clock, lambda memory: keeper.keep(clock=memory))
        kept = keeper.state if keeper else State()
        volume = min(kept.volume_after(settings.sound.volume), settings.sound.soft_max)
        pins = RetryingPins(lambda: _take_pins(settings, backend, clock.flood, access), clock.put)
        parts.callback(pins.close)
        if before:
            pins.take_over(before.pins)
        keys = _keys(settings, clock.flood)
        if keys:
            parts.callback(keys.close)
        reminders = None
        if appliance and habit and reminded:
            on = kept.reminders_on
            reminders = make_reminders(settings, kept.reminders, on=on, reminded=reminded, learned=habit.learned)
        trainer = Trainer(
            programs,
            clips,
            _buttons(settings, pins.pins),
            chosen=kept.chosen_among(programs),
            planning=Planning(clips, habit, startable, pain_stop=settings.coaching.pain_stop),
            double=settings.button.double,
            volume=volume,
            soft_max=settings.sound.soft_max,
            tip=kept.tip,
            status=settings.coaching.status,
            habit=habit,
            reminders=reminders,
            reminded=reminded,
            # Whether there is a page: it is installed with the program, or not.
            draw=_draw_code if control and find_spec("starlette") else None,
        )
        if before:
            trainer.take_over(before.trainer)
        status = Status(programs, trainer.chosen, volume=volume, reminders_on=kept.reminders_on)
        hub = Hub(status)
        parts.callback(hub.close)
        for reader in readers:
            hub.add("a reader", reader)
        speaker = Speaker(
            clips,
            clock.put,
            device=settings.sound.device,
            before=before.speaker.card if before else None,
            keep_open=settings.sound.keep_open,
            latency=settings.sound.latency,
            volume=volume,
            limit=lambda volume, softly: volume_at(wall.now().time(), settings.sound, volume, softly=softly),
            tap=tap,
            tell_card=lambda card: hub.publish(SoundCardChosen(clock.now(), card)),
        )
        parts.callback(speaker.shut)
        if access and control:
            requests = Requests(
                settings,
                programs,
                clock.put,
                clips=clips,
                pins=pins,
                wall=wall,
                keys=keys,
                status=status,
                make=lambda phrases, patience: make_clips(prepare, children, phrases, patience=patience),
                doctor=access.doctor,
                sound=access.sound,
                lent=speaker.lent,
            )
            handlers |= requests.handlers()
            handlers |= Upkeep(settings, wall, status, access.log, lambda: service.reload(), lambda: speaker.card).handlers()
            streams["events"] = Events(hub.subscribe, hub.unsubscribe).lines

        def phrases() -> list[Phrase]:
            first = trainer.chosen  # once: the loop may change it meanwhile
            return _phrases(settings, [*programs[first:], *programs[:first]], reminded.values(), clips)

        service = Service(
            Parts(
                clock=clock,
                clips=clips,
                pins=pins,
                speaker=speaker,
                trainer=trainer,
                startable=startable,
                phrases=phrases,
                prepare=prepare,
                hub=hub,
                worker=worker,
                children=children,
                opened=parts,
                keys=keys,
                appliance=appliance,
                reloaded=before is not None,
                history=history,
                habit=habit,
                keeper=keeper,
                requests=requests,
            ),
            tones=tones,
            watch=watch,
        )
        if control:
            control.serve()
        on_failure.pop_all()  # it is the service's now to let go of them
        return service


def pins_of(settings: Settings, put: Callable[[Edge], None], backend: str = "") -> "Pins":
    """Take the pins of the settings; `backend` is another one than theirs.

    Raises:
        PinsError: if they cannot be had.
    """
    from ..gpio.pins import take_pins

    buzzer = settings.buzzer
    parts, debounce = wired(settings.pins, buzzer), settings.button.debounce
    return take_pins(backend or settings.gpio.backend, parts, put, passive=buzzer.kind == "passive", debounce=debounce)


def _take_pins(settings: Settings, backend: str, put: Callable[[Edge], None], access: "Access | None") -> "Pins":
    from ..gpio.buzzer_off import BUZZER_FILE

    pins = pins_of(settings, put, backend)
    if access and (line := pins.chip_line()):
        # For the unit's ExecStopPost, which drives the buzzer low after this process, however it ended.
        file = access.runtime / BUZZER_FILE
        try:
            with replacing(file) as part:
                part.write(" ".join(map(str, line)).encode())
        except OSError as error:
            log.warning("%s: cannot be written (%s); after a crash the buzzer may sound on", file, error.strerror)
    return pins


def _draw_code() -> str:
    from secrets import randbelow

    return f"{randbelow(10**DIGITS):0{DIGITS}}"


def _keys(settings: Settings, put: Callable[[Edge], None]) -> "Keys | None":
    from ..gpio.keys import Keys

    return Keys(settings.button.input, put, settings.button.keys) if settings.button.input else None


def _buttons(settings: Settings, pins: "Pins | None") -> dict[ButtonName, ButtonReader]:
    """Return what reads each button, wired or not: `practice` has keys for those that are not."""
    names: tuple[ButtonName, ...] = ("button", "next", "back")
    down = {name for name in names if pins and name in pins.buttons and pins.down(name)}
    button = settings.button
    return {
        name: ButtonReader(button.debounce, button.hold, double=button.double, spark=SPARK, down=name in down) for name in names
    }
