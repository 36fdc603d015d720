"""How the trainer is, as the page is told it by the trainer itself."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from pitrainer.errors import NotRunningError, RefusedError
from pitrainer.page import health
from pitrainer.page.refused import Refused
from pitrainer.page.trainer import Trainer
from support.answering import Answering, answering

CLOCK = {"at": "2026-11-27T23:59:00-05:00", "zone": "America/New_York", "source": "hand"}


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Answering]:
    with answering(tmp_path) as trainer:
        yield trainer


def test_checks(trainer):
    """The doctor looks without a sound in the room."""
    checks = [{"name": "sound", "state": "ok", "found": "USB", "remedy": ""}]
    trainer.answers["doctor"] = lambda _: {"checks": checks, "button": True}
    assert health.checks(trainer.trainer) == {"checks": checks}
    assert trainer.asked == [{"command": "doctor", "quiet": True}]


def test_log(trainer):
    """The last lines are asked for by number."""
    trainer.answers["log"] = lambda request: {"lines": ["x"] * request["lines"]}
    assert health.log(trainer.trainer) == {"lines": ["x"] * 200}
    assert health.log(trainer.trainer, 3) == {"lines": ["x"] * 3}


def test_clock(trainer):
    """The clock is the trainer's, told or set; without a trainer, the day is the system's."""
    trainer.answers["clock"] = lambda _: {"clock": CLOCK}
    assert health.clock(trainer.trainer) == CLOCK
    assert health.set_clock(trainer.trainer, "14:30", "2026-11-28") == CLOCK
    assert trainer.asked[-1] == {"command": "clock", "time": "14:30", "day": "2026-11-28"}
    assert health.today(trainer.trainer) == date(2026, 11, 27)
    before = datetime.now().astimezone().date()
    assert before <= health.today(Trainer(Path("/nowhere/control.sock"))) <= datetime.now().astimezone().date()
    with pytest.raises(Refused, match='"time" must be a time of day'):
        health.set_clock(trainer.trainer, 3, None)


def test_a_card(trainer):
    """A card that cannot speak is a refusal, with its reason."""
    trainer.answers["try_card"] = lambda request: {"why": "" if request["number"] == 1 else "it hangs", "pressed": False}
    assert health.say_card(trainer.trainer, "Device", 1) == {}
    assert trainer.asked == [{"command": "try_card", "card": "Device", "number": 1}]
    with pytest.raises(RefusedError, match="it hangs"):
        health.say_card(trainer.trainer, "Device", 2)


def test_no_trainer():
    """Without a trainer, that is what is told."""
    with pytest.raises(NotRunningError, match="no trainer answers"):
        health.checks(Trainer(Path("/nowhere/control.sock")))
