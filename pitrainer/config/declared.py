"""How a setting is declared, once, and how what is declared is read.

A section of the settings is a frozen dataclass. Each field has its name, its type, its default, a reader that knows what its
value may be (`values.py`), and the sentence that explains it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field, fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from .locate import Environ
from .reader import Table

D = TypeVar("D")
T = TypeVar("T")


class Place(NamedTuple):
    """Where a settings file is: its paths are relative to it."""

    folder: Path
    environ: Environ
    voices: Path | None = None
    """The voices folder that the file itself names."""


Reader = Callable[[Any, Place], T]
"""Takes a value as the file has it, and returns what it means, or raises ValueError with what would be right."""


def setting(default: D, read: Reader[T], about: str) -> D | T:
    """Declare a setting that may be left out."""
    return field(default=default, metadata={"read": read, "about": about})


def needed(stand_in: T, read: Reader[T], about: str) -> Mapping[str, Any]:
    """Declare a setting that may not be left out, as a field's metadata; the stand-in is its value after a problem.

    The field itself is written out, for mypy takes what any other function returns for a default.
    """
    return {"read": read, "about": about, "stand_in": stand_in}


def table_of(name: Callable[[str], str], read: Reader[T], about: str) -> Mapping[str, Any]:
    """Declare a table whose keys the person chooses, as a field's metadata; `name` raises ValueError for a wrong one."""
    return {"name": name, "read": read, "about": about}


def read_section(section: type[T], table: Table, place: Place) -> T:
    """Read all the settings of a section, which is a dataclass; after a problem, one has its default or stand-in."""
    values = {declared.name: _read(declared, table, place) for declared in fields(cast("Any", section))}
    table.done()
    return section(**values)


def _read(declared: Field[Any], table: Table, place: Place) -> Any:
    def read(value: object) -> Any:
        return declared.metadata["read"](value, place)

    if "name" in declared.metadata:
        return table.table(declared.name).each(declared.metadata["name"], read)
    if declared.default is MISSING:
        return table.value(declared.name, read, None, declared.metadata["stand_in"])
    return table.optional(declared.name, read, declared.default)
