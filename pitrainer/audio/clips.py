"""The clip cache: what Piper said once, ready to play. One WAV file a phrase, named after all that it depends on."""

import ctypes
import hashlib
import importlib
import io
import json
import logging
import os
import re
import struct
import threading
import time
import wave
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..core.languages import Phrase
from ..core.speech import estimate
from ..core.units import Ms
from ..files import open_regular, replacing
from .tones import RATE

HEADER = struct.Struct("<4sL4s 4sLHHLLHH 4sLL 4sL")
"""What is before the samples: a WAV file's, with their CRC-32 in a chunk of its own, which players pass over."""
NAME = re.compile(r"[0-9a-f]{32}\.wav")
"""What a clip's file is called."""
STALE = 3600
"""Seconds after which a part of a file that nobody finished is removed."""

log = logging.getLogger(__name__)

Samples = NDArray[np.int16]


class ClipCache:
    """The clips of each language's voice. Lengths are remembered; samples only while a session needs them (`preload`)."""

    def __init__(self, folder: Path, voice: str, voices: Mapping[str, str] = MappingProxyType({})) -> None:
        """Begin with what is there.

        Args:
            folder: where the clips are, those of other voices or of another way of speaking too; they are not seen.
            voice: `synthesis.voice_key` of all languages but those in `voices`.
            voices: the same of each language that has a voice of its own.
        """
        self.folder = folder
        self.preparing = False
        """Another process is making those that are missing."""
        self.pace = 0.0
        """How much speech it makes in a millisecond, in milliseconds; 0 while that is not known."""
        self._voice = voice
        self._voices = voices
        self._paths: dict[Phrase, Path] = {}
        self._lengths: dict[Phrase, Ms] = {}
        self._rate = RATE
        """Hz, of the samples that are given out."""
        self._loading = threading.Lock()
        """Held while the loaded ones are changed; who plays them does not wait for it."""
        self._loaded: dict[Phrase, Samples] = {}
        self._damaged: dict[Phrase, int] = {}
        """Phrases whose clip is damaged, with its file's time: it is missing until another process has replaced it."""

    def path(self, phrase: Phrase) -> Path:
        """Return where the clip of a phrase is, or would be. One voice says a text in the same way in every language."""
        # Kept: while clips are made, a plan of their lengths is made each second, on the loop.
        if phrase not in self._paths:
            key = json.dumps([self._voices.get(phrase.language, self._voice), phrase.text])
            self._paths[phrase] = self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.wav"
        return self._paths[phrase]

    def __contains__(self, phrase: Phrase) -> bool:
        """Tell whether there is a clip."""
        return self._length(phrase) is not None

    def length(self, phrase: Phrase) -> Ms:
        """Return the length of a phrase's clip, or an estimate where there is none."""
        length = self._length(phrase)
        return estimate(phrase) if length is None else length

    def missing(self, phrases: Iterable[Phrase]) -> list[Phrase]:
        """Return those without a clip, in order, once each; one that another process has removed is forgotten."""
        wanted = dict.fromkeys(phrases)
        try:
            names = set(os.listdir(self.folder))  # hundreds are looked for every second while they are made: one look for all
        except FileNotFoundError:
            names = set()
        except OSError:
            return [phrase for phrase in wanted if phrase not in self._lengths]
        for phrase in wanted:
            if self.path(phrase).name not in names:
                self._lengths.pop(phrase, None)
        return [phrase for phrase in wanted if self.path(phrase).name not in names or phrase not in self]

    def verify(self, phrases: Iterable[Phrase]) -> None:
        """Read the clips of these phrases to the end; the damaged ones are missing from then on."""
        for phrase in phrases:
            self._read(phrase)

    def samples(self, phrase: Phrase) -> Samples | None:
        """Return a clip's samples, mono, or None where there is none. They are at `RATE`, unless `play_at` said otherwise."""
        loaded = self._loaded.get(phrase)
        return self._at_rate(phrase) if loaded is None else loaded

    def play_at(self, rate: int) -> None:
        """Give samples out at this rate, in Hz, from now on. Those that are loaded are made anew: it may take a second.

        Raises:
            ImportError: if it is not `RATE`, and there is nothing to convert with.
        """
        if rate != RATE:
            importlib.import_module("soxr")  # before anybody wants a clip
        with self._loading:
            if rate != self._rate:
                self._rate = rate
                loaded = {phrase: self._at_rate(phrase) for phrase in self._loaded}
                self._loaded = {phrase: samples for phrase, samples in loaded.items() if samples is not None}

    def preload(self, phrases: Iterable[Phrase]) -> None:
        """Read clips into memory, so that no cue waits for a disk; forget those of before. Meant for its own thread."""
        wanted = dict.fromkeys(phrases)
        with self._loading:
            unwanted = [phrase for phrase in self._loaded if phrase not in wanted]
            for phrase in unwanted:
                del self._loaded[phrase]
            if unwanted:
                _give_back()
            for phrase in wanted:
                if phrase not in self._loaded and (samples := self._at_rate(phrase)) is not None:
                    self._loaded[phrase] = samples

    def write(self, phrase: Phrase, samples: Samples) -> None:
        """Keep a clip. It is there whole or not at all, whenever the power goes.

        Raises:
            OSError: if the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self.path(phrase)) as file:
            file.write(as_clip(samples))
        self._lengths[phrase] = _ms(len(samples))

    def borrow(self, folder: Path, phrases: Iterable[Phrase]) -> None:
        """Copy the clips of these phrases from another folder of clips, as far as it has them and may be read.

        Raises:
            OSError: if the folder of these cannot be written.
        """
        for phrase in phrases:
            data = b""
            with suppress(OSError), open_regular(folder / self.path(phrase).name) as clip:
                data = clip.read()
            if (samples := samples_of(data)) is not None:
                self.write(phrase, samples)

    def use(self, phrases: Iterable[Phrase]) -> None:
        """Note that these phrases' clips are in use today, for `prune`; it does not matter where that cannot be written."""
        for phrase in phrases:
            with suppress(OSError):
                os.utime(self.path(phrase))

    def prune(self, keep: Iterable[Phrase], limit: int) -> int:
        """Remove the clips longest unused until all take at most `limit` bytes; never those of the phrases in `keep`.

        Returns how many were removed. What cannot be removed stays.
        """
        kept = {self.path(phrase).name for phrase in keep}
        removed = 0
        files = list(self._files())
        total = sum(stat.st_size for stat, _ in files)
        # Parts first: no clip makes room that a stale one gives back.
        for stat, entry in sorted(files, key=lambda file: (not file[1].name.endswith(".part"), file[0].st_mtime)):
            with suppress(OSError):
                if entry.name.endswith(".part") and stat.st_mtime < time.time() - STALE:
                    os.unlink(entry)
                    total -= stat.st_size
                elif NAME.fullmatch(entry.name) and entry.name in kept:
                    os.utime(entry)  # in use today
                elif NAME.fullmatch(entry.name) and total > limit:
                    os.unlink(entry)
                    total -= stat.st_size
                    removed += 1
        return removed

    def size(self) -> int:
        """Return how many bytes all take, those of other voices too."""
        return sum(stat.st_size for stat, _ in self._files())

    def _files(self) -> Iterator[tuple[os.stat_result, os.DirEntry[str]]]:
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):  # another process renames its parts meanwhile
                    if entry.is_file(follow_symlinks=False):
                        yield entry.stat(), entry

    def _length(self, phrase: Phrase) -> Ms | None:
        if phrase not in self._lengths:
            with suppress(OSError), open_regular(self.path(phrase)) as clip:
                frames, _ = _frames(clip)
                if frames and self._damaged.get(phrase) != os.fstat(clip.fileno()).st_mtime_ns:
                    self._lengths[phrase] = _ms(frames)
        return self._lengths.get(phrase)

    def _at_rate(self, phrase: Phrase) -> Samples | None:
        samples = self._read(phrase)
        if samples is None or self._rate == RATE:
            return samples
        import soxr  # here, for few devices need it

        resampled: Samples = soxr.resample(samples, RATE, self._rate)
        return resampled

    def _read(self, phrase: Phrase) -> Samples | None:
        try:
            with open_regular(self.path(phrase)) as clip:
                frames, check = _frames(clip)
                data = clip.read() if frames else b""
                if frames and zlib.crc32(data) == check:
                    return np.frombuffer(data, "<i2")
                if phrase not in self._damaged:
                    log.warning("%s: the clip of %r is damaged; it will be made again", self.path(phrase), phrase.text)
                self._damaged[phrase] = os.fstat(clip.fileno()).st_mtime_ns
        except FileNotFoundError:
            pass
        except OSError as error:
            if phrase not in self._damaged:
                log.warning("%s: the clip of %r cannot be read: %s", self.path(phrase), phrase.text, error.strerror)
            self._damaged[phrase] = 0
        self._lengths.pop(phrase, None)
        return None


