"""What a routine is: the data of a checked one. `config/routines.py` reads it from a file."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeVar, get_args

from .units import MINUTE, SECOND, Ms

Profile = Literal["adult", "child"]
Level = Literal["gentle", "standard", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
LEVELS: tuple[Level, ...] = get_args(Level)
Counting = Literal["up", "down", "none"]
"""How repetitions are counted."""
COUNTINGS: tuple[Counting, ...] = get_args(Counting)
EVERY_DAY = frozenset(range(7))
"""Of the week, 0 for Monday."""

OWN_PACE = Ms(4 * SECOND)
"""About how long a repetition takes at a person's own pace, for the minutes that are announced. The moderate pace of the
American College of Sports Medicine is one or two seconds up, and as many down ("Progression models in resistance training",
2009). This is its slow end: nobody who trains at home by a voice is in a hurry."""

Ask = Literal["pain", "effort", "none"]
"""What is asked after an exercise, or after all of them."""
ASKS: tuple[Ask, ...] = get_args(Ask)

ID = re.compile(r"[a-z0-9-]{1,40}")
"""What the id of a routine or an exercise is made of; it is part of a file's name, and so leads out of no folder."""

T = TypeVar("T")
ByProfile = Mapping[Profile, T]
"""A profile may have its own texts, lengths and tempo; those that are for everybody stand there once for each."""
Words = ByProfile[str]
Alternatives = ByProfile[tuple[str, ...]]
"""Texts of which each session takes the next; none for nothing said."""
NO_WORDS: Words = dict.fromkeys(PROFILES, "")
NO_ALTERNATIVES: Alternatives = dict.fromkeys(PROFILES, ())
NO_ASK: ByProfile[Ask] = dict.fromkeys(PROFILES, "none")


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
class Number:
    """The least and the most of how often something is done; the level picks between them."""

    least: int
    most: int

    def at(self, level: Level) -> int:
        """Return the least, the middle (rounded down) or the most."""
        return {"gentle": self.least, "standard": (self.least + self.most) // 2, "full": self.most}[level]


@dataclass(frozen=True)
class Growth:
    """A length, or how often something is done, that grows with the sessions that a person has done."""

    least: int
    """In the first session."""
    most: int
    by: int
    """The size of a step."""
    every: int
    """After so many sessions it is one step more."""

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return -(-(self.most - self.least) // self.by)

    def after(self, steps: int) -> int:
        """Return what it has grown to."""
        return min(self.most, self.least + steps * self.by)

    def at(self, level: Level) -> Ms:
        """Return the least or, for the full level, the most. A session's plan has what it has grown to, at every level."""
        return Ms(self.most if level == "full" else self.least)


@dataclass(frozen=True)
class Phase:
    """A part of a repetition."""

    name: Words
    say: Words
    """Said at its beginning; may be empty."""
    time: ByProfile[Range | Growth]


@dataclass(frozen=True)
class Repetitions:
    """What is done in each set of an exercise that has repetitions, instead of a hold."""

    reps: tuple[ByProfile[Number | Growth], ...]
    """How many, by set; of each side, where there are sides."""
    phases: tuple[Phase, ...]
    """What each is made of; none where the person does them at their own pace."""
    count: Counting = "up"
    sides: Alternatives = field(default_factory=lambda: NO_ALTERNATIVES)
    """Those that take turns; none where each repetition is like the one before."""

    @property
    def own(self) -> bool:
        """Tell whether they are done at the person's own pace."""
        return not self.phases

    def unit(self, profile: Profile, level: Level) -> Ms:
        """Return how long one repetition is; at the person's own pace, about."""
        return OWN_PACE if self.own else Ms(sum(phase.time[profile].at(level) for phase in self.phases))

    def times(self, profile: Profile, level: Level, set_: int) -> int:
        """Return how many repetitions a set has, all sides together; sets are counted from 1."""
        return self.reps[set_ - 1][profile].at(level) * max(1, len(self.sides[profile]))


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
    hold: ByProfile[Range | Growth]
    """Empty where the exercise has repetitions."""
    coach: ByProfile[tuple[Coach, ...]]
    tempo: ByProfile[int]
    """Beats a minute ticked through the hold; 0 for none."""
    release: Alternatives
    """Said after the hold; may be empty."""
    short_release: Words
    """Said instead of `release` once the person knows the exercise; may be empty."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: an instruction, then for each set and position a ready signal, a hold or repetitions, and a release."""

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
    repetitions: Repetitions | None = None
    """What is done in each set and position, where it is not a hold."""
    countdown: bool = True
    """The last seconds of a hold are counted."""
    half_way: bool = True
    """The middle of a long hold is said."""
    announce: bool = True
    """How long a hold will be, or how many repetitions there will be, is said before."""
    days: frozenset[int] = frozenset()
    """The days of the week on which it is done, 0 for Monday; none for every day."""
    from_session: int = 1
    """The first session of a person in which it is done."""
    until_session: int = 0
    """The last one; 0 for ever."""
    ask: ByProfile[Ask] = field(default_factory=lambda: NO_ASK)
    """What is asked after it."""

    @property
    def own_pace(self) -> bool:
        """Tell whether its sets are done at the person's own pace."""
        return self.repetitions is not None and self.repetitions.own

    def lasts(self, position: Position, profile: Profile, level: Level, set_: int) -> Ms:
        """Return how long a hold, or a set of repetitions, is."""
        if it := self.repetitions:
            return Ms(it.unit(profile, level) * it.times(profile, level, set_))
        return position.hold[profile].at(level)


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
    ask: ByProfile[Ask] = field(default_factory=lambda: NO_ASK)
    """What is asked after all of them."""
    repeated: bool = False
    """It is one exercise, done once more."""


def due_days(routines: Iterable[Routine]) -> frozenset[int]:
    """Return the days of the week on which an exercise of one of these is done; every day where there is none of them."""
    all_ = [*routines]
    days = [exercise.days or EVERY_DAY for routine in all_ for exercise in routine.exercises]
    return frozenset[int]().union(*days) if all_ else EVERY_DAY


def beats_in(hold: Ms, tempo: int) -> int:
    """Return how many beats of a tempo there are in a hold."""
    return hold * tempo // MINUTE


def alone(routine: Routine, exercise: Exercise) -> Routine:
    """Return a routine of one exercise only, to be done once more: without what is before and after it."""
    once_more = (replace(exercise, repeat_after=Ms(0), days=frozenset(), from_session=1, until_session=0),)
    return replace(routine, intro=NO_WORDS, outro=NO_ALTERNATIVES, tips=(), exercises=once_more, ask=NO_ASK, repeated=True)


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
