"""Button, session and chosen program together: all that the loop sees.

What a gesture means in each state:

| state   | PRESS                    | RELEASE after it | AGAIN     | HOLD               |
| ------- | ------------------------ | ---------------- | --------- | ------------------ |
| idle    | the sound is opened      | start            | -         | next program       |
| waiting | -                        | -                | -         | given up           |
| running | pause                    | -                | next step | stop               |
| paused  | -                        | resume           | next step | stop               |

"Waiting" is from the start until the sound is open and the session's clips are there. AGAIN right after the press that started
does nothing: that person pressed twice by habit. Every PRESS and AGAIN is answered by a blip and by the light, whatever else it
does.

While an `Offer` lasts, a press in idle starts what it offers; a hold ends it. Else, while a reminder is open that was said, a
press in idle starts what it reminds of, and a hold puts it off; neither changes which program is chosen. Without any program,
for the settings are wrong, a press is answered by the fault's signal.

An exercise with `repeat_after` that was held to its end is offered once more so long after it. Nothing is said by itself in a
session, within `SETTLE` after one, in the quiet hours, or while somebody is at the button.

`Order`s of other processes mean the same as the gestures; each is `Answered`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Literal, Protocol

from .button import ButtonReader, Gesture
from .languages import LANGUAGES, LONGEST_AGO, LONGEST_STREAK, Phrases
from .messages import (
    Answered,
    ButtonName,
    Chosen,
    CloseSound,
    Edge,
    Ended,
    Held,
    Hush,
    Input,
    Light,
    Offer,
    OpenSound,
    Order,
    Paused,
    Reminded,
    Repeatable,
    Resumed,
    Shine,
    Sound,
    Started,
)
from .plan import GAP, PAUSE, Buzz, Plan, Say, make_plan
from .reminders import Announced, PutOff, Reminders, Report
from .routine import Profile, Program, alone
from .session import ANSWER, Command, Event, Phase, Session
from .signals import Signal
from .statistics import SpokenStatus
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
OFFERED = Ms(10 * MINUTE)
"""How long a session that broke off can be gone on with."""
REPEATED = Ms(5 * MINUTE)
"""How long an exercise is offered once more."""
REPEAT_LOOK = Ms(SECOND)
"""How often it is looked whether an offer that had to wait may be made."""
SETTLE = Ms(MINUTE)
"""After a session nobody is asked for the next one at once."""


class Clips(Protocol):
    """What the trainer must know of the clips."""

    preparing: bool
    """Those that are missing are being made."""

    def length(self, text: str) -> Ms:
        """Return how long the text's clip is; an estimate where it is not there."""

    def __contains__(self, text: str) -> bool:
        """Tell whether the text can be said."""


class Habit(Protocol):
    """What the trainer must know of the person's past, and of the time of day. Each answers at once."""

    def wall(self) -> datetime | None:
        """Return the local time, with its zone; None while it is not trusted, or the past not known."""

    def quiet(self) -> bool:
        """Tell whether these are the quiet hours."""

    def last_done(self, routine: str, profile: Profile) -> date | None:
        """Return the last day on which a routine was done."""

    def streak(self, routine: str, profile: Profile) -> int:
        """Return on how many days in a row it was done."""

    def knows(self, routine: str, profile: Profile) -> bool:
        """Tell whether the short instructions do."""


