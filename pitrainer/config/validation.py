"""Settings and routines together: all that is in force, or every problem in it at once."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..core.languages import LANGUAGES
from ..core.learned import Learned
from ..core.planner import make_plan
from ..core.progression import always, stages
from ..core.routine import LEVELS, PROFILES, Exercise, Level, Profile, Program, Routine, due_days
from ..core.speech import estimate, speakable
from ..core.text import listed, shortened, shown
from ..errors import Problem
from ..voice import models
from .locate import Environ, file_name
from .reader import keep_few, parse_toml, read_toml
from .routines import load_routine_file, no_routine, raise_if_bad, read_routine_file, routine_files
from .schema import DAYS, ProgramSettings, ReminderSettings, Settings
from .settings import read_settings

T = TypeVar("T")


@dataclass(frozen=True)
class Loaded:
    """Settings with the routines that their programs name."""

    settings: Settings
    programs: tuple[Program, ...]
    reminders: Mapping[str, Program]
    """What each reminder starts, by its key."""
    warnings: tuple[Problem, ...]


def load(path: Path, environ: Environ) -> tuple[Settings, tuple[Problem, ...]]:
    """Read a settings file; return the settings and the warnings.

    Raises:
        BadInput: with every problem of the file.
    """
    problems: list[Problem] = []
    settings = _load_settings(path, environ, problems)
    raise_if_bad(problems)
    assert settings
    return settings, tuple(problems)


def load_defaults(path: Path, environ: Environ, raw: bytes | None = None) -> Settings:
    """Read what is right in a settings file, or in what shall be in it (`raw`), with the defaults for what is not.

    That is enough to tell that something is wrong.
    """
    return _load_settings(path, environ, [], raw) or Settings(file=path)


def load_all(path: Path, environ: Environ, raw: bytes | None = None) -> Loaded:
    """Read a settings file and the routines that its programs and reminders name, each once.

    Args:
        path: where the settings are.
        environ: of the process.
        raw: what shall be in the file, where that is not what is there now.

    Raises:
        BadInput: with every problem of all the files.
    """
    problems: list[Problem] = []
    settings = _load_settings(path, environ, problems, raw)
    files = _program_files(settings, routine_files(settings, problems), problems) if settings else {}
    routines = {name: load_routine_file(file, problems) for name, file in files.items()}
    if settings:
        _check_names(settings, routines, problems)
        _check_days(settings, routines, problems)
    raise_if_bad(problems)
    assert settings

    def program(of: ProgramSettings | ReminderSettings) -> Program:
        routine = routines[of.routine]
        assert routine
        return Program(routine, of.profile, of.level, of.person)

    reminders = {of.reminder.key: program(of) for of in settings.reminder_times}
    return Loaded(settings, tuple(map(program, settings.programs)), reminders, tuple(problems))


def load_usable(path: Path, environ: Environ, raw: bytes | None = None) -> Loaded:
    """Do the same where the voices can be used, too: a trainer that took over others would have nothing to say any more.

    Raises:
        BadInput: with every problem of all the files, or with those of the voices.
    """
    loaded = load_all(path, environ, raw)
    raise_if_bad(voice_problems(loaded.settings))
    return loaded


def language_warnings(settings: Settings, routines: Iterable[Routine]) -> list[Problem]:
    """Return the voices that are for a language that no routine has, or that speak another than they are for."""
    problems = []
    for language, model in settings.voice.models.items():
        if language not in LANGUAGES:
            there = listed(map(shown, LANGUAGES))
            problems.append((f"voice.models.{language}", f"no routine can be in {shown(language)} so far, only in {there}"))
        elif (spoken := models.language(model)) not in ("", language):
            problems.append((f"voice.models.{language}", f"the voice speaks {shown(spoken)}"))
    spoken = models.language(settings.voice.model)
    for routine in {routine.id: routine for routine in routines}.values():
        if spoken not in ("", routine.language) and routine.language not in settings.voice.models:
            why = f"the voice speaks {shown(spoken)}, and the routine {shown(routine.id)} is in {shown(routine.language)}"
            problems.append(("voice.model", why))
    return [Problem(file_name(settings.file), key, why, warning=True) for key, why in problems]


def check_files(paths: Iterable[Path], environ: Environ) -> list[Problem]:
    """Return every problem and warning of settings and routine files, and what the plans of a routine leave out.

    A settings file is checked with all the routines that it can find; `[find_settings_file(...)]` is thus everything that is
    in force.
    """
    problems: list[Problem] = []
    seen: dict[Path, Routine | None] = {}
    for path in paths:
        data = read_toml(path, problems)
        if data is None:
            continue
        if not _ROUTINE_KEYS.isdisjoint(data):
            seen[path.absolute()] = _check_routine(path, data, problems)
            continue
        settings = read_settings(path, environ, data, problems)
        files = routine_files(settings, problems)
        in_use = _program_files(settings, files, problems)
        problems += voice_problems(settings)
        for file in files.values():
            if file.absolute() not in seen:
                seen[file.absolute()] = _check_routine(file, read_toml(file, problems), problems)
        spoken = {name: seen[file.absolute()] for name, file in in_use.items()}
        _check_names(settings, spoken, problems)
        _check_days(settings, spoken, problems)
        problems += language_warnings(settings, filter(None, spoken.values()))
    return problems


def check_routine(path: Path, raw: bytes, problems: list[Problem]) -> Routine | None:
    """Check what shall be in a routine's file, as `check_files` does what is in one; return the routine where it is right."""
    return _check_routine(path, parse_toml(raw, path, problems), problems)


