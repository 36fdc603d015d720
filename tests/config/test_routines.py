"""A routine's file: what is right is read as it was meant, and every mistake is told at once."""

import copy
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitrainer.config.routines import read_routine
from pitrainer.config.validation import check_files
from pitrainer.core.languages import ENGLISH, english_number
from pitrainer.core.routine import PROFILES, Coach, Exercise, Position, Range, Routine
from pitrainer.core.units import Ms
from pitrainer.errors import Problem
from support.fakes import NECK, SMALL, TESTS

GOOD: dict[str, Any] = {
    "schema": 1,
    "id": "r",
    "title": "Title",
    "language": "en",
    "exercise": [{"id": "x", "name": "Ex", "say": "Do it.", "hold": "5s"}],
}


def read(data: object) -> tuple[Routine | None, list[str]]:
    problems: list[Problem] = []
    return read_routine(data, "r.toml", problems), [str(problem).removeprefix("r.toml: ") for problem in problems]


def both(value: Any) -> dict[Any, Any]:
    return dict.fromkeys(PROFILES, value)


def unspeakable(what: str) -> str:
    return f"{what} cannot be spoken by this language's voice; write it in words"


def changed(**changes: Any) -> dict[str, Any]:
    """The good routine with keys of its own (`title`) or of its exercise (`x_hold`) set; None takes one away."""
    data = copy.deepcopy(GOOD)
    for key, value in changes.items():
        table, name = (data["exercise"][0], key[2:]) if key.startswith("x_") else (data, key)
        if value is None:
            del table[name]
        else:
            table[name] = value
    return data


LONG_GO = '"Press your head forward..." is said until 3s257ms after the start, and the hold lasts'


def test_least() -> None:
    """What may be left out has a sensible default."""
    span = Range(Ms(5_000), Ms(5_000))
    none, never = both(""), both(())
    whole = Position(none, none, none, none, both(span), {}, both(0), never, none)
    exercise = Exercise("x", both("Ex"), both("Do it."), none, Ms(4_000), (whole,), Ms(0), Ms(0), 1, Ms(0))
    assert read(GOOD) == (Routine("r", "Title", "en", "", "", none, none, never, (), (exercise,)), [])


def test_small() -> None:
    """Every part of a routine is read as its author wrote it."""
    adult, child = Range(Ms(4_000), Ms(6_000)), Range(Ms(4_000), Ms(4_000))
    push, tap = SMALL.exercises
    assert (SMALL.id, SMALL.title, SMALL.intro, SMALL.outro, SMALL.tips) == (
        "small",
        "Small",
        both("Hello."),
        both(("Bye.",)),
        ("Tip one.", "Tip two."),
    )
    assert [(position.name, position.say) for position in push.positions] == [
        (both("left"), both("Left.")),
        (both("right"), both("Right.")),
    ]
    for position in push.positions:
        assert position.hold == {"adult": adult, "child": child}
        assert position.coach == both((Coach(Ms(800), False, ("Go.",)),))
        assert (position.tempo, position.release) == (both(0), both(("Let go.",)))
    assert (push.prepare, push.rest, push.sets, tap.positions[0].tempo) == (2_000, 6_500, 1, both(120))


def test_positions_override() -> None:
    """A position has the exercise's hold, tempo, coach, go and release, or its own; its own release has no short form."""
    own = {
        "name": "b",
        "say": "B.",
        "hold": "7s",
        "tempo": 60,
        "go": "Own go.",
        "release": "Own.",
        "coach": [{"at": "50%", "say": "Own coach."}],
    }
    routine, problems = read(
        changed(
            x_positions=[{"name": "a"}, own],
            x_tempo=100,
            x_go="All go.",
            x_release="All.",
            x_short_release="Short.",
            x_coach=[{"at": "1s", "say": "All coach."}],
        )
    )
    assert problems == []
    assert routine
    first, second = routine.exercises[0].positions
    assert (first.say, first.hold["adult"].least, first.tempo, first.go) == (both("a"), 5_000, both(100), both("All go."))
    assert (first.release, first.short_release) == (both(("All.",)), both("Short."))
    assert first.coach["child"] == (Coach(Ms(1_000), False, ("All coach.",)),)
    assert (second.say, second.hold["adult"].least, second.tempo, second.go) == (both("B."), 7_000, both(60), both("Own go."))
    assert (second.release, second.short_release) == (both(("Own.",)), both(""))
    assert second.coach["child"] == (Coach(50, True, ("Own coach.",)),)
    assert second.coach["child"][0].offset(Ms(7_000)) == 3_500


