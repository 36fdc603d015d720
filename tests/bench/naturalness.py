"""How natural the voice sounds close by, beside how well it is understood from afar: raw Piper and each clarity of ours.

Run: .venv/bin/pip install -e '.[opinion]'; .venv/bin/python tests/bench/naturalness.py [FOLDER]     (an hour on an idle core)

FOLDER keeps what was thought and understood of each sound: after a change of the chain, raw is known.

Two models of what people think of recorded speech are asked, on a scale of 1 to 5:

- DistillMOS (Stahl, Gamper, "Distillation and pruning for scalable self-supervised representation-based speech quality
  assessment", ICASSP 2025): the quality of speech, also of a synthetic voice.
- DNSMOS (Reddy, Gopal, Cutler, ICASSP 2021 and 2022), by which noise suppressors are judged: overall (as asked in ITU-T P.835),
  and as asked in P.808.

Each phrase is judged raw and through the chain, from the same samples of Piper's, at the same pace and the same loudness: in a
quiet kitchen the volume is turned to where it is pleasant. Both are at `LEVEL`, for DNSMOS hears the level, too. What counts is
the difference; its standard error is over the phrases.

Piper's samples are those that the trainer makes, without random variation, and those of Piper's usual variation with two
seeds: no chain is to be good for one way of speaking alone. The first line of a table is all the difference that this makes.

The word error rates are those of `across_the_room`, with its phrases, noises and ear, at four of its places with a fan. What is
audible there is the extended speech intelligibility index (Rhebergen, Versfeld, J. Acoust. Soc. Am. 117, 2005) in thirds of an
octave: 0 to 1, in a second instead of ten minutes.

What was tried, with 16 other phrases: LUFS is below a `CEILING` of -4.3 dBFS, P.808 the difference to raw (standard error
0.04), audible the mean in the living room at 5 and 0 dB, where raw has 0.27:

    LUFS  ratio                              P.808  audible
    -12    3    rounded: "noisy room"        -0.73   0.66
    -14    1.3  rounded                      -0.31   0.60
    -14    1    rounded                      -0.31   0.59
    -15    1.5  rounded                      -0.26   0.57
    -15    1.3  rounded                      -0.25   0.57
    -15    1    rounded                      -0.23   0.56
    -16    1.5  rounded                      -0.22   0.54
    -16    1.3  rounded                      -0.20   0.54
    -18    1    rounded                      -0.05   0.47
    -15    1.3  rounded, SPREAD 0 ms         -0.36   0.57
    -15    1.3  rounded, SPREAD 5 ms         -0.25   0.57
    -15    1.3  rounded, SHELF 3 dB          -0.20   0.55
    -15    1.3  rounded, SHELF 9 dB          -0.28   0.58
    -15    1.3  rounded, SHELF at 2 kHz      -0.18   0.55
    -15    1.3  rounded, HIGH_PASS 80 Hz     -0.25   0.57
    -15    1.3  rounded, WINDOW 40 ms        -0.25   0.57
    -15    1.3  rounded more, SOFT 0.5 dB    -0.29   0.57
    -15    1.3  not rounded                  -0.19   0.56
    -15    1.5  not rounded                  -0.21

What was tried since, with today's `CEILING`, not rounded: the difference to raw over the phrases of the table without variation
(standard error 0.02 and 0.035), and the words that are missed of 39 others among people (babble as loud as raw Piper, other
noises than those of the table) in the bare room, at 2.5 and 4.8 m (0.05; of raw 0.99):

    LUFS  ratio                              overall  P.808  missed
    -14    1.5  "clear"                      -0.13    -0.15  0.47 0.39     (opinions over 48 phrases of which some are others)
    -13    2                                 -0.17    -0.22  0.36 0.34
    -13    2.5                               -0.19    -0.23
    -13    2    SHELF 9 dB                                   0.40 0.35
    -12.5  2                                 -0.23    -0.24  0.39 0.33
    -12.5  2    SHELF at 2 kHz                               0.36 0.38

Over the whole table of `across_the_room` -13 LUFS missed 0.01 less than "clear" in the bare room, and at 2.5 m among people as
much (0.48). A voice at -14 is as loud as the signals are (`tones`), and so it stays.
"""

import hashlib
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import onnxruntime
import pyloudnorm
import soxr
from numpy.typing import NDArray
from piper import PiperVoice
from piper.config import PiperConfig, SynthesisConfig
from scipy import signal

