"""When it is quiet, and how loud it is: what [sound] says of the time of day."""

from collections.abc import Callable
from datetime import time

from ..core.reminders import within
from .schema import SoundSettings


def quiet_hours(sound: SoundSettings) -> Callable[[time], bool]:
    """Return what tells whether a time of day is in the quiet hours."""
    begin, end = time.fromisoformat(sound.quiet_from), time.fromisoformat(sound.quiet_to)
    return lambda now: within(begin, end, now)


def volume_at(now: time, sound: SoundSettings) -> int:
    """Return the volume for a time of day: lower in the quiet hours, which may go over midnight, and never above the most."""
    return min(sound.volume, sound.soft_max, sound.quiet_volume if quiet_hours(sound)(now) else sound.volume)
