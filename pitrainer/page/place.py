"""Where things are for the page: it need not load what reads the settings."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import PitrainerError

VARIABLE = "PITRAINER_PAGE"
"""The environment variable that carries it, from the command line to the process that it becomes."""


@dataclass(frozen=True)
class Place:
    """The trainer's files, and the page's own."""

    control: Path
    """The trainer's control socket."""
    settings: Path
    """The settings file that the page may change, with the folders `routines` and `voices` beside it."""
    history: Path
    """The folder of the trainer's history, where its settings name none."""
    state: Path
    """The page's own folder: the devices that are paired."""

    def as_json(self) -> str:
        """Return it as the variable has it."""
        return json.dumps({key: str(value) for key, value in asdict(self).items()})


SERVICE = Place(
    Path("/run/pitrainer/control.sock"),
    Path("/etc/pitrainer/pitrainer.toml"),
    Path("/var/lib/pitrainer"),
    Path("/var/lib/pitrainer-page"),
)
"""Of the trainer that is installed as a service."""


def read_place(environ: Mapping[str, str] = os.environ) -> Place:
    """Return the place that the variable names, else the service's.

    Raises:
        PitrainerError: if the variable has something else.
    """
    text = environ.get(VARIABLE)
    if text is None:
        return SERVICE
    try:
        return Place(**{key: Path(value) for key, value in json.loads(text).items()})
    except (ValueError, TypeError, AttributeError) as error:
        raise PitrainerError(f"{VARIABLE}: is not what `pitrainer page` writes there; run that command instead") from error
