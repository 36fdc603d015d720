"""How the time of the neck routine's sessions is spent: adult and child, first and known, at each level.

The targets are those of the standard level; the announced minutes must be right at every level. With `--script`, one session as
text with times instead: every signal but the ticks, and every word.

Run: .venv/bin/python tests/bench/sessions.py [--script adult|child first|known]
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import product

from parts import clips, program
from pitrainer.audio.clips import ClipCache
from pitrainer.core.languages import ENGLISH
from pitrainer.core.learned import NOTHING, Learned
from pitrainer.core.phrases import all_known, all_phrases
from pitrainer.core.plan import Plan, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import LEVELS, PROFILES, Level, Profile, Program
from pitrainer.core.signals import Signal
from pitrainer.core.units import MINUTE, SECOND, Ms, clock_text

NECK = program("neck")
STATES: dict[str, Learned] = {"first": NOTHING, "known": all_known(NECK)}
MOST = {("adult", "first"): 660, ("adult", "known"): 525, ("child", "first"): 525, ("child", "known"): 390}
"""Seconds, at the standard level."""
HELD = {("adult", "known"): 66, ("child", "known"): 55}
"""Percent of the session, at least, at the standard level."""
OFF = Ms(30 * SECOND)
"""By how much the announced minutes may be off."""


def planned(cache: ClipCache, profile: Profile, level: Level, state: str) -> Plan:
    return make_plan(NECK.routine, profile, level, cache.length, learned=STATES[state])


def announced_off(plan: Plan) -> int:
    """Return by how much the session is longer than announced, in milliseconds."""
    said = {cue.phrase for cue in plan.steps[0].cues if isinstance(cue, Say)}
    return plan.length - next(number for number in range(1, 60) if ENGLISH.about_minutes(number) in said) * MINUTE


def row(profile: Profile, state: str, level: Level, plan: Plan) -> tuple[str, bool]:
    """Return a line of the table, and whether its targets are met."""
    held = Ms(sum(step.length for step in plan.steps if step.kind == "hold"))
    said = Ms(sum(cue.length for step in plan.steps if step.kind != "hold" for cue in step.cues if isinstance(cue, Say)))
    share, off = held * 100 / plan.length, announced_off(plan)
    good = abs(off) <= OFF
    if level == "standard":
        good &= plan.length <= MOST[profile, state] * SECOND and share >= HELD.get((profile, state), 0)
    times = f"{clock_text(plan.length):>6}{clock_text(held):>9}{share:6.1f}{clock_text(said):>7}"
    silent = clock_text(Ms(plan.length - held - said))
    return f"{profile:7}{state:7}{level:9}{times}{silent:>9}{off / 1000:+8.1f} s{'' if good else '  MISSED'}", good


def script(plan: Plan) -> Iterator[str]:
    """Yield a session's lines."""
    for step in plan.steps:
        where = ", ".join(filter(None, (step.name, step.position)))
        yield f"{clock_text(step.start):>6}  {step.kind}{f': {where}' if where else ''}, {step.length / 1000:.1f} s"
        for cue in step.cues:
            if isinstance(cue, Say) or cue.signal is not Signal.TICK:
                what = f'"{cue.text}"' if isinstance(cue, Say) else cue.signal.name
                yield f"    {cue.at // MINUTE:2}:{cue.at % MINUTE / SECOND:04.1f}  {what}"
    yield f"{clock_text(plan.length):>6}  the end"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--script", nargs=2, metavar=("PROFILE", "STATE"))
    options = parser.parse_args()
    every = [Program(NECK.routine, profile, level) for profile in PROFILES for level in LEVELS]
    cache = clips(lambda cache: all_phrases(every, cache.length))
    if options.script:
        profile, state = options.script
        print(*script(planned(cache, profile, "standard", state)), sep="\n")
        return 0
    print(f"{'':23}{'total':>6}{'holding':>9}{'%':>6}{'talk':>7}{'silence':>9}{'announced':>10}")
    right = True
    for profile, state, level in product(PROFILES, STATES, LEVELS):
        line, good = row(profile, state, level, planned(cache, profile, level, state))
        right &= good
        print(line)
    print(f"{len(all_phrases(every, cache.length))} phrases; every target is met: {'yes' if right else 'NO'}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
