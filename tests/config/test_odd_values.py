"""Odd values for every key: each is one short line in our words, and none takes the checker long or stops it."""

import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pitrainer.config.locate import CONFIG_FILES
from pitrainer.config.routines import load_routine
from pitrainer.config.schema import Settings
from pitrainer.config.validation import check_files, load_all
from pitrainer.errors import BadInput, Problem

LONGEST_LINE = 300
"""Characters besides the file's name."""
SIZE = 1_500
"""Characters of the long values; a file has 60 keys, and 256 KiB at most."""

DOTTED = ".".join("a" * 199)
ODD = {
    "nested": f"[\n{{ {DOTTED} = " * 5 + "1" + " }]" * 5,  # a thousand deep, in five lines of 199 dots
    "nested lists": "[" * 200 + "]" * 200,
    "nested table": f"{{ {DOTTED} = 1 }}",
    "long text": '"' + "9" * SIZE + '"',
    "long length": '"' + "9" * SIZE + 's"',
    "long word": '"' + "adult" * (SIZE // 5) + '"',
    "strange letters": '"' + "\\u202e\\u001b[2J\\n" * (SIZE // 15) + '"',
    "many texts": "[" + '"a",' * (SIZE // 4) + "]",
    "many numbers": "[" + "1," * (SIZE // 2) + "]",
    "many tables": "[" + "{a=1}," * (SIZE // 6) + "]",
    "many empty tables": "[" + "{}," * (SIZE // 3) + "]",
    "many keys": "{" + ",".join(f"key{number}=1" for number in range(SIZE // 12)) + "}",
    "strange keys": '{ "a\\nb\\u001b[2J" = 1, "" = 2, "' + "x" * SIZE + '" = 3 }',
    "digits": "9" * 5_000,
    "hexadecimal digits": "0x" + "f" * 5_000,
    "digits within": "[[{ x = 0x" + "f" * 5_000 + " }]]",
    "huge": "1e999",
    "no number": "nan",
    "less than nothing": "-inf",
    "time": "00:10:00",
    "moment": "1979-05-27T07:32:00.999999-07:00",
}


def keys_of(value: object) -> Iterator[tuple[str, ...]]:
    """Yield the path of every key in a TOML file; of a list of tables, of all of them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (key,)
            yield from ((key, *path) for path in keys_of(inner))
    elif isinstance(value, list):
        for item in value:
            yield from keys_of(item)


def nested(paths: set[tuple[str, ...]], value: str) -> str:
    """Return the inner part of an inline table in which each path's last key has the value."""
    tables = {path[0] for path in paths if len(path) > 1}
    parts = [f"{path[0]} = {value}" for path in sorted(paths) if len(path) == 1 and path[0] not in tables]
    for table in sorted(tables):
        inner = nested({path[1:] for path in paths if path[0] == table and len(path) > 1}, value)
        many = table in ("program", "reminder", "exercise", "positions")
        parts.append(f"{table} = [{{ {inner} }}]" if many else f"{table} = {{ {inner} }}")
    return ", ".join(parts)


SETTINGS = set(keys_of(tomllib.loads((CONFIG_FILES / "pitrainer.toml").read_text())))
SETTINGS |= {("reminder", key) for key in ("time", "routine", "profile", "level", "days")} | {("reminder",)}
ROUTINE = {path for file in (CONFIG_FILES / "routines").glob("*.toml") for path in keys_of(tomllib.loads(file.read_text()))}
ROUTINE |= {("exercise", "tempo"), ("exercise", "coach"), ("exercise", "marks"), ("exercise", "positions", "coach")}
ROUTINE = {path for path in ROUTINE if not {"hold", "coach"} & set(path[:-1])}  # these are read as one value
READERS: dict[str, tuple[set[tuple[str, ...]], Callable[[Path], object]]] = {
    "settings": (SETTINGS, lambda file: load_all(file, {})),
    "routine": (ROUTINE, lambda file: load_routine(str(file), Settings())),
}


def read(file: Path, text: str, reader: Callable[[Path], object]) -> None:
    """Read a file in both ways, and hold every line to what is promised."""
    file.write_text(text)
    raised: tuple[Problem, ...] = ()
    try:
        reader(file)
    except BadInput as error:
        raised = error.problems
    for problem in (*check_files([file], {}), *raised):
        line = str(problem)
        assert line.isprintable()
        assert len(line) <= len(problem.file) + LONGEST_LINE
        assert "Exceeds the limit" not in line


def quick(text: str, work: Callable[[], None]) -> None:
    """Assert that work takes no more than so many times as long as parsing the text does; a busy machine may try thrice."""
    for last in (False, False, True):
        began = time.perf_counter()
        with suppress(ValueError):
            tomllib.loads(text)
        parsed = time.perf_counter() - began
        work()
        took = time.perf_counter() - began - parsed
        if took < 1 + 30 * parsed:
            return
        assert not last, f"{took:.2f} s, where parsing took {parsed:.2f} s"


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("kind", READERS)
def test_every_key(tmp_path: Path, kind: str, value: str) -> None:
    """Whatever stands at every key at once, all of it is short lines, soon."""
    paths, reader = READERS[kind]
    text = "\n".join(f"{top} = {line}" for top, line in tops(paths, value))
    if kind == "routine":
        text = f"schema = 1\n{text.replace(f'schema = {value}', '', 1)}"
    quick(text, lambda: read(tmp_path / "a.toml", text, reader))


def tops(paths: set[tuple[str, ...]], value: str) -> Iterator[tuple[str, str]]:
    """Yield the keys at the top with their values."""
    for top in sorted({path[0] for path in paths}):
        name, _, line = nested({path for path in paths if path[0] == top}, value).partition(" = ")
        yield name, line


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("kind", READERS)
def test_every_table(tmp_path: Path, kind: str, value: str) -> None:
    """The same in a table's place."""
    paths, reader = READERS[kind]
    text = "\n".join(f"{top} = {value}" for top in sorted({path[0] for path in paths if len(path) > 1}))
    quick(text, lambda: read(tmp_path / "a.toml", text, reader))


def test_there_are_keys() -> None:
    """The keys are those that there are."""
    assert {("buzzer", "kind"), ("program", "profile"), ("paths", "state")} < SETTINGS
    assert {("language",), ("exercise", "hold"), ("exercise", "positions", "say"), ("exercise", "rest")} < ROUTINE
