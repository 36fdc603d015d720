"""Whole sessions through the real loop on a simulated clock, compared as whole lists.

The files in golden/ have one line an action: when it was performed, its own time, what it does. `PITRAINER_REGOLD=1 pytest`
writes them anew and fails, so that nobody takes that for a test.
"""

import os
from dataclasses import replace
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import pytest

from pitrainer.core.learned import NOTHING, Learned
from pitrainer.core.messages import CloseSound, Event, Hush, Input, Light, OpenSound, Said, Shine, Sound
from pitrainer.core.plan import Buzz, Say
from pitrainer.core.reminders import Reminder
from pitrainer.core.routine import PROFILES, Profile
from pitrainer.core.signals import Signal
from pitrainer.core.units import Ms
from pitrainer.service.loop import Outputs, Quit, run
from support.counted import lines_run
from support.fakes import (
    NECK,
    SMALL,
    FakeClips,
    FakeHabit,
    FakePins,
    FakeSpeaker,
    Listener,
    SimClock,
    SimRoom,
    parse,
    read,
    tap,
)

GOLDEN = Path(__file__).parent.parent / "golden"

Script = list[tuple[int, Input | Quit]]


def compare(name: str, room: SimRoom) -> None:
    """Compare all that was performed with a file, as one list of lines."""
    lines = [f"{now:>7} {at:>7}  {what}" for now, at, what in room.told()]
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("PITRAINER_REGOLD"):
        path.write_text("\n".join(lines) + "\n")
        pytest.fail(f"{path.name} was written anew: read the difference, then run without PITRAINER_REGOLD")
    assert lines == path.read_text().splitlines()


FIRST_AND_ELEVENTH = {
    "first": NOTHING,
    "eleventh": Learned(10, frozenset({"press", "traction", "head-back", "chin-to-chest", "shoulders"})),
}


@pytest.mark.parametrize("session", FIRST_AND_ELEVENTH)
@pytest.mark.parametrize("profile", ["adult", "child"])
def test_whole_neck(profile: Profile, session: str) -> None:
    """From the press until the stream closes, the neck routine's sessions are what golden/ has, to the millisecond."""
    habit = FakeHabit(learned=FIRST_AND_ELEVENTH[session])
    programs: list[Any] = [(read(NECK), profile, "standard")]
    room = SimRoom(tap(0, 300), until=1_000_000, programs=programs, clips=FakeClips(), habit=habit)
    compare(f"neck-{profile}-{session}", room)
    assert room.told()[-1][2] == "closesound"


VARIANTS: dict[str, Script] = {
    "whole": tap(0, 300),
    # in the hold of `push left`, from 10360 to 15360
    "pause-in-hold": [*tap(0, 300), *tap(12_000), *tap(30_000)],
    "pause-twice": [*tap(0, 300), *tap(12_000), *tap(30_000), *tap(34_500), *tap(60_000)],
    "pause-in-talk": [*tap(0, 300), *tap(1_800), *tap(10_000)],
    "next-by-double-press": [*tap(0, 300), *tap(12_000), *tap(12_300)],
    "next-by-button": [*tap(0, 300), *tap(12_000, button="next")],
    "next-from-pause": [*tap(0, 300), *tap(12_000), *tap(20_000), *tap(20_300)],
    "next-through-all": [*tap(0, 300), *(edge for n in range(16) for edge in tap(2_000 + 1_000 * n, button="next"))],
    "back": [*tap(0, 300), *tap(12_000, button="back")],
    "back-from-pause": [*tap(0, 300), *tap(12_000), *tap(20_000, button="back")],
    "stop": [*tap(0, 300), *tap(12_000, 2_000)],
    "stop-in-pause": [*tap(0, 300), *tap(12_000), *tap(20_000, 2_000)],
    "next-program": [*tap(0, 2_000), *tap(5_000, 300)],
}


