"""A table reports every problem, each with its file, key and what would be right."""

from typing import Any

import pytest

from pitrainer.config.reader import Table, one_line
from pitrainer.core.text import listed, nearest, parse_json, printable, shortened, shown
from pitrainer.core.units import Ms
from pitrainer.errors import Problem


def problems_of(data: object, read: Any) -> list[str]:
    problems: list[Problem] = []
    read(Table(data, "x.toml", problems))
    return [str(problem) for problem in problems]


def good(text: str) -> str:
    if text == "bad":
        raise ValueError("is bad")
    return text.upper()


def test_reads() -> None:
    """Right values come back as themselves, and there is no problem."""
    problems: list[Problem] = []
    data = {"t": "a", "l": "2s", "n": 3, "b": True, "c": "two", "s": ["x", "y"], "sub": {"k": "v"}, "list": [{"k": "w"}]}
    table = Table(data, "x.toml", problems)
    assert (table.text("t", good), table.length("l", Ms(0), Ms(9_000)), table.integer("n", 0, 9)) == ("A", 2_000, 3)
    assert (table.boolean("b"), table.choice("c", ("one", "two")), table.texts("s", good)) == (True, "two", ("X", "Y"))
    assert table.table("sub").text("k", good) == "V"
    assert [item.text("k", good) for item in table.tables("list", required=True)] == ["W"]
    table.done()
    assert "t" in table
    assert "nothing" not in table
    assert problems == []


def test_defaults() -> None:
    """A key that is not there has its default, and that is no problem."""
    problems: list[Problem] = []
    table = Table({}, "x.toml", problems)
    assert table.text("t", good, "d") == "d"
    assert table.length("l", Ms(0), Ms(9), Ms(5)) == 5
    assert table.integer("n", 1, 9, 4) == 4
    assert table.texts("s", good, ("d",)) == ("d",)
    assert table.tables("list", required=False) == []
    table.table("sub").done()
    table.done()
    assert problems == []


@pytest.mark.parametrize(
    ("data", "read", "expected"),
    [
        (5, lambda t: t.text("a", good), ["x.toml: 5 is not a table"]),
        ({}, lambda t: t.text("a", good), ["x.toml: a: is missing"]),
        ({"a": 5}, lambda t: t.text("a", good), ["x.toml: a: 5 is not a text; put it in quotes"]),
        ({"a": "bad"}, lambda t: t.text("a", good, "d"), ["x.toml: a: is bad"]),
        ({"a": "x"}, lambda t: t.texts("a", good), ['x.toml: a: "x" is not a list; put it in [ ]']),
        ({"a": []}, lambda t: t.texts("a", good), ["x.toml: a: the list is empty; it must have at least one entry"]),
        ({"a": ["x", True]}, lambda t: t.texts("a", good), ["x.toml: a: true is not a text; put it in quotes"]),
        (
            {"a": 10},
            lambda t: t.length("a", Ms(0), Ms(9)),
            ['x.toml: a: 10 is not a length; write for example "10s" or "1m30s", in quotes'],
        ),
        ({"a": "10s"}, lambda t: t.length("a", Ms(0), Ms(9_000)), ['x.toml: a: "10s" is outside 0s to 9s']),
        ({"a": True}, lambda t: t.integer("a", 0, 9), ["x.toml: a: true is not a whole number"]),
        ({"a": 1.0}, lambda t: t.integer("a", 0, 9), ["x.toml: a: 1.0 is not a whole number"]),
        ({"a": -1}, lambda t: t.integer("a", 0, 9), ["x.toml: a: -1 is outside 0 to 9"]),
        ({"a": 1}, lambda t: t.boolean("a"), ["x.toml: a: 1 is not true or false"]),
        (
            {"a": "fulll"},
            lambda t: t.choice("a", ("gentle", "full")),
            ['x.toml: a: "fulll" is not one of "gentle", "full" (did you mean "full"?)'],
        ),
        ({"a": {"b": 1}}, lambda t: t.choice("a", ("one",)), ['x.toml: a: a table is not one of "one"']),
        ({"a": []}, lambda t: t.table("a"), ["x.toml: a: [] is not a table"]),
        ({}, lambda t: t.tables("a", required=True), ["x.toml: a: is missing; there must be at least one"]),
        ({"a": {}}, lambda t: t.tables("a", required=False), ["x.toml: a: a table is not a list; put it in [ ]"]),
        ({"a": [{}, 7]}, lambda t: t.tables("a", required=False), ["x.toml: a[2]: 7 is not a table"]),
        (
            {"hodl": 1},
            lambda t: (t.integer("hold", 0, 9, 0), t.done()),
            ['x.toml: hodl: is not a known key (did you mean "hold"?)'],
        ),
        ({"zzz": 1}, lambda t: (t.integer("hold", 0, 9, 0), t.done()), ["x.toml: zzz: is not a known key; known here: hold"]),
        ({"s": {"x": 1}}, lambda t: t.table("s").text("x", good), ["x.toml: s.x: 1 is not a text; put it in quotes"]),
    ],
)
def test_problem(data: object, read: Any, expected: list[str]) -> None:
    """A mistake is one line that names file and key, shows the value and says what would be right."""
    assert problems_of(data, read) == expected


