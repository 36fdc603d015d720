"""`preview`: plays a plan through this computer's speaker, from any exercise, without a button."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import Empty, Queue
from typing import TYPE_CHECKING

from ..config.schema import Settings
from ..core.announcer import PRIME
from ..core.messages import Began, Fault, Sound
from ..core.plan import Buzz, Plan, Say
from ..core.progression import always
from ..core.session import Session
from ..core.text import listed, nearest, printable, shown
from ..core.units import Ms, clock_text
from ..errors import PitrainerError
from ..service.build import clips_of
from .common import audible_volume, load_programs, prepared
from .plans import planned

if TYPE_CHECKING:
    from ..audio.clips import ClipCache
    from ..audio.speaker import Speaker

PATIENCE = 10.0
"""Seconds for the device to open: PulseAudio alone takes up to 2."""


def preview(options: argparse.Namespace) -> int:
    """Play a plan, after the clips that are missing were made."""
    loaded, programs = load_programs(options)
    if options.exercise:  # it may be one that joins later, or on another day
        programs = tuple(replace(program, routine=always(program.routine)) for program in programs)
    # Before anything is synthesised: the name may be wrong.
    place = place_of(planned(options, loaded, programs[0], clips_of(loaded.settings)), options.exercise)
    clips = prepared(options, loaded, programs)
    plan = planned(options, loaded, programs[0], clips)
    clips.preload(plan.phrases())
    answers: Queue[Sound] = Queue()
    with _speaker(clips, loaded.settings, answers) as speaker:
        _play(plan, place, speaker, answers)
    return 0


def place_of(plan: Plan, exercise: str | None) -> int:
    """Return the step that an exercise begins with, by its number, id or name; the first where none is named.

    Raises:
        PitrainerError: if the plan has none of that name.
    """
    if exercise is None:
        return 0
    wanted = exercise.casefold()
    for step in plan.steps:
        if step.number and wanted in (str(step.number), step.exercise, step.name.casefold()):
            return step.index
    there = list(dict.fromkeys(step.exercise for step in plan.steps if step.number))
    raise PitrainerError(
        f"{plan.routine} has no exercise {shown(exercise)}{nearest(exercise, there)}; there are: {listed(there)}"
    )


@contextmanager
def _speaker(clips: "ClipCache", settings: Settings, answers: "Queue[Sound]") -> "Iterator[Speaker]":
    """Lend the speaker, which tells of itself in `answers`."""
    from ..audio.speaker import Speaker

    def put(what: Sound | Fault) -> None:
        if isinstance(what, Sound):
            answers.put(what)

    sound = settings.sound
    speaker = Speaker(clips, put, device=sound.device, latency=sound.latency, volume=audible_volume(settings))
    try:
        yield speaker
    finally:
        speaker.shut()


def _play(plan: Plan, place: int, speaker: "Speaker", answers: "Queue[Sound]") -> None:
    """Play from a step on, and print what is said, with its time in the plan. A sound that vanishes is logged by the speaker.

    Raises:
        PitrainerError: if there is no sound.
    """
    from ..clock import monotonic
    from .panel import step_words

    speaker.open()
    try:
        answer = answers.get(timeout=PATIENCE)
    except Empty:
        raise PitrainerError(f"no sound: the device did not answer within {PATIENCE:.0f} s") from None
    if not answer.ready:
        raise PitrainerError(answer.why)
    begin = Ms(monotonic() + PRIME)
    zero = begin - plan.steps[place].start
    # Nobody presses: a set at their own pace lasts as long as the plan guesses.
    timed = replace(plan, steps=tuple(replace(step, own=False) for step in plan.steps))
    session = Session(timed, begin, place=place)
    while (due := session.deadline()) is not None:
        time.sleep(max(0, due - monotonic()) / 1000)
        for action in session.handle(None, monotonic()):
            match action:
                case Say():
                    speaker.say(action.phrase, action.at)
                    print(printable(f"{clock_text(Ms(action.at - zero)):>6}    {action.text}"), flush=True)
                case Buzz():
                    speaker.tone(action.signal, action.at)
                case Began(at, step):
                    print(printable(f"{clock_text(Ms(at - zero)):>6}  {step_words(step)}"), flush=True)
    time.sleep(PRIME / 1000)  # what was played last is still on its way
