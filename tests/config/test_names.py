"""The names of persons in the settings: whose programs and reminders are, and which names cannot be said."""

from pathlib import Path

import pytest

from pitrainer.config.validation import check_files, load_all
from pitrainer.core.routine import Regimen
from pitrainer.errors import BadInput

PROGRAM = '[[program]]\nroutine = "{routine}"\nprofile = "adult"\nperson = {person}\n'
REMINDER = '[[reminder]]\ntime = "{time}"\nroutine = "neck"\nprofile = "adult"\nperson = {person}\n'


def program(person: str, routine: str = "neck") -> str:
    return PROGRAM.format(person=person, routine=routine)


def reminder(person: str, time: str = "08:00") -> str:
    return REMINDER.format(person=person, time=time)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("s.toml")


def test_whose(file: Path) -> None:
    """A name is taken as it is said, its spaces tidied; a reminder's key has it, and without one is what it was before."""
    nobody = reminder('"x"').replace('person = "x"\n', "")
    file.write_text(program('"  Anna  Maria "') + program('"Cafe\\u0301"') + reminder('"Anna"') + nobody)
    loaded = load_all(file, {})
    assert [of.regimen for of in loaded.programs] == [Regimen("neck", "adult", "Anna Maria"), Regimen("neck", "adult", "Café")]
    assert {key: of.person for key, of in loaded.reminders.items()} == {"08:00 neck adult Anna": "Anna", "08:00 neck adult": ""}
    assert loaded.warnings == ()


def test_names_that_cannot_be_said(file: Path) -> None:
    """Each is one line with file, key and value, all at once."""
    file.write_text(
        "".join(map(program, ('""', '"   "', '"1234"', '"A\\nB"', f'"{"a" * 41}"', "7", '"Анна"')))
        + reminder('"!?"')
        + reminder('"A\\u0000"', "09:00")
    )
    with pytest.raises(BadInput) as caught:
        load_all(file, {})
    right = 'is not a name that can be said; write for example "Anna", or leave it out'
    unspoken = "cannot be spoken by this language's voice; write it in words"
    plain = "is not plain text of at most 40 characters on one line"
    assert str(caught.value).splitlines() == [
        f's.toml: program[1].person: "" {right}',
        f's.toml: program[2].person: "   " {right}',
        f's.toml: program[3].person: "1234" {right}',
        f's.toml: program[4].person: "A\\nB" {plain}',
        f's.toml: program[5].person: "{"a" * 41}" {plain}',
        "s.toml: program[6].person: 7 is not a text; put it in quotes",
        f's.toml: reminder[1].person: "!?" {right}',
        f's.toml: reminder[2].person: "A\\x00" {plain}',
        's.toml: program[7].person: "\u0410" (cyrillic capital letter a) in "\u0410\u043d\u043d\u0430" ' + unspoken,
    ]
    assert [problem for problem in check_files([file], {}) if not problem.warning] == [*caught.value.problems]


def test_twice_the_same_reminder(file: Path) -> None:
    """Two people may have the same reminder, one person may not have it twice."""
    file.write_text(reminder('"Anna"') + reminder('"Ben"') + reminder('"Anna"'))
    with pytest.raises(BadInput) as caught:
        load_all(file, {})
    same = "has the same time, routine, profile and person as reminder[1]; keep one of them"
    assert str(caught.value) == f"s.toml: reminder[3]: {same}"


def test_a_name_in_other_capitals(file: Path) -> None:
    """A slip in a name would give somebody half of a history, and is told."""
    file.write_text(program('"Anna"') + program('"anna"', "rolling-pin") + reminder('"ANNA"') + reminder('"Anna"', "09:00"))
    other = 'counts as a different person from "Anna" in program[1]; spell both alike if they are one person'
    assert list(map(str, load_all(file, {}).warnings)) == [
        f's.toml: program[2].person: (warning) "anna" {other}',
        f's.toml: reminder[1].person: (warning) "ANNA" {other}',
    ]
