"""When it is quiet, and how loud it is: what [sound] says of the time of day."""

from collections.abc import Callable
from datetime import time

from ..core.reminders import within
from .schema import SoundSettings


def quiet_hours(sound: SoundSettings) -> Callable[[time], bool]:
    """Return what tells whether a time of day is in the quiet hours."""
    begin, end = time.fromisoformat(sound.quiet_from), time.fromisoformat(sound.quiet_to)
    return lambda now: within(begin, end, now)


def volume_at(now: time, sound: SoundSettings, volume: int, *, softly: bool) -> int:
    """Return a volume as it is at a time of day.

    It is never above the most; in the quiet hours it is lower, for what nobody asked for (`softly`) or for all.
    """
    quiet = quiet_hours(sound)(now) and (softly or sound.quiet_for == "all")
    return min(volume, sound.soft_max, sound.quiet_volume if quiet else volume)
