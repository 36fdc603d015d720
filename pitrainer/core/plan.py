"""A whole session as data: each step and each cue at its offset in milliseconds. `planner.py` makes it of a routine."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Literal

from .languages import Phrase
from .learned import NOTHING, Learned
from .routine import Ask, Level, Profile, Regimen
from .signals import Signal
from .units import MINUTE, Ms

Kind = Literal["intro", "instruct", "ready", "hold", "release", "ask", "outro"]

GAP = Ms(300)
"""The least silence between two cues in a hold: closer ones run into each other in a room's echo."""
PAUSE = Ms(600)
"""Between two things said one after the other outside a hold: time to take in the first."""

ASKED_AFTER = Ms(3 * MINUTE)
"""After so long, somebody who does a set at their own pace is asked once whether they are done."""
PATIENCE = Ms(5 * MINUTE)
"""After that they have gone, or have forgotten to press, and the session is paused."""

REACTION = Ms(200)
"""A press so soon after a number was meant for the one before: nobody reacts to a word sooner."""


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
    repeats: bool = False
    """The hold, or the one that the step belongs to, is a set of repetitions."""
    held: Ms = Ms(0)
    """How much of a hold was held before a pause; `length` is then the rest of it."""
    own: bool = False
    """A set at the person's own pace: it lasts until they press, and `length` is a guess."""

    @property
    def end(self) -> Ms:
        """The moment at which the next step starts."""
        return Ms(self.start + self.length)

    def moved(self, by: int) -> "Step":
        """Return the step with its cues, later by so many milliseconds."""
        return replace(self, start=Ms(self.start + by), cues=tuple([cue.moved(by) for cue in self.cues])) if by else self


