"""Turns a routine into a plan: the whole session as data, each step and each cue at its offset in milliseconds.

The rules:

1. Steps follow each other without a gap: `intro`, then for each exercise `instruct` (the exercise), then for each set and
   position `instruct` (the position), `ready`, `hold`, `release`, `rest`; at the end `outro`.
2. Every step after the first begins with a buzzer signal. Speech makes a step longer, never a hold shorter.
3. `ready` lasts exactly the exercise's `prepare`; `hold` lasts exactly what the routine says.
4. In a hold the words of the countdown start at T-3, T-2 and T-1 s; half-way is said in holds of `HALF_WAY_FROM` or longer;
   coach lines and the marks of the time left come at their place.
5. Two spoken cues, or one and a signal, are at least `GAP` apart (the countdown's words among themselves need only not
   overlap: they are a second apart). Otherwise the lower one is dropped, and the plan says so:
   signal > countdown > coach > half-way > marks. The position is said before the hold begins, so that it needs no place here.
   Ticks of the tempo are too short to hide a word and stay.
"""

from bisect import bisect, bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Literal, NamedTuple

from .languages import LANGUAGES, Phrase, Phrases
from .routine import Exercise, Level, Position, Profile, Routine, beats_in
from .signals import Signal
from .text import shown
from .units import MINUTE, SECOND, Ms

Kind = Literal["intro", "instruct", "ready", "hold", "release", "rest", "outro"]

GAP = Ms(300)
"""The least silence between two cues in a hold: closer ones run into each other in a room's echo."""
PAUSE = Ms(600)
"""Between two things said one after the other outside a hold: time to take in the first."""
HALF_WAY_FROM = Ms(20_000)
"""Shorter holds get no half-way call: the countdown follows too soon after it."""


@dataclass(frozen=True)
class Say:
    """A text to speak, at a moment; `length` is that of its clip."""

    at: Ms
    text: str
    language: str
    length: Ms

    @property
    def phrase(self) -> Phrase:
        """What is spoken."""
        return Phrase(self.text, self.language)

    @property
    def end(self) -> Ms:
        """The moment after the clip."""
        return Ms(self.at + self.length)

    def moved(self, by: int) -> "Say":
        """Return it so many milliseconds later."""
        return Say(Ms(self.at + by), self.text, self.language, self.length)


@dataclass(frozen=True)
class Buzz:
    """A buzzer signal, at a moment."""

    at: Ms
    signal: Signal

    @property
    def end(self) -> Ms:
        """The moment of the last edge."""
        return Ms(self.at + self.signal.length)

    def moved(self, by: int) -> "Buzz":
        """Return it so many milliseconds later."""
        return Buzz(Ms(self.at + by), self.signal)


Cue = Say | Buzz


@dataclass(frozen=True)
class Dropped:
    """A cue that the plan leaves out, and why."""

    step: int
    at: Ms
    text: str
    why: str


@dataclass(frozen=True)
class Step:
    """One step of a session. `start` and its cues' `at` are absolute: offsets in the plan, or the clock's in a session."""

    index: int
    """Its place in the plan; a step that is done once more keeps it."""
    kind: Kind
    start: Ms
    length: Ms
    cues: tuple[Cue, ...]
    exercise: str = ""
    """The exercise's id, or empty in the intro and the outro."""
    name: str = ""
    """The exercise's name, to show."""
    position: str = ""
    """The position's name, or empty."""
    number: int = 0
    """The exercise's number, from 1."""
    set: int = 0
    """The set's number, from 1; 0 where there is none."""
    held: Ms = Ms(0)
    """How much of a hold was held before a pause; `length` is then the rest of it."""

    @property
    def end(self) -> Ms:
        """The moment at which the next step starts."""
        return Ms(self.start + self.length)

    def moved(self, by: int) -> "Step":
        """Return the step with its cues, later by so many milliseconds."""
        return replace(self, start=Ms(self.start + by), cues=tuple([cue.moved(by) for cue in self.cues])) if by else self


@dataclass(frozen=True)
class Plan:
    """A whole session."""

    routine: str
    title: str
    language: str
    profile: Profile
    level: Level
    exercises: int
    steps: tuple[Step, ...]
    dropped: tuple[Dropped, ...]
    again: dict[int, Say]
    """What is said when a paused hold goes on, by the hold's index."""

    @property
    def length(self) -> Ms:
        """From the start to the last moment of the last step."""
        return self.steps[-1].end

    def phrases(self) -> list[Phrase]:
        """Everything that the plan can speak, once each, in the order in which a session needs them.

        What is dropped comes last: it may find its place once the clips have their true lengths.
        """
        said = [cue.phrase for step in self.steps for cue in step.cues if isinstance(cue, Say)]
        said += [say.phrase for say in self.again.values()]
        return list(dict.fromkeys(said + [Phrase(cue.text, self.language) for cue in self.dropped]))

    def tail(self, index: int) -> list[Step]:
        """Return the steps from one on, the first at 0."""
        return rebase(self.steps[index:])

    def resume(self, hold: Step) -> list[Step]:
        """Return what is left when a hold goes on after `hold.held`: the position again, ready, the rest of it, all else."""
        whole = self.steps[hold.index]
        ready = self.steps[hold.index - 1]
        say = self.again[hold.index]
        lead = replace(
            ready,
            index=ready.index - 1,
            kind="instruct",
            start=Ms(0),
            length=Ms(say.at + say.length + PAUSE),
            cues=(Buzz(Ms(0), Signal.STEP), say),
        )
        return rebase([lead, ready, _rest_of(whole, hold.held), *self.steps[hold.index + 1 :]])


