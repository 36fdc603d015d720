"""A session as it is remembered: what was planned, what was held; folded from the trainer's actions."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .messages import Began, Ended, Held, Paused, Rated, Resumed, Started
from .routine import Level, Profile, Regimen, Routine
from .statistics import Past, Rating, Result
from .units import Ms

FIRST = datetime(2, 1, 1, tzinfo=UTC)
"""The first time that a session can have. At its very ends `datetime` overflows as soon as another zone is asked for."""
LAST = datetime(9999, 1, 1, tzinfo=UTC)
"""The first that none can have any more."""


@dataclass(frozen=True)
class HoldRecord:
    """One hold of a session."""

    step: int
    exercise: str
    position: str
    set: int
    planned: Ms
    """Of a set at the person's own pace a guess, and once they have done it, what it took."""
    held: Ms | None = None
    """None: never begun."""
    skipped: bool = False
    """The person went on before its end."""

    @property
    def whole(self) -> bool:
        """Tell whether it was held to its end."""
        return self.held is not None and self.held >= self.planned


def share(holds: Iterable[HoldRecord], exercises: int) -> int:
    """Return how much of a routine of so many exercises was held, in hundredths of a percent, rounded down.

    Each exercise counts the same, by the share of its hold time that was held.
    """
    planned: dict[str, int] = {}
    held: dict[str, int] = {}
    for hold in holds:
        planned[hold.exercise] = planned.get(hold.exercise, 0) + hold.planned
        held[hold.exercise] = held.get(hold.exercise, 0) + min(hold.held or 0, hold.planned)
    parts = (held[exercise] * 10_000 // length for exercise, length in planned.items() if length)
    return sum(parts) // max(exercises, 1)


def practised(holds: Iterable[HoldRecord]) -> frozenset[str]:
    """Return the ids of the exercises of which at least one hold was held to its end."""
    return frozenset(hold.exercise for hold in holds if hold.whole)


def exercises_of(holds: Sequence[HoldRecord], wanted: int) -> int:
    """Return about how many exercises a routine has, by a record of before that was written down.

    Args:
        holds: all holds of a session, which may have been of a part of the routine.
        wanted: how many holds the whole routine has.
    """
    here = len({hold.exercise for hold in holds})
    return max(here, -(-here * wanted // len(holds))) if holds else 0


@dataclass(frozen=True)
class SessionRecord:
    """One session with its holds, as it is written, exported and imported."""

    uuid: str
    start: datetime
    """Local time, with its offset."""
    end: datetime
    trusted: bool
    routine: str
    hash: str
    profile: Profile
    level: Level
    result: Result
    paused: Ms
    exercises: int
    """How many the whole routine has."""
    holds: tuple[HoldRecord, ...]
    person: str = ""
    """Whose it was; empty where nobody is named."""
    ratings: tuple[Rating, ...] = ()
    once_more: bool = False
    """It was one exercise, done once more."""

    @property
    def past(self) -> Past:
        """The same without the single holds."""
        active = Ms(max(0, round((self.end - self.start) / timedelta(milliseconds=1)) - self.paused))
        regimen = Regimen(self.routine, self.profile, self.person)
        held = share(self.holds, self.exercises), practised(self.holds)
        return Past(self.start, active, regimen, *held, self.result, self.ratings, self.once_more)


def merged(one: SessionRecord, other: SessionRecord) -> SessionRecord:
    """Return all that two records of the same session know; it does not matter which of them comes first.

    An export made during a session knows less of it than one made afterwards. The more complete record is the one that was
    completed; else the one that lasted longer, since a session that broke off may be gone on with; else the one that is over;
    else the one whose clock was right. Each hold is the one that was held longer, and each rating the higher one, from
    whichever record.
    """
    holds = {hold.step: hold for hold in one.holds}
    for hold in other.holds:
        known = holds.setdefault(hold.step, hold)
        if hold != known:
            holds[hold.step] = max(hold, known, key=_longest)
    ratings = {rating.step: rating for rating in sorted([*one.ratings, *other.ratings], key=lambda rating: rating[::-1])}
    return replace(
        max(one, other, key=_completeness),
        holds=tuple(holds[step] for step in sorted(holds)),
        ratings=tuple(ratings[step] for step in sorted(ratings)),
    )


def _completeness(record: SessionRecord) -> tuple[object, ...]:
    completed, over = record.result == "completed", record.result != "running"
    # The last part decides nothing of worth, but always the same.
    return completed, record.end - record.start, over, record.trusted, repr(replace(record, holds=(), ratings=()))


def _longest(hold: HoldRecord) -> tuple[object, ...]:
    return hold.whole, -1 if hold.held is None else hold.held, hold.skipped, repr(hold)


def routine_hash(routine: Routine) -> str:
    """Return what tells one version of a routine from another: it changes with anything but comments and layout."""
    return hashlib.sha256(repr(routine).encode()).hexdigest()[:12]


class Recording:
    """What is known of the running session."""

    def __init__(self, started: Started, uuid: str, hash_: str, exercises: int) -> None:
        """Begin one.

        Args:
            started: its first action.
            uuid: its name for ever.
            hash_: of its routine.
            exercises: how many the whole routine has.
        """
        self.plan = started.plan
        self.uuid = uuid
        self.hash = hash_
        self.exercises = exercises
        self.begun = self.last = started.at
        self.paused_at: Ms | None = None
        self.paused = Ms(0)
        self.result: Result = "running"
        self.goes_on = started.place > 0
        self.stepped = False
        """It came to its first step."""
        self._left: set[int] = set()
        """Holds that are not held to their end."""
        self._ratings: dict[int, Rating | None] = {}
        """By step; None where it was taken back."""
        self._holds = {
            step.index: HoldRecord(step.index, step.exercise, step.position, step.set, step.length)
            for step in started.plan.steps
            if step.kind == "hold"
        }

    def take(self, action: Began | Held | Rated | Paused | Resumed | Ended) -> None:
        """Note what happened."""
        self.last = action.at
        match action:
            case Began(_, step):
                self.stepped = True
                self._passed(step.index)
            case Held(_, step, held) if hold := self._holds.get(step.index):
                held = Ms(max(held, hold.held or 0))
                planned = hold.planned
                if step.own and not hold.whole:
                    planned = held if action.done else Ms(max(planned, held + 1))
                hold = replace(hold, planned=planned, held=held, skipped=False)
                self._holds[step.index] = hold
                (self._left.discard if hold.whole else self._left.add)(step.index)
            case Rated(_, step, about, value):
                self._ratings[step.index] = None if value is None else Rating(step.index, step.exercise, about, value)
            case Paused(at):
                self.paused_at = at
            case Resumed(at):
                self._go_on(at)
            case Ended(at, completed):
                self._go_on(at)
                self.result = "completed" if completed else "stopped"
                if completed:
                    self._passed(len(self.plan.steps))

    def _go_on(self, at: Ms) -> None:
        if self.paused_at is not None:
            self.paused = Ms(self.paused + at - self.paused_at)
            self.paused_at = None

    def _passed(self, index: int) -> None:
        """Mark what was left before its end and lies behind the person. After a pause they come back to it: that does not."""
        for left in [left for left in self._left if left < index]:
            self._left.discard(left)
            self._holds[left] = replace(self._holds[left], skipped=True)

    def snapshot(self) -> "SessionSnapshot":
        """Return all of it as it is now."""
        plan, holds = self.plan, tuple(self._holds.values())
        elapsed = Ms(self.last - self.begun)
        return SessionSnapshot(
            uuid=self.uuid,
            regimen=plan.regimen,
            hash=self.hash,
            level=plan.level,
            result=self.result,
            begun=self.begun,
            elapsed=elapsed,
            paused=self.paused,
            exercises=self.exercises,
            once_more=plan.once_more,
            goes_on=self.goes_on,
            holds=holds,
            ratings=tuple(rating for rating in self._ratings.values() if rating),
            taken_back=frozenset(step for step, rating in self._ratings.items() if not rating),
        )


@dataclass(frozen=True)
class SessionSnapshot:
    """All that is known of a session until now, as it is to be written. Written twice, it is there once."""

    uuid: str
    regimen: Regimen
    hash: str
    level: Level
    result: Result
    begun: Ms
    elapsed: Ms
    paused: Ms
    exercises: int
    once_more: bool
    goes_on: bool
    """It begins in the middle: with what a session before it had left, where that broke off."""
    holds: tuple[HoldRecord, ...]
    ratings: tuple[Rating, ...] = ()
    taken_back: frozenset[int] = frozenset()
    """Steps whose rating was."""

    def past(self, start: datetime) -> Past:
        """Return it as one of the past, begun at a time of the wall clock."""
        active = Ms(self.elapsed - self.paused)
        held = share(self.holds, self.exercises), practised(self.holds)
        return Past(start, active, self.regimen, *held, self.result, self.ratings, self.once_more)
