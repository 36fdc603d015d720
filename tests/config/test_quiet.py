"""When it is quiet, and how loud it is."""

from datetime import time

import pytest

from pitrainer.config.quiet import quiet_hours, volume_at
from pitrainer.config.schema import SoundSettings


@pytest.mark.parametrize(
    ("begin", "end", "quiet"),
    [("22:00", "07:00", [*range(7), 22, 23]), ("12:00", "14:00", [12, 13]), ("22:00", "22:00", [])],
)
def test_quiet_hours(begin: str, end: str, quiet: list[int]) -> None:
    """They begin with their first minute and are over with their last, also past midnight; the same begin and end are none."""
    is_quiet = quiet_hours(SoundSettings(quiet_from=begin, quiet_to=end))
    assert [hour for hour in range(24) if is_quiet(time(hour))] == quiet


@pytest.mark.parametrize(
    ("volume", "most", "by_day", "by_night"), [(80, 100, 80, 30), (80, 50, 50, 30), (80, 20, 20, 20), (10, 100, 10, 10)]
)
def test_volume(volume: int, most: int, by_day: int, by_night: int) -> None:
    """It is lower in the quiet hours, never louder there than by day, and never above the most."""
    sound = SoundSettings(volume=volume, quiet_volume=30, soft_max=most)
    assert (volume_at(time(12), sound, volume), volume_at(time(23), sound, volume)) == (by_day, by_night)
