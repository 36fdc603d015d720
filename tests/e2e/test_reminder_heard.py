"""A reminder, as somebody in the room hears it."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from support.room import Room

TESTS = Path(__file__).parent.parent

pytestmark = pytest.mark.sound

ROUTINE = """
schema = 1
id = "brief"
title = "Brief routine"
language = "en"

[[exercise]]
id = "one"
name = "One"
say = "One."
prepare = "1s"
hold = "1s"
"""
"""How a whole session sounds is tests/e2e/test_practice.py's: this one only has to come to its end."""

SETTINGS = """
clock.zone = "Europe/Berlin"
paths = { cache = "CACHE", state = "STATE", routines = "ROUTINES" }
program = [{ routine = "brief", profile = "adult" }]
[[reminder]]
time = "08:00"
routine = "brief"
profile = "child"
"""


def test_heard(room: Room, tmp_path: Path, clips_folder: Path, transcribe: Callable[[NDArray[np.float32]], str]) -> None:
    """At its time the sentence is heard; pressed, the session starts, and is kept. (Put off, it comes again in tests/rig.)"""
    settings = tmp_path / "pitrainer.toml"
    text = SETTINGS.replace("CACHE", str(clips_folder)).replace("STATE", str(tmp_path / "state"))
    settings.write_text(text.replace("ROUTINES", str(tmp_path)))
    (tmp_path / "brief.toml").write_text(ROUTINE)
    env = room.env | {"PITRAINER_CONFIG": str(settings), "WALL": "2026-05-04 07:59:40"}

    def pitrainer(*arguments: str) -> str:
        command = [sys.executable, "-m", "pitrainer", *arguments]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout

    pitrainer("prepare")
    lines: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()
    passed: list[tuple[float, str]] = []

    def wait_for(part: str, seconds: float) -> float:
        """Return when a line with this part came."""
        end = time.monotonic() + seconds
        while not passed or part not in passed[-1][1]:
            try:
                passed.append(lines.get(timeout=max(0.1, end - time.monotonic())))
            except queue.Empty:
                pytest.fail(f"not in the journal in time: {part}; but: {passed}")
        return passed[-1][0]

    command = [sys.executable, str(TESTS / "support" / "clocked.py"), "run"]
    with room.microphone() as recording, subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as trainer:
        assert trainer.stderr
        reader = threading.Thread(target=lambda: [lines.put((time.monotonic(), line)) for line in trainer.stderr or ()])
        reader.start()
        try:
            wait_for("the next reminder is at 2026-05-04T08:00:00+02:00", 20)
            told = [line for line in pitrainer("status").splitlines()[1:] if not line.startswith("sound: ")]
            assert told == ["not done yet today", "next reminder: Monday 08:00, brief, child"]
            first = wait_for("reminder 08:00 brief child: said", 30)
            time.sleep(13)
            pitrainer("press")
            wait_for("reminder 08:00 brief child of 2026-05-04: answered", 20)
            wait_for("session ends: completed", 120)
            time.sleep(3)  # until it is written
        finally:
            trainer.kill()  # as a power cut would
        reader.join()

    def heard(since: float, until: float) -> str:
        return transcribe(recording.samples[recording.place(since) : recording.place(until)])

    said = heard(first, first + 13)
    assert "it is time to exercise" in said
    assert said.endswith("press the button when you are ready")
    (session,) = json.loads(pitrainer("history", "--json"))["sessions"]
    assert (session["routine"], session["profile"], session["result"]) == ("brief", "child", "completed")
