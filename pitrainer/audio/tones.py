"""The buzzer's signals as tones, for those who have no buzzer but a speaker."""

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..core.signals import Signal

RATE = 48_000
"""Hz, of everything that is played: raw ALSA devices refuse Piper's 22,050 Hz."""
PITCH = 1_000
"""Hz. Small speakers are strong there, ears too, and speech has little of it for so long."""
EDGE = 0.004
"""Seconds of raised cosine at each end of a tone: without it the ends click."""
LEVEL = 0.350
"""Of full scale: a steady tone has -14.0 LUFS, as the "clear" voice has (`clarity.CHAINS`). Its peak is 0.87 of it, 0.30; what
is left of full scale is the voice's (`mastering.CEILING`), so that the two at once do not clip."""


@cache
def tone(signal: Signal) -> NDArray[np.int16]:
    """Return a signal as samples at `RATE`, mono."""
    samples = np.zeros(signal.length * RATE // 1000)
    edges = signal.edges()
    for (start, on), (end, _) in pairwise(edges):
        if on:
            first, last = start * RATE // 1000, end * RATE // 1000
            samples[first:last] = _beep(last - first)
    return np.round(samples * LEVEL * 32767).astype(np.int16)


def _beep(count: int) -> NDArray[np.float64]:
    time = np.arange(count) / RATE
    # The fundamental and its octave: told apart from a voice's vowels, and still heard where a room cancels one of them.
    wave = (np.sin(2 * np.pi * PITCH * time) + 0.4 * np.sin(4 * np.pi * PITCH * time)) / 1.4
    edge = np.minimum(1, np.minimum(time + 1 / RATE, time[::-1] + 1 / RATE) / EDGE)
    shaped: NDArray[np.float64] = wave * (1 - np.cos(np.pi * edge)) / 2
    return shaped