@dataclass(frozen=True)
class Again:
    """What is said once more when a hold goes on after a pause; each at its offset in its step."""

    place: Say
    """Before the ready signal: where to be."""
    go: Say | None
    """After the start signal: what to do; None where the hold has no such line."""
    unit: Ms = Ms(0)
    """How long a repetition is, where the hold is a set of them: it goes on with one from its beginning."""
    openings: tuple[Say | None, ...] = ()
    """What is said after the start signal instead of `go`, by the repetition that it goes on with."""
    asked: Say | None = None
    """In a set at the person's own pace: whether they are done."""

    def rest_of(self, hold: Step, held: Ms) -> Step:
        """Return what is left of a hold after a pause in it; of a set at the person's own pace, nobody knows it."""
        if hold.own:
            return replace(_rest_of(hold, Ms(0), self.go), held=held)
        if not self.unit:
            return _rest_of(hold, held, self.go)
        done = min(held // self.unit, len(self.openings) - 1)
        return _rest_of_set(hold, Ms(done * self.unit), self.openings[done])


@dataclass(frozen=True)
class Question:
    """What a step asks."""

    about: Ask
    numbers: tuple[Ms, ...]
    """When each of them is said, from the step's start."""
    answers: tuple[Say, ...]
    """What reads each of them back."""
    too_much: Phrase
    """Said where pain ends the session."""

    def answer(self, after: Ms) -> int | None:
        """Return the number that a press means so long after the step's start; None where none has been said yet."""
        said = [number for number, at in enumerate(self.numbers) if at + (REACTION if number else 0) <= after]
        return said[-1] if said else None


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
    again: dict[int, Again]
    """What is said when a paused hold goes on, by the hold's index."""
    spare: tuple[Phrase, ...]
    """What it would speak if the clips had other lengths."""
    person: str = ""
    """Whose session it is; empty where nobody is named."""
    learned: Learned = NOTHING
    """What the person had learned when it was made."""
    weekday: int | None = None
    """The day that it was made for, 0 for Monday; None where it was not known."""
    questions: dict[int, Question] = field(default_factory=dict)
    """What is asked, by the step's index."""
    pain_stop: int = 10
    """More pain than this ends the session."""
    once_more: bool = False
    """It is one exercise of the routine, done once more."""

    @property
    def regimen(self) -> Regimen:
        """What it counts for."""
        return Regimen(self.routine, self.profile, self.person)

    @property
    def length(self) -> Ms:
        """From the start to the last moment of the last step."""
        return self.steps[-1].end

    def phrases(self) -> list[Phrase]:
        """Everything that the plan can speak, once each, in the order in which a session needs them.

        What is dropped comes last: it may find its place once the clips have their true lengths.
        """
        said = [cue.phrase for step in self.steps for cue in step.cues if isinstance(cue, Say)]
        said += [again.place.phrase for again in self.again.values()]
        more = (say for again in self.again.values() for say in (*again.openings, again.asked) if say)
        said += [say.phrase for say in more]
        for question in self.questions.values():
            said += [*(say.phrase for say in question.answers), *([question.too_much] if question.about == "pain" else [])]
        return list(dict.fromkeys(said + [Phrase(cue.text, self.language) for cue in self.dropped]))

    def hold_after(self, step: Step) -> Step | None:
        """Return the next hold that is not the one to which a step belongs, or None after the last."""
        here = (step.number, step.position, step.set)
        holds = (one for one in self.steps[step.index :] if one.kind == "hold")
        return next((hold for hold in holds if (hold.number, hold.position, hold.set) != here), None)

    def tail(self, index: int) -> list[Step]:
        """Return the steps from one on, the first at 0."""
        return rebase(self.steps[index:])

    def resume(self, hold: Step) -> list[Step]:
        """Return what is left when a hold goes on after `hold.held`: where to be, ready, the rest of the hold, all else.

        What to do is said again at its start, where that has time for it. A set goes on with the repetition that was begun.
        """
        whole = self.steps[hold.index]
        ready = self.steps[hold.index - 1]
        again = self.again[hold.index]
        lead = replace(
            ready,
            index=ready.index - 1,
            kind="instruct",
            start=Ms(0),
            length=Ms(again.place.end + PAUSE),
            cues=(Buzz(Ms(0), Signal.STEP), again.place),
        )
        return rebase([lead, ready, again.rest_of(whole, hold.held), *self.steps[hold.index + 1 :]])


def rebase(steps: Iterable[Step]) -> list[Step]:
    """Put steps one after the other, the first at 0."""
    result: list[Step] = []
    at = 0
    for step in steps:
        result.append(step.moved(at - step.start))
        at += step.length
    return result


def _rest_of(hold: Step, held: Ms, go: Say | None) -> Step:
    """Return a hold without its first part: a start signal and `go`, where they fit, then the cues that keep clear of them."""
    start = Ms(hold.start + held)
    signals = (Buzz(start, signal) for signal in (Signal.START, Signal.STEP))
    signal = next((buzz for buzz in signals if buzz.end + GAP <= hold.end), None)
    begin: list[Cue] = [signal] if signal else []
    ticks = free = signal.end + GAP if signal else hold.end
    if go and (again := go.moved(start)).at >= free and again.end + GAP <= hold.end:
        begin.append(again)
        free = again.end + GAP
    kept = (cue for cue in hold.cues if cue.at >= (free if isinstance(cue, Say) else ticks))
    return replace(hold, start=start, length=Ms(hold.end - start), cues=tuple(sorted([*begin, *kept], key=_at)), held=held)


def _rest_of_set(whole: Step, held: Ms, opening: Say | None) -> Step:
    """Return a set without its first repetitions: a start signal, what begins the next one, then what keeps clear of it."""
    start = Ms(whole.start + held)
    begin: list[Cue] = [Buzz(start, Signal.START), *([opening.moved(start)] if opening else [])]
    kept = (cue for cue in whole.cues if cue.at >= begin[-1].end + (GAP if isinstance(cue, Say) else 0))
    return replace(whole, start=start, length=Ms(whole.end - start), cues=(*begin, *kept), held=held)


_at = attrgetter("at")
