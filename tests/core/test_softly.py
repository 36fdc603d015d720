"""What nobody asked for is softer in the quiet hours: the speaker is told before it, and told again when somebody asks."""

from dataclasses import replace
from datetime import time

import pytest

from pitrainer.core.languages import Phrase
from pitrainer.core.messages import Input, Offer, Order
from pitrainer.core.reminders import Reminder
from pitrainer.core.routine import Program
from pitrainer.core.units import MINUTE, Ms
from pitrainer.service.loop import Quit
from support.fakes import SMALL, FakeHabit, SimRoom, tap

GO_ON = Offer(Phrase("Go on.", "en"), Ms(60_000), Program(SMALL, "adult", "standard"), place=2)
PUSH, TAP = SMALL.exercises
REPEATED = replace(SMALL, exercises=(PUSH, replace(TAP, repeat_after=Ms(2 * MINUTE))))


def loudness(script: list[tuple[int, Input | Quit]], until: int, **options: object) -> list[tuple[int, str]]:
    """Return when it was to be softly and when not, and when a session began, and the sound was opened."""
    room = SimRoom(script, until=until, **options)  # type: ignore[arg-type]
    wanted = ("softly", "as loud as ever", "started", "opensound")
    return [(at, what) for at, _, what in room.told() if what in wanted]


def test_a_session() -> None:
    """A press is what somebody asks for: nothing changes."""
    assert loudness(tap(0, 300), 20_000) == [(0, "opensound"), (300, "started")]


@pytest.mark.parametrize("asks", [tap(20_000, 300), [(20_000, Order("start"))], [(20_000, Order("program"))]])
def test_an_offer(asks: list[tuple[int, Input | Quit]]) -> None:
    """An offer is softly, and what follows when somebody asks for it is not."""
    found = loudness([(5_000, GO_ON), *asks], 21_000)
    assert found[:3] == [(5_000, "softly"), (5_000, "opensound"), (20_000, "as loud as ever")]


def test_a_reminder() -> None:
    """So is a reminder; said again, nothing changes."""
    reminders = {Reminder(time(8, 1), "small", "adult"): SMALL}
    found = loudness(tap(8 * MINUTE, 300), 9 * MINUTE, habit=FakeHabit(), reminders=reminders)
    assert [(at, what) for at, what in found if what != "opensound"] == [
        (MINUTE, "softly"),
        (8 * MINUTE, "as loud as ever"),
        (8 * MINUTE + 300, "started"),
    ]


def test_once_more_and_a_text_of_elsewhere() -> None:
    """So are an exercise that is offered once more, and what another process has said."""
    found = [what for _, what in loudness(tap(0, 300), 5 * MINUTE, programs=[(REPEATED, "adult", "standard")])]
    assert found == ["opensound", "started", "softly", "opensound"]
    text = Order("say", Phrase("The button does not work.", "en"))
    assert loudness([(5_000, text)], 6_000) == [(5_000, "softly"), (5_000, "opensound")]