ASKED = """
schema = 1
id = "asked"
title = "Asked"
language = "en"
outro = "Well done."
ask = "effort"
[[exercise]]
id = "stand"
name = "Stand"
say = "Sit down."
prepare = "1s"
reps = 5
sets = 2
pace = "own"
rest = "5s"
ask = "pain"
"""
ANSWERS: dict[str, Script] = {
    # each set is ended; 4 for pain at first, taken back, then 1; nothing for effort
    "asked": [*tap(0, 300), *tap(20_000), *tap(40_000), *tap(50_000), *tap(52_000), *tap(56_200)],
    # 9 for pain
    "too-much-pain": [*tap(0, 300), *tap(20_000), *tap(40_000), *tap(57_000)],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name: str) -> None:
    """Sets at the person's own pace, and questions: answered, taken back, not answered; and too much pain."""
    compare(name, SimRoom(ANSWERS[name], until=200_000, programs=[(parse(ASKED), "adult", "standard")]))


REMINDED: dict[str, Script] = {
    # due after a minute
    "reminder-press": tap(75_000, 300),
    "reminder-later": [*tap(75_000, 2_000), *tap(700_000, 300)],
    "reminder-gives-up": [],
}


@pytest.mark.parametrize("name", REMINDED)
def test_reminded(name: str) -> None:
    """What a reminder does is what golden/ has: pressed, put off and pressed when it comes again, or with nobody there."""
    other = replace(SMALL, id="other", title="Other", exercises=SMALL.exercises[1:])
    reminders = {Reminder(time_of_day(8, 1), "other", "child"): other}
    compare(name, SimRoom(REMINDED[name], until=2_400_000, habit=FakeHabit("2024-05-06 08:00"), reminders=reminders))


def test_repeat() -> None:
    """A short session, its exercise offered once more, and done."""
    tap_ = replace(SMALL.exercises[1], repeat_after=Ms(60_000))
    programs = [(replace(SMALL, exercises=(tap_,)), "adult", "standard")]
    compare("repeat", SimRoom([*tap(0, 300), *tap(90_000, 300)], until=600_000, programs=programs))


@pytest.mark.parametrize("name", VARIANTS)
def test_variants(name: str) -> None:
    """Pause, resume, next, back, stop and another program: all that is done and when, from the press to the closed stream."""
    programs = (
        [(SMALL, "adult", "standard"), (SMALL, "child", "standard")]
        if name == "next-program"
        else [(SMALL, "adult", "standard")]
    )
    compare(name, SimRoom(VARIANTS[name], until=200_000, programs=programs))  # type: ignore[arg-type]


def test_every_file_is_compared() -> None:
    """No file in golden/ is left from a test that has gone."""
    assert {path.stem for path in GOLDEN.iterdir()} == {
        *VARIANTS,
        *REMINDED,
        *ANSWERS,
        "repeat",
        *(f"neck-{one}-{session}" for one in PROFILES for session in FIRST_AND_ELEVENTH),
    }


def test_start_by_hand() -> None:
    """A press opens the sound on the way down, the session starts on release; each step of it can be checked by hand."""
    room = SimRoom(tap(0, 300), until=16_000)
    # 300 the release + 700 priming = 1000 the plan's start. Each clip 500. Between two texts 600, signal to text 300.
    assert room.told() == [
        (0, 0, "shine READY"),
        (0, 0, "hush"),
        (0, 0, "opensound"),
        (0, 0, "shine PRESSED"),
        (0, 0, "buzz PRESS"),
        (300, 1_000, "started"),
        (300, 1_000, "shine RUNNING"),
        (600, 1_000, "say Hello."),
        (1_000, 1_000, "began 0 intro for 2200"),  # 500 + 600 + 500 + 600
        (1_700, 2_100, "say About one minute."),
        (2_800, 3_200, "buzz STEP"),
        (3_180, 3_580, "say Exercise one of two. Push."),  # 3200 + 80 + 300
        (3_200, 3_200, "began 1 instruct push for 2580"),
        (4_280, 4_680, "say Push hard."),
        (5_380, 5_780, "buzz STEP"),
        (5_760, 6_160, "say Left."),
        (5_780, 5_780, "began 2 instruct push left for 2580"),
        (6_860, 7_260, "say Five seconds."),
        (7_960, 8_360, "buzz READY"),
        (8_360, 8_360, "began 3 ready push left for 2000"),  # prepare = "2s"
        (9_960, 10_360, "buzz START"),
        (10_360, 10_360, "began 4 hold push left for 5000"),  # the middle of 4 s and 6 s
        (10_760, 11_160, "say Go."),  # at = "800ms"
        (11_960, 12_360, "say Three."),
        (12_960, 13_360, "say Two."),
        (13_960, 14_360, "say One."),
        (14_960, 15_360, "buzz CHANGE"),  # there is another position
        (15_360, 15_360, "held 5000 of 4 hold push left"),
        (15_360, 15_360, "began 5 release push left for 3920"),  # 6500 of rest, less 2580
        (15_780, 16_180, "say Let go."),
    ]


