"""The trainer: what each gesture means in each state, and what happens when sound, clips or the person are missing."""

from dataclasses import replace

import pytest

from pitrainer.core.announcer import LINGER, PRIME
from pitrainer.core.button import ButtonReader
from pitrainer.core.languages import ENGLISH, LANGUAGES, Phrase
from pitrainer.core.messages import (
    Edge,
    Ended,
    Hush,
    Input,
    Light,
    Offer,
    Order,
    OrderName,
    Pressed,
    Shine,
    Sound,
    Started,
    WaitingForClips,
)
from pitrainer.core.phrases import all_phrases
from pitrainer.core.plan import Buzz, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.planning import Planning
from pitrainer.core.practice import LONGEST_PAUSE
from pitrainer.core.prompts import OFFERED
from pitrainer.core.routine import Program
from pitrainer.core.session import ANSWER
from pitrainer.core.signals import Signal
from pitrainer.core.speech import estimate
from pitrainer.core.starting import SOUND_WAIT
from pitrainer.core.trainer import Trainer
from pitrainer.core.units import MINUTE, Ms
from pitrainer.service.loop import Quit
from support.fakes import (
    BEGUN,
    SMALL,
    TESTS,
    FakeClips,
    FakeHabit,
    FakeSpeaker,
    SimClock,
    SimRoom,
    half_a_second,
    parse,
    shown,
    tap,
)
from support.spoken import en, other_language, texts

Script = list[tuple[int, Input | Quit]]
ADULT, CHILD = (SMALL, "adult", "standard"), (SMALL, "child", "standard")
SPOKEN = half_a_second(en("Any text."))

# A session that `tap(0, 300)` starts has its plan's start at 1000; the hold of `push left` is from 10360 to 15360.
START: Script = tap(0, 300)
PRESSED = [(12_000, "hush"), (12_000, "held 1640 of 4 hold push left"), (12_000, "paused in 4 hold push left")]


def told(script: Script, since: int, until: int, **options: object) -> list[tuple[int, int, str]]:
    return SimRoom(script, until=until, **options).told(since)  # type: ignore[arg-type]


# --- idle


def test_idle_press() -> None:
    """In idle the stream opens on the way down, and what may still be said is hushed; blip and light answer."""
    assert told([(500, Edge("button", True, Ms(500)))], 500, 1_000) == [
        (500, 500, "hush"),
        (500, 500, "opensound"),
        (500, 500, "shine PRESSED"),
        (500, 500, "buzz PRESS"),
    ]


def test_presses_are_told() -> None:
    """Each press of each button is told once it is one, and once more when it has become a long one."""
    script = [
        *tap(500, 200),
        *tap(800, 100),
        *tap(20_000, 3_000),
        *tap(30_000, 100, "next"),
        (40_000, Edge("button", True, Ms(40_000))),
    ]
    assert SimRoom(script, until=101_000, programs=[ADULT]).pressed == [
        Pressed(Ms(500), "button", False),
        Pressed(Ms(800), "button", False),
        Pressed(Ms(20_000), "button", False),
        Pressed(Ms(21_200), "button", True),
        Pressed(Ms(30_000), "next", False),
        Pressed(Ms(40_000), "button", False),
        Pressed(Ms(41_200), "button", True),
    ]


def test_idle_release() -> None:
    """The session starts on release, `PRIME` after it."""
    assert told(tap(500, 200), 501, 1_000) == [(700, 700 + PRIME, "started"), (700, 700 + PRIME, "shine RUNNING")]


def test_idle_again() -> None:
    """A second press right after the one that started does nothing but answer: that person pressed twice by habit."""
    assert told([*tap(0), *tap(300)], 100, 1_000) == [
        (100, 800, "started"),
        (100, 800, "shine RUNNING"),
        (300, 300, "buzz PRESS"),
        (400, 800, "say Hello."),
        (800, 800, "began 0 intro for 2200"),
    ]


def test_idle_hold() -> None:
    """Held in idle, the next program is counted in buzzes, and said; letting go chooses it."""
    room = SimRoom(tap(500, 3_000), until=100_000, programs=[ADULT, CHILD])
    assert room.told(501) == [
        (1_700, 1_700, "buzz STEP"),
        (1_700, 2_080, "buzz STEP"),
        (1_700, 2_460, "say Small. For children."),
        (3_500, 3_500, "chosen 1"),
        (3_500, 3_500, "shine READY"),
        (2_460 + SPOKEN + LINGER, 2_460 + SPOKEN + LINGER, "closesound"),
    ]
    assert room.trainer.chosen == 1


def test_programs_go_round() -> None:
    """After the last program comes the first; each is counted by as many buzzes as its number."""
    script = [*tap(0, 2_000), *tap(5_000, 2_000), *tap(10_000, 2_000)]
    heard = told(script, 0, 15_000, programs=[ADULT, CHILD, ADULT])
    assert [(at, what) for _, at, what in heard if what.startswith(("chosen", "buzz STEP"))] == [
        (1_200, "buzz STEP"),
        (1_580, "buzz STEP"),
        (2_000, "chosen 1"),
        (6_200, "buzz STEP"),
        (6_580, "buzz STEP"),
        (6_960, "buzz STEP"),
        (7_000, "chosen 2"),
        (11_200, "buzz STEP"),
        (12_000, "chosen 0"),
    ]


def test_chosen_is_started() -> None:
    """The press after a choice starts what was chosen."""
    room = SimRoom([*tap(0, 2_000), *tap(5_000)], until=6_000, programs=[ADULT, CHILD])
    assert [action.plan.profile for _, action in room.heard if isinstance(action, Started)] == ["child"]


def test_press_hushes_the_announcement() -> None:
    """A press while a program is announced takes the rest of it back: it does not talk into the session."""
    clips = FakeClips(length_of=lambda _: Ms(5_000))
    room = SimRoom([*tap(0, 2_000), *tap(2_500)], until=10_000, programs=[ADULT, CHILD], clips=clips)
    assert room.told(1_200, 3_400) == [
        (1_200, 1_200, "buzz STEP"),
        (1_200, 1_580, "buzz STEP"),
        (1_200, 1_960, "say Small. For children."),
        (2_000, 2_000, "chosen 1"),
        (2_000, 2_000, "shine READY"),
        (2_500, 2_500, "hush"),
        (2_500, 2_500, "shine PRESSED"),
        (2_500, 2_500, "buzz PRESS"),
        (2_600, 3_300, "started"),
        (2_600, 3_300, "shine RUNNING"),
        (2_900, 3_300, "say Hello."),
        (3_300, 3_300, "began 0 intro for 11200"),
    ]


def test_announced_when_the_sound_comes() -> None:
    """Chosen while the stream is still opening, a program is said once it is open and primed, after the buzzes."""
    assert told(tap(0, 2_000), 1_200, 5_000, programs=[ADULT, CHILD], delay=1_500) == [
        (1_200, 1_200, "buzz STEP"),
        (1_200, 1_580, "buzz STEP"),
        (1_500, 2_200, "say Small. For children."),
        (2_000, 2_000, "chosen 1"),
        (2_000, 2_000, "shine READY"),
    ]


