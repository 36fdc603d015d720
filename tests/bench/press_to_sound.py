"""From the button's pin edge to the first sample of an answer handed to the sound system, and what a script would take.

Run: .venv/bin/python tests/bench/press_to_sound.py
"""

import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parts import HEAD, Voice, clips, program, room, row, service
from pitrainer.audio.tones import RATE
from pitrainer.core.phrases import all_phrases
from pitrainer.service.loop import Quit
from pitrainer.voice.synthesis import embedded_model

PRESSES = 50
BETWEEN = 0.405, 0.425
"""Seconds between presses, at random, so that they do not fall in step with the callbacks: after a double press, before
anything that a press has started is heard."""
SCRIPT = 7
TEXT = "Hands on your forehead."
MOST_P50, MOST_P95 = 12.0, 25.0


class Ear:
    """Notes when the first block that is not silent is handed over."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.at = 0.0

    def __call__(self, block: NDArray[np.float32], _rate: int) -> None:
        if not self.heard.is_set() and block.any():
            self.at = time.monotonic()
            self.heard.set()


def trainer() -> list[float]:
    """Press the button of a running trainer with its stream open: pausing and going on by turns, nothing else is heard."""
    ear = Ear()
    neck = program("neck")
    running = service(neck, clips(lambda cache: all_phrases([neck], cache.length)), tap=ear)
    times = []

    def press() -> None:
        running.pins.press(seconds=0.01)
        ear.heard.wait(10)  # the stream is open from here
        time.sleep(2)
        for _ in range(PRESSES + 1):
            ear.heard.clear()
            if ear.heard.wait(0.02):
                time.sleep(0.1)  # the welcome, before the first pause
                ear.heard.clear()
            edge = time.monotonic()
            running.pins.press(seconds=0.01)
            assert ear.heard.wait(5)
            times.append((ear.at - edge) * 1000)
            time.sleep(max(0, edge + random.uniform(*BETWEEN) - time.monotonic()))
        running.clock.put(Quit("measured"))

    thread = threading.Thread(target=press)
    thread.start()
    running.run()
    thread.join()
    return times[1:]  # the first press was into speech


def bare_callback() -> list[float]:
    """The least there is: a flag that the callback sees."""
    import sounddevice

    go = threading.Event()
    ear = Ear()

    def callback(out: NDArray[np.float32], *_: object) -> None:
        out.fill(0.1 if go.is_set() else 0)
        ear(out, RATE)

    times = []
    with sounddevice.OutputStream(samplerate=RATE, channels=2, latency=0.02, callback=callback):
        time.sleep(0.5)
        for _ in range(PRESSES):
            go.clear()
            time.sleep(random.uniform(0.04, 0.06))
            ear.heard.clear()
            start = time.monotonic()
            go.set()
            ear.heard.wait()
            times.append((ear.at - start) * 1000)
    return times


def script(samples: Callable[[], tuple[NDArray[np.float32], int]]) -> list[float]:
    """What a script does at a press: have the text spoken, open the sound, play."""
    import sounddevice

    times = []
    for _ in range(SCRIPT):
        ear = Ear()
        start = time.monotonic()
        wave, rate = samples()
        wave = wave[np.flatnonzero(np.abs(wave) > 0.01)[0] :]
        place = 0

        def callback(
            out: NDArray[np.float32],
            frames: int,
            *_: object,
            wave: NDArray[np.float32] = wave,
            rate: int = rate,
            ear: Ear = ear,
        ) -> None:
            nonlocal place
            part = wave[place : place + frames]
            out[: len(part), 0] = part
            out[len(part) :, 0] = 0
            place += frames
            ear(out[:, :1], rate)

        with sounddevice.OutputStream(samplerate=rate, channels=1, latency=0.02, callback=callback):
            ear.heard.wait(10)
        times.append((ear.at - start) * 1000)
    return times


def raw(command: list[str], text: str, header: int = 0) -> NDArray[np.float32]:
    out = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout[header:]
    return np.frombuffer(out[: len(out) // 2 * 2], "<i2").astype(np.float32) / 32768


def main() -> int:
    random.seed(1)
    with room() as here, here.microphone():
        ours = trainer()
        print(HEAD)
        import sounddevice

        sounddevice._initialize()  # the trainer has ended PortAudio with its session
        print(row("pitrainer, stream open", ours))
        print(row("a bare callback and a flag", bare_callback()))
        voice = Voice(None)
        print(row("script: Piper kept in memory", script(lambda: (voice.say(TEXT) / np.float32(32768), RATE))))
        piper = [str(Path(sys.executable).with_name("piper")), "-m", str(embedded_model()), "--output-raw"]
        print(row("script: piper command per cue", script(lambda: (raw(piper, TEXT), 22_050))))
        if shutil.which("espeak-ng"):
            print(row("script: espeak-ng per cue", script(lambda: (raw(["espeak-ng", "--stdout"], TEXT, 44), 22_050))))
        else:
            print("script: espeak-ng per cue: apt-get install espeak-ng")
    p50, p95 = np.percentile(ours, [50, 95])
    good = p50 <= MOST_P50 and p95 <= MOST_P95
    print(f"p50 at most {MOST_P50} ms, p95 at most {MOST_P95} ms: {'yes' if good else 'NO'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