def test_pause_and_resume_by_hand() -> None:
    """A press pauses at once; the next one, on release, says the position, signals ready and gives the rest of the hold."""
    room = SimRoom([*tap(0, 300), *tap(12_000), *tap(20_000)], until=27_000)
    assert room.told(12_000) == [
        (12_000, 12_000, "hush"),
        (12_000, 12_000, "shine PAUSED"),
        (12_000, 12_000, "buzz PRESS"),
        (12_000, 12_000, "held 1640 of 4 hold push left"),
        (12_000, 12_000, "paused in 4 hold push left"),
        (12_100, 12_550, "say The session is paused."),  # later than a double press would come
        (20_000, 20_000, "shine PRESSED"),
        (20_000, 20_000, "buzz PRESS"),
        (20_100, 20_100, "hush"),
        (20_100, 20_100, "resumed in 4 hold push left"),
        (20_100, 20_100, "shine RUNNING"),
        (20_150, 20_550, "buzz STEP"),
        (20_530, 20_930, "say Left."),
        (20_550, 20_550, "began 2 instruct push left for 1480"),
        (21_630, 22_030, "buzz READY"),
        (22_030, 22_030, "began 3 ready push left for 2000"),
        (23_630, 24_030, "buzz START"),
        (24_030, 24_030, "began 4 hold push left for 3360"),  # 5000 - 1640; "Three." would run into the start signal
        (24_990, 25_390, "say Two."),
        (25_990, 26_390, "say One."),
        (26_990, 27_390, "buzz CHANGE"),
    ]
    assert [edge for edge in room.pins.buzzes if edge[0] >= 12_000] == [
        (12_000, True),
        (12_040, False),
        (20_000, True),
        (20_040, False),
        (20_550, True),
        (20_630, False),
        (22_030, True),
        (22_090, False),
        (22_180, True),
        (22_240, False),
        (24_030, True),
        (24_530, False),
    ]


def test_double_press_by_hand() -> None:
    """A double press goes to the next hold; what its first press says is taken back unheard, and the light goes on."""
    room = SimRoom([*tap(0, 300), *tap(12_000), *tap(12_400)], until=13_000)
    assert room.told(12_000) == [
        (12_000, 12_000, "hush"),
        (12_000, 12_000, "shine PAUSED"),
        (12_000, 12_000, "buzz PRESS"),
        (12_000, 12_000, "held 1640 of 4 hold push left"),
        (12_000, 12_000, "paused in 4 hold push left"),
        (12_100, 12_550, "say The session is paused."),
        (12_400, 12_400, "hush"),
        (12_400, 12_400, "shine RUNNING"),
        (12_400, 12_400, "buzz PRESS"),
        (12_400, 12_400, "resumed in 4 hold push left"),
        (12_450, 12_850, "buzz STEP"),
        (12_830, 13_230, "say Right."),
        (12_850, 12_850, "began 6 instruct push right for 2580"),
    ]


