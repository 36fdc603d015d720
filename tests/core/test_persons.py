"""Several people with one trainer: what is said tells whose it is, and nobody's exercise counts for somebody else."""

from dataclasses import replace
from datetime import date, time

import pytest

from pitrainer.core.announcer import PRIME
from pitrainer.core.button import ButtonReader
from pitrainer.core.languages import Phrase
from pitrainer.core.messages import Edge, Offer, Offered, Sound, Started
from pitrainer.core.phrases import all_phrases, announcement, reminder_text, whose
from pitrainer.core.plan import PAUSE, Say
from pitrainer.core.planning import Planning
from pitrainer.core.reminders import Reminder
from pitrainer.core.repeats import Repeats
from pitrainer.core.routine import Program, Regimen, alone
from pitrainer.core.signals import Signal
from pitrainer.core.trainer import Trainer
from pitrainer.core.units import MINUTE, Ms
from support.fakes import SMALL, FakeClips, FakeHabit, SimRoom, half_a_second, tap
from support.spoken import en, texts

ANNA, BEN = Program(SMALL, "adult", "standard", "Anna"), Program(SMALL, "child", "standard", "Ben")
ADULT, CHILD = Program(SMALL, "adult", "standard"), Program(SMALL, "child", "standard")
OTHER = replace(SMALL, id="other", title="Other")
FOR_ANNA = Reminder(time(8, 1), "small", "adult", person="Anna")
FOR_ANYBODY = Reminder(time(8, 5), "small", "adult")


@pytest.mark.parametrize(
    ("program", "startable", "said"),
    [
        (ADULT, [ADULT], None),
        (ADULT, [ADULT, replace(ADULT, level="full"), Program(OTHER, "child", "standard")], None),
        (ADULT, [ADULT, CHILD], "Small, for adults."),
        (CHILD, [ADULT, CHILD], "Small, for children."),
        (ANNA, [ANNA], None),
        (ANNA, [ANNA, BEN], "Small, for Anna."),
        (BEN, [ANNA, BEN], "Small, for Ben."),
        (ADULT, [ANNA, ADULT], "Small, for adults."),
    ],
)
def test_whose_session_it_is(program: Program, startable: list[Program], said: str | None) -> None:
    """It is said where the routine is done for several profiles or by several people, and only there."""
    phrase = whose(program, startable)
    assert (phrase and phrase.text) == said


@pytest.mark.parametrize(("startable", "said"), [([ANNA], []), ([ANNA, BEN], ["Small, for Anna."])])
def test_the_session_says_whose_it_is(startable: list[Program], said: list[str]) -> None:
    """A session begins with whose it is; an exercise that is done once more does not, for the offer said it."""
    plan = Planning(FakeClips(), FakeHabit(), startable).plan(ANNA, 0)
    spoken = [cue.text for cue in plan.steps[0].cues if isinstance(cue, Say)]
    assert spoken == [*said, "Hello.", "About one minute."]
    assert {*plan.phrases()} <= {*all_phrases(startable, FakeClips().length)}
    again = Planning(FakeClips(), FakeHabit(), startable).plan(replace(ANNA, routine=alone(SMALL, SMALL.exercises[0])), 0)
    assert en("Small, for Anna.") not in again.phrases()


def test_names_in_what_is_said() -> None:
    """A program and a reminder name the person; without one they say what they said before. All of it is prepared."""
    assert [announcement(of).text for of in (ANNA, CHILD)] == ["Small. For Anna.", "Small. For children."]
    asks = [reminder_text(of).text for of in (ANNA, BEN, CHILD, ADULT)]
    press = "Press the button when you are ready."
    assert asks == [
        f"It is time to exercise, Anna. Small. {press}",
        f"It is time to exercise, Ben. Small. {press}",
        f"It is time to exercise. Small, for children. {press}",
        f"It is time to exercise. Small. {press}",
    ]
    prepared = texts(all_phrases([ANNA, BEN], half_a_second, reminded=[ANNA, BEN]))
    assert {"Small. For Anna.", "Small. For Ben.", *asks[:2]} <= {*prepared}