def test_announced_after_the_buzzes() -> None:
    """Many buzzes are counted to their end before the program is said."""
    heard = told(tap(0, 2_000), 1_250, 9_000, programs=[ADULT] * 6, chosen=4, delay=1_250)
    # six buzzes from 1200, one each 380 ms: the last one and its gap are over at 1200 + 6 * 380 = 3480
    assert heard[0] == (1_250, 3_480, "say Small. For adults.")


def test_press_forgets_the_announcement() -> None:
    """A press before the announcement could be said forgets it: it is not said in the session that the press starts."""
    heard = told([*tap(0, 1_300), *tap(2_000)], 1_201, 30_000, programs=[ADULT, CHILD], delay=6_000)
    assert [what for _, _, what in heard if "For children" in what] == []
    assert (2_100 + SOUND_WAIT, 2_100 + SOUND_WAIT + PRIME, "buzz NO_SOUND") in heard


def test_chosen_without_sound() -> None:
    """Where the sound fails, the buzzes alone count the program."""
    assert told(tap(0, 2_000), 1_200, 5_000, programs=[ADULT, CHILD], fails=True) == [
        (1_200, 1_200, "buzz STEP"),
        (1_200, 1_580, "buzz STEP"),
        (2_000, 2_000, "chosen 1"),
        (2_000, 2_000, "shine READY"),
    ]


# --- waiting for the sound


def test_waiting() -> None:
    """The start waits for a slow sound, and the session begins when it is there."""
    assert told(START, 300, 2_000, delay=1_000) == [
        (1_000, 1_700, "started"),
        (1_000, 1_700, "shine RUNNING"),
        (1_300, 1_700, "say Hello."),
        (1_700, 1_700, "began 0 intro for 2200"),
    ]


def test_waiting_press_and_again() -> None:
    """Presses while the start waits are answered by the blip, and neither start it twice nor give it up."""
    heard = told([*tap(0), *tap(300), *tap(1_000)], 101, 2_500, delay=2_000)
    assert heard == [
        (300, 300, "buzz PRESS"),
        (1_000, 1_000, "buzz PRESS"),
        (2_000, 2_700, "started"),
        (2_000, 2_700, "shine RUNNING"),
        (2_300, 2_700, "say Hello."),
    ]


def test_waiting_hold() -> None:
    """Held while the start waits, it is given up: a long beep, no session when the sound comes, and no other program."""
    room = SimRoom([*tap(0), *tap(600, 2_000)], until=100_000, delay=2_900, programs=[ADULT, CHILD])
    assert room.told(101) == [
        (600, 600, "buzz PRESS"),
        (1_800, 1_800, "hush"),
        (2_600, 2_600, "buzz STOPPED"),
        (2_600, 2_600, "shine READY"),
        (2_600 + LINGER, 2_600 + LINGER, "closesound"),
    ]
    assert room.trainer.chosen == 0


def test_waits_no_longer() -> None:
    """After `SOUND_WAIT` the session begins without sound: counted buzz 2, then all steps; the sound may still come."""
    assert told(START, 301, 6_500, delay=5_000) == [
        (3_300, 4_000, "buzz NO_SOUND"),
        (3_300, 5_800, "started"),  # 4000 + 1100 the signal + 700
        (3_300, 5_800, "shine RUNNING"),
        (5_400, 5_800, "say Hello."),
        (5_800, 5_800, "began 0 intro for 2200"),
    ]


def test_sound_fails_at_start() -> None:
    """Without sound the session says so by counted buzzes, and goes on with the buzzer to its end."""
    room = SimRoom(START, until=100_000, fails=True)
    assert room.told(300, 3_200) == [
        (300, 1_000, "buzz NO_SOUND"),
        (300, 2_800, "started"),
        (300, 2_800, "shine RUNNING"),
        (2_400, 2_800, "say Hello."),
        (2_800, 2_800, "began 0 intro for 2200"),
    ]
    assert [(at, what) for _, at, what in room.told() if what.startswith("ended")] == [(2_800 + 42_920, "ended, completed")]
    assert [edge for edge in room.pins.buzzes if edge[0] < 3_000] == [
        (0, True),
        (40, False),
        (1_000, True),
        (1_400, False),
        (1_700, True),
        (2_100, False),
    ]


def test_clips_missing() -> None:
    """A missing clip is told by three counted buzzes before the session, which goes on with what there is."""
    room = SimRoom(START, until=2_000, clips=FakeClips(missing=["Let go."], length_of=half_a_second))
    assert room.told(300) == [
        (300, 1_000, "buzz NO_VOICE"),
        (300, 3_500, "started"),  # 1000 + 1800 the signal + 700
        (300, 3_500, "shine RUNNING"),
    ]


def test_sound_and_clips_missing() -> None:
    """Two faults are counted one after the other."""
    room = SimRoom(START, until=2_000, fails=True, clips=FakeClips(missing=["Tip one."], length_of=half_a_second))
    assert room.told(300) == [
        (300, 1_000, "buzz NO_SOUND"),
        (300, 2_800, "buzz NO_VOICE"),
        (300, 5_300, "started"),
        (300, 5_300, "shine RUNNING"),
    ]


@pytest.mark.parametrize("missing", ["Tip two.", "The session is paused."])
def test_other_clips_missing(missing: str) -> None:
    """What this session does not need is no fault."""
    room = SimRoom(START, until=1_000, clips=FakeClips(missing=[missing], length_of=half_a_second))
    assert [what for _, _, what in room.told() if what.startswith("buzz")] == ["buzz PRESS"]


# --- running


def test_running_press() -> None:
    """A press pauses on the way down, and says so after its release."""
    room = SimRoom([*START, *tap(12_000, 200)], until=60_000)
    assert room.told(12_000) == [
        (12_000, 12_000, "hush"),
        (12_000, 12_000, "shine PAUSED"),
        (12_000, 12_000, "buzz PRESS"),  # before what is told: its readers must not come between a press and its answer
        (12_000, 12_000, "held 1640 of 4 hold push left"),
        (12_000, 12_000, "paused in 4 hold push left"),
        (12_200, 12_650, "say The session is paused."),
    ]


def test_running_again() -> None:
    """The second press of two leads to the next hold, at once; the third to the next exercise, which is named."""
    presses = [edge for n in range(3) for edge in tap(12_000 + 300 * n)]
    heard = told([*START, *presses], 12_300, 13_800)
    assert heard == [
        (12_300, 12_300, "hush"),
        (12_300, 12_300, "shine RUNNING"),
        (12_300, 12_300, "buzz PRESS"),
        (12_300, 12_300, "resumed in 4 hold push left"),
        (12_350, 12_750, "buzz STEP"),
        (12_600, 12_600, "hush"),
        (12_600, 12_600, "buzz PRESS"),
        (12_650, 13_050, "buzz STEP"),
        (13_030, 13_430, "say The last exercise. Tap."),
        (13_050, 13_050, "began 10 instruct tap for 2580"),
    ]


