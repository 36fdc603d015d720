"""What a person has learned of a routine: how much of it need not be explained any more.

An exercise is practised in a session in which at least one of its holds was held to the end. After so many of them it is known.
The count begins anew when it was not practised for long; so does that of the sessions, when nothing was held for long.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


NOTHING = Learned()
"""Of the first session, and where nothing is known of the past."""

WHOLE = ""
"""Stands for the routine itself among the ids of its exercises."""
DONE = "*"
"""Stands there for sessions that were done."""


@dataclass(frozen=True)
class Practised:
    """The sessions in which something was practised, without a long break between two of them."""

    sessions: int = 0
    last: date = date.min
    """The day of the last one."""
    earlier: tuple[int, ...] = ()
    """How many there were before each long break."""


def practise(before: Mapping[str, Practised], pasts: Iterable[Past], full_again: int, done: int = 80) -> dict[str, Practised]:
    """Return what was practised how often after some more sessions: by the exercises' ids, and as a whole.

    Args:
        before: the same without these sessions.
        pasts: sessions of one regimen, the oldest first.
        full_again: days without, after which the count begins anew.
        done: percent of a routine that make a session count as done.
    """
    after = dict(before)
    for past in pasts:
        for what in (*past.practised, *([WHOLE] if past.share else []), *([DONE] if past.done(done) else [])):
            was = after.get(what, Practised())
            if past.day - was.last >= full_again * DAY and was.sessions:
                was = Practised(0, was.last, (*was.earlier, was.sessions))
            after[what] = Practised(was.sessions + 1, max(was.last, past.day), was.earlier)
    return after


def learned(practised: Mapping[str, Practised], today: date | None, short_after: int, full_again: int) -> Learned:
    """Return what is learned by what was practised.

    Args:
        today: None where it is not known: then no break is long.
        short_after: sessions after which an exercise is known; 0 for never.
        full_again: days without, after which nothing is known of it any more.
    """
    recent = {what: was.sessions for what, was in practised.items() if today is None or today - was.last < full_again * DAY}
    known = (what for what, sessions in recent.items() if what not in (WHOLE, DONE) and 0 < short_after <= sessions)
    done = practised.get(DONE, Practised())
    runs = (*done.earlier, done.sessions, *([] if DONE in recent else [0])) if done.sessions else ()
    return Learned(recent.get(WHOLE, 0), frozenset(known), runs)
