"""Changes settings in the person's file, with all else in it as they wrote it."""

import difflib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PitrainerError
from ..files import open_regular, replacing
from .locate import CONFIG_FILES, SYSTEM_FILE, Environ, own_folder
from .places import Block, Places

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

TableValues = Mapping[str, object]
"""What a table has, by its keys; None for a key that it has not."""


def file_to_change(found: Path, environ: Environ) -> Path:
    """Return the settings file that a choice is kept in: the one in force, but never the one that ships.

    Raises:
        PitrainerError: if there is no home for one.
    """
    if found == CONFIG_FILES / "pitrainer.toml":
        own = SYSTEM_FILE.parent if os.geteuid() == 0 else own_folder(environ, "", "XDG_CONFIG_HOME", ".config")
        return own / found.name
    return found


def keep(file: Path, section: str, key: str, value: str) -> None:
    """Write a setting into a file. One that is not there yet begins as the one that ships.

    Raises:
        OSError: if it cannot be read or written.
        PitrainerError: if it is no TOML.
    """
    try:
        with open_regular(file if os.path.lexists(file) else CONFIG_FILES / "pitrainer.toml") as opened:
            text = with_values(opened.read().decode("utf-8-sig"), {(section, key): value})
    except (ValueError, TypeError) as error:
        raise PitrainerError(f"{file}: cannot be changed ({error}); pitrainer check says what is wrong with it") from error
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as part:
        part.write(text.encode())


def with_values(text: str, values: Mapping[tuple[str, str], object]) -> str:
    """Return a file's text with other values, each by its section and key.

    Raises:
        ValueError, TypeError: if it is no TOML, or has something else where a section should be.
    """
    import tomlkit  # only where something is changed

    for (section, key), value in values.items():
        document = tomlkit.parse(text)
        if section not in document:
            document[section] = tomlkit.table()
        elif key not in document[section] and (end := Places(text).ends.get(section)):
            # tomlkit would put it behind the comments that follow, which belong to the next section.
            lines = _lines(text)
            lines[end:end] = [f"{key} = {tomlkit.item(value).as_string()}\n"]
            text = "".join(lines)
            continue
        document[section][key] = value  # TypeError where it is no table
        text = tomlkit.dumps(document)
    return text


def with_tables(text: str, name: str, old: Sequence[TableValues], new: Sequence[TableValues]) -> str:
    """Return a file's text with other tables in an array of them; those that stay, stay as they are written.

    What is written between them stays, too: the explanations of the next section stand after the last table of one.

    Args:
        text: of the file.
        name: of the array.
        old: what each table in it means now.
        new: what shall be there.

    Raises:
        ValueError: if it is no TOML.
    """
    blocks = Places(text).blocks.get(name, [])
    if len(blocks) != len(old):
        if blocks:
            raise ValueError(f"not every [[{name}]] can be read")
        return _as_list(text, name, new)
    lines = _lines(text)
    alike = difflib.SequenceMatcher(None, [*map(_key, old)], [*map(_key, new)], autojunk=False)
    for what, first, last, from_, to in reversed(alike.get_opcodes()):  # from the end, so that lines keep their numbers
        if what == "equal":
            continue
        paired = min(last - first, to - from_)
        added = [line for values in new[from_ + paired : to] for line in _table(name, values)]
        for block in reversed(blocks[first + paired : last]):
            _remove(lines, block)
        if first + paired:
            after = blocks[first + paired - 1].last
            lines[after:after] = ["\n", *added] if added else []
        elif blocks:
            before = blocks[0].first - 1
            lines[before:before] = [*added, "\n"] if added else []
        elif added:
            lines += ["\n", *added]
        for place in reversed(range(paired)):
            block = blocks[first + place]
            lines[block.first - 1 : block.last] = _edited(
                name, "".join(lines[block.first - 1 : block.last]), old[first + place], new[from_ + place]
            )
    return "".join(lines)


def _lines(text: str) -> list[str]:
    """Return the lines of a text, each with its end. Only a line feed ends one: a comment may have U+2028 in it."""
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")] if text else []


def _key(values: TableValues) -> str:
    return json.dumps({key: value for key, value in values.items() if value is not None}, sort_keys=True)


def _table(name: str, values: TableValues) -> list[str]:
    from tomlkit import item

    keys = [f"{key} = {item(value).as_string()}\n" for key, value in values.items() if value is not None]
    return [f"[[{name}]]\n", *keys]


def _edited(name: str, block: str, old: TableValues, new: TableValues) -> list[str]:
    """Return a table's lines in which only the values that are others have changed."""
    import tomlkit

    document = tomlkit.parse(block)
    table = document[name][0]
    for key, value in new.items():
        if value is None:
            table.pop(key, None)
        elif value != old.get(key):
            table[key] = value
    return _lines(tomlkit.dumps(document))


def _remove(lines: list[str], block: Block) -> None:
    """Take a table's lines out, and one of the empty lines around it."""
    del lines[block.first - 1 : block.last]
    above, below = block.first - 2, block.first - 1
    if below < len(lines) and not lines[below].strip() and (above < 0 or not lines[above].strip()):
        del lines[below]


def _as_list(text: str, name: str, new: Sequence[TableValues]) -> str:
    """Return the text with a list of tables, where the person has written one."""
    import tomlkit

    document: TOMLDocument = tomlkit.parse(text)
    if not new:
        document.pop(name, None)
        return tomlkit.dumps(document)
    tables = tomlkit.array().multiline(multiline=True)
    for values in new:
        table = tomlkit.inline_table()
        table.update({key: value for key, value in values.items() if value is not None})
        tables.append(table)
    document[name] = tables
    return tomlkit.dumps(document)