def test_holds_in_positions_only() -> None:
    """Where every position has a hold, the exercise needs none."""
    assert read(changed(x_hold=None, x_positions=[{"name": "a", "hold": "5s"}]))[1] == []
    assert read(changed(x_hold=None, x_positions=[{"name": "a", "hold": "5s"}, {"name": "b"}]))[1] == [
        "exercise[1].positions[2].hold: is missing"
    ]


def test_spaces_and_accents() -> None:
    """Line breaks and double spaces of the file are not spoken; an accent is one with its letter, whoever wrote it apart."""
    routine, problems = read(changed(intro="One.\n  Two.\t Cafe\u0301. "))
    assert problems == []
    assert routine
    assert routine.intro == both("One. Two. Caf\xe9.")


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        (5, ["5 is not a table"]),
        (changed(schema=2), ["schema: 2 is outside 1 to 1"]),
        (changed(schema=None), ["schema: is missing"]),
        (changed(id="A b"), ['id: "A b" is not an id; use up to 40 of a-z, 0-9 and "-"']),
        (changed(id=""), ['id: "" is not an id; use up to 40 of a-z, 0-9 and "-"']),
        (changed(language="de"), ['language: no routine can be in "de" so far, only in "en"']),
        (changed(language=["en"]), ["language: ['en'] is not a text; put it in quotes"]),
        (changed(title="..."), ['title: "..." has nothing that can be spoken']),
        (changed(title="Шея"), [unspeakable('title: "Ш" (cyrillic capital letter sha) in "Шея"')]),
        (changed(title="Fun 😀"), [unspeakable('title: "😀" (grinning face) in "Fun 😀"')]),
        (changed(tips=["Move."] * 101), ["tips: 101 tips; at most 100 are possible"]),
        (changed(title="٣"), [unspeakable('title: "٣" (arabic-indic digit three) in "٣"')]),
        (changed(x_say="Push ½ way"), [unspeakable('exercise[1].say: "½" (vulgar fraction one half) in "Push ½ way"')]),
        (changed(x_name="[[x]]"), [unspeakable('exercise[1].name: "[" in "[[x]]"')]),
        (
            changed(x_say="5\N{EN DASH}6 times"),
            ['exercise[1].say: the dash in "5\N{EN DASH}6" is not spoken; write it in words'],
        ),
        (changed(title="a\x07b"), [unspeakable(r'title: "\x07" in "a\x07b"')]),
        (changed(intro="a" * 601), ["intro: 601 characters are too many to follow by ear; at most 600"]),
        (changed(source="a\nb"), [r'source: "a\nb" is not plain text of at most 600 characters on one line']),
        (changed(tips=[]), ["tips: the list is empty; it must have at least one entry"]),
        (changed(tips="a"), ['tips: "a" is not a list; put it in [ ]']),
        (changed(exercise=[]), ["exercise: the list is empty; it must have at least one entry"]),
        (changed(exercise=None), ["exercise: is missing; there must be at least one"]),
        (changed(x_hodl="5s"), ['exercise[1].hodl: is not a known key (did you mean "hold"?)']),
        (changed(x_hold=None), ["exercise[1].hold: is missing"]),
        (changed(x_hold="0s"), ['exercise[1].hold: "0s" is outside 1s to 1h']),
        (changed(x_hold="2h"), ['exercise[1].hold: "2h" is outside 1s to 1h']),
        (changed(x_hold=10), ['exercise[1].hold: 10 is not a length; write for example "10s" or "1m30s", in quotes']),
        (
            changed(x_hold=["5s"]),
            ['exercise[1].hold: [\'5s\'] is not a range; write [least, most], for example ["10s", "12s"]'],
        ),
        (changed(x_hold=["9s", "5s"]), ["exercise[1].hold: ['9s', '5s'] has the larger one first; write [least, most]"]),
        (changed(x_hold={"adult": "5s"}), ['exercise[1].hold: needs the profiles "adult" and "child", has "adult"']),
        (changed(x_hold={"adult": "5s", "child": "0s"}), ['exercise[1].hold: child: "0s" is outside 1s to 1h']),
        (changed(x_tempo=0), ["exercise[1].tempo: 0 is outside 20 to 240"]),
        (changed(x_sets=0), ["exercise[1].sets: 0 is outside 1 to 20"]),
        *(
            (changed(**{key: both(value)}), [f"{name}: is the same for every profile; write one value"])
            for key, name, value in [
                ("title", "title", "A"),
                ("tips", "tips", ["A."]),
                ("x_sets", "exercise[1].sets", 2),
                ("x_rest", "exercise[1].rest", "9s"),
                ("x_half_way", "exercise[1].half_way", False),
                ("x_days", "exercise[1].days", ["mon"]),
            ]
        ),
        *(
            (changed(**{key: value}), [f"{name}: profiles go around the whole value: {{ adult = ..., child = ... }}"])
            for key, name, value in [
                ("outro", "outro", [both("A."), both("B.")]),
                ("x_hold", "exercise[1].hold", [both("5s"), both("7s")]),
                ("x_hold", "exercise[1].hold: from", {"from": both("5s"), "to": "9s", "by": "1s", "every": 2}),
                ("x_coach", "exercise[1].coach", [{"at": "50%", "say": both("A.")}]),
            ]
        ),
        (changed(x_prepare="0s"), ['exercise[1].prepare: "0s" is outside 1s to 1m']),
        (changed(x_marks="10500ms"), ['exercise[1].marks: "10s500ms" is not in whole seconds']),
        (changed(x_coach=[]), ["exercise[1].coach: the list is empty; it must have at least one entry"]),
        (changed(x_coach=["a"]), ['exercise[1].coach: "a" is not a coach line; write { at = "50%", say = "..." }']),
        (
            changed(x_coach=[{"at": "1s"}]),
            ['exercise[1].coach: a coach line has the keys "at", "say", and perhaps "once", not "at"'],
        ),
        (changed(x_coach=[{"at": "1s", "say": "A.", "once": 1}]), ["exercise[1].coach: once: 1 is not true or false"]),
        (changed(x_coach=[{"at": "1s", "say": []}]), ["exercise[1].coach: the list is empty; it must have at least one entry"]),
        (changed(outro=[]), ["outro: the list is empty; it must have at least one entry"]),
        (changed(x_release=[]), ["exercise[1].release: the list is empty; it must have at least one entry"]),
        (changed(x_release=["a"] * 21), ["exercise[1].release: 21 alternatives; at most 20 are possible"]),
        (changed(x_say=["a"]), ["exercise[1].say: ['a'] is not a text; put it in quotes"]),
        (changed(x_say={"adult": "A."}), ['exercise[1].say: needs the profiles "adult" and "child", has "adult"']),
        (changed(x_name={"adult": "A.", "child": "[x]"}), [unspeakable('exercise[1].name: child: "[" in "[x]"')]),
        (changed(x_tempo={"adult": 60, "child": 10}), ["exercise[1].tempo: child: 10 is outside 20 to 240"]),
        # 500 of the start signal, 300, an estimated 300 + 26 * 1000 // 14, and 300 again
        (
            changed(x_hold={"adult": ["3s", "9s"], "child": "3s257ms"}, x_go="Press your head forward..."),
            [f"exercise[1].go: {LONG_GO} 3s (adult); use fewer words"],
        ),
        (
            changed(
                x_hold="9s", x_positions=[{"name": "a"}, {"name": "b", "hold": "3256ms"}], x_go="Press your head forward..."
            ),
            [f"exercise[1].positions[2].go: {LONG_GO} 3s256ms (adult); use fewer words"],
        ),
        (
            changed(x_coach=[{"at": "100%", "say": "A."}]),
            ['exercise[1].coach: at: "100%" is not a percentage from "0%" to "99%"'],
        ),
        (changed(x_positions=[]), ["exercise[1].positions: the list is empty; it must have at least one entry"]),
        (
            changed(x_positions=[{"name": "a"}, {"name": "a"}]),
            ['exercise[1].positions[2].name: "a" is used twice in this exercise'],
        ),
        (changed(exercise=GOOD["exercise"] * 2), ['exercise[2].id: "x" is used twice; each exercise needs its own id']),
    ],
)
def test_mistake(data: object, problems: list[str]) -> None:
    """A mistake is one line, with its place, its value and what would be right; and there is no routine then."""
    assert read(data) == (None, problems)


