"""Plans: every valid routine, read from its file, gives plans that keep the rules, whatever lengths the clips have."""

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from hypothesis import strategies as st

from fuzz.asked import Asked
from fuzz.files import ROUTINE_FILES
from fuzz.plan_rules import assert_by_the_rules
from fuzz.routines import routines
from fuzz.target import Check, Target
from fuzz.toml import text_of
from pitrainer.config.routines import load_routine
from pitrainer.config.schema import Settings
from pitrainer.core.languages import ENGLISH, Phrase
from pitrainer.core.learned import Learned
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import LEVELS, PROFILES
from pitrainer.core.units import Ms
from pitrainer.errors import BadInput

CLIPS = re.compile(rb"# clips (\d{1,9}) (\d{1,5}) (\d{1,5}) (\d{1,5}) (\d{1,5})\n")
"""A case's first line: a seed and the most for the clips' lengths, and those of the countdown's words."""


def voice(seed: int, most: int, *words: int) -> Callable[[Phrase], Ms]:
    """Return how long each phrase is: any length, the same each time."""

    def length(phrase: Phrase) -> Ms:
        if phrase in ENGLISH.countdown:
            return Ms(words[ENGLISH.countdown.index(phrase)])
        return Ms(50 + zlib.crc32(f"{seed} {phrase.text}".encode()) % most)

    return length


clips = st.tuples(
    st.integers(0, 10**6),
    st.sampled_from([1, 700, 1_500, 4_000, 60_000]),
    *[st.one_of(st.integers(200, 700), st.sampled_from([1, 699, 700, 701, 999, 1_000, 1_001]), st.integers(100, 3_500))] * 3,
)


@st.composite
def _cases(draw: st.DrawFn) -> bytes:
    first = f"# clips {' '.join(map(str, draw(clips)))}\n"
    if draw(st.integers(0, 19)) == 0:
        return first.encode() + draw(st.sampled_from(ROUTINE_FILES)).read_bytes()
    return (first + text_of(draw(routines(wide=True)), inline=draw(st.booleans()))).encode()


@contextmanager
def _opened(folder: Path) -> Iterator[Check]:
    def check(case: bytes) -> None:
        numbers = CLIPS.match(case)
        length_of = voice(*map(int, numbers.groups() if numbers else (1, 1_500, 500, 500, 500)))
        name = re.search(rb'^id = "([a-z-]+)"', case, re.MULTILINE)
        file = folder / f"{name[1].decode() if name else 'any'}.toml"
        file.write_bytes(case)
        try:
            routine = load_routine(str(file), Settings())
        except BadInput as error:
            # More than a person can do is the only thing that can be wrong with what was drawn.
            assert all("one session" in problem.message for problem in error.problems), str(error)
            return
        seed = zlib.crc32(case)
        for number, (profile, level) in enumerate(product(PROFILES, LEVELS)):
            tip = seed % 7 + number
            known = frozenset(one.id for place, one in enumerate(routine.exercises) if (seed + number) >> place & 1)
            learned = Learned((seed + number) % 13, known)
            asked = Asked(routine, profile, level, length_of, tip, learned)
            assert_by_the_rules(make_plan(routine, profile, level, length_of, tip=tip, learned=learned), asked)

    yield check


PLANS = Target("plans", "toml", 40, _cases(), _opened)
