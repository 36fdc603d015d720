"""Hand-written fakes: they record what they were told, and can be told to fail."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pitrainer.config.routines import read_routine
from pitrainer.core.button import DOUBLE, ButtonReader
from pitrainer.core.languages import Phrase
from pitrainer.core.learned import Learned
from pitrainer.core.messages import (
    Action,
    Answered,
    Began,
    Chosen,
    Edge,
    Ended,
    Held,
    Input,
    Light,
    Offered,
    Paused,
    Pressed,
    Rated,
    Reminded,
    Resumed,
    SetVolume,
    Shine,
    Softly,
    Sound,
    VolumeChanged,
)
from pitrainer.core.plan import Buzz, Say, Step
from pitrainer.core.planning import Planning
from pitrainer.core.reminders import Closed, Reminder, Reminders, within
from pitrainer.core.routine import Level, Profile, Program, Regimen, Routine
from pitrainer.core.signals import Signal
from pitrainer.core.speech import estimate
from pitrainer.core.statistics import SpokenStatus
from pitrainer.core.trainer import Trainer
from pitrainer.core.units import MINUTE, Ms
from pitrainer.errors import Problem
from pitrainer.service.loop import Outputs, Quit, run


class SimClock:
    """A clock that jumps to the earlier of the next scripted input and the next due time, and raises when there is neither.

    A late one wakes that much after the time, as on a loaded machine; like the real one it then hands over first what came
    in meanwhile.
    """

    def __init__(self, script: Sequence[tuple[int, Input | Quit]], late: int = 0) -> None:
        self.time = Ms(0)
        self.late = late
        self.script = sorted(script, key=lambda entry: entry[0])

    def now(self) -> Ms:
        return self.time

    def put(self, at: int, what: Input | Quit) -> None:
        self.script = sorted([*self.script, (at, what)], key=lambda entry: entry[0])

    def wait(self, until: Ms | None) -> Input | Quit | None:
        next_input = self.script[0][0] if self.script else None
        if next_input is None and until is None:
            raise AssertionError(f"the loop waits for ever at {self.time}")
        wake = min(moment for moment in (next_input, until) if moment is not None)
        if wake > self.time:
            self.time = Ms(wake + self.late)
        if next_input is not None and next_input <= self.time:
            return self.script.pop(0)[1]
        return None


class FakeClips:
    """Clips of estimated length, or as a function tells; the texts in `missing` are not there."""

    def __init__(self, missing: Sequence[str] = (), length_of: Callable[[Phrase], Ms] = estimate) -> None:
        self.missing = set(missing)
        self.preparing = False
        self.pace = 0.0
        self.length_of = length_of

    def length(self, phrase: Phrase) -> Ms:
        return self.length_of(phrase)

    def __contains__(self, phrase: Phrase) -> bool:
        return phrase.text not in self.missing


def half_a_second(phrase: Phrase) -> Ms:
    """Every clip's length where a session is to be checked by hand."""
    assert phrase.text
    return Ms(500)


class FakeSpeaker:
    """Records what it was told with the time; answers `open` after `delay` ms, well or not."""

    def __init__(self, clock: SimClock, *, fails: bool = False, delay: int = 50) -> None:
        self.clock, self.fails, self.delay = clock, fails, delay
        self.told: list[tuple[Ms, str, object]] = []

    def open(self) -> None:
        self.told.append((self.clock.time, "open", None))
        self.clock.put(self.clock.time + self.delay, Sound(not self.fails, "no card" if self.fails else ""))

    def close(self) -> None:
        self.told.append((self.clock.time, "close", None))

    def say(self, phrase: Phrase, at: Ms) -> None:
        self.told.append((self.clock.time, "say", (phrase, at)))

    def tone(self, signal: Signal, at: Ms) -> None:
        self.told.append((self.clock.time, "tone", (signal, at)))

    def hush(self) -> None:
        self.told.append((self.clock.time, "hush", None))

    def set_volume(self, volume: int) -> None:
        self.told.append((self.clock.time, "volume", volume))

    def softly(self, on: bool) -> None:
        self.told.append((self.clock.time, "softly", on))