def test_stop_by_hand() -> None:
    """Held for 1.2 s the button says "Stop."; let go, it does: one very long buzz, a word, and 20 s later the stream closes."""
    room = SimRoom([*tap(0, 300), *tap(12_000, 2_000)], until=100_000)
    assert room.told(12_000) == [
        (12_000, 12_000, "hush"),
        (12_000, 12_000, "shine PAUSED"),
        (12_000, 12_000, "buzz PRESS"),
        (12_000, 12_000, "held 1640 of 4 hold push left"),
        (12_000, 12_000, "paused in 4 hold push left"),
        (13_200, 13_200, "hush"),
        (13_200, 13_500, "say Stop."),
        (14_000, 14_000, "hush"),
        (14_000, 14_000, "ended, not completed"),
        (14_000, 14_000, "shine READY"),
        (14_000, 14_000, "buzz STOPPED"),
        (14_000, 14_000, "offered from step 4 after 1640"),
        (14_000, 15_200, "say The session is stopped."),
        (14_000, 16_300, "say Press the button to continue with exercise one."),
        (36_800, 36_800, "closesound"),
    ]
    assert [edge for edge in room.pins.buzzes if edge[0] > 12_040] == [(14_000, True), (14_900, False)]


def on(start: int, *lengths: int) -> list[tuple[int, bool]]:
    """Return the edges of a signal by its lengths: on, off, on, ..."""
    edges, level = [(start, True)], True
    for length in lengths:
        level = not level
        edges.append((edges[-1][0] + length, level))
    return edges


def test_buzzer_pin() -> None:
    """Every edge of the buzzer's pin in a whole session is at its step's transition, to the millisecond."""
    room = SimRoom(tap(0, 300), until=100_000)
    assert room.pins.buzzes == [
        *on(0, 40),  # the press
        *on(3_200, 80),  # instruct push
        *on(5_780, 80),  # instruct left
        *on(8_360, 60, 90, 60),  # ready
        *on(10_360, 500),  # hold
        *on(15_360, 200, 120, 200),  # release: there is more in this exercise
        *on(19_280, 80),  # instruct right
        *on(21_860, 60, 90, 60),
        *on(23_860, 500),
        *on(28_860, 200, 120, 200, 120, 200),  # release: the exercise is over
        *on(31_300, 80),  # instruct tap
        *on(33_880, 80),
        *on(35_360, 60, 90, 60),
        *on(36_360, 500),
        *on(37_360, 25),  # the tempo: 120 a minute; the beat at 36860 would run into the start signal, that at 38360 is the end
        *on(37_860, 25),
        *on(38_360, 200, 120, 200, 120, 200),
        *on(39_500, 80),  # outro
        *on(42_080, 200, 120, 200, 120, 900),  # the session is over
    ]


def test_child_by_hand() -> None:
    """The child's hold is the child's: 4 s; the coach line that would run into the countdown is left out."""
    room = SimRoom(tap(0, 300), until=15_000, programs=[(SMALL, "child", "full")])
    assert room.told(9_000) == [
        (9_960, 10_360, "buzz START"),
        (10_360, 10_360, "began 4 hold push left for 4000"),
        (10_960, 11_360, "say Three."),
        (11_960, 12_360, "say Two."),
        (12_960, 13_360, "say One."),
        (13_960, 14_360, "buzz CHANGE"),
        (14_360, 14_360, "held 4000 of 4 hold push left"),
        (14_360, 14_360, "began 5 release push left for 3920"),
        (14_780, 15_180, "say Let go."),
    ]


def test_fast() -> None:
    """The whole adult neck session is little work for the loop: rules that cost nothing leave the time for sound.

    It is 140,000 lines. How long they take: tests/bench/promptness.py.
    """
    neck = read(NECK)
    rooms = []

    def session() -> None:
        rooms.append(SimRoom(tap(0, 300), until=1_200_000, programs=[(neck, "adult", "standard")], clips=FakeClips()))

    assert lines_run(session) < 200_000
    assert "ended, completed" in [what for _, _, what in rooms[0].told()]


@pytest.mark.parametrize("late", [1, 20, 150])
def test_late_loop(late: int) -> None:
    """A loop that wakes late every time hands each cue over late by no more than that, with the time that the plan gave it."""
    punctual, slow = SimRoom(tap(0, 300), until=60_000), SimRoom(tap(0, 300), until=60_000, late=late)

    def cues(room: SimRoom) -> list[tuple[int, str]]:
        return [(at, what) for _, at, what in room.told() if what.startswith(("say", "buzz", "began", "held"))][1:]

    # The release is read `late` after its time, and so the whole session starts by so much later: not more at its end.
    assert cues(slow) == [(at + late, what) for at, what in cues(punctual)]
    assert all(now - at <= late for now, at, _ in slow.told())


