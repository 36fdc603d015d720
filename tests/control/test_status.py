"""The status in words: how far the voice is, and how long a start will wait for it."""

from dataclasses import replace

import pytest

from pitrainer.control.status import Status
from pitrainer.core.messages import (
    Began,
    Ended,
    GivenUp,
    Offer,
    Offered,
    OfferEnded,
    Paused,
    Preparing,
    Resumed,
    Said,
    Started,
    WaitingForClips,
)
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from support.fakes import BEGUN, SMALL, half_a_second
from support.spoken import en


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (None, ""),
        (1, ", about 5 s"),
        (12_600, ", about 15 s"),
        (89_000, ", about 90 s"),
        (91_000, ", about 2 min"),
        (600_000, ", about 10 min"),
    ],
)
def test_how_long_it_takes(left, expected):
    """While clips are being made, the status says how many there are and how long it takes yet, as far as that is known."""
    status = Status([Program(SMALL, "adult", "standard")], 0)
    until = None if left is None else Ms(left)
    status(Preparing(Ms(0), 3, 90, until))
    assert status.text() == f"ready: small, adult; preparing the voice: 3 of 90 phrases{expected}"
    assert status.data()["preparing"] == {"made": 3, "total": 90, "left": left}
    status(WaitingForClips(Ms(1), until))
    assert status.idle() == f"waiting for the voice{expected}"
    assert status.text().startswith(f"waiting for the voice{expected}: small, adult; preparing")
    status(GivenUp(Ms(2)))
    status(Preparing(Ms(3), 90, 90, ended=True))
    assert (status.text(), status.idle()) == ("ready: small, adult", "ready")
    assert status.data()["preparing"] is None


PLAN = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN)


def test_what_comes_next():
    """In each step it is told which hold comes after this one, and nothing after the last."""
    status = Status([Program(SMALL, "adult", "standard")], 0)
    status(Started(Ms(0), PLAN))
    holds = [step for step in PLAN.steps if step.kind == "hold"]
    told = []
    for step in PLAN.steps:
        status(Began(step.start, step, PLAN.hold_after(step)))
        told.append(status.data()["session"]["next"])
    places = [{"name": one.name, "position": one.position or None, "number": one.number, "set": one.set} for one in holds]
    for step, following in zip(PLAN.steps, told, strict=True):
        if step.kind == "hold":
            assert following == next(
                (place for place, hold in zip(places, holds, strict=True) if hold.index > step.index), None
            )
    assert told[0] == places[0]
    assert told[-1] is None


def test_how_far_a_hold_is():
    """Of the running step it is told when it began, how long it is, and what was held of it before a pause."""
    status = Status([Program(SMALL, "adult", "standard")], 0)
    hold = next(step for step in PLAN.steps if step.kind == "hold")

    def told():
        return {name: status.data()["session"][name] for name in ("at", "length", "held", "paused_at")}

    status(Started(Ms(0), PLAN))
    assert told() == {"at": None, "length": None, "held": None, "paused_at": None}
    status(Began(Ms(5_000), hold.moved(5_000 - hold.start)))
    assert told() == {"at": 5_000, "length": hold.length, "held": 0, "paused_at": None}
    status(Paused(Ms(7_000), hold))
    assert told()["paused_at"] == 7_000
    rest = replace(hold, start=Ms(9_000), held=Ms(2_000), length=Ms(hold.length - 2_000))
    status(Resumed(Ms(8_000), hold))
    status(Began(Ms(9_000), rest))
    assert told() == {"at": 9_000, "length": hold.length - 2_000, "held": 2_000, "paused_at": None}


def test_what_was_said():
    """The last text that was said is told with when, also after the session."""
    status = Status([Program(SMALL, "adult", "standard")], 0)
    assert status.data()["said"] is None
    status(Said(Ms(10), "Rest.", "en", Ms(700)))
    status(Ended(Ms(20), True))
    assert status.data()["said"] == {"at": 10, "text": "Rest.", "language": "en", "length": 700}


@pytest.mark.parametrize("event", [OfferEnded(Ms(20)), Started(Ms(20), PLAN)], ids=lambda event: type(event).__name__)
def test_what_is_offered(event):
    """What a press would go on with is told until it does, or nobody wants it."""
    status = Status([Program(SMALL, "adult", "standard")], 0)
    assert status.data()["offer"] is None
    status(Offered(Ms(10), Offer(en("Go on."), Ms(600), Program(SMALL, "child", "full"))))
    for wait in (WaitingForClips(Ms(12)), GivenUp(Ms(15))):  # a start that waits may still be given up
        assert status.data()["offer"] == {"routine": "small", "text": "Go on."}
        status(wait)
    assert status.data()["offer"] == {"routine": "small", "text": "Go on."}
    status(event)
    assert status.data()["offer"] is None
