"""How much memory speaking takes, and how many may speak at once: a Pi Zero 2 W has 512 MB for all that runs on it.

Measured with en_US-joe-medium (63 MB), onnxruntime 1.32 and glibc 2.36 on x86_64, in resident memory:

| what                                     | MB  |
| ---------------------------------------- | --- |
| Python and mastering's libraries         | 120 |
| the loaded voice                         |  95 |
| one who speaks the longest part, at most |  80 |

What one takes grows with what it speaks at a time, by 18 MB a second of sound: so it speaks sentence by sentence, and a long
sentence in parts (`LONGEST`).
"""

import ctypes
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

LOADED = 215
"""MB of a process that has loaded the voice."""
WORKER = 80
"""MB that each who speaks takes for a moment."""
SPARE = 100
"""MB that remain for the trainer, which opens its sound and reads a session's clips meanwhile (50 MB), and for the system."""
LITTLE = 1_000
"""MB of free memory, below which one speaks alone: a Pi whose memory runs out stands still for minutes before anything ends."""

LONGEST = 80
"""Phonemes that are spoken at a time: 4 s. Fifteen sentences of the shipped routines are longer, with a comma to cut at."""
_CLAUSE = ",;:\N{EM DASH}"

_MMAP_THRESHOLD = -3
"""`M_MMAP_THRESHOLD` of glibc's malloc.h."""


def available(root: Path = Path("/")) -> int | None:
    """Return how many MB the system has for whoever asks, without swapping; None where it does not say."""
    with suppress(OSError):
        if found := re.search(r"^MemAvailable: *([0-9]+) kB", (root / "proc/meminfo").read_text(), re.MULTILINE):
            return int(found[1]) // 1000
    return None


def workers(free: int | None, cores: int) -> int:
    """Return how many may speak at once, where the voice has yet to be loaded, with so many MB free."""
    if free is None or free < LITTLE:
        return 1
    return max(1, min(cores, (free - SPARE - LOADED) // WORKER))


def keep_little() -> None:
    """Have the C library give back large blocks when they are freed, from now on, and all that is free now.

    By itself it keeps up to 32 MB of each size that it has seen, in each thread's own heap: after a sentence of 21 s it kept
    345 MB. With a limit of 256 KB it kept 2 MB, but a third of the time went into clearing new memory; with this one a tenth.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, 1 << 22)
        library.malloc_trim(0)


def parts(phonemes: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield a sentence in parts of at most `LONGEST` phonemes: cut after a clause, else between words, else anywhere.

    Between words the parts are as equal as can be: no word is left alone.
    """
    while (length := len(phonemes)) > LONGEST:
        spaces = [place for place in range(1, LONGEST) if phonemes[place - 1] != phonemes[place] == " "]
        clauses = [place for place in spaces if phonemes[place - 1] in _CLAUSE]
        even = length / -(-length // LONGEST)
        cut = clauses[-1] if clauses else min(spaces, key=lambda place: abs(place - even), default=LONGEST)
        yield phonemes[:cut]
        phonemes = phonemes[cut + (phonemes[cut] == " ") :]
    if phonemes:
        yield phonemes
