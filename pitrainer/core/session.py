"""The state machine that leads through a plan. Every transition is in this file; these are all of them.

| phase   | pause  | resume     | next, next exercise | back                | undo      | stop | press      | release    |
| ------- | ------ | ---------- | ------------------- | ------------------- | --------- | ---- | ---------- | ---------- |
| running | paused | -          | running: 4          | running: block back | paused: 6 | over | pressed: 9 | -          |
| paused  | -      | running: 2 | running: 4          | running: block back | -         | over | -          | -          |
| pressed | paused | -          | running: 4          | running: block back | -         | over | -          | running: 9 |
| over    | -      | -          | -                   | -                   | -         | -    | -          | -          |

Time passes while it is running only: the next step, and at the end it is over.

1. A cue is handed over `LEAD` before its time, so that it can come out of the speaker on time. Every command that has a
   meaning begins with `Hush`: it takes back what is handed over and not yet heard.
2. Resume in a hold, or in what leads up to it: the position is said again, the ready signal, the rest of the hold. Anywhere
   else: the step from its beginning, for speech is heard whole.
3. Back goes to the instruction that the person is in (of the exercise or of the position), or in its first `BACK_AGAIN` to the
   one before. A hold is never begun by it without its ready signal.
4. Next goes to the following instruction: of the next hold, and first of the exercise, where that begins one. Next exercise
   goes to that of the exercise after the one of the last pause, as long as nothing has begun since. A hold is never begun by
   them without its ready signal, either.
5. Where nothing follows, next ends the session, with its signal.
6. Undo goes back into the last pause, as long as nothing has begun since.
7. Due times follow from the plan, never from the moment at which the loop woke.
8. Another plan of the same session changes only what is after the running step, and only while nothing of that is handed over.
9. In a set at the person's own pace, the time stands still from a press on, and with its release the set
   has been done at the moment of the press. Without any press it is paused after `PATIENCE`.
10. So it does while a question is asked, and while its answer is read back. The release answers with the number of the moment
   of the press, which is then read back. Before the first number it begins the question again; so it does while an answer is
   read back, as resume does, and takes the answer back. More pain than `Plan.pain_stop`, read back, is the end of the session.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto
from itertools import accumulate, compress, count
from operator import attrgetter
from typing import NamedTuple

from .asking import CHANGE
from .messages import Action, Began, Ended, Held, Hush, Paused, Rated, Resumed, Started
from .plan import PATIENCE, Buzz, Cue, Plan, Step, rebase
from .signals import Signal
from .units import Ms

LEAD = Ms(400)
"""Twice the delay of a slow output (PulseAudio over Bluetooth: about 200 ms) and a loaded machine's loop."""
BACK_AGAIN = Ms(2_000)


def answer_after(double: Ms) -> Ms:
    """Return how long after a press its answer begins: a press that belongs to it still finds nothing begun."""
    return Ms(double + 50)


ANSWER = answer_after(Ms(400))
"""The same for the usual `button.double`."""


class Phase(Enum):
    """Where a session is."""

    RUNNING = auto()
    PAUSED = auto()
    PRESSED = auto()
    OVER = auto()


class Transport(Enum):
    """What a person can want of a session, as of a player."""

    PAUSE = auto()
    RESUME = auto()
    NEXT = auto()
    NEXT_EXERCISE = auto()
    BACK = auto()
    UNDO = auto()
    STOP = auto()
    PRESS = auto()
    RELEASE = auto()


class _Spot(NamedTuple):
    """Where a session was paused."""

    steps: Sequence[Step]
    starts: list[Ms]
    place: int
    step: Step
    at: Ms