def test_all_at_once() -> None:
    """The first mistake hides no other."""

    def read_all(table: Table) -> None:
        table.text("a", good)
        table.integer("b", 1, 2)
        table.table("c").length("d", Ms(0), Ms(1))
        table.done()

    assert problems_of({"a": 1, "b": 3, "c": {"d": 1}, "e": 0}, read_all) == [
        "x.toml: a: 1 is not a text; put it in quotes",
        "x.toml: b: 3 is outside 1 to 2",
        'x.toml: c.d: 1 is not a length; write for example "10s" or "1m30s", in quotes',
        "x.toml: e: is not a known key; known here: a, b, c",
    ]


def test_what_may_be_nothing() -> None:
    """A key whose default is nothing may be left out, and a mistake in it leaves the default."""
    problems: list[Problem] = []
    table = Table({"a": "x", "b": "bad"}, "x.toml", problems)
    assert [table.optional(key, good, None) for key in "abc"] == ["X", None, None]
    table.done()
    assert [str(problem) for problem in problems] == ["x.toml: b: is bad"]


def test_faulty() -> None:
    """A table knows which of its own keys have mistakes, and warnings are none."""
    problems: list[Problem] = []
    table = Table({"a": "bad", "b": "x", "c": {"d": 1}, "z": 1}, "x.toml", problems)
    read = [table.text(key, good) for key in "abe"]
    table.table("c").text("d", good)
    table.problem("b", "hums", warning=True)
    table.done()
    assert read == ["", "X", ""]
    assert table.faulty == {"a", "e", "z"}
    assert Table(1, "x.toml", problems).faulty == {""}


def test_one_line() -> None:
    """A text on one line is one that can be printed as it is."""
    assert one_line("Dr. Å. Müller, 2024") == "Dr. Å. Müller, 2024"
    assert one_line("x" * 600) == one_line("x" * 600, 600)
    for text, most in (("x" * 601, 600), ("a\nb", 600), ("\x1b[2J", 600), ("\ud800", 600), ("abc", 2)):
        with pytest.raises(ValueError, match=f" is not plain text of at most {most} characters on one line$"):
            one_line(text, most)


def test_warning() -> None:
    """A warning says that it is one."""
    assert str(Problem("x.toml", "pin", "hums", warning=True)) == "x.toml: pin: (warning) hums"


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), ("a", '"a"'), ("a\nb", '"a\\nb"'), ({}, "a table"), (3, "3"), ("\ud800", '"\\ud800"'), ("é", '"é"')],
)
def test_shown(value: object, text: str) -> None:
    """Any value is shown on one line of plain letters."""
    assert shown(value) == text


def test_shown_is_short() -> None:
    """A value of any length leaves the line readable."""
    assert len(shown("x" * 10_000)) == 60
    assert len(shown(list(range(10_000)))) == 60


def test_shown_looks_no_further() -> None:
    """A value is shown without looking at all of it: not at its depth, nor at its numbers of a million digits."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, [[{"a": 1 << 5_000_000}]], {"a": deep}, 1 << 5_000_000, -(1 << 5_000_000), (deep,)):
        text = shown(value)
        assert text.isprintable()
        assert len(text) <= 60
        assert "limit" not in text


@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_a_message_of_any_size(size: int) -> None:
    """A problem is one line, of bounded length whatever its message repeats."""
    line = str(Problem("a\nb.toml", "key\x1b[2J", "x\n" * size))
    assert line.startswith("a\\nb.toml: key\\x1b[2J: x\\nx")
    assert line.isprintable()
    assert len(line) < 600


def test_words_are_listed() -> None:
    """As many words as a message has room for."""
    assert listed([]) == "none"
    assert listed(["a", "b"]) == "a, b"
    assert len(listed(map(str, range(1_000)))) <= 120
    assert shortened("abcdef", 5) == "ab..."


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"{", "is not JSON, or only a part of it"),
        (b"", "is not JSON, or only a part of it"),
        (b"\xff", "is not UTF-8 text"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"9" * 5_000, "has a number with too many digits"),
        (b"[NaN]", "has NaN, which is not a number"),
        (b"[-Infinity]", "has -Infinity, which is not a number"),
    ],
)
def test_wrong_json(raw: bytes, why: str) -> None:
    """What is no JSON is told in few words of ours."""
    with pytest.raises(ValueError, match=f"^{why}$"):
        parse_json(raw)


def test_json() -> None:
    """What is JSON is read."""
    assert parse_json(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}


def test_nearest_is_no_long_word() -> None:
    """Long words are compared with none: for two of a megabyte that takes minutes."""
    assert nearest("a" * 60, ["a" * 59]) != ""
    assert nearest("a" * 61, ["a" * 60]) == ""
    assert nearest("a" * 60, ["a" * 61]) == ""


def test_nearest() -> None:
    """Only a word that is near is proposed."""
    assert nearest("prepair", ["prepare", "hold"]) == ' (did you mean "prepare"?)'
    assert nearest("xyz", ["prepare", "hold"]) == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("naïve.toml", "naïve.toml"),
        ("a\nb", "a\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202eright to left", "\\u202eright to left"),
        ("not UTF-8: \udcff", "not UTF-8: \\udcff"),
    ],
)
def test_printable(text: str, line: str) -> None:
    """What comes from elsewhere is one line, and no order to the terminal."""
    assert printable(text) == line
