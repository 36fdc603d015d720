"""The buzzer's signals as tones, for those who have no buzzer but a speaker.

They are no less pleasant than the voice: at the same LUFS START comes to an annoyance of 11 (sharpness 1.2 acum, roughness
0.7 asper), the voice to 25 (1.3, 1.5). Softer edges (8 ms) and a lower pitch (800 Hz) changed that by no more than 0.4
(tests/bench/signals.py).
"""

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..core.signals import Signal

RATE = 48_000
"""Hz, of every clip, and of everything that is played where the device takes it: few refuse it, many refuse Piper's 22,050."""
PITCH = 1_000
"""Hz. Small speakers are strong there, ears too, and speech has little of it for so long."""
EDGE = 0.004
"""Seconds of raised cosine at each end of a tone: without it the ends click."""
LEVEL = 0.350
"""Of full scale: a steady tone has -14.0 LUFS, as the "clear" voice has (`clarity.CHAINS`). Its peak is 0.87 of it, 0.30; what
is left of full scale is the voice's (`mastering.CEILING`), so that the two at once do not clip."""


@cache
def tone(signal: Signal, rate: int = RATE) -> NDArray[np.int16]:
    """Return a signal as samples, mono."""
    samples = np.zeros(signal.length * rate // 1000)
    edges = signal.edges()
    for (start, on), (end, _) in pairwise(edges):
        if on:
            first, last = start * rate // 1000, end * rate // 1000
            samples[first:last] = _beep(last - first, rate)
    return np.round(samples * LEVEL * 32767).astype(np.int16)


def _beep(count: int, rate: int) -> NDArray[np.float64]:
    time = np.arange(count) / rate
    # The fundamental and its octave: told apart from a voice's vowels, and still heard where a room cancels one of them.
    wave = (np.sin(2 * np.pi * PITCH * time) + 0.4 * np.sin(4 * np.pi * PITCH * time)) / 1.4
    edge = np.minimum(1, np.minimum(time + 1 / rate, time[::-1] + 1 / rate) / EDGE)
    shaped: NDArray[np.float64] = wave * (1 - np.cos(np.pi * edge)) / 2
    return shaped
