"""Button, session and chosen program together: all that the loop sees.

What a gesture means in each state:

| state   | PRESS                    | RELEASE after it | AGAIN     | LONG_PRESS         |
| ------- | ------------------------ | ---------------- | --------- | ------------------ |
| idle    | the sound is opened      | start            | -         | next program       |
| waiting | -                        | -                | -         | given up           |
| running | pause                    | -                | next step | stop               |
| paused  | -                        | resume           | next step | stop               |

"Waiting" is from the start until the sound is open and the session's clips are there. AGAIN right after the press that started
does nothing: that person pressed twice by habit. Every PRESS and AGAIN is answered by a blip and by the light, whatever else it
does.

While an `Offer` lasts, a press in idle starts what it offers; a long press ends it. Else, while a reminder is open that was
said, a press in idle starts what it reminds of, and a long press puts it off; neither changes which program is chosen. Without
any program, for the settings are wrong, a press is answered by the fault's signal.

An exercise with `repeat_after` that was held to its end is offered once more so long after it. Nothing is said by itself in a
session, within `SETTLE` after one, in the quiet hours, or while somebody is at the button.

`Order`s of other processes mean the same as the gestures; each is `Answered`.
"""

from collections.abc import Callable, Mapping, Sequence

from .announcer import PRIME, Announcer
from .button import ButtonReader, Gesture
from .interfaces import Clips, Habit
from .messages import (
    Action,
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
    Order,
    Paused,
    Reminded,
    Repeatable,
    Resumed,
    Shine,
    Sound,
    Started,
)
from .phrases import announcement, remark, reminder_text, repeat_text, words_of
from .plan import GAP, Buzz, Plan, make_plan
from .reminders import Announced, PutOff, Reminders, Report
from .repeats import Repeats
from .routine import Program
from .session import ANSWER, Phase, Session, Transport
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
"""After that the person has gone; the next press begins anew."""
OFFERED = Ms(10 * MINUTE)
"""How long a session that broke off can be gone on with."""
SETTLE = Ms(MINUTE)
"""After a session nobody is asked for the next one at once."""


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
            programs: what long presses go through.
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
        """What long presses go through; empty where the settings are wrong."""
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
        self._repeats = Repeats()
        self._started_by_press = False
        self._announcer = Announcer(clips.length)
        self._give_up_by: Ms | None = None
        """When a long pause is given up."""
        self._settled_at = Ms(0)
        """When a session's end has settled."""
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
        dues.append(self._announcer.deadline())
        dues.append(self._offer.until if self._offer else None)
        dues.append(self.reminders.deadline() if self.reminders and self._habit else None)
        dues.append(self._repeats.deadline())
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
        return make_plan(program.routine, program.profile, program.level, self._clips.length, tip=self.tip, short=short)

    def _advance(self, now: Ms) -> list[Action]:
        actions = self._command(None, now)
        if self._start_by is not None and self._start_by <= now:
            actions += self._begin_session(now)
        if self._give_up_by is not None and self._give_up_by <= now:
            actions += self._command(Transport.STOP, now)
        actions += self._announcer.advance(now)
        if self._offer and self._offer.until <= now:
            self._offer = None
        actions += self._repeat(now)
        return actions + self._remind(now)

    def _command(self, command: Transport | None, now: Ms) -> list[Action]:
        """Give the session a command, or just the time; follow what it reports."""
        if not self._session:
            return []
        actions: list[Action] = []
        for action in self._session.handle(command, now):
            actions.append(action)
            match action:
                case Started(at) | Resumed(at):
                    self._announcer.in_use()
                    self._give_up_by = None
                    self._sound_lost = False
                    actions.append(Shine(at, Light.RUNNING))
                case Paused(at):
                    self._give_up_by = Ms(at + LONGEST_PAUSE)
                    actions.append(Shine(at, Light.PAUSED))
                case Held(at, step, held) if held >= step.held + step.length and self._program:
                    self._repeats.held(self._program, step.exercise, at)
                case Ended(at, completed):
                    self._session = None
                    self._sound_lost = False
                    self._give_up_by = None
                    self._announcer.linger(at)
                    self._settled_at = Ms(at + SETTLE)
                    self.tip += completed and self._program is not None and self._program.routine.tips != ()
                    actions.append(Shine(at, Light.READY))
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
                self._on_release = None
                actions = [] if self._started_by_press else self._command(Transport.NEXT, now)
                return [*actions, Buzz(now, Signal.PRESS)]
            case Gesture.RELEASE:
                follow, self._on_release = self._on_release, None
                return follow(now) if follow else []
            case Gesture.LONG_PRESS:
                self._on_release = None
                return self._long_press(now)

    def _press(self, now: Ms) -> list[Action]:
        self._on_release = None
        self._started_by_press = not self._session
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
        return self._pause(now)

    def _pause(self, now: Ms) -> list[Action]:
        actions = self._command(Transport.PAUSE, now)
        # After the time of a double press, so that a skip is not announced as a pause.
        return [*actions, self._announcer.say(words_of(self._program).paused, now + ANSWER)]

    def _stop(self, now: Ms) -> list[Action]:
        return [
            *self._command(Transport.STOP, now),
            Buzz(now, Signal.STOPPED),
            self._announcer.say(words_of(self._program).stopped, now + Signal.STOPPED.length + GAP),
        ]

    def _long_press(self, now: Ms) -> list[Action]:
        if self._session:
            return self._stop(now)
        self._announcer.linger(now)
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
        fault = self._announcer.keep_clear(Buzz(Ms(now + ANSWER), Signal.BAD_SETTINGS))
        return [Hush(now), *fault, *self._announcer.tell(now, words_of(None).bad_settings)]

    def _offered(self, offer: Offer, now: Ms) -> list[Action]:
        if self.busy:
            return []
        self._offer = offer
        return [*self._announcer.keep_clear(Buzz(now, Signal.READY)), *self._announcer.tell(now, offer.text)]

    def _occupied(self, now: Ms) -> bool:
        """Tell whether nothing may be said by itself: there is a session, or somebody at the button, or something is said."""
        waits = self._offer is not None or self._on_release is not None or self._announcer.waits
        return self.busy or waits or now < max(self._announcer.heard_until, self._settled_at)

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
                actions += self._announcer.tell(now, Signal.REMINDER, reminder_text(self._reminded[report.reminder.key]))
        return actions

    def _later(self, now: Ms, reminders: Reminders) -> list[Action]:
        """Put off the reminder that was said last."""
        actions: list[Action] = [Shine(now, Light.READY), *self._announcer.keep_clear(Buzz(now, Signal.STOPPED))]
        for report in reminders.later(now):
            words = words_of(self._reminded[report.reminder.key])
            text = words.later(reminders.put_off_by // MINUTE) if isinstance(report, PutOff) else words.not_today
            actions += [Reminded(now, report), *self._announcer.tell(now, text)]
        return actions

    def _repeat(self, now: Ms) -> list[Action]:
        """Offer an exercise once more, where it is time and nothing else goes on."""
        waits = self._occupied(now) or (self._habit is not None and self._habit.quiet())
        if not (due := self._repeats.look(now, busy=waits)):
            return []
        program, until = due
        self._offer = Offer(repeat_text(program), until, program)
        return [Repeatable(now, self._offer), *self._announcer.tell(now, Signal.REMINDER, self._offer.text)]

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
                actions = [Hush(now), *self._announcer.open(now), *self._start(now)]
            case "say" if session or waiting:
                why = "a session is running"
            case "say":
                actions = self._announcer.tell(now, order.text)
            case "stop" if waiting:
                self._announcer.linger(now)
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
                actions = self._command(Transport[order.what.upper()], now)
        return [*actions, Answered(now, order, why)]

    def _next_program(self, now: Ms) -> list[Action]:
        """Choose the next program; count its number in short buzzes, and say it where there is sound."""
        self.chosen = (self.chosen + 1) % len(self.programs)
        count = (Buzz(Ms(now + place * (Signal.STEP.length + GAP)), Signal.STEP) for place in range(self.chosen + 1))
        actions = [Chosen(now, self.chosen), Shine(now, Light.READY), *self._announcer.keep_clear(*count)]
        if self._announcer.usable:  # counted buzzes are enough where there is none
            program = self.programs[self.chosen]
            actions += self._announcer.tell(now, announcement(program), *remark(program, self._status, self._habit))
        return actions

    def _start(self, now: Ms) -> list[Action]:
        self._say_preparing = None
        self._starting, self._offer = self._offer, None
        actions: list[Action] = []
        if not self._starting and self.reminders and (reminder := self.reminders.current):
            self._starting = Offer(reminder_text(program := self._reminded[reminder.key]), now, program)
            actions = self._reported(self.reminders.answer(), now)
        if self._announcer.sound == "opening":
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
        for signal in [Signal.NO_SOUND] * (self._announcer.sound != "ready") + [Signal.NO_VOICE] * missing:
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
            self._announcer.say(words_of(self._program).preparing, now + Signal.PREPARING.length + PRIME),
        ]

    def _hush_preparing(self, now: Ms) -> list[Action]:
        """Take back what is said of the wait, which may just have begun."""
        return [] if self._say_preparing is None else [Hush(now)]

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
            fault = self._announcer.keep_clear(Buzz(Ms(now + ANSWER), Signal.NO_SOUND))
            # In a pause, what was still to be said goes with the sound: it must not meet what is said once that is back.
            return [*(self._command(Transport.PAUSE, now) or [Hush(now)]), *fault]
        return self._announcer.failed(now)
