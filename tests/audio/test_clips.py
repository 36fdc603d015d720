"""The clip cache: what is in it is heard whole; what is damaged is not in it."""

import io
import os
import subprocess
import sys
import time
import wave
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.audio.clips import NAME, ClipCache, samples_of
from pitrainer.audio.tones import RATE
from pitrainer.cli.common import load_programs
from pitrainer.cli.main import main, make_parser
from pitrainer.core.languages import LANGUAGES, Phrase
from pitrainer.core.speech import estimate
from pitrainer.errors import PitrainerError
from pitrainer.files import replacing
from pitrainer.service.build import clips_of, phrases_of
from pitrainer.voice.prepare import synthesise
from support.appliance import fill, write_home
from support.fakes import TESTS
from support.spoken import en, other_language, texts

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
    phrase = en(text)
    for _ in range(2):
        cache.preload([phrase])
        gone = [phrase not in cache, cache.samples(phrase) is None, cache.missing([phrase]) == [phrase]]
        gone.append(cache.length(phrase) == estimate(phrase))
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
    cache.write(en("Hello."), HELLO)
    for one in (cache, again(cache)):
        assert not is_missing(one)
        assert np.array_equal(one.samples(en("Hello.")), HELLO)
        assert one.length(en("Hello.")) == 50


@pytest.mark.parametrize(
    ("frames", "ms"), [(1, 1), (47, 1), (48, 1), (49, 2), (47_999, 1_000), (48_000, 1_000), (48_001, 1_001)]
)
def test_length_covers_every_sample(cache, frames, ms):
    """A clip's length is never shorter than its sound: the next cue would run into its end."""
    cache.write(en("Hello."), np.ones(frames, np.int16))
    assert cache.length(en("Hello.")) == again(cache).length(en("Hello.")) == ms


def test_another_voice(cache):
    """The clips of one voice are never heard in a session of another, nor those of a text for a text like it."""
    cache.write(en("Hello."), HELLO)
    assert is_missing(ClipCache(cache.folder, "another"))
    for text in ("hello.", "Hello", "Hello. ", ""):
        assert is_missing(cache, text)


def test_a_voice_of_its_own(cache, monkeypatch):
    """A language with a voice of its own has its own clips of the same texts; every other has those of the usual voice."""
    monkeypatch.setitem(LANGUAGES, "de", other_language("de", pace=7))
    monkeypatch.setitem(LANGUAGES, "fr", other_language("fr"))
    cache.write(en("Hello."), HELLO)
    both = ClipCache(cache.folder, VOICE, {"de": "another"})
    german = Phrase("Hello.", "de")
    assert both.missing([en("Hello."), german, Phrase("Hello.", "fr")]) == [german]
    assert both.length(german) == 300 + len("Hello.") * 1000 // 7
    both.write(german, HELLO[::-1].copy())
    both.preload([en("Hello."), german])
    assert np.array_equal(both.samples(en("Hello.")), HELLO)
    assert np.array_equal(both.samples(german), HELLO[::-1])
    assert not is_missing(ClipCache(cache.folder, "another"))
    assert both.prune([german], 0) == 1
    assert texts(ClipCache(cache.folder, VOICE, {"de": "another"}).missing([en("Hello."), german])) == ["Hello."]