def _give_back() -> None:
    """Have the C library give freed memory back: it keeps 40 MB of clips after a session (measured, glibc 2.36)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def as_clip(samples: Samples) -> bytes:
    """Return the bytes of a clip's file, with these samples at `RATE`, mono."""
    data = samples.astype("<i2").tobytes()
    return _header(len(data), zlib.crc32(data)) + data


def samples_of(data: bytes) -> Samples | None:
    """Return what `as_clip` was given; None where this is no whole clip."""
    frames, check = _frames(io.BytesIO(data))
    samples = data[HEADER.size :]
    return np.frombuffer(samples, "<i2") if frames and zlib.crc32(samples) == check else None


def _header(size: int, check: int) -> bytes:
    riff = b"RIFF", HEADER.size - 8 + size, b"WAVE"
    pcm = b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16
    return HEADER.pack(*riff, *pcm, b"crc ", 4, check, b"data", size)


def _frames(clip: BinaryIO) -> tuple[int, int]:
    """Read the header; return how many samples follow, and their CRC. 0 for all that `write` did not make."""
    size = clip.seek(0, os.SEEK_END) - HEADER.size
    clip.seek(0)
    header = clip.read(HEADER.size)
    if size <= 0 or size % 2:
        return 0, 0
    check: int = HEADER.unpack(header)[-3]
    return (size // 2 if header == _header(size, check) else 0), check


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
