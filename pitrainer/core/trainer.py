"""Button, session and chosen program together: all that the loop sees.

What a gesture means in each state:

| state   | PRESS               | RELEASE | AGAIN     | AGAIN, AGAIN  | more         | RELEASE after LONG_PRESS |
| ------- | ------------------- | ------- | --------- | ------------- | ------------ | ------------------------ |
| idle    | the sound is opened | start   | -         | -             | -            | next program             |
| waiting | -                   | -       | -         | -             | -            | given up                 |
| running | pause               | says so | next hold | next exercise | paused again | stop                     |
| paused  | -                   | resume  | next hold | next exercise | paused again | stop                     |

"Waiting" is from the start until the sound is open and the session's clips are there. AGAIN right after the press that started
does nothing: that person pressed twice by habit. Four presses and more in one burst are nobody's wish: the session is
paused where it was before the first. Every PRESS and AGAIN is answered by a blip and by the light, whatever else it does.

LONG_PRESS itself only says what letting go would do: slow hands know when. Nobody's session suffers from that: it is paused. A
button that is STUCK does nothing; the session stays paused.

A session that is stopped, or whose pause became too long, is offered to be gone on with. While an `Offer` lasts, a press in
idle starts what it offers; a long press ends it, and names the chosen program. Else, while a reminder is open that was said, a
press in idle starts what it reminds of, and a long press puts it off; neither changes which program is chosen. The one that was
said last counts. Without any program, for the settings are wrong, a press is answered by the fault's signal.

An exercise with `repeat_after` that was held to its end is offered once more so long after it.

`Order`s of other processes mean the same as the gestures; each is `Answered`.
"""

from collections.abc import Callable, Mapping, Sequence

from .announcer import PRIME, Announcer
from .button import DOUBLE, ButtonReader, Gesture
from .faults import Faults
from .interfaces import Clips, Habit
from .messages import (
    Action,
    Answered,
    ButtonName,
    Chosen,
    CloseSound,
    Edge,
    Ended,
    Fault,
    GivenUp,
    Held,
    Hush,
    Input,
    Light,
    Offer,
    Order,
    Paused,
    Resumed,
    SetVolume,
    Shine,
    Sound,
    Started,
    VolumeChanged,
    WaitingForClips,
)
from .phrases import words_of
from .plan import GAP, Buzz, Plan, make_plan
from .prompts import Prompts
from .reminders import Reminders
from .routine import Program
from .session import Phase, Session, Transport, answer_after
from .signals import Signal
from .statistics import SpokenStatus
from .units import MINUTE, SECOND, Ms

CLIPS_LOOK = Ms(1_000)
"""How often a start that waits for its clips looks for them."""
CLIPS_SAY = Ms(15 * SECOND)
"""How often it says that it waits."""
SOUND_WAIT = Ms(3_000)
"""How long a start waits for the sound before it goes on without."""
LONGEST_PAUSE = Ms(30 * MINUTE)
"""After that the person has gone, and the session is stopped."""


