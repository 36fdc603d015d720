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

LONG_PRESS itself only says what letting go would do: slow hands know when. Nobody's session suffers from that: it is paused.
LONGER_PRESS has the volumes said, one round, of which letting go takes one. A button that is STUCK, or down after that round,
does nothing; the session stays paused.

A session that is stopped, or whose pause became too long, is offered to be gone on with. While an `Offer` lasts, a press in
idle starts what it offers; a long press ends it, and names the chosen program. Else, while a reminder is open that was said, a
press in idle starts what it reminds of, and a long press puts it off; neither changes which program is chosen. The one that was
said last counts. Without any program, for the settings are wrong, a press is answered by the fault's signal.

An exercise with `repeat_after` that was held to its end is offered once more so long after it.

`Order`s of other processes mean the same as the gestures; each is `Answered`.
"""

from collections.abc import Callable, Mapping, Sequence

from .announcer import Announcer
from .button import DOUBLE, ButtonReader, Gesture
from .faults import Faults
from .interfaces import Clips, Habit
from .languages import Phrases
from .messages import (
    Action,
    Answered,
    ButtonName,
    Chosen,
    CloseSound,
    Edge,
    Ended,
    Fault,
    Held,
    Hush,
    Input,
    Light,
    Offer,
    Order,
    Paused,
    Resumed,
    Shine,
    Sound,
    Started,
)
from .orders import Doing, refusal
from .phrases import words_of
from .plan import GAP, Buzz, Plan
from .planning import Planning
from .prompts import Prompts
from .reminders import Reminders
from .routine import Program
from .session import Phase, Session, Transport, answer_after
from .signals import Signal
from .starting import Starting
from .statistics import SpokenStatus
from .units import MINUTE, Ms
from .volume import Volume

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
        planning: Planning,
        chosen: int = 0,
        double: Ms = DOUBLE,
        volume: int = 100,
        soft_max: int = 100,
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
            planning: plans what a press starts.
            chosen: which program is.
            double: `button.double`, which what is said after a press waits for.
            volume: at which it plays now.
            soft_max: the most that a button sets.
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
        self._planning = planning
        self._answer = answer_after(double)
        self._readers = readers
        self._session: Session | None = None
        self._on_release: Callable[[Ms], list[Action]] | None = None
        """What letting go of the button does."""
        self._program = programs[chosen] if programs else None
        """Of the session, or of the start that waits."""
        self._started_by_press = False
        self._burst = 0
        """How many presses have come so far that belong together."""
        self._announcer = Announcer(clips.length)
        several = len({program.regimen for program in (*programs, *(reminded or {}).values())}) > 1
        self._prompts = Prompts(self._announcer, habit, reminders, reminded, status, several=several)
        self._starting = Starting(self._announcer, clips, planning, lambda: self.tip, self._answer)
        self._faults = Faults()
        self._volume = Volume(volume, soft_max, self._announcer)
        self._held = set[ButtonName]()
        """Of the optional buttons, those that were held the last time."""
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
        dues += [self._session.deadline() if self._session else None, self._starting.deadline(), self._give_up_by]
        dues += [self._announcer.deadline(), self._prompts.deadline(), self._volume.deadline()]
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

    def _doing(self) -> Doing:
        if self._session:
            return "paused" if self._session.phase is Phase.PAUSED else "running"
        return "waiting" if self._starting.waits else "idle"

    def _words(self) -> Phrases:
        chosen = self.programs[self.chosen] if self.programs else None
        return words_of(self._program if self.busy else chosen)

    @property
    def busy(self) -> bool:
        """Tell whether a session runs, is paused, or is about to start."""
        return self._session is not None or self._starting.waits

    def plan(self, program: Program) -> Plan:
        """Plan the session that a program would start now."""
        return self._planning.plan(program, self.tip)

    def _advance(self, now: Ms) -> list[Action]:
        actions = self._command(None, now)
        if (due := self._starting.deadline()) is not None and due <= now:
            actions += self._begun(self._starting.look(now), now)
        if self._give_up_by is not None and self._give_up_by <= now:
            actions += self._stop(now)
        if self._volume.in_round:
            actions += self._volume.advance(now)
            actions += [] if self._volume.in_round else self._stuck(now)
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
                    actions += self._volume.cancel(at)
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
                    actions[-1:-1] = self._volume.cancel(at)
                    self._sound_lost = False
                    self._give_up_by = None
                    self._announcer.linger(at)
                    self._prompts.settle(at)
                    self.tip += completed and self._program is not None and self._program.routine.tips != ()
                    actions[-1:] = [Ended(at, completed, self.tip, self.finished), Shine(at, Light.READY)]
        return actions

    def _extra(self, name: ButtonName, gesture: Gesture, now: Ms) -> list[Action]:
        """Read one of the optional buttons: next and back; held, louder and softer."""
        match gesture:
            case Gesture.PRESS | Gesture.AGAIN:
                self._held.discard(name)
                return [Buzz(now, Signal.PRESS)]
            case Gesture.LONG_PRESS:
                self._held.add(name)
                return self._step_volume(now, louder=name == "next")
            case Gesture.RELEASE if name not in self._held:
                return self._command(Transport[name.upper()], now)
        return []

    def _step_volume(self, now: Ms, *, louder: bool) -> list[Action]:
        volume, actions = self._volume.step(now, louder=louder)
        doing, said = self._doing(), self._words().volume(volume)
        if doing == "idle":
            return [*actions, Hush(now), *self._announcer.tell(now, said)]
        if doing == "paused":
            return [*actions, Hush(now), self._announcer.say(said, now + GAP)]
        return [*actions, Buzz(now, Signal.PRESS)]  # words would talk into the session

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
            case Gesture.LONGER_PRESS:
                return self._longer_press(now)
            case Gesture.STUCK:
                return self._stuck(now)

    def _press(self, now: Ms) -> list[Action]:
        self._on_release = None
        self._started_by_press = not self._session
        self._burst = 1
        if self._starting.waits:
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
        self._on_release = self._say_paused
        return self._command(Transport.PAUSE, now)

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
        if self.busy:
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

    def _longer_press(self, now: Ms) -> list[Action]:
        """Begin the round of volumes, where they can be heard."""
        if self._announcer.sound != "ready" or self._doing() not in ("idle", "paused"):
            return []
        if not self._session:
            self._announcer.in_use()
        self._on_release = self._take_volume
        return self._volume.begin(self._words(), now)

    def _take_volume(self, now: Ms) -> list[Action]:
        actions = self._volume.take(now)
        if self._session:
            return [*actions, *self._say_paused(now)]
        self._announcer.linger(now)
        return [*actions, Shine(now, Light.READY)]

    def _stuck(self, now: Ms) -> list[Action]:
        was, self._on_release = self._on_release, None
        if self.busy or not was:
            return []
        self._announcer.linger(now)
        return [Shine(now, Light.READY)]

    def _stop_or_give_up(self, now: Ms) -> list[Action]:
        if self._session:
            return self._stop(now)
        return self._starting.give_up(now) if self._starting.waits else []

    def _end_offer(self, now: Ms) -> list[Action]:
        return [Shine(now, Light.READY), *self._prompts.end_offer(now)]

    def _put_off(self, now: Ms) -> list[Action]:
        return [Shine(now, Light.READY), *self._prompts.put_off(now)]

    def _refuse(self, now: Ms) -> list[Action]:
        """Say that the settings are wrong."""
        fault = self._announcer.keep_clear(Buzz(Ms(now + self._answer), Signal.BAD_SETTINGS))
        return [Hush(now), *fault, *self._announcer.tell(now, words_of(None).bad_settings)]

    def _order(self, order: Order, now: Ms) -> list[Action]:
        """Do what another process asks for."""
        actions = list[Action]()
        why = refusal(order.what, self._doing(), programs=bool(self.programs), reminders=bool(self.reminders))
        match order.what:
            case _ if why:
                pass
            case "start" if self._session:
                actions = self._command(Transport.RESUME, now)
            case "start":
                self._announcer.in_use()
                self._on_release = None
                actions = [Hush(now), *self._announcer.open(now), *self._start(now)]
            case "say":
                actions = self._announcer.tell(now, order.phrase, asked=False)
            case "program":
                actions = [*self._announcer.open(now), *self._prompts.end_offer(now), *self._choose(order.number, now)]
                actions += self._prompts.name(self.programs[order.number], order.number, now)
            case "volume":
                actions = self._volume.set(order.number, now)
            case "reminders":
                actions = self._prompts.switch_reminders(on=bool(order.number), now=now)
            case "pause":
                actions = self._command(Transport.PAUSE, now)
                actions += self._say_paused(now)
            case "stop":
                actions = self._stop_or_give_up(now)
            case "next" | "back":
                actions = self._command(Transport[order.what.upper()], now)
        return [*actions, Answered(now, order, why)]

    def _choose(self, number: int, now: Ms) -> list[Action]:
        self.chosen = number
        return [Chosen(now, number), Shine(now, Light.READY)]

    def _start(self, now: Ms) -> list[Action]:
        offer, actions = self._prompts.accept(now)
        self._program = offer.program if offer else self.programs[self.chosen]
        return actions + self._begun(self._starting.begin(self._program, offer, now), now)

    def _begun(self, start: tuple[Session | None, list[Action]], now: Ms) -> list[Action]:
        self._session, actions = start
        return [*actions, *self._command(None, now)]

    def _sound_changed(self, sound: Sound, now: Ms) -> list[Action]:
        was = self._announcer.sound
        if was == "closed":
            return []  # told just before it was closed
        self._announcer.sound = "ready" if sound.ready else "failed"
        if self._starting.waits:
            return self._begun(self._starting.look(now), now)
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
