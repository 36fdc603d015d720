"""The signals as tones: told apart by ear, without clicks."""

import numpy as np
import pytest
from scipy.signal import decimate, oaconvolve

from pitrainer.audio.tones import LEVEL, PITCH, RATE, tone
from pitrainer.core.signals import Signal

every_signal = pytest.mark.parametrize("signal", Signal, ids=lambda signal: signal.name)


def level(samples: np.ndarray) -> float:
    """The level of a part, of full scale."""
    return float(np.sqrt(np.mean((samples / 32768) ** 2)))


@every_signal
def test_the_pattern_is_the_buzzers(signal):
    """Who has no buzzer hears the same pattern to the millisecond: sound where it is on, nothing at all where it is off."""
    samples = tone(signal)
    assert samples.dtype == np.int16
    assert len(samples) == signal.length * RATE // 1000
    at = 0
    for number, length in enumerate(signal.value):
        part = samples[at * RATE // 1000 : (at + length) * RATE // 1000]
        if number % 2:
            assert not part.any()
        else:
            assert level(part) > LEVEL / 3
            edge = RATE * 5 // 1000
            assert level(part[:edge]) > LEVEL / 6, "the beginning is heard: it is the hold's"
            assert level(part[-edge:]) > LEVEL / 6
        at += length


@every_signal
def test_another_rate(signal):
    """At another rate it is the same pattern."""
    samples = tone(signal, 16_000)
    assert len(samples) == signal.length * 16
    for each in range(0, signal.length, 20):
        part, usual = samples[each * 16 : (each + 20) * 16], tone(signal)[each * 48 : (each + 20) * 48]
        assert level(part) == pytest.approx(level(usual), rel=0.1, abs=0.01)


@every_signal
def test_no_click(signal):
    """A tone fades in and out: at its ends no step is larger than a few of a sine's at that moment."""
    samples = np.concatenate([[0], tone(signal), [0]]).astype(float) / 32767
    steps = np.abs(np.diff(samples))
    inside = LEVEL * 2 * np.pi * PITCH / RATE * (1 + 2 * 0.4) / 1.4  # the steepest that the two sines can be
    assert steps.max() <= inside * 1.05
    at = 0
    for number, length in enumerate(signal.value):
        if number % 2 == 0:
            for edge in (at, at + length):
                sample = edge * RATE // 1000
                assert steps[max(0, sample - 10) : sample + 10].max() < inside / 8
        at += length


@every_signal
def test_room_for_a_voice(signal):
    """A signal and a voice at their peaks stay within full scale nearly everywhere: the signal takes no more than `LEVEL`."""
    peak = np.abs(tone(signal).astype(int)).max() / 32767
    assert LEVEL * 0.7 < peak <= LEVEL + 1e-4


def test_the_pitch():
    """The strongest pitch is the one that small speakers are good at."""
    spectrum = np.abs(np.fft.rfft(tone(Signal.START)))
    assert np.argmax(spectrum) * RATE / len(tone(Signal.START)) == pytest.approx(PITCH, abs=3)


def test_told_apart_in_noise():
    """A signal is told from all others in noise as loud as itself, by who knows their patterns: here a matched filter.

    Each pattern's tones, laid over what is heard at every place: the one that fits best, somewhere, is the one that was sent.
    """
    rate = 16_000
    sounds = {signal: decimate(tone(signal) / 32767, RATE // rate) for signal in Signal}
    rng = np.random.default_rng(1)
    for signal, sound in sounds.items():
        spectrum = np.fft.rfft(rng.standard_normal(4 * rate))
        pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 200)))  # from 50 Hz on
        loud = np.sqrt(np.mean(sound[sound != 0] ** 2))
        heard = pink / np.std(pink) * loud
        heard[rate : rate + len(sound)] += sound
        fits = {name: np.max(oaconvolve(heard, known[::-1])) / np.linalg.norm(known) for name, known in sounds.items()}
        assert max(fits, key=fits.__getitem__) is signal
