"""A setting is declared once: the shipped file says of each what the declaration says, and so does the checker."""

import re
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from pitrainer.config import schema, settings
from pitrainer.config.declared import Place
from pitrainer.config.locate import CONFIG_FILES
from pitrainer.core import header

SHIPPED = (CONFIG_FILES / "pitrainer.toml").read_text()
SECTIONS: dict[str, type] = {f.name: type(f.default) for f in fields(schema.Settings) if is_dataclass(f.default)}
SECTIONS |= {"program": schema.ProgramSettings, "reminder": schema.ReminderSettings}
SETTINGS = [(section, declared) for section, kind in SECTIONS.items() for declared in fields(kind)]
HEADINGS = {"# The programs:": "program", "# The reminders:": "reminder"}
"""The two that have their comments above their first table, which may be left out."""


def comments(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield each setting's comment, by its section and its name: from `# name: ` to the end of the paragraph."""
    section, names, lines = "", list[str](), list[str]()
    for line in [*text.splitlines(), ""]:
        section = next((name for heading, name in HEADINGS.items() if line.startswith(heading)), section)
        if found := re.fullmatch(r"\[+(\w+)\]+", line):
            section = found[1]
        known = {f.name for f in fields(SECTIONS[section])} if section else set()
        begins = re.match(r"# +((?:\w+, )*\w+): (.+)", line)
        if begins and set(begins[1].split(", ")) <= known:
            yield from (((section, name), " ".join(lines)) for name in names)
            names, lines = begins[1].split(", "), [begins[2]]
        elif line.startswith("# "):
            lines.append(line[2:].strip())
        else:
            yield from (((section, name), " ".join(lines)) for name in names)
            names, lines = [], []


COMMENTS = dict(comments(SHIPPED))


def of_each(test: Any) -> Any:
    ids = [f"{section}.{declared.name}" for section, declared in SETTINGS]
    return pytest.mark.parametrize(("section", "declared"), SETTINGS, ids=ids)(test)


@of_each
def test_the_file_has_the_sentence(section: str, declared: Field[Any]) -> None:
    """What explains a setting to who reads the code is what explains it to who changes it."""
    about = declared.metadata["about"]
    assert about.endswith(".")
    assert COMMENTS[section, declared.name].startswith(about[0].lower() + about[1:])


@of_each
def test_the_file_has_the_bounds(section: str, declared: Field[Any]) -> None:
    """Who keeps to the file's bounds is not refused; who is refused finds the checker's bounds and words in the file."""
    messages = []
    for beyond in (10**9, "9999h", "no such word", ["no such word"]):
        try:
            declared.metadata["read"](beyond, Place(Path("/nowhere"), {}))
        except ValueError as error:
            messages.append(str(error))
    comment = COMMENTS[section, declared.name]
    if comment.startswith("as in a program"):
        comment = COMMENTS["program", declared.name]
    if declared.name == "days":
        comment = SHIPPED  # in the example
    bounds = [found[1] for message in messages if (found := re.search(r" is outside (.+)", message))]
    words = [word for message in messages for word in re.findall('"[a-z ]+"', message.partition(" is not one of ")[2])]
    assert bool(bounds) == (declared.type in (int, schema.Ms) and section != "pins")
    assert all(text in re.sub(r" \(.*?\)", "", comment) for text in bounds)
    assert [word for word in words if word not in comment] == []


def test_the_file_has_the_other_bounds() -> None:
    """The same for what is said once for several."""
    assert f"0 to {header.HIGHEST};" in SHIPPED.partition("[pins]")[2].partition("# button:")[0]
    assert f"At most {settings.MOST_PROGRAMS}." in SHIPPED.partition("# The programs:")[2].partition("[[program]]")[0]
    assert f"At most {settings.MOST_REMINDERS};" in SHIPPED.partition("# The reminders:")[2]


def test_the_file_explains_nothing_else() -> None:
    """Every comment of a setting is one of a setting that there is, in the order of the declarations."""
    assert list(COMMENTS) == [(section, declared.name) for section, declared in SETTINGS]