def test_all_at_once() -> None:
    """Every mistake of a file is told in one pass."""
    data = changed(title=5, tips=[], x_hold="5", x_say=None, x_positions=[{"nam": "a"}], colour="red")
    routine, problems = read(data)
    assert routine is None
    assert [problem.split(": ")[0] for problem in problems] == [
        "title",
        "tips",
        "exercise[1].hold",
        "exercise[1].positions[1].name",
        "exercise[1].positions[1].nam",
        "exercise[1].say",
        "colour",
    ]


def test_one_mistake_once() -> None:
    """A mistake in the exercise's hold is not told again as missing in each of its positions."""
    assert [
        problem.split(": ")[0] for problem in read(changed(x_hold="5x", x_positions=[{"name": "a"}, {"name": "b"}]))[1]
    ] == ["exercise[1].hold"]


def test_too_many_holds() -> None:
    """A slip of the pen in `sets` does not make a session of a thousand holds."""
    exercises = [{**GOOD["exercise"][0], "id": f"x{n}", "hold": "1s", "sets": 20} for n in range(26)]
    assert read(changed(exercise=exercises))[1] == ["exercise: 520 holds in one session; at most 500 are possible"]


LONG = {"sets": 20, "positions": [{"name": f"place {number}"} for number in range(25)]}
"""500 holds."""
LINE = {"at": "1s", "say": "Go."}


