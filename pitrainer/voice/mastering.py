"""What makes Piper's voice carry: from its samples to a clip that is understood across a room, as loud as every other.

Piper scales each sentence to the same peak, and a peak says little of how loud a sentence is: over both routines those of joe
lie between -22.9 and -15.1 LUFS. What a room's noise hides first are the consonants, which are weak and high. So, at the same
peak, the strong low parts are taken back and the weak high ones brought forward, once, when a clip is made:

1. each sentence: a high-pass and a shelf (`SHELF`), its pulses spread (`SPREAD`), its silent ends cut off, to the same
   loudness;
2. all of them, with a pause between: compressed (`Chain.ratio`), to `Chain.target`: what is above `CEILING` is turned down by a
   limiter that looks ahead; for a noisy room, peaks are rounded off before (`SOFT`);
3. to `RATE`.

How far it goes is a choice (`clarity.CHAINS`): what carries further sounds less natural. Both sides are measured in
tests/bench/naturalness.py. The figures on sound below are what DNSMOS (P.808, 1 to 5) thinks of 16 phrases at "clear".

The means are those of Zorila, Kandia, Stylianou, "Speech-in-noise intelligibility improvement based on spectral shaping and
dynamic range compression" (Interspeech 2012), with milder figures: a voice that one hears every day should sound like one.
What is understood of it is measured in tests/bench/across_the_room.py.

Imports scipy, soxr and pyloudnorm, a second's work: only `Voice` imports this, when it speaks.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyloudnorm
import soxr
from numpy.typing import NDArray
from scipy import ndimage, signal

from ..audio.tones import RATE
from ..core.units import Ms
from .clarity import Chain

Wave = NDArray[np.float64]

CEILING = -3.2
"""dBFS of true peak (4 times oversampled). The rest of full scale is the tones' (`tones.LEVEL`): both at once never clip."""

HIGH_PASS = 150.0
"""Hz, 24 dB an octave. A man's fundamental is below; small speakers cannot play it, and it takes the room of the rest. With 80
it sounds the same."""
SHELF = 1_000.0, 6.0
"""Hz from which on, and dB by which all is raised: consonants differ there. 3 dB, 9 dB, and a bell at 3 kHz beside it were
understood no better or worse beyond chance (24 phrases, three places, babble). 3 dB sound better by 0.06, 9 dB worse by
0.03."""

SPREAD = 8.0, 100.0, 4_000.0
"""Milliseconds by which all up to the first of two Hz come later than all from the second on. Nothing becomes weaker or
stronger by it, but a larynx's pulse no longer has all its pitches at the same moment: at the same loudness peaks are 2.8 dB
lower (20 phrases; 2.0 dB with 3 ms, 2.4 with 12), and need not be taken off: without it, it sounds worse by 0.11. Broadcasters
do it with all-passes; a room's first echoes do more."""

WINDOW = 20
"""Milliseconds over which the compressor hears the level: two periods of a man's voice. Less would distort its vowels; twice as
much sounds the same."""
THRESHOLD = -15.0
"""dB of the sentence's mean level, from where on it is compressed: all but the weakest consonants are."""
GATE = -45.0
"""dB of the mean level, below which nothing is brought forward: breath and a model's noise stay where they are."""
SOFT = 2.0
"""dB above `CEILING`, to where a peak without end would be rounded off (a hyperbolic tangent, 4 times oversampled).

A limiter turns down what is beside a peak, too: with it alone, nearer than 9.7 LU to the ceiling the voice was understood worse
in quiet. Rounding takes only the peak. With it (and a longer `SPREAD`), 2 LU louder, the word error rate in babble as loud as
raw Piper was 0.22 instead of 0.33, in quiet the same (24 phrases, echoing room, 2.5 and 4.8 m). Farther from the ceiling it is
not needed, and "clear" sounds better without it by 0.06."""
LOOK = 4
"""Milliseconds that the limiter looks ahead and behind: it turns down before a peak, and never cuts one."""

SILENCE = 0.01
"""Of the peak (-40 dB): what is below it at the ends of a sentence or a clip is silence."""
MARGIN = Ms(20)
"""Before the first sample above `SILENCE` and after the last, in every clip: soft consonants begin below it."""
FADE = Ms(5)
"""Of fading at the ends, within the margin: a cut wave clicks."""

