"""What another process may order besides the gestures of the button: program, volume, reminders."""

from datetime import time

import pytest

from pitrainer.core.messages import (
    Chosen,
    Fault,
    FaultAppeared,
    FaultGone,
    Input,
    Order,
    OrderName,
    RemindersSwitched,
    VolumeChanged,
)
from pitrainer.core.reminders import Reminder
from pitrainer.core.routine import Level, Profile, Routine
from pitrainer.core.units import Ms
from pitrainer.service.loop import Quit
from support.fakes import SMALL, FakeHabit, SimRoom, tap
from support.spoken import en

TWO: list[tuple[Routine, Profile, Level]] = [(SMALL, "adult", "standard"), (SMALL, "child", "full")]
NOON = Reminder(time(8, 1), "small", "adult")


def answers(room: SimRoom) -> list[str]:
    return [what for _, _, what in room.told() if what.startswith("answered")]


def test_a_program() -> None:
    """It is chosen, counted and said as by the button, and the next press starts it."""
    room = SimRoom([(0, Order("program", number=1)), *tap(10_000, 300)], until=14_000, programs=TWO)
    assert room.told(0, 5_000) == [
        (0, 0, "shine READY"),
        (0, 0, "hush"),
        (0, 0, "opensound"),
        (0, 0, "chosen 1"),
        (0, 0, "shine READY"),
        (0, 0, "buzz STEP"),
        (0, 380, "buzz STEP"),
        (0, 0, "answered program: done"),
        (50, 760, "say Small. For children."),
    ]
    assert [what for _, what in room.heard if isinstance(what, Chosen)] == [Chosen(Ms(0), 1)]
    assert room.trainer.chosen == 1


@pytest.mark.parametrize(("at", "why"), [(100, "done"), (5_000, "a session is running"), (60_000, "done")])
def test_a_program_in_a_session(at: int, why: str) -> None:
    """A running session is nobody's to change; before and after it, any program can be chosen."""
    room = SimRoom([*tap(1_000, 300), (at, Order("program", number=1))], until=70_000, programs=TWO)
    assert answers(room) == [f"answered program: {why}"]


@pytest.mark.parametrize("at", [100, 5_000])
def test_the_volume(at: int) -> None:
    """The speaker plays at it at once, also in a session, which goes on."""
    room = SimRoom([*tap(1_000, 300), (at, Order("volume", number=40))], until=60_000)
    assert [told for told in room.speaker.told if told[1] == "volume"] == [(at, "volume", 40)]
    assert [what for _, what in room.heard if isinstance(what, VolumeChanged)] == [VolumeChanged(Ms(at), 40)]
    assert "ended, completed" in [what for _, _, what in room.told()]


def test_reminders_off() -> None:
    """Switched off, none is said, and a press starts the chosen program; what was due is closed with the reason."""
    script = [(0, Order("reminders", number=0)), (1, Order("reminders", number=0)), *tap(120_000, 300)]
    room = SimRoom(script, until=40 * 60_000, programs=TWO, habit=FakeHabit(), reminders={NOON: SMALL})
    told = [what for _, _, what in room.told()]
    assert [what for _, what in room.heard if isinstance(what, RemindersSwitched)] == [RemindersSwitched(Ms(0), False)]
    assert not [what for what in told if what.startswith(("announced", "say Time"))]
    assert [what for what in told if what.startswith("closed")] == ["closed 08:01 small adult: missed: switched off"]


def test_reminders_on_again() -> None:
    """Switched on again, what is still open is said."""
    script: list[tuple[int, Order]] = [(0, Order("reminders", number=0)), (180_000, Order("reminders", number=1))]
    room = SimRoom(script, until=5 * 60_000, habit=FakeHabit(), reminders={NOON: SMALL})
    said = [at for at, _, what in room.told() if what.startswith("announced")]
    assert len(said) == 1
    assert 180_000 <= said[0] < 205_000


@pytest.mark.parametrize("what", ["reminders"])
def test_no_reminders(what: OrderName) -> None:
    """Where there are none, there is nothing to switch."""
    assert answers(SimRoom([(0, Order(what))], until=10)) == ["answered reminders: there are no reminders in the settings"]


SAY = (0, Order("say", en("Any text.")))
WHILE_IN_USE = "something is being said, or the button is held; ask again"


@pytest.mark.parametrize("fails", [False, True])
def test_the_card(fails: bool) -> None:
    """A card that is only kept open for a press that may follow is let go of at once; that press opens it again."""
    room = SimRoom([SAY, (5_000, Order("lend_card")), *tap(8_000)], until=8_050, fails=fails)
    assert room.told(4_000, 6_000) == [(5_000, 5_000, "closesound"), (5_000, 5_000, "answered lend_card: done")]
    assert (8_000, 8_000, "opensound") in room.told()


def test_no_card_to_let_go_of() -> None:
    """Where the sound is closed, there is nothing to do."""
    assert SimRoom([(5, Order("lend_card"))], until=10).told(1) == [(5, 5, "answered lend_card: done")]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ([SAY, (20, Order("lend_card"))], WHILE_IN_USE),  # the sound is being opened
        ([SAY, (1_000, Order("lend_card"))], WHILE_IN_USE),
        ([*tap(0, 500), (200, Order("lend_card"))], WHILE_IN_USE),
        ([*tap(0, 500), (5_000, Order("lend_card"))], "a session is running; ask again when it is over"),
        ([SAY, (1_000, Order("lend"))], "done"),  # the buttons alone
    ],
)
def test_a_card_in_use(script: list[tuple[int, Input | Quit]], why: str) -> None:
    """Nobody's words, start or session are cut off for another process."""
    room = SimRoom(script, until=6_000)
    assert [line.partition(": ")[2] for line in answers(room) if "lend" in line] == [why]
    assert "closesound" not in [what for _, _, what in room.told(0, 5_999)]


def test_faults() -> None:
    """A fault is told when it appears, changes and is gone; told again it is not, but mistakes are each time they are found."""
    gone, busy = Fault("sound", "no sound: gone"), Fault("sound", "no sound: busy")
    wrong = Fault("settings", "1 mistakes", ("a.toml: x",))
    script = [gone, gone, busy, wrong, wrong, Fault("sound", ""), Fault("sound", ""), Fault("settings", "")]
    room = SimRoom([*enumerate(script)], until=10)
    assert [what for _, what in room.heard if isinstance(what, FaultAppeared | FaultGone)] == [
        FaultAppeared(Ms(0), gone),
        FaultAppeared(Ms(2), busy),
        FaultAppeared(Ms(3), wrong),
        FaultAppeared(Ms(4), wrong),
        FaultGone(Ms(5), "sound"),
        FaultGone(Ms(7), "settings"),
    ]
