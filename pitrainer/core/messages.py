"""What goes into the trainer and what comes out of it: inputs, commands to devices, events."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from .languages import Phrase
from .plan import Buzz, Plan, Say, Step
from .reminders import Report
from .routine import Program
from .units import Ms


@dataclass(frozen=True)
class Hush:
    """Take back every cue that was handed over; what is being heard ends now."""

    at: Ms


@dataclass(frozen=True)
class Started:
    """A session begins at `at`."""

    at: Ms
    plan: Plan
    place: int = 0
    """The step in which it goes on, where one before it broke off."""


@dataclass(frozen=True)
class Began:
    """A step began."""

    at: Ms
    step: Step


@dataclass(frozen=True)
class Held:
    """A hold is over, was paused or left; `held` is how much of it was held in all until now, pauses not counted."""

    at: Ms
    step: Step
    held: Ms


@dataclass(frozen=True)
class Paused:
    """The person paused in a step."""

    at: Ms
    step: Step


@dataclass(frozen=True)
class Resumed:
    """The person goes on."""

    at: Ms
    step: Step


@dataclass(frozen=True)
class Ended:
    """The session is over; completed when it came to its end."""

    at: Ms
    completed: bool


ButtonName = Literal["button", "next", "back"]
OrderName = Literal["start", "pause", "next", "back", "stop", "say"]


@dataclass(frozen=True)
class Edge:
    """A button's pin changed."""

    button: ButtonName
    down: bool
    at: Ms


@dataclass(frozen=True)
class Sound:
    """The sound became ready, or failed or vanished; `why` says how, for the journal."""

    ready: bool
    why: str = ""


@dataclass(frozen=True)
class Offer:
    """For a time, a press starts this instead of the chosen program; the text says so."""

    text: Phrase
    until: Ms
    program: Program
    place: int = 0
    """The step to begin with."""
    held: Ms = Ms(0)
    """How much of that step was held before, where it is a hold."""


@dataclass(frozen=True, eq=False)
class Order:
    """What another process asks for; `Answered` tells what came of it."""

    what: OrderName
    text: Phrase = Phrase("", "en")
    """What to say."""


Input = Edge | Sound | Offer | Order


class Light(Enum):
    """What the LED shows: milliseconds on, off, on ..."""

    READY = (60, 2940)
    """A short wink every three seconds: alive, and dark enough for a bedroom."""
    PRESSED = (50, 50)
    RUNNING = (1000, 0)
    PAUSED = (500, 500)
    OFF = (0, 1000)


@dataclass(frozen=True)
class Shine:
    """Show this on the LED."""

    at: Ms
    light: Light


@dataclass(frozen=True)
class OpenSound:
    """Open the stream; `Sound` will tell how it went."""

    at: Ms


@dataclass(frozen=True)
class CloseSound:
    """Close the stream."""

    at: Ms


@dataclass(frozen=True)
class Chosen:
    """Another program was chosen."""

    at: Ms
    number: int


@dataclass(frozen=True)
class Answered:
    """An order was obeyed; or it was not, because of `why`."""

    at: Ms
    order: Order
    why: str = ""


@dataclass(frozen=True)
class Reminded:
    """Something became of a reminder."""

    at: Ms
    report: Report


@dataclass(frozen=True)
class Repeatable:
    """An exercise is offered once more."""

    at: Ms
    offer: Offer


Command = Say | Buzz | Hush | Shine | OpenSound | CloseSound
"""What the devices are told."""
SessionEvent = Started | Began | Held | Paused | Resumed | Ended
Event = SessionEvent | Chosen | Answered | Reminded | Repeatable
"""What happened."""
Action = Command | Event
"""What the trainer returns: commands and events, in their order."""