BREATH = Ms(300)
"""Between two parts of a long sentence, which Piper speaks one by one: at a comma joe himself takes 200 to 460 ms."""

OVER = 4
"""Samples that are looked at for each one that is played: peaks lie between them, too (BS.1770-4 asks for four)."""

_SPARE = 0.3
"""dB that the limiter stays below `CEILING`: what the last resampling leaves out may have held a peak down (0.18 dB)."""
_SENTENCE = -23.0
"""LUFS, at which sentences are joined; any, as long as it is the same."""


def loudness(wave: Wave, rate: int = RATE) -> float:
    """Return the integrated loudness in LUFS, by pyloudnorm.

    Its block is 400 ms. What is shorter ("Three." lasts 0.36 s) is measured as if it were said again and again: that gives the
    level of the word, where silence behind it would make it count as softer than it sounds, and itself come out too loud.
    """
    block = rate * 4 // 10 + 1
    if 0 < len(wave) < block:
        wave = np.tile(wave, -(-block // len(wave)))
    return float(_meter(rate).integrated_loudness(wave)) if len(wave) else -np.inf


def true_peak(wave: Wave) -> float:
    """Return the highest peak between the samples, of full scale."""
    return float(np.max(np.abs(signal.resample_poly(wave, OVER, 1)), initial=0.0))


def process(sentences: Sequence[Sequence[NDArray[np.float32]]], rate: int, pause: Ms, chain: Chain) -> NDArray[np.int16]:
    """Make a clip of a text's sentences: mono at `RATE`; empty if nothing can be heard.

    Args:
        sentences: the parts of each sentence, Piper's samples at any level.
        rate: their rate in Hz.
        pause: the silence between the end of one sentence and the beginning of the next.
        chain: how far it goes.
    """
    # All is done at the voice's own rate: it is less than half.
    gap = np.zeros(max(0, pause - 2 * MARGIN) * rate // 1000)
    parts: list[Wave] = []
    for sentence in sentences:
        wave = _trimmed(_shaped(_joined(sentence, rate), rate), rate)
        if np.isfinite(level := loudness(wave, rate)):
            parts += [gap, wave * _factor(_SENTENCE - level)]
    if not parts:
        return np.zeros(0, np.int16)
    levelled = _levelled(_compressed(np.concatenate(parts[1:]), rate, chain.ratio), rate, chain)
    clip = _trimmed(soxr.resample(levelled, rate, RATE), RATE)
    return np.round(clip * 32767).astype(np.int16)


def _joined(parts: Sequence[NDArray[np.float32]], rate: int) -> Wave:
    """Make one sentence of its parts: `BREATH` is between them, not the silence with which Piper ends each."""
    waves = [part.astype(np.float64) for part in parts]
    if len(waves) == 1:
        return waves[0]
    gap = np.zeros((BREATH - 2 * MARGIN) * rate // 1000)
    return np.concatenate([part for wave in waves for part in (gap, _trimmed(wave, rate))][1:])


def _shaped(wave: Wave, rate: int) -> Wave:
    padded = np.pad(wave, (0, rate // 20))  # what rings on belongs to it
    shaped: Wave = signal.oaconvolve(signal.sosfilt(_shape(rate), padded), _spread(rate))
    return shaped


def _trimmed(wave: Wave, rate: int) -> Wave:
    """Cut or fill both ends to `MARGIN`, and fade them. Empty if all is silent."""
    size = np.abs(wave)
    loud = np.flatnonzero(size > SILENCE * np.max(size, initial=0.0))
    if not len(loud):
        return wave[:0]
    margin, fade = MARGIN * rate // 1000, FADE * rate // 1000
    trimmed = np.pad(wave, margin)[loud[0] : loud[-1] + 1 + 2 * margin]
    ramp = np.arange(fade) / fade
    trimmed[:fade] *= ramp
    trimmed[-fade:] *= ramp[::-1]
    return trimmed


def _compressed(wave: Wave, rate: int, ratio: float) -> Wave:
    """Bring weak sounds nearer to strong ones. The window lies around each moment, so that nothing comes late or overshoots."""
    power = np.maximum(_smooth(wave**2, WINDOW, rate), 1e-12)
    mean = np.mean(power[power > np.max(power) * 10**-2.5])  # without pauses
    above = 10 * np.log10(power / mean)
    gain = -np.maximum(above - THRESHOLD, 0) * (1 - 1 / ratio) + np.minimum(above - GATE, 0)
    return wave * _factor(_smooth(gain, WINDOW, rate))


def _levelled(wave: Wave, rate: int, chain: Chain) -> Wave:
    """Bring a clip to the chain's target, below `CEILING`."""
    over = soxr.resample(wave, rate, OVER * rate)
    gain = chain.target - loudness(wave, rate) + 1  # which is taken off again, in the mean
    for _ in range(8):
        louder = _rounded(over * _factor(gain), rate) if chain.rounded else wave * _factor(gain)
        limited = _trimmed(louder * _limit(_peaks(louder, rate), rate), rate)
        missing = chain.target - loudness(limited, rate)
        if abs(missing) < 0.2:
            break
        gain += 1.8 * missing  # nearly half is lost again
    return limited


def _rounded(over: Wave, rate: int) -> Wave:
    """Round off the peaks of a wave that is `OVER` times oversampled."""
    top = _factor(CEILING + SOFT)
    rounded: Wave = soxr.resample(top * np.tanh(over / top), OVER * rate, rate)
    return rounded


def _peaks(wave: Wave, rate: int) -> Wave:
    """Return the peak around each sample, as far as its neighbours."""
    over = np.abs(soxr.resample(wave, rate, OVER * rate)[: OVER * len(wave)])
    peaks = np.abs(wave)
    for first in range(1, OVER):
        between = over[first::OVER]
        np.maximum(peaks[: len(between)], between, out=peaks[: len(between)])
        np.maximum(peaks[1:], between[: len(peaks) - 1], out=peaks[1:])
    return peaks


def _limit(peaks: Wave, rate: int) -> Wave:
    """Return the factors that turn down what is around a peak above `CEILING`: 1 elsewhere."""
    width = LOOK * rate // 1000 // 2 * 2 + 1
    factors = np.minimum(1, _factor(CEILING - _SPARE) / np.maximum(peaks, 1e-9))
    # The mean of the least of each neighbourhood is never more than the one in the middle.
    return _smooth(ndimage.minimum_filter1d(factors, width), LOOK, rate)


def _smooth(values: Wave, length: int, rate: int) -> Wave:
    """Return the mean over so many milliseconds around each value, the middle counting most: a triangle of two boxes."""
    half = length * rate // 1000 // 4 * 2 + 1
    once = ndimage.uniform_filter1d(values, half, mode="nearest")
    smooth: Wave = ndimage.uniform_filter1d(once, half, mode="nearest")
    return smooth


def _factor(decibels: Wave | float) -> Wave:
    factor: Wave = np.exp(np.asarray(decibels) * (np.log(10) / 20))
    return factor


@cache
def _meter(rate: int) -> "pyloudnorm.Meter":
    return pyloudnorm.Meter(rate)


@cache
def _shape(rate: int) -> Wave:
    """Return the high-pass and the shelf as second-order sections (R. Bristow-Johnson, "Audio EQ Cookbook")."""
    pitch, rise = SHELF
    high_pass = signal.butter(4, HIGH_PASS, "highpass", fs=rate, output="sos")
    w, a = 2 * np.pi * pitch / rate, 10 ** (rise / 40)
    c, k = np.cos(w), 2 * np.sqrt(a) * np.sin(w) / np.sqrt(2)
    up = [a * (a + 1 + (a - 1) * c + k), -2 * a * (a - 1 + (a + 1) * c), a * (a + 1 + (a - 1) * c - k)]
    down = [a + 1 - (a - 1) * c + k, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - k]
    sections: Wave = np.vstack([high_pass, np.array([*up, *down]) / down[0]])
    return sections


@cache
def _spread(rate: int) -> Wave:
    """Return the all-pass that delays low pitches, as a filter of 20 ms."""
    longest, low, high = SPREAD
    length = rate // 100 * 2
    pitches = np.fft.rfftfreq(length, 1 / rate)
    delay = -longest / 1000 * np.clip((pitches - low) / (high - low), 0, 1)
    phase = -2 * np.pi * np.cumsum(delay) * pitches[1]
    phase -= pitches / pitches[-1] * (phase[-1] % np.pi)  # a real wave's phase ends at 0 or half a turn
    spread: Wave = np.roll(np.fft.irfft(np.exp(1j * phase)), length // 2)
    return spread
