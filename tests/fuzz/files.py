"""Settings and routines: whatever a file says, it is taken, or every mistake in it is told in a line."""

import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from fuzz.mutate import changed, damaged, mostly, raw, scalars, trees
from fuzz.target import Check, Pace, Target, assert_line, assert_lines
from fuzz.toml import Raw, text_of
from pitrainer.config.locate import CONFIG_FILES
from pitrainer.config.routines import load_routine
from pitrainer.config.schema import Settings
from pitrainer.config.validation import Loaded, check_files, load_all, load_defaults
from pitrainer.core.phrases import all_phrases
from pitrainer.core.planning import Planning
from pitrainer.core.routine import Routine
from pitrainer.core.trainer import Trainer
from pitrainer.errors import BadInput
from pitrainer.history.habits import make_reminders
from support.fakes import TESTS, FakeClips, half_a_second

SETTINGS_FILE = CONFIG_FILES / "pitrainer.toml"
ROUTINE_FILES = [*sorted((CONFIG_FILES / "routines").glob("*.toml")), *sorted((TESTS / "routines").glob("*.toml"))]
REMINDERS = """
[[reminder]]
time = "08:00"
routine = "neck"
profile = "adult"
[[reminder]]
time = "18:30"
routine = "rolling-pin"
profile = "child"
level = "full"
days = ["mon", "wed", "sun"]
"""
COACHED = """
schema = 1
id = "neck"
title = "Coached"
language = "en"
tips = ["One.", "Two."]
[[exercise]]
id = "a"
name = "Plank"
say = "Lie down."
short = "Down."
prepare = "3s"
hold = { adult = ["20s", "1m"], child = "15s" }
marks = "10s"
tempo = 60
rest = "5s"
sets = 3
repeat_after = "15m"
coach = { adult = [{ at = "50%", say = "Breathe." }, { at = "3s", say = "Flat back." }], child = [{ at = "5s", say = "Go." }] }
positions = [
    { name = "left", say = "On the left.", hold = "30s", tempo = 80, release = "Down.", coach = [{ at = "1%", say = "Go." }] },
    { name = "right" },
]
"""
SHORT = """
schema = 1
id = "{}"
title = "Short"
language = "en"
exercise = [{{ id = "a", name = "A", say = "Do.", hold = "5s" }}]
"""
ALLOWED = 40
"""Times what the checker takes for the shipped file. A wrong time zone, say, is looked for on the disk."""


# cases

_SETTINGS = [
    tomllib.loads(SETTINGS_FILE.read_text() + REMINDERS),
    tomllib.loads(REMINDERS),
    {"paths": {"routines": "odd"}, "program": [{"routine": "nek", "profile": "adult"}]},
]
_ROUTINES = [*(tomllib.loads(file.read_text()) for file in ROUTINE_FILES), tomllib.loads(COACHED)]


def _keys(trees_: Sequence[Any]) -> list[str]:
    found: set[str] = set()
    todo = list(trees_)
    while todo:
        match todo.pop():
            case dict() as table:
                found |= table.keys()
                todo += table.values()
            case list() as items:
                todo += items
    return sorted(found)


def _dotted(parts: int) -> Raw:
    return Raw(".".join("a" * parts))


WRITTEN = st.sampled_from(
    [
        *("nan", "-nan", "inf", "-inf", "1e400", "1e-400", "-0.0", "0x" + "f" * 5_000, "9" * 4_300, "9" * 5_000, "1_0", "+1"),
        *("1979-05-27", "1979-05-27T07:32:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999", "00:10:00"),
        *("'''a\nb'''", '"""\\\n   a"""', '"\\U0010FFFF"', '"\\uD800"', "{}", "[]", "{a=1,}", "[1,]", "{", "]", "="),
    ]
).map(Raw)
DEEP = st.builds(
    # A list may go on in the next line, where the dots are counted anew.
    lambda lists, parts, times: Raw(f"{'[' * lists}\n{{ {_dotted(parts)} = " * times + "1" + f" }}\n{']' * lists}" * times),
    st.sampled_from([0, 1, 1, 5, 40, 200]),
    st.sampled_from([1, 5, 99, 199, 200, 201]),
    st.sampled_from([1, 2, 4, 5, 20]),
)
ODD_KEYS = ("x", "", "a.b", "é", "\n", "\x1b", "x" * 2_000, "ｈｏｌｄ", "hold ", "Hold", "__class__", _dotted(99), _dotted(150))


