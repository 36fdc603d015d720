"""The volume, and how a person chooses it by ear: a round of volumes, each said at itself."""

from .announcer import Announcer
from .languages import Phrases
from .messages import Action, Hush, SetVolume, VolumeChanged
from .plan import GAP, PAUSE
from .units import Ms

STEP = 10
LEAST = 20
"""No round goes below it: one could not hear what one chooses."""


def next_volume(volume: int, soft_max: int, *, louder: bool) -> int:
    """Return the volume one step louder or softer, in whole steps; none is above `soft_max`, and none below `LEAST`."""
    if louder:
        return max(volume, min(_most(soft_max), volume // STEP * STEP + STEP))
    return min(volume, max(LEAST, -(-volume // STEP) * STEP - STEP))


def _most(soft_max: int) -> int:
    return max(STEP, soft_max // STEP * STEP)


class Volume:
    """The volume, 0 to 100; while a button is held, the round."""

    def __init__(self, volume: int, soft_max: int, announcer: Announcer) -> None:
        """Begin with a volume; none above `soft_max`, in whole steps, is chosen by ear."""
        self._volume = volume
        self._most = _most(soft_max)
        self._announcer = announcer
        self._left: list[int] = []
        """The rest of the round."""
        self._said: int | None = None
        self._words: Phrases
        self._due: Ms | None = None

    @property
    def in_round(self) -> bool:
        """Tell whether volumes are being said."""
        return self._due is not None

    def deadline(self) -> Ms | None:
        """Return when `advance` must be called next, or None."""
        return self._due

    def begin(self, words: Phrases, now: Ms) -> list[Action]:
        """Begin a round: upward from the next volume to the most, then down to the least."""
        up = [volume for volume in range(LEAST, self._most, STEP) if volume > self._volume]
        self._left = [*up, self._most, *range(self._most - STEP, LEAST - 1, -STEP)]
        self._said, self._words = None, words
        say = self._announcer.say(words.volumes, now + GAP)
        self._due = Ms(say.end + PAUSE)
        return [Hush(now), say]

    def advance(self, now: Ms) -> list[Action]:
        """Say what is due; after the last one the round is over, and the volume is what it was."""
        if self._due is None or now < self._due:
            return []
        if not self._left:
            return self.cancel(now)
        self._said = self._left.pop(0)
        say = self._announcer.say(self._words.volume(self._said), now + GAP)
        self._due = Ms(say.end + PAUSE)
        return [SetVolume(now, self._said), say]

    def cancel(self, now: Ms) -> list[Action]:
        """End the round without a choice."""
        said, self._said, self._due = self._said, None, None
        return [SetVolume(now, self._volume)] if said is not None else []

    def take(self, now: Ms) -> list[Action]:
        """End the round, if it has not ended, with the volume that was said last; before the first, with the one that was."""
        if not self.in_round:
            return []  # what is heard now is the session's
        said, self._said, self._due = self._said, None, None
        return [Hush(now), *(self.set(said, now) if said is not None else [])]

    def set(self, volume: int, now: Ms) -> list[Action]:
        """Play at a volume from now on."""
        self._volume = volume
        return [SetVolume(now, volume), VolumeChanged(now, volume)]

    def step(self, now: Ms, *, louder: bool) -> tuple[int, list[Action]]:
        """Go one step louder or softer, where there is one; return the volume too, in whole steps, to be said."""
        volume = next_volume(self._volume, self._most, louder=louder)
        actions = self.set(volume, now) if volume != self._volume else []
        return max(STEP, volume // STEP * STEP), actions