def test_four_presses() -> None:
    """After four presses the session is paused in the hold in which the first came, and says so once it is let go."""
    presses = [edge for n in range(5) for edge in tap(12_000 + 300 * n)]
    assert told([*START, *presses], 12_900, 60_000) == [
        (12_900, 12_900, "hush"),
        (12_900, 12_900, "shine PAUSED"),
        (12_900, 12_900, "buzz PRESS"),
        (12_900, 12_900, "paused in 4 hold push left"),
        (13_000, 13_450, "say The session is paused."),
        (13_200, 13_200, "hush"),
        (13_200, 13_200, "buzz PRESS"),
        (13_300, 13_750, "say The session is paused."),
    ]


def test_running_hold() -> None:
    """Held, it says "Stop.", and the release stops; a press after it goes on where that was, with no "stopped" in it."""
    room = SimRoom([*START, *tap(12_000, 1_500), *tap(14_500)], until=17_000)
    assert room.told(12_001) == [
        (13_200, 13_200, "hush"),
        (13_200, 13_500, "say Stop."),
        (13_500, 13_500, "hush"),
        (13_500, 13_500, "ended, not completed"),
        (13_500, 13_500, "shine READY"),
        (13_500, 13_500, "buzz STOPPED"),
        (13_500, 13_500, "offered from step 4 after 1640"),
        (13_500, 14_700, "say The session is stopped."),
        (13_500, 15_800, "say Press the button to continue with exercise one."),
        (14_500, 14_500, "hush"),
        (14_500, 14_500, "shine PRESSED"),
        (14_500, 14_500, "buzz PRESS"),
        (14_600, 15_300, "started"),
        (14_600, 15_300, "shine RUNNING"),
        (14_900, 15_300, "buzz STEP"),
        (15_280, 15_680, "say Left."),
        (15_300, 15_300, "began 2 instruct push left for 1480"),
        (16_380, 16_780, "buzz READY"),
        (16_780, 16_780, "began 3 ready push left for 2000"),
    ]


def test_second_press_held() -> None:
    """The second of two presses moves the session on; held, it pauses it there, and stops it when it is let go."""
    assert [one for one in told([*START, *tap(12_000), *tap(12_300, 2_000)], 12_400, 40_000) if one[2] != "buzz STEP"] == [
        (12_730, 13_130, "say Right."),
        (12_750, 12_750, "began 6 instruct push right for 2580"),
        (13_500, 13_500, "hush"),
        (13_500, 13_500, "paused in 6 instruct push right"),
        (13_500, 13_500, "shine PAUSED"),
        (13_500, 13_800, "say Stop."),
        (14_300, 14_300, "hush"),
        (14_300, 14_300, "ended, not completed"),
        (14_300, 14_300, "shine READY"),
        (14_300, 14_300, "buzz STOPPED"),
        (14_300, 14_300, "offered from step 8 after 0"),
        (14_300, 15_500, "say The session is stopped."),
        (14_300, 16_600, "say Press the button to continue with exercise one."),
        (17_100 + LINGER, 17_100 + LINGER, "closesound"),
    ]


def test_stuck() -> None:
    """A button that never comes up stops nothing: past the round of volumes the session is paused, as loud as before."""
    script: Script = [*START, (12_000, Edge("button", True, Ms(12_000)))]
    room = SimRoom([*script, (200_000, Edge("button", False, Ms(200_000))), *tap(210_000)], until=211_000)
    heard = room.told(13_200, 210_000)
    assert heard[:2] == [(13_200, 13_200, "hush"), (13_200, 13_500, "say Stop.")]
    assert [what for _, _, what in heard if not what.startswith(("say", "play"))] == ["hush", "hush", "shine PAUSED"]
    assert [what for _, _, what in heard[-2:]] == ["play at 100", "shine PAUSED"]
    assert [what for _, _, what in room.told(210_000) if what.startswith("resumed")] != []


def test_stuck_without_sound() -> None:
    """The same where no volumes can be heard, after a minute; let go before, it stops."""
    for length, ends in ((59_000, ["ended, not completed"]), (61_000, [])):
        room = SimRoom([*START, *tap(12_000, length)], until=80_000, fails=True)
        assert [what for _, _, what in room.told() if what.startswith(("ended", "play"))] == ends


def test_stuck_in_idle() -> None:
    """In idle, a button that never comes up chooses and starts nothing; the light shows that the trainer is ready."""
    script: Script = [(500, Edge("button", True, Ms(500))), (100_000, Edge("button", False, Ms(100_000)))]
    room = SimRoom(script, until=200_000, programs=[ADULT, CHILD])
    kinds = ("chosen", "started", "shine", "volume", "closesound")
    over = next(at for at, _, what in room.told() if what == "shine READY" and at)
    assert [one for one in room.told(501) if one[2].startswith(kinds)] == [
        (over, over, "shine READY"),
        (over + LINGER, over + LINGER, "closesound"),
    ]


# --- volumes


def test_volumes() -> None:
    """Held on in a session, it says volumes upward to the most, then down, each at itself; letting go takes the last one."""
    room = SimRoom([*START, *tap(12_000, 10_000)], until=60_000, volume=70, soft_max=90)
    # "Volume." at 15200 + 300; each clip 500, 600 between two, 300 from its volume to its word
    assert room.told(13_201) == [
        (15_200, 15_200, "hush"),
        (15_200, 15_500, "say Volume."),
        (16_600, 16_600, "play at 80"),
        (16_600, 16_900, "say Eighty."),
        (18_000, 18_000, "play at 90"),
        (18_000, 18_300, "say Ninety."),
        (19_400, 19_400, "play at 80"),
        (19_400, 19_700, "say Eighty."),
        (20_800, 20_800, "play at 70"),
        (20_800, 21_100, "say Seventy."),
        (22_000, 22_000, "hush"),
        (22_000, 22_000, "play at 70"),
        (22_000, 22_000, "volume 70"),
        (22_000, 22_000, "shine PAUSED"),
        (22_000, 22_450, "say The session is paused."),
    ]


def test_volumes_in_idle() -> None:
    """In idle too; neither another program is chosen nor a session started, and the stream is closed a while later."""
    room = SimRoom(tap(0, 5_000), until=60_000, programs=[ADULT, CHILD], volume=30)
    assert room.told(1_581) == [
        (3_200, 3_200, "hush"),
        (3_200, 3_500, "say Volume."),
        (4_600, 4_600, "play at 40"),
        (4_600, 4_900, "say Forty."),
        (5_000, 5_000, "hush"),
        (5_000, 5_000, "play at 40"),
        (5_000, 5_000, "volume 40"),
        (5_000, 5_000, "shine READY"),
        (5_000 + LINGER, 5_000 + LINGER, "closesound"),
    ]