@st.composite
def _files(draw: st.DrawFn, known: Sequence[dict[str, Any]]) -> bytes:
    """Draw a file: one of the known with some things changed, or right keys with values of every kind."""
    keys = st.sampled_from(_keys(known)) | st.sampled_from(ODD_KEYS) | st.text(max_size=8)
    values = st.one_of(scalars, trees(scalars | WRITTEN, keys), WRITTEN, DEEP)
    odd = changed(known, values, keys) | st.dictionaries(keys, values, max_size=8)
    tree = draw(mostly(changed(known, values, keys, most=1), odd, one_in=2))
    text = text_of(tree, inline=draw(st.booleans()))
    ends = ["", "", "", "\n", "\0", "\ufeff", "#" * 1_000, "\r", "\n" + "# " * 50_000, "\n[" + "a." * 190 + "a]\n" * 50]
    return raw(draw(st.sampled_from(ends))) + raw(text) if draw(st.integers(0, 9)) == 0 else raw(text)


def _bytes(files: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    return damaged(st.sampled_from(files)) | st.binary(max_size=2_000)


settings_cases = _files(_SETTINGS) | _bytes([SETTINGS_FILE.read_bytes()])
routine_cases = _files(_ROUTINES) | _bytes([COACHED.encode(), *(file.read_bytes() for file in ROUTINE_FILES)])


# checks


def _refused(work: Callable[[], object], folder: Path) -> bool:
    """Do it; return whether it was refused, which only `BadInput` may tell, in lines."""
    try:
        work()
    except BadInput as error:
        assert not all(problem.warning for problem in error.problems)
        assert_lines(error.problems, folder)
        for line in str(error).split("\n"):
            assert_line(line, folder)
        return True
    return False


def _assert_usable(loaded: Loaded) -> None:
    """What was taken can be run."""
    assert loaded.programs
    for program in [*loaded.programs, *loaded.reminders.values()]:
        _assert_speakable(program.routine)
    Trainer(
        loaded.programs,
        FakeClips(),
        {},
        planning=Planning(FakeClips()),
        reminders=make_reminders(loaded.settings, {}),
        reminded=loaded.reminders,
    )
    assert all_phrases(loaded.programs, half_a_second, reminded=loaded.reminders.values())


def _assert_speakable(routine: Routine) -> None:
    """An English voice knows the Latin letters of living languages, and the ten digits."""
    texts = [routine.title, *routine.tips]
    texts += [*routine.intro.values(), *routine.short_intro.values(), *chain(*routine.outro.values())]
    for exercise in routine.exercises:
        texts += chain(*(words.values() for words in (exercise.name, exercise.say, exercise.short)))
        for position in exercise.positions:
            own = position.name, position.say, position.short, position.go, position.short_release
            texts += chain(*(words.values() for words in own), *position.release.values())
            texts += chain(*(line.say for lines in position.coach.values() for line in lines))
    for letter in set("".join(texts)):
        if letter.isalnum():
            latin = letter.isalpha() and unicodedata.name(letter).startswith("LATIN") and letter <= "\u024f"
            assert latin or letter in "0123456789", f"nobody can say {letter!r} (U+{ord(letter):04X})"
        else:
            assert letter.isprintable()


def _assert_defaults(file: Path) -> None:
    """Something is wrong, and the program can go on so far that it tells so in the room."""
    settings = load_defaults(file, {})
    assert settings.programs
    assert settings.routine_folders
    assert settings.cache_folder({}).is_absolute()
    assert settings.state_folder({}).is_absolute()


@contextmanager
def _settings(folder: Path) -> Iterator[Check]:
    file = folder / "pitrainer.toml"
    for name in ("routines/neck", "routines/rolling-pin", "odd/neck", "odd/two\nlines \x1b[2J"):
        # Instead of the shipped ones, which take most of the time.
        routine = folder / f"{name}.toml"
        routine.parent.mkdir(exist_ok=True)
        routine.write_text(SHORT.format(routine.stem))

    def take(case: bytes) -> None:
        file.write_bytes(case)
        refused = _refused(lambda: _assert_usable(load_all(file, {})), folder)
        _assert_defaults(file)
        found = check_files([file], {})
        assert_lines(found, folder)
        assert not refused or not all(problem.warning for problem in found), "`run` refuses what `check` takes"

    yield Pace(take, SETTINGS_FILE.read_bytes(), ALLOWED)


@contextmanager
def _routines(folder: Path) -> Iterator[Check]:
    settings, file = folder / "pitrainer.toml", folder / "routines" / "neck.toml"
    settings.write_text('[[program]]\nroutine = "neck"\nprofile = "adult"\n')
    file.parent.mkdir()

    def take(case: bytes) -> None:
        file.write_bytes(case)
        refused = _refused(lambda: _assert_usable(load_all(settings, {})), folder)
        assert _refused(lambda: load_routine("neck", Settings(file=settings)), folder) == refused
        _assert_defaults(file)
        assert_lines(check_files([file], {}), folder)

    yield Pace(take, (CONFIG_FILES / "routines" / "neck.toml").read_bytes(), ALLOWED)


SETTINGS = Target("settings", "toml", 200, settings_cases, _settings)
ROUTINES = Target("routines", "toml", 120, routine_cases, _routines)
