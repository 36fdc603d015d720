"""A trial of the speaker: opens it as a session does, says something, and watches the device take it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from queue import Empty, Queue

from ..audio.clips import ClipCache
from ..audio.mixer import Block
from ..audio.speaker import Speaker
from ..clock import monotonic
from ..config.schema import SoundSettings
from ..core.languages import Phrase
from ..core.messages import Sound, SoundCard
from ..core.signals import Signal
from ..core.units import Ms

LONGEST = 4_000
"""Milliseconds of a phrase that is fit to try a speaker with; the shortest ones say too little."""
SHORTEST = 1_500
BETWEEN = 300
"""Milliseconds between two tones."""
PATIENCE = 10.0
"""Seconds for the device to open: PulseAudio alone takes up to 2."""


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    device: str
    """The card's or device's name, and why this one."""
    why: str
    """What is wrong; nothing where all went well."""
    said: str = ""
    """The phrase's text; nothing where a tone was played for want of clips."""
    blocks: int = 0
    gap: float = 0.0
    """Seconds, the longest between two blocks that the device asked for."""


def try_sound(settings: SoundSettings, clips: ClipCache, phrases: Sequence[Phrase], volume: int, *, tones: int = 1) -> Trial:
    """Open the device, say a phrase that has a clip, or sound so many tones, and close it again."""
    answers: Queue[Sound] = Queue()
    times: list[float] = []
    chosen: list[SoundCard] = []

    def tap(_block: Block, _rate: int) -> None:
        times.append(time.monotonic())

    speaker = Speaker(
        clips,
        lambda told: answers.put(told) if isinstance(told, Sound) else None,
        device=settings.device,
        latency=settings.latency,
        volume=volume,
        tap=tap,
        tell_card=chosen.append,
    )
    try:
        speaker.open()
        try:
            answer = answers.get(timeout=PATIENCE)
        except Empty:
            return Trial("", f"no sound: the device did not answer within {PATIENCE:.0f} s")
        if not answer.ready:
            return Trial("", answer.why)
        device = f"{chosen[-1].name}: {chosen[-1].why}"
        said = _fit(clips, phrases)
        at = Ms(monotonic() + 700)  # amplifiers and HDMI swallow the first half second
        length = clips.length(said) if said else tones * (Signal.CHANGE.length + BETWEEN)
        if said:
            speaker.say(said, at)
        else:
            for number in range(tones):
                speaker.tone(Signal.CHANGE, Ms(at + number * (Signal.CHANGE.length + BETWEEN)))
        try:
            # Nothing comes while all is well.
            return Trial(device, answers.get(timeout=1.0 + length / 1000).why)
        except Empty:
            # The first blocks fill the device's buffer, before it runs.
            heard = [moment for moment in times if moment >= at / 1000]
            gap = max((after - before for before, after in pairwise(heard)), default=0.0)
            return Trial(device, "", said.text if said else "", len(times), gap)
    finally:
        speaker.shut()


def _fit(clips: ClipCache, phrases: Sequence[Phrase]) -> Phrase | None:
    """Return the first phrase of a fit length that has a clip, else any, else nothing."""
    there = [phrase for phrase in phrases if phrase in clips]
    return next((phrase for phrase in there if SHORTEST <= clips.length(phrase) <= LONGEST), there[0] if there else None)
