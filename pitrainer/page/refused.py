"""What the page answers when it does not do what it was asked for."""

from typing import Any

from ..errors import NotRunningError, PitrainerError


class Refused(PitrainerError):
    """The page does not do it; `data` is the answer, `status` its HTTP status."""

    def __init__(self, status: int, why: str, **data: object) -> None:
        """Take the reason, and what else is answered."""
        super().__init__(why)
        self.status = status
        self.data: dict[str, Any] = {"error": why, **data}


def in_words(error: Exception) -> str:
    """Return why something was not done, for somebody with a phone, whom no command in a terminal helps."""
    return "the trainer is not running" if isinstance(error, NotRunningError) else str(error)


def unknown(why: str) -> Refused:
    """Return the refusal of what is not there."""
    return Refused(404, why)


def changed_meanwhile(file: object, **data: object) -> Refused:
    """Return the refusal to write over what somebody else has written meanwhile; `data` tells what is there now."""
    return Refused(409, f"{file}: was changed meanwhile by somebody else; nothing was saved", **data)


def cannot_save(file: object, error: OSError) -> Refused:
    """Return the refusal of a disk: what was there before is there whole."""
    return Refused(409, f"{file}: cannot be saved: {error.strerror}; it is as before")
