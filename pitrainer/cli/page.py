"""`page`: becomes the process that serves the page; lists and forgets paired devices."""

import argparse
import importlib.util
import os
import sys

from ..command import own_command
from ..config import locate, validation
from ..errors import PitrainerError


def page(options: argparse.Namespace) -> int:
    """Become the process that serves the page, which need not keep in memory what reads the settings."""
    if not importlib.util.find_spec("starlette") or not importlib.util.find_spec("uvicorn"):
        raise PitrainerError("starlette and uvicorn are not installed; in a clone: .venv/bin/pip install '.[page]'")
    from ..control.protocol import socket_file
    from ..page.place import VARIABLE, Place

    file = locate.find_settings_file(options.config, os.environ).absolute()
    settings, _ = validation.load(file, os.environ)
    history = settings.own_state_folder(os.environ)
    own = Place(socket_file(locate.service_folder(os.environ)), file, history, history / "page")
    os.environ[VARIABLE] = own.as_json()
    command = [*own_command(module="pitrainer.page"), options.address, str(options.port)]
    sys.stdout.flush()
    return os.execv(command[0], command)
