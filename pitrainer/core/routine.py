"""What a routine is: the data of a checked one. `config/routines.py` reads it from a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeVar, get_args

from .units import MINUTE, SECOND, Ms

Profile = Literal["adult", "child"]
Level = Literal["gentle", "standard", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
LEVELS: tuple[Level, ...] = get_args(Level)

T = TypeVar("T")
ByProfile = Mapping[Profile, T]
"""A profile may have its own texts, lengths and tempo; those that are for everybody stand there once for each."""
Words = ByProfile[str]
Alternatives = ByProfile[tuple[str, ...]]
"""Texts of which each session takes the next; none for nothing said."""
NO_WORDS: Words = dict.fromkeys(PROFILES, "")
NO_ALTERNATIVES: Alternatives = dict.fromkeys(PROFILES, ())


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
    say: tuple[str, ...]
    """Alternatives, of which each session takes the next."""
    once: bool = False
    """Of such lines only the first of a session is said in exercises that the person knows."""

    def offset(self, hold: Ms) -> Ms:
        """Return when to say it, from the start of a hold of this length."""
        return Ms(hold * self.at // 100) if self.percent else Ms(self.at)


@dataclass(frozen=True)
class Position:
    """One position of an exercise with all that its hold needs. An exercise without positions has one without a name."""

    name: Words
    say: Words
    """Where to be: said before the hold, and again after a pause."""
    short: Words
    """Said instead of `say` once the person knows the exercise; may be empty."""
    go: Words
    """What to do: said right after the start signal; may be empty."""
    hold: ByProfile[Range]
    coach: ByProfile[tuple[Coach, ...]]
    tempo: ByProfile[int]
    """Beats a minute ticked through the hold; 0 for none."""
    release: Alternatives
    """Said after the hold; may be empty."""
    short_release: Words
    """Said instead of `release` once the person knows the exercise; may be empty."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: an instruction, then for each set and position a ready signal, a hold and a release."""

    id: str
    name: Words
    say: Words
    short: Words
    """Said instead of `say` once the person knows the exercise; may be empty."""
    prepare: Ms
    """From the ready signal to the start of the hold."""
    positions: tuple[Position, ...]
    marks: Ms
    """At each multiple the time left is said; 0 for never."""
    rest: Ms
    """The least time from the end of each hold to the ready signal of the next, also of the next exercise."""
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
    intro: Words
    short_intro: Words
    """Said instead of `intro` once the person knows every exercise; may be empty."""
    outro: Alternatives
    tips: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    repeated: bool = False
    """It is one exercise, done once more."""


def beats_in(hold: Ms, tempo: int) -> int:
    """Return how many beats of a tempo there are in a hold."""
    return hold * tempo // MINUTE


def alone(routine: Routine, exercise: Exercise) -> Routine:
    """Return a routine of one exercise only, to be done once more: without intro, outro, or another time after it."""
    once_more = (replace(exercise, repeat_after=Ms(0)),)
    return replace(routine, intro=NO_WORDS, outro=NO_ALTERNATIVES, tips=(), exercises=once_more, repeated=True)


class Regimen(NamedTuple):
    """A routine as one person does it: what has a streak, a day on which it was done last, and exercises that are known."""

    routine: str
    """Its id."""
    profile: Profile
    person: str = ""
    """A name; empty where nobody is named."""

    @property
    def who(self) -> str:
        """For whom it is, in a line that somebody reads."""
        return ", ".join(filter(None, (self.person, self.profile)))


@dataclass(frozen=True)
class Program:
    """What a press starts."""

    routine: Routine
    profile: Profile
    level: Level
    person: str = ""
    """Whose it is; empty where nobody is named."""

    @property
    def regimen(self) -> Regimen:
        """What its sessions count for."""
        return Regimen(self.routine.id, self.profile, self.person)
