"""A set of ten, as it is heard in the room: counted aloud in order, with a tick for each phase at its planned time."""

import json
import os
import subprocess
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pitrainer.audio.tones import tone
from pitrainer.core.languages import english_number
from pitrainer.core.signals import Signal
from support.ear import matched
from support.room import PITRAINER, RATE, Room

pytestmark = pytest.mark.sound

ROUTINE = """
schema = 1
id = "tucks"
title = "Tucks"
language = "en"

[[exercise]]
id = "chin-tucks"
name = "Chin tucks"
say = "Sit tall."
prepare = "2s"
reps = 10
phases = [{ name = "back", time = "2s" }, { name = "let go", time = "1s" }]
"""
COUNTED = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "last"]
NEAR = 0.02
"""Seconds beside the plan."""
ENOUGH = 0.6
"""Of the ticks. On a busy machine the sound stands still now and then; what is late by then is late, or left out."""


def pitrainer(*arguments: str, env: dict[str, str]) -> str:
    command = [*PITRAINER, *arguments]
    return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True, timeout=400).stdout


def strength(recording: NDArray[np.float32], signal: Signal) -> NDArray[np.float32]:
    """Return for each place how much of a signal begins there: 1 for all of it, played as loud as it is."""
    wanted = tone(signal).astype(np.float32) / np.float32(32768)
    return matched(recording, wanted) / np.float32(np.dot(wanted, wanted))


def first(recording: NDArray[np.float32], signal: Signal) -> float:
    """Return where a signal is heard first, in seconds; a longer one of its pitch may come later."""
    heard = strength(recording, signal)
    place = int(np.argmax(heard > 0.9 * heard.max()))
    return (place + int(np.argmax(heard[place : place + RATE // 20]))) / RATE


def places(recording: NDArray[np.float32], signal: Signal, expected: list[float]) -> list[float | None]:
    """Return where a signal is heard near each of these moments, in seconds; None where it is not."""
    heard = strength(recording, signal)
    found: list[float | None] = []
    for moment in expected:
        start = max(0, round((moment - 0.3) * RATE))
        window = heard[start : start + round(0.6 * RATE)]
        best = int(np.argmax(window)) if len(window) else 0
        found.append((start + best) / RATE if len(window) and window[best] > 0.5 else None)
    return found


def test_a_set_of_ten(room: Room, tmp_path: Path, clips_folder: Path, transcribe: Callable[[NDArray[np.float32]], str]) -> None:
    """Whisper understands "one" to "nine" and "last one", in order; the ticks are at their times."""
    (tmp_path / "tucks.toml").write_text(ROUTINE)
    (tmp_path / "pitrainer.toml").write_text(f'[paths]\ncache = "{clips_folder}"\n[sound]\nvolume = 100\n')
    env = os.environ | room.env | {"PITRAINER_CONFIG": str(tmp_path / "pitrainer.toml")}
    routine = str(tmp_path / "tucks.toml")
    pitrainer("prepare", routine, env=env)
    plan = json.loads(pitrainer("show", routine, "--json", env=env))
    (hold,) = (step for step in plan["steps"] if step["kind"] == "hold")
    texts = [cue["say"] for cue in hold["cues"] if "say" in cue]
    assert [text.split()[0].strip(".").lower() for text in texts] == COUNTED
    ticks = [cue["at_ms"] / 1000 for cue in hold["cues"] if cue.get("buzz") == "phase"]
    assert len(ticks) == 19  # one for each phase, but for the first, which begins with the start signal
    with room.microphone() as recording:
        pitrainer("practice", routine, "--auto", "--no-history", env=env)
    samples = recording.samples

    zero = first(samples, Signal.START) - hold["start_ms"] / 1000
    near = places(samples, Signal.PHASE, [zero + tick for tick in ticks])
    beside = [place - zero - tick for place, tick in zip(near, ticks, strict=True) if place is not None]
    middle = float(np.median(beside))
    assert sum(abs(off - middle) < NEAR for off in beside) >= ENOUGH * len(ticks), beside

    counted = []
    for half in range(2):  # Whisper listens to half a minute at the most
        begin = zero + (hold["start_ms"] + half * hold["length_ms"] / 2) / 1000 - 0.1
        heard = transcribe(samples[round(begin * RATE) : round((begin + hold["length_ms"] / 2000) * RATE)])
        words = [english_number(int(word)) if word.isdigit() else word for word in heard.split()]
        counted += [word for place, word in enumerate(words) if word in COUNTED and words[max(0, place - 1)] != "last"]
    # Where the sound of a busy machine stutters, a word is heard twice.
    assert [word for word, _ in groupby(counted)] == COUNTED, counted
