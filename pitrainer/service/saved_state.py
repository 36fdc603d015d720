"""What the trainer remembers between its starts: the chosen program, the next tip, the session's place, the reminders."""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..core.learned import NOTHING, Learned
from ..core.messages import (
    Began,
    Chosen,
    Ended,
    Event,
    Held,
    Offered,
    OfferEnded,
    Rated,
    RemindersSwitched,
    Started,
    VolumeChanged,
)
from ..core.plan import Plan, Step
from ..core.reminders import MOST_UNIX, Memory, read_memory
from ..core.routine import Program
from ..core.text import parse_json, shown
from ..core.units import HOUR, Ms
from ..files import open_regular, replacing, set_aside
from ..wallclock import SOURCES, ClockMemory, WallClock

MOST_BYTES = 1_000_000
"""With twenty reminders it has 5 KB."""
MOST = 1_000_000
"""Programs, sessions, steps of a plan: nobody comes as far."""
LONGEST_HELD = 24 * HOUR

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
    person: str = ""
    """Whose it is; empty where nobody is named."""
    learned: Learned = NOTHING
    """What they had learned when it was planned."""
    weekday: int | None = None
    """The day that it was planned for, 0 for Monday; None where it was not known."""
    right: bool = False
    """The wall clock was right."""
    boot: str = ""
    """Which boot that was."""
    since_boot: int = 0
    """How long after the boot that was, in ms."""


@dataclass(frozen=True)
class State:
    """What is remembered."""

    program: int = 0
    """Index of the chosen program in the settings, as they were then."""
    tip: int = 0
    """Sessions completed: the number of the next tip."""
    place: Place | None = None
    """Where the session is, if one is running."""
    reminders: Mapping[str, Memory] = field(default_factory=dict)
    """What is remembered of each reminder, by its key."""
    reminders_on: bool = True
    """They were not switched off."""
    volume: tuple[int, int] | None = None
    """What was set, and `sound.volume` at that time, which counts again as soon as it is another one."""
    clock: ClockMemory | None = None
    """What is remembered of the clock in this boot."""
    choice: tuple[str, str, str, str] | None = None
    """Routine, profile, person and level of the chosen program; None in a file of before, and where none was chosen."""

    def chosen_among(self, programs: Sequence[Program]) -> int:
        """Return the index of the chosen program, which may have moved; of the first one, where it is there no more."""
        if not self.choice:
            return self.program if self.program < len(programs) else 0
        ids = [_choice(program) for program in programs]
        if self.program < len(ids) and ids[self.program] == self.choice:
            return self.program
        same = [number for number, of in enumerate(ids) if of == self.choice]
        other_level = [number for number, of in enumerate(ids) if of[:3] == self.choice[:3]]
        return (*same, *other_level, 0)[0]

    def volume_after(self, setting: int) -> int:
        """Return the volume, where the settings have this one."""
        return self.volume[0] if self.volume and self.volume[1] == setting else setting


def _choice(program: Program) -> tuple[str, str, str, str]:
    return *program.regimen, program.level


def load_state(file: Path) -> State:
    """Read the state. A missing file is a first start; a damaged one, or what is in its place, is kept aside."""
    try:
        return read_state(file)
    except FileNotFoundError:
        return State()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it {error}"
    try:
        aside = set_aside(file, datetime.now())
    except OSError:
        log.warning("%s: cannot be used (%s); starting fresh", file, why)
    else:
        log.warning("%s: is damaged (%s); kept as %s, and starting fresh", file, why, aside.name)
    return State()


def read_state(file: Path) -> State:
    """Read the state, and leave the file as it is.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is damaged.
    """
    with open_regular(file) as opened:
        raw = opened.read(MOST_BYTES + 1)
    return _state(raw)


