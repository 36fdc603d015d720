"""Sound into files: what a session sounds like (`render`), and what was heard in one (`recording`)."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..core.plan import Plan, Say
from ..core.units import Ms
from ..files import replacing
from .clips import ClipCache, wav_writer
from .mixer import Block, Mixer
from .tones import RATE, tone

AFTER = 1.0
"""Seconds of silence at the end of a rendered session."""

FADE_OUT = np.linspace(1, 0, RATE // 10, dtype=np.float32)[:, np.newaxis]
"""At the end of a part of a session: a sudden end would click."""

log = logging.getLogger(__name__)


def render(plan: Plan, clips: ClipCache, file: Path, most: Ms | None = None) -> None:
    """Mix a session to a WAV file, by the mixer that a session plays with.

    Args:
        plan: the session.
        clips: the spoken clips.
        file: the file.
        most: how much of it, in whole seconds; what is longer is faded out.

    Raises:
        OSError: if the file cannot be written; then there is none.
    """
    cues = iter(sorted((cue for step in plan.steps for cue in step.cues), key=lambda cue: cue.at))
    cue = next(cues, None)
    mixer = Mixer()
    block = np.zeros((RATE, 2), np.float32)
    whole = int(plan.length / 1000 + AFTER) + 1
    seconds = whole if most is None else min(whole, max(1, most // 1000))
    with replacing(file) as part, wav_writer(part) as wav:
        for second in range(seconds):
            while cue and cue.at < (second + 1) * 1000:
                samples = clips.samples(cue.phrase) if isinstance(cue, Say) else tone(cue.signal)
                if samples is not None:
                    mixer.add(samples, Ms(cue.at))
                cue = next(cues, None)
            mixer.fill(block, second)
            if second + 1 == seconds < whole:
                block[-len(FADE_OUT) :] *= FADE_OUT
            wav.writeframes(_pcm(block))


@contextmanager
def recording(file: Path) -> Iterator[Callable[[Block, int], None]]:
    """Write what is given to the yielded function, which never blocks, to a WAV file until the block ends.

    The function takes a block and its rate, in Hz. The file has the first block's; a card that took its place in the middle of
    a session may have another.

    When the disk is full, the recording ends with a warning, and the session goes on.

    Raises:
        OSError: if the file cannot be made.
    """
    blocks: queue.SimpleQueue[tuple[Block, int] | None] = queue.SimpleQueue()
    out = file.open("wb")

    def write() -> None:
        try:
            with out, wav_writer(out) as wav:
                while (given := blocks.get()) is not None:
                    block, rate = given
                    if not wav.getnframes():
                        wav.setframerate(rate)
                    wav.writeframes(_pcm(block))
        except OSError as error:
            log.warning("%s: the recording ends here: %s", file, error.strerror)

    def tap(block: Block, rate: int) -> None:
        if writer.is_alive():
            blocks.put((block, rate))

    writer = threading.Thread(target=write, name="recorder")
    writer.start()
    try:
        yield tap
    finally:
        blocks.put(None)
        writer.join()


def _pcm(block: Block) -> bytes:
    return np.round(block[:, 0] * 32767).astype("<i2").tobytes()
