"""The only loop: waits for an input or a due time, asks the trainer what to do, has the outputs do it."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..core.languages import Phrase
from ..core.messages import (
    Action,
    Answered,
    CloseSound,
    Command,
    Event,
    Hush,
    Input,
    Light,
    OpenSound,
    Said,
    SetVolume,
    Shine,
    Softly,
)
from ..core.plan import Buzz, Say
from ..core.signals import Signal
from ..core.trainer import Trainer
from ..core.units import Ms

BEAT = Ms(1_000)
BUZZ_BEAT = Ms(50)
"""While the buzzer is on: it must not stay on for long where nobody would switch it off."""


@dataclass(frozen=True)
class Quit:
    """The program shall end."""

    why: str


class Waits(Protocol):
    """What the loop needs of a clock."""

    def now(self) -> Ms:
        """Return the time."""

    def wait(self, until: Ms | None) -> Input | Quit | None:
        """Return the next input, or None when the moment has come."""


class Speaker(Protocol):
    """What speaks, and sounds the signals where the buzzer is the speaker."""

    def open(self) -> None:
        """Begin to open; the result comes as a `Sound` input."""

    def close(self) -> None:
        """Close."""

    def say(self, phrase: Phrase, at: Ms) -> None:
        """Speak a text at a moment."""

    def tone(self, signal: Signal, at: Ms) -> None:
        """Sound a signal at a moment."""

    def hush(self) -> None:
        """Drop what is waiting and end what is heard."""

    def set_volume(self, volume: int) -> None:
        """Play at this volume, 0 to 100."""

    def softly(self, on: bool) -> None:
        """Play what nobody has asked for from now on, or what somebody has."""


class Pins(Protocol):
    """What is wired to the output pins."""

    def buzz(self, on: bool) -> None:
        """Switch the buzzer."""

    def shine(self, light: Light) -> None:
        """Show a pattern on the LED until the next."""


def _nobody(_: object) -> None:
    """Is told, and does nothing."""


class Outputs:
    """Performs actions. Sound is handed over ahead of its time; edges of the buzzer's pin wait here for theirs."""

    def __init__(
        self,
        speaker: Speaker,
        pins: Pins,
        publish: Callable[[Event], None],
        *,
        tones: bool,
        answer: Callable[[Answered], None] = _nobody,
        watch: Callable[[Command], None] = _nobody,
        buzzing: Callable[[bool], None] = _nobody,
        signalling: Callable[[bool], None] = _nobody,
        tell_said: bool = False,
    ) -> None:
        """Take the devices, and who is told what. None of these functions may wait for anything.

        Args:
            publish: takes each event.
            tones: the signals are sounded by the speaker too.
            answer: takes what came of an order.
            watch: takes each command, after it was given to its device.
            buzzing: is told when the buzzer is switched, and every `BUZZ_BEAT` as long as it is on.
            signalling: is told when a signal begins, and when none goes on any more: one has pauses, too.
            tell_said: publish what is said, when it begins to be heard.
        """
        self._speaker = speaker
        self._pins = pins
        self._publish = publish
        self._tones = tones
        self._answer = answer
        self._watch = watch
        self._buzzing = buzzing
        self._signalling = signalling
        self._tell_said = tell_said
        self._edges: list[tuple[Ms, bool, int, tuple[int, ...]]] = []
        """The next edge of each signal: when, on or off, a number (for the order), and the lengths that follow."""
        self._cues = 0
        """How many cues were handed over that wait here, too."""
        self._unsaid: list[tuple[Ms, int, Say]] = []
        """What was handed over and is not heard yet: when, a number (for the order), and what."""
        self._on = 0
        """How many signals hold the buzzer on: a blip in a long signal must not end it."""
        self._begun = set[int]()
        """The numbers of the signals that have begun and are not over."""
        self._told_signal = False
        """What `signalling` was told. A hush does not tell: the blip of the press that made it comes first."""
        self._told_at = Ms(0)
        """When `buzzing` was told."""

    def deadline(self) -> Ms | None:
        """Return when `tick` must be called next, or None."""
        dues = [waiting[0][0] for waiting in (self._edges, self._unsaid) if waiting]
        if self._on:
            dues.append(Ms(self._told_at + BUZZ_BEAT))
        return min(dues, default=None)

    @property
    def in_signal(self) -> bool:
        """Tell whether a signal goes on, its pauses included."""
        return bool(self._begun)

    def tick(self, now: Ms) -> None:
        """Switch the buzzer where it is due, and tell what begins to be heard."""
        while self._edges and self._edges[0][0] <= now:
            _, on, number, lengths = heapq.heappop(self._edges)
            if lengths:
                # From now, not from its due time: a buzz that begins late, on a slow machine, has its length all the same.
                heapq.heappush(self._edges, (Ms(now + lengths[0]), not on, number, lengths[1:]))
                self._begun.add(number)
            else:
                self._begun.discard(number)
            was, self._on = self._on, self._on + (1 if on else -1)
            if bool(was) != bool(self._on):
                self._buzz(now)
        if self._on and now - self._told_at >= BUZZ_BEAT:
            self._tell(now)
        if self.in_signal != self._told_signal:
            self._told_signal = self.in_signal
            self._signalling(self.in_signal)
        while self._unsaid and self._unsaid[0][0] <= now:  # last: nobody's ear waits for it
            _, _, cue = heapq.heappop(self._unsaid)
            self._publish(Said(cue.at, cue.text, cue.language, cue.length))

    def perform(self, action: Action) -> None:
        """Have the command performed, or the event or the answer told."""
        if isinstance(action, Answered):
            self._answer(action)
        elif isinstance(action, Event):
            self._publish(action)
        else:
            self._command(action)
            self._watch(action)

    def _command(self, command: Command) -> None:
        match command:
            case Say(at):
                self._speaker.say(command.phrase, at)
                if self._tell_said:
                    self._cues += 1
                    heapq.heappush(self._unsaid, (at, self._cues, command))
            case Buzz(at, signal):
                self._cues += 1
                heapq.heappush(self._edges, (at, True, self._cues, signal.value))
                if self._tones:
                    self._speaker.tone(signal, at)
            case Hush():
                self._speaker.hush()
                self._edges.clear()
                self._unsaid.clear()
                self._begun.clear()
                if self._on:
                    self._on = 0
                    self._buzz(command.at)
            case Shine(_, light):
                self._pins.shine(light)
            case OpenSound():
                self._speaker.open()
            case CloseSound():
                self._speaker.close()
            case SetVolume(_, volume):
                self._speaker.set_volume(volume)
            case Softly(_, on):
                self._speaker.softly(on)

    def _buzz(self, now: Ms) -> None:
        self._pins.buzz(bool(self._on))
        self._tell(now)

    def _tell(self, now: Ms) -> None:
        self._told_at = now
        self._buzzing(bool(self._on))


def run(clock: Waits, trainer: Trainer, outputs: Outputs, beat: Callable[[Ms], None] | None = None) -> Quit:
    """Run until a `Quit` comes; return it.

    `beat` is called every `BEAT`, but not within a signal, whose edges it would keep waiting; it must be quick.
    """
    actions = trainer.begin(clock.now())
    beat_at = clock.now() if beat else None
    while True:
        for action in actions:
            outputs.perform(action)
        outputs.tick(clock.now())
        beats = None if outputs.in_signal else beat_at
        dues = (due for due in (trainer.deadline(), outputs.deadline(), beats) if due is not None)
        what = clock.wait(min(dues, default=None))
        now = clock.now()
        outputs.tick(now)
        if beat and beat_at is not None and beat_at <= now and not outputs.in_signal:
            beat(now)
            beat_at = Ms(now + BEAT)
        if isinstance(what, Quit):
            for action in trainer.finish(now):
                outputs.perform(action)
            return what
        actions = trainer.handle(what, now)
