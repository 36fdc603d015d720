"""What a setting's value may be: each reader takes one as the file has it, or raises ValueError with what would be right."""

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..core import header, keys
from ..core.text import listed, nearest, shown
from ..core.units import MINUTE, Ms, length_text
from ..files import open_regular
from ..voice import models
from ..wallclock import ZONE_ERRORS
from .declared import Place, Reader
from .locate import file_name, resolve
from .owner import user_name
from .reader import as_boolean, as_choice, as_length, as_list, as_text, as_whole, one_line

LONGEST_LINE = 1_000
"""Characters of a text; the system takes paths of up to 4,095."""
LONGEST_NAME = 40
"""Characters of a person's name; it is said in the middle of a sentence."""


def whole(least: int, most: int) -> Reader[int]:
    """Take a whole number within bounds."""
    return lambda value, _: as_whole(value, least, most)


def length(least: Ms, most: Ms) -> Reader[Ms]:
    """Take a length such as "30ms" within bounds."""
    return lambda value, _: as_length(value, least, most)


def whole_minutes(least: Ms, most: Ms) -> Reader[Ms]:
    """Take a length within bounds that needs no seconds to be said."""

    def read(value: object, _: Place) -> Ms:
        minutes = as_length(value, least, most)
        if minutes % MINUTE:
            raise ValueError(f'"{length_text(minutes)}" is not in whole minutes')
        return minutes

    return read


def one_of(words: Sequence[Any]) -> Reader[Any]:
    """Take one of some words; those of a `Literal` are `get_args` of it."""
    return lambda value, _: as_choice(value, words)


def some_of(words: Sequence[Any]) -> Reader[Any]:
    """Take a list of some words, each at most once; as a tuple."""

    def read(value: object, _: Place) -> tuple[str, ...]:
        found: list[str] = []
        for item in [as_text(item) for item in as_list(value)]:
            if as_choice(item, words) in found:
                raise ValueError(f"{shown(item)} is there twice")
            found.append(item)
        return tuple(found)

    return read


def line(value: object, _: Place) -> str:
    """Take a text of one line."""
    return one_line(as_text(value), LONGEST_LINE)


def yes_or_no(value: object, _: Place) -> bool:
    """Take true or false."""
    return as_boolean(value)


def routine_name(value: object, place: Place) -> str:
    """Take a routine's name; whether there is such a routine is seen later, when all are known."""
    if not (name := line(value, place)):
        raise ValueError('is empty; write the name of a routine, for example "neck"')
    return name


def person(value: object, _: Place) -> str:
    """Take a person's name; whether the voice can say it is seen later, when the routine's language is known."""
    name = " ".join(unicodedata.normalize("NFC", one_line(as_text(value), LONGEST_NAME)).split())
    if not any(map(str.isalpha, name)):
        raise ValueError(f'{shown(value)} is not a name that can be said; write for example "Anna", or leave it out')
    return name


def time_of_day(value: object, _: Place) -> str:
    """Take a time such as "22:00"."""
    text = as_text(value)
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII):
        raise ValueError(f'{shown(text)} is not a time of day; write for example "22:00"')
    return text


def time_zone(value: object, _: Place) -> str:
    """Take the name of a time zone that is installed here; "" is the system's."""
    if text := as_text(value):
        import zoneinfo  # here, for it is not needed where the system's zone is

        try:
            zoneinfo.ZoneInfo(text)
        except ZONE_ERRORS:
            known = zoneinfo.available_timezones()
            if not known:
                raise ValueError(f"{shown(text)}: no time zones are installed here; install the package tzdata") from None
            near = nearest(text, known) or '; write for example "Europe/Berlin"'
            raise ValueError(f"{shown(text)} is not a time zone{near}") from None
    return text


def pin(value: object, _: Place) -> int:
    """Take a BCM number."""
    return _pin(value, f"write its BCM number, 0 to {header.HIGHEST}")


def pin_or_none(value: object, _: Place) -> int | None:
    """Take a BCM number, or "none"."""
    return None if value == "none" else _pin(value, f'write its BCM number, 0 to {header.HIGHEST}, or "none"')


