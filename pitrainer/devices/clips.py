"""The clip cache: what Piper said once, ready to play. One WAV file a phrase, named after all that it depends on."""

import hashlib
import json
import os
import struct
import wave
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..core.plan import estimate
from ..core.units import Ms
from ..files import replacing
from .tones import RATE

CHAIN = 2
"""The version of what is done to Piper's output; a change of it makes every clip anew."""

HEADER = struct.Struct("<4sL4s4sLHHLLHH4sL")
"""What is before the samples in a WAV file that `wave` writes."""

Samples = NDArray[np.int16]


class ClipCache:
    """The clips of one voice. Lengths are remembered; samples only while a session needs them (`preload`)."""

    def __init__(self, folder: Path, voice: str) -> None:
        """Take the folder, and the voice's SHA-256: clips of another voice are not seen."""
        self.folder = folder
        self._voice = voice
        self._lengths: dict[str, Ms] = {}
        self._loaded: dict[str, Samples] = {}

    def path(self, text: str) -> Path:
        """Return where the clip of a text is, or would be."""
        key = json.dumps([self._voice, CHAIN, text])
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.wav"

    def __contains__(self, text: str) -> bool:
        """Tell whether there is a clip."""
        return self._length(text) is not None

    def length(self, text: str) -> Ms:
        """Return the length of a text's clip, or an estimate where there is none."""
        length = self._length(text)
        return estimate(text) if length is None else length

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Return those without a clip, in order, once each."""
        return [text for text in dict.fromkeys(texts) if text not in self]

    def samples(self, text: str) -> Samples | None:
        """Return a clip's samples at `RATE`, mono, or None where there is none."""
        loaded = self._loaded.get(text)
        return self._read(text) if loaded is None else loaded

    def preload(self, texts: Iterable[str]) -> None:
        """Read clips into memory, so that no cue waits for a disk; forget those of before. Meant for its own thread."""
        wanted = dict.fromkeys(texts)
        for text in [text for text in self._loaded if text not in wanted]:
            del self._loaded[text]
        for text in wanted:
            if text not in self._loaded and (samples := self._read(text)) is not None:
                self._loaded[text] = samples

    def write(self, text: str, samples: Samples) -> None:
        """Keep a clip. It is there whole or not at all, whenever the power goes.

        Raises:
            OSError: if the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self.path(text)) as file, wav_writer(file) as clip:
            clip.writeframes(samples.tobytes())
        self._lengths[text] = _ms(len(samples))

    def _length(self, text: str) -> Ms | None:
        if text not in self._lengths:
            with suppress(OSError), self.path(text).open("rb") as clip:
                if frames := _frames(clip):
                    self._lengths[text] = _ms(frames)
        return self._lengths.get(text)

    def _read(self, text: str) -> Samples | None:
        with suppress(OSError), self.path(text).open("rb") as clip:
            if _frames(clip):
                return np.frombuffer(clip.read(), "<i2")
        return None


def _frames(clip: BinaryIO) -> int:
    """Read the header; return how many samples follow. 0 for all that `write` did not make: it would be heard in part."""
    size = os.fstat(clip.fileno()).st_size - HEADER.size
    if size <= 0 or size % 2:
        return 0
    # What `wav_writer` writes: PCM, one channel of 16 bits.
    whole = HEADER.pack(b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16, b"data", size)
    return size // 2 if clip.read(HEADER.size) == whole else 0


@contextmanager
def wav_writer(file: BinaryIO) -> Iterator[wave.Wave_write]:
    """Open a mono WAV of 16 bits at `RATE` for writing: the format of clips and recordings."""
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        yield wav


def _ms(frames: int) -> Ms:
    return Ms(-(-frames * 1000 // RATE))
