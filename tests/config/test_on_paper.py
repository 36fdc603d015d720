"""What is written as on paper, or by a word processor, is told with what is right; and that is right."""
# ruff: noqa: RUF001 - quotes that look alike are its subject

import re

import pytest

from pitrainer.config.validation import check_files

BEFORE = 'schema = 1\nid = "r"\nlanguage = "en"\n'
TITLE, EXERCISE = 'title = "R"\n', '[[exercise]]\nid = "x"\nname = "X"\nsay = "Do."\n'
GO, HOLD = 'go = "Go."\n', 'hold = "30s"\n'
PHASES = 'phases = [{ name = "up", time = "4s", say = "Up" }]\n'
TYPOGRAPHIC = "these are typographic quotes; write it with straight ones: "
MISSING = "the quotes are missing; write "
RANGE = "a range is a list; write "
LENGTH = "a length has quotes, no spaces and no decimals; write "
NO_LENGTH = 'not a length; write for example "10s", "1m30s" or "500ms"'
HELD = BEFORE + TITLE + EXERCISE + GO
REPEATED = BEFORE + TITLE + EXERCISE + PHASES
COACHED = HELD + HOLD


@pytest.mark.parametrize(
    ("before", "line", "said", "right"),
    [
        *(
            (HELD, f"hold = {text}", TYPOGRAPHIC, 'hold = "30s"')
            for text in ("“30s”", "„30s“", "‘30s’", "«30s»", '“30s"', "´30s´")
        ),
        (HELD, "  hold = “30s”  # see [left, right]", TYPOGRAPHIC, 'hold = "30s"'),
        (HELD, "hold = [“10s”, “12s”]", TYPOGRAPHIC, 'hold = ["10s", "12s"]'),
        (COACHED, 'release = "Sit down”', TYPOGRAPHIC, 'release = "Sit down"'),
        (COACHED, "release = “Don’t stop, sit down”", TYPOGRAPHIC, 'release = "Don’t stop, sit down"'),
        (COACHED, 'coach = [{ at = “30%”, say = "Go on" }]', TYPOGRAPHIC, 'coach = [{ at = "30%", say = "Go on" }]'),
        (
            COACHED,
            'coach = [{ at = "30%”, say = “Go, then” }]',
            TYPOGRAPHIC,
            'coach = [{ at = "30%", say = "Go, then" }]',
        ),
        (COACHED, "coach = [{ at = 30%, say = Go on }]", MISSING, 'coach = [{ at = "30%", say = "Go on" }]'),
        (COACHED, "days = [mon, wed]  # or more", MISSING, 'days = ["mon", "wed"]'),
        (COACHED, 'days = ["mon", wed]', MISSING, 'days = ["mon", "wed"]'),
        (HELD, "hold = { adult = 10s, child = 5 s }", MISSING, 'hold = { adult = "10s", child = "5s" }'),
        (HELD, "hold = 30 s", LENGTH, 'hold = "30s"'),
        (HELD, "hold = 1,5 m", LENGTH, 'hold = "1m30s"'),
        (HELD, "hold = 1.5 min.", LENGTH, 'hold = "1m30s"'),
        (HELD, "hold = 10-12 s", RANGE, 'hold = ["10s", "12s"]'),
        (HELD, "hold = 50 s – 1 min", RANGE, 'hold = ["50s", "1m"]'),
        (HELD, "hold = { adult = 10-12, child = 5s }", MISSING, 'hold = { adult = ["10s", "12s"], child = "5s" }'),
        (REPEATED, "reps = 8-12", RANGE, "reps = [8, 12]"),
        (REPEATED, "reps = { adult = 8-12, child = 6 }", RANGE, "reps = { adult = [8, 12], child = 6 }"),
        (REPEATED, "reps = 8 to 12", RANGE, "reps = [8, 12]"),
    ],
)
def test_not_toml(tmp_path, before, line, said, right):
    """The advice is what was meant, and the file is right with it."""
    file = tmp_path / "r.toml"
    file.write_text(before + line + "\n")
    (problem,) = check_files([file], {})
    assert re.sub(r"line \d+, column \d+: ", "", problem.message) == said + right
    file.write_text(f"{before}{right}\n")
    assert check_files([file], {}) == []


def test_a_list_over_several_lines(tmp_path):
    """One of its lines is told with what is right, though it is no whole TOML by itself."""
    file = tmp_path / "r.toml"
    file.write_text(COACHED + "coach = [\n    { at = “30%”, say = “Go on” },\n]\n")
    (problem,) = check_files([file], {})
    assert problem.message == f'line 12, column 12: {TYPOGRAPHIC}{{ at = "30%", say = "Go on" }},'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('say = "Say “go”, now', 'a quote is missing in "say = "Say “go”, now"; each text begins and ends with one'),
        ("rest = 10-12 s", "rest = 10-12 s: rest is one value, not a range"),
        ("sets = 3-4", "sets = 3-4: sets is one value, not a range"),
        ("days = [mon, [}", "is not valid TOML: Invalid value"),
        ("a = [“b”, " + "[" * 900, "is not valid TOML: Invalid value"),
    ],
)
def test_no_advice(tmp_path, line, message):
    """Where quotes would not do, nobody is told to write them."""
    file = tmp_path / "r.toml"
    file.write_text(line + "\n")
    (problem,) = check_files([file], {})
    assert re.sub(r"line \d+, column \d+: ", "", problem.message) == message


@pytest.mark.parametrize(
    ("exercise", "message"),
    [
        ('hold = "1.5 s"', 'hold: "1.5 s" is not a length; write "1s500ms"'),
        ('hold = "1 min 30 sec"', 'hold: "1 min 30 sec" is not a length; write "1m30s"'),
        ('hold = "10-12s"', 'hold: "10-12s": a range is a list; write ["10s", "12s"]'),
        ('hold = { adult = "10-12", child = "5s" }', 'hold: adult: "10-12": a range is a list; write ["10s", "12s"]'),
        ('reps = "8-12"\n' + PHASES, 'reps: "8-12": a range is a list; write [8, 12]'),
        ('hold = "10s"\nrest = "10-12 s"', 'rest: \'10-12 s\' is not a length; write for example "10s", "1m30s" or "500ms"'),
    ],
)
def test_in_quotes(tmp_path, exercise, message):
    """The same in quotes is TOML, and told by its key."""
    file = tmp_path / "r.toml"
    file.write_text(BEFORE + TITLE + EXERCISE + exercise)
    assert [str(problem) for problem in check_files([file], {})] == [f"{file}: exercise[1].{message}"]
