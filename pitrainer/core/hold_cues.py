"""What is heard inside a hold: each cue at its place, or left out.

1. The words of the countdown start at T-3, T-2 and T-1 s; half-way is said in holds of `HALF_WAY_FROM` or longer; coach lines
   and the marks of the time left come at their place.
2. Two spoken cues, or one and a signal, are at least `GAP` apart (the countdown's words among themselves need only not
   overlap: they are a second apart). Otherwise the lower one is dropped, and the plan says so:
   signal > countdown > coach > half-way > marks. The position is said before the hold begins, so that it needs no place here.
3. Ticks of the tempo are too short to hide a word and stay.
"""

from bisect import bisect, bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum, auto
from operator import attrgetter
from typing import NamedTuple

from .languages import Phrase, Phrases
from .plan import GAP, Buzz, Cue, Say
from .routine import Exercise, Position, Profile, beats_in
from .signals import Signal
from .text import shown
from .units import MINUTE, SECOND, Ms

HALF_WAY_FROM = Ms(20_000)
"""Shorter holds get no half-way call: the countdown follows too soon after it."""


class Rank(IntEnum):
    """What goes where two would meet: the later one."""

    COUNTDOWN = auto()
    COACH = auto()
    HALF_WAY = auto()
    MARK = auto()


class Wish(NamedTuple):
    """What should be said in a hold."""

    rank: Rank
    at: Ms
    """From the hold's start."""
    phrase: Phrase


def wishes(exercise: Exercise, position: Position, profile: Profile, hold: Ms, words: Phrases, language: str) -> Iterator[Wish]:
    """Yield all that should be said in a hold of this length, the most important first."""
    for seconds, word in enumerate(reversed(words.countdown), start=1):
        if hold > seconds * SECOND:
            yield Wish(Rank.COUNTDOWN, Ms(hold - seconds * SECOND), word)
    for coach in position.coach.get(profile, ()):
        yield Wish(Rank.COACH, coach.offset(hold), Phrase(coach.say, language))
    if hold >= HALF_WAY_FROM:
        yield Wish(Rank.HALF_WAY, Ms(hold // 2), words.half_way)
    if exercise.marks:
        for left in range(exercise.marks, hold, exercise.marks):
            if hold >= HALF_WAY_FROM and 2 * left == hold:
                continue  # half-way says it
            yield Wish(Rank.MARK, Ms(hold - left), words.time_left(Ms(left)))


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
    for rank, at, phrase in wanted:
        cue = say(phrase, Ms(start + at))
        if at >= length:
            why = "it comes after the end of the hold"
        elif cue.end + GAP > end:
            why = "it would run into the end of the hold"
        else:
            nearer = placed.place(cue, word=rank is Rank.COUNTDOWN)
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