def test_waits_for_ever() -> None:
    """The simulated clock raises when nothing can happen any more, instead of hanging the tests."""
    clock = SimClock([])
    with pytest.raises(AssertionError, match="waits for ever"):
        clock.wait(None)


# --- the outputs alone


def outputs(*, tones: bool = False) -> tuple[SimClock, FakeSpeaker, FakePins, Listener, Outputs]:
    clock = SimClock([])
    speaker, pins, listener = FakeSpeaker(clock), FakePins(clock), Listener(clock)
    return clock, speaker, pins, listener, Outputs(speaker, pins, listener, tones=tones, answer=listener, watch=listener)


def play(clock: SimClock, out: Outputs) -> None:
    while (due := out.deadline()) is not None:
        clock.time = due
        out.tick(due)


def test_while_the_buzzer_is_on() -> None:
    """Whoever watches is told when the buzzer is switched, and twenty times a second while it is on."""
    clock = SimClock([])
    told: list[tuple[int, bool]] = []
    out = Outputs(
        FakeSpeaker(clock), FakePins(clock), lambda _: None, tones=False, buzzing=lambda on: told.append((clock.time, on))
    )
    out.perform(Buzz(Ms(1_000), Signal.START))
    assert out.deadline() == 1_000
    play(clock, out)
    assert told == [*((at, True) for at in range(1_000, 1_500, 50)), (1_500, False)]


def test_a_signal_goes_on() -> None:
    """Whoever may keep its edges waiting is told when a signal begins, and when none goes on any more, its pauses included."""
    clock = SimClock([])
    told: list[tuple[int, bool]] = []
    out = Outputs(
        FakeSpeaker(clock), FakePins(clock), lambda _: None, tones=False, signalling=lambda on: told.append((clock.time, on))
    )
    out.perform(Buzz(Ms(1_000), Signal.READY))
    out.perform(Buzz(Ms(1_100), Signal.CHANGE))
    out.perform(Buzz(Ms(3_000), Signal.PRESS))
    play(clock, out)
    assert told == [(1_000, True), (1_100 + Signal.CHANGE.length, False), (3_000, True), (3_040, False)]
    clock.time = Ms(4_000)
    out.perform(Buzz(Ms(4_000), Signal.READY))
    out.tick(Ms(4_000))
    clock.time = Ms(4_050)
    out.perform(Hush(Ms(4_050)))
    out.perform(Buzz(Ms(4_050), Signal.PRESS))  # a press: its blip goes on where the signal was cut off
    out.tick(Ms(4_050))
    play(clock, out)
    clock.time = Ms(5_000)
    out.perform(Buzz(Ms(5_000), Signal.READY))
    out.tick(Ms(5_000))
    clock.time = Ms(5_050)
    out.perform(Hush(Ms(5_050)))
    out.tick(Ms(5_050))
    assert told[4:] == [(4_000, True), (4_090, False), (5_000, True), (5_050, False)]


def test_no_beat_in_a_signal() -> None:
    """The beat comes each second, or right after the signal that sounds then; what it does would keep its edges waiting."""
    room = SimRoom([(0, Quit("once more, with a beat"))], until=10**6)
    room.clock.put(4_000, Quit("enough"))
    beats: list[Ms] = []

    def beat(now: Ms) -> None:
        beats.append(now)
        if now == 1_000:
            room.outputs.perform(Buzz(Ms(1_800), Signal.START))

    run(room.clock, room.trainer, room.outputs, beat)
    assert beats == [0, 1_000, 2_300, 3_300]


def test_each_action_is_performed() -> None:
    """Each action reaches its device, and the readers afterwards."""
    clock, speaker, pins, listener, out = outputs(tones=True)
    actions = [
        OpenSound(Ms(0)),
        Say(Ms(10), "a", "en", Ms(1)),
        Buzz(Ms(20), Signal.STEP),
        Shine(Ms(0), Light.RUNNING),
        Hush(Ms(0)),
        CloseSound(Ms(0)),
    ]
    for action in actions:
        out.perform(action)
    assert speaker.told == [
        (0, "open", None),
        (0, "say", (("a", "en"), 10)),
        (0, "tone", (Signal.STEP, 20)),
        (0, "hush", None),
        (0, "close", None),
    ]
    assert pins.lights == [(0, Light.RUNNING)]
    assert listener.heard == [(0, action) for action in actions]
    assert (clock.script, out.deadline()) == ([(50, Sound(True))], None)


