"""Button, session and chosen program together: all that the loop sees.

What a gesture means in each state (DESIGN section 6):

| state   | PRESS                    | RELEASE after it | AGAIN     | HOLD               |
| ------- | ------------------------ | ---------------- | --------- | ------------------ |
| idle    | the sound is opened      | start            | -         | next program       |
| waiting | -                        | -                | -         | given up           |
| running | pause                    | -                | next step | stop               |
| paused  | -                        | resume           | next step | stop               |

"Waiting" is from the start until the sound is open and the session's clips are there. AGAIN right after the press that started
does nothing: that person pressed twice by habit. Every PRESS and AGAIN is answered by a blip and by the light, whatever else it
does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from .button import ButtonReader, Gesture
from .phrases import LANGUAGES, Phrases
from .plan import GAP, Buzz, Plan, Say, make_plan
from .routine import Level, Profile, Routine
from .session import ANSWER, Command, Ended, Event, Hush, Paused, Phase, Resumed, Session, Started
from .signals import Signal
from .units import MINUTE, SECOND, Ms

PRIME = Ms(700)
"""From an open stream to the first word: amplifiers and HDMI sinks swallow the first half second (wyoming-satellite#122)."""
CLIPS_LOOK = Ms(1_000)
"""How often a start that waits for its clips looks for them."""
CLIPS_SAY = Ms(15 * SECOND)
"""How often it says that it waits."""
SOUND_WAIT = Ms(3_000)
"""How long a start waits for the sound before it goes on without."""
LINGER = Ms(20 * SECOND)
"""How long the stream stays open after the last use: for a press that follows soon."""
LONGEST_PAUSE = Ms(30 * MINUTE)
"""After that the person has gone; the next press begins anew."""

ButtonName = Literal["button", "next", "back"]


class Clips(Protocol):
    """What the trainer must know of the clips."""

    preparing: bool
    """Those that are missing are being made."""

    def length(self, text: str) -> Ms:
        """Return how long the text's clip is; an estimate where it is not there."""

    def __contains__(self, text: str) -> bool:
        """Tell whether the text can be said."""


@dataclass(frozen=True)
class Program:
    """What a press starts."""

    routine: Routine
    profile: Profile
    level: Level


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


Input = Edge | Sound


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


Action = Say | Buzz | Hush | Shine | OpenSound | CloseSound | Chosen | Event


class Trainer:
    """The whole trainer without its devices: takes inputs and the time, returns actions."""

    def __init__(
        self,
        programs: Sequence[Program],
        clips: Clips,
        readers: dict[ButtonName, ButtonReader],
        *,
        chosen: int = 0,
        tip: int = 0,
    ) -> None:
        """Begin idle, with the chosen program and the number of the next tip."""
        self.programs = programs
        self.chosen = chosen
        self.tip = tip
        self._clips = clips
        self._readers = readers
        self._session: Session | None = None
        self._start_by: Ms | None = None
        """While a start waits: for the sound, when it goes on without; for its clips, when they are looked for."""
        self._say_preparing: Ms | None = None
        """When it is said next that a start waits for its clips; None if it did not have to wait."""
        self._on_release: Callable[[Ms], list[Action]] | None = None
        self._started_by_press = False
        self._sound: Literal["closed", "opening", "ready", "failed"] = "closed"
        self._idle_by: Ms | None = None
        """When the stream is closed, or a long pause given up."""
        self._announce = False
        """A program was chosen before the sound was open: it is said as soon as it is."""
        self._quiet_at = Ms(0)
        """When the trainer's own buzzes are over that a word said once there is sound must wait for."""
        self._sound_lost = False
        """The sound vanished in a session and has not come back."""

    def begin(self, now: Ms) -> list[Action]:
        """Return the actions of the program's own start."""
        return [Shine(now, Light.READY)]

    def finish(self, now: Ms) -> list[Action]:
        """Return the actions of the program's own end: a running session is stopped, and nothing is heard any more."""
        return [*self._command(Command.STOP, now), Hush(now), Shine(now, Light.OFF), CloseSound(now)]

    def deadline(self) -> Ms | None:
        """Return when `handle` must be called next if nothing happens, or None."""
        dues = [reader.deadline() for reader in self._readers.values()]
        dues += [self._session.deadline() if self._session else None, self._start_by, self._idle_by]
        return min((due for due in dues if due is not None), default=None)

    def handle(self, what: Input | None, now: Ms) -> list[Action]:
        """Return what is due by now and what follows from the input."""
        actions = self._advance(now)
        for name, reader in self._readers.items():
            match what:
                case Edge(button, down, at):
                    gestures = reader.edge(down, at) if button == name else reader.tick(at)
                case Sound():
                    gestures = []  # a late loop may find an edge behind it that was before `now`
                case None:
                    gestures = reader.tick(now)
            for gesture in gestures:
                actions += self._main(gesture, now) if name == "button" else self._extra(name, gesture, now)
        if isinstance(what, Sound):
            actions += self._sound_changed(what, now)
        return actions

    def plan(self, number: int) -> Plan:
        """Plan the session that a program would start now."""
        program = self.programs[number]
        return make_plan(program.routine, program.profile, program.level, self._clips.length, tip=self.tip)

    def phrases(self) -> list[str]:
        """Every text that the trainer can say, the chosen program's first, in the order in which they are needed."""
        numbers = [*range(self.chosen, len(self.programs)), *range(self.chosen)]
        # First what is said while the rest is made.
        texts = [self._words(self.chosen).preparing, *self.plan(self.chosen).phrases()]
        texts += [text for number in numbers for text in self._own_phrases(number)]
        for number in numbers:
            texts += [*self.plan(number).phrases(), *self.programs[number].routine.tips]
        return list(dict.fromkeys(texts))

    def _own_phrases(self, number: int) -> list[str]:
        words = self._words(number)
        return [words.preparing, words.paused, words.stopped, words.sound_lost, self._announcement(number)]

    def _announcement(self, number: int) -> str:
        program = self.programs[number]
        return self._words(number).program(program.routine.title, program.profile)

    def _words(self, number: int) -> Phrases:
        return LANGUAGES[self.programs[number].routine.language]

    def _say(self, text: str, at: int) -> Say:
        return Say(Ms(at), text, self._clips.length(text))

    def _advance(self, now: Ms) -> list[Action]:
        actions = self._command(None, now)
        if self._start_by is not None and self._start_by <= now:
            actions += self._begin_session(now)
        if self._idle_by is not None and self._idle_by <= now:
            if self._session:
                actions += self._command(Command.STOP, now)
            else:
                self._idle_by, self._sound = None, "closed"
                actions.append(CloseSound(now))
        return actions

    def _command(self, command: Command | None, now: Ms) -> list[Action]:
        """Give the session a command, or just the time; follow what it reports."""
        if not self._session:
            return []
        actions: list[Action] = []
        for action in self._session.handle(command, now):
            actions.append(action)
            match action:
                case Started(at) | Resumed(at):
                    self._idle_by = None
                    self._sound_lost = False
                    actions.append(Shine(at, Light.RUNNING))
                case Paused(at):
                    self._idle_by = Ms(at + LONGEST_PAUSE)
                    actions.append(Shine(at, Light.PAUSED))
                case Ended(at, completed):
                    self._session = None
                    self._sound_lost = False
                    self._idle_by = Ms(at + LINGER)
                    self.tip += completed
                    actions.append(Shine(at, Light.READY))
        return actions

    def _extra(self, name: ButtonName, gesture: Gesture, now: Ms) -> list[Action]:
        """Read one of the optional buttons."""
        if gesture not in (Gesture.PRESS, Gesture.AGAIN):
            return []
        command = Command.NEXT if name == "next" else Command.BACK
        return [*self._command(command, now), Buzz(now, Signal.PRESS)]

    def _main(self, gesture: Gesture, now: Ms) -> list[Action]:
        """Read the button, after the table at the top of this file."""
        match gesture:
            case Gesture.PRESS:
                return [*self._press(now), Buzz(now, Signal.PRESS)]
            case Gesture.AGAIN:
                self._on_release = None
                actions = [] if self._started_by_press else self._command(Command.NEXT, now)
                return [*actions, Buzz(now, Signal.PRESS)]
            case Gesture.RELEASE:
                follow, self._on_release = self._on_release, None
                return follow(now) if follow else []
            case Gesture.HOLD:
                self._on_release = None
                return self._hold(now)

    def _press(self, now: Ms) -> list[Action]:
        self._on_release = None
        self._started_by_press = not self._session
        if self._start_by is not None:
            return []
        if not self._session:
            self._on_release = self._start
            self._idle_by = None
            self._announce = False
            # What is still being said must not run into the session.
            return [Hush(now), *self._open(now), Shine(now, Light.PRESSED)]
        if self._session.phase is Phase.PAUSED:
            self._on_release = lambda at: self._command(Command.RESUME, at)
            return [Shine(now, Light.PRESSED)]
        actions = self._command(Command.PAUSE, now)
        # After the time of a double press, so that a skip is not announced as a pause.
        return [*actions, self._say(self._words(self.chosen).paused, now + ANSWER)]

    def _hold(self, now: Ms) -> list[Action]:
        if self._session:
            return [
                *self._command(Command.STOP, now),
                Buzz(now, Signal.STOPPED),
                self._say(self._words(self.chosen).stopped, now + Signal.STOPPED.length + GAP),
            ]
        self._idle_by = Ms(now + LINGER)
        if self._start_by is not None:
            self._start_by = None
            return [*self._hush_preparing(now), Buzz(now, Signal.STOPPED), Shine(now, Light.READY)]
        return self._next_program(now)

    def _next_program(self, now: Ms) -> list[Action]:
        """Choose the next program; count its number in short buzzes, and say it where there is sound."""
        self.chosen = (self.chosen + 1) % len(self.programs)
        actions: list[Action] = [Chosen(now, self.chosen), Shine(now, Light.READY)]
        at = now
        for _ in range(self.chosen + 1):
            actions.append(Buzz(at, Signal.STEP))
            at = Ms(at + Signal.STEP.length + GAP)
        if self._sound == "ready":
            return [*actions, self._say(self._announcement(self.chosen), at)]
        self._announce = self._sound == "opening"
        self._quiet_at = at
        return actions

    def _open(self, now: Ms) -> list[Action]:
        if self._sound in ("ready", "opening"):
            return []
        self._sound = "opening"
        return [OpenSound(now)]

    def _start(self, now: Ms) -> list[Action]:
        self._say_preparing = None
        if self._sound == "opening":
            self._start_by = Ms(now + SOUND_WAIT)
            return []
        return self._begin_session(now)

    def _begin_session(self, now: Ms) -> list[Action]:
        """Begin the chosen program; what is missing is buzzed first, and the session goes on with what there is."""
        plan = self.plan(self.chosen)
        at = Ms(now + PRIME)
        faults: list[Action] = []
        missing = any(text not in self._clips for text in plan.phrases())
        if missing and self._clips.preparing:
            return self._wait_for_clips(now)
        self._start_by = None
        for signal in [Signal.NO_SOUND] * (self._sound != "ready") + [Signal.NO_VOICE] * missing:
            faults.append(Buzz(at, signal))
            at = Ms(at + signal.length + PRIME)
        self._session = Session(plan, at)
        return [*self._hush_preparing(now), *faults, *self._command(None, now)]

    def _wait_for_clips(self, now: Ms) -> list[Action]:
        self._start_by = Ms(now + CLIPS_LOOK)
        if self._say_preparing is not None and now < self._say_preparing:
            return []
        self._say_preparing = Ms(now + CLIPS_SAY)
        return [
            Buzz(now, Signal.PREPARING),
            self._say(self._words(self.chosen).preparing, now + Signal.PREPARING.length + PRIME),
        ]

    def _hush_preparing(self, now: Ms) -> list[Action]:
        """Take back what is said of the wait, which may just have begun."""
        return [] if self._say_preparing is None else [Hush(now)]

    def _sound_changed(self, sound: Sound, now: Ms) -> list[Action]:
        if self._sound == "closed":
            return []  # told just before it was closed
        if sound.ready:
            self._sound = "ready"
            at = max(now + PRIME, self._quiet_at)
            if self._start_by is not None:
                return self._begin_session(now)
            if self._announce:
                self._announce = False
                return [self._say(self._announcement(self.chosen), at)]
            if self._sound_lost and self._session:
                self._sound_lost = False
                return [self._say(self._words(self.chosen).sound_lost, at)]
            return []
        was, self._sound = self._sound, "failed"
        self._announce = False
        if self._start_by is not None:
            return self._begin_session(now)
        if was == "ready" and self._session:
            self._sound_lost = True
            fault = Buzz(Ms(now + ANSWER), Signal.NO_SOUND)
            self._quiet_at = Ms(fault.end + GAP)
            # In a pause, what was still to be said goes with the sound: it must not meet what is said once that is back.
            return [*(self._command(Command.PAUSE, now) or [Hush(now)]), fault]
        return []
