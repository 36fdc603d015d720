"""The trainer that speaks first: reminders, an exercise once more, and what it says to those who know it by heart."""

from dataclasses import replace
from datetime import date, time
from itertools import pairwise

import pytest

from pitrainer.core.announcer import LINGER, PRIME
from pitrainer.core.languages import Phrase
from pitrainer.core.learned import Learned
from pitrainer.core.messages import Began, Ended, Input, Offer, Order, Started, WaitingForClips
from pitrainer.core.phrases import all_phrases
from pitrainer.core.plan import Buzz, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.prompts import SETTLE
from pitrainer.core.reminders import Reminder, Reminders
from pitrainer.core.repeats import LOOK
from pitrainer.core.repeats import OFFERED as REPEATED
from pitrainer.core.routine import PROFILES, Program, Regimen, Routine
from pitrainer.core.signals import Signal
from pitrainer.core.units import MINUTE, SECOND, Ms
from pitrainer.service.loop import Quit
from support.fakes import SMALL, FakeClips, FakeHabit, SimRoom, half_a_second, parse, tap
from support.spoken import texts

Script = list[tuple[int, Input | Quit]]

ADULT, CHILD = (SMALL, "adult", "standard"), (SMALL, "child", "standard")
OTHER = replace(SMALL, id="other", title="Other")
AT_EIGHT = Reminder(time(8, 1), "other", "child")
"""A minute after the room's clock begins."""
DUE = 60_000
TEXT = "say It is time to exercise. Other, for children. Press the button when you are ready."


def room(script: Script, until: int, habit: FakeHabit | None = None, **options: object) -> SimRoom:
    habit = habit or FakeHabit()
    reminders = {AT_EIGHT: OTHER}
    return SimRoom(script, until=until, **{"habit": habit, "reminders": reminders, **options})  # type: ignore[arg-type]


def whats(room: SimRoom, *starts: str) -> list[tuple[int, str]]:
    """Return the actions that begin with one of these words."""
    return [(at, what) for _, at, what in room.told() if what.startswith(starts)]


# --- a reminder


def test_reminder() -> None:
    """The sound is opened first; when it is there and primed come the chime and the sentence; then it is closed again."""
    chime = Signal.REMINDER.length
    assert room([], 120_000).told(1) == [
        (DUE, DUE, "announced 08:01 other child"),
        (DUE, DUE, "softly"),
        (DUE, DUE, "opensound"),
        (DUE + 50, DUE + 50 + PRIME, "buzz REMINDER"),
        (DUE + 50, DUE + 50 + PRIME + chime + 300, TEXT),
        (DUE + 50 + PRIME + chime + 800 + LINGER, DUE + 50 + PRIME + chime + 800 + LINGER, "closesound"),
    ]


def test_reminder_without_sound() -> None:
    """Where there is no sound, the buzzer's chime is heard all the same, each time."""
    one = room([], 32 * MINUTE, fails=True)
    assert whats(one, "buzz", "say") == [(DUE + n * 5 * MINUTE + 50, "buzz REMINDER") for n in range(6)]


def test_press_starts_it() -> None:
    """A press starts what the reminder is of, in its profile; what was chosen before stays chosen."""
    one = room([*tap(70_000, 300), *tap(130_000, 2_000), *tap(140_000)], until=141_000, programs=[ADULT, CHILD], chosen=1)
    started = [action.plan for _, action in one.heard if isinstance(action, Started)]
    assert [(plan.routine, plan.profile) for plan in started] == [("other", "child"), ("small", "adult")]
    assert one.trainer.chosen == 0  # the hold chose it, from 1
    assert whats(one, "closed", "chosen") == [(70_300, "closed 08:01 other child: answered"), (132_000, "chosen 0")]


def test_an_order_starts_it() -> None:
    """`pitrainer start` is a press."""
    one = room([(70_000, Order("start"))], until=72_000)
    assert [action.plan.routine for _, action in one.heard if isinstance(action, Started)] == ["other"]