class Silence:
    """A speaker of which only its place is needed: nothing is played."""

    def __init__(self, *_: object, before: object = None, **__: object) -> None:
        self.card = before

    def shut(self) -> None:
        pass

    def alive(self) -> bool:
        return True

    def lent(self) -> None:
        pass


class FakePins:
    """Records each switch of the buzzer and each light with its time."""

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.buzzes: list[tuple[Ms, bool]] = []
        self.lights: list[tuple[Ms, Light]] = []

    def buzz(self, on: bool) -> None:
        self.buzzes.append((self.clock.time, on))

    def shine(self, light: Light) -> None:
        self.lights.append((self.clock.time, light))


BEGUN = Learned(sessions=3)
"""What most tests' persons have learned: the buzzes are not explained any more."""


class FakeHabit:
    """A past that is told, and a wall clock that goes with the simulated one."""

    def __init__(
        self,
        start: str = "2024-05-06 08:00",
        *,
        zone: str = "Europe/Berlin",
        trusted: bool = True,
        quiet: bool = False,
        learned: Learned = BEGUN,
        streak: int = 0,
    ) -> None:
        self.start = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
        self.trusted, self.is_quiet, self.past, self.days = trusted, quiet, learned, streak
        self.done: dict[Regimen, date] = {}
        self.clock: SimClock | None = None

    def wall(self) -> datetime | None:
        if not self.trusted or not self.clock:
            return None
        return (self.start.astimezone(UTC) + timedelta(milliseconds=self.clock.time)).astimezone(self.start.tzinfo)

    def quiet(self) -> bool:
        return self.is_quiet

    def last_done(self, regimen: Regimen) -> date | None:
        return self.done.get(regimen)

    def last_over(self, regimen: Regimen) -> date | None:
        return self.last_done(regimen)

    def streak(self, regimen: Regimen) -> int:
        return self.days if regimen in self.done else 0

    def learned(self, program: Program) -> Learned:  # noqa: ARG002 - the same of every program
        return self.past


class Listener:
    """Records every action with the time at which the outputs performed it; what was pressed, which is in the script, apart."""

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.heard: list[tuple[Ms, Action]] = []
        self.pressed: list[Pressed] = []

    def __call__(self, action: Action) -> None:
        if isinstance(action, Pressed):
            self.pressed.append(action)
        else:
            self.heard.append((self.clock.time, action))


def tap(at: int, length: int = 100, button: str = "button") -> list[tuple[int, Input | Quit]]:
    """Script a press of a button."""
    return [(at, Edge(button, True, Ms(at))), (at + length, Edge(button, False, Ms(at + length)))]  # type: ignore[arg-type]


def parse(text: str, file: str = "test.toml") -> Routine:
    """Read a routine that must be right."""
    problems: list[Problem] = []
    routine = read_routine(tomllib.loads(text), file, problems)
    assert not problems
    assert routine
    return routine


def read(path: Path) -> Routine:
    """Read a routine's file that must be right."""
    return parse(path.read_text(), path.name)


TESTS = Path(__file__).parent.parent
SMALL = read(TESTS / "routines" / "small.toml")
NECK = TESTS.parent / "config" / "routines" / "neck.toml"