class Session:
    """One session over a plan, begun at `at` on the monotonic clock."""

    def __init__(self, plan: Plan, at: Ms, *, place: int = 0, held: Ms = Ms(0), answer: Ms = ANSWER) -> None:
        """Begin at `at`; the first call of `handle` returns the first actions.

        Args:
            place: the step to begin with, as after a pause in it.
            held: how much of it was held before, where it is a hold.
            answer: from a command that moves it on to the first cue after it.
        """
        self.plan = plan
        self.phase = Phase.RUNNING
        self._answer = answer
        self._steps: Sequence[Step] = ()
        """What is left; `_at` moves one of them to its time. Moving all at once kept the loop busy for 0.1 to 0.6 s on a PC
        with the longest plans."""
        self._starts: list[Ms] = []
        """When each of them starts, and last, when the last one ends."""
        self._cues: deque[Cue] = deque()
        """The next cues: those of one step, and where it has none left, of the next that has any."""
        self._loaded = 0
        """How many steps have handed their cues to `_cues`."""
        self._begun = -1
        """The last of `_steps` of which a cue has been handed over."""
        self._place = -1
        """Index in `_steps` of the running step; -1 while the first has yet to begin."""
        self._step = plan.steps[place]
        self.left = place, held
        """Of a session that was stopped: the step to go on with, and how much of it was held."""
        self._paused_at = at
        self._spot: _Spot | None = None
        """Of the last pause, until something has begun since."""
        self._resumed = False
        """It goes on after a pause, and nothing has begun since."""
        self._reads_back = False
        """The first of `_steps` reads an answer back."""
        self.too_much_pain = False
        """That answer ends the session."""
        self._out: list[Action] = [Started(at, plan, place)]
        self._run(self._left(plan.steps[place:], held) if place else plan.steps, at)

    @property
    def step(self) -> Step:
        """The step that the session is in; before the first has begun, the first."""
        return self._step

    @property
    def asks(self) -> bool:
        """Tell whether a press is an answer now."""
        return self.phase is Phase.RUNNING and (self._step.kind == "ask" or (self._place >= 0 and self._step.own))

    def deadline(self) -> Ms | None:
        """Return when `handle` must be called next if nothing else happens, or None."""
        if self.phase is not Phase.RUNNING:
            return None
        due = self._starts[self._place + 1]
        return min(due, Ms(self._cues[0].at - LEAD)) if self._cues else due

    def handle(self, command: Transport | None, now: Ms) -> list[Action]:
        """Emit what was due until now, then obey the command; return all of it in order."""
        self._advance(now)
        rule = _RULES.get((self.phase, command)) if command and (command is not Transport.PRESS or self.asks) else None
        if rule:
            self._out.append(Hush(now))
            rule(self, now)
            self._advance(now)
        out, self._out = self._out, []
        return out

    def replan(self, plan: Plan) -> bool:
        """Take another plan of the same session, in which more lengths are known, for all that comes after the running step.

        Returns whether it did; not in a pause, nor when the next step is about to begin, nor where the plan has other steps.
        """
        place, steps = self._place, plan.steps
        if self.phase is not Phase.RUNNING or place < 0 or self._begun > place or _outline(plan) != _outline(self.plan):
            return False
        index = self._step.index
        again = {hold: (self.plan if hold <= index else plan).again[hold] for hold in plan.again}
        questions = {ask: (self.plan if ask <= index else plan).questions[ask] for ask in plan.questions}
        steps = tuple(rebase([*self.plan.steps[: index + 1], *steps[index + 1 :]]))
        self.plan = replace(plan, steps=steps, again=again, questions=questions)
        ahead = [step if step.held else self.plan.steps[step.index] for step in self._steps[place + 1 :]]
        self._steps = [*self._steps[: place + 1], *ahead]
        starts = accumulate((step.length for step in ahead), initial=self._starts[place + 1])
        self._starts[place + 1 :] = map(Ms, starts)
        if ahead and ahead[-1].own:
            self._starts[-1] = Ms(self._starts[-2] + PATIENCE)
        if self._loaded > place + 1:
            self._cues.clear()
            self._loaded = place + 1
            self._load()
        return True

    def _advance(self, now: Ms) -> None:
        while (due := self.deadline()) is not None and due <= now:
            if self._cues and self._cues[0].at - LEAD == due:
                self._out.append(self._cues.popleft())
                self._begun = self._loaded - 1
                self._load()
                continue
            if self._place + 1 == len(self._steps) and self._step.own:
                self._pause(due)
                continue
            self._leave(due)
            if self._place + 1 == len(self._steps):
                self._end(due, completed=not self.too_much_pain)
            else:
                self._place += 1
                self._reads_back = self._reads_back and not self._place
                self._step = self._at(self._place)
                self._spot, self._resumed = None, False
                hold = _hold_ahead(self._steps[self._place + 1 :], Ms(0))
                less = Ms(self.plan.steps[hold.index].length - hold.length if hold else 0)
                self._out.append(Began(due, self.step, self.plan.hold_after(self.step), less))

    def _run(self, steps: Sequence[Step], at: Ms) -> None:
        self.phase = Phase.RUNNING
        # What follows a set at the person's own pace has no time yet.
        until = next(compress(count(1), map(attrgetter("own"), steps)), len(steps))
        self._steps = steps[:until]
        self._starts = [Ms(start) for start in accumulate((step.length for step in self._steps), initial=at)]
        if self._steps[-1].own:
            self._starts[-1] = Ms(self._starts[-2] + PATIENCE)
        self._cues.clear()
        self._loaded = 0
        self._load()
        self._place = self._begun = -1
        self._step = self._at(0)
        self._resumed = self._reads_back = self.too_much_pain = False

    def _at(self, place: int) -> Step:
        """Return one of the steps, at its time."""
        step = self._steps[place]
        return step.moved(self._starts[place] - step.start)

    def _load(self) -> None:
        """Have the next cues ready, if any are left. A step's are within it, so that no later step's can come before them."""
        while not self._cues and self._loaded < len(self._steps):
            step = self._at(self._loaded)
            self._cues.extend(step.cues)
            if asked := step.own and self.plan.again[step.index].asked:
                self._cues.append(asked.moved(step.start))
            self._loaded += 1

    def _go_on(self, steps: Sequence[Step], now: Ms) -> None:
        """Run these steps after a command, and say so where it ends a pause."""
        if self.phase is Phase.PAUSED:
            self._out.append(Resumed(now, self.step))
        self._run(steps, Ms(now + self._answer))

    def _elapsed(self, now: Ms) -> Ms:
        """Return how long the step had been running when it was last running."""
        at = now if self.phase is Phase.RUNNING else self._paused_at
        return Ms(max(0, at - self.step.start))

    def _leave(self, now: Ms) -> None:
        """Say how long a hold was held."""
        if self._place >= 0 and self.step.kind == "hold":
            self._out.append(Held(now, self.step, Ms(self.step.held + self._elapsed(now))))

    def _interrupt(self, now: Ms) -> None:
        if self.phase is not Phase.PAUSED:
            self._leave(now)

    def _end(self, at: Ms, *, completed: bool) -> None:
        self.phase = Phase.OVER
        self._out.append(Ended(at, completed))

    def _pause(self, now: Ms) -> None:
        self._interrupt(now)
        if self.phase is Phase.RUNNING:
            self._paused_at = now
        self.phase = Phase.PAUSED
        self._spot = _Spot(self._steps, self._starts, self._place, self._step, now)
        self._out.append(Paused(now, self.step))

    def _undo(self, now: Ms) -> None:
        if not self._spot:
            self._pause(now)
            return
        self.phase = Phase.PAUSED
        self._steps, self._starts, self._place, self._step, self._paused_at = self._spot
        self._out.append(Paused(now, self.step))

    def _press(self, now: Ms) -> None:
        self.phase = Phase.PRESSED
        self._paused_at = now

    def _release(self, now: Ms) -> None:
        step, following = self.step, self.plan.steps[self.step.index + 1 :]
        if step.own:
            self._out.append(Held(now, step, Ms(step.held + self._elapsed(now)), done=True))
            self._go_on(following, now)
            return
        question = self.plan.questions[step.index]
        number = None if self._reads_back else question.answer(self._elapsed(now))
        if number is None:
            self._take_back(now)
            self._go_on(self.plan.steps[step.index :], now)
            return
        self._out.append(Rated(now, step, question.about, number))
        too_much = question.about == "pain" and number > self.plan.pain_stop
        said = question.answers[number]
        read_back = replace(step, start=Ms(0), length=Ms(said.end + CHANGE), cues=(said,))
        self._go_on([read_back, *([] if too_much else following)], now)
        self._reads_back, self.too_much_pain = True, too_much

    def _take_back(self, now: Ms) -> None:
        if self._reads_back:
            self._out.append(Rated(now, self.step, self.plan.questions[self.step.index].about, None))

    def _resume(self, now: Ms) -> None:
        self._take_back(now)
        self._go_on(self._left(self._steps[max(self._place, 0) :], self._elapsed(now)), now)
        self._resumed = True

    def _left(self, steps: Sequence[Step], held: Ms) -> list[Step]:
        """Return the steps of a resume in the first of these, by rule 2; `held` is how much of it was held just now."""
        hold = _hold_ahead(steps, held)
        return self.plan.resume(hold) if hold else self.plan.tail(steps[0].index)

    def _next(self, now: Ms) -> None:
        self._skip(now, (step for step in self.plan.steps[self.step.index + 1 :] if step.kind in ("instruct", "outro")))

    def _next_exercise(self, now: Ms) -> None:
        last = self._spot.step if self._spot else self.step
        following = self.plan.steps[last.index + 1 :]
        self._skip(now, (step for step in following if step.kind == "outro" or step.number > last.number))

    def _skip(self, now: Ms, following: Iterator[Step]) -> None:
        """Go to the first of these, if there is one."""
        self._interrupt(now)
        if self.too_much_pain:
            self._end(now, completed=False)
        elif step := next(following, None):
            self._go_on(self.plan.steps[step.index :], now)
        else:
            self._out.append(Buzz(Ms(now + self._answer), Signal.DONE))
            self._end(now, completed=True)

    def _back(self, now: Ms) -> None:
        blocks = [step.index for step in self.plan.steps if step.kind in ("intro", "instruct", "outro") and step.cues]
        before = [index for index in blocks if index <= self.step.index]
        again = not self._resumed and self.step.index == before[-1] and self._elapsed(now) < BACK_AGAIN
        self._interrupt(now)
        if self.too_much_pain:
            self._end(now, completed=False)
            return
        self._go_on(self.plan.tail(before[-2 if again and len(before) > 1 else -1]), now)

    def _stop(self, now: Ms) -> None:
        self._interrupt(now)
        hold = _hold_ahead(self._steps[max(self._place, 0) :], self._elapsed(now))
        self.left = (hold.index, hold.held) if hold else (self.step.index, Ms(0))
        self._end(now, completed=False)


