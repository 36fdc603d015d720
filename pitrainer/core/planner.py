"""Turns a routine into a plan.

The rules:

1. Steps follow each other without a gap: `intro`, then for each exercise `instruct` (the exercise), then for each set and
   position `instruct` (the position), `ready`, `hold`, `release`, then perhaps `ask`; at the end perhaps `ask`, and `outro`.
   Which steps there are depends on the routine alone: neither on the clips nor on what the person knows, so that a session can
   be gone on with days later.
2. Every step after the first begins with a buzzer signal; but a position of which nothing needs to be said has an `instruct` of
   no length. Speech makes a step longer, never a hold shorter.
3. `ready` lasts exactly the exercise's `prepare`; `hold` lasts exactly what the routine says.
4. From a hold's end to the next ready signal it takes the exercise's `rest` at least: what is said between them runs inside it,
   and `release` lasts longer by what is left of it. A question does not count: it may be answered at once.
5. Effort begins at the start signal: before it is said where to be, and after it what to do. What is said inside a hold is in
   `hold_cues.py`; of an exercise with repetitions, a set of them stands for a hold, see `repetitions.py`.
6. What a person knows is not explained: of an exercise that is known the short texts are said, the length of a hold only where
   it differs from the one before, no "Rest.", and of the lines that need to be said only once, one a session.
7. A set at the person's own pace is planned with a guess of its length. Of such an exercise it is said how many there are and
   how a set ends: before each until it is known, then before the first.
8. A question lasts as long as it takes when nobody answers, see `asking.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from .asking import lay_question
from .hold_cues import GO_AT, Wish, lay, wishes
from .languages import LANGUAGES, Phrase, Phrases
from .learned import NOTHING, Learned
from .plan import ASKED_AFTER, GAP, PAUSE, Again, Buzz, Cue, Dropped, Kind, Plan, Question, Say, Step
from .progression import prescribed
from .repetitions import lay_set
from .routine import Ask, Exercise, Level, Position, Profile, Repetitions, Routine
from .signals import Signal
from .units import MINUTE, SECOND, Ms

EXPLAINED = 3
"""In so many sessions of a person the buzzes are explained."""
STILL = SECOND
"""The least silence that "Rest." is said for."""


def make_plan(
    routine: Routine,
    profile: Profile,
    level: Level,
    length_of: Callable[[Phrase], Ms],
    *,
    tip: int = 0,
    learned: Learned = NOTHING,
    whose: Phrase | None = None,
    weekday: int | None = None,
    minutes: bool = True,
) -> Plan:
    """Plan a session.

    Args:
        length_of: the length of a phrase's clip.
        tip: which tip is said at the end, counted on from session to session.
        learned: what need not be explained.
        whose: said first, where it is not clear whose session it is.
        weekday: 0 is Monday; None where it is not known: then every day's exercises are done.
        minutes: the intro tells how long it takes; not where the lengths of clips are estimates, for it would be wrong.
    """
    routine = prescribed(routine, learned, weekday)
    return _Planner(routine, profile, level, length_of, learned, tip, whose, minutes=minutes).plan()


def session_length(routine: Routine, profile: Profile, level: Level, length_of: Callable[[Phrase], Ms]) -> Ms:
    """Return how long a first session takes, without planning what happens when in it."""
    return Ms(sum(block.length for block in _Planner(routine, profile, level, length_of).blocks))


class _About(NamedTuple):
    """Which exercise, position and set a step belongs to, as `Step` has them."""

    exercise: str = ""
    name: str = ""
    position: str = ""
    number: int = 0
    set: int = 0
    repeats: bool = False


class _Block(NamedTuple):
    """A step of which it is known what happens in it and how long it takes, and not yet when."""

    kind: Kind
    about: _About
    length: Ms
    signal: Signal | None
    phrases: Sequence[Phrase] = ()
    """Said after the signal, one after the other."""
    last: Signal | None = None
    """After what is said."""
    wishes: Sequence[Wish] = ()
    """What should be said in a hold."""
    tempo: int = 0
    """Of a hold."""
    repetitions: Repetitions | None = None
    """Of a set of them, which stands for a hold."""
    coach: Sequence[tuple[Ms, Phrase]] = ()
    """Lines of such a set, with their offsets."""
    own: bool = False
    """A set at the person's own pace."""
    cues: Sequence[Cue] = ()
    """Of a question, from its start."""


