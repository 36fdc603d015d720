"""Where things are: the settings, the shipped files, the folders for what is kept, and the program itself."""

import os
import pwd
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..core.text import printable, shown
from ..errors import BadInput, PitrainerError, Problem

Environ = Mapping[str, str]


def _config_files() -> Path:
    package = Path(__file__).parent.parent
    installed = package / "config_files"
    return installed if installed.is_dir() else package.parent / "config"


CONFIG_FILES = _config_files()
"""The shipped files: a wheel carries `config/` inside the package; a checkout or an editable install has it beside."""
SYSTEM_FILE = Path("/etc/pitrainer/pitrainer.toml")
"""The settings of a trainer that is installed as a service."""

SERVICE_FOLDER = Path("/run/pitrainer")
"""The runtime folder of that trainer (`RuntimeDirectory=`)."""

SERVICE_STATE = Path("/var/lib/pitrainer")
"""The state folder of that trainer (`StateDirectory=`); its group may read it."""

SERVICE_CACHE = Path("/var/cache/pitrainer")
"""The folder of its clips (`CacheDirectory=`)."""


# Finding


def find_settings_file(explicit: Path | None, environ: Environ, system: Path = SYSTEM_FILE) -> Path:
    """Return the settings file in force: --config, $PITRAINER_CONFIG, the system's, the person's own, the shipped one.

    Raises:
        BadInput: if the file that was asked for by name is not there; falling back would hide a slip of the pen.
    """
    if explicit is not None:
        if not os.path.lexists(explicit):
            raise BadInput([Problem(file_name(explicit), "", "there is no such file (asked for by --config)")])
        return explicit
    if named := environ.get("PITRAINER_CONFIG"):
        if not os.path.lexists(named):
            raise BadInput([Problem(file_name(Path(named)), "", "there is no such file (asked for by $PITRAINER_CONFIG)")])
        return Path(named)
    folder = _xdg_folder(environ, "XDG_CONFIG_HOME", ".config")
    own = [folder / "pitrainer.toml"] if folder else []
    return next((file for file in (system, *own) if os.path.lexists(file)), CONFIG_FILES / "pitrainer.toml")


def in_force(found: Path, environ: Environ) -> Path:
    """Return the settings file in force now, for who has found one earlier: in the shipped one's place there may be another."""
    return find_settings_file(None, environ) if found == CONFIG_FILES / "pitrainer.toml" else found


def own_files(settings: Path, environ: Environ) -> Path:
    """Return the folder in which a person's own routines and voices are: beside the settings, or where those would be."""
    if settings == CONFIG_FILES / "pitrainer.toml" and (folder := _xdg_folder(environ, "XDG_CONFIG_HOME", ".config")):
        return folder
    return settings.parent


def service_folder(environ: Environ, service: Path = SERVICE_FOLDER) -> Path:
    """Return the runtime folder of the trainer that a client talks to: the service's where there is one, else one's own."""
    return service if service.is_dir() else runtime_folder(environ)  # who may not look into it is told so when asking


def runtime_folder(environ: Environ) -> Path:
    """Return the folder for what lives as long as the program: the control socket and lgpio's notify file.

    The last resort is in /tmp, where others could have made it first: `control.protocol` looks whose it is before it is used.
    """
    if own := systemd_folder(environ, "RUNTIME_DIRECTORY"):
        return own
    base = environ.get("XDG_RUNTIME_DIR", "")
    return Path(base, "pitrainer") if os.path.isabs(base) else Path(f"/tmp/pitrainer-{os.getuid()}")


def resolve(text: str, folder: Path, environ: Environ) -> Path:
    """Return a path whole, with the home that it begins with.

    Raises:
        ValueError: if there is no such home; the folder would be one that is called "~".
    """
    if text == "~" or text.startswith("~/"):
        if not (home := home_folder(environ)):
            raise ValueError(f"{shown(text)}: there is no home folder; set HOME, or write the whole path")
        text = f"{home}{text[1:]}"
    elif text.startswith("~") and os.path.expanduser(text) == text:
        raise ValueError(f"{shown(text)}: there is no user {shown(text[1:].partition('/')[0])}")
    # Absolute, because lgpio changes the current directory.
    return Path(os.path.abspath(folder / os.path.expanduser(text)))


# Folders


def systemd_folder(environ: Environ, variable: str) -> Path | None:
    """Return the folder that systemd made for the service; it lists several with colons between them."""
    first = environ.get(variable, "").split(":")[0]
    return Path(first) if os.path.isabs(first) else None


def own_folder(environ: Environ, systemd: str, xdg: str, below_home: str) -> Path:
    """Return systemd's folder, else the person's own.

    Raises:
        PitrainerError: if there is none, without a home.
    """
    if folder := systemd_folder(environ, systemd) or _xdg_folder(environ, xdg, below_home):
        return folder
    raise PitrainerError(f"there is no home folder to keep anything in; set HOME or {xdg} to a folder's whole path")


def _xdg_folder(environ: Environ, xdg: str, below_home: str) -> Path | None:
    """Return the person's own folder after the XDG rules, which ignore a relative path; None without a home."""
    if os.path.isabs(base := environ.get(xdg, "")):
        return Path(base, "pitrainer")
    home = home_folder(environ)
    return home and home / below_home / "pitrainer"


def own_command(*arguments: str, module: str = "pitrainer") -> list[str]:
    """Return the command of a child that runs this program, or another module of it.

    "-P": Python would look into the current folder first, and as root run the `queue.py` that somebody has left there.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def home_folder(environ: Environ) -> Path | None:
    """Return the person's home; None where neither $HOME nor the list of users knows one (in a container, say)."""
    home = environ.get("HOME")
    if not home:
        with suppress(KeyError):
            home = pwd.getpwuid(os.getuid()).pw_dir
    return Path(home) if home and os.path.isabs(home) else None


def file_name(path: Path) -> str:
    """Return a path as it was given, printable whatever bytes its name has."""
    return printable(os.fsencode(path).decode("utf-8", "backslashreplace"))
