"""Each mistake of a file is shown at its line, however the file is written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitrainer.config.locate import CONFIG_FILES
from pitrainer.config.places import Block, Places

TEXT = '''\
schema = 1 # one
"title" = "a # b ["
tips = [
    "one [",   # ]
    "two"
]

[[exercise]]
id = "press"
say = """
[[exercise]]
id = "no"
"""
hold = { adult = "10s", child = "8s" }
positions = [
    { name = "left", say = "Left." },
    { name = "right",
      say = "Right." },
]
rest = '5s'

[exercise.extra]
x.y = 1

  [[ exercise ]]
id = "turn"

[[exercise.positions]]
name = "a"
[[exercise.positions]]
name = 'b]"'
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("schema", 1),
        ("title", 2),
        ("tips", 3),
        ("exercise[1]", 8),
        ("exercise[1].id", 9),
        ("exercise[1].say", 10),
        ("exercise[1].hold", 14),
        ("exercise[1].hold.adult", 14),
        ("exercise[1].positions", 15),
        ("exercise[1].positions[1].name", 16),
        ("exercise[1].positions[2].say", 17),
        ("exercise[1].rest", 20),
        ("exercise[1].extra", 22),
        ("exercise[1].extra.x.y", 23),
        ("exercise[2]", 25),
        ("exercise[2].id", 26),
        ("exercise[2].name", 25),
        ("exercise[2].positions[2]", 30),
        ("exercise[2].positions[2].name", 31),
        ("nothing", None),
        ("", None),
        ("a]b", None),
        ("exercise press, forehead", None),
    ],
)
def test_line(key, line):
    """A key is in its line; what is missing, in that of the table in which it should be."""
    assert Places(TEXT).line(key) == line
    assert Places(TEXT.replace("\n", "\r\n")).line(key) == line


def test_blocks():
    """A table goes from its header to its last value; comments and empty lines after that are not part of it."""
    text = '[[program]]\nroutine = "neck"\n\nprofile = "adult" # x\n# next\n\n[[program]]\n\n'
    text += '[[reminder]]\ndays = [\n  "mon",\n]\n#\n'
    assert Places(text).blocks == {"program": [Block(1, 4), Block(7, 7)], "reminder": [Block(9, 12)]}


def test_what_ships():
    """In the files that ship, each key at the beginning of a line is found there."""
    for file in [CONFIG_FILES / "pitrainer.toml", *sorted((CONFIG_FILES / "routines").glob("*.toml"))]:
        text = file.read_text()
        places = Places(text)
        lines = {places.line(key) for key in places._found}
        wanted = {number for number, line in enumerate(text.split("\n"), 1) if re.match(r"\[|[a-z_]+ = ", line)}
        assert wanted <= lines, file.name


@given(st.text(alphabet="[]{}\"'=.#\n\\ ab1", max_size=80), st.text(alphabet="[]ab1.", max_size=10))
def test_anything(text, key):
    """Whatever a file has, it is looked through to its end."""
    line = Places(text).line(key)
    assert line is None or 1 <= line <= text.count("\n") + 1