def test_an_order_chooses_instead() -> None:
    """A program that another process chooses is what a press starts; what the person was reminded of comes again later."""
    script: Script = [(70_000, Order("program", number=1)), *tap(80_000, 300), *tap(90_000, 2_000)]
    one = room(script, until=12 * MINUTE, programs=[ADULT, CHILD])
    started = [action.plan for _, action in one.heard if isinstance(action, Started)]
    assert [(plan.routine, plan.profile) for plan in started] == [("small", "child")]
    assert whats(one, "announced", "putoff", "closed", "chosen") == [
        (DUE, "announced 08:01 other child"),
        (70_000, "putoff 08:01 other child"),
        (70_000, "chosen 1"),
        (70_000 + 10 * MINUTE, "announced 08:01 other child"),
    ]


def test_hold_is_later() -> None:
    """Held, it is put off and says so: no other program is chosen, and it comes again in ten minutes."""
    one = room(tap(70_000, 2_000), until=12 * MINUTE, programs=[ADULT, CHILD])
    again = 72_000 + 10 * MINUTE
    assert whats(one, "putoff", "say", "chosen", "announced", "buzz STOPPED") == [
        (DUE, "announced 08:01 other child"),
        (DUE + 50 + PRIME + Signal.REMINDER.length + 300, TEXT),
        (71_200 + PRIME, "say I will remind you again in ten minutes."),  # what letting go would do
        (72_000, "buzz STOPPED"),
        (72_000, "putoff 08:01 other child"),
        (72_000 + Signal.STOPPED.length + 300, "say I will remind you again in ten minutes."),
        (again, "announced 08:01 other child"),
        (again + 50 + PRIME + Signal.REMINDER.length + 300, TEXT),
    ]


def test_hold_before_the_quiet_hours() -> None:
    """Held when later would be quiet, it says that it was the last one, both while it is held and when it is let go."""
    late = Reminder(time(21, 50), "other", "child")
    one = room(tap(6 * MINUTE, 2_000), until=30 * MINUTE, habit=FakeHabit("2024-05-06 21:49"), reminders={late: OTHER})
    assert whats(one, "putoff", "closed", "say All", "say I will") == [
        (6 * MINUTE + 1_200 + PRIME, "say All right. That was the last reminder for today."),
        (6 * MINUTE + 2_000, "closed 21:50 other child: put off into the quiet hours"),
        (6 * MINUTE + 3_200, "say All right. That was the last reminder for today."),
    ]


def test_it_gives_up() -> None:
    """Nobody comes: six times in half an hour, then silence; a press then starts the chosen program."""
    one = room(tap(32 * MINUTE), until=33 * MINUTE)
    assert whats(one, "announced", "closed") == [
        *[(DUE + n * 5 * MINUTE, "announced 08:01 other child") for n in range(6)],
        (31 * MINUTE, "closed 08:01 other child: given up after 6 times"),
    ]
    assert [action.plan.routine for _, action in one.heard if isinstance(action, Started)] == ["small"]


def test_not_in_a_session() -> None:
    """In a session, and for a minute after it, nothing is said; then it is, if it is still time."""
    one = room(tap(50_000, 300), until=6 * MINUTE)
    (ended,) = [at for at, action in one.heard if isinstance(action, Ended)]
    ((announced, _),) = whats(one, "announced")
    assert ended + SETTLE <= announced <= ended + SETTLE + 20 * SECOND


def test_not_after_it_was_done() -> None:
    """What a session has just done is not asked for."""
    habit = FakeHabit()
    habit.done[Regimen("other", "child")] = date(2024, 5, 6)
    assert whats(room([], 10 * MINUTE, habit), "announced", "closed", "buzz") == [(DUE, "closed 08:01 other child: done")]


