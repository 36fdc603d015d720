"""Runs the real command line with a wall clock that is trusted, and that shows $WALL, or what it was told since."""

import os
import sys
import time
from datetime import datetime, timedelta

from pitrainer.audio import speaker
from pitrainer.cli.main import main
from pitrainer.wallclock import WallClock

began = datetime.fromisoformat(os.environ["WALL"]) - timedelta(seconds=time.monotonic())


def zoned(self: WallClock) -> datetime:
    return began.replace(tzinfo=self._local_zone()) + timedelta(seconds=time.monotonic())


def set_time(self: WallClock, told: datetime) -> None:  # noqa: ARG001 - its own clock is not asked
    global began
    began = told.replace(tzinfo=None) - timedelta(seconds=time.monotonic())


def trusted(self: WallClock) -> bool:  # noqa: ARG001 - whatever it says itself
    return True


WallClock.zoned = zoned  # type: ignore[method-assign]
WallClock.now = zoned  # type: ignore[method-assign]
WallClock.trusted = trusted  # type: ignore[method-assign]
WallClock.set = set_time  # type: ignore[method-assign]
speaker.STALL = 30  # as support.room has it
sys.exit(main())
