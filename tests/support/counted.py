"""How much work something is, counted instead of timed: the same on every machine, whatever else it does."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from pitrainer import core

CORE = core.__path__[0]


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of the core are run, each time counted. What C does (`sort`, `bisect`) counts as its line."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace if frame.f_code.co_filename.startswith(CORE) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