def test_not_while_somebody_presses() -> None:
    """A finger on the button is left alone: the reminder comes after what it does."""
    one = room(tap(59_500, 1_300), until=4 * MINUTE, programs=[ADULT, CHILD])
    announcement = next(action for _, action in one.heard if isinstance(action, Say))
    assert announcement.text == "Small. For children."
    ((announced, _),) = whats(one, "announced")
    assert announced >= announcement.end


def test_nothing_before_the_clock_is_right() -> None:
    """Without a clock that can be trusted nobody is reminded."""
    assert room([], 3_600_000, FakeHabit(trusted=False)).told(1) == []


# --- once more


def repeated(minutes: int = 2) -> Routine:
    """Return the small routine, whose second exercise, of 2 s, is to be repeated."""
    push, tap_ = SMALL.exercises
    return replace(SMALL, exercises=(push, replace(tap_, repeat_after=Ms(minutes * MINUTE))))


def held_at(one: SimRoom) -> int:
    """Return when the hold of the second exercise was over."""
    return next(
        action.step.end
        for _, action in one.heard
        if isinstance(action, Began) and action.step.kind == "hold" and action.step.exercise == "tap"
    )


def test_repeat() -> None:
    """So long after the exercise it is offered once more; the press does it alone, and it is not offered again."""
    programs = [(repeated(), "child", "full")]
    due = held_at(SimRoom(tap(0, 300), until=100_000, programs=programs)) + 2 * MINUTE
    one = SimRoom([*tap(0, 300), *tap(due + 10_000, 300)], until=due + 20 * MINUTE, programs=programs)
    assert whats(one, "repeatable", "buzz REMINDER", "say Press") == [
        (due, "repeatable"),
        (due + 50 + PRIME, "buzz REMINDER"),
        (due + 50 + PRIME + Signal.REMINDER.length + 300, "say Press the button to repeat the tap exercise."),
    ]
    (_, first), (_, second) = [(at, action) for at, action in one.heard if isinstance(action, Started)]
    assert (second.plan.routine, second.plan.profile, second.plan.level) == ("small", "child", "full")
    assert [step.kind for step in second.plan.steps] == ["instruct", "instruct", "ready", "hold", "release", "outro"]
    assert [action.text for at, action in one.heard if isinstance(action, Say) and at > due + 10_000] == [
        "Tap.",
        "Tap along.",
        "Two seconds.",
        "One.",
    ]
    assert one.trainer.tip == 1, "a repeated exercise is not another session"
    assert first.plan.steps[-1].cues[-1] == replace(second.plan.steps[-1].cues[-1], at=first.plan.steps[-1].cues[-1].at)


def test_repeat_passes() -> None:
    """Five minutes later the press starts a session as ever."""
    programs = [(repeated(), "adult", "standard")]
    due = held_at(SimRoom(tap(0, 300), until=100_000, programs=programs)) + 2 * MINUTE
    for later, plan in ((REPEATED - 1_000, 6), (REPEATED, 16)):
        one = SimRoom([*tap(0, 300), *tap(due + later - 100)], until=due + later + 2_000, programs=programs)
        started = [action for _, action in one.heard if isinstance(action, Started)]
        assert len(started[-1].plan.steps) == plan


def test_repeat_after_a_stop() -> None:
    """An exercise that was held is offered though the session was stopped after it; one that was not is not."""
    programs = [(repeated(), "adult", "standard")]
    held = held_at(SimRoom(tap(0, 300), until=100_000, programs=programs))
    for stopped, offered in ((held + 100, 1), (held - 500, 0)):
        one = SimRoom([*tap(0, 300), *tap(stopped, 2_000)], until=600_000, programs=programs)
        assert len(whats(one, "ended, not")) == 1
        assert len(whats(one, "repeatable")) == offered


