"""The clip cache: what is in it is heard whole; what is damaged is not in it."""

import os
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.core.plan import estimate
from pitrainer.devices.clips import ClipCache
from pitrainer.devices.tones import RATE
from pitrainer.files import replacing

VOICE = "58af"
HELLO = np.arange(-1_200, 1_200, dtype=np.int16)


@pytest.fixture
def cache(tmp_path: Path) -> ClipCache:
    return ClipCache(tmp_path / "clips", VOICE)


def again(cache: ClipCache) -> ClipCache:
    """The cache as another process sees it."""
    return ClipCache(cache.folder, VOICE)


def is_missing(cache: ClipCache, text: str = "Hello.") -> bool:
    """Every way to ask says that there is none; and the question is asked twice, since answers are remembered."""
    for _ in range(2):
        cache.preload([text])
        gone = [text not in cache, cache.samples(text) is None, cache.missing([text]) == [text]]
        gone.append(cache.length(text) == estimate(text))
        assert len(set(gone)) == 1, gone
    return gone[0]


def write_wav(file: Path, samples: np.ndarray, *, channels: int = 1, width: int = 2, rate: int = RATE) -> None:
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(rate)
        wav.writeframes(samples.tobytes())


def test_what_is_written_is_read(cache):
    """A clip is heard as it was made, in this process and in the next."""
    assert is_missing(cache)
    cache.write("Hello.", HELLO)
    for one in (cache, again(cache)):
        assert not is_missing(one)
        assert np.array_equal(one.samples("Hello."), HELLO)
        assert one.length("Hello.") == 50


@pytest.mark.parametrize(
    ("frames", "ms"), [(1, 1), (47, 1), (48, 1), (49, 2), (47_999, 1_000), (48_000, 1_000), (48_001, 1_001)]
)
def test_length_covers_every_sample(cache, frames, ms):
    """A clip's length is never shorter than its sound: the next cue would run into its end."""
    cache.write("Hello.", np.ones(frames, np.int16))
    assert cache.length("Hello.") == again(cache).length("Hello.") == ms


def test_another_voice(cache):
    """The clips of one voice are never heard in a session of another, nor those of a text for a text like it."""
    cache.write("Hello.", HELLO)
    assert is_missing(ClipCache(cache.folder, "another"))
    for text in ("hello.", "Hello", "Hello. ", ""):
        assert is_missing(cache, text)


