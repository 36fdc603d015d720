"""`show` and `render`: a session before anybody does it."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..config.validation import Loaded
from ..core.languages import Phrase
from ..core.learned import NOTHING, Learned
from ..core.phrases import all_known
from ..core.plan import Buzz, Cue, Plan, Say
from ..core.progression import always
from ..core.routine import Exercise, Program, Routine, alone
from ..core.text import counted, printable
from ..core.units import SECOND, Ms, clock_text
from ..errors import PitrainerError
from ..service.build import clips_of, plan_of
from .common import load_programs, prepare_these, prepared, print_json, writing

if TYPE_CHECKING:
    from ..audio.clips import ClipCache


def show(options: argparse.Namespace) -> int:
    """Print a routine's plan."""
    loaded, programs = load_programs(options)
    clips = clips_of(loaded.settings)
    routine = programs[0].routine
    plan = planned(options, loaded, programs[0], clips)
    if options.json:
        print_json(_as_json(plan, routine))
    else:
        from .tables import print_plan

        print_plan(plan, routine, len(clips.missing(plan.phrases())))
    return 0


def planned(options: argparse.Namespace, loaded: Loaded, program: Program, clips: "ClipCache") -> Plan:
    """Plan the session that the options ask for: a first one, or as after many, or what a person would hear today."""
    learned, weekday = NOTHING, None
    if options.sessions or options.known:
        learned = _as_if(program, options, loaded.settings.coaching.short_after)
    elif options.person:
        from .past import current_day, learned_by

        today = current_day()
        learned, weekday = learned_by(loaded.settings, program.regimen, today), today.weekday()
    return plan_of(program, clips, learned, weekday=weekday, startable=loaded.programs)


def _as_if(program: Program, options: argparse.Namespace, short_after: int) -> Learned:
    """Return what somebody has learned who has done a program so often, without a long break, or who knows all of it."""
    every = all_known(program)
    sessions: int = options.sessions
    if not sessions:
        return every

    def done(one: Exercise) -> int:  # it may have joined later
        return max(0, min(sessions, one.until_session or sessions) - one.from_session + 1)

    times = {one.id: done(one) for one in program.routine.exercises}
    known = frozenset(exercise for exercise, number in times.items() if 0 < short_after <= number)
    return Learned(
        sessions, every.known if options.known else known, {exercise: (number,) for exercise, number in times.items()}
    )


def _as_json(plan: Plan, routine: Routine) -> dict[str, Any]:
    def heard(cue: Cue) -> dict[str, Any]:
        what = {"buzz": cue.signal.name.lower()} if isinstance(cue, Buzz) else {"say": cue.text}
        return {"at_ms": cue.at, "length_ms": cue.end - cue.at, **what}

    return {
        "routine": plan.routine,
        "source": routine.source or None,
        "reviewed_by": routine.reviewed_by or None,
        "person": plan.person or None,
        "profile": plan.profile,
        "level": plan.level,
        "length_ms": plan.length,
        "steps": [
            {
                "kind": step.kind,
                "exercise": step.exercise or None,
                "position": step.position or None,
                "set": step.set or None,
                "start_ms": step.start,
                "length_ms": step.length,
                "own_pace": step.own,
                "cues": [heard(cue) for cue in step.cues],
            }
            for step in plan.steps
        ],
        "dropped": [
            {"step": dropped.step, "at_ms": dropped.at, "say": dropped.text, "why": dropped.why} for dropped in plan.dropped
        ],
    }


def render_session(options: argparse.Namespace) -> int:
    """Write a session as a sound file: all of it, or what of it was asked for."""
    loaded, programs = load_programs(options)
    if options.exercise or options.most:
        return _render_part(options, loaded, programs[0])
    clips = prepared(options, loaded, programs)

    from ..audio.recorder import render

    plan = planned(options, loaded, programs[0], clips)
    if missing := clips.missing(plan.phrases()):
        raise PitrainerError(f"{options.file}: not written: {counted(len(missing), 'phrase has', 'phrases have')} no clip")
    with writing(options.file):
        render(plan, clips, options.file)
    print(printable(f"{options.file}: {clock_text(plan.length)}"))
    return 0


def _render_part(options: argparse.Namespace, loaded: Loaded, program: Program) -> int:
    """Write one exercise, or a session's beginning. Only the clips that are heard in it are made."""
    from ..audio.recorder import render

    exercises = program.routine.exercises
    if options.exercise > len(exercises):
        raise PitrainerError(f"there is no exercise {options.exercise}: there are {len(exercises)}")
    if options.exercise:
        program = replace(program, routine=alone(always(program.routine), exercises[options.exercise - 1]))
    clips = clips_of(loaded.settings)
    plan = planned(options, loaded, program, clips)
    most = Ms(options.most * SECOND) or plan.length
    while missing := clips.missing(_heard(plan, most)):
        if options.clips:
            clips.borrow(options.clips, missing)
        if (missing := clips.missing(missing)) and not prepare_these(options, missing):
            raise PitrainerError(f"{options.file}: not written: {counted(len(missing), 'phrase has', 'phrases have')} no clip")
        plan = planned(options, loaded, program, clips)  # with true lengths, others may be heard
    with writing(options.file):
        render(plan, clips, options.file, most)
    print(printable(f"{options.file}: {clock_text(min(most, plan.length))}"))
    return 0


def _heard(plan: Plan, until: Ms) -> list[Phrase]:
    """Return what is said in the beginning of a plan."""
    return [cue.phrase for step in plan.steps for cue in step.cues if isinstance(cue, Say) and cue.at < until]