def longer(what: str, adult: str, child: str = "") -> list[str]:
    return [f"exercise: {what.format(value, who)}" for who, value in (("adult", adult), ("child", child)) if value]


TAKES = "one session takes about {}, with rests and speech ({}); at most 4h are possible"
LINES = "{} coach lines and marks in one session ({}); at most 2000 are possible"
BEATS = "{} beats in one session ({}); at most 7200 are possible"


@pytest.mark.parametrize(
    ("exercise", "problems"),
    [
        (LONG | {"hold": {"adult": "5s", "child": "1s"}, "rest": "10m"}, longer(TAKES, "84h26m", "83h52m")),
        (LONG | {"hold": "1s", "prepare": "1m"}, longer(TAKES, "9h6m", "9h6m")),
        (LONG | {"hold": "1s", "release": "x" * 600}, longer(TAKES, "7h24m", "7h24m")),
        (LONG | {"hold": {"adult": ["1s", "20s"], "child": "1s"}, "rest": "7s"}, longer(TAKES, "4h19m")),
        # Offered once more, it is a session of its own.
        (LONG | {"hold": "5s", "repeat_after": "24h"}, []),
        (LONG | {"hold": "5s", "repeat_after": "24h", "rest": "1m"}, longer(TAKES, "9h35m", "9h35m")),
        (LONG | {"hold": "5s", "coach": {"adult": [LINE] * 4, "child": [LINE] * 5}}, longer(LINES, "", "2500")),
        ({"hold": {"adult": "9m", "child": "5s"}, "sets": 20, "marks": "10s", "coach": [LINE] * 48}, longer(LINES, "2020")),
        ({"hold": "30m", "tempo": 240}, []),
        ({"hold": {"adult": ["1m", "31m"], "child": "1m"}, "tempo": 240}, longer(BEATS, "7440")),
    ],
)
def test_too_long(exercise: dict[str, Any], problems: list[str]) -> None:
    """A session of days, or of more lines and beats than anybody hears, is refused with what there is of it, and the limit."""
    data = changed(**{f"x_{key}": value for key, value in exercise.items()})
    assert read(data)[1] == problems