def shown(action: Action) -> str:
    """Print what an action does, without its time."""
    match action:
        case Say(_, text):
            return f"say {text}"
        case Buzz(_, signal):
            return f"buzz {signal.name}"
        case Shine(_, light):
            return f"shine {light.name}"
        case SetVolume(_, volume):
            return f"play at {volume}"
        case Softly(_, on):
            return "softly" if on else "as loud as ever"
        case VolumeChanged(_, volume):
            return f"volume {volume}"
        case Chosen(_, number):
            return f"chosen {number}"
        case Reminded(_, report):
            return f"{type(report).__name__.lower()} {report.reminder.key}" + (
                f": {report.why}" if isinstance(report, Closed) else ""
            )
        case Answered(_, order, why):
            return f"answered {order.what}: {why or 'done'}"
        case Began(_, step):
            return f"began {place(step)} for {step.length}"
        case Held(_, step, held):
            return f"held {held} of {place(step)}"
        case Rated(_, step, about, value):
            return f"rated {about} {'taken back' if value is None else value} in {place(step)}"
        case Paused(_, step):
            return f"paused in {place(step)}"
        case Resumed(_, step):
            return f"resumed in {place(step)}"
        case Offered(_, offer):
            return f"offered from step {offer.place} after {offer.held}" if offer.plan else "repeatable"  # as golden/ has it
        case Ended(_, completed):
            return "ended, completed" if completed else "ended, not completed"
        case _:
            return type(action).__name__.lower()


def place(step: Step) -> str:
    """Print where in the plan a step is."""
    return " ".join(
        filter(None, [str(step.index), step.kind, step.exercise, step.position, f"set {step.set}" * (step.set > 1)])
    )


Told = tuple[int, int, str]
"""When an action was performed, its own `at`, and what it does."""


class SimRoom:
    """The whole trainer with fake devices, run by the real loop through a script until it has quit.

    The press of `tap(0, 300)` starts a session whose plan begins at 1000 sharp: 300 is the release, and 700 the priming.
    """

    def __init__(
        self,
        script: Sequence[tuple[int, Input | Quit]],
        *,
        until: int,
        programs: Sequence[tuple[Routine, Profile, Level] | tuple[Routine, Profile, Level, str]] = (
            (SMALL, "adult", "standard"),
        ),
        clips: FakeClips | None = None,
        fails: bool = False,
        delay: int = 50,
        late: int = 0,
        tones: bool = False,
        chosen: int = 0,
        tip: int = 0,
        habit: FakeHabit | None = None,
        reminders: Mapping[Reminder, Routine] | None = None,
        status: SpokenStatus = "program",
        double: int = DOUBLE,
        volume: int = 100,
        soft_max: int = 100,
        draw: Callable[[], str] | None = None,
    ) -> None:
        self.until = until
        self.clock = SimClock([*script, (until, Quit("the script is over"))], late)
        self.speaker = FakeSpeaker(self.clock, fails=fails, delay=delay)
        self.pins = FakePins(self.clock)
        self.listener = Listener(self.clock)
        self.clips = clips or FakeClips(length_of=half_a_second)
        self.trainer = Trainer(
            [Program(*program) for program in programs],
            self.clips,
            {name: ButtonReader(Ms(30), Ms(1_200), double=Ms(double)) for name in ("button", "next", "back")},
            planning=Planning(self.clips, habit or FakeHabit()),
            double=Ms(double),
            volume=volume,
            soft_max=soft_max,
            chosen=chosen,
            tip=tip,
            status=status,
            habit=habit,
            reminders=Reminders(
                [*reminders],
                every=Ms(5 * MINUTE),
                give_up=Ms(30 * MINUTE),
                later=Ms(10 * MINUTE),
                quiet=lambda now: within(time(22), time(7), now),
            )
            if reminders
            else None,
            reminded={
                one.key: Program(routine, one.profile, one.level, one.person) for one, routine in (reminders or {}).items()
            },
            draw=draw,
        )
        if habit:
            habit.clock = self.clock
        told = self.listener
        self.outputs = Outputs(self.speaker, self.pins, told, tones=tones, answer=told, watch=told)
        self.quit = run(self.clock, self.trainer, self.outputs)
        self.heard, self.pressed = self.listener.heard, self.listener.pressed

    def told(self, since: int = 0, until: int = 10**9) -> list[Told]:
        """Return the actions performed from one moment until before another; the end of the program is not among them."""
        return [(at, action.at, shown(action)) for at, action in self.heard if since <= at < min(until, self.until)]
