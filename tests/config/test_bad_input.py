"""A file of any bytes never gives a traceback: what is wrong comes back as problems."""

import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.config.locate import CONFIG_FILES
from pitrainer.config.routines import load_routine
from pitrainer.config.schema import Settings
from pitrainer.config.validation import check_files, load, load_all
from pitrainer.errors import BadInput

REAL = [CONFIG_FILES / "pitrainer.toml", *sorted((CONFIG_FILES / "routines").glob("*.toml"))]
# Without comments and blank lines, so that nearly every mutation hits something that is read.
LINES = [[line for line in file.read_text().splitlines() if line and line[0] != "#"] for file in REAL]
VALUES = [
    *("0", "-1", "28", "1e400", "nan", "true", '""', '"10s"', '"none"', '"0s"', '"999999h"', '"100%"', '"neck"', '"\\u0000"'),
    *("[]", "{}", "[[]]", '["2s", "1s"]', "1979-05-27", "00:10:00", "0x" + "f" * 5000, '"~root"', '"/dev/null"', '"☃"'),
    '{ adult = "10s", child = ["10s", 3] }',
    '[{ at = "50%", say = "a" }, { at = 1 }]',
]
few = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def read_every_way(file: Path, raw: bytes) -> None:
    """Read the bytes as settings, as a routine and by the checker; only BadInput may come."""
    file.write_bytes(raw)
    tries = (
        lambda: load(file, {}),
        lambda: load_all(file, {}),
        lambda: load_routine(str(file), Settings()),
    )
    for attempt in tries:
        with suppress(BadInput):
            attempt()
    for problem in check_files([file], {}):
        assert len(str(problem).splitlines()) == 1
        str(problem).encode()


@given(st.binary(max_size=2000) | st.text(max_size=500).map(str.encode))
@few
def test_any_bytes(folder, raw):
    """Whatever the bytes of a file, reading it ends in settings, a routine or a list of problems."""
    read_every_way(folder / "any.toml", raw)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a real file with lines deleted, doubled, moved, cut, or with other values."""
    lines = list(draw(st.sampled_from(LINES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["delete", "double", "move", "cut", "value", "value", "value"])):
            case "delete" if len(lines) > 1:
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case "value":
                keyed = [number for number, line in enumerate(lines) if " = " in line]
                at = draw(st.sampled_from(keyed))
                lines[at] = f"{lines[at].split(' = ')[0]} = {draw(st.sampled_from(VALUES))}"
    return "\n".join(lines)


@given(mutated())
@few
def test_mutated_files(folder, text):
    """A slip of the pen anywhere in a real file ends in problems, never in a traceback."""
    read_every_way(folder / "neck.toml", text.encode())


KEYS = sorted({word for lines in LINES for line in lines for word in line.split() if word.isidentifier() and word.islower()})
values = st.recursive(
    st.sampled_from(VALUES) | st.integers().map(str),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=8))
@few
def test_right_keys_with_wrong_types(folder, data):
    """Every known key takes a value of any type without a traceback."""
    text = "\n".join(f"{key} = {value}" for key, value in data.items())
    tomllib.loads(text)  # the test is about what comes after the parser
    read_every_way(folder / "typed.toml", text.encode())


@pytest.mark.parametrize("depth", [10, 50, 100, 200, 250, 300, 320, 330, 340, 400, 480, 490, 500])
@pytest.mark.parametrize("key", ["gpio", "program", "exercise", "id", "tips"])
def test_deep_values(folder, key, depth):
    """Nesting that the parser just takes does not break what prints it."""
    for left, right in (("[", "]"), ("[{ a = ", "}]")):
        read_every_way(folder / "deep.toml", f"{key} = {left * depth}1{right * depth}".encode())


EXERCISE = 'schema = 1\nid = "a"\ntitle = "a"\nlanguage = "en"\n[[exercise]]\nid = "a"\nname = "a"\nsay = "a"\n'


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (
            'hold = { adult = "1h", child = "10m" }\nsets = 20',
            [
                "exercise: 20h of holds in one session (adult); at most 3h are possible",
                "exercise: 3h20m of holds in one session (child); at most 3h are possible",
            ],
        ),
        (
            f'hold = "1h"\ncoach = [{", ".join(["{ at = 0, say = 0 }"] * 101)}]',
            ["exercise[1].coach: 101 coach lines in one hold; at most 100 are possible"],
        ),
        ("positions = 1", ["exercise[1].positions: 1 is not a list; put it in [ ]"]),
    ],
)
def test_absurd_routines(folder, rest, expected):
    """A routine that would take the planner minutes, or the person a day, is refused before it is planned."""
    file = folder / "a.toml"
    file.write_text(EXERCISE + rest)
    assert [str(problem) for problem in check_files([file], {})] == [f"{file}: {line}" for line in expected]
