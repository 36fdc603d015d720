"""The neck routine's phrases from nothing, against Piper's own loop over the same phrases; a second time; and after kills.
Before that: how much memory it takes, and how soon a session begins where no phrase is there.

Run: .venv/bin/python tests/bench/prepare.py
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from parts import program
from pitrainer.audio.clips import ClipCache, samples_of
from pitrainer.core.languages import ENGLISH
from pitrainer.core.phrases import WAITS, all_phrases
from pitrainer.voice.memory import available
from pitrainer.voice.synthesis import Speech, embedded_model, voice_key

ROUNDS = 3
KILLS = 20
LEAST_RATIO, MOST_AGAIN = 0.75, 0.5
"""Times the speed of Piper's loop, with the chain on top of what that does; and seconds for a second time."""

PIPER = """
import sys
from piper import PiperVoice, SynthesisConfig
voice = PiperVoice.load(sys.argv[1])
how = SynthesisConfig(length_scale=1 / float(sys.argv[2]))
for text in sys.stdin.read().split("\\n"):
    for chunk in voice.synthesize(text, how):
        chunk.audio_int16_bytes
"""
"""What a script would do, in a process of its own: load the voice, say one phrase after the other."""


def prepare(folder: Path) -> subprocess.Popen[bytes]:
    """Start `pitrainer prepare neck` with its own cache, at a usual priority."""
    settings = folder / "pitrainer.toml"
    settings.write_text(f'[paths]\ncache = "{folder / "clips"}"\n')
    command = [sys.executable, "-m", "pitrainer", "prepare", "neck", "--config", str(settings)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def peak(folder: Path) -> tuple[float, int]:
    """Prepare from nothing; return how long it took, and by how many MB MemAvailable sank at the most."""
    free, least, start = available() or 0, available() or 0, time.monotonic()
    process = prepare(folder)
    while process.poll() is None:
        least = min(least, available() or 0)
        time.sleep(0.05)
    assert process.returncode == 0
    return time.monotonic() - start, free - least


def first_words(folder: Path) -> float:
    """Return how long it takes from `practice` to the first words of a session, where no phrase is there."""
    settings = folder / "pitrainer.toml"
    settings.write_text(f'[paths]\ncache = "{folder / "clips"}"\n')
    command = [sys.executable, "-m", "pitrainer", "practice", "neck", "--auto", "--no-history", "--config", str(settings)]
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        waits = {ENGLISH.preparing.text, *(ENGLISH.about_minutes(minutes).text for minutes in WAITS)}
        next(line for line in process.stdout if line.strip() not in waits)
        seconds = time.monotonic() - start
        process.terminate()
    return seconds


def timed(process: subprocess.Popen[bytes], text: str = "") -> float:
    start = time.monotonic()
    process.communicate(text.encode() or None)
    assert process.returncode == 0
    return time.monotonic() - start


def main() -> int:
    neck = program("neck")
    ours, theirs, as_slow, again = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        for what in ("memory", "first"):
            Path(name, what).mkdir()
        took, megabytes = peak(Path(name, "memory"))
        print(f"from nothing, by itself: {took:.1f} s; MemAvailable sank by {megabytes} MB at the most")
        print(f"from `practice` without a phrase to a session's first words: {first_words(Path(name, 'first')):.1f} s")
        phrases = all_phrases([neck], ClipCache(Path(name), "").length)
        texts = "\n".join(phrase.text for phrase in phrases)
        for round_ in range(ROUNDS):
            folder = Path(name, str(round_))
            folder.mkdir()
            ours.append(timed(prepare(folder)))
            again.append(timed(prepare(folder)))
            for pace, seconds in ((1, theirs), (Speech().speed, as_slow)):
                piper = [sys.executable, "-c", PIPER, str(embedded_model()), str(pace)]
                seconds.append(timed(subprocess.Popen(piper, stdin=subprocess.PIPE), texts))
        ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
        slow = [their / our for our, their in zip(ours, as_slow, strict=True)]
        print(f"{len(phrases)} phrases, whole processes, chain included: {statistics.median(ours):.1f} s")
        print(f"Piper's own loop over the same, without the chain:    {statistics.median(theirs):.1f} s")
        print(f"times its speed: {min(ratios):.2f} {statistics.median(ratios):.2f} {max(ratios):.2f}  (least, median, most)")
        print(f"Piper's loop at our pace, which is more sound: {statistics.median(as_slow):.1f} s", end="; ")
        print(f"times its speed: {min(slow):.2f} {statistics.median(slow):.2f} {max(slow):.2f}")
        print(f"a second time: {statistics.median(again):.2f} s")

        folder = Path(name, "killed")
        folder.mkdir()
        random.seed(1)
        for _ in range(KILLS):
            process = prepare(folder)
            time.sleep(random.uniform(0.3, 4))
            process.kill()
            process.wait()
        left = timed(prepare(folder))
        clips = list((folder / "clips").glob("*.wav"))
        bad = [clip for clip in clips if samples_of(clip.read_bytes()) is None]
        cache = ClipCache(folder / "clips", voice_key(None, Speech()))
        cache.verify(phrases)
        missing = cache.missing(phrases)
        print(f"after {KILLS} kills: finished in {left:.1f} s, {len(clips)} clips, {len(bad)} bad, {len(missing)} missing")
    ratio = statistics.median(ratios)
    good = ratio >= LEAST_RATIO and statistics.median(again) <= MOST_AGAIN and not bad and not missing
    print(f"{LEAST_RATIO} times or more, again in {MOST_AGAIN} s or less, none bad: {'yes' if good else 'NO'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