def save_state(file: Path, state: State) -> None:
    """Write the state, whole or not at all.

    Raises:
        OSError: if it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as part:
        part.write(as_json(state).encode())


def as_json(state: State) -> str:
    """Return what is written."""
    return json.dumps(asdict(state), default=sorted)  # a set is sorted into a list


class StateKeeper:
    """Keeps the state in its file, on another thread, for an SD card may take a second. What cannot be written waits."""

    def __init__(
        self,
        file: Path,
        submit: Callable[[Callable[[], None]], Any],
        volume: int = 100,
        programs: Sequence[Program] = (),
        clock: WallClock | None = None,
    ) -> None:
        """Read the state.

        Args:
            file: where it is kept.
            submit: has a function called on another thread, one after the other.
            volume: of the settings.
            programs: of the settings, too.
            clock: by which it is kept when a session was somewhere; the system's by default.
        """
        self._file = file
        self._submit = submit
        self._volume = volume
        self._programs = programs
        self._clock = clock or WallClock()
        self._boot = self._clock.boot()
        self._failed = False
        self._plan: Plan | None = None
        self._changing = threading.Lock()
        self.state = load_state(file)

    def take_over(self, before: "StateKeeper") -> None:
        """Go on with the state of a trainer that has ended, where that could not write it."""
        if before._failed:
            self.state, self._failed = before.state, True

    def keep(self, **changes: Any) -> None:
        """Change some of it. May be called on any thread."""
        with self._changing:
            self.state = replace(self.state, **changes)
        with suppress(RuntimeError):  # the other thread has ended, with the trainer
            self._submit(self._save)

    def follow(self, event: Event) -> None:
        """Keep what an event changes."""
        match event:
            case Started(_, plan):
                self._plan = plan
            case Began(_, step):
                self._keep_place(step, step.held)
            case Held(_, step, held) if not event.whole:
                self._keep_place(step, held)
            case Rated(_, step, "pain", value) if self._plan:
                if value is not None and value > self._plan.pain_stop:
                    self.keep(place=None)  # that is the session's end, also where the power fails before it
                else:
                    self._keep_place(step, Ms(0))
            case Ended(tip=tip, interrupted=False):
                self.keep(tip=tip, place=None)
            case Offered(_, offer) if offer.plan and not self.state.place:  # one that is kept has its two hours from before
                self._plan = offer.plan
                self._keep_place(offer.plan.steps[offer.place], offer.held)
            case OfferEnded():
                self.keep(place=None)
            case Chosen(_, number):
                self.keep(program=number, choice=_choice(self._programs[number]))
            case VolumeChanged(_, volume):
                self.keep(volume=(volume, self._volume))
            case RemindersSwitched(_, on):
                self.keep(reminders_on=on)

    def _keep_place(self, step: Step, held: Ms) -> None:
        if plan := self._plan:
            session = plan.routine, plan.profile, plan.level, len(plan.steps)
            where = step.index, step.number, held, self._clock.now().timestamp()
            # As of the clock's last look: with each step one of its own would take ten times as long as all of the rest.
            when = self._clock.was_right, self._boot, self._clock.since_boot()
            self.keep(place=Place(*session, *where, plan.person, plan.learned, plan.weekday, *when))

    def age(self, place: Place) -> tuple[Ms, bool]:
        """Return how long ago a session was at a place, and whether that is known, or only what the wall clock shows."""
        if place.boot == self._boot != "":
            return Ms(max(0, self._clock.since_boot() - place.since_boot)), True
        # A Pi without a battery clock is behind after a power cut: an age below nothing is none.
        shown = Ms(max(0, round((self._clock.now().timestamp() - place.at) * 1000)))
        return shown, place.right and self._clock.trusted()

    def retry(self) -> None:
        """Try once more, if the last time failed."""
        if self._failed:
            self._submit(self._save)

    def _save(self) -> None:
        try:
            save_state(self._file, self.state)
        except OSError as error:
            if not self._failed:
                log.warning("%s: cannot be written (%s); retrying", self._file, error.strerror)
            self._failed = True
        else:
            if self._failed:
                log.info("%s: written again", self._file)
            self._failed = False


def _state(raw: bytes) -> State:
    """Read what `save_state` wrote, and what a later version added, else raise ValueError."""
    if len(raw) > MOST_BYTES:
        raise ValueError("is too large")
    data = parse_json(raw)
    if not isinstance(data, dict) or not {"program", "tip"} <= data.keys():
        raise ValueError("is not what is remembered of a trainer")
    place = data.get("place")
    return State(
        _whole(data["program"], MOST),
        _whole(data["tip"], MOST),
        None if place is None else _place(place),
        read_memory(data.get("reminders", {})),
        _flag(data.get("reminders_on", True)),
        _volume(data.get("volume")),
        _clock(data.get("clock")),
        _chosen(data.get("choice")),
    )


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError(f"has {shown(value)} where true or false must be")
    return value


def _volume(data: object) -> tuple[int, int] | None:
    if data is None:
        return None
    if not isinstance(data, list) or len(data) != 2:
        raise ValueError("has an invalid volume")
    return _whole(data[0], 100), _whole(data[1], 100)


def _chosen(data: object) -> tuple[str, str, str, str] | None:
    if data is None:
        return None
    if not isinstance(data, list) or len(data) != 4 or not all(type(text) is str for text in data):
        raise ValueError("has an invalid chosen program")
    routine, profile, person, level = data
    return routine, profile, person, level


def _clock(data: object) -> ClockMemory | None:
    if data is None:
        return None
    if isinstance(data, dict) and type(by_hand := data.get("by_hand")) is bool:
        # Before its source was kept, only a person's word was.
        data = {key: value for key, value in data.items() if key != "by_hand"} | {"source": "hand" if by_hand else ""}
    if not isinstance(data, dict) or data.keys() != ClockMemory.__dataclass_fields__.keys():
        raise ValueError("has an invalid clock")
    memory = ClockMemory(**data)
    own = 0 if memory.own is None else memory.own
    if not all(type(moment) is int and abs(moment) < MOST_UNIX for moment in (memory.zero, own)) or own < 0:
        raise ValueError("has an invalid clock time")
    if type(memory.boot) is not str or memory.source not in list(SOURCES):
        raise ValueError("has an invalid clock")
    return memory


def _whole(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"has {shown(value)} where a whole number from 0 to {most} must be")
    return value


def _place(data: object) -> Place:
    # Before there were persons, nobody was named; nor was it kept what they had learned, nor by which clock it was.
    later = {"person", "learned", "weekday", "right", "boot", "since_boot"}
    if not isinstance(data, dict) or {*later, *data} != Place.__dataclass_fields__.keys():
        raise ValueError("has no place in a session")
    place = Place(**data | {"learned": _learned(data["learned"]) if "learned" in data else NOTHING})
    if not all(type(text) is str for text in (place.routine, place.profile, place.level, place.person, place.boot)):
        raise ValueError("has a place without its routine")
    if type(place.at) not in (int, float) or not 0 <= place.at * 1000 < MOST_UNIX:
        raise ValueError(f"has {shown(place.at)} where a moment must be")
    _flag(place.right)
    _whole(place.since_boot, MOST_UNIX)
    _whole(place.exercise, MOST)
    _whole(place.held, LONGEST_HELD)
    _whole(place.step, _whole(place.steps, MOST) - 1)
    if place.weekday is not None:
        _whole(place.weekday, 6)
    return place


def _learned(data: object) -> Learned:
    if isinstance(data, dict) and "slower" in data:  # from before it was counted by exercise what grows
        return NOTHING
    if not isinstance(data, dict) or data.keys() != Learned.__dataclass_fields__.keys() or not isinstance(data["runs"], dict):
        raise ValueError("has a place without what was learned")
    runs = {str(exercise): _runs(sessions) for exercise, sessions in data["runs"].items()}
    return Learned(_whole(data["sessions"], MOST), _ids(data["known"]), runs, _ids(data["waiting"]))


def _ids(data: object) -> frozenset[str]:
    if not isinstance(data, list) or not all(type(one) is str for one in data):
        raise ValueError("has invalid exercise ids")
    return frozenset(data)


def _runs(data: object) -> tuple[int, ...]:
    if not isinstance(data, list):
        raise ValueError("has invalid session counts")
    return tuple([_whole(number, MOST) for number in data])
