"""The speaker in a room: PulseAudio with a null sink, heard through the sink's monitor.

PortAudio reads its environment once, so that each case runs in a program of its own, `SPEAKER`, told what to do line by line.
"""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio import speaker
from pitrainer.audio.cards import Card
from pitrainer.audio.clips import ClipCache
from pitrainer.audio.output import NO_PORTAUDIO, Output
from pitrainer.audio.speaker import Speaker
from pitrainer.core.messages import Fault, Sound
from pitrainer.errors import SoundError
from support.room import RATE, Recording, Room
from support.spoken import en

SPEAKER = """
import logging, sys, threading
from pathlib import Path
logging.basicConfig(level=logging.INFO, format="log %(message)s", stream=sys.stdout)
{prelude}
def tell(*what):  # whole lines, though two threads tell
    sys.stdout.write(" ".join(map(str, what)) + "\\n")
    sys.stdout.flush()

from pitrainer.clock import monotonic
from pitrainer.core.languages import Phrase
from pitrainer.core.messages import Sound
from pitrainer.core.signals import Signal
from pitrainer.core.units import Ms
from pitrainer.audio.clips import ClipCache
from pitrainer.audio.speaker import Speaker

threading.excepthook = lambda what: tell("crashed", what.exc_type, what.exc_value)
def put(told):
    if isinstance(told, Sound):
        tell("sound", told.ready, told.why)
    else:
        tell("fault", told.why)

taps = []
speaker = Speaker(
    ClipCache(Path(sys.argv[1]), "voice"), put, device=sys.argv[2], tap=lambda block, _: taps.append(block)
)
for line in sys.stdin:
    command, _, text = line.strip().partition(" ")
    if command == "say":
        speaker.say(Phrase(text, "en"), Ms(monotonic() + 300))
    elif command == "tone":
        speaker.tone(Signal[text], Ms(monotonic() + 300))
    elif command == "taps":
        tell("taps", sum(map(len, taps)))
    elif command == "again":
        speaker.close()
        speaker.open()
    else:
        getattr(speaker, command)()
    tell("done", command)
tell("threads", [thread.name for thread in threading.enumerate() if thread.name == "speaker"])
"""


