"""Writes TOML, right and wrong: what `tomllib` reads back, and what only somebody with a bad day would write."""

import re
from collections.abc import Mapping
from typing import Any


class Raw(str):
    """A value or a key that is written as it is."""

    __slots__ = ()


def text_of(data: Mapping[str, Any], *, inline: bool = False) -> str:
    """Write a file.

    Args:
        inline: write tables in braces, on the line of their key, rather than under headers.
    """
    lines: list[str] = []
    _table(data, "", lines, inline=inline)
    return "\n".join(lines) + "\n"


def _table(data: Mapping[str, Any], path: str, lines: list[str], *, inline: bool) -> None:
    below: list[tuple[str, Mapping[str, Any]]] = []
    for key, value in data.items():
        full = f"{path}.{key_text(key)}" if path else key_text(key)
        if not inline and isinstance(value, dict):
            below.append((f"[{full}]", value))
        elif not inline and isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            below += [(f"[[{full}]]", item) for item in value]
        else:
            lines.append(f"{key_text(key)} = {value_text(value)}")
    for header, table in below:
        lines += ["", header]
        _table(table, header.strip("[]"), lines, inline=False)


def key_text(key: str) -> str:
    """Write a key, in quotes where it needs them."""
    return key if isinstance(key, Raw) or re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def value_text(value: Any) -> str:
    """Write a value."""
    match value:
        case Raw():
            return str(value)
        case bool():
            return str(value).lower()
        case str():
            return _quoted(value)
        case dict():
            return "{" + ", ".join(f"{key_text(key)} = {value_text(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(value_text, value)) + "]"
        case _:
            return str(value)  # numbers; a date prints as TOML has it


def _quoted(text: str) -> str:
    # Quotes, the backslash and control characters must be escaped; of all others TOML takes every one but surrogates.
    letters = (f"\\u{ord(c):04x}" if c in '"\\' or ord(c) < 32 or ord(c) == 127 else c for c in text)
    return f'"{"".join(letters)}"'.encode("utf-8", "replace").decode()