def _pin(value: object, right: str) -> int:
    if type(value) is not int:  # true is an int to isinstance
        raise ValueError(f"{shown(value)} is not a pin; {right}")
    if not 0 <= value <= header.HIGHEST:
        raise ValueError(f"{shown(value)} is not a pin of the 40-pin header; {right}")
    return value


def folder(value: object, place: Place) -> Path | None:
    """Take a folder that is there; a relative path starts at the file's, and "" is None."""
    return _folder(value, place, lambda path: stat.S_ISDIR(_mode(path)))


def folder_to_make(value: object, place: Place) -> Path | None:
    """Take a folder as before, or a path where there is nothing yet: it will be made."""
    return _folder(value, place, lambda path: os.path.isdir(path) or not os.path.lexists(path))


def _folder(value: object, place: Place, good: Callable[[Path], bool]) -> Path | None:
    if not (text := line(value, place)):
        return None
    path = resolve(text, place.folder, place.environ)
    if not good(path):
        raise ValueError(f"{shown(text)}: there is no such folder")
    return path


def file(value: object, place: Place) -> Path | None:
    """Take a file that is there; a relative path starts at the settings' folder, and "" is None."""
    if not (text := line(value, place)):
        return None
    path = resolve(text, place.folder, place.environ)
    if not stat.S_ISREG(_mode(path)):
        raise ValueError(f"{shown(text)}: there is no such file")
    return path


def _mode(path: Path) -> int:
    """Return what `stat` tells of a path's kind, 0 where there is nothing; raise ValueError where this user may not look."""
    try:
        return path.stat().st_mode
    except PermissionError as error:
        raise ValueError(f"{file_name(path)} cannot be reached by {user_name()}: {error.strerror}") from None
    except OSError:
        return 0


def mqtt_name(value: object, place: Place) -> str:
    """Take what the trainer is called by others."""
    if not (name := line(value, place).strip()):
        raise ValueError('is empty; write for example "pitrainer"')
    return name


def some_keys(value: object, _: Place) -> tuple[int, ...]:
    """Take a list of keys, each by its name, or by its number where it has none; as their codes."""

    def code(item: object) -> int:
        if type(item) is int and 0 < item < keys.MOST:
            return item
        if isinstance(item, str) and item.lower() in keys.KEYS:
            return keys.KEYS[item.lower()]
        near = nearest(item, keys.KEYS) if isinstance(item, str) else ""
        raise ValueError(f'{shown(item)} is not a key{near}; write a name such as "right" or "pagedown", or its number')

    found = tuple(map(code, as_list(value))) if value != [] else ()
    if twice := next((item for number, item in enumerate(found) if item in found[:number]), None):
        raise ValueError(f"{shown(keys.key_name(twice))} is there twice")
    return found


def language(name: str) -> str:
    """Take a language's code; whether a routine can be in it is seen when one is."""
    if not re.fullmatch(r"[a-z]{2}", name, re.ASCII):
        raise ValueError(f'{shown(name)} is not a language; write its code of two small letters, for example "de"')
    return name


def voice(value: object, place: Place) -> Path | None:
    """Take a voice's .onnx file by its path or its name in the voices folder; the embedded voice is None."""
    text = line(value, place)
    voices = place.voices or place.folder / "voices"
    there = models.names(voices)
    if "/" in text or text.endswith(".onnx"):
        model = resolve(text, place.folder, place.environ)
    elif text in there:
        model = Path(os.path.abspath(there[text]))
    elif text in ("", models.EMBEDDED):
        return None
    else:
        known = sorted({*there, models.EMBEDDED})
        near = nearest(text, known)
        raise ValueError(f"{shown(text)} is not a voice in {file_name(voices)}{near}; there are: {listed(known)}")
    if model.suffix != ".onnx":
        raise ValueError(f'{shown(text)}: is not a Piper voice; its name ends in ".onnx"')
    for file in (model, Path(f"{model}.json")):
        try:
            open_regular(file).close()
        except FileNotFoundError:
            raise ValueError(f"{shown(text)}: there is no file {file_name(file)}") from None
        except OSError as error:
            raise ValueError(f"{shown(text)}: {file_name(file)} cannot be read: {error.strerror}") from None
    return model