@pytest.mark.parametrize(("pause", "offered"), [(150 * SECOND, True), (600 * SECOND, False)], ids=["soon over", "too late"])
def test_repeat_in_a_session(pause: int, offered: bool) -> None:
    """In a session nothing is offered; after it, if the five minutes are not over."""
    programs = [(repeated(1), "adult", "standard")]
    first = SimRoom(tap(0, 300), until=100_000, programs=programs)
    due = held_at(first) + MINUTE
    second = due - 10_000  # another session, paused in its first step
    script = [*tap(0, 300), *tap(second, 300), *tap(second + 2_000), *tap(second + 2_000 + pause, 2_000)]
    one = SimRoom(script, until=due + 30 * MINUTE, programs=programs)
    ended = [at for at, action in one.heard if isinstance(action, Ended)][1]
    soon = [at - ended - SETTLE for at, _ in whats(one, "repeatable") if at < due + REPEATED]
    assert [0 <= late < LOOK for late in soon] == [True] * offered


def test_offered_late() -> None:
    """However late it is said, it can be answered for five minutes."""
    programs = [(repeated(1), "adult", "standard")]
    due = held_at(SimRoom(tap(0, 300), until=100_000, programs=programs)) + MINUTE
    ends = due + REPEATED - SETTLE - 3_000
    script = [*tap(0, 300), *tap(due - 10_000, 300), *tap(due - 8_000), *tap(ends - 2_000, 2_000)]
    said = whats(SimRoom(script, until=due + REPEATED, programs=programs), "repeatable")[-1][0]
    for later, once_more in ((8_000, True), (REPEATED - 200, True), (REPEATED + 200, False)):
        one = SimRoom([*script, *tap(said + later)], until=said + later + 2_000, programs=programs)
        assert [action.plan.once_more for _, action in one.heard if isinstance(action, Started)][-1] is once_more


def test_no_repeat_in_the_quiet_hours() -> None:
    """In the quiet hours nothing is said by itself."""
    programs = [(repeated(), "adult", "standard")]
    one = SimRoom(tap(0, 300), until=1_200_000, programs=programs, habit=FakeHabit("2024-05-06 22:30", quiet=True))
    assert whats(one, "repeatable") == []


# --- by heart


WITH_SHORT = parse(
    """
schema = 1
id = "short"
title = "Short"
language = "en"
[[exercise]]
id = "push"
name = "Push"
say = "Push with both hands, slowly."
short = "Push."
hold = "5s"
"""
)


@pytest.mark.parametrize(
    ("learned", "said"), [(Learned(), "Push with both hands, slowly."), (Learned(10, frozenset({"push"})), "Push.")]
)
def test_short_instructions(learned: Learned, said: str) -> None:
    """Who knows the routine hears the short instruction; both are prepared."""
    habit = FakeHabit(learned=learned)
    one = SimRoom(tap(0, 300), until=20_000, programs=[(WITH_SHORT, "adult", "standard")], habit=habit)
    assert said in [action.text for _, action in one.heard if isinstance(action, Say)][:3]
    assert {"Push.", "Push with both hands, slowly."} <= {
        *texts(all_phrases([Program(WITH_SHORT, "adult", "standard")], half_a_second))
    }


@pytest.mark.parametrize(
    ("status", "last", "streak", "said"),
    [
        ("program", "2024-05-06", 3, []),
        ("last", "2024-05-06", 3, ["You have done it today."]),
        ("last", "2024-05-05", 3, ["The last time was yesterday."]),
        ("last", "2024-05-03", 0, ["The last time was three days ago."]),
        ("last", "2024-01-03", 0, ["It has been a while. Welcome back."]),
        ("last", "2024-05-09", 0, ["You have done it today."]),  # the clock was wrong then
        ("last", None, 0, []),
        ("streak", "2024-05-06", 1, ["One day so far."]),
        ("streak", "2024-05-06", 21, ["Twenty-one days in a row."]),
        ("streak", "2024-05-06", 100, ["More than fourteen weeks in a row."]),
        ("streak", "2024-05-06", 4_000, ["More than a year in a row."]),
        ("streak", "2024-04-06", 0, []),
    ],
)
def test_spoken_status(status: str, last: str | None, streak: int, said: list[str]) -> None:
    """After the name of the program that a hold chooses comes what the setting asks for; it is prepared."""
    habit = FakeHabit(streak=streak)
    if last:
        habit.done[Regimen("small", "child")] = date.fromisoformat(last)
    one = SimRoom(tap(0, 2_000), until=10_000, programs=[ADULT, CHILD], habit=habit, status=status)  # type: ignore[arg-type]
    cues = [action for _, action in one.heard if isinstance(action, Say)]
    assert [cue.text for cue in cues] == ["Small. For children.", *said]
    assert all(later.at >= cue.end for cue, later in pairwise(cues))
    programs = [Program(*ADULT), Program(*CHILD)]
    assert {*said} <= {*texts(all_phrases(programs, half_a_second, status=status))}  # type: ignore[arg-type]