from across_the_room import (
    DISTANCES,
    HEARD,
    PHRASES,
    ROOMS,
    Bench,
    Wave,
    drawn,
    even,
    noises,
    raw_voice,
    response,
    score,
    talkers,
    words,
)
from across_the_room import SEEDS as DRAWS
from pitrainer.audio.tones import RATE
from pitrainer.voice.clarity import CHAINS
from pitrainer.voice.mastering import process
from pitrainer.voice.synthesis import Speech, Voice, embedded_model

COUNT = len(DRAWS) * PHRASES
"""Of phrases: those that `across_the_room` has in noise."""
SEEDS = (None, 1, 2)
"""Of Piper's random variation; None is without."""
LEVEL = -26.0
"""LUFS at which all is judged: in the middle of what DNSMOS was trained with."""
MODELS = ("DistillMOS", "overall", "P.808")
BANDS = 1_000 * 2 ** (np.arange(-7, 9) / 3)
"""Hz, the middles of thirds of an octave."""
WEIGHTS = np.array([95, 150, 289, 440, 578, 653, 711, 818, 844, 882, 898, 868, 844, 771, 527, 364]) / 10_000
"""How much each counts (ANSI S3.5-1997, table 3)."""
PLACES = list(product(("living room", "bare room"), ("4.8 m",), ("pink",), (5, 0)))

MOST: dict[str, tuple[float, float, float]] = {"natural": (0.05, 0.10, 0.10), "clear": (0.10, 0.25, 0.25)}
"""By how much each model may think less of it than of raw Piper."""


def opinions(keep: Path | None) -> Callable[[Wave], Wave]:
    """Return what asks all models about a sound at `HEARD`."""
    sys.modules.setdefault("torchaudio", ModuleType("torchaudio"))  # which only loads files there
    import distillmos
    import torch
    from speechmos import dnsmos

    distilled = distillmos.ConvTransformerSQAModel().eval()
    folder = Path(dnsmos.__file__).parent / "dnsmos_models"
    suppressed = dnsmos.DNSMOS(str(folder / "sig_bak_ovr.onnx"), str(folder / "model_v8.onnx"))
    # Its own threads wait for each other by spinning: four times as slow on one core.
    suppressed.onnx_sess = single(folder / "sig_bak_ovr.onnx")
    suppressed.p808_onnx_sess = single(folder / "model_v8.onnx")

    def ask(wave: Wave) -> Wave:
        heard = np.clip(wave, -1, 1).astype(np.float32)
        note = keep / f"{hashlib.sha256(heard.tobytes()).hexdigest()}.json" if keep else None
        if note and note.exists():
            return np.array(json.loads(note.read_text()))
        with torch.no_grad():
            first = distilled(torch.from_numpy(heard)[None]).item()
        second = suppressed(heard, HEARD, is_personalized_MOS=False)
        thought = [first, float(second["ovrl_mos"]), float(second["p808_mos"])]
        if note:
            note.write_text(json.dumps(thought))
        return np.array(thought)

    return ask


def single(model: Path) -> onnxruntime.InferenceSession:
    """Load a model that runs on the thread that calls it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options)


def synthesised(texts: Sequence[str], seed: int | None) -> tuple[dict[str, list[list[NDArray[np.float32]]]], int]:
    """Return the sentences of each text at the trainer's pace, each in one part, and their rate."""
    if seed is not None:
        onnxruntime.set_seed(seed)  # of the session that is made next; the texts' order counts, too
    model = embedded_model()
    config = PiperConfig.from_dict(json.loads(Path(f"{model}.json").read_text()))
    piper = PiperVoice(config=config, session=single(model))
    still = 0.0 if seed is None else None
    pace = piper.config.length_scale / Speech().speed
    how = SynthesisConfig(length_scale=pace, noise_scale=still, noise_w_scale=still)
    spoken = {text: [[chunk.audio_float_array] for chunk in piper.synthesize(text, how)] for text in texts}
    return spoken, piper.config.sample_rate