def test_missing_in_order_and_once(cache):
    """What `prepare` makes first is what a session needs first, and nothing is made twice."""
    cache.write(en("b"), HELLO)
    assert texts(cache.missing(map(en, "cbaca"))) == ["c", "a"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    cache = ClipCache(tmp_path_factory.mktemp("whole"), VOICE)
    cache.write(en("Hello."), HELLO)
    return cache.path(en("Hello.")).read_bytes()


@pytest.mark.parametrize("left", [0, 1, 11, 12, 20, 35, 43, 44, 45, 46, 1_000, 2_401, 4_842, 4_843])
def test_a_cut_clip(cache, whole, left):
    """A clip that a full disk or a power cut has cut anywhere is missing: it is not heard in part, it is made anew."""
    cache.folder.mkdir()
    assert left < len(whole)
    cache.path(en("Hello.")).write_bytes(whole[:left])
    assert is_missing(cache)
    cache.write(en("Hello."), HELLO)
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
    write_wav(cache.path(en("Hello.")), HELLO, **form)
    assert is_missing(cache)


def test_no_samples(cache):
    """An empty clip says nothing, so that it is none."""
    cache.folder.mkdir()
    write_wav(cache.path(en("Hello.")), HELLO[:0])
    assert is_missing(cache)


def test_a_longer_file(cache, whole):
    """Samples and a byte behind the end are not what was written."""
    cache.folder.mkdir()
    cache.path(en("Hello.")).write_bytes(whole + b"\0")
    assert is_missing(cache)


def test_a_folder_in_its_place(cache):
    """A folder with the clip's name is no clip."""
    cache.path(en("Hello.")).mkdir(parents=True)
    assert is_missing(cache)


@given(st.binary(max_size=300), st.integers(0, 60))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage(tmp_path, whole, garbage, kept):
    """A file of any bytes, with or without the beginning of a clip, is missing and raises nothing."""
    cache = ClipCache(tmp_path, VOICE)
    cache.path(en("Hello.")).write_bytes(whole[:kept] + garbage)
    assert is_missing(cache)


@given(st.integers(0, 43), st.integers(0, 255))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_header(tmp_path, whole, place, byte):
    """One wrong byte in the header never gives other samples than were written, nor a traceback."""
    cache = ClipCache(tmp_path, VOICE)
    cache.path(en("Hello.")).write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    samples = cache.samples(en("Hello."))
    same = samples is None or np.array_equal(samples, HELLO)
    assert same
    assert (samples is None) == (en("Hello.") not in cache)


@pytest.mark.usefixtures("plain_user")
def test_unreadable_folder(cache):
    """Clips that may not be read are missing."""
    cache.write(en("Hello."), HELLO)
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
        cache.write(en("Hello."), HELLO)


def test_preload_forgets(cache):
    """A session plays from memory; what belonged to the one before is let go."""
    cache.write(en("a"), HELLO)
    cache.write(en("b"), HELLO[::-1].copy())
    cache.preload([en("a"), en("not there")])
    cache.path(en("a")).unlink()
    assert np.array_equal(cache.samples(en("a")), HELLO)
    cache.preload([en("b")])
    assert cache.samples(en("a")) is None
    cache.path(en("b")).unlink()
    assert np.array_equal(cache.samples(en("b")), HELLO[::-1])
    cache.preload([])
    assert cache.samples(en("b")) is None


def test_a_clip_replaced_while_it_plays(cache):
    """`prepare` beside a running session does not change what is in the session's hands."""
    cache.write(en("a"), HELLO)
    held = cache.samples(en("a"))
    cache.write(en("a"), np.zeros(100, np.int16))
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
    """Who looks while a file is written sees the old one, whole; afterwards the new one."""
    file = tmp_path / "x"
    file.write_text("before")
    with replacing(file) as part:
        part.write(b"after")
        part.flush()
        assert file.read_text() == "before"
    assert file.read_text() == "after"
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


def test_verify(cache, caplog):
    """What was damaged behind a header that is right is found by its CRC, said once, and missing from then on."""
    cache.write(en("Hello."), HELLO)
    cache.write(en("Bye."), HELLO)
    clip = cache.path(en("Hello."))
    data = clip.read_bytes()
    clip.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    fresh = again(cache)
    assert en("Hello.") in fresh  # only the header was read
    for _ in range(2):
        fresh.verify(map(en, ["Hello.", "Bye.", "not there"]))
        assert fresh.missing([en("Hello."), en("Bye.")]) == [en("Hello.")]
    assert caplog.messages == [f"{clip}: the clip of 'Hello.' is damaged; it will be made again"]


def test_replaced_by_another_process(cache):
    """A damaged clip that another process has made again is known again, without a restart."""
    cache.write(en("Hello."), HELLO)
    clip = cache.path(en("Hello."))
    clip.write_bytes(clip.read_bytes()[:-2] + b"\x12\x34")
    fresh = again(cache)
    assert fresh.samples(en("Hello.")) is None
    assert is_missing(fresh)
    os.utime(clip, (1, 1))  # a clock that steps: another time, not a later one
    again(cache).write(en("Hello."), HELLO)
    assert not is_missing(fresh)
    assert np.array_equal(fresh.samples(en("Hello.")), HELLO)


def test_removed_by_another_process(cache):
    """A clip that another process has removed is missing, though its length was known; not where the folder cannot be read."""
    for text in ("Hello.", "Bye."):
        cache.write(en(text), HELLO)
    cache.path(en("Hello.")).unlink()
    assert texts(cache.missing(map(en, ["Hello.", "Bye."]))) == ["Hello."]
    assert is_missing(cache)
    cache.folder.rename(cache.folder.with_name("elsewhere"))
    cache.folder.touch()
    assert texts(cache.missing(map(en, ["Hello.", "Bye."]))) == ["Hello."]
    cache.folder.unlink()
    assert texts(cache.missing(map(en, ["Hello.", "Bye."]))) == ["Hello.", "Bye."]


def test_prune(cache):
    """Beyond the limit the clips longest unused go first, as many as must; those that are needed, and other files, stay."""
    phrases = [*map(en, ["oldest", "needed", "old", "new"])]
    for age, phrase in enumerate(phrases):
        cache.write(phrase, HELLO)
        os.utime(cache.path(phrase), (age + 1_000, age + 1_000))
    size = cache.path(en("new")).stat().st_size
    (cache.folder / "readme.txt").write_bytes(bytes(10))
    (cache.folder / "a folder").mkdir()
    assert cache.prune([en("needed")], 4 * size + 10) == 0
    assert cache.prune([en("needed")], 3 * size) == 2  # the other file counts, and is nobody's to remove
    assert texts(phrase for phrase in phrases if phrase in again(cache)) == ["needed", "new"]
    assert cache.prune([en("needed")], 0) == 1
    assert texts(phrase for phrase in phrases if phrase in again(cache)) == ["needed"]
    assert {"readme.txt", "a folder"} < {file.name for file in cache.folder.iterdir()}


def test_prune_parts(cache):
    """What a killed process left half-written goes after a while; what another is writing now stays."""
    cache.write(en("Hello."), HELLO)
    old, new = (cache.folder / f".{name}.part" for name in ("old", "new"))
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert cache.prune([], 10**9) == 0
    assert not old.exists()
    assert new.exists()
    assert ClipCache(cache.folder / "gone", VOICE).prune([], 0) == 0


def test_prune_parts_first(cache):
    """No clip is removed for the room that a part gives back, be it older or younger than the clips."""
    for age in (3 * 3600, 2 * 3600):
        cache.write(en("Hello."), HELLO)
        (part := cache.folder / ".x.part").write_bytes(bytes(10_000))
        now = time.time()
        os.utime(part, (now - age, now - age))
        os.utime(cache.path(en("Hello.")), (now - 2.5 * 3600, now - 2.5 * 3600))
        assert cache.prune([], cache.size() - 10_000) == 0
        assert not part.exists()


def test_prune_beside_another(cache, monkeypatch):
    """A part that another process renames meanwhile keeps nothing from being removed."""
    cache.write(en("Hello."), HELLO)
    part = cache.folder / ".x.part"
    part.write_bytes(b"half")
    real = os.scandir

    def scandir(folder: Path) -> nullcontext[list[os.DirEntry[str]]]:
        with real(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        part.unlink()
        return nullcontext(found)

    monkeypatch.setattr(os, "scandir", scandir)
    assert cache.prune([], 0) == 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose programs have silent clips."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    fill(tmp_path)
    return tmp_path


def test_what_is_played_is_in_use(home):
    """A session that needs no new clip uses those that there are: they are not among the first to go."""
    clips = list((home / "clips").iterdir())
    for clip in clips:
        os.utime(clip, (0, 0))
    assert main(["render", "small", "x.wav"]) == 0
    assert any(clip.stat().st_mtime for clip in clips)


@pytest.mark.parametrize(
    "arguments", [["--text", "Hello."], ["./short.toml"], ["--profile", "child"], ["--phrases"], []], ids=str
)
def test_the_limit_holds(home, arguments, monkeypatch):
    """Whatever is prepared: beyond `clips_mb` the clips longest unused go, but neither what was asked for just now, nor what
    the settings' programs need."""
    monkeypatch.setattr(sys, "stdin", io.StringIO('[["Hello.", "en"]]'))  # all that a trainer misses
    settings = home / "pitrainer.toml"
    settings.write_text("voice.clips_mb = 50\n" + settings.read_text())
    (home / "short.toml").write_bytes((TESTS / "routines" / "short.toml").read_bytes())
    options = make_parser().parse_args(["prepare", *arguments])
    in_force, (asked, programs) = load_programs(Namespace(config=None)), load_programs(options)
    clips = clips_of(asked.settings)
    phrases = {*phrases_of(asked, programs, clips), *phrases_of(*in_force, clips)}
    phrases |= {en("Hello.")}
    for phrase in phrases:
        clips.write(phrase, HELLO)
        os.utime(clips.path(phrase), (5, 5))
    others = [clips.folder / f"{number:032x}.wav" for number in range(4)]
    for number, other in enumerate(others):
        with other.open("wb") as file:
            file.truncate(20_000_000)
        os.utime(other, (number + 10, number + 10))
    assert main(["prepare", *arguments]) == 0
    assert [other.exists() for other in others] == [False, False, True, True]
    # The announced minutes may be others, now that the lengths are known.
    needed = {
        *phrases_of(asked, programs, clips),
        *phrases_of(*in_force, clips),
        *([en("Hello.")] if options.text or options.phrases else []),
    }
    assert all(clips.path(phrase).exists() for phrase in needed)


# `prepare`, whatever the cache's folder is like

ROUTINE = """
schema = 1
id = "tiny"
title = "Tiny"
language = "en"
[[exercise]]
id = "push"
name = "Push"
say = "Push."
hold = "3s"
"""


class Person:
    """Runs the program in a home of their own."""

    def __init__(self, home: Path) -> None:
        self.clips = home / "clips"
        (home / "tiny.toml").write_text(ROUTINE)
        (home / "s.toml").write_text(f'paths.cache = "{self.clips}"\n')
        self.command = [sys.executable, "-c", "import sys; from pitrainer.cli.main import main; sys.exit(main(sys.argv[1:]))"]
        self.command += ["prepare", str(home / "tiny.toml"), "--config", str(home / "s.toml")]

    def start(self, before: str = "pass") -> subprocess.Popen[str]:
        command = [*self.command[:2], f"{before}; {self.command[2]}", *self.command[3:]]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)

    def prepare(self, before: str = "pass") -> tuple[int, str, list[str]]:
        process = self.start(before)
        out, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        return process.returncode, out, [line for line in err.splitlines() if not line.startswith("preparing the voice")]

    def whole(self) -> set[str]:
        """The clips that there are; each is whole."""
        files = {file.name: file for file in self.clips.glob("*") if NAME.fullmatch(file.name) and file.is_file()}
        assert all(samples_of(file.read_bytes()) is not None for file in files.values())
        return set(files)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_a_folder_full_of_garbage(person):
    """Among any files the clips are made; one that became noise or another format is named, and made again, to the bit."""
    person.clips.mkdir()
    (person.clips / "folder.wav").mkdir()
    (person.clips / "link.wav").symlink_to("/dev/zero")
    os.mkfifo(person.clips / "0123456789abcdef0123456789abcdef.wav")
    for number in range(50):
        (person.clips / f"{number:032x}.wav").write_bytes(os.urandom(number * 20))
    garbage = {file.name for file in person.clips.iterdir()}
    code, out, err = person.prepare()
    assert (code, err) == (0, [])
    assert out.endswith(" phrases prepared\n")
    made = {file.name: file.read_bytes() for file in person.clips.iterdir() if file.name not in garbage}
    assert garbage < {file.name for file in person.clips.iterdir()}
    noise, other, tail = sorted(made)[:3]
    (person.clips / noise).write_bytes(os.urandom(len(made[noise])))
    write_wav(person.clips / other, HELLO, rate=22_050)
    (person.clips / tail).write_bytes(made[tail][:-500] + os.urandom(500))
    code, out, err = person.prepare()
    assert (code, out) == (0, "3 phrases prepared\n")
    assert len(err) == 3
    assert all("is damaged; it will be made again" in line for line in err)
    assert {name: (person.clips / name).read_bytes() for name in made} == made


def test_a_full_disk(person):
    """Where the disk is full, one line says so, and no part of a clip is left."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, -1))"
    code, out, err = person.prepare(full)
    assert (code, out, err) == (2, "", [f"pitrainer: {person.clips}: clips cannot be written: File too large"])
    assert {file.name for file in person.clips.iterdir()} == person.whole()


class Hum:
    """A voice that says everything alike."""

    def say(self, _text: str) -> np.ndarray:
        return HELLO


@pytest.mark.usefixtures("plain_user")
def test_a_read_only_folder(cache):
    """A folder that may not be written is named in one line; what is in it is found nevertheless."""
    synthesise(cache, Hum(), [en("a")], lambda: None)
    cache.folder.chmod(0o500)
    try:
        with pytest.raises(PitrainerError) as caught:
            synthesise(cache, Hum(), [en("b"), en("c")], lambda: None)
        assert str(caught.value) == f"{cache.folder}: clips cannot be written: Permission denied"
        assert again(cache).missing(map(en, "abc")) == [en("b"), en("c")]
    finally:
        cache.folder.chmod(0o700)


def test_killed_at_any_moment(person):
    """Killed at random moments, `prepare` leaves whole clips only, and loses none; later two at once finish it, in peace."""
    random = Random(3)
    before: set[str] = set()
    for _ in range(5):
        process = person.start()
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            if person.clips.exists() and len(list(person.clips.glob("*.wav"))) > len(before):
                break
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.1))
        process.kill()
        process.communicate()
        assert before <= person.whole()
        before = person.whole()
    for process in [person.start() for _ in range(2)]:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    assert before < person.whole()
    assert person.prepare() == (0, "every phrase has its clip\n", [])


def test_another_rate(cache: ClipCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a card of another rate clips are converted when they are loaded, those that are loaded already as well."""
    sine = (9_000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.int16)
    cache.write(en("A."), sine)
    cache.write(en("B."), sine[: RATE // 2])
    cache.preload([en("A.")])
    cache.play_at(44_100)
    loaded, read = cache.samples(en("A.")), cache.samples(en("B."))
    assert loaded is not None
    assert read is not None
    assert (len(loaded), len(read)) == (44_100, 22_050)
    assert loaded.dtype == read.dtype == np.int16
    wanted = 9_000 * np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100)
    assert np.abs(loaded - wanted)[441:-441].max() < 10
    assert cache.length(en("A.")) == 1_000
    cache.play_at(RATE)
    assert np.array_equal(cache.samples(en("A.")), sine)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "soxr", None)
    with pytest.raises(ImportError):
        cache.play_at(44_100)
    assert np.array_equal(cache.samples(en("A.")), sine)  # type: ignore[arg-type]
