"""Mixes clips into the blocks that the sound device asks for, each at its sample."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.units import Ms
from .clips import Samples
from .tones import RATE

FADE = RATE * 8 // 1000
"""Samples in which a cue that is taken back fades, 8 ms at the usual rate: a cut wave clicks."""
LATEST = 0.15
"""Seconds by which a cue may be late; a later one is not played at all: out of place it confuses."""

Block = NDArray[np.float32]


@dataclass
class _Playing:
    samples: Samples
    position: int = 0
    fade: int | None = None
    """Samples left of its fading, once it is taken back."""


class Mixer:
    """Adds up cues, each from the sample that leaves the device at its moment. Knows no device."""

    def __init__(self) -> None:
        """Begin in silence."""
        self._inbox: deque[tuple[float, Samples] | None] = deque(maxlen=1_000)
        """What was handed over: (moment in seconds, samples), or None for a hush."""
        self._waiting: list[tuple[float, Samples]] = []
        self._playing: list[_Playing] = []
        self.rate = RATE
        """Hz, of what is handed over and of what comes out. Changed only while nobody calls `fill`."""
        self.gain = 1.0
        """Of everything, 0 to 1."""
        self.late = 0
        """Cues dropped because they came too late."""

    def add(self, samples: Samples, at: Ms) -> None:
        """Hand over a cue for a moment of the monotonic clock."""
        self._inbox.append((at / 1000, samples))

    def hush(self) -> None:
        """Drop what is waiting, and fade what is heard."""
        self._inbox.append(None)

    def cut(self) -> None:
        """Forget what is heard: its stream is closed, and the rest of it must not come out of the next one."""
        self._playing = []

    def empty(self) -> None:
        """Forget what was handed over: nobody calls `fill`, which takes it in, and a session's clips are megabytes."""
        self._inbox.clear()
        self._waiting.clear()

    def fill(self, out: Block, begin: float) -> None:
        """Mix a block, shape (frames, channels), whose first sample is heard at `begin` seconds of the monotonic clock."""
        out.fill(0)
        mono = out[:, 0]
        self._take_in()
        if self._waiting:
            self._start(mono, begin)
        if self._playing:
            self._playing = [playing for playing in self._playing if self._mix(playing, mono)]
            mono *= self.gain
            np.clip(mono, -1, 1, out=mono)
            out[:, 1:] = mono[:, None]

    def _take_in(self) -> None:
        while self._inbox:
            what = self._inbox.popleft()
            if what is None:
                self._waiting.clear()
                for playing in self._playing:
                    playing.fade = FADE if playing.fade is None else playing.fade
            else:
                self._waiting.append(what)

    def _start(self, mono: NDArray[np.float32], begin: float) -> None:
        """Begin what is due in this block, each at its sample."""
        still = []
        for at, samples in self._waiting:
            offset = round((at - begin) * self.rate)
            if offset >= len(mono):
                still.append((at, samples))
            elif offset < -LATEST * self.rate:
                self.late += 1
            else:
                self._playing.append(_Playing(samples, position=-max(0, offset)))
        self._waiting = still

    @staticmethod
    def _mix(playing: _Playing, mono: NDArray[np.float32]) -> bool:
        """Add a cue's part of this block; tell whether there is more of it."""
        skip = max(0, -playing.position)
        first = max(0, playing.position)
        part = playing.samples[first : first + len(mono) - skip]
        scaled = part * np.float32(1 / 32768)
        if playing.fade is not None:
            scaled = scaled[: playing.fade]
            scaled *= (playing.fade - np.arange(len(scaled), dtype=np.float32)) / np.float32(FADE)
            playing.fade -= len(scaled)
        mono[skip : skip + len(scaled)] += scaled
        playing.position += len(mono)
        return playing.position < len(playing.samples) and playing.fade != 0


def gain(volume: int) -> float:
    """Return the factor for a volume of 0 to 100: 0.4 dB a step, for the ear hears ratios; 0 is silence."""
    return 10 ** ((volume - 100) * 0.4 / 20) if volume else 0.0


class DacClock:
    """Tells when a block's first sample will be heard, in seconds of the monotonic clock.

    PortAudio gives the delay of each block only as exactly as the device reports it, and the callback's own wake-up jitters.
    The blocks themselves follow each other to the sample. So the clock goes on by the frames that were written, and leans a
    little towards each measurement: that follows the drift of the card's crystal, and forgives the jitter.
    """

    LEAN = 0.02
    """Of the difference, each block: half of it in 34 blocks, which are 0.17 s at 5 ms."""
    JUMP = 0.01
    """Seconds; a larger difference is no jitter."""
    SURE = 3
    """So many in a row are a gap in the sound, and are believed; a single one is a slip (one was, by 30 ms, after an xrun)."""

    def __init__(self, rate: int = RATE) -> None:
        """Begin knowing nothing but the stream's rate, in Hz."""
        self._rate = rate
        self._next: float | None = None
        self._blocks = 0
        self._far = 0

    def begin(self, frames: int, measured: float) -> float:
        """Return when a block of so many frames begins, which the device says is at `measured`."""
        begin = measured if self._next is None else self._next
        difference = measured - begin
        self._far = self._far + 1 if abs(difference) > self.JUMP else 0
        if self._far == self.SURE:
            begin, self._blocks, self._far = measured, 0, 0
        elif not self._far:
            # The first measurements count as much as each other: their mean, then the slow lean.
            begin += difference * max(self.LEAN, 1 / (self._blocks + 1))
        self._blocks += 1
        self._next = begin + frames / self._rate
        return begin