def level(wave: Wave, rate: int) -> Wave:
    """Bring a sound to `LEVEL` and to `HEARD`."""
    heard = soxr.resample(wave, rate, HEARD)
    block = HEARD * 4 // 10 + 1
    long = np.tile(heard, -(-block // len(heard)))
    leveled: Wave = heard * 10 ** ((LEVEL - pyloudnorm.Meter(HEARD).integrated_loudness(long)) / 20)
    return leveled


def judged(texts: Sequence[str], seed: int | None, ask: Callable[[Wave], Wave]) -> dict[str, Wave]:
    """Return what each model thinks of each text, by voice."""
    spoken, rate = synthesised(texts, seed)
    raw = (np.concatenate([part for parts in sentences for part in parts]) for sentences in spoken.values())
    thought = {"raw": [ask(level(wave.astype(np.float64), rate)) for wave in raw]}
    for clarity, chain in CHAINS.items():
        clips = (process(sentences, rate, Speech().pause, chain) / 32767 for sentences in spoken.values())
        thought[clarity] = [ask(level(clip, RATE)) for clip in clips]
    return {name: np.array(values) for name, values in thought.items()}


def audible(voice: Wave, noise: Wave) -> float:
    """Return how much of a voice is above the noise, 0 to 1: each third of an octave counts as it does for speech."""
    pitches, _, spectra = signal.stft(np.stack([voice, noise]), HEARD, nperseg=HEARD // 40)  # 25 ms
    power = np.abs(spectra) ** 2
    thirds = np.abs(np.log2(np.maximum(pitches, 1)[:, None] / BANDS)) <= 1 / 6  # each pitch in its band
    bands = np.einsum("pb,wpt->wbt", thirds, power)
    said, disturbed = bands[0], bands[1].mean(axis=1, keepdims=True)
    said = said[:, said.sum(axis=0) > 1e-4 * said.sum(axis=0).max()]  # without pauses
    above = 10 * np.log10(said / disturbed + 1e-9)
    return float(np.mean(WEIGHTS @ np.clip((above + 15) / 30, 0, 1)) / WEIGHTS.sum())


def understood(texts: Sequence[str], keep: Path | None) -> Iterator[tuple[str, list[float]]]:
    """Yield what is audible at all `PLACES`, then the word error rates, by voice."""
    say = raw_voice()
    spoken = {"raw": {text: say(text) for text in texts}}
    for clarity in CHAINS:
        voice = Voice(None, Speech(clarity=clarity))
        spoken[clarity] = {text: even(voice.say(text).astype(np.float64), RATE) for text in texts}
    people = talkers()
    kinds = [noises(people, seed) for seed in DRAWS]
    above: dict[str, list[float]] = {name: [] for name in spoken}
    for room, distance, kind, snr in PLACES:
        echo = response(*ROOMS[room], DISTANCES[distance])
        there = {name: [signal.oaconvolve(wave, echo) for wave in waves.values()] for name, waves in spoken.items()}
        noise = kinds[0][kind] * np.std(np.concatenate(there["raw"])) * 10 ** (-snr / 20)
        for name, waves in there.items():
            above[name].append(float(np.mean([audible(wave, np.resize(noise, len(wave))) for wave in waves])))
    yield from ((f"{name}, audible", values) for name, values in above.items())
    bench = Bench(spoken, kinds, keep)
    sizes = np.array([len(words(text)) for text in texts])
    missed = [bench.cell(*place) for place in PLACES]
    yield from ((f"{name}, missed", [score(wrong[name], sizes)[0] for wrong in missed]) for name in spoken)


def main() -> int:
    keep = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if keep:
        keep.mkdir(exist_ok=True)
    logging.getLogger("piper").setLevel(logging.ERROR)
    texts = drawn()[:COUNT]
    ask = opinions(keep)
    good = True
    for seed in SEEDS:
        print(f"\n{COUNT} phrases, {'no variation' if seed is None else f'usual variation, seed {seed}'}", flush=True)
        print(f"{'':12}{''.join(f'{model:>20}' for model in MODELS)}")
        thought = judged(texts, seed, ask)
        for name, values in thought.items():
            shown = values if name == "raw" else values - thought["raw"]
            means, errors = shown.mean(axis=0), shown.std(axis=0, ddof=1) / np.sqrt(len(shown))
            sign = "" if name == "raw" else "+"
            cells = [f"{mean:{sign}.3f} ± {error:.3f}" for mean, error in zip(means, errors, strict=True)]
            met = name not in MOST or bool(np.all(means >= -np.array(MOST[name])))
            good &= met
            print(f"{name:12}{''.join(f'{cell:>20}' for cell in cells)}{'' if met else '   NO'}", flush=True)
    print(f"\naudible, and missed words, at {', '.join(f'{room} {snr} dB' for room, _, _, snr in PLACES)}")
    for name, values in understood(texts, keep):
        print(f"{name:20}{''.join(f'{value:>12.3f}' for value in values)}", flush=True)
    print(f"\nthe models think at most {MOST} less: {'yes' if good else 'NO'}")
    return not good


if __name__ == "__main__":
    sys.exit(main())
