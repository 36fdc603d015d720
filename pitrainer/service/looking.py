"""Whether changed settings and routines are right, by a child: while a session runs, reading them here would make cues late."""

import json
import subprocess
from collections.abc import Sequence

from ..control.protocol import CHECK_PATIENCE
from ..errors import PitrainerError, Problem


def problems_by_child(command: Sequence[str]) -> list[Problem]:
    """Return every mistake that a child finds; none where all is right.

    Args:
        command: what reads settings and routines, and prints the mistakes as JSON.

    Raises:
        PitrainerError: if it could not.
    """
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=CHECK_PATIENCE, check=False)
        return [Problem(str(file), str(key), str(message)) for file, key, message in json.loads(done.stdout)]
    except (OSError, subprocess.TimeoutExpired, ValueError, TypeError) as error:
        raise PitrainerError(f"the settings could not be checked: {error}") from error
