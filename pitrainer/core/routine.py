"""What a routine is, and what a valid one is: `read_routine` takes a parsed TOML file and reports every mistake at once."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar, get_args

from .fields import Problem, Table, as_length, as_list, as_text, shown
from .phrases import LANGUAGES
from .units import HOUR, MINUTE, SECOND, Ms, length_text

Profile = Literal["adult", "child"]
Level = Literal["gentle", "standard", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
LEVELS: tuple[Level, ...] = get_args(Level)

SCHEMA = 1
LONGEST_TEXT = 600
"""Characters; about 45 s of speech. A longer instruction is a mistake, or nobody will remember it."""
LEAST_HOLD, MOST_HOLD = SECOND, HOUR
MOST_HOLDS = 500
"""Holds in one session; more is a slip of the pen (`sets = 100`) and would take the planner's time and the disk's room."""
MOST_HOLD_TIME = Ms(3 * HOUR)
"""All holds of a session together; a plan of 500 hours of ticks takes 25 s and 1 GB on a PC."""
MOST_COACH_LINES = 100
"""In one hold."""

T = TypeVar("T")


@dataclass(frozen=True)
class Range:
    """The least and the most length of a hold; the level picks between them."""

    least: Ms
    most: Ms

    def at(self, level: Level) -> Ms:
        """Return the least, the middle (to the whole second where there is one) or the most."""
        match level:
            case "gentle":
                return self.least
            case "full":
                return self.most
            case "standard":
                middle = (self.least + self.most) // 2
                whole = middle // SECOND * SECOND
                return Ms(whole if whole >= self.least else middle)


@dataclass(frozen=True)
class Coach:
    """A line spoken inside a hold, at a percentage of it or at a time from its start."""

    at: Ms | int
    percent: bool
    say: str

    def offset(self, hold: Ms) -> Ms:
        """Return when to say it, from the start of a hold of this length."""
        return Ms(hold * self.at // 100) if self.percent else Ms(self.at)


@dataclass(frozen=True)
class Position:
    """One position of an exercise with all that its hold needs. An exercise without positions has one without a name."""

    name: str
    say: str
    hold: Mapping[Profile, Range]
    coach: Mapping[Profile, tuple[Coach, ...]]
    tempo: int
    """Beats a minute ticked through the hold; 0 for none."""
    release: str
    """Said after the hold; may be empty."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: an instruction, then for each set and position a ready signal, a hold, a release and a rest."""

    id: str
    name: str
    say: str
    short: str
    """Said instead of `say` once the person knows the routine; may be empty."""
    prepare: Ms
    """From the ready signal to the start of the hold."""
    positions: tuple[Position, ...]
    marks: Ms
    """At each multiple the time left is said; 0 for never."""
    rest: Ms
    """Between the holds of the exercise."""
    sets: int
    repeat_after: Ms
    """How long after the exercise it is offered once more; 0 for never."""


@dataclass(frozen=True)
class Routine:
    """A routine as its author wrote it, checked."""

    id: str
    title: str
    language: str
    source: str
    reviewed_by: str
    intro: str
    outro: str
    tips: tuple[str, ...]
    exercises: tuple[Exercise, ...]


def alone(routine: Routine, exercise: Exercise) -> Routine:
    """Return a routine of one exercise only, to be done once more: without intro, outro, or another time after it."""
    return replace(routine, intro="", outro="", tips=(), exercises=(replace(exercise, repeat_after=Ms(0)),))


