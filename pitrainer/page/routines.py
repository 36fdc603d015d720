"""The routines, as the page lists them, and as the therapist writes them there."""

import os
import threading
from pathlib import Path
from typing import Any

from ..config.locate import CONFIG_FILES, Environ, in_force
from ..config.routines import load_routine_file
from ..config.schema import Settings
from ..config.validation import load_defaults
from ..core.routine import ID, LEVELS, PROFILES
from ..core.text import counted
from ..errors import Problem, RefusedError
from .checking import checked
from .refused import Refused, cannot_save, changed_meanwhile, unknown
from .saved import base_of, raw_of, write
from .trainer import Trainer
from .versions import Versions


class Routines:
    """The person's own, which can be changed, and those that ship, of which a changed one is the person's own."""

    def __init__(self, settings: Path, environ: Environ, trainer: Trainer) -> None:
        """Take the settings' file, which names the folder; nothing is read yet."""
        self._file = settings
        self._environ = environ
        self._trainer = trainer
        self._checking = threading.Lock()
        """Held while one is checked: a phone that types sends the next text soon, and two take each other's time."""
        self._saving = threading.Lock()

    def _settings(self) -> Settings:
        return load_defaults(in_force(self._file, self._environ), self._environ)

    def listed(self) -> dict[str, Any]:
        """Return all, in the order of their ids."""
        own, shipped = self._settings().routine_folders
        return {"routines": [self._about(id_, own, shipped) for id_ in sorted({*_ids(own), *_ids(shipped)})]}

    def _about(self, id_: str, own: Path, shipped: Path) -> dict[str, Any]:
        mine = own / f"{id_}.toml"
        here = os.path.lexists(mine)
        problems: list[Problem] = []
        routine = None
        if mine.is_symlink():
            problems.append(Problem("", "", "is a link"))
        else:
            routine = load_routine_file(mine if here else shipped / mine.name, problems)
        mistakes = sum(not problem.warning for problem in problems)
        return {
            "id": id_,
            "name": routine.title if routine else id_,
            "own": here,
            "profiles": [*PROFILES] if routine else [],
            "levels": [*LEVELS] if routine else [],
            "exercises": [exercise.name[PROFILES[0]] for exercise in routine.exercises] if routine else [],
            "mistakes": mistakes,
        }

    def read(self, id_: str) -> dict[str, Any]:
        """Return a routine's text, with what is right and wrong with it.

        Raises:
            Refused: if there is none, or it is no file of its own.
        """
        own, raw = self._raw(id_)
        if raw is None:
            raise unknown(f"there is no routine {id_}")
        text = _text(raw)
        return {
            "id": id_,
            "own": os.path.lexists(own),
            "text": text,
            "base": base_of(raw),
            "versions": Versions(own.parent, id_).listed(),
            "check": self.check(id_, text),
        }

    def check(self, id_: str, text: str) -> dict[str, Any]:
        """Return what is right and wrong with a text, were it saved under this id."""
        own = self._own(id_)
        with self._checking:
            return checked(own, text)

    def save(self, id_: str, text: str, base: str) -> dict[str, Any]:
        """Save a routine that is right, and have the trainer take it over; what was there before is the newest version.

        Args:
            id_: its id, which may be a new one.
            text: all of it.
            base: of what was there when the writing began; "" for a new one.

        Raises:
            Refused: if it has mistakes, was changed meanwhile, or cannot be written. Then all is as before.
        """
        found = self.check(id_, text)
        if found["mistakes"]:
            raise Refused(422, f"{counted(len(found['mistakes']), 'mistake')}; nothing was saved", **found)
        with self._saving:
            own, before = self._raw(id_)
            raw = text.encode()
            if raw != before:
                if base != base_of(before):
                    raise changed_meanwhile(own.name, text=_text(before or b""), base=base_of(before))
                try:
                    if before is not None:
                        Versions(own.parent, id_).keep(before, self._written(own))
                    write(own, raw)
                except OSError as error:
                    raise cannot_save(own.name, error) from error
        return {**self.read(id_), **self._taken()}

    def remove(self, id_: str, base: str) -> dict[str, Any]:
        """Remove one of the person's own, and have the trainer forget it; its text is the newest version.

        Args:
            id_: its id.
            base: of what was there when somebody looked at it.

        Returns:
            What ships of that id, if anything does; else what was removed, as a new one that is not saved yet.

        Raises:
            Refused: if it is in use, is not the person's own, was changed meanwhile, or cannot be removed: all is as before.
        """
        with self._saving:
            own, raw = self._raw(id_)
            if raw is None or not os.path.lexists(own):
                raise Refused(409, f"{id_} is not one of your own routines, so it cannot be removed")
            if base != base_of(raw):
                raise changed_meanwhile(own.name, text=_text(raw), base=base_of(raw))
            ships = (CONFIG_FILES / "routines" / own.name).exists()
            if not ships and (use := self._use(id_)):
                raise Refused(409, f"{id_} is in use; take it out of the {use} in the settings first")
            versions = Versions(own.parent, id_)
            try:
                versions.keep(raw, self._written(own))
                own.unlink()
            except OSError as error:
                raise Refused(409, f"{own.name}: cannot be removed: {error.strerror}") from error
        if ships:
            return {**self.read(id_), **self._taken()}
        text = _text(raw)
        left = {"id": id_, "own": True, "text": text, "base": "", "versions": versions.listed(), "check": self.check(id_, text)}
        return {**left, **self._taken()}

    def _use(self, id_: str) -> str:
        """Return where in the settings a routine is named, or nothing."""
        settings = self._settings()
        programs = {one.routine for one in settings.programs}
        reminders = {one.routine for one in settings.reminder_times}
        return " and the ".join(where for where, ids in (("programs", programs), ("reminders", reminders)) if id_ in ids)

    def _taken(self) -> dict[str, Any]:
        """Have the trainer take over what has changed."""
        try:
            return self._trainer.reload()
        except RefusedError as error:  # the routine is right; somebody has to mend the rest before the trainer takes anything
            return {"not_taken": [*error.mistakes] or [str(error)], "after_session": False}

    def version(self, id_: str, number: int) -> dict[str, Any]:
        """Return the text of a version.

        Raises:
            Refused: if there is none.
        """
        own = self._own(id_)
        try:
            raw = Versions(own.parent, id_).raw(number)
        except OSError as error:
            raise Refused(409, f"version {number} of {id_} cannot be read: {error.strerror}") from error
        if raw is None:
            raise unknown(f"there is no version {number} of {id_}")
        return {"text": _text(raw)}

    def restore(self, id_: str, number: int, base: str) -> dict[str, Any]:
        """Save a version anew; what it takes the place of is a version then."""
        return self.save(id_, self.version(id_, number)["text"], base)

    def new(self, id_: str) -> dict[str, Any]:
        """Return a routine to begin with, and the versions of one of this id that was removed."""
        text = (CONFIG_FILES / "new-routine.toml").read_text(encoding="utf-8")
        return {"text": text, "versions": Versions(self._own(id_).parent, id_).listed()}

    def _own(self, id_: str) -> Path:
        """Return the file that a routine of the person's own is in, or would be."""
        if not ID.fullmatch(id_):
            raise Refused(404, 'a routine\'s id is up to 40 of a-z, 0-9 and "-"')
        return self._settings().routine_folders[0] / f"{id_}.toml"

    def _raw(self, id_: str) -> tuple[Path, bytes | None]:
        """Return that file, and what is in force: what is in it, else what ships; None where there is neither."""
        own = self._own(id_)
        file = own if os.path.lexists(own) else CONFIG_FILES / "routines" / own.name
        try:
            return own, raw_of(file, links=file != own)
        except OSError as error:
            raise Refused(409, f"{own.name}: cannot be read here: {error.strerror}") from error

    def _written(self, own: Path) -> float:
        file = own if own.exists() else CONFIG_FILES / "routines" / own.name
        return file.stat().st_mtime


def _ids(folder: Path) -> list[str]:
    """Return the routines of a folder; what is called otherwise is none."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [name.removesuffix(".toml") for name in names if name.endswith(".toml") and ID.fullmatch(name[:-5])]


def _text(raw: bytes) -> str:
    """Return a file's text as a browser keeps it; what is not UTF-8 is shown as such, and is a mistake."""
    return raw.decode("utf-8-sig", "replace").replace("\r\n", "\n")
