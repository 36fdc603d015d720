"""Checks the sets of a plan by the rules at the top of `core/repetitions.py`, without any of their code."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from fuzz.asked import APART, Asked, hold_length
from pitrainer.core.languages import Phrase
from pitrainer.core.plan import Buzz, Cue, Plan, Say, Step
from pitrainer.core.routine import Exercise, Repetitions
from pitrainer.core.signals import Signal
from pitrainer.core.units import Ms

BESIDE = 150
"""From a tick to the word after it, and from a word to the tick after it."""
START_TAKES, TICK_TAKES = 500 + APART, 150 + BESIDE
"""From a phase's start to its word: where a set begins, and elsewhere."""


def reps_of(it: Repetitions, set_: int, asked: Asked) -> int:
    """The repetitions of a set, of one side: the least, the middle rounded down, or the most."""
    span = it.reps[set_ - 1][asked.profile]
    return {"gentle": span.least, "standard": (span.least + span.most) // 2, "full": span.most}[asked.level]


def phases_of(it: Repetitions, asked: Asked) -> list[int]:
    """The lengths of a repetition's phases."""
    return [hold_length(phase.time[asked.profile], asked.level) for phase in it.phases]


def texts_of(it: Repetitions, set_: int, asked: Asked) -> list[list[list[str]]]:
    """For each repetition and each of its phases what could be said, the longest first."""
    reps, sides = reps_of(it, set_, asked), it.sides[asked.profile] or ("",)
    first, *others = (sentence(phase.say[asked.profile]) for phase in it.phases)
    found = []
    for done in range(reps):
        number = {"up": done + 1, "down": reps - done, "none": 0}[it.count]
        counted = "" if not number or reps == 1 else "Last one." if done == reps - 1 else sentence(SPOKEN[number])
        for place, name in enumerate(sides):
            side = sentence(name)
            ways = [(side, "" if place else counted, first), (side, first), (side,)]
            texts = dict.fromkeys(" ".join(filter(None, way)) for way in ways)
            found.append([list(filter(None, texts)), *([other] if other else [] for other in others)])
    return found


SPOKEN = ("", "one", "two", "three", "four", "five", "six")


def sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def assert_set(
    plan: Plan,
    step: Step,
    exercise: Exercise,
    lines: Sequence[tuple[int, Phrase]],
    asked: Asked,
    dropped: Sequence[tuple[int, str]],
) -> None:
    """A set lasts as long as its repetitions; ticks are at their phases, counts are in order, and nothing runs into a tick."""
    it = exercise.repetitions
    assert it
    phases, texts = phases_of(it, asked), texts_of(it, step.set, asked)
    assert step.length == sum(phases) * len(texts)
    bounds = list(accumulate(phases * len(texts), initial=step.start))
    ticks: list[Cue] = [Buzz(Ms(at), Signal.PHASE) for at in bounds[1:-1]]
    assert [cue for cue in step.cues if isinstance(cue, Buzz)] == [Buzz(step.start, Signal.START), *ticks]
    said = [cue for cue in step.cues if isinstance(cue, Say)]
    words: list[Say] = []
    left_out: list[tuple[int, str]] = []
    for (start, end), ways in zip(pairwise(bounds), (ways for each in texts for ways in each), strict=True):
        at = start + (TICK_TAKES if start > step.start else START_TAKES)
        cue = first_that_fits(ways, at, end, asked)
        words += [cue] if cue else []
        left_out += [(start + TICK_TAKES, ways[0])] if ways and not (cue and cue.text == ways[0]) else []
    coached = [cue for cue in said if cue not in words]
    assert [cue for cue in said if cue not in coached] == words
    assert sorted(dropped) == sorted(left_out + [(step.start + at, line.text) for at, line in unsaid(lines, coached)])
    for line in coached:
        (place,) = (place for place, (start, end) in enumerate(pairwise(bounds)) if start <= line.at < end)
        assert line.end + APART <= bounds[place + 1]
        assert line.at >= bounds[place] + (150 if place else 500) + APART
    for one, other in pairwise(said):
        assert other.at - one.end >= (APART if one in coached or other in coached else BESIDE)
    assert_goes_on(plan, step, sum(phases), texts, asked)


def unsaid(lines: Sequence[tuple[int, Phrase]], coached: Sequence[Say]) -> list[tuple[int, Phrase]]:
    """The coach lines that are not said. Each is said at its time or later."""
    left = sorted(coached, key=lambda cue: cue.at)
    found = []
    for at, phrase in lines:
        cue = next((cue for cue in left if cue.phrase == phrase), None)
        if cue:
            left.remove(cue)
        else:
            found.append((at, phrase))
    assert left == []
    return found


def first_that_fits(ways: Sequence[str], at: int, end: int, asked: Asked) -> Say | None:
    """The first text that can be said from a moment on, and leaves `BESIDE` before another."""
    cues = [asked.say(at, phrase) for phrase in asked.own(*ways)]
    return next((cue for cue in cues if cue.end + BESIDE <= end), None)


def assert_goes_on(plan: Plan, step: Step, unit: int, texts: Sequence[Sequence[Sequence[str]]], asked: Asked) -> None:
    """Paused in any repetition, it goes on with that one: ready, the start signal, what begins it, and all that follows."""
    again = plan.again[step.index]
    first = phases_of(asked.exercise(step).repetitions, asked)[0]  # type: ignore[arg-type]
    assert (again.unit, again.go, len(again.openings)) == (unit, None, len(texts))
    for number in {0, len(texts) // 2, len(texts) - 1}:
        opening = first_that_fits(texts[number][0], START_TAKES, first, asked)
        assert again.openings[number] == opening
        _, ready, rest, *_ = plan.resume(Step(step.index, "hold", Ms(0), Ms(0), (), held=Ms(number * unit + unit // 2)))
        assert ready.length == plan.steps[step.index - 1].length
        assert (rest.held, rest.length) == (number * unit, step.length - number * unit)
        begin = [Buzz(rest.start, Signal.START), *([opening.moved(rest.start)] if opening else [])]
        shift = rest.start - step.start - number * unit
        later = [cue.moved(shift) for cue in step.cues if cue.at >= step.start + number * unit + first]
        assert list(rest.cues[: len(begin)]) == begin
        assert [cue for cue in rest.cues if cue.at >= rest.start + first] == later
