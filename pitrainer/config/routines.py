"""What a valid routine is: `read_routine` takes a parsed TOML file, and reports every mistake at once."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from ..core.hold_cues import GO_AT
from ..core.languages import LANGUAGES, Phrase
from ..core.plan import GAP
from ..core.planner import session_length
from ..core.routine import (
    ASKS,
    ID,
    NO_ALTERNATIVES,
    NO_ASK,
    NO_WORDS,
    PROFILES,
    Ask,
    ByProfile,
    Coach,
    Exercise,
    Growth,
    Position,
    Profile,
    Range,
    Routine,
    beats_in,
)
from ..core.speech import estimate, speakable
from ..core.text import listed, nearest, printable, shown
from ..core.units import HOUR, MINUTE, SECOND, Ms, length_text
from ..errors import BadInput, Problem
from . import repetitions
from .locate import file_name
from .profiles import MOST_HOLD, Spoken, alternatives, by_profile, lengths, one_or_more, words
from .reader import Table, as_choice, as_length, as_list, as_text, as_whole, for_everybody, keep_few, one_line, read_toml
from .repetitions import MOST_SETS
from .schema import DAYS, Settings

SCHEMA = 1
MOST_HOLDS = 500
"""Holds in one session; more is a slip of the pen (`sets = 100`) and would take the planner's time and the disk's room."""
MOST_HOLD_TIME = Ms(3 * HOUR)
"""All holds of a session together; a plan of 500 hours of ticks takes 25 s and 1 GB on a PC."""
LONGEST_SESSION = Ms(4 * HOUR)
"""About, with the rests and all that is spoken. More is a slip of the pen: 500 holds and rests of ten minutes take days."""
MOST_COACH_LINES = 100
"""In one hold."""
MOST_LINES = 2_000
"""Coach lines and marks in one session: one every five seconds of `MOST_HOLD_TIME`. 500 holds of 100 lines are 50,000, of which
hardly one in ten finds its place."""
MOST_BEATS = 7_200
"""Of the tempo, and phases of repetitions, in one session: an hour at 120 a minute. Three hours at 240 are 43,200."""
MOST_SESSIONS = 1_000
"""To which the first and the last session of an exercise are counted."""
NO_TEMPO: ByProfile[int] = dict.fromkeys(PROFILES, 0)
MOST_TIPS = 100
"""One is said a session, and each is synthesised: a file of 256 KiB has room for a day's work."""


def read_routine(data: object, file: str, problems: list[Problem]) -> Routine | None:
    """Read a parsed TOML file. Every mistake is added to `problems`; with a mistake there is no routine."""
    before = len(problems)
    table = Table(data, file, problems)
    table.integer("schema", SCHEMA, SCHEMA)
    language = table.text("language", _language) or next(iter(LANGUAGES))
    spoken = partial(speakable, language=language)
    usual = {key: table.boolean(key, True) for key in ("countdown", "half_way", "announce")}
    routine = Routine(
        id=table.text("id", _identifier),
        title=table.text("title", spoken),
        language=language,
        source=table.text("source", one_line, ""),
        reviewed_by=table.text("reviewed_by", one_line, ""),
        intro=words(table, "intro", spoken, NO_WORDS),
        short_intro=words(table, "short_intro", spoken, NO_WORDS),
        outro=alternatives(table, "outro", spoken, NO_ALTERNATIVES),
        tips=table.texts("tips", spoken, ()) if "tips" in table else (),
        exercises=tuple(
            _exercise(item, language, spoken, usual) for item in table.tables("exercise", required=True, most=MOST_HOLDS)
        ),
        ask=_ask(table),
    )
    if "ask" in table and "exercise" not in table:
        table.problem("ask", "is asked after the exercises, and there are none")
    if len(routine.tips) > MOST_TIPS:
        table.problem("tips", f"{len(routine.tips)} tips; at most {MOST_TIPS} are possible")
    seen: set[str] = set()
    for number, exercise in enumerate(routine.exercises, start=1):
        if exercise.id and exercise.id in seen:
            table.problem(f"exercise[{number}].id", f'"{exercise.id}" is used twice; each exercise needs its own id')
        seen.add(exercise.id)
    holds = sum(exercise.sets * len(exercise.positions) for exercise in routine.exercises)
    if holds > MOST_HOLDS:
        table.problem("exercise", f"{holds} holds in one session; at most {MOST_HOLDS} are possible")
    # A position has no hold where `positions` is no list: that is a problem already.
    elif all(exercise.repetitions or position.hold for exercise in routine.exercises for position in exercise.positions):
        for profile in PROFILES:
            for excess in _excesses(routine, profile):
                table.problem("exercise", excess)
    if all(problem.warning for problem in problems[before:]):
        _check_sessions(table, routine)
        for profile in PROFILES:
            if excess := _too_long(routine, profile):
                table.problem("exercise", excess)
    table.done()
    return routine if all(problem.warning for problem in problems[before:]) else None


