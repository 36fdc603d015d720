"""What a person has learned of a routine: how much of it need not be explained any more.

An exercise is practised in a session in which at least one of its holds was held to the end. After so many of them it is known.
The count begins anew when it was not practised for long; so does that of the sessions, when nothing was held for long.
An exercise done once more is no session of its own: only what was answered in it counts.

What grows with the sessions done waits while the last pain rating was too high, of the exercise itself or of the routine as a
whole: such a session is done, but brings nobody further.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from .statistics import DAY, Past


@dataclass(frozen=True)
class Learned:
    """What one person has learned of one routine. All of it is forgotten after a long break."""

    sessions: int = 0
    """Sessions of the routine in which they held anything."""
    known: frozenset[str] = frozenset()
    """The ids of the exercises that they know."""
    runs: tuple[int, ...] = ()
    """How many sessions they have done between two long breaks, the oldest first. Of these nothing is forgotten."""
    slower: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The same by exercise, where pain ratings have made it fewer."""
    waiting: frozenset[str] = frozenset()
    """The ids of the exercises that wait, because of pain; `WHOLE` for all of them."""

    def runs_of(self, exercise: str) -> tuple[int, ...]:
        """Return how many sessions have brought them further in an exercise."""
        return self.slower.get(exercise, self.runs)


NOTHING = Learned()
"""Of the first session, and where nothing is known of the past."""

WHOLE = ""
"""Stands for the routine itself among the ids of its exercises."""
DONE = "*"
"""Stands for sessions done. Before an exercise's id: the sessions that advanced the person in it, counted from its first pain
rating on."""


@dataclass(frozen=True)
class Practised:
    """The sessions in which something was practised, without a long break between two of them."""

    sessions: int = 0
    last: date = date.min
    """The day of the last one."""
    earlier: tuple[int, ...] = ()
    """How many there were before each long break."""
    waits: bool = False
    """The last pain rating was too high: those to come do not count."""


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
                was = after.get(DONE + rating.exercise) or after.get(DONE) or Practised()
                after[DONE + rating.exercise] = replace(was, waits=rating.value > pain_most)
        if past.once_more:
            continue
        counts = [DONE, *(what for what in after if what.startswith(DONE) and what != DONE)] if past.done(done) else []
        all_wait = DONE in after and after[DONE].waits
        for what in (*past.practised, *([WHOLE] if past.share else []), *counts):
            was = after.get(what, Practised())
            if past.day - was.last >= full_again * DAY and was.last > date.min:
                was = replace(was, sessions=0, earlier=(*was.earlier, was.sessions))
            waits = was.waits or (all_wait and what.startswith(DONE))
            after[what] = replace(was, sessions=was.sessions + (not waits), last=max(was.last, past.day))
    return after


def learned(practised: Mapping[str, Practised], today: date | None, short_after: int, full_again: int) -> Learned:
    """Return what is learned by what was practised.

    Args:
        today: None where it is not known: then no break is long.
        short_after: sessions after which an exercise is known; 0 for never.
        full_again: days without, after which nothing is known of it any more.
    """
    recent = {what: was.sessions for what, was in practised.items() if today is None or today - was.last < full_again * DAY}
    known = (what for what, sessions in recent.items() if what and not what.startswith(DONE) and 0 < short_after <= sessions)
    counts = {what.removeprefix(DONE): was for what, was in practised.items() if what.startswith(DONE)}
    runs = {
        what: (*was.earlier, was.sessions, *([] if DONE + what in recent else [0])) if was.last > date.min else ()
        for what, was in counts.items()
    }
    return Learned(
        recent.get(WHOLE, 0),
        frozenset(known),
        whole := runs.pop(WHOLE, ()),
        {what: of for what, of in runs.items() if of != whole},
        frozenset(what for what, was in counts.items() if was.waits),
    )
