"""How the signals sound as tones, beside the voice: loudness, sharpness, roughness, and the annoyance that they come to.

Run: .venv/bin/pip install -e '.[opinion]'; .venv/bin/python tests/bench/signals.py

Loudness is Zwicker's (ISO 532-1), sharpness DIN 45692's, roughness that of Daniel and Weber ("Psychoacoustical roughness:
implementation of an optimized model", Acustica 83, 1997), each at a percentile of its course; annoyance is put together from
them as in Fastl and Zwicker, "Psychoacoustics", chapter 16, without fluctuation strength, which the library does not have.
"""

import numpy as np
from mosqito.sq_metrics import loudness_zwtv, roughness_dw, sharpness_din_from_loudness

from across_the_room import Wave
from pitrainer.audio.tones import RATE, tone
from pitrainer.core.languages import ENGLISH
from pitrainer.core.signals import Signal
from pitrainer.voice.synthesis import Voice

FULL_SCALE = 0.2
"""Pascal. A voice at -14 LUFS then has about 65 dB, as somebody's who talks at a metre's distance."""


def heard(samples: Wave) -> tuple[float, float, float, float]:
    """Return loudness in sone, sharpness in acum, roughness in asper, and annoyance."""
    pressure = np.pad(samples / 32767 * FULL_SCALE, RATE // 4)
    loudness, specific, _, _ = loudness_zwtv(pressure, RATE)
    n5 = float(np.percentile(loudness, 95))
    loud = loudness > n5 / 4  # elsewhere sharpness means little
    sharp = float(np.median(sharpness_din_from_loudness(loudness, specific)[loud]))
    rough = float(np.percentile(roughness_dw(pressure, RATE)[0], 95))
    sharper = max(0.0, sharp - 1.75) * 0.25 * np.log10(n5 + 10)
    rougher = 2.18 / n5**0.4 * 0.6 * rough
    return n5, sharp, rough, n5 * (1 + float(np.hypot(sharper, rougher)))


def main() -> None:
    print(f"{'':12}{'sone':>8}{'acum':>8}{'asper':>8}{'annoyance':>11}")
    sounds = {signal.name.lower(): tone(signal) for signal in Signal} | {"voice": Voice(None).say(ENGLISH.sample.text)}
    for name, samples in sounds.items():
        n5, sharp, rough, annoyance = heard(samples.astype(np.float64))
        print(f"{name:12}{n5:8.2f}{sharp:8.2f}{rough:8.3f}{annoyance:11.2f}", flush=True)


if __name__ == "__main__":
    main()