def test_many_keys_in_a_short_line() -> None:
    """A table with a thousand keys where there should be two is still told in a line that can be read."""
    many = {f"key {number}": 1 for number in range(1_000)}
    for data in (changed(x_coach=[many]), changed(x_hold=many)):
        (problem,) = read(data)[1]
        assert '"key 0", "key 1", "key 2", ' in problem
        assert len(problem) < 300


SHIPPED = sorted(NECK.parent.glob("*.toml"))


@pytest.mark.parametrize("file", [*SHIPPED, TESTS / "routines" / "small.toml"], ids=lambda file: file.stem)
def test_shipped(file: Any) -> None:
    """The routines that come with the program are right, and named after their files."""
    routine, problems = read(tomllib.loads(file.read_text()))
    assert problems == []
    assert routine
    assert routine.id == file.stem


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_are_honest(file: Any) -> None:
    """Each routine that ships says where it comes from, and that no clinician has reviewed it; its plans leave nothing out."""
    assert "# No clinician has reviewed this file." in file.read_text().splitlines()
    assert tomllib.loads(file.read_text())["source"]
    assert [problem for problem in check_files([file], {}) if "left out" in problem.message] == []


SIMPLE = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(), st.times())
KEYS = st.sampled_from([*GOOD, "hold", "say", "name", "coach", "at", "positions", "tips", "adult"])
ANYTHING = st.recursive(
    st.one_of(SIMPLE, st.sampled_from(["5s", "en", "x"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=15,
)


@settings(max_examples=200)
@given(ANYTHING, st.sampled_from([*GOOD, "tips", "x_hold", "x_coach", "x_positions", "x_say", "x_sets"]))
def test_any_value(value: Any, key: str) -> None:
    """Whatever stands in a file, it is read or told in whole lines, and never raises."""
    if value is None:
        return
    for data in (value, changed(**{key: value})):
        routine, problems = read(data)
        assert (routine is None) == bool(problems)
        assert all(problem.isprintable() for problem in problems)


@given(st.integers(0, 9_999))
def test_numbers_are_words(number: int) -> None:
    """A spoken number is in words, and no two are alike."""
    words = english_number(number)
    assert words.replace("-", "").replace(" ", "").isalpha()
    assert words != english_number(number + 1 if number < 9_999 else 0)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (45, "forty-five"),
        (100, "one hundred"),
        (112, "one hundred twelve"),
        (3_001, "three thousand one"),
    ],
)
def test_number(number: int, words: str) -> None:
    """Numbers are said as a person does."""
    assert english_number(number) == words


def test_english() -> None:
    """The program's own phrases, as they are spoken."""
    assert [ENGLISH.exercise(*args).text for args in ((1, 5, "head press"), (5, 5, "head press"), (1, 1, "head press"))] == [
        "Exercise one of five. Head press.",
        "The last exercise. Head press.",
        "Head press.",
    ]
    assert [ENGLISH.about_minutes(n).text for n in (1, 13)] == ["About one minute.", "About thirteen minutes."]
    assert [ENGLISH.hold_length(Ms(length)).text for length in (1_000, 12_000, 60_000, 90_000)] == [
        "One second.",
        "Twelve seconds.",
        "One minute.",
        "One minute thirty seconds.",
    ]
    assert ENGLISH.time_left(Ms(20_000)).text == "There are twenty seconds left."
    assert [ENGLISH.program("neck", profile, "").text for profile in ("adult", "child")] == [
        "Neck. For adults.",
        "Neck. For children.",
    ]
    assert len(ENGLISH.countdown) == 3