def test_missing_in_order_and_once(cache):
    """What `prepare` makes first is what a session needs first, and nothing is made twice."""
    cache.write("b", HELLO)
    assert cache.missing(["c", "b", "a", "c", "a"]) == ["c", "a"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    cache = ClipCache(tmp_path_factory.mktemp("whole"), VOICE)
    cache.write("Hello.", HELLO)
    return cache.path("Hello.").read_bytes()


@pytest.mark.parametrize("left", [0, 1, 11, 12, 20, 35, 43, 44, 45, 46, 1_000, 2_401, 4_842, 4_843])
def test_a_cut_clip(cache, whole, left):
    """A clip that a full disk or a power cut has cut anywhere is missing: it is not heard in part, it is made anew."""
    cache.folder.mkdir()
    assert left < len(whole)
    cache.path("Hello.").write_bytes(whole[:left])
    assert is_missing(cache)
    cache.write("Hello.", HELLO)
    assert not is_missing(cache)


@pytest.mark.parametrize(
    "form",
    [
        {"channels": 2},
        {"rate": 44_100},
        {"rate": 22_050},
        {"width": 1},
        {"width": 4},
    ],
    ids=str,
)
def test_another_format(cache, form):
    """A WAV file of another format would be played at the wrong speed, or as noise: it is missing."""
    cache.folder.mkdir()
    write_wav(cache.path("Hello."), HELLO, **form)
    assert is_missing(cache)


def test_no_samples(cache):
    """An empty clip says nothing, so that it is none."""
    cache.folder.mkdir()
    write_wav(cache.path("Hello."), HELLO[:0])
    assert is_missing(cache)


def test_a_longer_file(cache, whole):
    """Samples and a byte behind the end are not what was written."""
    cache.folder.mkdir()
    cache.path("Hello.").write_bytes(whole + b"\0")
    assert is_missing(cache)


def test_a_folder_in_its_place(cache):
    """A folder with the clip's name is no clip."""
    cache.path("Hello.").mkdir(parents=True)
    assert is_missing(cache)


@given(st.binary(max_size=300), st.integers(0, 60))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage(tmp_path, whole, garbage, kept):
    """A file of any bytes, with or without the beginning of a clip, is missing and raises nothing."""
    cache = ClipCache(tmp_path, VOICE)
    cache.path("Hello.").write_bytes(whole[:kept] + garbage)
    assert is_missing(cache)


@given(st.integers(0, 43), st.integers(0, 255))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_header(tmp_path, whole, place, byte):
    """One wrong byte in the header never gives other samples than were written, nor a traceback."""
    cache = ClipCache(tmp_path, VOICE)
    cache.path("Hello.").write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    samples = cache.samples("Hello.")
    same = samples is None or np.array_equal(samples, HELLO)
    assert same
    assert (samples is None) == ("Hello." not in cache)


@pytest.mark.usefixtures("plain_user")
def test_unreadable_folder(cache):
    """Clips that may not be read are missing."""
    cache.write("Hello.", HELLO)
    cache.folder.chmod(0)
    try:
        assert is_missing(again(cache))
    finally:
        cache.folder.chmod(0o700)


def test_a_file_in_the_folder_s_place(tmp_path):
    """Where there can be no folder, reading finds nothing, and writing says so."""
    (tmp_path / "clips").write_text("not a folder")
    cache = ClipCache(tmp_path / "clips", VOICE)
    assert is_missing(cache)
    with pytest.raises(OSError, match="clips"):
        cache.write("Hello.", HELLO)


def test_preload_forgets(cache):
    """A session plays from memory; what belonged to the one before is let go."""
    cache.write("a", HELLO)
    cache.write("b", HELLO[::-1].copy())
    cache.preload(["a", "not there"])
    cache.path("a").unlink()
    assert np.array_equal(cache.samples("a"), HELLO)
    cache.preload(["b"])
    assert cache.samples("a") is None
    cache.path("b").unlink()
    assert np.array_equal(cache.samples("b"), HELLO[::-1])
    cache.preload([])
    assert cache.samples("b") is None


def test_a_clip_replaced_while_it_plays(cache):
    """`prepare` beside a running session does not change what is in the session's hands."""
    cache.write("a", HELLO)
    held = cache.samples("a")
    cache.write("a", np.zeros(100, np.int16))
    assert np.array_equal(held, HELLO)


class FullDisk(OSError):
    """No space left."""


def test_a_write_that_fails(tmp_path):
    """A write that fails half-way leaves what was there before, and nothing else."""
    file = tmp_path / "x"
    file.write_text("before")

    def write() -> None:
        with replacing(file) as part:
            part.write(b"half")
            part.flush()
            raise FullDisk

    with pytest.raises(FullDisk):
        write()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]
    file.unlink()
    with pytest.raises(FullDisk):
        write()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_seen_before_it_is_whole(tmp_path):
    """Who looks while a file is written sees the old one, whole; afterwards the new one, which others may read."""
    file = tmp_path / "x"
    file.write_text("before")
    with replacing(file) as part:
        part.write(b"after")
        part.flush()
        assert file.read_text() == "before"
    assert file.read_text() == "after"
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["no folder/x", "folder"])
def test_a_place_that_cannot_be_written(tmp_path, name):
    """A place that is a folder, or in none, is refused without a trace."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"No such file|regular file"), replacing(tmp_path / name) as part:
        part.write(b"x")
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]
    assert not list((tmp_path / "folder").iterdir())


def test_a_device_is_not_replaced(tmp_path):
    """`render neck /dev/null` by root must not put a file in the place of a device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="regular file"), replacing(pipe) as part:
        part.write(b"x")
    assert list(tmp_path.iterdir()) == [pipe]
    assert pipe.is_fifo()
