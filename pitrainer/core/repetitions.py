"""What is heard in a set of repetitions: each cue at its place, or left out.

1. A set lasts exactly its repetitions, of all sides, and these last exactly their phases. It begins with the start signal;
   every further phase begins with a tick, `Signal.PHASE`.
2. With a repetition one text begins: its side, its number, its first phase's word. The number is said once a pair of sides.
   Where this is too long for the phase, first the number is left out, then the word; the side never is before them. Other
   phases say their word.
3. A word keeps `BESIDE` from the tick before it and from the one after it. What is too long even so is left out.
4. Coach lines come last, each in the first silence from its time on that is long enough.
5. After a pause a set goes on with the repetition that was begun, from its first phase.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import NamedTuple

from .hold_cues import GO_AT
from .languages import LAST, Phrase, Phrases
from .plan import GAP, Buzz, Cue, Say
from .routine import Level, Profile, Repetitions
from .signals import Signal
from .text import shown
from .units import Ms, length_text

BESIDE = Ms(150)
"""The least silence between a word and a tick. It is half of `GAP`: a tick is short and no echo of a word, and in a phase of a
second a word has to find its place."""
WORD_AT = Ms(Signal.PHASE.length + BESIDE)
"""When a word is said, from its phase's start."""


class SetCues(NamedTuple):
    """The cues of a set that begins at 0."""

    cues: list[Cue]
    left_out: list[tuple[Say, str]]
    """With the reason."""
    openings: tuple[Say | None, ...]
    """What is said after the start signal, where the set begins with this repetition: with the first, or after a pause."""
    texts: list[Phrase]
    """All that could be said in its repetitions, with whatever clips."""


class _Phase(NamedTuple):
    name: str
    word: str
    start: Ms
    end: Ms


def lay_set(
    repetitions: Repetitions,
    profile: Profile,
    level: Level,
    set_: int,
    words: Phrases,
    coach: Iterable[tuple[Ms, Phrase]],
    say: Callable[[Phrase, Ms], Say],
) -> SetCues:
    """Lay out a set.

    Args:
        repetitions: what is done in it.
        profile: for whom.
        level: picks between the least and the most.
        set_: its number, from 1.
        words: of the routine's language.
        coach: lines with their offsets in the set, the more important first.
        say: returns the cue of a phrase at a moment.
    """
    phases = _phases(repetitions, profile, level)
    unit = phases[-1].end
    cues: list[Cue] = [Buzz(Ms(0), Signal.START)]
    left_out: list[tuple[Say, str]] = []
    openings: list[Say | None] = []
    texts: list[Phrase] = []
    silences: list[_Silence] = []
    for place, (side, number) in enumerate(_numbered(repetitions, profile, level, set_)):
        for phase in phases:
            start = Ms(place * unit + phase.start)
            if start:
                cues.append(Buzz(start, Signal.PHASE))
            if phase.start:
                wanted = [words.repetition("", 0, phase.word)] if phase.word else []
            else:
                wanted = _from_full_to_short(side, number, phase.word, words)
                opening = _longest_that_fits(wanted, GO_AT, phase, say)
                openings.append(opening)
            texts += wanted
            word = opening if not start else _longest_that_fits(wanted, WORD_AT, phase, say)
            if word:
                cues.append(word := word.moved(start - phase.start))
            if wanted and (word is None or word.phrase != wanted[0]):
                left_out.append((say(wanted[0], Ms(start + WORD_AT)), _why(word, phase)))
            silences.append(_Silence(Ms(cues[-1].end + GAP), Ms(place * unit + phase.end - GAP)))
    for at, phrase in coach:
        line = say(phrase, at)
        if placed := next(filter(None, (silence.take(line) for silence in silences)), None):
            cues.append(placed)
        else:
            left_out.append((line, "from there on no silence is long enough for it"))
    return SetCues(sorted(cues, key=attrgetter("at")), left_out, tuple(openings), list(dict.fromkeys(texts)))


def _phases(repetitions: Repetitions, profile: Profile, level: Level) -> list[_Phase]:
    bounds = pairwise(accumulate((phase.time[profile].at(level) for phase in repetitions.phases), initial=0))
    return [
        _Phase(phase.name[profile], phase.say[profile], Ms(start), Ms(end))
        for phase, (start, end) in zip(repetitions.phases, bounds, strict=True)
    ]


def _numbered(repetitions: Repetitions, profile: Profile, level: Level, set_: int) -> Iterator[tuple[str, int]]:
    """Yield the side of each repetition, and the number that it is counted with; 0 for none."""
    reps = repetitions.reps[set_ - 1][profile].at(level)
    for done in range(reps):
        number = {"up": done + 1, "down": reps - done, "none": 0}[repetitions.count]
        if number and done + 1 == reps:
            number = LAST if reps > 1 else 0
        for place, side in enumerate(repetitions.sides[profile] or ("",)):
            yield side, 0 if place else number


def _from_full_to_short(side: str, number: int, word: str, words: Phrases) -> list[Phrase]:
    """Return what could be said at a repetition's start, the longest first."""
    ways = dict.fromkeys([(side, number, word), (side, 0, word), (side, 0, "")])
    return [words.repetition(*way) for way in ways if any(way)]


def _longest_that_fits(wanted: list[Phrase], after: Ms, phase: _Phase, say: Callable[[Phrase, Ms], Say]) -> Say | None:
    """Return the first of several texts that can be said from so long after a phase's start on, before its end."""
    cues = (say(phrase, Ms(phase.start + after)) for phrase in wanted)
    return next((cue for cue in cues if cue.end + BESIDE <= phase.end), None)


def _why(word: Say | None, phase: _Phase) -> str:
    instead = f"; {shown(word.text)} is said instead" if word else ""
    length = length_text(Ms(phase.end - phase.start))
    return f"it is too long for the phase {shown(phase.name)} of {length}{instead}"


class _Silence:
    """A time in which nothing is heard, so far."""

    def __init__(self, start: Ms, end: Ms) -> None:
        self._start = start
        self._end = end

    def take(self, line: Say) -> Say | None:
        """Return a line in its place here, not before its own time; None where there is no room for it."""
        at = max(self._start, line.at)
        if at + line.length > self._end:
            return None
        self._start = Ms(at + line.length + GAP)
        return line.moved(at - line.at)
