"""A start: waits until the sound is open and the session's clips are there or will be in time, then makes the session.

A session that begins before all its clips are there is planned anew when more of them are: what is still to come moves by what
the estimates of their lengths were wrong, and what has begun stays. It does not tell how long it takes.
"""

from collections.abc import Callable, Sequence

from .announcer import PRIME, Announcer
from .interfaces import Clips
from .languages import Phrase
from .messages import Action, GivenUp, Hush, Light, Offer, PlannedAnew, Shine, WaitingForClips
from .phrases import WAITS, words_of
from .plan import PAUSE, Buzz, Plan, Say, Step
from .planning import Planning
from .preparing import in_time, speech
from .routine import Program
from .session import Phase, Session
from .signals import Signal
from .units import MINUTE, SECOND, Ms

CLIPS_LOOK = Ms(1_000)
"""How often a start that waits for its clips looks for them, and a session that has begun before they were there."""
ROOM = Ms(2_000)
"""How long nothing must be due for a session to be planned anew: it took a second in the rig, with 512 MB and the making."""
CLIPS_SAY = Ms(15 * SECOND)
"""How often it says that it waits."""
SOUND_WAIT = Ms(3_000)
"""How long a start waits for the sound before it goes on without."""


class Starting:
    """The start that waits, if there is one."""

    def __init__(self, announcer: Announcer, clips: Clips, planning: Planning, tip: Callable[[], int], answer: Ms) -> None:
        """Begin with none; `tip` tells the number of the next tip, and `answer` is of the session, see there."""
        self._announcer = announcer
        self._clips = clips
        self._planning = planning
        self._tip = tip
        self._answer = answer
        self._program: Program
        self._offer: Offer | None = None
        """What it is of, if not of the program from its beginning."""
        self._look_at: Ms | None = None
        """While it waits: for the sound, when it goes on without; for its clips, when they are looked for."""
        self._say_at: Ms | None = None
        """When it is said next that it waits for its clips; None if it did not have to wait."""
        self._waiting: tuple[Plan, int] | None = None
        """What it waits to begin: the last plan that could not begin yet, and the step."""
        self._early: Session | None = None
        """A session that has begun before all its clips were there."""
        self._missing: list[Phrase] = []
        """Those of them that were not there at the last look."""

    @property
    def waits(self) -> bool:
        """Tell whether a start waits."""
        return self._look_at is not None and not self._early

    def deadline(self) -> Ms | None:
        """Return when `look` must be called next, or None."""
        return self._look_at

    def begin(self, program: Program, offer: Offer | None, now: Ms) -> tuple[Session | None, list[Action]]:
        """Start a program, or what is offered of it; return what `look` does."""
        self._program, self._offer, self._say_at, self._waiting, self._early = program, offer, None, None, None
        if self._announcer.sound == "opening":
            self._look_at = Ms(now + SOUND_WAIT)
            return None, []
        return self.look(now)

    def look(self, now: Ms) -> tuple[Session | None, list[Action]]:
        """Return the session, if it begins now or has begun. What is missing is buzzed first, and it goes on without."""
        if self._early:
            return self._plan_anew(self._early, now)
        if self._waiting and self._clips.preparing:
            # Only when that plan could begin, another is made: it takes a small processor, which is busy, a second.
            self._missing = self._without_clip(self._missing)
            if not in_time(*self._waiting, self._missing, self._clips.pace):
                return None, self._wait_for_clips(now)
        offer = self._offer
        plan = self._plan(offer.plan if offer else None)
        place, held = (offer.place, offer.held) if offer and offer.place < len(plan.steps) else (0, Ms(0))
        self._missing = self._without_clip(plan.phrases())
        early = bool(self._missing) and self._clips.preparing
        if early:
            plan = self._plan(plan, minutes=False)
            self._missing = self._without_clip(plan.phrases())
        if early and not in_time(plan, place, self._missing, self._clips.pace):
            self._waiting = plan, place
            return None, self._wait_for_clips(now)
        at = Ms(now + PRIME)
        faults: list[Action] = []
        no_voice = bool(self._missing) and not early
        for signal in [Signal.NO_SOUND] * (self._announcer.sound != "ready") + [Signal.NO_VOICE] * no_voice:
            faults.append(Buzz(at, signal))
            at = Ms(at + signal.length + PRIME)
        said: list[Action] = []
        if place and (whose := self._planning.whose(self._program)):  # the intro, which says so, is over
            said.append(say := self._announcer.say(whose, at))
            at = Ms(say.end + PAUSE)
        waited: list[Action] = [] if self._say_at is None else [Hush(now)]  # what is said of the wait may just have begun
        session = Session(plan, at, place=place, held=held, answer=self._answer)
        self._early, self._look_at = (session, Ms(now + CLIPS_LOOK)) if early else (None, None)
        return session, [*waited, *faults, *said]

    def _plan(self, before: Plan | None, *, minutes: bool = True) -> Plan:
        return self._planning.plan(self._program, self._tip(), before, minutes=minutes)

    def _without_clip(self, phrases: Sequence[Phrase]) -> list[Phrase]:
        return [phrase for phrase in phrases if phrase not in self._clips]

    def _plan_anew(self, session: Session, now: Ms) -> tuple[Session | None, list[Action]]:
        over = session.phase is Phase.OVER
        missing = self._without_clip(self._missing)  # what was there stays: to ask for all takes a small processor 20 ms
        more = len(missing) < len(self._missing)
        actions: list[Action] = []
        made = {*self._missing} - {*missing}
        may = session.phase is Phase.RUNNING and (_idle(session.step, now) or _needs(session.plan, session.step, made))
        if more and may and session.replan(self._plan(session.plan, minutes=False)):
            self._missing, more = self._without_clip(session.plan.phrases()), False
            actions = [PlannedAnew(now, session.plan)]
        self._look_at = Ms(now + CLIPS_LOOK)
        if over or not (more or (self._missing and self._clips.preparing)):
            self._early = self._look_at = None
        return None if over else session, actions

    def give_up(self, now: Ms) -> list[Action]:
        """End the wait: nothing begins."""
        self._look_at = None
        self._announcer.linger(now)
        waited: list[Action] = [] if self._say_at is None else [GivenUp(now), Hush(now)]
        return [*waited, Buzz(now, Signal.STOPPED), Shine(now, Light.READY)]

    def _wait_for_clips(self, now: Ms) -> list[Action]:
        self._look_at = Ms(now + CLIPS_LOOK)
        if self._say_at is not None and now < self._say_at:
            return []
        self._say_at = Ms(now + CLIPS_SAY)
        pace, words = self._clips.pace, words_of(self._program)
        left = Ms(round(speech(self._missing) / pace)) if pace else None
        says = [words.preparing]
        if left is not None and left > MINUTE // 2:
            minutes = next((most for most in WAITS if left <= most * MINUTE), WAITS[-1])
            says += [phrase for phrase in [words.about_minutes(minutes)] if phrase in self._clips]
        actions: list[Action] = [WaitingForClips(now, left, tuple(self._missing)), Buzz(now, Signal.PREPARING)]
        at = Ms(now + Signal.PREPARING.length + PRIME)
        for phrase in says:
            actions.append(say := self._announcer.say(phrase, at))
            at = Ms(say.end + PAUSE)
        return actions


def _idle(step: Step, now: Ms) -> bool:
    """Tell whether nothing is switched just now, and nothing is due for a while."""
    until = now + ROOM
    due = any(cue.at < until and (cue.end if isinstance(cue, Buzz) else cue.at) > now for cue in step.cues)
    return step.end >= until and not due


def _needs(plan: Plan, step: Step, made: set[Phrase]) -> bool:
    """Tell whether the next step says what has just been made: its length must be known before it begins."""
    following = plan.steps[step.index + 1 : step.index + 2]
    return any(isinstance(cue, Say) and cue.phrase in made for after in following for cue in after.cues)