def voice_problems(settings: Settings) -> list[Problem]:
    """Return what is wrong with the voices that the settings name."""
    voices = [(key, models.describe(model).problem) for key, model in settings.voice.by_key.items() if model]
    return [Problem(file_name(settings.file), key, f"cannot be used: {why}") for key, why in voices if why]


_ROUTINE_KEYS = frozenset({"schema", "exercise", "id", "title", "language"})
"""A file with one of these is a routine; settings have none of them."""


def _check_routine(path: Path, data: object | None, problems: list[Problem]) -> Routine | None:
    """Read and return a routine, planned in every way; what a plan leaves out is a warning, once for all the ways that do."""
    routine = None if data is None else read_routine_file(path, data, problems)
    if routine is None:
        return None
    before = len(problems)
    # By place, reason and text. A set repeats itself: what is left out of one of its repetitions mostly is left out of all.
    left_out: dict[tuple[str, str, str], dict[str, dict[Profile, list[Level]]]] = {}
    for profile in PROFILES:
        for level in LEVELS:
            ways_on = [Learned(turn) for turn in range(_turns(routine))]
            ways_on += [Learned(runs=runs) for runs in stages(routine)[1:]]
            for learned in ways_on:
                plan = make_plan(always(routine), profile, level, estimate, learned=learned)
                for dropped in plan.dropped:
                    step = plan.steps[dropped.step]
                    where = ", ".join(filter(None, (f"exercise {step.exercise}", step.position)))
                    one = "" if plan.again[dropped.step].unit else dropped.text
                    texts = left_out.setdefault((where, dropped.why, one), {})
                    levels = texts.setdefault(dropped.text, {}).setdefault(profile, [])
                    if level not in levels:  # the next set drops it too
                        levels.append(level)
    for (where, why, _), texts in left_out.items():
        for (text, ways), more in _alike(texts):
            at = "; ".join(
                f"{profile}, {'every level' if len(levels) == len(LEVELS) else ' and '.join(levels)}"
                for profile, levels in ways.items()
            )
            what = f'"{shortened(text, 60)}"' + (f" and {more} more are" if more else " is")
            problems.append(Problem(file_name(path), shortened(where, 60), f"{what} left out ({at}): {why}", warning=True))
    problems += [Problem(file_name(path), where, _NO_GO, warning=True) for where in _without_go(routine)]
    sided = [exercise.id for exercise in routine.exercises if _sided_twice(exercise)]
    problems += [Problem(file_name(path), f"exercise {id_}", _SIDED_TWICE, warning=True) for id_ in sided]
    keep_few(problems, before, path)
    return routine


