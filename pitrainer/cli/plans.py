"""`show` and `render`: a session before anybody does it."""

import argparse
from typing import TYPE_CHECKING, Any

from ..config.validation import Loaded
from ..core.plan import Buzz, Cue, Plan
from ..core.routine import Program, Routine
from ..core.text import printable
from ..core.units import clock_text
from ..errors import PitrainerError
from ..service.build import clips_of, plan_of
from .common import load_programs, prepared, print_json, writing

if TYPE_CHECKING:
    from ..audio.clips import ClipCache


def show(options: argparse.Namespace) -> int:
    """Print a routine's plan."""
    loaded, programs = load_programs(options)
    clips = clips_of(loaded.settings)
    routine = programs[0].routine
    plan = _plan(options, loaded, programs[0], clips)
    if options.json:
        print_json(_as_json(plan, routine))
    else:
        from .tables import print_plan

        print_plan(plan, routine, len(clips.missing(plan.phrases())))
    return 0


def _plan(options: argparse.Namespace, loaded: Loaded, program: Program, clips: "ClipCache") -> Plan:
    """Plan the session that the options ask for."""
    short_after = loaded.settings.coaching.short_after
    return plan_of(program, clips, known=options.known, sessions=options.sessions, short_after=short_after)


def _as_json(plan: Plan, routine: Routine) -> dict[str, Any]:
    def heard(cue: Cue) -> dict[str, Any]:
        what = {"buzz": cue.signal.name.lower()} if isinstance(cue, Buzz) else {"say": cue.text}
        return {"at_ms": cue.at, "length_ms": cue.end - cue.at, **what}

    return {
        "routine": plan.routine,
        "source": routine.source or None,
        "reviewed_by": routine.reviewed_by or None,
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
                "cues": [heard(cue) for cue in step.cues],
            }
            for step in plan.steps
        ],
        "dropped": [
            {"step": dropped.step, "at_ms": dropped.at, "say": dropped.text, "why": dropped.why} for dropped in plan.dropped
        ],
    }


def render_session(options: argparse.Namespace) -> int:
    """Write a whole session as a sound file."""
    loaded, programs = load_programs(options)
    clips = prepared(options, loaded, programs)

    from ..audio.recorder import render

    plan = _plan(options, loaded, programs[0], clips)
    if missing := clips.missing(plan.phrases()):
        raise PitrainerError(f"{options.file}: not written: {len(missing)} phrases have no clip")
    with writing(options.file):
        render(plan, clips, options.file)
    print(printable(f"{options.file}: {clock_text(plan.length)}"))
    return 0
