"""What a routine asks for in one session: the exercises of that day and session, and how far those have grown that grow.

A person comes one step further after every so many sessions done in which they have practised the exercise. After a long
break from the routine they are half way back; the count of sessions until the next step begins anew then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from .learned import WHOLE, Learned
from .routine import ByProfile, Exercise, Growth, Number, Profile, Range, Repetitions, Routine, due_days
from .units import Ms, length_text

MOST_STEPS = 100
"""From the first length of a growing exercise to its last: each length that is said has a clip."""


def steps_done(runs: Sequence[int], every: int, most: int) -> int:
    """Return how many steps a person has come.

    Args:
        runs: sessions that brought them further, between long breaks, the oldest first.
        every: after so many sessions comes the next step.
        most: steps there are.
    """
    done = 0
    for place, sessions in enumerate(runs):
        done = min(most, (done // 2 if place else 0) + sessions // every)
    return done


def prescribed(routine: Routine, learned: Learned, weekday: int | None) -> Routine:
    """Return what is done of a routine in a person's next session.

    Args:
        routine: as its author wrote it.
        learned: how often they have done it.
        weekday: 0 is Monday; None where it is not known: then every day's exercises are done.
    """
    session = learned.sessions + 1
    return replace(
        routine,
        exercises=tuple(
            [
                _grown(one, learned.runs_of(one.id))
                for one in routine.exercises
                if (weekday is None or not one.days or weekday in one.days)
                and one.from_session <= session <= (one.until_session or session)
            ]
        ),
    )


def streak_days(routine: Routine, learned: Learned) -> frozenset[int]:
    """Return the days of the week that a person must not miss: of their next session, or where that has none, of any.

    The past is judged by them, too, though other days may have been due then.
    """
    return due_days([prescribed(routine, learned, None)]) or due_days([routine])


def always(routine: Routine) -> Routine:
    """Return a routine of which every exercise is done in each session."""
    return replace(
        routine, exercises=tuple([replace(one, days=frozenset(), from_session=1, until_session=0) for one in routine.exercises])
    )


def varies(routine: Routine) -> bool:
    """Tell whether not every session has the same exercises, as long."""
    return always(routine) != routine or any(map(_growths, routine.exercises))


class Reached(NamedTuple):
    """How far a person has come in what grows of an exercise."""

    exercise: str
    """Its id."""
    now: str
    """In their next session: a length, or how many repetitions."""
    step: int
    steps: int
    waits: bool
    """Because of pain."""


def reached(routine: Routine, profile: Profile, learned: Learned) -> Iterator[Reached]:
    """Yield how far a person has come in everything of a routine that grows, once each."""
    for exercise in routine.exercises:
        runs, waits = learned.runs_of(exercise.id), not learned.waiting.isdisjoint({WHOLE, exercise.id})
        found: dict[Reached, None] = {}
        for name, span in _spans(exercise, profile):
            if isinstance(span, Growth):
                step = steps_done(runs, span.every, span.steps)
                value = span.after(step)
                now = f"{value} repetitions" if name is None else " ".join(filter(None, (name, length_text(Ms(value)))))
                found[Reached(exercise.id, now, step, span.steps, waits)] = None
        yield from found


def _spans(exercise: Exercise, profile: Profile) -> Iterator[tuple[str | None, Range | Number | Growth]]:
    """Yield what may grow in an exercise, with its name; None for repetitions."""
    for position in exercise.positions:
        if profile in position.hold:
            yield position.name[profile], position.hold[profile]
    if it := exercise.repetitions:
        yield from ((None, reps[profile]) for reps in it.reps)
        yield from ((phase.name[profile], phase.time[profile]) for phase in it.phases)


def stages(routine: Routine) -> list[dict[str, tuple[int, ...]]]:
    """Return `Learned.runs` with which each length and number of a routine comes once at least."""
    every = {(growth.steps, growth.every) for one in routine.exercises for growth in _growths(one)}
    sessions = {step * every_ for steps, every_ in every for step in range(1, steps + 1)}
    return [{one.id: (number,) for one in routine.exercises} for number in (0, *sorted(sessions))]


def _growths(exercise: Exercise) -> list[Growth]:
    spans: list[Range | Number | Growth] = [*chain.from_iterable(position.hold.values() for position in exercise.positions)]
    if it := exercise.repetitions:
        spans += chain.from_iterable(reps.values() for reps in it.reps)
        spans += chain.from_iterable(phase.time.values() for phase in it.phases)
    return [span for span in spans if isinstance(span, Growth)]


def _grown(exercise: Exercise, runs: Sequence[int]) -> Exercise:
    if not _growths(exercise):
        return exercise
    positions = [replace(position, hold=_lengths(position.hold, runs)) for position in exercise.positions]
    it = exercise.repetitions
    return replace(exercise, positions=tuple(positions), repetitions=it and _repetitions(it, runs))


def _repetitions(it: Repetitions, runs: Sequence[int]) -> Repetitions:
    return replace(
        it,
        reps=tuple([{profile: _number(span, runs) for profile, span in reps.items()} for reps in it.reps]),
        phases=tuple([replace(phase, time=_lengths(phase.time, runs)) for phase in it.phases]),
    )


def _lengths(spans: ByProfile[Range | Growth], runs: Sequence[int]) -> ByProfile[Range | Growth]:
    return {profile: _length(span, runs) for profile, span in spans.items()}


def _length(span: Range | Growth, runs: Sequence[int]) -> Range:
    if isinstance(span, Range):
        return span
    length = Ms(span.after(steps_done(runs, span.every, span.steps)))
    return Range(length, length)


def _number(span: Number | Growth, runs: Sequence[int]) -> Number:
    if isinstance(span, Number):
        return span
    number = span.after(steps_done(runs, span.every, span.steps))
    return Number(number, number)
