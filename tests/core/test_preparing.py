"""A session begins before all its clips are there: each is there in time, and what is still to come is planned anew."""

import zlib
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitrainer.core.button import ButtonReader
from pitrainer.core.languages import ENGLISH, Phrase
from pitrainer.core.messages import Action, Began, Edge, Ended, Held, Offer, Order, PlannedAnew, Sound, Started
from pitrainer.core.plan import Buzz, Plan, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.planning import Planning
from pitrainer.core.preparing import CAREFUL, EARLY, Pace, in_time, speech
from pitrainer.core.routine import LEVELS, PROFILES, Program
from pitrainer.core.session import Session, Transport
from pitrainer.core.speech import estimate
from pitrainer.core.starting import ROOM
from pitrainer.core.trainer import Trainer
from pitrainer.core.units import MINUTE, Ms
from support.fakes import BEGUN, SMALL, TESTS, FakeClips, half_a_second, parse

NECK = parse((TESTS.parent / "config" / "routines" / "neck.toml").read_text())
PROGRAM = Program(NECK, "adult", "standard")


def spoken(phrase: Phrase, least: int = 70) -> Ms:
    """How long a clip turns out to be: `least` percent of what was estimated, to 60 more."""
    return Ms(estimate(phrase) * (least + zlib.crc32(phrase.text.encode()) % 61) // 100)


class Made:
    """Clips that another process makes in the order of some plans, so much speech in a millisecond, from a moment on.

    Those that none of these needs are there.
    """

    def __init__(self, *plans: Plan, pace: float, begins: int = 1_000, least: int = 70) -> None:
        self.now = Ms(0)
        self._pace = pace
        self._begins = begins
        self._least = least
        self._at: dict[Phrase, float] = {}
        at = float(begins)
        for phrase in dict.fromkeys(phrase for plan in plans for phrase in plan.phrases()):
            at += estimate(phrase) / pace
            self._at[phrase] = at
        self.done = at

    @property
    def pace(self) -> float:
        return self._pace if self.now >= self._begins else 0

    @property
    def preparing(self) -> bool:
        return self.now < self.done

    def __contains__(self, phrase: Phrase) -> bool:
        return self._at.get(phrase, 0) <= self.now

    def length(self, phrase: Phrase) -> Ms:
        return spoken(phrase, self._least) if phrase in self else estimate(phrase)

    def session(self, program: Program, planning: Planning | None = None) -> list[Action]:
        """Press at once, and return what happens from the session's begin to its end; what it says is there by then."""
        buttons = {"button": ButtonReader(Ms(30), Ms(1_200))}
        trainer = Trainer([program], self, buttons, planning=planning or Planning(self))
        trainer.handle(Edge("button", True, Ms(0)), Ms(0))
        trainer.handle(Sound(True), Ms(10))
        trainer.handle(Edge("button", False, Ms(100)), Ms(100))
        told: list[Action] = []
        while not any(isinstance(one, Ended) for one in told):
            self.now = trainer.deadline()
            for action in trainer.handle(None, self.now):
                if told or isinstance(action, Started):
                    told.append(action)
                    assert not isinstance(action, Say) or (
                        action.phrase in self and action.length == self.length(action.phrase)
                    )
        return told


def plan(length_of=estimate) -> Plan:
    return make_plan(NECK, "adult", "standard", length_of)


@pytest.mark.parametrize("pace", [0.8, 1.0, 1.5, 5.0, 40.0])
def test_begun_early(pace):
    """A press into an empty cache begins as soon as the rest will be made in time; then all is heard, whole and on time."""
    clips = Made(plan(), pace=pace)
    told = clips.session(PROGRAM)
    said = [one for one in told if isinstance(one, Say)]
    assert told[0].at < clips.done / 2 or pace > 30
    assert any(isinstance(one, PlannedAnew) for one in told)
    assert all(before.end <= after.at for before, after in pairwise(said))
    began = [one for one in told if isinstance(one, Began)]
    assert all(before.step.end == after.step.start == after.at for before, after in pairwise(began))
    holds = [one for one in told if isinstance(one, Held)]
    whole = plan(spoken)
    assert [one.held for one in holds] == [step.length for step in whole.steps if step.kind == "hold"]
    assert [(one.step.kind, one.step.length) for one in began[2:]] == [(step.kind, step.length) for step in whole.steps[2:]]


@settings(max_examples=40)
@given(st.sampled_from(PROFILES), st.sampled_from(LEVELS), st.floats(0.5, 60), st.integers(0, 60_000), st.integers(40, 140))
def test_minutes_are_right_or_not_told(profile, level, pace, begins, least):
    """However far the clips are and however wrong the estimates: the minutes that are told are right to half a minute."""
    estimated, true = (make_plan(NECK, profile, level, length) for length in (estimate, lambda it: spoken(it, least)))
    clips = Made(estimated, true, pace=pace, begins=begins, least=least)
    told = clips.session(Program(NECK, profile, level))
    minutes = {ENGLISH.about_minutes(number): number * MINUTE for number in range(1, 60)}
    announced = [minutes[one.phrase] for one in told if isinstance(one, Say) and one.phrase in minutes]
    assert len(announced) == (told[0].at >= clips.done)
    assert all(abs(told[-1].at - told[0].at - length) <= MINUTE // 2 for length in announced)


class Counted(Planning):
    """Notes when it plans."""

    def __init__(self, clips: Made) -> None:
        super().__init__(clips)
        self._made = clips
        self.planned: list[Ms] = []

    def plan(self, *arguments: Any, **options: Any) -> Plan:
        self.planned.append(self._made.now)
        return super().plan(*arguments, **options)


def test_little_is_done_while_it_waits():
    """A plan takes a small processor a second, in which no press is read: one is made to wait for, and one to begin with."""
    clips = Made(plan(), pace=1.0, begins=60_000)
    counted = Counted(clips)
    began = clips.session(PROGRAM, counted)[0].at
    assert began > 70_000
    before = [at for at in counted.planned if at < began]
    assert len({*before}) == 2
    assert began - max(before) < 1_000


@pytest.mark.parametrize("pace", [0.8, 1.0, 1.5, 5.0])
def test_planned_anew_when_nothing_is_due(pace):
    """A plan keeps the loop for a second on a small processor: none is made while the buzzer sounds, or is about to."""
    clips = Made(plan(), pace=pace)
    counted = Counted(clips)
    told = clips.session(PROGRAM, counted)
    anew = [at for at in counted.planned if at > told[0].at]
    assert len(anew) > 3
    buzzes = [one for one in told if isinstance(one, Buzz)]
    assert not [(at, one) for at in anew for one in buzzes if one.at - ROOM < at < one.end]


def test_going_on_with_true_lengths():
    """What was stopped before its clips were there goes on with their true lengths, and with what was known then."""
    before = replace(make_plan(SMALL, "adult", "standard", lambda _: Ms(900)), learned=BEGUN)
    clips = FakeClips(length_of=half_a_second)
    program = Program(SMALL, "adult", "standard")
    trainer = Trainer([program], clips, {"button": ButtonReader(Ms(30), Ms(1_200))}, planning=Planning(clips))
    trainer.handle(Offer(Phrase("Go on.", "en"), Ms(60_000), program, place=4, plan=before), Ms(0))
    told = trainer.handle(Sound(True), Ms(10))
    for at, down in ((5_000, True), (5_100, False)):
        told += trainer.handle(Edge("button", down, Ms(at)), Ms(at))
    plans = [one.plan for one in told if isinstance(one, Started)]
    assert plans == [Planning(clips).plan(program, 0, before)]
    assert plans[0].steps == make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN).steps


def test_too_slow():
    """Where making takes longer than speaking, a start waits until the rest will do."""
    whole = plan()
    missing = whole.phrases()
    assert not in_time(whole, 0, missing, 0)
    assert not in_time(whole, 0, missing, 10.0)  # the first words are not there
    begins = {cue.phrase for step in whole.steps[:2] for cue in step.cues if isinstance(cue, Say)}
    later = [phrase for phrase in missing if phrase not in begins]
    assert in_time(whole, 0, later, 10.0)
    assert not in_time(whole, 0, later, 0.1)
    last = [cue.phrase for cue in whole.steps[-1].cues if isinstance(cue, Say)][-1:]
    turn = whole.steps[-2].start
    enough = CAREFUL * speech(last) / (turn - EARLY)
    assert in_time(whole, 0, last, enough * 1.01)
    assert not in_time(whole, 0, last, enough * 0.99)
    assert not in_time(whole, len(whole.steps) - 1, last, 10.0)


def test_pace():
    """What is made in a millisecond is known from the second clip on: before the first, the voice is loaded."""
    pace = Pace()
    looks = [(10_000, 0), (10_000, 30_000), (9_000, 31_000), (9_000, 31_000), (8_000, 32_000), (8_000, 33_000), (5_000, 34_000)]
    assert [pace.look(Ms(left), Ms(now)) for left, now in looks] == [0, 0, 0, 0, 1, 0.5, 4 / 3]


def moved(length: int) -> Plan:
    return make_plan(SMALL, "adult", "standard", lambda _: Ms(length))


def test_what_has_begun_stays():
    """A session takes another plan between two steps: the running one, and what is handed over, stay; what follows moves."""
    session = Session(moved(500), Ms(0))
    first = session.handle(None, Ms(100))
    end = session.step.end
    assert session.replan(moved(700))
    assert session.step.end == end
    rest = [cue for cue in moved(500).steps[0].cues if cue not in first]
    later = session.handle(None, Ms(60_000))
    assert [one for one in later if isinstance(one, Say | Buzz)][: len(rest)] == rest
    begun = [one.step for one in later if isinstance(one, Began)]
    assert [step.length for step in begun] == [step.length for step in moved(700).steps[1 : len(begun) + 1]]
    assert begun[0].start == end


def test_when_no_other_plan_is_taken():
    """Not before the first step, nor in a pause, nor for other steps, nor when something of the next step is handed over."""
    session = Session(moved(500), Ms(0))
    assert not session.replan(moved(700))
    session.handle(None, Ms(100))
    assert not session.replan(plan(half_a_second))
    session.handle(None, Ms(session.step.end - 100))
    assert not session.replan(moved(700))
    session.handle(None, Ms(session.step.end + 100))
    assert session.replan(moved(700))
    session.handle(Transport.PAUSE, Ms(session.step.start + 200))
    assert not session.replan(moved(800))


def test_paused_when_the_last_clip_comes():
    """A session that is paused while the last of its clips are made goes on with their true lengths all the same."""
    clips = FakeClips(missing=["Bye."], length_of=lambda phrase: Ms(900 if phrase.text in clips.missing else 500))
    clips.preparing, clips.pace = True, 10.0
    trainer = Trainer([Program(SMALL, "adult", "standard")], clips, {}, planning=Planning(clips))
    trainer.handle(Order("start"), Ms(0))
    trainer.handle(Sound(True), Ms(10))
    trainer.handle(None, Ms(3_000))
    trainer.handle(Order("pause"), Ms(3_500))
    clips.missing.clear()
    clips.preparing = False
    trainer.handle(None, Ms(10_000))
    trainer.handle(Order("start"), Ms(20_000))
    told = [action for at in range(20_000, 60_000, 500) for action in trainer.handle(None, Ms(at))]
    (anew,) = [action.plan for action in told if isinstance(action, PlannedAnew)]
    assert anew.steps[-1].length == Planning(clips).plan(Program(SMALL, "adult", "standard"), 0).steps[-1].length
