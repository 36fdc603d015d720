"""The settings that the page shows and changes: written into the person's file, checked as a whole, taken over or undone."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config.keep import file_to_change, with_tables, with_values
from ..config.locate import Environ, in_force
from ..config.places import Places
from ..config.schema import CLARITIES, DAYS, ProgramSettings, ReminderSettings, Settings
from ..config.validation import load_defaults, load_usable
from ..core.text import counted, printable, shown
from ..errors import BadInput, PitrainerError, Problem, RefusedError
from .refused import Refused, cannot_save, changed_meanwhile
from .routines import Routines
from .saved import base_of, raw_of, write
from .trainer import Trainer

Values = Mapping[str, Any]

PLAIN: dict[str, tuple[str, str]] = {
    "volume": ("sound", "volume"),
    "soft_max": ("sound", "soft_max"),
    "quiet_volume": ("sound", "quiet_volume"),
    "card": ("sound", "device"),
    "voice": ("voice", "model"),
    "clarity": ("voice", "clarity"),
}
"""What is one setting, by what the page calls it. Whether a value is right is for the reader of the settings to say."""
NO_QUIET = "22:00"
"""When quiet hours begin that end at once: there are none."""


@dataclass(frozen=True)
class _Table:
    """What a table of an array may have, besides what it must have."""

    needed: tuple[str, ...]
    more: tuple[str, ...]
    names: Mapping[str, str]
    """What the file calls what the page calls otherwise."""


TABLES: dict[str, _Table] = {
    "programs": _Table(("routine", "profile"), ("level", "person"), {}),
    "reminders": _Table(("at", "routine", "profile"), ("level", "person", "days"), {"at": "time"}),
}


class OwnSettings:
    """The settings in force. Where those are the ones that ship, the person's own begin with the first change."""

    def __init__(self, file: Path, environ: Environ, trainer: Trainer) -> None:
        """Take the file in force; nothing is read yet."""
        self._found = file
        self._environ = environ
        self._trainer = trainer
        self._routines = Routines(file, environ, trainer)
        self._saving = threading.Lock()

    @property
    def _file(self) -> Path:
        return in_force(self._found, self._environ)

    def read(self) -> dict[str, Any]:
        """Return what is set, and what may be chosen."""
        raw = self._raw()
        settings = self._load(raw)
        return {
            "file": str(self._file),
            "base": base_of(raw),
            "values": _values(settings),
            "choices": self._choices(settings),
            "mistakes": self._mistakes(raw),
        }

    def change(self, base: str, values: Values) -> dict[str, Any]:
        """Change some of the values, and have the trainer take them over.

        Raises:
            Refused: if one is wrong, the file was changed meanwhile or cannot be written, or it is refused: all is as it was.
        """
        with self._saving:
            raw = self._raw()
            if base != base_of(raw):
                raise self._changed_meanwhile()
            changed = self._changed(raw, values)
            if mistakes := self._mistakes(changed):
                raise _wrong(mistakes)
            taken = self._write(raw, changed) if changed != raw else {"not_taken": [], "after_session": False}
        return {**self.read(), **taken}

    def _raw(self) -> bytes:
        try:
            return raw_of(self._file) or b""
        except OSError as error:
            raise Refused(409, f"{self._file}: cannot be read: {error.strerror}") from error

    def _load(self, raw: bytes) -> Settings:
        """Return what is right in the settings."""
        return load_defaults(self._file, self._environ, raw)

    def _mistakes(self, raw: bytes) -> list[dict[str, Any]]:
        """Return every mistake in what is, or shall be, in the settings and the routines that they name."""
        problems: list[Problem] = []
        try:
            load_usable(self._file, self._environ, raw)
        except BadInput as error:
            problems = [problem for problem in error.problems if not problem.warning]
        places = Places(raw.decode(errors="replace"))
        return [_told(problem, places) for problem in problems]

    def _changed(self, raw: bytes, values: Values) -> bytes:
        """Return what the file has with other values."""
        _must_be_known(values)
        try:
            text = raw.decode("utf-8-sig")
            settings = self._load(raw)
            plain = {PLAIN[name]: value for name, value in values.items() if name in PLAIN and value != _values(settings)[name]}
            if "quiet" in values and values["quiet"] != _values(settings)["quiet"]:
                begin, end = values["quiet"] or (NO_QUIET, NO_QUIET)
                plain |= {("sound", "quiet_from"): begin, ("sound", "quiet_to"): end}
            if plain:
                text = with_values(text, plain)
            if "programs" in values:
                written = settings.programs if Places(text).blocks.get("program") or _has(text, "program") else ()
                text = with_tables(text, "program", [_program(one) for one in written], _tables("programs", values))
            if "reminders" in values:
                old = [_reminder(one) for one in settings.reminder_times]
                text = with_tables(text, "reminder", old, _tables("reminders", values))
            return text.encode()
        except (ValueError, TypeError) as error:
            raise _wrong(self._mistakes(raw) or [{"key": "", "line": None, "text": str(error)}]) from error

    def _changed_meanwhile(self) -> Refused:
        now = self._raw()
        return changed_meanwhile(self._file, base=base_of(now), values=_values(self._load(now)))

    def _write(self, checked: bytes, raw: bytes) -> dict[str, Any]:
        """Write the file, and have it taken over; put the one of before back where the trainer refuses.

        Checking takes a small Pi seconds, and the trainer as long again: what somebody has written by hand meanwhile stays.
        """
        found = self._file
        file = file_to_change(found, self._environ)
        before = checked if file == found else b""
        if file.is_symlink():
            file = file.resolve()  # it leads to where the person keeps it, and stays a link
        try:
            own = raw_of(file)
            if (own or b"") != before:
                raise self._changed_meanwhile()
            write(file, raw)
        except OSError as error:
            raise cannot_save(file, error) from error
        try:
            return self._trainer.reload()
        except RefusedError as error:
            try:
                if raw_of(file) != raw:
                    raise self._changed_meanwhile() from error
                if own is None:
                    file.unlink()
                else:
                    write(file, own)
            except OSError as failed:
                raise PitrainerError(
                    f"{file}: the trainer refuses it, and it cannot be put back: {failed.strerror}"
                ) from failed
            mistakes = [*error.mistakes] or [str(error)]
            raise _wrong([{"key": "", "line": None, "text": mistake} for mistake in mistakes]) from error

    def _choices(self, settings: Settings) -> dict[str, Any]:
        try:
            cards = self._trainer.ask({"command": "cards"})["cards"]
            volume = self._trainer.ask({"command": "status"})["status"]["volume"]
        except PitrainerError:
            cards = volume = None  # nobody knows which there are, nor what was chosen elsewhere
        return {
            "routines": [
                {key: routine[key] for key in ("id", "name", "profiles", "levels")}
                for routine in self._routines.listed()["routines"]
                if routine["profiles"]
            ],
            "voices": settings.voice_names,
            "clarities": [*CLARITIES],
            "days": [*DAYS],
            "cards": cards,
            "volume_now": volume,
        }