def test_no_status_without_a_clock() -> None:
    """Where the day is not known, nothing is said of days."""
    habit = FakeHabit(trusted=False)
    habit.done[Regimen("small", "child")] = date(2024, 5, 6)
    one = SimRoom(tap(0, 2_000), until=10_000, programs=[ADULT, CHILD], habit=habit, status="last")
    assert [action.text for _, action in one.heard if isinstance(action, Say)] == ["Small. For children."]


# --- what is prepared


def test_all_that_is_said_is_prepared() -> None:
    """Whatever a reminder, its postponement or a repetition says, and what follows, is among the phrases."""
    clips = FakeClips(length_of=half_a_second)
    hour = Ms(60 * MINUTE)
    reminders = Reminders([AT_EIGHT], every=hour, give_up=hour, later=Ms(25 * MINUTE), quiet=lambda _: False)
    other = replace(repeated(), id="other", title="Other", intro=dict.fromkeys(PROFILES, "Another one."))
    reminded = {AT_EIGHT.key: Program(other, "child", "full")}
    phrases = all_phrases([Program(*ADULT)], clips.length, reminded=reminded.values(), put_off_by=reminders.put_off_by)
    assert {
        "It is time to exercise. Other, for children. Press the button when you are ready.",
        "I will remind you again in twenty-five minutes.",
        "All right. That was the last reminder for today.",
        "Another one.",
        "Press the button to repeat the tap exercise.",
        "Tap.",
    } <= {*texts(phrases)}
    assert len(phrases) == len({*phrases})
    without = all_phrases([Program(*ADULT)], clips.length)
    assert not any("remind" in text or "repeat" in text for text in texts(without))


def test_signals_are_buzzed_by_the_speaker_too() -> None:
    """Where the buzzer is the speaker, the chime waits for the stream: one that is closed would lose it."""
    one = room([], 120_000, tones=True)
    opened = next(at for at, what, _ in one.speaker.told if what == "open")
    tones = [(at, told) for at, what, told in one.speaker.told if what == "tone"]
    assert tones == [(opened + 50, (Signal.REMINDER, opened + 50 + PRIME))]
    assert [action for _, action in one.heard if isinstance(action, Buzz)] == [Buzz(Ms(opened + 50 + PRIME), Signal.REMINDER)]


# --- going on with a session that was stopped


@pytest.mark.parametrize("between", [True, False])
def test_twenty_minutes_after_a_restart(between: bool) -> None:
    """What was stopped before a restart is gone on with twenty minutes later; a reminder between takes its place."""
    hold = next(step for step in make_plan(*ADULT, half_a_second).steps if step.kind == "hold")
    offer = Offer(Phrase("Go on.", "en"), Ms(100 * MINUTE), Program(*ADULT), hold.index, Ms(1_640))
    later = 20 * MINUTE
    one = room([(0, offer), *tap(later, 300)], until=later + 60_000, **{} if between else {"reminders": {}})
    assert whats(one, "offered", "repeatable", "offerended", "announced", "closed 08", "began")[: 3 + 5 * between] == (
        [
            (0, "repeatable"),
            (DUE, "announced 08:01 other child"),
            (DUE, "offerended"),
            *((DUE + n * 5 * MINUTE, "announced 08:01 other child") for n in range(1, 4)),
            (later + 300, "closed 08:01 other child: answered"),
            (later + 1_000, "began 0 intro for 2200"),
        ]
        if between
        else [
            (0, "repeatable"),
            (later + 1_000, f"began {hold.index - 2} instruct push left for 1480"),
            (later + 2_480, f"began {hold.index - 1} ready push left for 2000"),
        ]
    )
    # In the end all of the hold was held; a child's is shorter.
    assert whats(one, "held")[0][1] == f"held {4_000 if between else 5_000} of 4 hold push left"


