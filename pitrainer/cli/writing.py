"""`new` and `check`: for whoever writes a routine, at a PC."""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..config import locate, validation
from ..config.routines import load_routine
from ..config.schema import Settings
from ..core.planner import make_plan
from ..core.progression import always
from ..core.routine import LEVELS, PROFILES, Routine
from ..core.speech import estimate
from ..core.text import counted, printable
from ..core.units import clock_text
from ..errors import BadInput, PitrainerError, Problem
from ..files import replacing
from .common import print_json, writing
from .diagnosis import on_this_board


def new(options: argparse.Namespace) -> int:
    """Write a routine to begin with."""
    name, file = options.name, Path(f"{options.name}.toml")
    text = (locate.CONFIG_FILES / "new-routine.toml").read_text(encoding="utf-8")
    if os.path.lexists(file):
        raise PitrainerError(printable(f"{file}: is there already; it is left as it is"))
    with writing(file), replacing(file) as part:
        part.write(text.replace("new-routine", name).encode())
    print(printable(f"{file}: written; change it as you need it, then: pitrainer check {file}"))
    return 0


def check(options: argparse.Namespace) -> int:
    """Print every problem in settings and routines, or what is in them."""
    if options.load:
        return _load(options)
    files = options.files or [locate.find_settings_file(options.config, os.environ)]
    problems = validation.check_files(files, os.environ)
    problems += [problem for file in files for problem in on_this_board(file)]
    for problem in problems:
        print(problem)
    if not all(problem.warning for problem in problems):
        return 2
    for routine in _routines(files):
        print(printable(_summary(routine)))
    print("no mistakes" + (f", {counted(len(problems), 'warning')}" if problems else ""))
    return 2 if problems and options.strict else 0


def _load(options: argparse.Namespace) -> int:
    """Print the mistakes for which a trainer would not take them over, as JSON: file, key and message of each."""
    problems: Sequence[Problem] = ()
    try:
        validation.load_usable(locate.find_settings_file(options.config, os.environ), os.environ)
    except BadInput as error:
        problems = error.problems
    print_json([[one.file, one.key, one.message] for one in problems if not one.warning])
    return 0


def _routines(files: list[Path]) -> Iterator[Routine]:
    """Yield the routines among files that were found to be right, and of settings those that they name."""
    for file in files:
        try:
            yield load_routine(str(file.absolute()), Settings())
        except BadInput:  # settings
            loaded = validation.load_all(file, os.environ)
            programs = [*loaded.programs, *loaded.reminders.values()]
            yield from {program.routine.id: program.routine for program in programs}.values()


def _summary(routine: Routine) -> str:
    """Return what a routine has: its exercises, and for each profile how long it takes and how much of that is exercise."""
    every = always(routine)
    takes = []
    for profile in PROFILES:
        plans = [make_plan(every, profile, level, estimate) for level in LEVELS]
        lengths = list(dict.fromkeys(clock_text(plan.length) for plan in (plans[0], plans[-1])))
        middle = plans[LEVELS.index("standard")]
        held = sum(step.length for step in middle.steps if step.kind == "hold")
        takes.append(f"{profile} about {' to '.join(lengths)} min, {held * 100 // middle.length} % of it exercise")
    return f"{routine.title}: {counted(len(routine.exercises), 'exercise')}; {'; '.join(takes)}"
