"""Values of a routine that are for everybody, or of which each profile has its own."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from ..core.progression import MOST_STEPS
from ..core.routine import NO_ALTERNATIVES, NO_WORDS, PROFILES, Alternatives, Growth, Profile, Range, Words
from ..core.text import listed, shown
from ..core.units import HOUR, SECOND, Ms
from .on_paper import right_range
from .reader import Table, as_length, as_list, as_text, as_whole

LEAST_HOLD, MOST_HOLD = SECOND, HOUR
MOST_ALTERNATIVES = 20
"""Of one text; each is synthesised."""

GROWTH_KEYS = ("from", "to", "by", "every")
GROWTH = frozenset(GROWTH_KEYS)
"""The keys of what grows with the sessions done."""

T = TypeVar("T")
N = TypeVar("N", bound=int)
Spoken = Callable[[str], str]
"""Takes a text, as it is spoken, or raises ValueError."""


def by_profile(value: object, read: Callable[[object], T]) -> dict[Profile, T]:
    """Read one value for every profile, or a table with one for each."""
    if not isinstance(value, Mapping) or not GROWTH.isdisjoint(value):
        return dict.fromkeys(PROFILES, read(value))
    if set(value) != set(PROFILES):
        wanted = " and ".join(f'"{profile}"' for profile in PROFILES)
        raise ValueError(f"needs the profiles {wanted}, has {listed(map(shown, value))}")
    result: dict[Profile, T] = {}
    for profile in PROFILES:
        try:
            result[profile] = read(value[profile])
        except ValueError as error:
            raise ValueError(f"{profile}: {error}") from None
    return result


def words(table: Table, key: str, spoken: Spoken, default: Words | None = None) -> Words:
    """Read a text for everybody, or one for each profile."""
    return table.value(key, lambda value: by_profile(value, lambda text: spoken(as_text(text))), default, NO_WORDS)


def alternatives(table: Table, key: str, spoken: Spoken, default: Alternatives) -> Alternatives:
    """Read one text or a list of alternatives, for everybody or for each profile."""
    return table.value(key, lambda value: by_profile(value, partial(one_or_more, spoken=spoken)), default, NO_ALTERNATIVES)


def one_or_more(value: object, spoken: Spoken) -> tuple[str, ...]:
    """Read one text or a list of alternatives."""
    texts = as_list(value) if isinstance(value, list) else [value]
    if len(texts) > MOST_ALTERNATIVES:
        raise ValueError(f"{len(texts)} alternatives; at most {MOST_ALTERNATIVES} are possible")
    return tuple(spoken(as_text(text)) for text in texts)


def lengths(table: Table, key: str, default: dict[Profile, Range | Growth] | None) -> dict[Profile, Range | Growth]:
    """Read one length, [least, most] or a growing one, or any of them by profile."""
    stand_in: dict[Profile, Range | Growth] = dict.fromkeys(PROFILES, Range(LEAST_HOLD, LEAST_HOLD))
    return table.value(key, lambda value: by_profile(value, _length), default, stand_in)


def _length(value: object) -> Range | Growth:
    if isinstance(value, Mapping):
        return growth(value, _one_length)
    return Range(*least_and_most(value, _one_length, ("10s", "12s")))


def _one_length(value: object) -> Ms:
    return as_length(value, LEAST_HOLD, MOST_HOLD)


def growth(value: Mapping[str, object], read: Callable[[object], int]) -> Growth:
    """Read { from, to, by, every }."""
    if set(value) != GROWTH:
        raise ValueError(f"what grows has the keys {', '.join(map(shown, GROWTH_KEYS))}, not {listed(map(shown, value))}")
    numbers: list[int] = []
    for key in GROWTH_KEYS:
        try:
            numbers.append(as_whole(value[key], 1, 100) if key == "every" else read(value[key]))
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    grows = Growth(*numbers)
    if grows.least > grows.most:
        raise ValueError(f"from: {shown(value['from'])} is above to: {shown(value['to'])}")
    if grows.steps > MOST_STEPS:
        raise ValueError(f"by: {shown(value['by'])} makes {grows.steps} steps; at most {MOST_STEPS} are possible")
    return grows


def least_and_most(value: object, read: Callable[[object], N], example: Sequence[object]) -> tuple[N, N]:
    """Read one value, or [least, most]."""
    if isinstance(value, str) and (both := right_range(value, whole=isinstance(example[0], int))):
        raise ValueError(f"{shown(value)}: a range is a list; write {both}")
    if not isinstance(value, list):
        return read(value), read(value)
    if len(value) != 2:
        raise ValueError(f"{shown(value)} is not a range; write [least, most], for example [{', '.join(map(shown, example))}]")
    least, most = map(read, value)
    if least > most:
        raise ValueError(f"{shown(value)} has the larger one first; write [least, most]")
    return least, most