@pytest.mark.parametrize("between", [True, False])
def test_a_reminder_replaces_the_offer(between: bool) -> None:
    """A press takes what was said last: the offer to go on, or a reminder that came since."""
    script = [*tap(0, 300), *tap(12_000, 2_000), *tap(10 * MINUTE)]
    one = room(script, until=11 * MINUTE, **{} if between else {"reminders": {}})
    begun = [action.plan.routine for _, action in one.heard if isinstance(action, Started)]
    assert begun == ["small", "other" if between else "small"]
    assert len(whats(one, "offerended")) == between
    began = [what for _, what in whats(one, "began") if _ > 10 * MINUTE]
    assert began[0].startswith("began 0" if between else "began 2 instruct push left")


@pytest.mark.parametrize("done", [True, False])
def test_once_more_before_going_on(done: bool) -> None:
    """What is left of a session that was stopped is still offered after an exercise was offered once more, done or not."""
    programs = [(repeated(), "adult", "standard")]
    held = held_at(SimRoom(tap(0, 300), until=100_000, programs=programs))
    stop, due = tap(held + 100, 2_000), held + 2 * MINUTE
    script = [*tap(0, 300), *stop, *(tap(due + 10_000) if done else []), *tap(due + REPEATED + 1_000)]
    one = SimRoom(script, until=due + REPEATED + 3_000, programs=programs)
    begun = [action for _, action in one.heard if isinstance(action, Started)]
    assert [action.plan.once_more for action in begun] == [False, *([True] * done), False]
    assert begun[-1].place > 0
    offers = [what for _, what in whats(one, "offered", "repeatable", "offerended")]
    assert offers == [offers[0], "repeatable", offers[0]]
    assert offers[0].startswith("offered from step")


def test_once_more_is_stopped() -> None:
    """An exercise that is stopped when it is done once more gives way to what is left of the session before it."""
    programs = [(repeated(), "adult", "standard")]
    held = held_at(SimRoom(tap(0, 300), until=100_000, programs=programs))
    due = held + 2 * MINUTE
    script = [*tap(0, 300), *tap(held + 100, 2_000), *tap(due + 10_000), *tap(due + 14_000, 2_000), *tap(due + 60_000)]
    one = SimRoom(script, until=due + 63_000, programs=programs)
    begun = [action for _, action in one.heard if isinstance(action, Started)]
    assert [action.plan.once_more for action in begun] == [False, True, False]
    assert begun[-1].place > 0
    offers = [what for _, what in whats(one, "offered", "repeatable", "offerended")]
    assert offers == [offers[0], "repeatable", offers[0]]


def test_once_more_is_stopped_after_a_whole_session() -> None:
    """With nothing before it that could be gone on with, the exercise itself is offered again, by its name and its person's."""
    programs = [(repeated(), "adult", "standard", "Anna"), (*CHILD, "Ben")]
    due = held_at(SimRoom(tap(0, 300), until=100_000, programs=programs)) + 2 * MINUTE
    script = [*tap(0, 300), *tap(due + 10_000), *tap(due + 16_000, 2_000), *tap(due + 60_000)]
    one = SimRoom(script, until=due + 63_000, programs=programs)
    said = [action.text for _, action in one.heard if isinstance(action, Say)]
    stopped = said.index("The session is stopped.")
    assert said[stopped + 1] == "Anna, press the button to repeat the tap exercise."
    begun = [action for _, action in one.heard if isinstance(action, Started)]
    assert [action.plan.once_more for action in begun] == [False, True, True]