class Trainer:
    """The whole trainer without its devices: takes inputs and the time, returns actions."""

    def __init__(
        self,
        programs: Sequence[Program],
        clips: Clips,
        readers: dict[ButtonName, ButtonReader],
        *,
        chosen: int = 0,
        double: Ms = DOUBLE,
        tip: int = 0,
        status: SpokenStatus = "program",
        habit: Habit | None = None,
        reminders: Reminders | None = None,
        reminded: Mapping[str, Program] | None = None,
    ) -> None:
        """Begin idle.

        Args:
            programs: what long presses go through.
            clips: the spoken clips.
            readers: of the buttons.
            chosen: which program is.
            double: `button.double`, which what is said after a press waits for.
            tip: the number of the next tip.
            status: what is said of a program when it is chosen.
            habit: None where nothing is known of the past and of the time of day; then nobody is reminded.
            reminders: what is due when.
            reminded: what each of them starts, by its key.
        """
        self.programs = programs
        """What long presses go through; empty where the settings are wrong."""
        self.chosen = chosen
        self.tip = tip
        self.finished = False
        """The program ends: what ends with it was not ended by the person."""
        self.reminders = reminders
        self._habit = habit
        self._clips = clips
        self._answer = answer_after(double)
        self._readers = readers
        self._session: Session | None = None
        self._starting: Offer | None = None
        """What the waiting start is of, if not of the chosen program."""
        self._start_by: Ms | None = None
        """While a start waits: for the sound, when it goes on without; for its clips, when they are looked for."""
        self._say_preparing: Ms | None = None
        """When it is said next that a start waits for its clips; None if it did not have to wait."""
        self._on_release: Callable[[Ms], list[Action]] | None = None
        """What letting go of the button does."""
        self._program = programs[chosen] if programs else None
        """Of the session, or of the start that waits."""
        self._started_by_press = False
        self._burst = 0
        """How many presses have come so far that belong together."""
        self._announcer = Announcer(clips.length)
        self._prompts = Prompts(self._announcer, habit, reminders, reminded, status, several=len(programs) > 1)
        self._faults = Faults()
        self._give_up_by: Ms | None = None
        """When a long pause is given up."""
        self._sound_lost = False
        """The sound vanished in a session and has not come back."""

    def begin(self, now: Ms) -> list[Action]:
        """Return the actions of the program's own start."""
        return [Shine(now, Light.READY)]

    def finish(self, now: Ms) -> list[Action]:
        """Return the actions of the program's own end: a running session is stopped, and nothing is heard any more."""
        self.finished = True
        return [*self._command(Transport.STOP, now), Hush(now), Shine(now, Light.OFF), CloseSound(now)]

    def deadline(self) -> Ms | None:
        """Return when `handle` must be called next if nothing happens, or None."""
        dues = [reader.deadline() for reader in self._readers.values()]
        dues += [self._session.deadline() if self._session else None, self._start_by, self._give_up_by]
        dues += [self._announcer.deadline(), self._prompts.deadline()]
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
            case Offer() if not self.busy:
                actions += self._prompts.offer(what, now)
            case Order():
                actions += self._order(what, now)
            case Fault():
                actions += self._faults.take(what, now)
        return actions

    @property
    def busy(self) -> bool:
        """Tell whether a session runs, is paused, or is about to start."""
        return self._session is not None or self._start_by is not None

    def plan(self, program: Program) -> Plan:
        """Plan the session that a program would start now."""
        short = self._habit is not None and self._habit.knows(program.routine.id, program.profile)
        return make_plan(program.routine, program.profile, program.level, self._clips.length, tip=self.tip, short=short)

    def _advance(self, now: Ms) -> list[Action]:
        actions = self._command(None, now)
        if self._start_by is not None and self._start_by <= now:
            actions += self._begin_session(now)
        if self._give_up_by is not None and self._give_up_by <= now:
            actions += self._stop(now)
        actions += self._announcer.advance(now)
        return actions + self._prompts.advance(now, busy=self.busy or self._on_release is not None)

    def _command(self, command: Transport | None, now: Ms) -> list[Action]:
        """Give the session a command, or just the time; follow what it reports."""
        if not self._session:
            return []
        actions: list[Action] = []
        for event in self._session.handle(command, now):
            actions.append(event)
            match event:
                case Started(at) | Resumed(at):
                    self._announcer.in_use()
                    self._give_up_by = None
                    self._sound_lost = False
                    actions.append(Shine(at, Light.RUNNING))
                case Paused(at):
                    self._give_up_by = Ms(at + LONGEST_PAUSE)
                    actions.append(Shine(at, Light.PAUSED))
                case Held(at, step, held) if held >= step.held + step.length and self._program:
                    self._prompts.repeats.held(self._program, step.exercise, at)
                case Ended(at, completed):
                    self._session = self._on_release = None
                    self._sound_lost = False
                    self._give_up_by = None
                    self._announcer.linger(at)
                    self._prompts.settle(at)
                    self.tip += completed and self._program is not None and self._program.routine.tips != ()
                    actions[-1:] = [Ended(at, completed, self.tip, self.finished), Shine(at, Light.READY)]
        return actions

    def _extra(self, name: ButtonName, gesture: Gesture, now: Ms) -> list[Action]:
        """Read one of the optional buttons."""
        if gesture not in (Gesture.PRESS, Gesture.AGAIN):
            return []
        return [*self._command(Transport[name.upper()], now), Buzz(now, Signal.PRESS)]

    def _main(self, gesture: Gesture, now: Ms) -> list[Action]:
        """Read the button, after the table at the top of this file."""
        match gesture:
            case Gesture.PRESS:
                return [*self._press(now), Buzz(now, Signal.PRESS)]
            case Gesture.AGAIN:
                return [*self._again(now), Buzz(now, Signal.PRESS)]
            case Gesture.RELEASE:
                follow, self._on_release = self._on_release, None
                return follow(now) if follow else []
            case Gesture.LONG_PRESS:
                return self._long_press(now)
            case Gesture.STUCK:
                self._on_release = None
                return [] if self.busy else [Shine(now, Light.READY)]

    def _press(self, now: Ms) -> list[Action]:
        self._on_release = None
        self._started_by_press = not self._session
        self._burst = 1
        if self._start_by is not None:
            return []
        if not self._session:
            if not self.programs:
                return self._refuse(now)
            self._on_release = self._start
            self._announcer.in_use()
            # What is still being said must not run into the session.
            return [Hush(now), *self._announcer.open(now), Shine(now, Light.PRESSED)]
        if self._session.phase is Phase.PAUSED:
            self._on_release = lambda at: self._command(Transport.RESUME, at)
            return [Shine(now, Light.PRESSED)]
        actions = self._command(Transport.PAUSE, now)
        self._on_release = self._say_paused
        return actions

    def _again(self, now: Ms) -> list[Action]:
        self._on_release = None
        self._burst += 1
        if self._started_by_press or not self._session:
            return []
        match self._burst:
            case 2:
                return self._command(Transport.NEXT, now)
            case 3:
                return self._command(Transport.NEXT_EXERCISE, now)
        actions = self._command(Transport.UNDO, now) or [Hush(now)]
        self._on_release = self._say_paused
        return actions

    def _say_paused(self, now: Ms) -> list[Action]:
        if not self._session or self._session.phase is not Phase.PAUSED:
            return []  # an order has come in between
        # After the time of a double press, so that a skip is not announced as a pause.
        return [self._announcer.say(words_of(self._program).paused, now + self._answer)]

    def _stop(self, now: Ms) -> list[Action]:
        session, program = self._session, self._program
        actions = [*self._command(Transport.STOP, now), *self._announcer.keep_clear(Buzz(now, Signal.STOPPED))]
        if session and program:
            actions += self._prompts.stopped(program, session.plan, session.left, now)
        return actions

    def _long_press(self, now: Ms) -> list[Action]:
        """Say what letting go of the button does from now on."""
        if self._session or self._start_by is not None:
            actions = self._command(Transport.PAUSE, now) or [Hush(now)]
            self._on_release = self._stop_or_give_up
            if self._announcer.sound == "ready":
                actions.append(self._announcer.say(words_of(self._program).stop, now + GAP))
            return actions
        self._announcer.linger(now)
        if later := self._prompts.later():
            self._on_release = self._put_off
            return self._announcer.tell(now, later)
        if not self.programs:
            return []
        if self._prompts.offered:
            self._on_release = self._end_offer
            return self._prompts.name(self.programs[self.chosen], self.chosen, now)
        number = (self.chosen + 1) % len(self.programs)
        self._on_release = lambda at: self._choose(number, at)
        return self._prompts.name(self.programs[number], number, now)

    def _stop_or_give_up(self, now: Ms) -> list[Action]:
        if self._session:
            return self._stop(now)
        return self._give_up(now) if self._start_by is not None else []

    def _end_offer(self, now: Ms) -> list[Action]:
        return [Shine(now, Light.READY), *self._prompts.end_offer(now)]

    def _put_off(self, now: Ms) -> list[Action]:
        return [Shine(now, Light.READY), *self._prompts.put_off(now)]

    def _give_up(self, now: Ms) -> list[Action]:
        self._start_by = self._on_release = None
        self._announcer.linger(now)
        waited: list[Action] = [] if self._say_preparing is None else [GivenUp(now), Hush(now)]
        return [*waited, Buzz(now, Signal.STOPPED), Shine(now, Light.READY)]

    def _refuse(self, now: Ms) -> list[Action]:
        """Say that the settings are wrong."""
        fault = self._announcer.keep_clear(Buzz(Ms(now + self._answer), Signal.BAD_SETTINGS))
        return [Hush(now), *fault, *self._announcer.tell(now, words_of(None).bad_settings)]

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
                actions = self._command(Transport.RESUME, now)
            case "start":
                self._announcer.in_use()
                self._on_release = None
                actions = [Hush(now), *self._announcer.open(now), *self._start(now)]
            case "say" if session or waiting:
                why = "a session is running"
            case "say":
                actions = self._announcer.tell(now, order.phrase)
            case "program" if session or waiting:
                why = "a session is running"
            case "program":
                actions = [*self._announcer.open(now), *self._prompts.end_offer(now), *self._choose(order.number, now)]
                actions += self._prompts.name(self.programs[order.number], order.number, now)
            case "volume":
                actions = [SetVolume(now, order.number), VolumeChanged(now, order.number)]
            case "reminders" if not self.reminders:
                why = "there are no reminders in the settings"
            case "reminders":
                actions = self._prompts.switch_reminders(on=bool(order.number), now=now)
            case "stop" if waiting:
                actions = self._give_up(now)
            case _ if not session:
                why = "no session is running"
            case "pause" if running:
                actions = self._command(Transport.PAUSE, now)
                actions += self._say_paused(now)
            case "pause":
                why = "the session is paused already"
            case "stop":
                actions = self._stop(now)
            case "next" | "back":
                actions = self._command(Transport[order.what.upper()], now)
        return [*actions, Answered(now, order, why)]

    def _choose(self, number: int, now: Ms) -> list[Action]:
        self.chosen = number
        return [Chosen(now, number), Shine(now, Light.READY)]

    def _start(self, now: Ms) -> list[Action]:
        self._say_preparing = None
        self._starting, actions = self._prompts.accept(now)
        if self._announcer.sound == "opening":
            self._start_by = Ms(now + SOUND_WAIT)
            return actions
        return actions + self._begin_session(now)

    def _begin_session(self, now: Ms) -> list[Action]:
        """Begin the chosen program; what is missing is buzzed first, and the session goes on with what there is."""
        offer = self._starting
        self._program = offer.program if offer else self.programs[self.chosen]
        plan = (offer and offer.plan) or self.plan(self._program)
        at = Ms(now + PRIME)
        faults: list[Action] = []
        missing = any(text not in self._clips for text in plan.phrases())
        if missing and self._clips.preparing:
            return self._wait_for_clips(now)
        self._start_by = None
        for signal in [Signal.NO_SOUND] * (self._announcer.sound != "ready") + [Signal.NO_VOICE] * missing:
            faults.append(Buzz(at, signal))
            at = Ms(at + signal.length + PRIME)
        place, held = (offer.place, offer.held) if offer and offer.place < len(plan.steps) else (0, Ms(0))
        self._session = Session(plan, at, place=place, held=held, answer=self._answer)
        waited = [] if self._say_preparing is None else [Hush(now)]  # what is said of the wait may just have begun
        return [*waited, *faults, *self._command(None, now)]

    def _wait_for_clips(self, now: Ms) -> list[Action]:
        self._start_by = Ms(now + CLIPS_LOOK)
        if self._say_preparing is not None and now < self._say_preparing:
            return []
        begins: list[Action] = [WaitingForClips(now)] if self._say_preparing is None else []
        self._say_preparing = Ms(now + CLIPS_SAY)
        return [
            *begins,
            Buzz(now, Signal.PREPARING),
            self._announcer.say(words_of(self._program).preparing, now + Signal.PREPARING.length + PRIME),
        ]

    def _sound_changed(self, sound: Sound, now: Ms) -> list[Action]:
        was = self._announcer.sound
        if was == "closed":
            return []  # told just before it was closed
        self._announcer.sound = "ready" if sound.ready else "failed"
        if self._start_by is not None:
            return self._begin_session(now)
        if sound.ready and self._sound_lost and self._session:
            self._sound_lost = False
            return [self._announcer.say_clear(words_of(self._program).sound_lost, now)]
        if sound.ready:
            return self._announcer.ready(now)
        if was == "ready" and self._session:
            self._sound_lost = True
            fault = self._announcer.keep_clear(Buzz(Ms(now + self._answer), Signal.NO_SOUND))
            # In a pause, what was still to be said goes with the sound: it must not meet what is said once that is back.
            return [*(self._command(Transport.PAUSE, now) or [Hush(now)]), *fault]
        return self._announcer.failed(now)