@pytest.mark.parametrize(
    ("volume", "soft_max", "round_"),
    [
        (100, 100, [100, 90, 80, 70, 60, 50, 40, 30, 20]),
        (60, 100, [70, 80, 90, 100, 90, 80, 70, 60, 50, 40, 30, 20]),
        (65, 89, [70, 80, 70, 60, 50, 40, 30, 20]),
        (0, 30, [20, 30, 20]),
        (15, 20, [20]),
        (5, 10, [10]),
    ],
)
def test_one_round(volume: int, soft_max: int, round_: list[int]) -> None:
    """The round goes up from the volume that is, to `sound.soft_max`, down to 20, and then the volume is what it was."""
    room = SimRoom(tap(0, 50_000), until=60_000, volume=volume, soft_max=soft_max)
    assert [what for _, _, what in room.told() if what.startswith(("play", "volume"))] == [
        *(f"play at {one}" for one in round_),
        f"play at {volume}",
    ]


def test_let_go_at_once() -> None:
    """Let go before the first volume was said, nothing is changed, nor is the session stopped."""
    heard = told([*START, *tap(12_000, 3_500)], 15_201, 60_000)
    assert heard == [
        (15_500, 15_500, "hush"),
        (15_500, 15_500, "shine PAUSED"),
        (15_500, 15_950, "say The session is paused."),
    ]


@pytest.mark.parametrize("what", ["start", "stop"])
def test_an_order_ends_the_round(what: OrderName) -> None:
    """An order that comes into the round ends it: no number is said into the session, and the volume is what it was."""
    script: Script = [*START, *tap(12_000, 20_000), (17_000, Order(what))]
    heard = [one for _, _, one in told(sorted(script, key=lambda entry: entry[0]), 17_000, 40_000, volume=70)]
    assert heard.count("play at 70") == 1
    assert [one for one in heard if one.startswith(("say Ni", "volume"))] == []


def test_let_go_after_the_round_was_ended() -> None:
    """Letting go, in a session that an order has gone on with, takes away nothing of what is heard."""

    def heard(let_go: int) -> list[tuple[int, int, str]]:
        script: Script = [*START, *tap(12_000, let_go - 12_000), (17_000, Order("start"))]
        heard = told(sorted(script, key=lambda entry: entry[0]), 17_000, 35_000)
        return [entry for entry in heard if entry[2] != "shine RUNNING"]

    one = next(handed for handed, _, what in heard(40_000) if what == "say One.")
    assert heard(one + 300) == heard(40_000)


@pytest.mark.parametrize(("button", "volume", "said"), [("next", 70, "Seventy"), ("back", 50, "Fifty")])
def test_louder_and_softer(button: str, volume: int, said: str) -> None:
    """The further buttons, when held, make it louder and softer by ten: said in idle and in a pause, not in a session."""
    assert told(tap(500, 2_000, button=button), 1, 3_000, volume=60) == [
        (500, 500, "buzz PRESS"),
        (1_700, 1_700, f"play at {volume}"),
        (1_700, 1_700, f"volume {volume}"),
        (1_700, 1_700, "hush"),
        (1_700, 1_700, "opensound"),
        (1_750, 1_750 + PRIME, f"say {said}."),
    ]
    paused = told([*START, *tap(12_000), *tap(20_000, 2_000, button=button)], 20_001, 30_000, volume=60)
    assert [what for _, _, what in paused] == [f"play at {volume}", f"volume {volume}", "hush", f"say {said}."]
    running = told([*START, *tap(10_500, 2_000, button=button)], 11_700, 11_701, volume=60)
    assert [what for _, _, what in running] == [f"play at {volume}", f"volume {volume}", "buzz PRESS"]


@pytest.mark.parametrize(
    ("button", "volume", "becomes"), [("next", 65, 70), ("back", 65, 60), ("next", 90, 0), ("back", 20, 0), ("back", 5, 0)]
)
def test_whole_steps(button: str, volume: int, becomes: int) -> None:
    """Volumes in between go to the next whole step; above `sound.soft_max` and below 20 there is none."""
    heard = told(tap(500, 2_000, button=button), 1, 3_000, volume=volume, soft_max=95)
    assert [what for _, _, what in heard if what.startswith("volume")] == ([f"volume {becomes}"] if becomes else [])


@pytest.mark.parametrize("order", ["start", "stop"])
def test_an_order_while_the_button_is_down(order: OrderName) -> None:
    """What another process does while a finger is on the button is not undone when it lets go."""
    script: Script = [*START, (12_000, Edge("button", True, Ms(12_000))), (12_100, Order(order))]
    heard = told([*script, (12_200, Edge("button", False, Ms(12_200)))], 12_101, 12_500)
    assert [what for _, _, what in heard if what.startswith(("say The session is paused", "ended", "started", "paused"))] == []


@pytest.mark.parametrize("double", [250, 1_200])
def test_what_waits_for_a_double_press(double: int) -> None:
    """What a press leads to is heard 50 ms after another press could have belonged to it, whatever `button.double` is."""
    script = [*START, *tap(12_000), *tap(20_000)]
    assert [at for _, at, what in told(script, 12_000, 23_000, double=double) if what in ("say Left.", "buzz STEP")][:2] == [
        20_100 + double + 50,
        20_100 + double + 50 + 380,
    ]


# --- paused


def test_paused_press() -> None:
    """In a pause the press itself is only answered; the release resumes."""
    room = SimRoom([*START, *tap(12_000), (20_000, Edge("button", True, Ms(20_000)))], until=21_000)
    assert room.told(13_000) == [(20_000, 20_000, "shine PRESSED"), (20_000, 20_000, "buzz PRESS")]
    assert told([*START, *tap(12_000), *tap(20_000, 300)], 20_300, 20_301) == [
        (20_300, 20_300, "hush"),
        (20_300, 20_300, "resumed in 4 hold push left"),
        (20_300, 20_300, "shine RUNNING"),
    ]


def test_paused_again() -> None:
    """A double press in a pause skips the hold that was paused."""
    assert told([*START, *tap(12_000), *tap(20_000), *tap(20_400)], 20_100, 21_000) == [
        (20_100, 20_100, "hush"),
        (20_100, 20_100, "resumed in 4 hold push left"),
        (20_100, 20_100, "shine RUNNING"),
        (20_150, 20_550, "buzz STEP"),
        (20_400, 20_400, "hush"),
        (20_400, 20_400, "buzz PRESS"),
        (20_450, 20_850, "buzz STEP"),
        (20_830, 21_230, "say Right."),
        (20_850, 20_850, "began 6 instruct push right for 2580"),
    ]


def test_paused_hold() -> None:
    """Held in a pause, the session stops, and the release does not resume it."""
    assert told([*START, *tap(12_000), *tap(20_000, 3_000)], 20_001, 40_000) == [
        (21_200, 21_200, "hush"),
        (21_200, 21_500, "say Stop."),
        (23_000, 23_000, "hush"),
        (23_000, 23_000, "ended, not completed"),
        (23_000, 23_000, "shine READY"),
        (23_000, 23_000, "buzz STOPPED"),
        (23_000, 23_000, "offered from step 4 after 1640"),
        (23_000, 24_200, "say The session is stopped."),
        (23_000, 25_300, "say Press the button to continue with exercise one."),
    ]


