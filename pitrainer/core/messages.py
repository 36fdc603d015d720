"""What goes into the trainer and what comes out of it: inputs, commands to devices, events.

An event is a fact that carries its time. What other processes see of it is in `control/events.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from .languages import Phrase
from .plan import Buzz, Plan, Say, Step
from .reminders import Reminder, Report
from .routine import Ask, Program
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
    ahead: Step | None = None
    """The hold that comes after the one to which the step belongs; None after the last."""
    less: Ms = Ms(0)
    """How much shorter than planned the hold is that the step leads up to: so much was held before a pause."""


@dataclass(frozen=True)
class Held:
    """A hold is over, was paused or left; `held` is how much of it was held in all until now, pauses not counted."""

    at: Ms
    step: Step
    held: Ms
    done: bool = False
    """The person has said so, of a set at their own pace."""

    @property
    def whole(self) -> bool:
        """Tell whether nothing of it is left."""
        return self.done if self.step.own else self.held >= self.step.held + self.step.length


@dataclass(frozen=True)
class Rated:
    """The person has answered a question."""

    at: Ms
    step: Step
    about: Ask
    value: int | None
    """0 to 10; None: they have taken the answer back."""


@dataclass(frozen=True)
class Said:
    """Something began to be said, in a session or outside of one."""

    at: Ms
    text: str
    language: str
    length: Ms
    """Of its clip. A press may have cut it off."""


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
    tip: int = 0
    """The number of the next tip."""
    interrupted: bool = False
    """It ended with the program, and can be gone on with."""


ButtonName = Literal["button", "next", "back"]
OrderName = Literal[
    "start",
    "pause",
    "next",
    "back",
    "stop",
    "say",
    "program",
    "volume",
    "reminders",
    "pair",
    "pair_try",
    "lend",
    "lend_card",
]
""""lend" only asks whether another process may have the buttons for a while; "lend_card" lets go of the sound card, too."""
FaultName = Literal["settings", "pins", "sound", "voice"]


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
class SoundCard:
    """What sound comes out of, and why of this one."""

    name: str
    """As the person knows it, with the card's id."""
    why: str


@dataclass(frozen=True)
class Offer:
    """For a time, a press starts this instead of the chosen program; the phrase says so."""

    phrase: Phrase
    until: Ms
    program: Program
    place: int = 0
    """The step to begin with."""
    held: Ms = Ms(0)
    """How much of that step was held before, where it is a hold."""
    plan: Plan | None = None
    """Of the session that it goes on with, where that was stopped: what the person had learned, and the day, are as in it."""
    silent: bool = False
    """It is not said: it stood already before the settings were read anew."""


@dataclass(frozen=True, eq=False)
class Order:
    """What another process asks for; `Answered` tells what came of it."""

    what: OrderName
    phrase: Phrase = Phrase("", "en")
    """What to say."""
    number: int = 0
    """Which program, from 0; the volume; 1 for reminders that are on, 0 for off."""
    code: str = ""
    """What a phone has typed."""


@dataclass(frozen=True)
class Fault:
    """Something is wrong, or no longer so."""

    what: FaultName
    why: str
    """In words; empty: it is over."""
    details: tuple[str, ...] = ()
    """Each mistake, where there may be several."""


Input = Edge | Sound | Offer | Order | Fault


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
class Softly:
    """What is heard from now on was not asked for, and is softer in the quiet hours; or it was asked for again."""

    at: Ms
    on: bool


@dataclass(frozen=True)
class SetVolume:
    """Play at this volume, 0 to 100."""

    at: Ms
    volume: int


@dataclass(frozen=True)
class Answered:
    """An order was obeyed; or it was not, because of `why`. Only who gave the order is told."""

    at: Ms
    order: Order
    why: str = ""


@dataclass(frozen=True)
class Pressed:
    """A button went down, or has been down for `button.hold`, which is `long`."""

    at: Ms
    button: ButtonName
    long: bool


@dataclass(frozen=True)
class WaitingForClips:
    """A start waits for its clips, which are being made. It is told again every fifteen seconds."""

    at: Ms
    left: Ms | None = None
    """How long it will take until all are there, by the pace so far; None while that is not known."""
    missing: tuple[Phrase, ...] = ()
    """Which it waits for, in the order in which they are needed."""


@dataclass(frozen=True)
class PlannedAnew:
    """A session that began before all its clips were there goes on by this plan, in which more lengths are known."""

    at: Ms
    plan: Plan


@dataclass(frozen=True)
class Preparing:
    """So many of all clips are there; the rest is being made, or could not be."""

    at: Ms
    made: int
    total: int
    left: Ms | None = None
    """How long it will take, by the pace so far; None while that is not known, or when nothing is being made any more."""
    ended: bool = False


@dataclass(frozen=True)
class GivenUp:
    """A start that waited was given up by the person."""

    at: Ms


@dataclass(frozen=True)
class Chosen:
    """Another program was chosen."""

    at: Ms
    number: int
    """From 0."""


@dataclass(frozen=True)
class VolumeChanged:
    """The volume was changed, for this session and those to come."""

    at: Ms
    volume: int


@dataclass(frozen=True)
class Reminded:
    """Something became of a reminder."""

    at: Ms
    report: Report


@dataclass(frozen=True)
class RemindersSwitched:
    """Reminders were switched on or off."""

    at: Ms
    on: bool


@dataclass(frozen=True)
class Offered:
    """For a time, a press goes on with a session that was stopped or broke off, or does an exercise once more."""

    at: Ms
    offer: Offer


@dataclass(frozen=True)
class OfferEnded:
    """An offer was not taken, and a press starts what it did before."""

    at: Ms


@dataclass(frozen=True)
class Today:
    """What is known of the chosen program's past and of the next reminder; None where it is not known."""

    done: bool | None = None
    streak: int | None = None
    """On how many days in a row it was done."""
    reminder: Reminder | None = None
    """The next one."""
    reminder_at: datetime | None = None
    waits: bool = False
    """No reminder is given until the clock is set."""


@dataclass(frozen=True)
class TodayChanged:
    """There is something new about today."""

    at: Ms
    today: Today


@dataclass(frozen=True)
class FaultAppeared:
    """Something is wrong, or is wrong in another way than before."""

    at: Ms
    fault: Fault


@dataclass(frozen=True)
class FaultGone:
    """What was wrong is right again."""

    at: Ms
    what: FaultName


@dataclass(frozen=True)
class SoundCardChosen:
    """Sound comes out of this card from now on."""

    at: Ms
    card: SoundCard


@dataclass(frozen=True)
class SettingsReloaded:
    """The settings have changed: this trainer ends, and one after the new settings follows."""

    at: Ms


@dataclass(frozen=True)
class TrainerEnded:
    """The trainer has ended; nothing follows."""

    at: Ms
    why: str


Command = Say | Buzz | Hush | Shine | OpenSound | CloseSound | SetVolume | Softly
"""What the devices are told."""
SessionEvent = Started | Began | Held | Rated | Paused | Resumed | Ended
Event = (
    SessionEvent
    | Said
    | Pressed
    | WaitingForClips
    | PlannedAnew
    | Preparing
    | GivenUp
    | Chosen
    | VolumeChanged
    | Reminded
    | RemindersSwitched
    | Offered
    | OfferEnded
    | TodayChanged
    | FaultAppeared
    | FaultGone
    | SoundCardChosen
    | SettingsReloaded
    | TrainerEnded
)
"""What happened."""
Action = Command | Event | Answered
"""What the trainer returns, in its order."""