def test_what_is_said_is_told() -> None:
    """Whoever cannot hear is told each text when it begins to be heard, at its time and in its order; nothing that a press took
    back before, and nothing at all where nobody asked for it."""
    clock = SimClock([])
    told: list[tuple[int, object]] = []

    def publish(event: Event) -> None:
        told.append((clock.time, event))

    out = Outputs(FakeSpeaker(clock), FakePins(clock), publish, tones=False, tell_said=True)
    one, two, three, four = (Say(Ms(at), text, "en", Ms(90)) for at, text in ((400, "a"), (400, "b"), (300, "c"), (900, "d")))
    for cue in (one, two, three, four, Buzz(Ms(400), Signal.STEP)):
        out.perform(cue)
    while (due := out.deadline()) is not None and due < 900:
        clock.time = due
        out.tick(due)
    out.perform(Hush(Ms(850)))
    assert out.deadline() is None
    assert told == [(cue.at, Said(cue.at, cue.text, "en", Ms(90))) for cue in (three, one, two)]
    _, _, _, listener, silent = outputs()
    silent.perform(one)
    assert silent.deadline() is None
    assert listener.heard == [(0, one)]


def test_no_tones_unless_asked() -> None:
    """With a buzzer on a pin the speaker sounds no signals."""
    _, speaker, _, _, out = outputs()
    out.perform(Buzz(Ms(0), Signal.STEP))
    assert speaker.told == []


def test_blip_in_a_long_signal() -> None:
    """A blip within a long buzz does not end it."""
    clock, _, pins, _, out = outputs()
    out.perform(Buzz(Ms(0), Signal.START))
    out.perform(Buzz(Ms(100), Signal.PRESS))
    out.perform(Buzz(Ms(480), Signal.PRESS))
    play(clock, out)
    assert pins.buzzes == [(0, True), (520, False)]


def test_hush_silences_the_buzzer() -> None:
    """Hush ends what the buzzer sounds and forgets what it should sound; what comes after it is sounded as ever."""
    clock, _, pins, _, out = outputs()
    out.perform(Buzz(Ms(0), Signal.START))
    out.perform(Buzz(Ms(600), Signal.START))
    out.tick(Ms(0))
    clock.time = Ms(100)
    out.perform(Hush(Ms(100)))
    assert out.deadline() is None
    out.perform(Buzz(Ms(100), Signal.PRESS))
    play(clock, out)
    assert pins.buzzes == [(0, True), (100, False), (100, True), (140, False)]


def test_hush_in_silence() -> None:
    """Hush does not touch a pin that is off."""
    _, _, pins, _, out = outputs()
    out.perform(Hush(Ms(0)))
    assert pins.buzzes == []


@pytest.mark.parametrize("at", [12_000, 10_400, 8_380])
def test_quit_in_a_session(at: int) -> None:
    """The end of the program stops the session and leaves the buzzer off, the light off and the stream closed."""
    room = SimRoom([*tap(0, 300), (at, Quit("SIGTERM"))], until=10**6)
    assert room.quit == Quit("SIGTERM")
    assert [what for now, _, what in room.told(at) if not what.startswith("held")] == [
        "hush",
        "ended, not completed",
        "shine READY",
        "hush",
        "shine OFF",
        "closesound",
    ]
    assert room.pins.buzzes[-1][1] is False
    assert sum(1 if level else -1 for _, level in room.pins.buzzes) == 0
    assert room.pins.lights[-1] == (at, Light.OFF)


def test_quit_in_idle() -> None:
    """The end of the program in idle leaves all off too."""
    room = SimRoom([(5, Quit("bye"))], until=10**6)
    assert room.told() == [(0, 0, "shine READY"), (5, 5, "hush"), (5, 5, "shine OFF"), (5, 5, "closesound")]
