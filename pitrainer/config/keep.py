"""Changes one setting in the person's file, with all else in it as they wrote it."""

import os
from pathlib import Path

from ..errors import PitrainerError
from ..files import open_regular, replacing
from .locate import CONFIG_FILES, SYSTEM_FILE, Environ, own_folder


def file_to_change(found: Path, environ: Environ) -> Path:
    """Return the settings file that a choice is kept in: the one in force, but never the one that ships.

    Raises:
        PitrainerError: if this user may not change it.
    """
    file = found
    if found == CONFIG_FILES / "pitrainer.toml":
        own = SYSTEM_FILE.parent if os.geteuid() == 0 else own_folder(environ, "", "XDG_CONFIG_HOME", ".config")
        file = own / found.name
    folder = next(folder for folder in file.absolute().parents if folder.is_dir())
    if not os.access(folder, os.W_OK):
        raise PitrainerError(f"{file}: you may not change it; sudo pitrainer sound")
    return file


def keep(file: Path, section: str, key: str, value: str) -> None:
    """Write a setting into a file. One that is not there yet begins as the one that ships.

    Raises:
        OSError: if it cannot be read or written.
        PitrainerError: if it is no TOML.
    """
    import tomlkit  # here, for nobody else needs it
    from tomlkit.exceptions import TOMLKitError

    try:
        with open_regular(file if os.path.lexists(file) else CONFIG_FILES / "pitrainer.toml") as opened:
            document = tomlkit.parse(opened.read().decode())
        if section not in document:
            document[section] = tomlkit.table()
        document[section][key] = value
    except (TOMLKitError, UnicodeDecodeError, TypeError) as error:
        raise PitrainerError(f"{file}: pitrainer check says what is wrong with it: {error}") from error
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as part:
        part.write(tomlkit.dumps(document).encode())