def test_long_pause() -> None:
    """After half an hour's pause the session is given up: a buzz and a word say so, and offer to go on with it."""
    room = SimRoom([*START, *tap(12_000)], until=3_000_000)
    end = 12_000 + LONGEST_PAUSE
    assert room.told(12_101) == [
        (end, end, "hush"),
        (end, end, "ended, not completed"),
        (end, end, "shine READY"),
        (end, end, "buzz STOPPED"),
        (end, end, "offered from step 4 after 1640"),
        (end, end, "softly"),  # the person has gone, and it may be night
        (end, end + 1_200, "say The session is stopped."),
        (end, end + 2_300, "say Press the button to continue with exercise one."),
        (end + 2_800 + LINGER, end + 2_800 + LINGER, "closesound"),
    ]


@pytest.mark.parametrize("skip", [tap(12_300), tap(15_000, button="next"), tap(15_000, button="back")])
def test_skip_ends_the_pause(skip: Script) -> None:
    """A pause that ended by next or back is over: half an hour later nothing gives up the session that goes on."""
    text = (TESTS / "routines" / "small.toml").read_text()
    routine = parse(text + "[[exercise]]\nid = 'x'\nname = 'X'\nsay = 'Do.'\nhold = '50m'\n")
    room = SimRoom([*START, *tap(12_000), *skip], until=5_000_000, programs=[(routine, "adult", "standard")])
    assert [what for _, _, what in room.told() if what.startswith("ended")] == ["ended, completed"]
    assert [light.name for at, light in room.pins.lights if at >= 12_000][:2] == ["PAUSED", "RUNNING"]


# --- optional buttons


@pytest.mark.parametrize(
    ("button", "began"), [("next", "began 6 instruct push right for 2580"), ("back", "began 2 instruct push left for 2580")]
)
@pytest.mark.parametrize("paused", [False, True])
def test_extra_buttons(button: str, began: str, paused: bool) -> None:
    """A next and a back button answer on the way down and act when they are let go, running and paused."""
    script = [*START, *(tap(12_000) if paused else []), *tap(13_900, 100, button=button)]
    assert told(script, 13_900, 13_950) == [(13_900, 13_900, "buzz PRESS")]
    heard = told(script, 14_000, 14_500)
    held = [] if paused else [(14_000, 14_000, "held 3640 of 4 hold push left")]
    resumed = [(14_000, 14_000, "resumed in 4 hold push left"), (14_000, 14_000, "shine RUNNING")] if paused else []
    expected = [(14_000, 14_000, "hush"), *held, *resumed, (14_050, 14_450, "buzz STEP")]
    expected.append((14_430, 14_830, "say Right." if button == "next" else "say Left."))
    assert heard == [*expected, (14_450, 14_450, began)]


@pytest.mark.parametrize("button", ["next", "back"])
def test_extra_buttons_in_idle(button: str) -> None:
    """In idle a next or back button is answered, and starts nothing; nor while a start waits."""
    assert told(tap(500, 1_000, button=button), 1, 100_000) == [(500, 500, "buzz PRESS")]
    heard = told([*tap(0), *tap(500, button=button)], 101, 2_000, delay=1_000)
    assert heard[:3] == [(500, 500, "buzz PRESS"), (1_000, 1_700, "started"), (1_000, 1_700, "shine RUNNING")]


def test_extra_buttons_double() -> None:
    """Two quick presses of the next button are two holds."""
    script = [*START, *tap(12_000, button="next"), *tap(12_200, button="next")]
    assert [what for _, _, what in told(script, 12_000, 12_800) if what.startswith("began")] == [
        "began 10 instruct tap for 2580"
    ]


def test_button_not_wired() -> None:
    """An edge of a button that is not there does nothing."""
    trainer = Trainer(
        [Program(SMALL, "adult", "full")],
        FakeClips(),
        {"button": ButtonReader(Ms(30), Ms(1_200))},
        planning=Planning(FakeClips()),
    )
    assert trainer.handle(Edge("next", True, Ms(5)), Ms(5)) == []


# --- sound that vanishes


def test_sound_vanishes() -> None:
    """Sound that vanishes in a session pauses it in the same moment, and two buzzes say why; its return is said."""
    script: Script = [*START, (12_000, Sound(False, "no card")), (30_000, Sound(True))]
    assert told(script, 12_000, 60_000) == [
        *[(at, at, what) for at, what in PRESSED],
        (12_000, 12_000, "shine PAUSED"),
        (12_000, 12_450, "buzz NO_SOUND"),
        (30_000, 30_700, "say The speaker is back. Press the button to continue."),
    ]


def test_sound_vanishes_in_a_pause() -> None:
    """Sound that vanishes in a pause is told too: else the person would resume into silence."""
    script: Script = [*START, *tap(12_000), (20_000, Sound(False, "no card")), (30_000, Sound(True))]
    assert told(script, 12_101, 60_000) == [
        (20_000, 20_000, "hush"),
        (20_000, 20_450, "buzz NO_SOUND"),
        (30_000, 30_700, "say The speaker is back. Press the button to continue."),
    ]


def test_sound_comes_back_at_once() -> None:
    """A card that is back within a second is not announced into the buzzes that tell of its loss."""
    script: Script = [*START, (12_000, Sound(False, "no card")), (12_500, Sound(True))]
    # 12450 + 1100 the signal + 300
    assert told(script, 12_500, 60_000) == [(12_500, 13_850, "say The speaker is back. Press the button to continue.")]


def test_sound_comes_back_while_running() -> None:
    """Who goes on without sound gets it back without a word: "press to continue" would be wrong, and talk over a cue."""
    script: Script = [*START, (12_000, Sound(False, "no card")), *tap(15_000), (18_000, Sound(True))]
    room = SimRoom(script, until=60_000)
    assert [what for _, _, what in room.told() if "speaker is back" in what] == []
    assert "began 4 hold push left for 3360" in [what for _, _, what in room.told(15_000)]


def test_sound_vanishes_in_idle() -> None:
    """Sound that vanishes after a session disturbs nobody, and the next press opens it anew."""
    script: Script = [*START, *tap(12_000, 2_000), (20_000, Sound(False, "no card")), *tap(25_000)]
    assert told(script, 14_001, 25_101) == [
        (25_000, 25_000, "hush"),
        (25_000, 25_000, "opensound"),
        (25_000, 25_000, "shine PRESSED"),
        (25_000, 25_000, "buzz PRESS"),
        (25_100, 25_800, "started"),
        (25_100, 25_800, "shine RUNNING"),
    ]


def test_sound_after_close() -> None:
    """A stream that reports itself just as it is closed is not taken for open: the next press opens it."""
    script: Script = [*START, *tap(12_000, 2_000), (36_801, Sound(True)), *tap(40_000)]
    assert [(at, what) for at, _, what in told(script, 30_000, 41_000) if what.endswith("sound")] == [
        (36_800, "closesound"),
        (40_000, "opensound"),
    ]