def test_a_reminder_starts_the_person_s_session() -> None:
    """What Anna is reminded of is asked of her, counts for her, and is not done because somebody else did the routine."""
    habit = FakeHabit()
    habit.done[Regimen("small", "adult")] = date(2024, 5, 6)
    reminders = {FOR_ANNA: SMALL, FOR_ANYBODY: SMALL}
    one = SimRoom(tap(70_000, 300), until=6 * MINUTE, habit=habit, reminders=reminders)
    told = [what for _, _, what in one.told() if what.startswith(("announced", "closed", "say It is time"))]
    assert told == [
        "announced 08:01 small adult Anna",
        "say It is time to exercise, Anna. Small. Press the button when you are ready.",
        "closed 08:01 small adult Anna: answered",
        "closed 08:05 small adult: done",
    ]
    (started,) = [action for _, action in one.heard if isinstance(action, Started)]
    assert (started.plan.person, started.plan.regimen) == ("Anna", Regimen("small", "adult", "Anna"))


def test_going_on_says_whose_session_it_is() -> None:
    """A press that goes on with a session hears first whose it is: the intro, which says so, is over."""
    clips = FakeClips(length_of=half_a_second)
    planning = Planning(clips, startable=[ANNA, BEN])
    trainer = Trainer([ANNA, BEN], clips, {"button": ButtonReader(Ms(30), Ms(1_200))}, planning=planning)
    plan = trainer.plan(ANNA)
    hold = next(step.index for step in plan.steps if step.kind == "hold")
    trainer.handle(Offer(Phrase("Go on.", "en"), Ms(60_000), ANNA, hold, plan=plan), Ms(0))
    trainer.handle(Sound(True), Ms(10))
    trainer.handle(Edge("button", True, Ms(5_000)), Ms(5_000))
    told = [*trainer.handle(Edge("button", False, Ms(5_100)), Ms(5_100)), *trainer.handle(None, Ms(9_000))]
    said = [(cue.at, cue.text) for cue in told if isinstance(cue, Say)][:2]
    (started,) = [action.at for action in told if isinstance(action, Started)]
    begins = 5_100 + PRIME
    assert said == [(begins, "Small, for Anna."), (begins + 500 + PAUSE + Signal.STEP.length + 300, "Left.")]
    assert started == begins + 500 + PAUSE


def test_a_stop_says_whose_session_it_was() -> None:
    """The offer to go on names the person, also where the other one that may be started is a reminder's."""
    script = [*tap(70_000, 300), *tap(82_000, 2_000)]
    one = SimRoom(script, until=2 * MINUTE, habit=FakeHabit(), reminders={FOR_ANNA: SMALL})
    (offered,) = [action.offer for _, action in one.heard if isinstance(action, Offered)]
    assert offered.program.person == "Anna"
    said = [what for at, _, what in one.told() if at > 84_000 - 1 and what.startswith("say")]
    assert said == [
        "say The session is stopped.",
        "say Small. For Anna.",
        "say Press the button to continue with exercise one.",
    ]


def test_the_same_exercise_once_more_for_two() -> None:
    """Each of two people is offered their own repetition, by name."""
    push, tap_ = SMALL.exercises
    routine = replace(SMALL, exercises=(push, replace(tap_, repeat_after=Ms(15 * MINUTE))))
    repeats = Repeats()
    for minute, person in ((0, "Anna"), (2, "Ben")):
        repeats.held(replace(ANNA, routine=routine, person=person), "tap", Ms(minute * MINUTE))
    found = [repeats.look(Ms(minute * MINUTE), busy=False) for minute in (14, 15, 16, 17)]
    assert [offer and offer[0].person for offer in found] == [None, "Anna", None, "Ben"]
    one = SimRoom(tap(0, 300), until=20 * MINUTE, programs=[(routine, "adult", "standard", "Anna"), (routine, "child", "full")])
    said = [what for _, _, what in one.told() if "repeat " in what]
    assert said == ["say Anna, press the button to repeat the tap exercise."]
