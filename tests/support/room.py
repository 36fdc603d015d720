"""A room without a sound card: PulseAudio with a null sink, which has a real clock, and a microphone at its monitor."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
NEEDED = ("pulseaudio", "parec", "pactl", "amixer")
PACKAGES = "pulseaudio pulseaudio-utils libasound2-plugins libportaudio2 alsa-utils"

# PulseAudio aborts now and then, above all on a busy machine, when a client leaves with whom it shares the memory of a sound
# ("Assertion 'pa_atomic_load(&b->pool->stat.n_imported) > 0' failed"); without, it goes through the socket. And as root it
# has the kernel kill it once its realtime thread has worked for 200 ms without a wait, as after the machine stood still.
CONFIG = "enable-shm = no\nrlimit-rttime = -1\n"

PATIENT = (
    "import sys; from pitrainer.audio import speaker; from pitrainer.cli import main; speaker.STALL = 30; sys.exit(main.main())"
)
PITRAINER = [sys.executable, "-c", PATIENT]
"""The program, which takes no speaker for gone where a busy machine stands still for a moment: it would pause the session."""


def missing() -> str:
    """Return what to install, or nothing."""
    return "" if all(map(shutil.which, NEEDED)) else f"apt-get install {PACKAGES}"


class Room:
    """A running PulseAudio; `env` makes a program's PortAudio use it."""

    def __init__(self, folder: Path) -> None:
        self.env = os.environ | {
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(folder),
            "PULSE_SERVER": f"unix:{folder}/native",
        }
        config = folder / "daemon.conf"
        config.write_text(CONFIG)
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=stderr"]
        modules = [f"--load=module-native-protocol-unix auth-anonymous=1 socket={folder}/native"]
        modules += [f"--load=module-null-sink sink_name=room rate={RATE}"]
        self._log = folder / "pulseaudio.log"
        with self._log.open("wb") as log:
            self.server = subprocess.Popen(command + modules, env=self.env | {"PULSE_CONFIG": str(config)}, stderr=log)
        for _ in range(100):
            if subprocess.run(["pactl", "info"], env=self.env, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        self.close()
        raise RuntimeError(self._log.read_text())

    def close(self) -> None:
        self.server.terminate()
        self.server.wait(10)

    def death(self) -> str:
        """Return how PulseAudio ended, and what it said; nothing as long as it runs."""
        if (code := self.server.poll()) is None:
            return ""
        return f"PulseAudio ended with exit code {code}; its log:\n{self._log.read_text(errors='replace')}"

    def mute(self, on: bool) -> None:
        """Mute the room's speaker at its own mixer, or unmute it."""
        subprocess.run(["pactl", "set-sink-mute", "room", str(int(on))], env=self.env, check=True)

    @contextmanager
    def microphone(self) -> Iterator["Recording"]:
        """Record what is heard while the block runs."""
        # Without a listener that wants little delay, the null sink asks for sound only every two seconds.
        command = ["parec", "-d", "room.monitor", "--latency-msec=5", f"--rate={RATE}"]
        command += ["--channels=1", "--format=s16le", "--raw"]
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE) as process:
            recording = Recording(process)
            try:
                recording.started.wait(10)
                yield recording
                time.sleep(0.3)  # what was played last is still on its way
            finally:
                process.terminate()
                recording.thread.join()


class Rooms:
    """One room for all tests, and another for those that come after its PulseAudio has died."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: list[Room] = []

    @contextmanager
    def room(self) -> Iterator[Room]:
        """Lend the room to a test, which is told if PulseAudio died in it.

        Raises:
            AssertionError: It did.
        """
        if not self._opened or self._opened[-1].death():
            place = self._folder / str(len(self._opened))
            place.mkdir()
            self._opened.append(Room(place))
        room = self._opened[-1]
        yield room
        death = room.death()
        assert not death, death

    def close(self) -> None:
        for room in self._opened:
            room.close()


class Recording:
    """Samples as they come, and when they were in the room."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._parts: list[bytes] = []
        self._count = 0
        self._arrivals: list[tuple[float, float]] = []
        """For each piece, when it came, and which moment of the first sample that implies."""
        self.started = threading.Event()
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        assert self._process.stdout
        while part := os.read(self._process.stdout.fileno(), 65536):
            self._parts.append(part)
            self._count += len(part) // 2
            now = time.monotonic()
            self._arrivals.append((now, now - self._count / RATE))
            self.started.set()

    def place(self, moment: float) -> int:
        """Return which sample was in the room at a moment of the monotonic clock.

        Pieces come late, never early: the earliest of those around the moment is right. A busy machine's recorder loses
        some samples now and then, which is why those far away do not count.
        """
        near = [zero for at, zero in self._arrivals if abs(at - moment) < 4]
        return round((moment - min(near)) * RATE)

    @property
    def lost(self) -> float:
        """Milliseconds that the recorder lost."""
        end = self._arrivals[-1][0]
        return (end - self.place(end) / RATE - min(zero for _, zero in self._arrivals)) * 1000

    @property
    def samples(self) -> NDArray[np.float32]:
        """Everything so far, in -1 to 1."""
        data = b"".join(self._parts)
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)