def test_stream_stays_open() -> None:
    """A press within `LINGER` finds the stream open; after it the stream is closed and opened again."""
    soon = SimRoom([*START, *tap(12_000, 2_000), *tap(30_000)], until=200_000)
    assert [(at, what) for at, what, _ in soon.speaker.told if what in ("open", "close")][:1] == [(0, "open")]
    assert [what for _, what, _ in soon.speaker.told].count("open") == 1
    later = SimRoom([*START, *tap(12_000, 2_000), *tap(40_000)], until=50_000)
    assert [(at, what) for at, what, _ in later.speaker.told if what in ("open", "close")] == [
        (0, "open"),
        (36_800, "close"),
        (40_000, "open"),
        (50_000, "close"),
    ]


# --- a late loop


@pytest.mark.parametrize(
    ("first", "starts"),
    [(Sound(True), ["started", "shine RUNNING"]), (Edge("next", True, Ms(12_050)), ["buzz PRESS", "pressed"] * 2)],
)
def test_late_loop_reads_a_tap(first: Input, starts: list[str]) -> None:
    """A loop that slept past the time for a hold reads a tap as a tap, though another input lies before its release."""
    readers = {name: ButtonReader(Ms(30), Ms(1_200)) for name in ("button", "next")}
    trainer = Trainer([Program(*ADULT)], FakeClips(), readers, planning=Planning(FakeClips()))  # type: ignore[arg-type]
    trainer.handle(Edge("button", True, Ms(12_000)), Ms(12_000))
    actions = trainer.handle(first, Ms(15_000))
    actions += trainer.handle(Edge("button", False, Ms(12_100)), Ms(15_000))
    actions += trainer.handle(None, Ms(15_000))
    assert [shown(action) for action in actions] == starts


def test_late_loop_reads_a_hold() -> None:
    """What was held is a hold, also where the loop comes late."""
    trainer = Trainer(
        [Program(*ADULT)], FakeClips(), {"button": ButtonReader(Ms(30), Ms(1_200))}, planning=Planning(FakeClips())
    )
    trainer.handle(Edge("button", True, Ms(12_000)), Ms(12_000))
    assert trainer.deadline() == 13_200
    assert trainer.handle(Sound(True), Ms(15_000)) == []
    assert trainer.deadline() == 13_200
    assert [shown(action) for action in trainer.handle(None, Ms(15_000))][:1] == ["buzz STEP"]
    actions = trainer.handle(Edge("button", False, Ms(14_000)), Ms(15_000))
    assert [shown(action) for action in actions] == ["chosen 0", "shine READY"]


# --- tips and phrases


def test_tips() -> None:
    """Each completed session says the next tip; one that was stopped does not use its tip up."""
    script = [*START, *tap(100_000), *tap(112_000, 2_000), *tap(200_000), *tap(300_000)]
    room = SimRoom(script, until=400_000)
    assert [action.completed for _, action in room.heard if isinstance(action, Ended)] == [True, False, True, True]
    assert [action.text for _, action in room.heard if isinstance(action, Say) and action.text.startswith("Tip")] == [
        "Tip one.",
        "Tip two.",
        "Tip one.",
    ]
    assert room.trainer.tip == 3


def test_no_tip_on_a_day_off() -> None:
    """A day without exercises has no tip, and uses none up."""
    mondays = replace(SMALL, exercises=tuple(replace(one, days=frozenset({0})) for one in SMALL.exercises))
    for day, tip in (("2024-05-06 08:00", 1), ("2024-05-07 08:00", 0)):
        room = SimRoom(START, until=100_000, programs=[(mondays, "adult", "standard")], habit=FakeHabit(day))
        assert [action.completed for _, action in room.heard if isinstance(action, Ended)] == [True]
        assert room.trainer.tip == tip


def test_tip_is_remembered() -> None:
    """A trainer that begins with a tip's number goes on from it."""
    room = SimRoom(START, until=100_000, tip=5)
    assert [action.text for _, action in room.heard if isinstance(action, Say) and action.text.startswith("Tip")] == [
        "Tip two."
    ]


def test_phrases() -> None:
    """All that may be said is known beforehand, in the order in which it is needed, the chosen program first."""
    clips = FakeClips(length_of=half_a_second)
    assert texts(all_phrases([Program(*CHILD), Program(*ADULT)], clips.length, learned=BEGUN)) == [
        "One moment. The voice is still being prepared.",
        *(f"About {minutes}." for minutes in ("one minute", "two minutes", "five minutes", "ten minutes")),
        "Small, for children.",
        "Hello.",
        "Exercise one of two. Push.",
        "Push hard.",
        "Left.",
        "Four seconds.",
        "Three.",
        "Two.",
        "One.",
        "Let go.",
        "Rest.",
        "Right.",
        "The last exercise. Tap.",
        "Tap along.",
        "Two seconds.",
        "Bye.",
        "Tip one.",
        "Tap.",
        "Go.",
        "The session is paused.",
        "Stop.",
        "The session is stopped.",
        "The speaker is back. Press the button to continue.",
        "Small. For children.",
        "The button does not work. The trainer cannot use its pins.",
        "There is a mistake in the settings. Please ask for help.",
        "Press the button to continue.",
        "Press the button to continue with exercise one.",
        "Press the button to continue with exercise two.",
        "Volume.",
        *(f"{number}." for number in "Ten Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety".split()),
        "One hundred.",
        "Small. For adults.",
        ENGLISH.signals.text,
        "Tip two.",
        "Small, for adults.",
        "Five seconds.",
        *(f"This is card {number}." for number in "one two three four five six".split()),
        *("Let go to pair a phone.", "The code is:", "Once more:"),
        *(f"{digit}." for digit in "Zero Four Five Six Seven Eight Nine".split()),
    ]