def _alike(texts: Mapping[str, T]) -> Iterator[tuple[tuple[str, T], int]]:
    """Yield each text that is left out in other ways than those before it, and how many more are left out as it is."""
    ways = list(texts.values())
    for place, (text, its) in enumerate(texts.items()):
        if its not in ways[:place]:
            yield (text, its), ways.count(its) - 1


def _check_days(settings: Settings, routines: Mapping[str, Routine | None], problems: list[Problem]) -> None:
    """Warn of reminders on days on which nothing of their routine is done."""
    for number, of in enumerate(settings.reminder_times, start=1):
        routine = routines.get(of.routine)
        if routine and not {DAYS[day] for day in due_days([routine])}.intersection(of.days):
            said = f"no exercise of {shown(routine.id)} is done on these days, so nobody is ever reminded"
            problems.append(Problem(file_name(settings.file), f"reminder[{number}].days", said, warning=True))


def _check_names(settings: Settings, routines: Mapping[str, Routine | None], problems: list[Problem]) -> None:
    """Report the names that the voice of their routine's language cannot say."""
    for key, of in _startable(settings):
        if of.person and (routine := routines.get(of.routine)):
            try:
                speakable(of.person, routine.language)
            except ValueError as error:
                problems.append(Problem(file_name(settings.file), f"{key}.person", str(error)))


def _startable(settings: Settings) -> list[tuple[str, ProgramSettings | ReminderSettings]]:
    """Return the programs and reminders by their keys."""
    return [
        *((f"program[{number}]", of) for number, of in enumerate(settings.programs, start=1)),
        *((f"reminder[{number}]", of) for number, of in enumerate(settings.reminder_times, start=1)),
    ]


_NO_GO = 'has no "go"; put what to do there, and only where to be in "say": people begin as soon as they are told'


def _without_go(routine: Routine) -> list[str]:
    """Return where a hold has no `go`, in a profile at least."""
    return [
        shortened(", ".join(filter(None, (f"exercise {exercise.id}", position.name[PROFILES[0]]))), 60)
        for exercise in routine.exercises
        for position in exercise.positions
        if not exercise.repetitions and not all(position.go.values())
    ]


_SIDED_TWICE = (
    '"positions" and "alternate" both name sides, so that each side does all its repetitions in every position; leave one out'
)


def _sided_twice(exercise: Exercise) -> bool:
    """Tell whether positions are for a side each, in an exercise whose sides take turns by themselves.

    A position that names all sides is for all of them; and one side alone may be no side: "at a right angle".
    """
    for profile, sides in exercise.repetitions.sides.items() if exercise.repetitions else ():
        named = set()
        for position in exercise.positions:
            said = f"{position.name[profile]}. {position.say[profile]}"
            here = [side for side in sides if re.search(rf"\b{re.escape(side)}\b", said, re.IGNORECASE)]
            named |= set(here) if len(here) == 1 else set()
        if len(named) > 1:
            return True
    return False


def _turns(routine: Routine) -> int:
    """Return in how many sessions each coach line's alternatives have all been said."""
    coached = [lines for exercise in routine.exercises for position in exercise.positions for lines in position.coach.values()]
    return max((len(line.say) for lines in coached for line in lines), default=1)


def _program_files(settings: Settings, files: Mapping[str, Path], problems: list[Problem]) -> dict[str, Path]:
    """Return the files of the routines that the programs and reminders name."""
    found: dict[str, Path] = {}
    for key, of in _startable(settings):
        name = of.routine
        if name in files:
            found[name] = files[name]
        elif name:  # an empty one is a problem already
            message = f"{shown(name)} {no_routine(name, files, settings)}"
            problems.append(Problem(file_name(settings.file), f"{key}.routine", message))
    return found


def _load_settings(path: Path, environ: Environ, problems: list[Problem], raw: bytes | None = None) -> Settings | None:
    data = read_toml(path, problems) if raw is None else parse_toml(raw, path, problems)
    return None if data is None else read_settings(path, environ, data, problems)
