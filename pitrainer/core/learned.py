"""What a person has learned of a routine: how much of it need not be explained any more, and how far it has grown.

An exercise is practised in a session in which at least one of its holds was held to the end. After so many of them it is known.
The count begins anew when it was not practised for long; so does that of the sessions, when nothing was held for long.
An exercise done once more is no session of its own: only what was answered in it counts.

What grows of an exercise does so with the sessions done in which it was practised. It waits while the last pain rating was too
high, of the exercise itself or of the routine as a whole: such a session is done, but brings nobody further.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from .statistics import DAY, Past


@dataclass(frozen=True)
class Learned:
    """What one person has learned of one routine. All but `runs` is forgotten after a long break."""

    sessions: int = 0
    """Sessions of the routine in which they held anything."""
    known: frozenset[str] = frozenset()
    """The ids of the exercises that they know."""
    runs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By exercise, how many sessions have brought them further in it between long breaks from the routine, the oldest first."""
    waiting: frozenset[str] = frozenset()
    """The ids of the exercises that wait, because of pain; `WHOLE` for all of them."""

    def runs_of(self, exercise: str) -> tuple[int, ...]:
        """Return how many sessions have brought them further in an exercise."""
        return self.runs.get(exercise, ())


NOTHING = Learned()
"""Of the first session, and where nothing is known of the past."""

WHOLE = ""
"""Stands for the routine itself among the ids of its exercises."""


@dataclass(frozen=True)
class Practised:
    """The sessions in which something was practised."""

    sessions: int = 0
    """Since the last long break from it."""
    last: date = date.min
    """The day of the last one."""
    runs: tuple[int, ...] = (0,)
    """How many of them were done and brought the person further, between long breaks from the routine, the oldest first: two
    weeks without the exercise alone may be one missed Monday."""
    waits: bool = False
    """The last pain rating was too high: those to come bring nobody further."""


def practise(
    before: Mapping[str, Practised], pasts: Iterable[Past], full_again: int, done: int = 80, pain_most: int = 3
) -> dict[str, Practised]:
    """Return what was practised how often after some more sessions: by the exercises' ids, and as a whole.

    Args:
        before: the same without these sessions.
        pasts: sessions of one regimen, the oldest first.
        full_again: days without, after which the count begins anew.
        done: percent of a routine that make a session count as done.
        pain_most: what grows waits while the last pain rating was above this.
    """
    after = dict(before)
    for past in pasts:
        for rating in past.ratings:
            if rating.about == "pain":
                was = after.get(rating.exercise, Practised())
                after[rating.exercise] = replace(was, waits=rating.value > pain_most)
        if past.once_more:
            continue
        whole = after.get(WHOLE, Practised())
        if past.share and whole.last > date.min and past.day - whole.last >= full_again * DAY:
            after = {what: replace(was, runs=(*was.runs, 0)) for what, was in after.items()}
        for what in (*past.practised, *([WHOLE] if past.share else [])):
            was = after.get(what, Practised())
            if past.day - was.last >= full_again * DAY:
                was = replace(was, sessions=0)
            further = past.done(done) and not was.waits and not whole.waits
            runs = (*was.runs[:-1], was.runs[-1] + further)
            after[what] = replace(was, sessions=was.sessions + 1, last=max(was.last, past.day), runs=runs)
    return after


def learned(practised: Mapping[str, Practised], today: date | None, short_after: int, full_again: int) -> Learned:
    """Return what is learned by what was practised.

    Args:
        today: None where it is not known: then no break is long.
        short_after: sessions after which an exercise is known; 0 for never.
        full_again: days without, after which nothing is known of it any more.
    """
    recent = {what: was.sessions for what, was in practised.items() if today is None or today - was.last < full_again * DAY}
    away = () if WHOLE in recent else (0,)
    return Learned(
        recent.get(WHOLE, 0),
        frozenset(what for what, sessions in recent.items() if what and 0 < short_after <= sessions),
        {what: (*was.runs, *away) for what, was in practised.items() if what and any(was.runs)},
        frozenset(what for what, was in practised.items() if was.waits),
    )
