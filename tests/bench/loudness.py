"""How loud every clip of both routines is at each clarity, its true peak, and whether all that is planned fits.

Run: .venv/bin/python tests/bench/loudness.py
"""

import sys
import time
from collections.abc import Callable
from itertools import product

import numpy as np

from pitrainer.audio.tones import RATE
from pitrainer.config import routines, schema
from pitrainer.core.languages import LANGUAGES, Phrase
from pitrainer.core.learned import Learned
from pitrainer.core.phrases import all_known, all_phrases
from pitrainer.core.plan import Plan
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import LEVELS, PROFILES, Program
from pitrainer.core.speech import estimate
from pitrainer.core.units import Ms
from pitrainer.voice import mastering
from pitrainer.voice.clarity import CHAINS
from pitrainer.voice.synthesis import Speech, Voice

ROUTINES = ("neck", "rolling-pin")
SPEEDS = (0.83, 1.0, 0.62)
"""The usual one is reported on in full; the others show how much room there is."""


def plans(length_of: Callable[[Phrase], Ms]) -> list[tuple[str, Plan]]:
    """Plan both routines for every profile, level and turn of the texts, in first sessions and with everything known."""
    result = []
    for name in ROUTINES:
        routine = routines.load_routine(name, schema.Settings())
        known = all_known(Program(routine, "adult", "standard")).known
        for profile, level, turn, ids in product(PROFILES, LEVELS, range(6), (frozenset[str](), known)):
            plan = make_plan(routine, profile, level, length_of, tip=turn, learned=Learned(turn, ids))
            result.append((f"{name}, {profile}, {level}", plan))
    return result


def phrases() -> list[Phrase]:
    """Return every text that either routine can speak."""
    every = [routines.load_routine(name, schema.Settings()) for name in ROUTINES]
    programs = [Program(*about) for about in product(every, PROFILES, LEVELS)]
    return all_phrases(programs, estimate)


def main() -> int:
    every = phrases()
    minutes = [LANGUAGES["en"].about_minutes(number) for number in range(1, 61)]  # at other speeds there are others
    good = True
    for speed in SPEEDS:
        voice = Voice(None, Speech(speed=speed))
        lengths: dict[Phrase, Ms] = {}
        off, peaks = dict.fromkeys(CHAINS, 0.0), dict.fromkeys(CHAINS, -np.inf)
        began = time.monotonic()
        for phrase in every:
            clip = voice.say(phrase.text)
            lengths[phrase] = Ms(-(-len(clip) * 1000 // RATE))
            for clarity in CHAINS if speed == Speech.speed else ():
                wave = voice.say(phrase.text, clarity) / 32767
                off[clarity] = max(off[clarity], abs(mastering.loudness(wave) - CHAINS[clarity].target))
                peaks[clarity] = max(peaks[clarity], 20 * np.log10(mastering.true_peak(wave)))
        print(f"\nspeed {speed}: {len(every)} clips, {sum(lengths.values()) / 1000:.0f} s, in {time.monotonic() - began:.0f} s")
        if speed == Speech.speed:
            good &= max(off.values()) <= 1 and max(peaks.values()) < -1
            for clarity, chain in CHAINS.items():
                print(f"{clarity}: {chain.target} LUFS, at most {off[clarity]:.2f} off; peak at most {peaks[clarity]:.2f} dBFS")
        print("countdown:", ", ".join(f"{word.text} {lengths[word]} ms" for word in LANGUAGES["en"].countdown))
        lengths |= {phrase: estimate(phrase) for phrase in minutes if phrase not in lengths}
        drops = dict.fromkeys(
            f"  {name}: {d.text!r}, {d.why}" for name, plan in plans(lengths.__getitem__) for d in plan.dropped
        )
        print("dropped:", *drops or ["nothing"], sep="\n" if drops else " ")
        good &= speed != Speech.speed or not drops
    print("\nwithin 1 LU, below -1 dBFS, nothing dropped at the usual speed:", "yes" if good else "NO")
    return not good


if __name__ == "__main__":
    sys.exit(main())