class Program:
    """A process with a speaker, and the lines that it prints."""

    def __init__(self, folder: Path, env: dict[str, str], device: str = "", prelude: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SPEAKER.replace("{prelude}", prelude), str(folder), device],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.all: list[str] = []
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def tell(self, command: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()

    def wait_for(self, beginning: str, seconds: float = 15) -> str:
        """Return the next line that begins so."""
        until = time.monotonic() + seconds
        try:
            while True:
                line = self.lines.get(timeout=max(0.001, until - time.monotonic()))
                self.all.append(line)
                if line.startswith(beginning):
                    return line
        except queue.Empty:
            raise AssertionError(f"no {beginning!r} within {seconds} s but {self.all}") from None

    def end(self) -> list[str]:
        """Let it end; return every line."""
        assert self.process.stdin
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(10)
        self.thread.join()
        assert self.process.stdout
        self.process.stdout.close()
        while not self.lines.empty():
            self.all.append(self.lines.get())
        return self.all


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips that are easily recognised: noise."""
    folder = tmp_path_factory.mktemp("noise")
    cache = ClipCache(folder, "voice")
    noise = np.random.default_rng(1).integers(-12_000, 12_000, RATE, dtype=np.int16)
    cache.write(en("a second"), noise)
    cache.write(en("half a second"), noise[: RATE // 2])
    return folder


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    """The programs of a test, ended with it."""
    programs: list[Program] = []
    yield programs
    for program in programs:
        program.process.kill()
        program.end()


def places(recording: np.ndarray, clip: np.ndarray) -> np.ndarray:
    """Where in a recording a clip is heard, whole: samples at which nearly all of its energy is found."""
    size = 1 << (len(recording) + len(clip)).bit_length()
    product = np.fft.rfft(recording, size) * np.conj(np.fft.rfft(clip, size))
    match = np.fft.irfft(product, size)[: len(recording)] / np.dot(clip, clip)
    return np.flatnonzero(match > 0.9)


def appears(what: Callable[[], object], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.05)


def heard(microphone: Recording, since: int, clip: np.ndarray) -> int:
    """Wait until a clip has been heard, on a busy machine for a while; return how often it was."""
    appears(lambda: places(microphone.samples[since:], clip).any())
    return len(places(microphone.samples[since:], clip))


def said(program: Program, microphone: Recording, text: str, wanted: np.ndarray) -> int:
    """Have a clip said, again where a busy machine has lost some of it; return how often it was heard."""
    for _ in range(3):
        since = len(microphone.samples)
        program.tell(f"say {text}")
        if times := heard(microphone, since, wanted):
            return times
    return 0


def clip(folder: Path, text: str) -> np.ndarray:
    samples = ClipCache(folder, "voice").samples(en(text))
    assert samples is not None
    return samples.astype(np.float32) / 32768


@pytest.mark.sound
def test_a_session_of_sound(room, folder, programs):
    """The stream opens, a clip is heard whole; after `hush` nothing is; closed and opened again, it is heard again.

    Whoever opens gets an answer each time, also where the stream is open already.
    """
    program = Program(folder, room.env)
    programs.append(program)
    noise = clip(folder, "half a second")
    with room.microphone() as microphone:
        for command in ("open", "open", "again"):
            program.tell(command)
            program.wait_for("sound True")
        time.sleep(0.3)
        assert said(program, microphone, "half a second", noise) == 1
        time.sleep(0.1)  # the rest of it: nine tenths count as heard
        first = len(microphone.samples)

        program.tell("say a second")
        appears(lambda: microphone.samples[first:].any())
        time.sleep(0.2)
        program.tell("hush")
        time.sleep(1.0)
        hushed = microphone.samples[first:]
        loud = np.flatnonzero(np.abs(hushed) > 0.01)
        assert (loud[-1] - loud[0]) / RATE < 0.9, "it had begun, and ended with the hush"

        program.tell("close")
        program.wait_for("done close")
        time.sleep(0.5)
        program.tell("open")
        program.wait_for("sound True")
        time.sleep(0.7)
        program.tell("say there is no such clip")
        assert said(program, microphone, "half a second", noise) == 1
        program.tell("taps")
    program.tell("shut")
    lines = program.end()
    assert "threads []" in lines
    assert not [line for line in lines if line.startswith(("crashed", "Traceback"))]
    taps = int(next(line for line in lines if line.startswith("taps")).split()[1])
    assert taps > RATE


@pytest.mark.sound
def test_a_device_by_its_name(room, folder, programs):
    """A part of the name, in any case, chooses the device; a name that is not there is answered with those that are."""
    program = Program(folder, room.env, device="PULSE")
    programs.append(program)
    program.tell("open")
    program.wait_for("sound True")
    other = Program(folder, room.env, device="no such card")
    programs.append(other)
    other.tell("open")
    line = other.wait_for("sound")
    assert line.startswith('sound False no sound: no card or device has "no such card" in its name (sound.device); there are "')
    assert '"pulse"' in line
    other.tell("open")
    assert other.wait_for("sound").startswith("sound False"), "who asks again is answered again"
    program.tell("shut")
    other.tell("shut")
    for one in (program, other):
        lines = one.end()
        assert "threads []" in lines
    assert len([line for line in lines if line.startswith("log")]) == 1, "one line in the journal, not one a second"


@pytest.mark.sound
def test_a_muted_device(room, folder, programs):
    """A device that is muted counts as no sound, is named once, and is taken as soon as it is unmuted."""
    program = Program(folder, room.env)
    programs.append(program)
    room.mute(True)
    try:
        with room.microphone():
            program.tell("open")
            line = program.wait_for("sound False")
            assert line.endswith("is muted (Master of the default card); alsamixer: M unmutes, arrow up is louder")
            time.sleep(1)
            room.mute(False)
            assert program.wait_for("sound", 20) == "sound True"
        program.tell("shut")
        lines = program.end()
    finally:
        room.mute(False)
    told = [line.split()[0] for line in lines if "is muted" in line]
    assert sorted(told) == ["fault", "log", "sound"], "once each"


UNPLUGGED = """
import pitrainer.audio.speaker
card = Path(sys.argv[1], "card1")
pitrainer.audio.speaker.presence = lambda _: card if card.exists() else None
pitrainer.audio.speaker.STALL = 60
"""


@pytest.mark.sound
def test_an_unplugged_card(room, folder, programs):
    """A card that is unplugged is missed at once, before its callbacks are."""
    card = folder / "card1"
    card.mkdir()
    program = Program(folder, room.env, prelude=UNPLUGGED)
    programs.append(program)
    program.tell("open")
    program.wait_for("sound True")
    card.rmdir()
    assert program.wait_for("sound", 10).endswith(" is gone")
    assert program.wait_for("sound") == "sound True", "and another is taken"
    program.tell("shut")
    program.end()


@pytest.mark.sound
def test_the_sound_system_dies(tmp_path_factory, folder, programs):
    """When the sound vanishes in the middle of a cue, it is told; it comes back by itself, without the old cue."""
    place = tmp_path_factory.mktemp("own")
    room = Room(place)
    program = Program(folder, room.env)
    programs.append(program)
    try:
        with room.microphone():
            program.tell("open")
            program.wait_for("sound True")
            program.tell("say a second")
            time.sleep(0.6)
            room.server.kill()
            assert program.wait_for("sound", 10).startswith("sound False no sound: ")
    finally:
        room.close()
    (place / "native").unlink(missing_ok=True)
    room = Room(place)
    try:
        with room.microphone() as microphone:
            assert program.wait_for("sound", 20) == "sound True"
            time.sleep(1)
            assert not microphone.samples.any()
            assert said(program, microphone, "half a second", clip(folder, "half a second")) == 1
        program.tell("shut")
        lines = program.end()
    finally:
        room.close()
    assert not [line for line in lines if line.startswith("crashed")]
    assert "log the sound is back" in lines


NO_LIBRARY = """
import types
class Finder:
    def find_spec(self, name, *_):
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
sys.meta_path.insert(0, Finder())
"""


def test_no_device_for_weeks(folder, monkeypatch):
    """While there is no device and nobody wants one, it is looked for ever more seldom; from the next session on, anew."""
    looks = []

    def find(_: str, _before: Card | None) -> Output:
        looks.append(1)
        raise SoundError("no sound: none")

    monkeypatch.setattr(speaker, "find", find)
    monkeypatch.setattr(speaker, "LOOK", (0.01, 0.02, 60.0))
    monkeypatch.setattr(speaker, "RETRY", (60.0,))
    answers: queue.SimpleQueue[Sound] = queue.SimpleQueue()
    faults: list[Fault] = []
    one = Speaker(
        ClipCache(folder, "voice"), lambda told: faults.append(told) if isinstance(told, Fault) else answers.put(told)
    )
    appears(lambda: len(looks) >= 3)
    time.sleep(0.3)
    assert len(looks) == 3, "at the start, and two more"
    one.open()
    assert not answers.get(timeout=5).ready
    before = len(looks)
    one.close()
    appears(lambda: len(looks) >= before + 2)
    time.sleep(0.3)
    assert len(looks) == before + 2
    one.shut()
    assert faults == [Fault("sound", "no sound: none")], "also while nobody wants it, and once"


def test_no_portaudio(folder, programs):
    """Without libportaudio2 its package is named, once, and nothing crashes."""
    program = Program(folder, dict(os.environ), prelude=NO_LIBRARY)
    programs.append(program)
    for command in ("open", "say a second", "tone START", "hush", "close", "open"):
        program.tell(command)
    assert program.wait_for("sound") == f"sound False {NO_PORTAUDIO}"
    assert "sudo apt-get install libportaudio2" in NO_PORTAUDIO
    program.tell("shut")
    lines = program.end()
    assert [line for line in lines if line.startswith("log")] == [f"log {NO_PORTAUDIO}"]
    assert "threads []" in lines


def test_no_device(folder, programs, tmp_path):
    """Without any sound device a line says so, with what to do, and nothing crashes; the library prints nothing of its own."""
    env = os.environ | {"PULSE_SERVER": "unix:/nowhere", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    program = Program(folder, env)
    programs.append(program)
    program.tell("open")
    line = program.wait_for("sound")
    assert line.startswith("sound False no sound: ")
    assert "aplay -l" in line or "apt-get" in line
    program.tell("shut")
    lines = program.end()
    others = [line for line in lines if not line.startswith(("sound", "done", "threads"))]
    assert sorted(others) == [f"fault {line[12:]}", f"log {line[12:]}"]
    assert "threads []" in lines


BROKEN = """
import types
class PortAudioError(Exception):
    pass
def fail(*_, **__):
    raise PortAudioError("Error querying device -1")
broken = types.ModuleType("sounddevice")
broken.PortAudioError = PortAudioError
broken._initialized = 1
broken.query_devices = broken._terminate = broken._initialize = fail
sys.modules["sounddevice"] = broken
"""


def test_a_library_that_fails(folder, programs):
    """Whatever PortAudio answers while it looks for devices, the speaker goes on trying: its thread must not end."""
    program = Program(folder, dict(os.environ), prelude=BROKEN)
    programs.append(program)
    program.tell("open")
    assert "Error querying device" in program.wait_for("sound False")
    time.sleep(0.5)
    program.tell("again")
    assert "Error querying device" in program.wait_for("sound False")
    program.tell("shut")
    lines = program.end()
    assert "threads []" in lines
    assert not [line for line in lines if line.startswith("crashed")]
