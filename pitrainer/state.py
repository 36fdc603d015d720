"""What the trainer remembers between its starts: the chosen program and whose turn it is among the tips."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from .files import replacing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """What is remembered."""

    program: int = 0
    """Index of the chosen program in the settings."""
    tip: int = 0
    """Sessions completed: the number of the next tip."""


def load_state(file: Path) -> State:
    """Read the state. A missing file is a first start; a damaged one costs no more than the choice of a program."""
    try:
        data = json.loads(file.read_bytes())
        state = State(**{key: data[key] for key in ("program", "tip")})
        if not all(type(value) is int and value >= 0 for value in asdict(state).values()):
            raise ValueError("not two whole numbers")
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("%s: cannot be used (%s); beginning anew", file, error)
        return State()
    return state


def save_state(file: Path, state: State) -> None:
    """Write the state, whole or not at all; when it cannot be written, say so and go on."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as part:
            part.write(json.dumps(asdict(state)).encode())
    except OSError as error:
        log.warning("%s: cannot be written (%s); the program and the tip will be those of before", file, error.strerror)
