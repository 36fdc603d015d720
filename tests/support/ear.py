"""Finds sounds in a recording by matched filter."""

import numpy as np
from numpy.typing import NDArray

from pitrainer.audio.clips import Samples
from support.room import RATE

PEAK = 8_000


def noise(seed: int) -> Samples:
    """Half a second that can be found in a recording, and told from all others."""
    samples = np.random.default_rng(seed).uniform(-PEAK, PEAK, RATE // 2)
    return samples.astype(np.int16)


def found(recording: NDArray[np.float32], wanted: NDArray[np.float32]) -> tuple[int, float, float]:
    """Return where a sound most likely begins, by which factor it was played, and how sure that is, 0 to 1."""
    products = matched(recording, wanted)
    place = int(np.argmax(products))
    here = recording[place : place + len(wanted)]
    energy, own = float(np.dot(here, here)), float(np.dot(wanted, wanted))
    return place, float(products[place]) / own, float(products[place]) / max(1e-9, np.sqrt(energy * own))


def matched(recording: NDArray[np.float32], wanted: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each place in a recording how much of a sound begins there."""
    size = 1 << (len(recording) + len(wanted)).bit_length()
    products = np.fft.irfft(np.fft.rfft(recording, size) * np.conj(np.fft.rfft(wanted, size)), size)
    return products[: len(recording)].astype(np.float32)
