"""What a routine is: the data of a checked one. `config/routines.py` reads it from a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

from .languages import Phrase
from .speech import estimate
from .units import MINUTE, SECOND, Ms

Profile = Literal["adult", "child"]
Level = Literal["gentle", "standard", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
LEVELS: tuple[Level, ...] = get_args(Level)


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

    def instruction(self, *, short: bool) -> str:
        """Return what is said before it: the short instruction, where it is wanted and there is one."""
        return (short and self.short) or self.say


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

    def about(self, profile: Profile, level: Level, *, short: bool = False) -> Ms:
        """Return about how long a session takes, from the routine alone; `short`: with the short instructions.

        The clips' lengths must not count: the intro says this, so that it decides which clips there are.
        """

        def spoken(text: str) -> int:
            return estimate(Phrase(text, self.language))

        total = 0
        for exercise in self.exercises:
            total += spoken(exercise.name + exercise.instruction(short=short))
            for position in exercise.positions:
                hold = position.hold[profile].at(level)
                once = hold + exercise.prepare + exercise.rest + spoken(position.say) + spoken(position.release)
                total += exercise.sets * once
        return Ms(total)


def beats_in(hold: Ms, tempo: int) -> int:
    """Return how many beats of a tempo there are in a hold."""
    return hold * tempo // MINUTE


def alone(routine: Routine, exercise: Exercise) -> Routine:
    """Return a routine of one exercise only, to be done once more: without intro, outro, or another time after it."""
    return replace(routine, intro="", outro="", tips=(), exercises=(replace(exercise, repeat_after=Ms(0)),))


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