def read_routine(data: object, file: str, problems: list[Problem]) -> Routine | None:
    """Read a parsed TOML file. Every mistake is added to `problems`; with a mistake there is no routine."""
    before = len(problems)
    table = Table(data, file, problems)
    table.integer("schema", SCHEMA, SCHEMA)
    language = table.choice("language", tuple(LANGUAGES))
    spoken = partial(speakable, language=language)
    routine = Routine(
        id=table.text("id", _identifier),
        title=table.text("title", spoken),
        language=language,
        source=table.text("source", _printable, ""),
        reviewed_by=table.text("reviewed_by", _printable, ""),
        intro=table.text("intro", spoken, ""),
        outro=table.text("outro", spoken, ""),
        tips=table.texts("tips", spoken, ()) if "tips" in table else (),
        exercises=tuple(_exercise(item, spoken) for item in table.tables("exercise", required=True)),
    )
    seen: set[str] = set()
    for number, exercise in enumerate(routine.exercises, start=1):
        if exercise.id and exercise.id in seen:
            table.problem(f"exercise[{number}].id", f'"{exercise.id}" is used twice; each exercise needs its own id')
        seen.add(exercise.id)
    holds = sum(exercise.sets * len(exercise.positions) for exercise in routine.exercises)
    if holds > MOST_HOLDS:
        table.problem("exercise", f"{holds} holds in one session; at most {MOST_HOLDS} are possible")
    for profile in PROFILES:
        # A position has no hold where `positions` is no list: that is a problem already.
        lengths = [(e.sets, p.hold[profile].most) for e in routine.exercises for p in e.positions if p.hold]
        if (time := Ms(sum(sets * most for sets, most in lengths))) > MOST_HOLD_TIME:
            limit = length_text(MOST_HOLD_TIME)
            table.problem("exercise", f"{length_text(time)} of holds in one session ({profile}); at most {limit} are possible")
    table.done()
    return routine if all(problem.warning for problem in problems[before:]) else None


def _exercise(table: Table, spoken: Callable[[str], str]) -> Exercise:
    whole = Position(
        name="",
        say="",
        hold=_holds(table, required="positions" not in table or "hold" in table),
        coach=_coach(table, spoken, {}),
        tempo=_tempo(table, 0),
        release=table.text("release", spoken, ""),
    )
    positions = tuple(_position(item, spoken, whole) for item in table.tables("positions", required=False))
    exercise = Exercise(
        id=table.text("id", _identifier),
        name=table.text("name", spoken),
        say=table.text("say", spoken),
        short=table.text("short", spoken, ""),
        prepare=table.length("prepare", SECOND, MINUTE, Ms(4 * SECOND)),
        positions=positions or (whole,),
        marks=table.length("marks", Ms(10 * SECOND), HOUR, Ms(0)),
        rest=table.length("rest", SECOND, Ms(10 * MINUTE), Ms(0)),
        sets=table.integer("sets", 1, 20, 1),
        repeat_after=table.length("repeat_after", MINUTE, Ms(24 * HOUR), Ms(0)),
    )
    if exercise.marks % SECOND:
        table.problem("marks", f'"{length_text(exercise.marks)}" is not in whole seconds')
    names = [position.name for position in positions]
    for number, name in enumerate(names, start=1):
        if name and name in names[: number - 1]:
            table.problem(f"positions[{number}].name", f'"{name}" is used twice in this exercise')
    table.done()
    return exercise


def _position(table: Table, spoken: Callable[[str], str], whole: Position) -> Position:
    name = table.text("name", spoken)
    position = Position(
        name=name,
        say=table.text("say", spoken, name or "?"),
        hold=_holds(table, required=not whole.hold) or whole.hold,
        coach=_coach(table, spoken, whole.coach),
        tempo=_tempo(table, whole.tempo),
        release=table.text("release", spoken, whole.release),
    )
    table.done()
    return position


def _tempo(table: Table, default: int) -> int:
    return table.integer("tempo", 20, 240, default)


def _holds(table: Table, *, required: bool) -> Mapping[Profile, Range]:
    """Read `hold`: one length, [least, most], or either of them by profile."""
    default: dict[Profile, Range] | None = None if required else {}
    stand_in = dict.fromkeys(PROFILES, Range(LEAST_HOLD, LEAST_HOLD))
    return table.value("hold", lambda value: _by_profile(value, _range), default, stand_in)


