"""Turns a routine into a plan.

The rules:

1. Steps follow each other without a gap: `intro`, then for each exercise `instruct` (the exercise), then for each set and
   position `instruct` (the position), `ready`, `hold`, `release`, `rest`; at the end `outro`.
2. Every step after the first begins with a buzzer signal. Speech makes a step longer, never a hold shorter.
3. `ready` lasts exactly the exercise's `prepare`; `hold` lasts exactly what the routine says.
4. What is said in a hold is in `hold_cues.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from .hold_cues import lay, wishes
from .languages import LANGUAGES, Phrase, Phrases
from .plan import GAP, PAUSE, Buzz, Cue, Dropped, Kind, Plan, Say, Step
from .routine import Exercise, Level, Position, Profile, Routine
from .signals import Signal
from .units import MINUTE, SECOND, Ms


def make_plan(
    routine: Routine,
    profile: Profile,
    level: Level,
    length_of: Callable[[Phrase], Ms],
    *,
    tip: int = 0,
    short: bool = False,
) -> Plan:
    """Plan a session.

    Args:
        length_of: the length of a phrase's clip.
        tip: which tip is said at the end, counted on from session to session.
        short: say the short instructions where there are any.
    """
    return _Planner(routine, profile, level, length_of, tip, short).plan()


class _About(NamedTuple):
    """Which exercise, position and set a step belongs to, as `Step` has them."""

    exercise: str = ""
    name: str = ""
    position: str = ""
    number: int = 0
    set: int = 0


class _Planner:
    """Holds what the parts of one planning share."""

    def __init__(
        self, routine: Routine, profile: Profile, level: Level, length_of: Callable[[Phrase], Ms], tip: int, short: bool
    ) -> None:
        self.routine = routine
        self.profile: Profile = profile
        self.level: Level = level
        self.length_of = cache(length_of)
        self.short = short
        self.tip = routine.tips[tip % len(routine.tips)] if routine.tips else ""
        self.words: Phrases = LANGUAGES[routine.language]
        self.steps: list[Step] = []
        self.dropped: list[Dropped] = []
        self.again: dict[int, Say] = {}

    def plan(self) -> Plan:
        """Lay out the whole session."""
        routine = self.routine
        if routine.intro:
            minutes = max(1, round(routine.about(self.profile, self.level, short=self.short) / MINUTE))
            self.talk("intro", None, [*self.own(routine.intro), self.words.about_minutes(minutes)], _About())
        for number, exercise in enumerate(routine.exercises, start=1):
            self.exercise(number, exercise)
        self.talk("outro", Signal.STEP, self.own(routine.outro, self.tip), _About(), last=Signal.DONE)
        return Plan(
            routine=routine.id,
            title=routine.title,
            language=routine.language,
            profile=self.profile,
            level=self.level,
            exercises=len(routine.exercises),
            steps=tuple(self.steps),
            dropped=tuple(self.dropped),
            again=self.again,
        )

    def exercise(self, number: int, exercise: Exercise) -> None:
        """Lay out one exercise."""
        about = _About(exercise.id, exercise.name, number=number)
        announce = self.words.exercise(number, len(self.routine.exercises), exercise.name)
        signal = Signal.STEP if self.steps else None
        self.talk("instruct", signal, [announce, *self.own(exercise.instruction(short=self.short))], about)
        places = [(set_, position) for set_ in range(1, exercise.sets + 1) for position in exercise.positions]
        for place, (set_, position) in enumerate(places):
            about = _About(exercise.id, exercise.name, position.name, number, set_)
            hold = position.hold[self.profile].at(self.level)
            said = self.own(position.say)
            if hold % SECOND == 0:
                said.append(self.words.hold_length(hold))
            if exercise.sets > 1 and position is exercise.positions[0]:
                said.insert(0, self.words.set_number(set_, exercise.sets))
            self.talk("instruct", Signal.STEP, said, about)
            self.step("ready", exercise.prepare, [Buzz(self.now, Signal.READY)], about)
            self.hold(exercise, position, hold, about)
            last = place == len(places) - 1
            self.talk("release", Signal.END if last else Signal.CHANGE, self.own(position.release), about)
            if exercise.rest and not last:
                self.rest(exercise.rest, about)

    @property
    def now(self) -> Ms:
        """Where the next step starts."""
        return self.steps[-1].end if self.steps else Ms(0)

    def own(self, *texts: str) -> list[Phrase]:
        """Return the routine's own texts as they are spoken; not the empty ones."""
        return [Phrase(text, self.routine.language) for text in texts if text]

    def say(self, phrase: Phrase, at: Ms) -> Say:
        """Return a phrase's cue."""
        return Say(at, *phrase, self.length_of(phrase))

    def step(self, kind: Kind, length: Ms, cues: Sequence[Cue], about: _About) -> None:
        """Add a step whose cues have their absolute offsets."""
        self.steps.append(Step(len(self.steps), kind, self.now, length, tuple(cues), *about))

    def talk(
        self, kind: Kind, signal: Signal | None, phrases: Iterable[Phrase], about: _About, last: Signal | None = None
    ) -> None:
        """Add a step that lasts as long as its signal and its phrases, one after the other."""
        start = self.now
        cues: list[Cue] = [Buzz(start, signal)] if signal else []
        end = Ms(cues[0].end + GAP) if cues else start
        for phrase in phrases:
            cues.append(self.say(phrase, end))
            end = Ms(cues[-1].end + PAUSE)
        if last:
            cues.append(Buzz(end, last))
            end = Ms(cues[-1].end + GAP)
        self.step(kind, Ms(end - start), cues, about)

    def rest(self, length: Ms, about: _About) -> None:
        """Add a rest, which says so where there is time for it."""
        buzz = Buzz(self.now, Signal.STEP)
        say = self.say(self.words.rest, Ms(buzz.end + GAP))
        fits = say.end + GAP <= self.now + length
        self.step("rest", length, [buzz, say] if fits else [buzz], about)
        if not fits:
            self.dropped.append(Dropped(len(self.steps) - 1, say.at, say.text, "the rest is too short for it"))

    def hold(self, exercise: Exercise, position: Position, length: Ms, about: _About) -> None:
        """Add a hold with its cues."""
        index = len(self.steps)
        wanted = wishes(exercise, position, self.profile, length, self.words, self.routine.language)
        cues, left_out = lay(self.now, length, wanted, position.tempo, self.say)
        self.dropped += [Dropped(index, cue.at, cue.text, why) for cue, why in left_out]
        self.step("hold", length, cues, about)
        again = self.own(position.say) or [self.words.again(exercise.name)]
        self.again[index] = self.say(again[0], Ms(Signal.STEP.length + GAP))
