"""Exercises that are offered once more, some time after they were held to their end (`repeat_after`)."""

from collections.abc import Iterable

from .phrases import repeats_of
from .routine import Program, Regimen
from .units import MINUTE, SECOND, Ms

OFFERED = Ms(5 * MINUTE)
"""How long an exercise is offered, and how late at most."""
LOOK = Ms(SECOND)
"""How often it is looked whether an offer that had to wait may be made."""


class Repeats:
    """What is to be offered, and when."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._waiting: dict[tuple[Regimen, str], tuple[Ms, Program]] = {}
        """By whose exercise it is: from when on."""
        self._look = Ms(0)

    def deadline(self) -> Ms | None:
        """Return when `look` must be called next, or None."""
        return min((max(due, self._look) for due, _ in self._waiting.values()), default=None)

    def held(self, program: Program, exercise: str, at: Ms) -> None:
        """Note that a hold of an exercise was held to its end: after the last one, it may be offered once more."""
        for repeat in repeats_of(program):
            if repeat.routine.exercises[0].id == exercise:
                after = next(it.repeat_after for it in program.routine.exercises if it.id == exercise)
                self._waiting[program.regimen, exercise] = Ms(at + after), repeat

    def take_over(self, before: "Repeats", programs: Iterable[Program]) -> None:
        """Offer what was to be offered before, as it is done in these programs now."""
        for program in programs:
            for repeat in repeats_of(program):
                key = program.regimen, repeat.routine.exercises[0].id
                if key in before._waiting:
                    self._waiting[key] = before._waiting[key][0], repeat

    def forget(self, regimen: Regimen) -> None:
        """Offer nothing once more of what one person does."""
        self._waiting = {key: value for key, value in self._waiting.items() if key[0] != regimen}

    def look(self, now: Ms, *, busy: bool) -> tuple[Program, Ms] | None:
        """Return what shall be offered now, if anything, and until when. What has waited too long is forgotten."""
        for key, (due, program) in list(self._waiting.items()):
            if due + OFFERED <= now:
                del self._waiting[key]
            elif due <= now and not busy:
                del self._waiting[key]
                return program, Ms(now + OFFERED)
            elif due <= now:
                self._look = Ms(now + LOOK)
        return None


def same_among(programs: Iterable[Program], repeat: Program) -> Program | None:
    """Return what is offered once more, as it is done in these programs now; None where it is not any more."""
    found = (one for program in programs for one in repeats_of(program))
    key = repeat.regimen, repeat.routine.exercises[0].id
    return next((one for one in found if (one.regimen, one.routine.exercises[0].id) == key), None)
