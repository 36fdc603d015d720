"""`page`: becomes the process that serves the page; pairs devices, lists and forgets them."""

import argparse
import importlib.util
import os
import socket
import sys
from typing import TYPE_CHECKING

from ..config import locate, validation
from ..config.owner import become_owner
from ..core.text import printable
from ..errors import PitrainerError
from .orders import ask_trainer

if TYPE_CHECKING:
    from ..page.pairing import Tokens
    from ..page.place import Place


def page(options: argparse.Namespace) -> int:
    """Become the process that serves the page, which need not keep in memory what reads the settings."""
    if not installed():
        raise PitrainerError("starlette and uvicorn are not installed; in a clone: .venv/bin/pip install '.[page]'")
    from ..page.place import VARIABLE

    os.environ[VARIABLE] = _place(options).as_json()
    command = [*locate.own_command(module="pitrainer.page"), options.address, str(options.port)]
    sys.stdout.flush()
    return os.execv(command[0], command)


def installed() -> bool:
    """Tell whether there is what serves the page."""
    return all(map(importlib.util.find_spec, ("starlette", "uvicorn")))


def pair(_options: argparse.Namespace) -> int:
    """Have the running trainer say the code that pairs a phone."""
    ask_trainer({"command": "pair"})
    where = f"http://{socket.gethostname()}.local" if locate.SERVICE_FOLDER.is_dir() else "the page"
    print(f"The trainer says six digits, twice. Open {where} on the phone, and type them there within two minutes.")
    return 0


def show_paired(options: argparse.Namespace) -> int:
    """Print the paired devices."""
    devices = _tokens(options).devices()
    for device in devices:
        print(printable(f"{device.id:>3}  {device.name:<24} paired {device.paired}, last used {device.used}"))
    if not devices:
        print("no device is paired")
    return 0


def forget(options: argparse.Namespace) -> int:
    """Forget a paired device, or all."""
    if not _tokens(options).forget(options.device):
        raise PitrainerError(f"no paired device has the number {options.device}; `pitrainer page list` shows them")
    return 0


def _place(options: argparse.Namespace) -> "Place":
    from ..control.protocol import socket_file
    from ..page.place import Place

    file = locate.find_settings_file(options.config, os.environ).absolute()
    settings, _ = validation.load(file, os.environ)
    history = settings.own_state_folder(os.environ)
    return Place(socket_file(locate.service_folder(os.environ)), file, history, history / "page")


def _tokens(options: argparse.Namespace) -> "Tokens":
    from ..page.pairing import Tokens
    from ..page.place import SERVICE

    # Also while the service is stopped: phones are paired with it all the same.
    folder = SERVICE.state if SERVICE.state.is_dir() else _place(options).state
    become_owner(folder)
    if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise PitrainerError(f"{folder}: you may not look into it; put sudo before the command")
    return Tokens(folder)