def test_neither_after_a_long_press() -> None:
    """A long press wants neither the exercise once more nor the rest of the session: a press then begins anew."""
    programs = [(repeated(), "adult", "standard")]
    held = held_at(SimRoom(tap(0, 300), until=100_000, programs=programs))
    due = held + 2 * MINUTE
    script = [*tap(0, 300), *tap(held + 100, 2_000), *tap(due + 10_000, 2_000), *tap(due + REPEATED + 1_000)]
    one = SimRoom(script, until=due + REPEATED + 3_000, programs=programs)
    assert [action.place for _, action in one.heard if isinstance(action, Started)] == [0, 0]
    assert len(whats(one, "offerended")) == 1


def test_a_long_press_leaves_the_chosen_program() -> None:
    """A long press that ends an offer names the chosen program, and that is what a press starts, also beside a reminder."""
    programs = [(repeated(3), "adult", "standard")]
    due = held_at(room(tap(0, 300), until=100_000, programs=programs)) + 3 * MINUTE
    one = room([*tap(0, 300), *tap(due + 10_000, 2_000), *tap(due + 20_000)], until=due + 23_000, programs=programs)
    told = [what for _, what in whats(one, "announced", "repeatable", "say Small", "offerended", "putoff")]
    reminder = "08:01 other child"
    assert told == [f"announced {reminder}", "repeatable", "say Small. For adults.", "offerended", f"putoff {reminder}"]
    assert [action.plan.routine for _, action in one.heard if isinstance(action, Started)] == ["small", "small"]


# --- a start that waits


def being_made() -> FakeClips:
    clips = FakeClips(missing=["Push hard."], length_of=half_a_second)
    clips.preparing = True
    return clips


def test_a_reminder_is_answered_when_its_session_begins() -> None:
    """A start that is given up while it waits has answered no reminder: it is said again, and a press starts it."""
    script = [*tap(70_000), *tap(80_000, 2_000), (DUE + 6 * MINUTE, Order("start"))]
    one = room(script, until=7 * MINUTE, clips=being_made())
    assert whats(one, "announced", "closed", "givenup", "waiting")[:4] == [
        (DUE, "announced 08:01 other child"),
        (70_100, "waitingforclips"),
        (82_000, "givenup"),
        (DUE + 5 * MINUTE, "announced 08:01 other child"),
    ]
    assert whats(one, "closed", "started") == []


@pytest.mark.parametrize("waits_for", ["clips", "sound"])
def test_an_offer_stands_until_its_session_begins(waits_for: str) -> None:
    """A start that is given up while it waits has taken no offer: the next press does, and nobody was told that it ended."""
    hold = next(step for step in make_plan(*ADULT, half_a_second).steps if step.kind == "hold")
    offer = Offer(Phrase("Go on.", "en"), Ms(100 * MINUTE), Program(*ADULT), hold.index, Ms(0))
    clips = being_made() if waits_for == "clips" else FakeClips(length_of=half_a_second)
    script: Script = [(0, offer), *tap(30_000), (35_000 if clips.preparing else 30_500, Order("stop")), *tap(60_000)]
    one = SimRoom(script, until=64_000, clips=clips, delay=1_000)
    assert whats(one, "repeatable", "offerended", "givenup") == [(0, "repeatable"), *[(35_000, "givenup")] * clips.preparing]
    waits = [what.missing for at, what in one.heard if isinstance(what, WaitingForClips) and at > 60_000]
    places = [what.place for _, what in one.heard if isinstance(what, Started)]
    assert (len(waits), places) == ((1, []) if clips.preparing else (0, [hold.index]))
