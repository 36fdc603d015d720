"""When it is quiet, and how loud it is."""

from datetime import time

import pytest

from pitrainer.config.quiet import quiet_hours, volume_at
from pitrainer.config.schema import QuietFor, SoundSettings


@pytest.mark.parametrize(
    ("begin", "end", "quiet"),
    [("22:00", "07:00", [*range(7), 22, 23]), ("12:00", "14:00", [12, 13]), ("22:00", "22:00", [])],
)
def test_quiet_hours(begin: str, end: str, quiet: list[int]) -> None:
    """They begin with their first minute and are over with their last, also past midnight; the same begin and end are none."""
    is_quiet = quiet_hours(SoundSettings(quiet_from=begin, quiet_to=end))
    assert [hour for hour in range(24) if is_quiet(time(hour))] == quiet


@pytest.mark.parametrize("quiet_for", ["unasked", "all"])
@pytest.mark.parametrize(
    ("volume", "most", "by_day", "by_night"), [(80, 100, 80, 30), (80, 50, 50, 30), (80, 20, 20, 20), (10, 100, 10, 10)]
)
def test_volume(volume: int, most: int, by_day: int, by_night: int, quiet_for: QuietFor) -> None:
    """What nobody asked for is softer in the quiet hours; a session only if that is wanted; nothing is above the most."""
    sound = SoundSettings(volume=volume, quiet_volume=30, quiet_for=quiet_for, soft_max=most)

    def at(hour: int, *, softly: bool) -> int:
        return volume_at(time(hour), sound, volume, softly=softly)

    assert [at(12, softly=True), at(12, softly=False)] == [by_day, by_day]
    assert [at(23, softly=True), at(23, softly=False)] == [by_night, by_night if quiet_for == "all" else by_day]