def test_two_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two routines in two languages live on one trainer: each is announced, led, paused and stopped in its own."""
    monkeypatch.setitem(LANGUAGES, "xx", other_language("xx"))
    programs = [ADULT, (replace(SMALL, id="other", title="Other", language="xx"), "adult", "standard")]
    script = [*START, *tap(10_000), *tap(20_000, 2_000), (29_000, replace(order("program"), number=1))]
    script += [*tap(40_000, 300), *tap(50_000), *tap(60_000, 2_000)]
    room = SimRoom(script, until=70_000, programs=programs)
    said = [(at, action.phrase) for at, action in room.heard if isinstance(action, Say)]
    assert {phrase.language for at, phrase in said if at < 29_000} == {"en"}
    assert {phrase.language for at, phrase in said if at >= 29_000} == {"xx"}
    spoken = {phrase for _, phrase in said}
    for text in ("Hello.", "The session is paused.", "The session is stopped."):
        assert {Phrase(text, "en"), Phrase(text, "xx")} <= spoken
    assert Phrase("Other. For adults.", "xx") in spoken
    # The speaker is told the language, and all of it is prepared, in whichever order.
    assert {told[0] for _, what, told in room.speaker.told if what == "say"} <= spoken  # type: ignore[index]
    both = [Program(*program) for program in programs]
    assert spoken <= {*all_phrases(both, half_a_second)}
    preparing = "One moment. The voice is still being prepared."
    assert all_phrases(both, half_a_second)[0] == Phrase(preparing, "en")
    assert all_phrases(both[::-1], half_a_second)[0] == Phrase(preparing, "xx")
    assert {Phrase("Tip two.", "en"), Phrase("Tip two.", "xx")} <= {*all_phrases(both, half_a_second)}


# --- the program's own start and end


def test_begin_and_finish_in_idle() -> None:
    """The light tells that the trainer is ready, and goes out at its end."""
    trainer = Trainer([Program(*ADULT)], FakeClips(), {}, planning=Planning(FakeClips()))
    assert [shown(action) for action in trainer.begin(Ms(5))] == ["shine READY"]
    assert [shown(action) for action in trainer.finish(Ms(9))] == ["hush", "shine OFF", "closesound"]
    assert trainer.deadline() is None


def test_lights() -> None:
    """The light tells idle, pressed, running, paused and pressed again apart."""
    room = SimRoom([*START, *tap(12_000), *tap(20_000), *tap(30_000, 2_000)], until=40_000)
    assert room.pins.lights == [
        (0, Light.READY),
        (0, Light.PRESSED),
        (300, Light.RUNNING),
        (12_000, Light.PAUSED),
        (20_000, Light.PRESSED),
        (20_100, Light.RUNNING),
        (30_000, Light.PAUSED),
        (32_000, Light.READY),
        (40_000, Light.OFF),
    ]
    assert len({light.value for light in Light}) == len(Light)


@pytest.mark.parametrize(("length", "fails"), [(4_000, False), (59_000, False), (61_000, True)])
def test_light_of_a_pause(length: int, *, fails: bool) -> None:
    """Held in a pause, and let go in the round of volumes, after it, or without sound too late to stop: it shows the pause."""
    room = SimRoom([*START, *tap(12_000), *tap(20_000, length)], until=200_000, fails=fails)
    assert {light for at, light in room.pins.lights if 20_000 < at < 200_000} == {Light.PAUSED}


def test_fake_speaker_fails() -> None:
    """The fake's own knob: a speaker that fails says so."""
    clock = SimClock([])
    FakeSpeaker(clock, fails=True, delay=7).open()
    assert clock.script == [(7, Sound(False, "no card"))]


def test_clips_that_are_being_made() -> None:
    """A start waits for its clips, says so at once and every fifteen seconds, and begins as soon as they are there."""
    clips = FakeClips(missing=["Push hard."], length_of=half_a_second)
    clips.preparing = True
    trainer = Trainer([Program(*ADULT)], clips, {"button": ButtonReader(Ms(30), Ms(1200))}, planning=Planning(clips))
    trainer.handle(Edge("button", True, Ms(0)), Ms(0))
    trainer.handle(Sound(True), Ms(10))
    preparing, push = "One moment. The voice is still being prepared.", en("Push hard.")
    wait = [Buzz(Ms(100), Signal.PREPARING), Say(Ms(1780), preparing, "en", Ms(500))]
    assert trainer.handle(Edge("button", False, Ms(100)), Ms(100)) == [WaitingForClips(Ms(100), None, (push,)), *wait]
    for second in range(1, 15):
        assert trainer.deadline() == 100 + second * 1000
        assert trainer.handle(None, Ms(100 + second * 1000)) == []
    # By now it is known how fast they are made: a second of speech takes a minute.
    clips.pace = 1 / 60
    again = [Buzz(Ms(15_100), Signal.PREPARING), Say(Ms(16_780), preparing, "en", Ms(500))]
    again.append(Say(Ms(17_880), "About two minutes.", "en", Ms(500)))
    left = Ms(estimate(push) * 60)
    assert trainer.handle(None, Ms(15_100)) == [WaitingForClips(Ms(15_100), left, (push,)), *again]
    clips.missing.clear()
    started = trainer.handle(None, Ms(16_100))
    assert [type(action) for action in started] == [Hush, Started, Shine]


def test_clips_that_could_not_be_made() -> None:
    """When preparing has ended and clips are still missing, the session begins with the fault, and with what there is."""
    clips = FakeClips(missing=["Push hard."], length_of=half_a_second)
    clips.preparing = True
    trainer = Trainer([Program(*ADULT)], clips, {"button": ButtonReader(Ms(30), Ms(1200))}, planning=Planning(clips))
    trainer.handle(Edge("button", True, Ms(0)), Ms(0))
    trainer.handle(Sound(True), Ms(10))
    trainer.handle(Edge("button", False, Ms(100)), Ms(100))
    clips.preparing = False
    assert Buzz(Ms(1_100 + PRIME), Signal.NO_VOICE) in trainer.handle(None, Ms(1_100))


def test_a_wait_that_is_given_up() -> None:
    """Holding the button while the clips are made gives up: nothing begins later by itself."""
    clips = FakeClips(missing=["Push hard."], length_of=half_a_second)
    clips.preparing = True
    trainer = Trainer([Program(*ADULT)], clips, {"button": ButtonReader(Ms(30), Ms(1200))}, planning=Planning(clips))
    trainer.handle(Edge("button", True, Ms(0)), Ms(0))
    trainer.handle(Sound(True), Ms(10))
    trainer.handle(Edge("button", False, Ms(100)), Ms(100))
    trainer.handle(Edge("button", True, Ms(5_000)), Ms(5_000))
    assert Say(Ms(6_500), "Stop.", "en", Ms(500)) in trainer.handle(None, Ms(6_200))
    assert Buzz(Ms(7_000), Signal.STOPPED) in trainer.handle(Edge("button", False, Ms(7_000)), Ms(7_000))
    clips.missing.clear()
    assert not any(isinstance(action, Started) for action in trainer.handle(None, Ms(30_000)))


# --- an offer


OFFER = Offer(en("Go on."), Ms(60_000), Program(*ADULT), place=2)


def test_offer_taken() -> None:
    """An offer is buzzed and said; a press then begins where it says, a hold with its position, ready signal and the rest."""
    hold = next(step.index for step in make_plan(*ADULT, half_a_second, learned=BEGUN).steps if step.kind == "hold")
    room = SimRoom([(0, replace(OFFER, place=hold, held=Ms(1_000))), *tap(5_000, 300)], until=20_000)
    assert room.told(0, 5_000) == [
        (0, 0, "shine READY"),
        (0, 0, "repeatable"),
        (0, 0, "buzz READY"),
        (0, 0, "softly"),
        (0, 0, "opensound"),
        (50, 50 + PRIME, "say Go on."),
    ]
    assert [what for _, _, what in room.told(5_300) if what.startswith(("began", "held"))][:3] == [
        f"began {hold - 2} instruct push left for 1480",
        f"began {hold - 1} ready push left for 2000",
        f"began {hold} hold push left for 4000",
    ]


def test_offer_ends() -> None:
    """After its time, and after a hold, a press starts the chosen program from its beginning."""
    for script in ([(0, OFFER), *tap(60_001, 300)], [(0, OFFER), *tap(2_000, 2_000), *tap(60_001, 300)]):
        begun = [what for _, _, what in SimRoom(script, until=65_000).told(60_000) if what.startswith("began")]
        assert begun[0].startswith("began 0 intro")


def test_offer_in_a_session() -> None:
    """While a session runs, an offer is not heard of."""
    script = [*tap(0, 300), (5_000, OFFER)]
    assert not any("Go on." in what for _, _, what in told(script, 0, 20_000))


