"""What the trainer remembers between its starts: the chosen program, the next tip, the session's place, the reminders."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .core.reminders import Memory, read_memory
from .files import replacing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where a running session is, for the case that it breaks off."""

    routine: str
    profile: str
    level: str
    steps: int
    """How many the plan has: an edited routine has another number, most likely."""
    step: int
    exercise: int
    """Its number, 0 outside of the exercises."""
    held: int
    """How much of the step was held, in ms."""
    at: float
    """The wall clock, in seconds since 1970."""


@dataclass(frozen=True)
class State:
    """What is remembered."""

    program: int = 0
    """Index of the chosen program in the settings."""
    tip: int = 0
    """Sessions completed: the number of the next tip."""
    place: Place | None = None
    """Where the session is, if one is running."""
    reminders: Mapping[str, Memory] = field(default_factory=dict)
    """What is remembered of each reminder, by its key."""


def load_state(file: Path) -> State:
    """Read the state. A missing file is a first start; a damaged one costs no more than the choice of a program."""
    try:
        data = json.loads(file.read_bytes())
        place = data.get("place")
        reminders = read_memory(data.get("reminders", {}))
        state = State(_whole(data["program"]), _whole(data["tip"]), None if place is None else _place(place), reminders)
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("%s: cannot be used (%s); beginning anew", file, error)
        return State()
    return state


def save_state(file: Path, state: State) -> None:
    """Write the state, whole or not at all.

    Raises:
        OSError: if it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as part:
        part.write(json.dumps(asdict(state)).encode())


class StateKeeper:
    """Keeps the state in its file, on another thread, for an SD card may take a second. What cannot be written waits."""

    def __init__(self, file: Path, submit: Callable[[Callable[[], None]], Any]) -> None:
        """Read the state.

        Args:
            file: where it is kept.
            submit: has a function called on another thread, one after the other.
        """
        self._file = file
        self._submit = submit
        self._failed = False
        self.state = load_state(file)

    def keep(self, **changes: Any) -> None:
        """Change some of it."""
        self.state = replace(self.state, **changes)
        self._submit(self._save)

    def retry(self) -> None:
        """Try once more, if the last time failed."""
        if self._failed:
            self._submit(self._save)

    def _save(self) -> None:
        try:
            save_state(self._file, self.state)
        except OSError as error:
            if not self._failed:
                log.warning("%s: cannot be written (%s); it is tried again", self._file, error.strerror)
            self._failed = True
        else:
            if self._failed:
                log.info("%s: written again", self._file)
            self._failed = False


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a whole number")
    return value


def _place(data: dict[str, Any]) -> Place:
    place = Place(**data)
    for value in (place.steps, place.step, place.exercise, place.held):
        _whole(value)
    if not all(isinstance(text, str) for text in (place.routine, place.profile, place.level)):
        raise ValueError("a place without its routine")
    return replace(place, at=float(place.at))
