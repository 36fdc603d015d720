"""Who follows the events knows what the trainer would tell."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from pitrainer.control.events import as_json
from pitrainer.control.fold import fold
from pitrainer.control.status import Status
from pitrainer.core.messages import (
    Began,
    Chosen,
    Event,
    Fault,
    FaultAppeared,
    FaultGone,
    GivenUp,
    Offer,
    Offered,
    OfferEnded,
    Preparing,
    RemindersSwitched,
    Said,
    SoundCard,
    SoundCardChosen,
    Started,
    Today,
    TodayChanged,
    VolumeChanged,
    WaitingForClips,
)
from pitrainer.core.reminders import Reminder
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from support.bridged import HOLD, PLAN
from support.fakes import SMALL, SimRoom, tap
from support.spoken import en

EIGHT = datetime(2026, 5, 6, 8, tzinfo=UTC)
REMINDER = Reminder(EIGHT.time(), "small", "adult", person="Anna")
# paused in the first hold, gone on with, the second skipped
SCRIPT = [*tap(0, 300), *tap(12_000), *tap(30_000), *tap(60_000, button="next")]
OTHERS: list[Event] = [
    WaitingForClips(Ms(1)),
    Preparing(Ms(1), 3, 90, Ms(60_000)),
    GivenUp(Ms(2)),
    Preparing(Ms(2), 90, 90, ended=True),
    Chosen(Ms(2), 1),
    VolumeChanged(Ms(3), 40),
    RemindersSwitched(Ms(3), False),
    TodayChanged(Ms(4), Today(True, 4, REMINDER, EIGHT)),
    FaultAppeared(Ms(5), Fault("sound", "the speaker is gone")),
    SoundCardChosen(Ms(6), SoundCard("USB", "a USB card")),
    FaultAppeared(Ms(7), Fault("settings", "2 mistakes in the settings", ("one", "two"))),
    FaultGone(Ms(8), "sound"),
    FaultGone(Ms(9), "settings"),
    Said(Ms(9), "Rest.", "en", Ms(700)),
    Offered(Ms(10), Offer(en("Go on."), Ms(600), Program(SMALL, "child", "full"))),
    OfferEnded(Ms(11)),
    Started(Ms(12), PLAN),
    Began(Ms(13), replace(HOLD, start=Ms(13), repeats=True, own=True), None),
]


def test_folds_as_the_trainer_does() -> None:
    """After each event of a session and of a day, the status that was folded is the one that the trainer would tell."""
    room = SimRoom(SCRIPT, until=200_000, programs=[(SMALL, "adult", "standard", "Anna")])
    own = Status([Program(SMALL, "adult", "standard", "Anna"), Program(SMALL, "child", "full")], 0)
    folded = own.data()
    for event in [*(action for _, action in room.heard if isinstance(action, Event)), *OTHERS]:
        own(event)
        folded = fold(folded, json.loads(json.dumps(as_json(event))))
        assert folded | {"text": own.text()} == own.data()