def test_going_on_after_a_stop() -> None:
    """Twenty minutes after a stop a press goes on: the position, the ready signal, the rest of the hold, and all after it."""
    later = 14_000 + 20 * MINUTE
    room = SimRoom([*START, *tap(12_000, 2_000), *tap(later, 300)], until=later + 200_000)
    rest = [what for _, _, what in room.told(later) if what.startswith(("began", "ended"))]
    assert rest[:3] == [
        "began 2 instruct push left for 1480",
        "began 3 ready push left for 2000",
        "began 4 hold push left for 3360",
    ]
    whole = [what for _, _, what in SimRoom(START, until=100_000).told() if what.startswith(("began", "ended"))]
    assert rest[3:] == whole[5:]


@pytest.mark.parametrize("end", [tap(14_000 + OFFERED + 1), [*tap(30_000, 2_000), *tap(60_000)]])
def test_no_longer(end: Script) -> None:
    """After two hours, or a long press, a press begins anew."""
    room = SimRoom([*START, *tap(12_000, 2_000), *end], until=end[-1][0] + 2_000)
    assert [what for _, _, what in room.told(15_000) if what.startswith(("began", "offerended"))] == [
        "offerended",
        "began 0 intro for 2200",
    ]


def test_a_long_press_ends_the_offer() -> None:
    """It names the program that a press starts then, and changes nothing about which one that is."""
    room = SimRoom([*START, *tap(12_000, 2_000), *tap(30_000, 2_000)], until=40_000, programs=[CHILD, ADULT])
    assert room.told(30_001) == [
        (31_200, 31_200, "buzz STEP"),
        (31_200, 31_900, "say Small. For children."),
        (32_000, 32_000, "shine READY"),
        (32_000, 32_000, "offerended"),
    ]
    assert room.trainer.chosen == 0


def test_whose_session() -> None:
    """Where there are several programs, the offer says of which it is."""
    room = SimRoom([*START, *tap(12_000, 2_000)], until=40_000, programs=[ADULT, CHILD])
    assert [what for _, _, what in room.told(14_000) if what.startswith("say")] == [
        "say The session is stopped.",
        "say Small. For adults.",
        "say Press the button to continue with exercise one.",
    ]


@pytest.mark.parametrize("at", [1_500, 40_000])
def test_nothing_to_go_on_with(at: int) -> None:
    """A session that was stopped before its first exercise, or after its last, is not offered."""
    room = SimRoom([*START, *tap(at, 2_000)], until=at + 10_000)
    assert [what for _, _, what in room.told(at + 2_000) if what.startswith(("say", "offered"))] == [
        "say The session is stopped."
    ]


def test_stopped_while_the_position_is_said_again() -> None:
    """What was held before a pause stays held, though the session is stopped before the rest of that hold begins."""
    room = SimRoom([*START, *tap(12_000), *tap(20_000), *tap(21_500, 2_000)], until=30_000)
    assert "offered from step 4 after 1640" in [what for _, _, what in room.told(21_000)]


# --- orders of other processes


def order(what: OrderName, text: str = "") -> Order:
    return Order(what, en(text))


def test_order_start_pause_next_back_stop() -> None:
    """An order does what the gesture does, and is answered."""
    script = [
        (0, order("start")),
        (5_000, order("pause")),
        (6_000, order("start")),
        (7_000, order("next")),
        (9_000, order("back")),
        (11_000, order("stop")),
    ]
    heard = [what for _, _, what in told(script, 0, 15_000)]
    assert [what for what in heard if what.startswith(("answered", "started", "paused", "resumed", "ended"))] == [
        "answered start: done",
        "started",
        "paused in 1 instruct push",
        "answered pause: done",
        "resumed in 1 instruct push",
        "answered start: done",
        "answered next: done",
        "answered back: done",
        "ended, not completed",
        "answered stop: done",
    ]


@pytest.mark.parametrize("what", ["pause", "next", "back", "stop"])
def test_order_without_a_session(what: OrderName) -> None:
    """What needs a session is refused with the reason where there is none."""
    assert told([(5, order(what))], 1, 100) == [(5, 5, f"answered {what}: no session is running")]


def test_order_in_a_session() -> None:
    """A second start and a text to say are refused while a session runs, a second pause while it is paused."""
    script = [
        *tap(0, 300),
        (3_000, order("start")),
        (3_100, order("say", "Hi.")),
        (4_000, order("pause")),
        (5_000, order("pause")),
    ]
    assert [what for _, _, what in told(script, 2_000, 9_000) if what.startswith("answered")] == [
        "answered start: a session is running already",
        "answered say: a session is running",
        "answered pause: done",
        "answered pause: the session is paused already",
    ]


@pytest.mark.parametrize("what", ["start", "pause", "next", "back", "say", "program", "lend", "lend_card"])
def test_order_while_a_start_waits(what: OrderName) -> None:
    """What cannot be done while a start waits is refused with the reason: there is no session yet, but soon."""
    heard = told([(0, order("start")), (20, order(what))], 20, 21, delay=2_000)
    assert heard == [(20, 20, f"answered {what}: a session is about to start")]


def test_order_lend() -> None:
    """Another process may have sound and buttons while no session runs."""
    assert told([(5, order("lend"))], 1, 100) == [(5, 5, "answered lend: done")]
    again = "a session is running; ask again when it is over"
    assert told([*START, (5_000, order("lend"))], 5_000, 5_001) == [(5_000, 5_000, f"answered lend: {again}")]


def test_order_say() -> None:
    """A text is said as soon as the sound is open; afterwards that is closed again."""
    assert told([(0, order("say", "Hi."))], 0, 60_000)[1:] == [
        (0, 0, "softly"),
        (0, 0, "opensound"),
        (0, 0, "answered say: done"),
        (50, 50 + PRIME, "say Hi."),
        (50 + PRIME + SPOKEN + LINGER, 50 + PRIME + SPOKEN + LINGER, "closesound"),
    ]


def test_order_stop_while_waiting() -> None:
    """A start that still waits for its sound is given up by an order, too."""
    heard = [what for _, _, what in told([(0, order("start")), (20, order("stop"))], 0, 10_000, delay=2_000)]
    assert "answered stop: done" in heard
    assert "started" not in heard


# --- wrong settings


def test_no_programs() -> None:
    """Without a program a press is answered by the fault's signal and words; a hold and an order do nothing else."""
    heard = told([*tap(0, 300), (20_000, order("start")), *tap(60_000, 2_000)], 0, 100_000, programs=[])
    assert heard[:6] == [
        (0, 0, "shine READY"),
        (0, 0, "hush"),
        (0, ANSWER, "buzz BAD_SETTINGS"),
        (0, 0, "opensound"),
        (0, 0, "buzz PRESS"),
        (50, ANSWER + Signal.BAD_SETTINGS.length + 300, "say There is a mistake in the settings. Please ask for help."),
    ]
    assert [what for _, _, what in heard if what.startswith(("started", "chosen", "answered"))] == [
        "answered start: the settings are wrong"
    ]