def rebase(steps: Iterable[Step]) -> list[Step]:
    """Put steps one after the other, the first at 0."""
    result: list[Step] = []
    at = 0
    for step in steps:
        result.append(step.moved(at - step.start))
        at += step.length
    return result


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
        """Add a hold with its cues: each is placed where it belongs, or dropped."""
        start, end = self.now, Ms(self.now + length)
        index = len(self.steps)
        begin = Buzz(start, Signal.START)
        placed = _Placed(begin)
        for rank, at, phrase in self.wishes(exercise, position, length):
            cue = self.say(phrase, Ms(start + at))
            if at >= length:
                why = "it comes after the end of the hold"
            elif cue.end + GAP > end:
                why = "it would run into the end of the hold"
            else:
                nearer = placed.place(cue, word=rank == 0)
                if nearer is None:
                    continue
                what = shown(nearer.text) if isinstance(nearer, Say) else "the start signal"
                why = f"it would come too close to {what}"
            self.dropped.append(Dropped(index, cue.at, cue.text, why))
        if position.tempo:
            beats = (start + beat * MINUTE // position.tempo for beat in range(1, beats_in(length, position.tempo) + 1))
            first, last = begin.end + GAP, end - GAP - Signal.TICK.length
            placed.cues += [Buzz(Ms(beat), Signal.TICK) for beat in beats if first <= beat <= last]
            placed.cues.sort(key=attrgetter("at"))
        self.step("hold", length, placed.cues, about)
        again = self.own(position.say) or [self.words.again(exercise.name)]
        self.again[index] = self.say(again[0], Ms(Signal.STEP.length + GAP))

    def wishes(self, exercise: Exercise, position: Position, hold: Ms) -> Iterator[tuple[int, Ms, Phrase]]:
        """Yield (rank, offset in the hold, phrase) of all that should be said in a hold, the most important first."""
        for seconds, word in enumerate(reversed(self.words.countdown), start=1):
            if hold > seconds * SECOND:
                yield 0, Ms(hold - seconds * SECOND), word
        for coach in position.coach.get(self.profile, ()):
            yield 1, coach.offset(hold), Phrase(coach.say, self.routine.language)
        if hold >= HALF_WAY_FROM:
            yield 2, Ms(hold // 2), self.words.half_way
        if exercise.marks:
            for left in range(exercise.marks, hold, exercise.marks):
                if hold >= HALF_WAY_FROM and 2 * left == hold:
                    continue  # half-way says it
                yield 3, Ms(hold - left), self.words.time_left(Ms(left))


class _Placed:
    """The cues that have their place in a hold, in the order of time. Only neighbours are compared: there may be hundreds."""

    def __init__(self, begin: Buzz) -> None:
        self.cues: list[Cue] = [begin]
        # None overlaps another, so that their ends are in the order of their starts.
        self._starts, self._ends = [begin.at], [begin.end]
        self._turns = [0]
        """When each got its place: the most important first."""

    def place(self, cue: Say, *, word: bool) -> Cue | None:
        """Give a cue its place, or return the most important one that it would come too close to.

        `word`: it is one of the countdown's, which may follow another at once.
        """
        start, end = cue.at, cue.end
        near: Sequence[int] = range(bisect(self._ends, start - GAP), bisect_left(self._starts, end + GAP))
        if word:
            near = [index for index in near if index == 0 or (start < self._ends[index] and self._starts[index] < end)]
        if near:
            return self.cues[min(near, key=self._turns.__getitem__)]
        index = bisect(self._starts, start)
        self.cues.insert(index, cue)
        self._starts.insert(index, start)
        self._ends.insert(index, end)
        self._turns.insert(index, len(self._turns))
        return None


def _rest_of(hold: Step, held: Ms) -> Step:
    """Return a hold without its first part: a start signal that fits, then the cues that keep clear of it."""
    start = Ms(hold.start + held)
    signals = (Buzz(start, signal) for signal in (Signal.START, Signal.STEP))
    begin = [buzz for buzz in signals if buzz.end + GAP <= hold.end][:1]
    free = begin[0].end + GAP if begin else hold.end
    kept = (cue for cue in hold.cues if cue.at >= free)
    return replace(hold, start=start, length=Ms(hold.end - start), cues=(*begin, *kept), held=held)