def _values(settings: Settings) -> dict[str, Any]:
    sound, voice = settings.sound, settings.voice
    return {
        "volume": sound.volume,
        "soft_max": sound.soft_max,
        "quiet": None if sound.quiet_from == sound.quiet_to else [sound.quiet_from, sound.quiet_to],
        "quiet_volume": sound.quiet_volume,
        "card": sound.device,
        "voice": settings.voice_name,
        "clarity": voice.clarity,
        "programs": [_shown(_program(one), {"level": "standard", "person": ""}) for one in settings.programs],
        "reminders": [_shown(_reminder(one), {"person": "", "days": [*DAYS]}) for one in settings.reminder_times],
    }


def _program(one: ProgramSettings) -> dict[str, object]:
    return {"routine": one.routine, "profile": one.profile, "level": one.level, "person": one.person or None}


def _reminder(one: ReminderSettings) -> dict[str, object]:
    days = None if set(one.days) == set(DAYS) else sorted(one.days, key=DAYS.index)
    about = {"routine": one.routine, "profile": one.profile, "level": one.level, "person": one.person or None}
    return {"time": one.time, **about, "days": days}


def _shown(table: Mapping[str, object], usual: Mapping[str, object]) -> dict[str, object]:
    """Return a table as the page has it: with what is left out in the file."""
    return {"at" if key == "time" else key: usual.get(key) if value is None else value for key, value in table.items()}


def _tables(name: str, values: Values) -> list[dict[str, object]]:
    """Return the tables as the file has them: without what says nothing."""
    form = TABLES[name]
    return [
        {form.names.get(key, key): _said(key, table.get(key)) for key in (*form.needed, *form.more)} for table in values[name]
    ]


def _said(key: str, value: Any) -> object:
    match key:
        case "level":
            return value or "standard"
        case "days":
            return None if value is None or set(value) == set(DAYS) else [day for day in DAYS if day in value]
        case _:
            return value or None


def _has(text: str, name: str) -> bool:
    return Places(text).line(name) is not None


def _must_be_known(values: Values) -> None:
    """Refuse what is no setting, or has not the form of one; what a value may be is for the reader of the settings to say."""
    wrong = [
        {"key": printable(name), "line": None, "text": f"{shown(name)} cannot be set here"}
        for name in values
        if name not in _FORMS
    ]
    for name, value in values.items():
        if name in _FORMS and not _FORMS[name](value):
            wrong.append({"key": name, "line": None, "text": f"{shown(value)} is not what {name} can be"})
    if values.get("programs") == []:  # without any, the file would mean those that ship
        wrong.append({"key": "programs", "line": None, "text": "at least one program must be left"})
    match values.get("quiet"):
        case [str(begin), str(end)] if begin == end:
            why = "quiet hours cannot begin and end at the same time; choose another time, or switch them off"
            wrong.append({"key": "quiet", "line": None, "text": why})
    if wrong:
        raise _wrong(wrong)


def _is_pair(value: object) -> bool:
    return value is None or (isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value))


def _are_tables(form: _Table) -> Callable[[object], bool]:
    def fits(table: object) -> bool:
        return (
            isinstance(table, dict)
            and set(form.needed) <= table.keys() <= {*form.needed, *form.more}
            and all(
                isinstance(value, str) or value is None or (key == "days" and _are_days(value)) for key, value in table.items()
            )
        )

    return lambda value: isinstance(value, list) and all(map(fits, value))


def _are_days(value: object) -> bool:
    return isinstance(value, list) and all(day in DAYS for day in value)


_FORMS: dict[str, Callable[[object], bool]] = {
    **{name: lambda value: isinstance(value, int | str) for name in PLAIN},
    "quiet": _is_pair,
    **{name: _are_tables(form) for name, form in TABLES.items()},
}


def _told(problem: Problem, places: Places) -> dict[str, Any]:
    return {"key": problem.key, "line": places.line(problem.key), "text": str(problem)}


def _wrong(mistakes: list[dict[str, Any]]) -> Refused:
    return Refused(422, f"{counted(len(mistakes), 'mistake')}; nothing was saved", mistakes=mistakes)
