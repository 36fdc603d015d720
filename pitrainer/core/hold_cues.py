"""What is heard inside a hold: each cue at its place, or left out.

1. What to do is said right after the start signal. The words of the countdown start at T-3, T-2 and T-1 s; half-way is said in
   holds of `HALF_WAY_FROM` or longer; coach lines and the marks of the time left come at their place.
2. Two spoken cues, or one and a signal, are at least `GAP` apart (the countdown's words among themselves need only not
   overlap: they are a second apart). Otherwise the lower one is dropped, and the plan says so:
   signal > what to do > countdown > coach > half-way > marks. Where to be is said before the hold begins.
3. Ticks of the tempo are too short to hide a word and stay.
"""

from bisect import bisect, bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from .languages import Phrase, Phrases
from .plan import GAP, Buzz, Cue, Say
from .routine import Exercise, beats_in
from .signals import Signal
from .text import shown
from .units import MINUTE, SECOND, Ms

GO_AT = Ms(Signal.START.length + GAP)
"""When what to do is said, from the hold's start."""
HALF_WAY_FROM = Ms(20_000)
"""Shorter holds get no half-way call: the countdown follows too soon after it."""


class Wish(NamedTuple):
    """What should be said in a hold."""

    at: Ms
    """From the hold's start."""
    phrase: Phrase
    word: bool = False
    """It is one of the countdown's words, which may follow another at once."""


def wishes(
    hold: Ms, words: Phrases, exercise: Exercise, *, go: Phrase | None, coach: Iterable[tuple[Ms, Phrase]]
) -> Iterator[Wish]:
    """Yield all that should be said in a hold, the most important first.

    Args:
        hold: how long it is.
        words: of the routine's language.
        exercise: tells which of the program's own cues it has.
        go: what to do.
        coach: lines with their offsets in the hold, the more important first.
    """
    if go:
        yield Wish(GO_AT, go)
    for seconds, phrase in enumerate(reversed(words.countdown), start=1):
        if exercise.countdown and hold > seconds * SECOND:
            yield Wish(Ms(hold - seconds * SECOND), phrase, word=True)
    for at, phrase in coach:
        yield Wish(at, phrase)
    half_way = exercise.half_way and hold >= HALF_WAY_FROM
    if half_way:
        yield Wish(Ms(hold // 2), words.half_way)
    if exercise.marks:
        for left in range(exercise.marks, hold, exercise.marks):
            if half_way and 2 * left == hold:
                continue  # half-way says it
            yield Wish(Ms(hold - left), words.time_left(Ms(left)))


def lay(
    start: Ms, length: Ms, wanted: Iterable[Wish], tempo: int, say: Callable[[Phrase, Ms], Say]
) -> tuple[list[Cue], list[tuple[Say, str]]]:
    """Return the cues of a hold in the order of time, and what is left out with the reason.

    Args:
        start: when the hold begins.
        length: how long it is.
        wanted: what should be said in it, the most important first.
        tempo: beats a minute; 0 for none.
        say: returns the cue of a phrase at a moment.
    """
    end = Ms(start + length)
    begin = Buzz(start, Signal.START)
    placed = _Placed(begin)
    left_out: list[tuple[Say, str]] = []
    for at, phrase, word in wanted:
        cue = say(phrase, Ms(start + at))
        if at >= length:
            why = "it comes after the end of the hold"
        elif cue.end + GAP > end:
            why = "it would run into the end of the hold"
        else:
            nearer = placed.place(cue, word=word)
            if nearer is None:
                continue
            what = shown(nearer.text) if isinstance(nearer, Say) else "the start signal"
            why = f"it would come too close to {what}"
        left_out.append((cue, why))
    if tempo:
        beats = (start + beat * MINUTE // tempo for beat in range(1, beats_in(length, tempo) + 1))
        first, last = begin.end + GAP, end - GAP - Signal.TICK.length
        placed.cues += [Buzz(Ms(beat), Signal.TICK) for beat in beats if first <= beat <= last]
        placed.cues.sort(key=attrgetter("at"))
    return placed.cues, left_out


class _Placed:
    """The cues that have their place in a hold, in the order of time. Only neighbours are compared: there may be hundreds."""

    def __init__(self, begin: Buzz) -> None:
        self.cues: list[Cue] = [begin]
        # None overlaps another, so that their ends are in the order of their starts.
        self._starts, self._ends = [begin.at], [begin.end]
        self._turns = [0]
        """When each got its place: the most important first."""
        self._words = [False]
        """Which are the countdown's."""

    def place(self, cue: Say, *, word: bool) -> Cue | None:
        """Give a cue its place, or return the most important one that it would come too close to.

        `word`: as in `Wish`.
        """
        start, end = cue.at, cue.end
        near: Sequence[int] = range(bisect(self._ends, start - GAP), bisect_left(self._starts, end + GAP))
        if word:
            near = [at for at in near if not self._words[at] or (start < self._ends[at] and self._starts[at] < end)]
        if near:
            return self.cues[min(near, key=self._turns.__getitem__)]
        index = bisect(self._starts, start)
        self.cues.insert(index, cue)
        self._starts.insert(index, start)
        self._ends.insert(index, end)
        self._turns.insert(index, len(self._turns))
        self._words.insert(index, word)
        return None