class _Planner:
    """Lays out the blocks of a session; `plan` then gives each its time."""

    def __init__(
        self,
        routine: Routine,
        profile: Profile,
        level: Level,
        length_of: Callable[[Phrase], Ms],
        learned: Learned = NOTHING,
        tip: int = 0,
        whose: Phrase | None = None,
        *,
        minutes: bool = True,
    ) -> None:
        self.routine = routine
        self.profile: Profile = profile
        self.level: Level = level
        self.length_of = cache(length_of)
        self.learned = learned
        self.words: Phrases = LANGUAGES[routine.language]
        self.blocks: list[_Block] = []
        self.again: dict[int, Again] = {}
        self.questions: dict[int, Question] = {}
        self.spare: dict[Phrase, None] = {}
        self.released = 0
        """The last release's index."""
        self.rest = Ms(0)
        """How long it is at least from there to the next ready signal."""
        self.rest_said = False
        """A silence in that time is announced."""
        self.how_long_said: Phrase | None = None
        """How long the last hold was, or how many repetitions there were."""
        self.once_said = False
        """One of the lines that need to be said only once was."""
        intro = self.intro() if routine.exercises else ""
        welcome = [whose] if whose else []
        explained = [self.words.signals] if learned.sessions < EXPLAINED and not routine.repeated else []
        if intro:
            welcome += self.own(intro)
            self.talk("intro", None, [*welcome, *explained], _About())
        for number, exercise in enumerate(routine.exercises, start=1):
            self.exercise(number, exercise, [] if intro or number > 1 else [*welcome, *explained])
        if routine.exercises:
            known = all(exercise.id in learned.known for exercise in routine.exercises)
            self.ask(routine.ask[profile], _About(), known=known)
        tips = self.own(routine.tips[tip % len(routine.tips)] if routine.tips else "")
        farewell = [*self.own(self.turn(routine.outro[profile])), *tips] if routine.exercises else [self.words.nothing_today]
        self.talk("outro", Signal.STEP if self.blocks else None, farewell, _About(), Signal.DONE)
        if intro and minutes:
            self.blocks[0] = self.talking("intro", None, [*welcome, *self.minutes(), *explained], _About())

    def plan(self) -> Plan:
        """Give each block its time."""
        steps: list[Step] = []
        dropped: list[Dropped] = []
        at = Ms(0)
        for index, block in enumerate(self.blocks):
            left_out: list[tuple[Say, str]] = []
            if block.repetitions:
                cues, left_out = self.set(index, at, block.repetitions)
            elif block.kind == "hold":
                cues, left_out = lay(at, block.length, block.wishes, block.tempo, self.say)
            elif block.kind == "ask":
                cues = [cue.moved(at) for cue in block.cues]
            else:
                cues = self.one_after_the_other(at, block)
            dropped += [Dropped(index, cue.at, cue.text, why) for cue, why in left_out]
            steps.append(Step(index, block.kind, at, block.length, tuple(cues), *block.about, own=block.own))
            at = Ms(at + block.length)
        return Plan(
            routine=self.routine.id,
            title=self.routine.title,
            language=self.routine.language,
            profile=self.profile,
            level=self.level,
            exercises=len(self.routine.exercises),
            steps=tuple(steps),
            dropped=tuple(dropped),
            again=self.again,
            questions=self.questions,
            spare=tuple(self.spare),
            once_more=self.routine.repeated,
        )

    def intro(self) -> str:
        """Return what the routine's author has to say first."""
        full, short = self.routine.intro[self.profile], self.routine.short_intro[self.profile]
        known = self.learned.known.issuperset(exercise.id for exercise in self.routine.exercises)
        return short if full and short and known else full

    def minutes(self) -> list[Phrase]:
        """Return how long the session takes, in the words that come nearest with what they take themselves.

        Nothing comes nearest to less than half a minute.
        """
        length = sum(block.length for block in self.blocks)
        words = {number: self.words.about_minutes(number) for number in (length // MINUTE, length // MINUTE + 1) if number}
        self.spare |= dict.fromkeys(words.values())
        off = {number: abs(length + self.length_of(phrase) + PAUSE - number * MINUTE) for number, phrase in words.items()}
        best = min(off, key=off.__getitem__)
        return [words[best]] if length >= MINUTE or off[best] <= length else []

    def exercise(self, number: int, exercise: Exercise, explained: Sequence[Phrase]) -> None:
        """Lay out one exercise; `explained` is said first."""
        profile, known = self.profile, exercise.id in self.learned.known
        name = exercise.name[profile]
        about = _About(exercise.id, name, number=number)
        announce = self.words.exercise(number, len(self.routine.exercises), name)
        instruction = exercise.short if known else exercise.say
        signal = Signal.STEP if self.blocks else None
        self.talk("instruct", signal, [*explained, announce, *self.own(instruction[profile])], about)
        if exercise.own_pace:
            self.how_long_said = None  # nothing is counted aloud: the number is said, though the exercise before had as many
        places = [(set_, position) for set_ in range(1, exercise.sets + 1) for position in exercise.positions]
        for place, (set_, position) in enumerate(places, start=1):
            about = _About(exercise.id, name, position.name[profile], number, set_, exercise.repetitions is not None)
            where = self.own((known and position.short[profile]) or position.say[profile])
            said = [*where, *self.how_long(exercise, position, set_, known=known)]
            if exercise.own_pace and (place == 1 or not known):
                said.append(self.words.own_pace)
            if exercise.sets > 1 and position is exercise.positions[0]:
                said.insert(0, self.words.set_number(set_, exercise.sets))
            self.talk("instruct", Signal.STEP if said else None, said, about)
            self.keep_rest()
            self.blocks.append(_Block("ready", about, exercise.prepare, Signal.READY))
            self.hold(exercise, position, about, (where or [self.words.again(name)])[0])
            self.released, self.rest, self.rest_said = len(self.blocks), exercise.rest, not known
            release = (known and position.short_release[profile]) or self.turn(position.release[profile])
            self.talk("release", Signal.END if place == len(places) else Signal.CHANGE, self.own(release), about)
        self.ask(exercise.ask[profile], _About(exercise.id, name, number=number), known=known)

    def ask(self, what: Ask, about: _About, *, known: bool) -> None:
        """Add a question, if there is one; `known`: how to answer it."""
        if what == "none":
            return
        length, cues, self.questions[len(self.blocks)] = lay_question(what, self.words, self.say, known=known)
        self.blocks.append(_Block("ask", about, length, None, cues=cues))

    def how_long(self, exercise: Exercise, position: Position, set_: int, *, known: bool) -> list[Phrase]:
        """Return how long the next hold will be, or how many repetitions there will be, where that needs to be said."""
        before, self.how_long_said = self.how_long_said, None
        if it := exercise.repetitions:
            number, sides = it.reps[set_ - 1][self.profile].at(self.level), it.sides[self.profile]
            self.how_long_said = self.words.repetitions(number, bool(sides))
        elif (hold := exercise.lasts(position, self.profile, self.level, set_)) % SECOND == 0:
            self.how_long_said = self.words.hold_length(hold)
        needed = exercise.announce and not (known and self.how_long_said == before)
        return [self.how_long_said] if self.how_long_said and needed else []

    def keep_rest(self) -> None:
        """Have the last release last as long as its rest needs before the ready signal that comes now."""
        if not self.rest:
            return
        if self.rest_said:
            self.spare[self.words.rest] = None
        left = self.rest - sum(block.length for block in self.blocks[self.released :] if block.kind != "ask")
        if left > 0:
            release = self.blocks[self.released]
            said = self.rest_said and self.length_of(self.words.rest) + STILL <= left
            phrases = [*release.phrases, self.words.rest] if said else release.phrases
            self.blocks[self.released] = release._replace(length=Ms(release.length + left), phrases=phrases)

    def hold(self, exercise: Exercise, position: Position, about: _About, where: Phrase) -> None:
        """Add a hold, or a set of repetitions; `where` is said again after a pause."""
        length = exercise.lasts(position, self.profile, self.level, about.set)
        what = next(iter(self.own(position.go[self.profile])), None)
        coach = list(self.coach(position, length, known=exercise.id in self.learned.known))
        again = self.say(where, Ms(Signal.STEP.length + GAP))
        self.again[len(self.blocks)] = Again(again, self.say(what, GO_AT) if what else None)
        if exercise.own_pace:
            go, asked = self.say(self.words.own_pace, GO_AT), self.say(self.words.are_you_done, ASKED_AFTER)
            self.again[len(self.blocks)] = Again(again, go, asked=asked)
            self.blocks.append(_Block("hold", about, length, None, own=True))
        elif exercise.repetitions:
            self.blocks.append(_Block("hold", about, length, None, repetitions=exercise.repetitions, coach=coach))
        else:
            wanted = list(wishes(length, self.words, exercise, go=what, coach=coach))
            self.blocks.append(_Block("hold", about, length, None, wishes=wanted, tempo=position.tempo[self.profile]))

    def set(self, index: int, start: Ms, it: Repetitions) -> tuple[list[Cue], list[tuple[Say, str]]]:
        """Return what is heard in the set of a block, and what is left out; note how it goes on after a pause."""
        block = self.blocks[index]
        laid = lay_set(it, self.profile, self.level, block.about.set, self.words, block.coach, self.say)
        unit = it.unit(self.profile, self.level)
        self.again[index] = replace(self.again[index], unit=unit, openings=laid.openings)
        self.spare |= dict.fromkeys(laid.texts)
        return [cue.moved(start) for cue in laid.cues], [(cue.moved(start), why) for cue, why in laid.left_out]

    def coach(self, position: Position, hold: Ms, *, known: bool) -> Iterator[tuple[Ms, Phrase]]:
        """Yield the coach lines of a hold, each with its offset."""
        for line in position.coach.get(self.profile, ()):
            if known and line.once and self.once_said:
                continue
            self.once_said |= line.once
            yield line.offset(hold), Phrase(self.turn(line.say), self.routine.language)

    def turn(self, several: Sequence[str]) -> str:
        """Return that one of several texts whose turn it is in this session."""
        return several[self.learned.sessions % len(several)] if several else ""

    def own(self, *texts: str) -> list[Phrase]:
        """Return the routine's own texts as they are spoken; not the empty ones."""
        return [Phrase(text, self.routine.language) for text in texts if text]

    def say(self, phrase: Phrase, at: Ms) -> Say:
        """Return a phrase's cue."""
        return Say(at, *phrase, self.length_of(phrase))

    def talk(
        self, kind: Kind, signal: Signal | None, phrases: Sequence[Phrase], about: _About, last: Signal | None = None
    ) -> None:
        """Add a block that lasts as long as its signals and its phrases."""
        self.blocks.append(self.talking(kind, signal, phrases, about, last))

    def talking(
        self, kind: Kind, signal: Signal | None, phrases: Sequence[Phrase], about: _About, last: Signal | None = None
    ) -> _Block:
        length = sum(signal.length + GAP for signal in (signal, last) if signal)
        length += sum(self.length_of(phrase) + PAUSE for phrase in phrases)
        return _Block(kind, about, Ms(length), signal, phrases, last)

    def one_after_the_other(self, start: Ms, block: _Block) -> list[Cue]:
        """Return the cues of a block that begins at a moment."""
        cues: list[Cue] = [Buzz(start, block.signal)] if block.signal else []
        at = Ms(cues[0].end + GAP) if cues else start
        for phrase in block.phrases:
            cues.append(self.say(phrase, at))
            at = Ms(cues[-1].end + PAUSE)
        if block.last:
            cues.append(Buzz(at, block.last))
        return cues
