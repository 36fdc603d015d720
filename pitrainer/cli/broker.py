"""`mqtt`: becomes the process that talks to the broker; and what that process tells of itself."""

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import locate, validation
from ..config.schema import MqttSettings, Settings
from ..control.protocol import look_whose, socket_file
from ..core.text import parse_json
from ..errors import PitrainerError
from ..files import open_regular

if TYPE_CHECKING:
    from ..doctor.report import Check

SERVICE_FOLDER = Path("/run/pitrainer-mqtt")
"""The runtime folder of the service (`RuntimeDirectory=`)."""
REPORT = "mqtt.json"
LONGEST_REPORT = 4096


def mqtt(options: argparse.Namespace) -> int:
    """Become the process that talks to the broker, which need not keep in memory what reads the settings."""
    file = locate.find_settings_file(options.config, os.environ).absolute()
    settings, _ = validation.load(file, os.environ)
    if not settings.mqtt.host:
        print(f"pitrainer: {locate.file_name(file)}: mqtt.host is empty, so there is no broker to talk to", file=sys.stderr)
        return 0
    if not importlib.util.find_spec("paho"):
        raise PitrainerError("paho-mqtt is not installed; in a clone: .venv/bin/pip install '.[mqtt]'")

    from ..mqtt.link import VARIABLE

    again = locate.own_command("mqtt", "--config", str(file))
    os.environ[VARIABLE] = _link(settings, again)
    sys.stdout.flush()
    return os.execv(again[0], locate.own_command(module="pitrainer.mqtt"))


def _link(settings: Settings, again: list[str]) -> str:
    from ..mqtt.link import Link

    of = settings.mqtt
    # As the service, which has a runtime folder of its own, it talks to the trainer that is one, too.
    runtime = locate.systemd_folder(os.environ, "RUNTIME_DIRECTORY")
    state = locate.systemd_folder(os.environ, "STATE_DIRECTORY") or settings.own_state_folder(os.environ) / "mqtt"
    control = locate.SERVICE_FOLDER if runtime else locate.service_folder(os.environ)
    return Link(
        host=of.host,
        port=of.port,
        tls=of.tls,
        ca=str(of.ca or ""),
        user=of.user,
        password_file=str(of.password_file or _credential()),
        name=of.name,
        names=of.names,
        control=str(socket_file(control)),
        state=str(state),
        report=str((runtime or locate.runtime_folder(os.environ)) / REPORT),
        again=tuple(again),
    ).as_json()


def _credential() -> str:
    """Return the file of the password that systemd hands over (`LoadCredential=mqtt-password:...`), if it does."""
    file = Path(os.environ.get("CREDENTIALS_DIRECTORY", ""), "mqtt-password")
    return str(file) if file.is_absolute() and file.is_file() else ""


def report() -> dict[str, Any] | None:
    """Return what the process tells of itself; None where none runs."""
    folder = SERVICE_FOLDER if SERVICE_FOLDER.is_dir() else locate.runtime_folder(os.environ)
    try:
        look_whose(folder)
        with open_regular(folder / REPORT) as opened:
            told = parse_json(opened.read(LONGEST_REPORT))
    except (OSError, ValueError, PitrainerError):
        return None
    return told if isinstance(told, dict) else None


def in_words(told: dict[str, Any]) -> str:
    """Return the same on a line."""
    state = told.get("problem")
    found = f"{told.get('broker')}: {state or 'connected'}"
    return found + (f"; refused: {told['refused']}" if told.get("refused") else "")


def check(settings: MqttSettings) -> "Check | None":
    """Tell of the broker, where there is one in the settings."""
    from ..doctor.report import Check

    if not settings.host:
        return None
    told = report()
    if told is None:
        remedy = "sudo systemctl restart pitrainer-mqtt; the reason: journalctl -u pitrainer-mqtt -n 20"
        return Check("broker", "fail", f"{settings.host}: pitrainer mqtt does not run", remedy)
    if told.get("problem"):
        return Check("broker", "fail", in_words(told), "[mqtt] in the settings; journalctl -u pitrainer-mqtt")
    if told.get("refused"):
        return Check("broker", "warn", in_words(told), "fix what sends it; .github/FLEET.md has all topics")
    return Check("broker", "ok", in_words(told))
