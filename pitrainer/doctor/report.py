"""One check's result, and how it comes from another process."""

import json
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from ..errors import PitrainerError

State = Literal["ok", "warn", "fail"]
CHILD_PATIENCE = 120.0
"""Seconds for all other checks: reading 100 clips takes a Pi Zero 2 some seconds, the sound up to 10."""


@dataclass(frozen=True)
class Check:
    """One line of the table."""

    name: str
    state: State
    found: str
    remedy: str = ""
    """What to do; on a line that is "ok", what to do where the person finds otherwise ("nothing heard?")."""


def checks_from_json(data: object) -> list[Check]:
    """Read what another process found.

    Raises:
        PitrainerError: if it is no list of checks.
    """
    fields = {"name", "state", "found", "remedy"}
    if not isinstance(data, list) or not all(
        isinstance(item, dict)
        and item.keys() == fields
        and all(isinstance(value, str) for value in item.values())
        and item["state"] in get_args(State)
        for item in data
    ):
        raise PitrainerError("the answer is not a list of checks; is the running trainer another version?")
    return [Check(**item) for item in data]


def as_json(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Return checks as what JSON can carry."""
    return [asdict(check) for check in checks]


def by_child(command: Sequence[str], *, quiet: bool) -> list[Check]:
    """Have another process check; what it prints is a line of JSON."""
    try:
        done = subprocess.run(
            [*command, *(["--quiet"] if quiet else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=CHILD_PATIENCE,
            check=False,
        )
        return checks_from_json(json.loads(done.stdout)["checks"])
    except (OSError, subprocess.TimeoutExpired, ValueError, TypeError, KeyError, PitrainerError) as error:
        return [Check("the rest", "fail", f"could not be checked: {error}", "journalctl -u pitrainer -n 20")]


def failed(checks: Iterable[Check]) -> bool:
    """Tell whether a check failed."""
    return any(check.state == "fail" for check in checks)


def carefully(name: str, check: Callable[[], Check]) -> Check:
    """Run a check. One that fails in a way that nobody thought of is a line, too, and must not hide the others."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - see above
        return Check(name, "fail", f"could not be checked: {type(error).__name__}: {error}", "please report this line")
