"""The main job as a person meets it: the program on a terminal, a press, and what is heard in the room."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pitrainer.core.languages import english_number
from pitrainer.core.signals import Signal
from support.room import PITRAINER, RATE, Room
from support.terminal import Terminal

TESTS = Path(__file__).parent.parent
ROUTINE = str(TESTS / "routines" / "short.toml")

pytestmark = pytest.mark.sound


@pytest.fixture
def env(room: Room, tmp_path: Path, clips_folder: Path) -> dict[str, str]:
    """The room's environment, with settings of the test's own."""
    settings = tmp_path / "pitrainer.toml"
    settings.write_text(f'[paths]\ncache = "{clips_folder}"\n')
    return room.env | {"PITRAINER_CONFIG": str(settings), "PIN_LOG": str(tmp_path / "pins.log")}


def pitrainer(*arguments: str, env: dict[str, str]) -> str:
    command = [sys.executable, "-m", "pitrainer", *arguments]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def words(text: str) -> list[str]:
    """Split into words as the listener gives them: lower case, numbers in words."""
    plain = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return [english_number(int(word)) if word.isdigit() else word for word in plain]


def buzzer_edges(log: str, pin: str = "GPIO27") -> list[tuple[float, bool]]:
    lines = (line.split() for line in Path(log).read_text().splitlines())
    return [(float(at), value == "1") for at, name, value in lines if name == pin]


def test_a_press_leads_through_a_session(
    room: Room, env: dict[str, str], transcribe: Callable[[NDArray[np.float32]], str]
) -> None:
    """The space bar goes down, and a voice that Whisper understands leads through the routine, word for word in order; the
    mock buzzer switches at each transition, in the order of the plan, and the panel shows what is going on.

    How punctually it does is measured by tests/bench/punctuality.py.
    """
    pitrainer("prepare", ROUTINE, env=env)
    plan = json.loads(pitrainer("show", ROUTINE, "--json", env=env))
    cues = [cue for step in plan["steps"] for cue in step["cues"]]

    command = [sys.executable, str(TESTS / "support" / "spied.py"), "practice", ROUTINE]
    with room.microphone() as recording, Terminal(command, env) as terminal:
        terminal.wait_for("ready: press the button", 20)
        pressed = time.monotonic()
        terminal.press(" ")
        terminal.wait_for("Welcome. Sit up straight.", 20)
        terminal.wait_for("1 of 1: Head press", 20)
        terminal.wait_for("HOLD", 20)
        terminal.wait_for("forehead", 20)
        terminal.wait_for("Watch your posture.", 60)
        terminal.wait_for("ready: press the button", 20)
        terminal.press("q")
    assert terminal.process.returncode == 0

    edges = buzzer_edges(env["PIN_LOG"])
    assert edges[0][0] > pressed
    assert [on for _, on in edges[:2]] == [True, False], "the blip that answers the press"
    planned = [
        ((cue["at_ms"] + offset) / 1000, on)
        for cue in cues
        if "buzz" in cue
        for offset, on in Signal[cue["buzz"].upper()].edges()
    ]
    played = edges[2:]
    assert [on for _, on in played] == [on for _, on in planned]
    # On a busy machine an edge is late, never early: the most punctual one tells when the plan began. How late the others are
    # is for tests/bench/punctuality.py; here, that the plan does not drift.
    begin = min(at - due for (at, _), (due, _) in zip(played, planned, strict=True))
    assert [at - begin for at, _ in played] == pytest.approx([due for due, _ in planned], abs=1)
    # What the plan calls a transition has a signal: each step's start but the first.
    starts = {cue["at_ms"] for cue in cues if "buzz" in cue}
    assert {step["start_ms"] for step in plan["steps"][1:]} <= starts

    # Whisper listens to half a minute at a time and loses the thread where that ends: it is given one step at a time.
    for step in plan["steps"]:
        said = words(" ".join(cue["say"] for cue in step["cues"] if "say" in cue))
        if said:  # it finds words in a mere signal, too
            first = recording.place(begin + step["start_ms"] / 1000)
            heard = transcribe(recording.samples[first : first + step["length_ms"] * RATE // 1000])
            # Letters, not words: "a long one" sounds like "along one", and a beep once in a while like a beat.
            assert SequenceMatcher(None, "".join(words(heard)), "".join(said), autojunk=False).ratio() > 0.9, (heard, said)


def test_pause_skip_and_quit(room: Room, env: dict[str, str]) -> None:
    """Each key of the panel does what it says: space pauses at once and goes on, n and b move, h stops, - is softer, q ends."""
    pitrainer("prepare", ROUTINE, env=env)
    with room.microphone(), Terminal([*PITRAINER, "practice", ROUTINE], env) as terminal:
        terminal.wait_for("ready: press the button", 20)
        terminal.press(" ")
        terminal.wait_for("welcome", 20)
        # In a pause nothing moves by itself.
        for key, then in (("n", "forehead"), ("n", "left temple"), ("b", "forehead"), (" ", "forehead")):
            terminal.press(" ")
            terminal.wait_for("paused: press to go on", 20)
            time.sleep(0.6)  # sooner it would be a second press
            terminal.press(key)
            terminal.wait_for_no("paused", 20)
            terminal.wait_for(f"next  get ready, {then}", 20)
        terminal.press("h")
        terminal.wait_for("ready: press the button", 20)
        terminal.press("-")
        terminal.wait_for("volume 90", 20)
        terminal.press("q")
    assert terminal.process.returncode == 0


def test_others_can_follow_and_steer_it(env: dict[str, str], tmp_path: Path) -> None:
    """Other commands reach the session, as they reach a service; another session beside it goes on without that."""
    pitrainer("prepare", ROUTINE, env=env)
    (runtime := tmp_path / "run").mkdir(mode=0o700)
    env["XDG_RUNTIME_DIR"] = str(runtime)
    command = PITRAINER
    with Terminal([*command, "practice", ROUTINE], env) as terminal:
        terminal.wait_for("ready: press the button", 20)
        with subprocess.Popen([*command, "events"], env=env, stdout=subprocess.PIPE, text=True) as follower:
            assert follower.stdout
            assert json.loads(follower.stdout.readline())["status"]["state"] == "ready"
            with Terminal([*command, "practice", ROUTINE], env) as other:
                other.wait_for("ready: press the button", 20)
                other.press("q")
            assert other.process.returncode == 0
            pitrainer("start", env=env)
            terminal.wait_for("Welcome. Sit up straight.", 20)
            assert "intro" in pitrainer("status", env=env)
            pitrainer("stop", env=env)
            terminal.wait_for("ready: press the button", 20)
            terminal.press("q")
            events = [json.loads(line)["event"] for line in follower.stdout]
    assert {"started", "said", "ended", "trainer_ended"} <= set(events)
    assert terminal.process.returncode == 0
