"""What the editor shows of a routine while it is written: its mistakes, each at its line, and its plan."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ..config.places import Places
from ..config.validation import check_routine
from ..core.plan import Plan, Say, Step
from ..core.planner import make_plan
from ..core.progression import always
from ..core.routine import PROFILES, Profile, Routine
from ..core.speech import estimate
from ..core.text import shortened
from ..core.units import MINUTE
from ..errors import Problem

LONGEST = 400
"""Characters of what is said in a step; a set of repetitions counts for minutes."""

_WHERE = re.compile(r"line (\d+), column (\d+): (.*)", re.DOTALL)
_LINE = re.compile(r"\bin line (\d+)")
_EXERCISE = re.compile(r"exercise ([a-z0-9-]+)(?:, |$)")


def checked(file: Path, text: str) -> dict[str, Any]:
    """Return what is right and wrong with what shall be in a routine's file."""
    problems: list[Problem] = []
    try:
        raw = text.encode()
    except UnicodeEncodeError:  # half a character, which JSON can carry
        problems.append(Problem("", "", "is not text: it has half a character"))
        routine = None
    else:
        routine = check_routine(file, raw, problems)
    places = Places(text)
    placed = sorted(
        ((problem.warning, _placed(problem, places, text)) for problem in problems), key=lambda one: one[1]["line"] or 0
    )
    return {
        "mistakes": [told for warning, told in placed if not warning],
        "warnings": [told for warning, told in placed if warning],
        "profiles": [_planned(routine, profile) for profile in PROFILES] if routine else [],
    }


def _placed(problem: Problem, places: Places, text: str) -> dict[str, Any]:
    """Return a problem with the line and the column of its place, where they are known."""
    message, key = problem.message, problem.key
    if found := _WHERE.match(message):
        return {"line": int(found[1]), "column": int(found[2]), "text": found[3]}
    said = ": ".join(filter(None, (key, message)))
    if not key and (in_line := _LINE.search(message)):
        return {"line": int(in_line[1]), "column": None, "text": said}
    if (exercise := _EXERCISE.match(key)) and (number := _number(exercise[1], text)):
        key = f"exercise[{number}]"
    return {"line": places.line(key), "column": None, "text": said}


def _number(id_: str, text: str) -> int:
    """Return the number of the exercise with an id, or 0: what a plan leaves out is told by the id."""
    ids = re.findall(r"^\s*(\[\[\s*exercise\s*\]\])|^\s*id\s*=\s*[\"']([^\"']*)", text, re.MULTILINE)
    number = 0
    for header, found in ids:
        number += bool(header)
        if number and found == id_:
            return number
    return 0


def _planned(routine: Routine, profile: Profile) -> dict[str, Any]:
    """Return a whole session of every exercise, as for the first time, with speech as long as it is about."""
    plan = make_plan(always(routine), profile, "standard", estimate)
    steps = [step for step in plan.steps if step.number]
    return {
        "profile": profile,
        "minutes": round(plan.length / MINUTE, 1),
        "intro": _shown(step for step in plan.steps if step.kind == "intro"),
        "exercises": [_exercise(plan, routine, list(of_one)) for _, of_one in groupby(steps, key=lambda step: step.number)],
        "outro": _shown(step for step in plan.steps if step.kind in ("ask", "outro") and not step.number),
    }


def _exercise(plan: Plan, routine: Routine, steps: Sequence[Step]) -> dict[str, Any]:
    first = steps[0]
    return {
        "number": first.number,
        "id": routine.exercises[first.number - 1].id,
        "name": routine.exercises[first.number - 1].name[plan.profile],
        "seconds": round((steps[-1].end - first.start) / 1000, 1),
        "steps": _shown(steps),
    }


def _shown(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [
        {
            "at": round(step.start / 1000, 1),
            "kind": step.kind,
            "text": shortened(" ".join(cue.text for cue in step.cues if isinstance(cue, Say)), LONGEST),
            "seconds": round(step.length / 1000, 1),
        }
        for step in steps
    ]
