"""Button, session and chosen program together: all that the loop sees.

What a gesture means in each state:

| state   | PRESS               | RELEASE | AGAIN     | AGAIN, AGAIN  | more         | RELEASE after LONG_PRESS |
| ------- | ------------------- | ------- | --------- | ------------- | ------------ | ------------------------ |
| idle    | the sound is opened | start   | -         | -             | -            | next program             |
| waiting | -                   | -       | -         | -             | -            | given up                 |
| running | pause               | says so | next hold | next exercise | paused again | stop                     |
| asking  | the time stands     | answer  | -         | -             | -            | stop                     |
| paused  | -                   | resume  | next hold | next exercise | paused again | stop                     |

"Waiting" is from the start until the sound is open and the session's clips are there. "Asking" is a question, of which a press
is the answer, and a set at the person's own pace, of which it is the end. AGAIN right after the press that started or answered
does nothing: that person pressed twice by habit. Four presses and more in one burst are nobody's wish: the session is paused
where it was before the first. Every PRESS and AGAIN is answered by a blip, and where it does something, by the light, too.

LONG_PRESS itself only says what letting go would do: slow hands know when. Nobody's session suffers from that: it is paused.
LONGER_PRESS has the volumes said, one round, of which letting go takes one. In idle, letting go after that round pairs a phone;
in a session it does nothing, and the session stays paused. So does a button that is STUCK.

While an `Offer` lasts, a press in idle starts what it offers; a long press ends it, puts off a reminder that is open, and names
the chosen program, which a press then starts. Else, while a reminder is open that was said, a press in idle starts what it
reminds of, and a long press puts it off; neither changes which program is chosen. The one that was said last counts. Without
any program, for the settings are wrong, a press is answered by the fault's signal.

`Order`s of other processes mean the same as the gestures; each is `Answered`. One that chooses a program ends the offer and
puts off the reminder, too.
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
    Edge,
    Event,
    Fault,
    Hush,
    Input,
    Light,
    Offer,
    Order,
    Pressed,
    Shine,
    Sound,
)
from .orders import refusal
from .pairing import Pairing
from .phrases import words_of
from .plan import GAP, Buzz, Plan
from .planning import Before, Planning
from .practice import Practice
from .prompts import Prompts
from .reminders import Reminders
from .routine import Program
from .session import Transport
from .signals import Signal
from .statistics import SpokenStatus
from .units import Ms
from .volume import Volume


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
        draw: Callable[[], str] | None = None,
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
            draw: draws the code that pairs a phone; None where none can be paired.
        """
        self.programs = programs
        """What long presses go through; empty where the settings are wrong."""
        self.chosen = chosen
        self.reminders = reminders
        self._planning = planning
        self._readers = readers
        self._on_release: Callable[[Ms], list[Action]] | None = None
        """What letting go of the button does."""
        self._alone = False
        """The press started a session, or was an answer: another one right after it is a habit, and does nothing."""
        self._burst = 0
        """How many presses have come so far that belong together."""
        self._announcer = Announcer(clips.length)
        several = len({program.regimen for program in (*programs, *(reminded or {}).values())}) > 1
        self._prompts = Prompts(self._announcer, habit, reminders, reminded, status, several=several)
        self._faults = Faults()
        self._volume = Volume(volume, soft_max, self._announcer)
        self._pairing = Pairing(self._announcer, draw)
        parts = self._announcer, clips, planning, self._prompts, self._volume
        self._practice = Practice(*parts, double=double, tip=tip, ended=self._session_ended)
        self._reminded = tuple((reminded or {}).values())
        self._held = set[ButtonName]()
        """Of the optional buttons, those that were held the last time."""

    def take_over(self, before: "Trainer") -> None:
        """Take the place of a trainer with other settings, in which no session runs."""
        self._prompts.take_over(before._prompts, [*self.programs, *self._reminded])

    def begin(self, now: Ms) -> list[Action]:
        """Return the actions of the program's own start."""
        return [Shine(now, Light.READY), *self._prompts.begin(now)]

    def finish(self, now: Ms) -> list[Action]:
        """Return the actions of the program's own end: a running session is stopped, and nothing is heard any more."""
        return self._practice.finish(now)

    def deadline(self) -> Ms | None:
        """Return when `handle` must be called next if nothing happens, or None."""
        dues = [reader.deadline() for reader in self._readers.values()]
        dues += [self._practice.deadline(), self._announcer.deadline(), self._prompts.deadline(), self._volume.deadline()]
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
                # After what it does: who listens to events must not come between a press and its sound.
                if gesture in (Gesture.PRESS, Gesture.AGAIN, Gesture.LONG_PRESS):
                    actions.append(Pressed(now, name, gesture is Gesture.LONG_PRESS))
        match what:
            case Sound():
                actions += self._practice.sound_changed(what, now)
            case Offer() if not self.busy:
                actions += self._prompts.offer(what, now)
            case Order():
                actions += self._order(what, now)
            case Fault():
                actions += self._faults.take(what, now)
        return actions

    def _words(self) -> Phrases:
        chosen = self.programs[self.chosen] if self.programs else None
        return words_of(self._practice.program if self.busy else chosen)

    @property
    def busy(self) -> bool:
        """Tell whether a session runs, is paused, or is about to start."""
        return self._practice.busy

    def at_rest(self, now: Ms) -> bool:
        """Tell whether nothing goes on: there is no session, nothing is said or has yet to be, and nobody is at the button."""
        return not self.busy and self._on_release is None and not self._announcer.speaks(now)

    @property
    def tip(self) -> int:
        """The number of the next tip."""
        return self._practice.tip

    def plan(self, program: Program, before: Before | None = None) -> Plan:
        """Plan the session that a program would start now, or one of before once more."""
        return self._planning.plan(program, self.tip, before)

    def withdraw(self, offer: Offer, now: Ms) -> list[Action]:
        """End this offer, if it still stands."""
        return self._prompts.withdraw(offer, now)

    def _session_ended(self) -> None:
        self._on_release = None

    def _advance(self, now: Ms) -> list[Action]:
        actions = self._practice.advance(now)
        if self._volume.in_round:
            actions += self._volume.advance(now)
            actions += [] if self._volume.in_round else self._past_the_round(now)
        actions += self._announcer.advance(now)
        return actions + self._prompts.advance(now, busy=self.busy or self._on_release is not None)

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
                return self._practice.command(Transport[name.upper()], now)
        return []

    def _step_volume(self, now: Ms, *, louder: bool) -> list[Action]:
        volume, actions = self._volume.step(now, louder=louder)
        doing, said = self._practice.doing, self._words().volume(volume)
        if doing == "idle":
            return [*actions, Hush(now), *self._announcer.tell(now, said)]
        if doing == "paused":
            return [*actions, Hush(now), self._announcer.say(said, now + GAP)]
        return [*actions, Buzz(now, Signal.PRESS)]  # words would talk into the session

    def _main(self, gesture: Gesture, now: Ms) -> list[Action]:
        """Read the button, after the table at the top of this file."""
        match gesture:
            case Gesture.PRESS:
                return _with_blip(self._press(now), now)
            case Gesture.AGAIN:
                return _with_blip(self._again(now), now)
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
        self._alone = not self._practice.session or self._practice.asks
        self._burst = 1
        if self._practice.waits:
            return []
        if not self._practice.session:
            if not self.programs:
                return self._refuse(now)
            self._on_release = self._start
            self._announcer.in_use()
            # What is still being said must not run into the session.
            return [Hush(now), *self._announcer.open(now), Shine(now, Light.PRESSED)]
        if self._practice.asks:
            self._on_release = self._practice.answer
            return [*self._practice.command(Transport.PRESS, now), Shine(now, Light.PRESSED)]
        if self._practice.doing == "paused":
            self._on_release = lambda at: self._practice.command(Transport.RESUME, at)
            return [Shine(now, Light.PRESSED)]
        self._on_release = self._practice.say_paused
        return self._practice.command(Transport.PAUSE, now)

    def _again(self, now: Ms) -> list[Action]:
        self._on_release = None
        self._burst += 1
        if self._alone or not self._practice.session:
            return []
        match self._burst:
            case 2:
                return self._practice.command(Transport.NEXT, now)
            case 3:
                return self._practice.command(Transport.NEXT_EXERCISE, now)
        actions = self._practice.command(Transport.UNDO, now) or [Hush(now)]
        self._on_release = self._practice.say_paused
        return actions

    def _long_press(self, now: Ms) -> list[Action]:
        """Say what letting go of the button does from now on."""
        if self.busy:
            actions = self._practice.command(Transport.PAUSE, now) or [Hush(now)]
            self._on_release = self._practice.stop
            if self._announcer.sound == "ready":
                actions.append(self._announcer.say(words_of(self._practice.program).stop, now + GAP))
            return actions
        self._announcer.linger(now)
        if later := self._prompts.later(now):
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
        if self._announcer.sound != "ready" or self._practice.doing not in ("idle", "paused"):
            return []
        if not self._practice.session:
            self._announcer.in_use()
        self._on_release = self._take_volume
        return self._volume.begin(self._words(), now)

    def _take_volume(self, now: Ms) -> list[Action]:
        actions = self._volume.take(now)
        if self._practice.session:
            return [*actions, *self._practice.shine(now), *self._practice.say_paused(now)]
        self._announcer.linger(now)
        return [*actions, Shine(now, Light.READY)]

    def _past_the_round(self, now: Ms) -> list[Action]:
        if self.busy or not self._pairing.possible:
            return self._stuck(now)
        self._on_release = self._pair
        return self._pairing.announce(now)

    def _pair(self, now: Ms) -> list[Action]:
        return [Shine(now, Light.READY), *self._pairing.open(now)]

    def _stuck(self, now: Ms) -> list[Action]:
        was, self._on_release = self._on_release, None
        if not was:
            return []
        if self.busy:
            return self._practice.shine(now)
        self._announcer.linger(now)
        return [Shine(now, Light.READY)]

    def _end_offer(self, now: Ms) -> list[Action]:
        return [Shine(now, Light.READY), *self._prompts.make_way(now)]

    def _put_off(self, now: Ms) -> list[Action]:
        return [Shine(now, Light.READY), *self._prompts.put_off(now)]

    def _refuse(self, now: Ms) -> list[Action]:
        """Say that the settings are wrong."""
        fault = self._announcer.keep_clear(Buzz(Ms(now + self._practice.answer_after), Signal.BAD_SETTINGS))
        return [Hush(now), *fault, *self._announcer.tell(now, words_of(None).bad_settings)]

    def _order(self, order: Order, now: Ms) -> list[Action]:
        """Do what another process asks for."""
        actions = list[Action]()
        there = {"programs": bool(self.programs), "reminders": bool(self.reminders), "pairing": self._pairing.possible}
        speaks = self._on_release is not None or (self._announcer.usable and self._announcer.speaks(now))
        why = refusal(order.what, self._practice.doing, **there, speaks=speaks)
        match order.what:
            case _ if why:
                pass
            case "start" if self._practice.session:
                actions = self._practice.command(Transport.RESUME, now)
            case "start":
                self._announcer.in_use()
                self._on_release = None
                actions = [Hush(now), *self._announcer.open(now), *self._start(now)]
            case "say":
                actions = self._announcer.tell(now, order.phrase, asked=False, then=True)
            case "program":
                actions = [Hush(now), *self._announcer.open(now), *self._prompts.make_way(now)]
                actions += self._choose(order.number, now)
                actions += self._prompts.name(self.programs[order.number], order.number, now)
            case "volume":
                actions = self._volume.set(order.number, now)
            case "reminders":
                actions = self._prompts.switch_reminders(on=bool(order.number), now=now)
            case "pair":
                actions = self._pairing.open(now)
            case "pair_try":
                why = self._pairing.try_code(order.code, now)
            case "lend_card":
                actions = self._announcer.close(now)
            case "pause":
                actions = self._practice.command(Transport.PAUSE, now)
                actions += self._practice.say_paused(now)
            case "stop":
                actions = self._practice.stop(now)
            case "next" | "back":
                actions = self._practice.command(Transport[order.what.upper()], now)
        return [*actions, Answered(now, order, why)]

    def _choose(self, number: int, now: Ms) -> list[Action]:
        self.chosen = number
        return [Chosen(now, number), Shine(now, Light.READY)]

    def _start(self, now: Ms) -> list[Action]:
        offer = self._prompts.take(now)
        program = offer.program if offer else self.programs[self.chosen]
        return self._practice.start(program, offer, now)


def _with_blip(actions: list[Action], now: Ms) -> list[Action]:
    """Add the answer to a press: after what falls silent, and before the events, whose readers must not come between."""
    events = [action for action in actions if isinstance(action, Event)]
    return [*(action for action in actions if not isinstance(action, Event)), Buzz(now, Signal.PRESS), *events]