def _outline(plan: Plan) -> list[tuple[str, int, int, str]]:
    return [(step.kind, step.number, step.set, step.position) for step in plan.steps]


def _hold_ahead(steps: Sequence[Step], held: Ms) -> Step | None:
    """Return the hold that these steps begin in or lead up to, if it is one, with all of it that was held."""
    for step in steps:
        if step.kind == "hold":
            return replace(step, held=Ms(step.held + (held if step is steps[0] else 0)))
        if step.kind not in ("ready", "instruct") or not step.set:
            break
    return None


_RULES: dict[tuple[Phase, Transport], Callable[[Session, Ms], None]] = {
    (Phase.RUNNING, Transport.PAUSE): Session._pause,
    (Phase.RUNNING, Transport.NEXT): Session._next,
    (Phase.RUNNING, Transport.NEXT_EXERCISE): Session._next_exercise,
    (Phase.RUNNING, Transport.BACK): Session._back,
    (Phase.RUNNING, Transport.UNDO): Session._undo,
    (Phase.RUNNING, Transport.STOP): Session._stop,
    (Phase.PAUSED, Transport.RESUME): Session._resume,
    (Phase.PAUSED, Transport.NEXT): Session._next,
    (Phase.PAUSED, Transport.NEXT_EXERCISE): Session._next_exercise,
    (Phase.PAUSED, Transport.BACK): Session._back,
    (Phase.PAUSED, Transport.STOP): Session._stop,
    (Phase.RUNNING, Transport.PRESS): Session._press,
    (Phase.PRESSED, Transport.RELEASE): Session._release,
    (Phase.PRESSED, Transport.PAUSE): Session._pause,
    (Phase.PRESSED, Transport.NEXT): Session._next,
    (Phase.PRESSED, Transport.NEXT_EXERCISE): Session._next_exercise,
    (Phase.PRESSED, Transport.BACK): Session._back,
    (Phase.PRESSED, Transport.STOP): Session._stop,
}