def _excesses(routine: Routine, profile: Profile) -> Iterator[str]:
    """Yield what a session has too much of, for the person or for the planner."""
    every = ((e, p, set_) for e in routine.exercises for p in e.positions for set_ in range(1, e.sets + 1))
    sets = [(e, p, set_, e.lasts(p, profile, "full", set_)) for e, p, set_ in every]
    held = Ms(sum(most for _, _, _, most in sets))
    if held > MOST_HOLD_TIME:
        yield f"{length_text(held)} of holds in one session ({profile}); at most {length_text(MOST_HOLD_TIME)} are possible"
    lines = sum(len(p.coach.get(profile, ())) + ((most - 1) // e.marks if e.marks else 0) for e, p, _, most in sets)
    if lines > MOST_LINES:
        yield f"{lines} coach lines and marks in one session ({profile}); at most {MOST_LINES} are possible"
    beats = sum(beats_in(most, p.tempo[profile]) for _, p, _, most in sets)
    if beats > MOST_BEATS:
        yield f"{beats} beats in one session ({profile}); at most {MOST_BEATS} are possible"
    phases = sum(len(it.phases) * it.times(profile, "full", set_) for e, _, set_, _ in sets if (it := e.repetitions))
    if phases > MOST_BEATS:
        yield f"{phases} phases of repetitions in one session ({profile}); at most {MOST_BEATS} are possible"


def _too_long(routine: Routine, profile: Profile) -> str:
    """Return what is wrong with how long a session takes, if anything."""
    about = session_length(routine, profile, "full", estimate)
    if about <= LONGEST_SESSION:
        return ""
    minutes = Ms(-(-about // MINUTE) * MINUTE)
    what = f"one session takes about {length_text(minutes)}, with rests and speech ({profile})"
    return f"{what}; at most {length_text(LONGEST_SESSION)} are possible"


def _check_sessions(table: Table, routine: Routine) -> None:
    """See to it that every session up to that of the last exercise to join has one; where none is held, none is counted."""
    spans = [(exercise.from_session, exercise.until_session or MOST_SESSIONS) for exercise in routine.exercises]
    joins, ends = (max(sessions) for sessions in zip(*spans, strict=True))
    for session in sorted({1, *(end + 1 for _, end in spans)}):
        if session <= joins and not any(begin <= session <= end for begin, end in spans):
            what = f"no exercise is done in session {session}, so nobody ever gets to session {session + 1}"
            table.problem("exercise", f"{what}; change from_session or until_session")
            return
    if ends < MOST_SESSIONS:
        table.problem("exercise", f"no exercise is done after session {ends}: each has until_session", warning=True)


def _exercise(table: Table, language: str, spoken: Spoken, usual: Mapping[str, bool]) -> Exercise:
    repeated = repetitions.is_meant(table)
    if repeated:
        repetitions.refuse_what_goes_with_holds(table)
    own = repeated and repetitions.read_pace(table)
    whole = Position(
        name=NO_WORDS,
        say=NO_WORDS,
        short=NO_WORDS,
        go=NO_WORDS if repeated else words(table, "go", spoken, NO_WORDS),
        hold={} if repeated else _holds(table, required="positions" not in table or "hold" in table),
        coach=_coach(table, spoken, {}),
        tempo=NO_TEMPO if repeated else _tempo(table, NO_TEMPO),
        release=alternatives(table, "release", spoken, NO_ALTERNATIVES),
        short_release=words(table, "short_release", spoken, NO_WORDS),
    )
    tables = table.tables("positions", required=False, most=MOST_HOLDS)
    check_go = not repeated and table.faulty.isdisjoint({"go", "hold"})
    kind = {"repeated": repeated, "own": own, "check_go": check_go}
    positions = tuple(_position(item, language, spoken, whole, **kind) for item in tables)
    sets, repeating = (
        repetitions.read(table, language, spoken, own=own) if repeated else (table.integer("sets", 1, MOST_SETS, 1), None)
    )
    exercise = Exercise(
        id=table.text("id", _identifier),
        name=words(table, "name", spoken),
        say=words(table, "say", spoken),
        short=words(table, "short", spoken, NO_WORDS),
        prepare=table.length("prepare", SECOND, MINUTE, Ms(4 * SECOND)),
        positions=positions or (whole,),
        marks=Ms(0) if repeated else table.length("marks", Ms(10 * SECOND), HOUR, Ms(0)),
        rest=table.length("rest", SECOND, Ms(10 * MINUTE), Ms(0)),
        sets=sets,
        repeat_after=table.length("repeat_after", MINUTE, Ms(24 * HOUR), Ms(0)),
        repetitions=repeating,
        countdown=usual["countdown"] if repeated else table.boolean("countdown", usual["countdown"]),
        half_way=usual["half_way"] if repeated else table.boolean("half_way", usual["half_way"]),
        announce=table.boolean("announce", usual["announce"]),
        days=table.optional("days", for_everybody(_days), frozenset()),
        from_session=table.integer("from_session", 1, MOST_SESSIONS, 1),
        until_session=table.integer("until_session", 1, MOST_SESSIONS, 0),
        ask=_ask(table),
    )
    if exercise.until_session and exercise.until_session < exercise.from_session:
        table.problem("until_session", f"{exercise.until_session} is before from_session, {exercise.from_session}")
    if not repeated:
        repetitions.refuse_own_keys(table)
    if exercise.marks % SECOND:
        table.problem("marks", f'"{length_text(exercise.marks)}" is not in whole seconds')
    if check_go and not positions:
        _check_go(table, whole, language)
    seen: set[tuple[Profile, str]] = set()
    for number, position in enumerate(positions, start=1):
        names = {(profile, name) for profile, name in position.name.items() if name}
        if twice := sorted(seen & names):
            table.problem(f"positions[{number}].name", f"{shown(twice[0][1])} is used twice in this exercise")
        seen |= names
    table.done()
    return exercise


def _position(
    table: Table, language: str, spoken: Spoken, whole: Position, *, repeated: bool, own: bool, check_go: bool
) -> Position:
    if repeated:
        repetitions.refuse_what_goes_with_holds(table)
    if own:
        repetitions.refuse_what_needs_a_clock(table)
    name = words(table, "name", spoken)
    position = Position(
        name=name,
        say=words(table, "say", spoken, name),
        short=words(table, "short", spoken, NO_WORDS),
        go=NO_WORDS if repeated else words(table, "go", spoken, whole.go),
        hold={} if repeated else _holds(table, required=not whole.hold) or whole.hold,
        coach=_coach(table, spoken, whole.coach),
        tempo=NO_TEMPO if repeated else _tempo(table, whole.tempo),
        release=alternatives(table, "release", spoken, whole.release),
        short_release=words(table, "short_release", spoken, NO_WORDS if "release" in table else whole.short_release),
    )
    if check_go and table.faulty.isdisjoint({"go", "hold"}):
        _check_go(table, position, language)
    table.done()
    return position


def _check_go(table: Table, position: Position, language: str) -> None:
    """See to it that what to do can be said in the shortest hold: without it nobody would begin."""
    for profile, go in position.go.items():
        takes = Ms(GO_AT + estimate(Phrase(go, language)) + GAP)
        if go and profile in position.hold and takes > (least := Ms(position.hold[profile].least)):
            what = f"{shown(go)} is said until {length_text(takes)} after the start, and the hold lasts {length_text(least)}"
            table.problem("go", f"{what} ({profile}); use fewer words")
            return


def _tempo(table: Table, default: ByProfile[int]) -> ByProfile[int]:
    return table.value("tempo", lambda value: by_profile(value, lambda beats: as_whole(beats, 20, 240)), default, {})


def _holds(table: Table, *, required: bool) -> dict[Profile, Range | Growth]:
    """Read `hold`."""
    return lengths(table, "hold", None if required else {})


def _coach(table: Table, spoken: Spoken, default: ByProfile[tuple[Coach, ...]]) -> ByProfile[tuple[Coach, ...]]:
    """Read `coach`: a list of { at, say, once }, or such lists by profile."""

    def line(value: object) -> Coach:
        if not isinstance(value, Mapping):
            raise ValueError(f'{shown(value)} is not a coach line; write {{ at = "50%", say = "..." }}')
        if not {"at", "say"} <= set(value) <= {"at", "say", "once"}:
            raise ValueError(f'a coach line has the keys "at", "say", and perhaps "once", not {listed(map(shown, value))}')
        if not isinstance(once := value.get("once", False), bool):
            raise ValueError(f"once: {shown(once)} is not true or false")
        at, percent = _coach_at(value["at"])
        return Coach(at, percent, one_or_more(value["say"], spoken), once)

    def lines(value: object) -> tuple[Coach, ...]:
        items = as_list(value)
        if len(items) > MOST_COACH_LINES:
            raise ValueError(f"{len(items)} coach lines in one hold; at most {MOST_COACH_LINES} are possible")
        return tuple(line(item) for item in items)

    return table.value("coach", lambda value: by_profile(value, lines), default, {})


def _coach_at(value: object) -> tuple[Ms | int, bool]:
    text = as_text(value)
    if text.endswith("%"):
        number = text[:-1].strip()
        if not (number.isascii() and number.isdigit() and 1 <= len(number) <= 2):
            raise ValueError(f'at: {shown(text)} is not a percentage from "0%" to "99%"')
        return int(number), True
    try:
        return as_length(text, Ms(0), MOST_HOLD), False
    except ValueError as error:
        raise ValueError(f'at: {error}; or write a percentage such as "50%"') from None


def _ask(table: Table) -> ByProfile[Ask]:
    return table.optional("ask", lambda value: by_profile(value, lambda what: cast("Ask", as_choice(what, ASKS))), NO_ASK)


def _days(value: object) -> frozenset[int]:
    return frozenset(DAYS.index(as_choice(item, DAYS)) for item in as_list(value))


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"no routine can be in {shown(text)} so far, only in {listed(map(shown, LANGUAGES))}")
    return text


def _identifier(text: str) -> str:
    if not ID.fullmatch(text):
        raise ValueError(f'{shown(text)} is not an id; use up to 40 of a-z, 0-9 and "-"')
    return text


def routine_files(settings: Settings, problems: list[Problem]) -> dict[str, Path]:
    """Return every routine's file by its name, the person's own first. A folder that cannot be read is a problem."""
    found: dict[str, Path] = {}
    for folder in settings.routine_folders:
        try:
            names = sorted(os.listdir(folder))
        except FileNotFoundError:
            continue  # having no routines of one's own is the normal case
        except OSError as error:
            problems.append(Problem(file_name(folder), "", f"the folder cannot be read: {error.strerror}"))
            continue
        for name in names:
            if name.endswith(".toml") and not name.startswith("."):  # editors leave locks such as ".#neck.toml"
                found.setdefault(name.removesuffix(".toml"), folder / name)
    return found


def routines_there(settings: Settings, ids: Iterable[str]) -> dict[str, Routine]:
    """Return those of the routines that are there, and right."""
    files = routine_files(settings, [])
    found = {id_: load_routine_file(files[id_], []) for id_ in ids if id_ in files}
    return {id_: routine for id_, routine in found.items() if routine}


def load_routine(name_or_path: str, settings: Settings) -> Routine:
    """Read a routine by its name, or by its path (it has a "/" or ends in ".toml").

    Raises:
        BadInput: with every problem of the file; or if there is none of this name, with the names that there are.
    """
    problems: list[Problem] = []
    path: Path | None
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        path = Path(name_or_path)
    else:
        files = routine_files(settings, problems)
        path = files.get(name_or_path)
        if path is None:
            problems.append(Problem(file_name(Path(name_or_path)), "", no_routine(name_or_path, files, settings)))
    routine = load_routine_file(path, problems) if path else None
    raise_if_bad(problems)
    assert routine
    return routine


def raise_if_bad(problems: Sequence[Problem]) -> None:
    """Raise BadInput if one of the problems is more than a warning."""
    if not all(problem.warning for problem in problems):
        raise BadInput(problems)


def load_routine_file(path: Path, problems: list[Problem]) -> Routine | None:
    """Read a routine from its file; None where it has a mistake."""
    data = read_toml(path, problems)
    return None if data is None else read_routine_file(path, data, problems)


def read_routine_file(path: Path, data: object, problems: list[Problem]) -> Routine | None:
    """Read a routine; its file must be named after it, since settings name the file and the history keeps the id."""
    file = file_name(path)
    before = len(problems)
    routine = read_routine(data, file, problems)
    keep_few(problems, before, path)
    if routine and path.name != f"{routine.id}.toml":
        problems.append(Problem(file, "id", f'"{routine.id}" is not the file\'s name; call the file "{routine.id}.toml"'))
    return routine


def no_routine(name: str, files: Mapping[str, Path], settings: Settings) -> str:
    """Return what to say of a name that no routine has."""
    folders = " and ".join(dict.fromkeys(map(file_name, settings.routine_folders)))
    return f"is not a routine{nearest(name, files)}; there are: {listed(map(printable, sorted(files)))}; looked in {folders}"
