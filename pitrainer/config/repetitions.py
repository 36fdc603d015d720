"""Reads what an exercise with repetitions has: `reps`, `phases` or `pace`, `count`, `sets` and `alternate`."""

from collections.abc import Mapping
from functools import partial
from typing import cast

from ..core.hold_cues import GO_AT
from ..core.languages import LANGUAGES
from ..core.plan import ASKED_AFTER
from ..core.repetitions import BESIDE
from ..core.routine import (
    COUNTINGS,
    NO_ALTERNATIVES,
    NO_WORDS,
    OWN_PACE,
    PROFILES,
    ByProfile,
    Counting,
    Growth,
    Number,
    Phase,
    Profile,
    Repetitions,
)
from ..core.speech import estimate
from ..core.text import shown
from ..core.units import Ms, length_text
from .profiles import Spoken, by_profile, growth, least_and_most, lengths, words
from .reader import Table, as_choice, as_list, as_text, as_whole, for_everybody

MOST_SETS = 20
MOST_REPS = 999
MOST_PHASES = 20
"""Of one repetition."""
MOST_SIDES = 8

PACES = ("own",)
HOLD_KEYS = ("go", "tempo", "marks", "countdown", "half_way")
OWN_KEYS = ("count", "alternate")


def is_meant(table: Table) -> bool:
    """Tell whether an exercise is to have repetitions rather than a hold."""
    return "reps" in table or "phases" in table or ("pace" in table and "hold" not in table)


def refuse_what_goes_with_holds(table: Table) -> None:
    """Report what an exercise with repetitions, or a position of it, must not have."""
    table.refuse("hold", 'an exercise has either "hold", or "reps" with "phases"; leave out one of them')
    for key in HOLD_KEYS:
        table.refuse(key, 'goes with "hold" only, and this exercise has repetitions')


def refuse_own_keys(table: Table) -> None:
    """Report what goes with repetitions, in an exercise that has none; with `reps` or `phases` it would have some."""
    for key in OWN_KEYS:
        table.refuse(key, 'goes with "reps" and "phases" only, and this exercise has a hold')
    table.refuse("pace", 'goes with "reps" only, and this exercise has a hold')
    table.also_known("reps", "phases")


def read_pace(table: Table) -> bool:
    """Tell whether an exercise is to be done at the person's own pace, and report what does not go with it."""
    own = table.optional("pace", for_everybody(lambda value: as_choice(value, PACES)), "") != ""
    if own:
        refuse_what_needs_a_clock(table)
    return own


def refuse_what_needs_a_clock(table: Table) -> None:
    """Report what an exercise at the person's own pace, or a position of it, must not have."""
    for key in ("phases", "count", "coach"):
        table.refuse(key, 'does not go with pace = "own": only the person knows when each repetition begins')


def read(table: Table, language: str, spoken: Spoken, *, own: bool) -> tuple[int, Repetitions]:
    """Read them; return the number of sets, too. `own`: they are done at the person's own pace."""
    sets, reps = _sets(table)
    phases = [] if own else table.tables("phases", required="pace" not in table, most=MOST_PHASES)
    repetitions = Repetitions(
        reps=reps,
        phases=tuple(_phase(item, spoken) for item in phases),
        count=table.value("count", for_everybody(lambda value: cast("Counting", as_choice(value, COUNTINGS))), "up", "up"),
        sides=table.optional("alternate", lambda value: by_profile(value, partial(_sides, spoken=spoken)), NO_ALTERNATIVES),
    )
    if table.faulty.isdisjoint({"phases", "alternate"}) and repetitions.phases:
        _check_sides(table, repetitions, language)
    if own and table.faulty.isdisjoint({"reps", "sets", "alternate"}):
        _check_patience(table, repetitions, sets)
    return sets, repetitions


def _sets(table: Table) -> tuple[int, tuple[ByProfile[Number | Growth], ...]]:
    """Read `sets`, a number of sets with `reps` each; or a list with the repetitions of each set, and no `reps`."""
    none: tuple[ByProfile[Number | Growth], ...] = ()
    several = table.optional("sets", _list_of_reps, none)
    if several:
        table.refuse("reps", '"sets" has the repetitions of each set already; leave out "reps"')
        return len(several), several
    once: dict[Profile, Number | Growth] = dict.fromkeys(PROFILES, Number(1, 1))
    reps = table.value("reps", lambda value: by_profile(value, _number), once if "sets" in table.faulty else None, once)
    sets = 1 if "sets" in table.faulty else table.integer("sets", 1, MOST_SETS, 1)
    return sets, (reps,) * sets


def _list_of_reps(value: object) -> tuple[ByProfile[Number | Growth], ...]:
    if not isinstance(value, list):
        return ()
    items = as_list(value)
    if len(items) > MOST_SETS:
        raise ValueError(f"{len(items)} are too many sets; at most {MOST_SETS} are possible")
    return tuple(by_profile(item, _number) for item in items)


def _number(value: object) -> Number | Growth:
    if isinstance(value, Mapping):
        return growth(value, _one_number)
    return Number(*least_and_most(value, _one_number, (8, 12)))


def _one_number(value: object) -> int:
    return as_whole(value, 1, MOST_REPS)


def _phase(table: Table, spoken: Spoken) -> Phase:
    phase = Phase(
        name=words(table, "name", spoken), say=words(table, "say", spoken, NO_WORDS), time=lengths(table, "time", None)
    )
    table.done()
    return phase


def _check_sides(table: Table, repetitions: Repetitions, language: str) -> None:
    """See to it that each side can be said in the first phase, also after the start signal: without it nobody knows it."""
    for profile in PROFILES:
        least = Ms(repetitions.phases[0].time[profile].least)
        for side in repetitions.sides[profile]:
            said = LANGUAGES[language].repetition(side, 0, "")
            takes = Ms(GO_AT + estimate(said) + BESIDE)
            if takes > least:
                what = f"{shown(said.text)} is said until {length_text(takes)} after the start"
                table.problem(
                    "alternate", f"{what}, and the first phase lasts {length_text(least)} ({profile}); make it longer"
                )
                return


def _check_patience(table: Table, repetitions: Repetitions, sets: int) -> None:
    """See to it that nobody is asked whether they are done while they most likely are not."""
    most = ASKED_AFTER // OWN_PACE
    for profile in PROFILES:
        times = max(repetitions.times(profile, "full", set_) for set_ in range(1, sets + 1))
        if times > most:
            what = f"{times} repetitions in a set at the person's own pace ({profile}), of all sides"
            table.problem("reps" if "reps" in table else "sets", f"{what}; at most {most} are possible, so use more sets")
            return


def _sides(value: object, spoken: Spoken) -> tuple[str, ...]:
    sides = tuple(spoken(as_text(item)) for item in as_list(value))
    if not 2 <= len(sides) <= MOST_SIDES:
        raise ValueError(f'{shown(value)} is not a list of 2 to {MOST_SIDES} sides; write for example ["left", "right"]')
    return sides