def _range(value: object) -> Range:
    if not isinstance(value, list):
        length = as_length(value, LEAST_HOLD, MOST_HOLD)
        return Range(length, length)
    if len(value) != 2:
        raise ValueError(f'{shown(value)} is not a range; write [least, most], for example ["10s", "12s"]')
    least, most = (as_length(item, LEAST_HOLD, MOST_HOLD) for item in value)
    if least > most:
        raise ValueError(f"{shown(value)} has the larger length first; write [least, most]")
    return Range(least, most)


def _coach(
    table: Table, spoken: Callable[[str], str], default: Mapping[Profile, tuple[Coach, ...]]
) -> Mapping[Profile, tuple[Coach, ...]]:
    """Read `coach`: a list of { at, say }, or such lists by profile."""

    def line(value: object) -> Coach:
        if not isinstance(value, Mapping):
            raise ValueError(f'{shown(value)} is not a coach line; write {{ at = "50%", say = "..." }}')
        if set(value) != {"at", "say"}:
            raise ValueError(f'a coach line has the keys "at" and "say", not {", ".join(map(shown, value)) or "none"}')
        at, percent = _coach_at(value["at"])
        return Coach(at, percent, spoken(as_text(value["say"])))

    def lines(value: object) -> tuple[Coach, ...]:
        items = as_list(value)
        if len(items) > MOST_COACH_LINES:
            raise ValueError(f"{len(items)} coach lines in one hold; at most {MOST_COACH_LINES} are possible")
        return tuple(line(item) for item in items)

    return table.value("coach", lambda value: _by_profile(value, lines), default, {})


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


def _by_profile(value: object, read: Callable[[object], T]) -> dict[Profile, T]:
    """Read one value for every profile, or a table with one for each."""
    if not isinstance(value, Mapping):
        return dict.fromkeys(PROFILES, read(value))
    if set(value) != set(PROFILES):
        wanted = " and ".join(f'"{profile}"' for profile in PROFILES)
        raise ValueError(f"needs the profiles {wanted}, has {', '.join(map(shown, value)) or 'none'}")
    result: dict[Profile, T] = {}
    for profile in PROFILES:
        try:
            result[profile] = read(value[profile])
        except ValueError as error:
            raise ValueError(f"{profile}: {error}") from None
    return result


def _identifier(text: str) -> str:
    if not (0 < len(text) <= 40 and text.isascii() and text.replace("-", "a").isalnum() and text == text.lower()):
        raise ValueError(f'{shown(text)} is not an id; use up to 40 of a-z, 0-9 and "-"')
    return text


def _printable(text: str) -> str:
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        raise ValueError(f"{shown(text)} is not plain text of at most {LONGEST_TEXT} characters on one line")
    return text


def tidied(text: str) -> str:
    """Return a text that is to be spoken, in whatever language, with its spaces tidied.

    Raises:
        ValueError: if it has nothing that can be spoken, or too much.
    """
    tidy = " ".join(text.split())
    if not any(letter.isalnum() for letter in tidy):
        raise ValueError(f"{shown(text)} has nothing that can be spoken")
    if len(tidy) > LONGEST_TEXT:
        raise ValueError(f"{len(tidy)} characters are too many to follow by ear; at most {LONGEST_TEXT}")
    return tidy


def speakable(text: str, language: str) -> str:
    """Return a text that a voice of this language can say, with its spaces tidied.

    Raises:
        ValueError: if it cannot; the message shows why.
    """
    tidy = tidied(text)
    alphabet = LANGUAGES[language].alphabet
    for letter in tidy:
        known = unicodedata.name(letter, "").startswith(alphabet) if letter.isalpha() else letter.isprintable()
        if not known or unicodedata.category(letter) in ("So", "Sk", "Co", "Cn"):
            raise ValueError(f"{shown(letter)} in {shown(tidy)} cannot be spoken by this language's voice")
    return tidy
