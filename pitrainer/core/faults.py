"""What is wrong with the trainer's surroundings: each fault is told when it appears, changes, and is gone.

Mistakes are told each time that somebody has them looked for.
"""

from .messages import Event, Fault, FaultAppeared, FaultGone, FaultName
from .units import Ms


class Faults:
    """Those that there are now."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[FaultName, Fault] = {}

    def take(self, fault: Fault, now: Ms) -> list[Event]:
        """Return what there is to tell."""
        known = self._known.get(fault.what)
        if fault.why:
            self._known[fault.what] = fault
            return [FaultAppeared(now, fault)] if fault != known or fault.details else []
        return [FaultGone(now, fault.what)] if self._known.pop(fault.what, None) else []