Action = Say | Buzz | Hush | Shine | OpenSound | CloseSound | Chosen | Answered | Reminded | Repeatable | Event


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
        status: SpokenStatus = "program",
        habit: Habit | None = None,
        reminders: Reminders | None = None,
        reminded: Mapping[str, Program] | None = None,
    ) -> None:
        """Begin idle.

        Args:
            programs: what holding the button goes through.
            clips: the spoken clips.
            readers: of the buttons.
            chosen: which program is.
            tip: the number of the next tip.
            status: what is said of a program when it is chosen.
            habit: None where nothing is known of the past and of the time of day; then nobody is reminded.
            reminders: what is due when.
            reminded: what each of them starts, by its key.
        """
        self.programs = programs
        """What holding the button goes through; empty where the settings are wrong."""
        self.chosen = chosen
        self.tip = tip
        self.finished = False
        """The program ends: what ends with it was not ended by the person."""
        self.reminders = reminders
        self._reminded = dict(reminded or {})
        self._status = status
        self._habit = habit
        self._clips = clips
        self._readers = readers
        self._session: Session | None = None
        self._offer: Offer | None = None
        self._starting: Offer | None = None
        """What the waiting start is of, if not of the chosen program."""
        self._start_by: Ms | None = None
        """While a start waits: for the sound, when it goes on without; for its clips, when they are looked for."""
        self._say_preparing: Ms | None = None
        """When it is said next that a start waits for its clips; None if it did not have to wait."""
        self._on_release: Callable[[Ms], list[Action]] | None = None
        self._program = programs[chosen] if programs else None
        """Of the session, or of the start that waits."""
        self._repeats: dict[str, tuple[Ms, Program]] = {}
        """What is offered once more, and from when on, by the exercise's id."""
        self._repeat_look = Ms(0)
        """When it is looked next whether that may be said."""
        self._started_by_press = False
        self._sound: Literal["closed", "opening", "ready", "failed"] = "closed"
        self._idle_by: Ms | None = None
        """When the stream is closed, or a long pause given up."""
        self._unsaid: tuple[Signal | str, ...] = ()
        """What is to be heard as soon as the sound is open."""
        self._still_at = Ms(0)
        """When what is said in idle is over, or a session's end has settled."""
        self._quiet_at = Ms(0)
        """When the trainer's own buzzes are over that a word said once there is sound must wait for."""
        self._sound_lost = False
        """The sound vanished in a session and has not come back."""

    def begin(self, now: Ms) -> list[Action]:
        """Return the actions of the program's own start."""
        return [Shine(now, Light.READY)]

    def finish(self, now: Ms) -> list[Action]:
        """Return the actions of the program's own end: a running session is stopped, and nothing is heard any more."""
        self.finished = True
        return [*self._command(Command.STOP, now), Hush(now), Shine(now, Light.OFF), CloseSound(now)]

    def deadline(self) -> Ms | None:
        """Return when `handle` must be called next if nothing happens, or None."""
        dues = [reader.deadline() for reader in self._readers.values()]
        dues += [self._session.deadline() if self._session else None, self._start_by, self._idle_by]
        dues.append(self._offer.until if self._offer else None)
        dues.append(self.reminders.deadline() if self.reminders and self._habit else None)
        dues += [max(due, self._repeat_look) for due, _ in self._repeats.values()]
        return min((due for due in dues if due is not None), default=None)

    def handle(self, what: Input | None, now: Ms) -> list[Action]:
        """Return what is due by now and what follows from the input."""
        actions = self._advance(now)
        for name, reader in self._readers.items():
            match what:
                case Edge(button, down, at):
                    gestures = reader.edge(down, at) if button == name else reader.tick(at)
                case None:
                    gestures = reader.tick(now)
                case _:
                    gestures = []  # a late loop may find an edge behind it that was before `now`
            for gesture in gestures:
                actions += self._main(gesture, now) if name == "button" else self._extra(name, gesture, now)
        match what:
            case Sound():
                actions += self._sound_changed(what, now)
            case Offer():
                actions += self._offered(what, now)
            case Order():
                actions += self._order(what, now)
        return actions

    @property
    def busy(self) -> bool:
        """Tell whether a session runs, is paused, or is about to start."""
        return self._session is not None or self._start_by is not None

    def plan(self, program: Program) -> Plan:
        """Plan the session that a program would start now."""
        short = self._habit is not None and self._habit.knows(program.routine.id, program.profile)
        return self._plan(program, short=short)

    def _plan(self, program: Program, *, short: bool) -> Plan:
        return make_plan(program.routine, program.profile, program.level, self._clips.length, tip=self.tip, short=short)

    def phrases(self) -> list[str]:
        """Every text that the trainer can say, the chosen program's first, in the order in which they are needed."""
        programs = [*self.programs[self.chosen :], *self.programs[: self.chosen]]
        programs += [program for program in self._reminded.values() if program not in programs]
        # First what is said while the rest is made.
        texts = [self.words(self.chosen).preparing]
        texts += [text for program in programs[:1] for text in self.plan(program).phrases()]
        texts += [text for program in programs for text in self._own_phrases(program)]
        for program in programs:
            texts += [*self.plan(program).phrases(), *program.routine.tips]
        for program in programs:
            texts += self._plan(program, short=False).phrases()
            texts += self._plan(program, short=True).phrases()
            for repeat in self._repeats_of(program):
                texts += [self._repeat_text(repeat), *self._plan(repeat, short=False).phrases()]
        return list(dict.fromkeys(texts))

    def _own_phrases(self, program: Program) -> list[str]:
        words = _words(program)
        exercises = range(len(program.routine.exercises) + 1)
        texts = [
            *(words.preparing, words.paused, words.stopped, words.sound_lost, _announcement(program)),
            *(words.no_pins, words.bad_settings, *map(words.go_on, exercises)),
        ]
        if self.reminders and program in self._reminded.values():
            texts += [_reminder_text(program), words.later(self.reminders.put_off_by // MINUTE), words.not_today]
        match self._status:
            case "last":
                texts += map(words.last_done, range(LONGEST_AGO + 1))
            case "streak":
                texts += map(words.streak, range(1, LONGEST_STREAK + 1))
        return texts

    @staticmethod
    def _repeats_of(program: Program) -> list[Program]:
        return [
            replace(program, routine=alone(program.routine, exercise))
            for exercise in program.routine.exercises
            if exercise.repeat_after
        ]

    @staticmethod
    def _repeat_text(program: Program) -> str:
        return _words(program).repeat(program.routine.exercises[0].name)

    def _remark(self, program: Program) -> list[str]:
        """Return what is said after a chosen program's name."""
        habit, words = self._habit, _words(program)
        today = habit and habit.wall()
        if not habit or not today:
            return []
        if self._status == "last" and (last := habit.last_done(program.routine.id, program.profile)):
            return [words.last_done(min(max((today.date() - last).days, 0), LONGEST_AGO))]
        if self._status == "streak" and (days := habit.streak(program.routine.id, program.profile)):
            return [words.streak(min(days, LONGEST_STREAK))]
        return []

    def words(self, number: int) -> Phrases:
        """Return what is said in the language of a program; in English where there is none."""
        return _words(self.programs[number] if self.programs else None)

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
                self._idle_by, self._sound, self._unsaid = None, "closed", ()
                actions.append(CloseSound(now))
        if self._offer and self._offer.until <= now:
            self._offer = None
        actions += self._repeat(now)
        return actions + self._remind(now)

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
                case Held(at, step, held) if held >= step.held + step.length and self._program:
                    self._note_repeat(step.exercise, at)
                case Ended(at, completed):
                    self._session = None
                    self._sound_lost = False
                    self._idle_by = Ms(at + LINGER)
                    self._still_at = Ms(at + SETTLE)
                    self.tip += completed and self._program is not None and self._program.routine.tips != ()
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
            if not self.programs:
                return self._refuse(now)
            self._on_release = self._start
            self._idle_by = None
            self._unsaid = ()
            # What is still being said must not run into the session.
            return [Hush(now), *self._open(now), Shine(now, Light.PRESSED)]
        if self._session.phase is Phase.PAUSED:
            self._on_release = lambda at: self._command(Command.RESUME, at)
            return [Shine(now, Light.PRESSED)]
        return self._pause(now)

    def _pause(self, now: Ms) -> list[Action]:
        actions = self._command(Command.PAUSE, now)
        # After the time of a double press, so that a skip is not announced as a pause.
        return [*actions, self._say(_words(self._program).paused, now + ANSWER)]

    def _stop(self, now: Ms) -> list[Action]:
        return [
            *self._command(Command.STOP, now),
            Buzz(now, Signal.STOPPED),
            self._say(_words(self._program).stopped, now + Signal.STOPPED.length + GAP),
        ]

    def _hold(self, now: Ms) -> list[Action]:
        if self._session:
            return self._stop(now)
        self._idle_by = Ms(now + LINGER)
        if self._start_by is not None:
            return self._give_up(now)
        if not self._offer and self.reminders and self.reminders.current:
            return self._later(now, self.reminders)
        self._offer = None
        return self._next_program(now) if self.programs else []

    def _give_up(self, now: Ms) -> list[Action]:
        self._start_by = None
        return [*self._hush_preparing(now), Buzz(now, Signal.STOPPED), Shine(now, Light.READY)]

    def _refuse(self, now: Ms) -> list[Action]:
        """Say that the settings are wrong."""
        fault = Buzz(Ms(now + ANSWER), Signal.BAD_SETTINGS)
        self._quiet_at = Ms(fault.end + GAP)
        return [Hush(now), fault, *self._tell(now, self.words(0).bad_settings)]

    def _tell(self, now: Ms, *what: Signal | str) -> list[Action]:
        """Have signals and texts heard in idle, as soon as there is sound and the trainer's own buzzes are over."""
        self._idle_by = Ms(now + LINGER)
        if self._sound != "ready":
            self._unsaid = what
            return self._open(now)
        actions: list[Action] = []
        at = max(Ms(now + PRIME), self._quiet_at)
        for one in what:
            cue = Buzz(at, one) if isinstance(one, Signal) else self._say(one, at)
            actions.append(cue)
            at = Ms(cue.end + (GAP if isinstance(one, Signal) else PAUSE))
            self._still_at, self._idle_by = cue.end, Ms(cue.end + LINGER)
        return actions

    def _offered(self, offer: Offer, now: Ms) -> list[Action]:
        if self.busy:
            return []
        self._offer = offer
        buzz = Buzz(now, Signal.READY)
        self._quiet_at = Ms(buzz.end + GAP)
        return [buzz, *self._tell(now, offer.text)]

    def _occupied(self, now: Ms) -> bool:
        """Tell whether nothing may be said by itself: there is a session, or somebody at the button, or something is said."""
        waits = self._offer is not None or self._on_release is not None or self._unsaid != ()
        return self.busy or waits or now < self._still_at

    def _remind(self, now: Ms) -> list[Action]:
        """Look whether a reminder is due."""
        reminders, habit = self.reminders, self._habit
        if not reminders or not habit or (due := reminders.deadline()) is None or now < due:
            return []
        return self._reported(reminders.look(now, habit.wall(), habit.last_done, busy=self._occupied(now)), now)

    def _reported(self, reports: Sequence[Report], now: Ms) -> list[Action]:
        actions: list[Action] = []
        for report in reports:
            actions.append(Reminded(now, report))
            if isinstance(report, Announced):
                actions += self._tell(now, Signal.REMINDER, _reminder_text(self._reminded[report.reminder.key]))
        return actions

    def _later(self, now: Ms, reminders: Reminders) -> list[Action]:
        """Put off the reminder that was said last."""
        buzz = Buzz(now, Signal.STOPPED)
        self._quiet_at = Ms(buzz.end + GAP)
        actions: list[Action] = [Shine(now, Light.READY), buzz]
        for report in reminders.later(now):
            words = _words(self._reminded[report.reminder.key])
            text = words.later(reminders.put_off_by // MINUTE) if isinstance(report, PutOff) else words.not_today
            actions += [Reminded(now, report), *self._tell(now, text)]
        return actions

    def _note_repeat(self, exercise: str, at: Ms) -> None:
        """Note that a hold was held to its end: after the exercise's last one, it may be offered once more."""
        assert self._program
        for repeat in self._repeats_of(self._program):
            if repeat.routine.exercises[0].id == exercise:
                after = next(it.repeat_after for it in self._program.routine.exercises if it.id == exercise)
                self._repeats[exercise] = Ms(at + after), repeat

    def _repeat(self, now: Ms) -> list[Action]:
        """Offer an exercise once more, where it is time and nothing else goes on."""
        for exercise, (due, program) in list(self._repeats.items()):
            if due + REPEATED <= now:
                del self._repeats[exercise]
            elif due <= now and not self._occupied(now) and not (self._habit and self._habit.quiet()):
                del self._repeats[exercise]
                self._offer = Offer(self._repeat_text(program), Ms(due + REPEATED), program)
                return [Repeatable(now, self._offer), *self._tell(now, Signal.REMINDER, self._offer.text)]
            elif due <= now:
                self._repeat_look = Ms(now + REPEAT_LOOK)
        return []

    def _order(self, order: Order, now: Ms) -> list[Action]:
        """Do what another process asks for."""
        session, waiting = self._session, self._start_by is not None
        running = session is not None and session.phase is Phase.RUNNING
        why, actions = "", list[Action]()
        match order.what:
            case "start" if not self.programs:
                why = "the settings are wrong"
            case "start" if running or waiting:
                why = "a session is running already"
            case "start" if session:
                actions = self._command(Command.RESUME, now)
            case "start":
                self._unsaid, self._idle_by = (), None
                actions = [Hush(now), *self._open(now), *self._start(now)]
            case "say" if session or waiting:
                why = "a session is running"
            case "say":
                actions = self._tell(now, order.text)
            case "stop" if waiting:
                self._idle_by = Ms(now + LINGER)
                actions = self._give_up(now)
            case _ if not session:
                why = "no session is running"
            case "pause" if running:
                actions = self._pause(now)
            case "pause":
                why = "the session is paused already"
            case "stop":
                actions = self._stop(now)
            case "next" | "back":
                actions = self._command(Command.NEXT if order.what == "next" else Command.BACK, now)
        return [*actions, Answered(now, order, why)]

    def _next_program(self, now: Ms) -> list[Action]:
        """Choose the next program; count its number in short buzzes, and say it where there is sound."""
        self.chosen = (self.chosen + 1) % len(self.programs)
        actions: list[Action] = [Chosen(now, self.chosen), Shine(now, Light.READY)]
        at = now
        for _ in range(self.chosen + 1):
            actions.append(Buzz(at, Signal.STEP))
            at = Ms(at + Signal.STEP.length + GAP)
        self._quiet_at = at
        if self._sound in ("ready", "opening"):  # counted buzzes are enough where there is none
            program = self.programs[self.chosen]
            actions += self._tell(now, _announcement(program), *self._remark(program))
        return actions

    def _open(self, now: Ms) -> list[Action]:
        if self._sound in ("ready", "opening"):
            return []
        self._sound = "opening"
        return [OpenSound(now)]

    def _start(self, now: Ms) -> list[Action]:
        self._say_preparing = None
        self._starting, self._offer = self._offer, None
        actions: list[Action] = []
        if not self._starting and self.reminders and (reminder := self.reminders.current):
            self._starting = Offer("", now, self._reminded[reminder.key])
            actions = self._reported(self.reminders.answer(), now)
        if self._sound == "opening":
            self._start_by = Ms(now + SOUND_WAIT)
            return actions
        return actions + self._begin_session(now)

    def _begin_session(self, now: Ms) -> list[Action]:
        """Begin the chosen program; what is missing is buzzed first, and the session goes on with what there is."""
        offer = self._starting
        self._program = offer.program if offer else self.programs[self.chosen]
        plan = self.plan(self._program)
        at = Ms(now + PRIME)
        faults: list[Action] = []
        missing = any(text not in self._clips for text in plan.phrases())
        if missing and self._clips.preparing:
            return self._wait_for_clips(now)
        self._start_by = None
        for signal in [Signal.NO_SOUND] * (self._sound != "ready") + [Signal.NO_VOICE] * missing:
            faults.append(Buzz(at, signal))
            at = Ms(at + signal.length + PRIME)
        place, held = (offer.place, offer.held) if offer and offer.place < len(plan.steps) else (0, Ms(0))
        self._session = Session(plan, at, place=place, held=held)
        return [*self._hush_preparing(now), *faults, *self._command(None, now)]

    def _wait_for_clips(self, now: Ms) -> list[Action]:
        self._start_by = Ms(now + CLIPS_LOOK)
        if self._say_preparing is not None and now < self._say_preparing:
            return []
        self._say_preparing = Ms(now + CLIPS_SAY)
        return [
            Buzz(now, Signal.PREPARING),
            self._say(_words(self._program).preparing, now + Signal.PREPARING.length + PRIME),
        ]

    def _hush_preparing(self, now: Ms) -> list[Action]:
        """Take back what is said of the wait, which may just have begun."""
        return [] if self._say_preparing is None else [Hush(now)]

    def _sound_changed(self, sound: Sound, now: Ms) -> list[Action]:
        if self._sound == "closed":
            return []  # told just before it was closed
        if sound.ready:
            self._sound = "ready"
            if self._start_by is not None:
                return self._begin_session(now)
            if self._sound_lost and self._session:
                self._sound_lost = False
                return [self._say(_words(self._program).sound_lost, max(now + PRIME, self._quiet_at))]
            what, self._unsaid = self._unsaid, ()
            return self._tell(now, *what) if what else []
        was, self._sound = self._sound, "failed"
        if self._start_by is not None:
            return self._begin_session(now)
        if was == "ready" and self._session:
            self._sound_lost = True
            fault = Buzz(Ms(now + ANSWER), Signal.NO_SOUND)
            self._quiet_at = Ms(fault.end + GAP)
            # In a pause, what was still to be said goes with the sound: it must not meet what is said once that is back.
            return [*(self._command(Command.PAUSE, now) or [Hush(now)]), fault]
        signals = [one for one in self._unsaid if isinstance(one, Signal)]
        self._unsaid = tuple(one for one in self._unsaid if isinstance(one, str))
        return [Buzz(now, signal) for signal in signals]


def _words(program: Program | None) -> Phrases:
    return LANGUAGES[program.routine.language if program else "en"]


def _announcement(program: Program) -> str:
    return _words(program).program(program.routine.title, program.profile)


def _reminder_text(program: Program) -> str:
    return _words(program).reminder(program.routine.title, program.profile)
