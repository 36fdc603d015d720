"""The status in words: how far the voice is, and how long a start will wait for it."""

import pytest

from pitrainer.control.status import Status
from pitrainer.core.messages import GivenUp, Preparing, WaitingForClips
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from support.fakes import SMALL


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
