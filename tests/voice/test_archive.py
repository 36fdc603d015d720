"""Clips carried to another machine: whole clips come in; nothing else does, and nothing outside the cache is touched."""

import io
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitrainer.audio.clips import ClipCache, as_clip
from pitrainer.audio.tones import RATE
from pitrainer.cli.main import main
from pitrainer.errors import PitrainerError
from pitrainer.voice.archive import ABOUT, export_clips, import_clips, open_archive, other_parts
from pitrainer.voice.synthesis import Speech, voice_key, voice_parts
from support.spoken import en

TEXTS = ["One.", "Two.", "Three."]
BEFORE = b"of before"


@pytest.fixture
def parts() -> dict[str, str | int | float]:
    return voice_parts(None, Speech())


@pytest.fixture
def cache(tmp_path: Path) -> ClipCache:
    cache = ClipCache(tmp_path / "there", voice_key(None, Speech()))
    for number, text in enumerate(TEXTS):
        cache.write(en(text), np.arange(number * 1_000, number * 1_000 + 2_400, dtype=np.int16))
    return cache


@pytest.fixture
def exported(tmp_path: Path, cache: ClipCache, parts: dict[str, str | int | float]) -> Path:
    file = tmp_path / "clips.zip"
    assert export_clips(file, cache, map(en, TEXTS), parts) == len(TEXTS)
    return file


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The cache of another machine."""
    return tmp_path / "here"


def take(file: Path, folder: Path) -> tuple[int, list[str]]:
    with file.open("rb") as opened:
        return import_clips(open_archive(file, opened), folder)


def again(cache: ClipCache, folder: Path) -> ClipCache:
    return ClipCache(folder, cache._voice)


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def rewritten(exported: Path, change: Callable[[zipfile.ZipFile, list[tuple[str, bytes]]], None]) -> Path:
    """The same file, written by somebody else: `change` writes the members as it likes."""
    with zipfile.ZipFile(exported) as old:
        members = [(name, old.read(name)) for name in old.namelist()]
    file = exported.with_name("other.zip")
    with zipfile.ZipFile(file, "w") as new:
        change(new, members)
    return file


def test_there_and_back(exported, cache, here):
    """What was exported is heard on the other machine, sample for sample, under the same names; done twice, it is the same."""
    for _ in range(2):
        assert take(exported, here) == (3, [])
        assert content(here) == content(cache.folder)
    for text in TEXTS:
        assert np.array_equal(again(cache, here).samples(en(text)), cache.samples(en(text)))


def test_the_same_clips_are_the_same_file(exported, cache, parts):
    """An export can be compared by its checksum; anything can read it."""
    before = exported.read_bytes()
    export_clips(exported, cache, map(en, TEXTS), parts)
    assert exported.read_bytes() == before
    with zipfile.ZipFile(exported) as opened:
        assert opened.testzip() is None
        assert json.loads(opened.read(ABOUT)) == {"format": 2, "made_with": parts}


def test_a_file_of_before(exported, cache, here, parts):
    """A file in which the clips are as in the cache, as the first exports were, is read like one of today."""
    file = exported.with_name("before.zip")
    with zipfile.ZipFile(file, "w") as old:
        old.writestr(ABOUT, json.dumps({"format": 1, "made_with": parts}))
        for clip in sorted(cache.folder.iterdir()):
            old.write(clip, clip.name)
    assert take(file, here) == (3, [])
    assert content(here) == content(cache.folder)


@pytest.mark.parametrize("command", ["export", "import"])
def test_without_soundfile(exported, cache, here, parts, monkeypatch, command):
    """Where what reads FLAC is missing, one line names it, and nothing is written."""
    before = exported.read_bytes()
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(PitrainerError, match=r"needs soundfile .*; .*/bin/pip install soundfile$"):
        take(exported, here) if command == "import" else export_clips(exported, cache, map(en, TEXTS), parts)
    assert exported.read_bytes() == before
    assert not here.exists()


def test_an_export_that_fails(exported, cache, parts):
    """A damaged clip is not carried on, and the file of before stays."""
    before = exported.read_bytes()
    clip = cache.path(en("Two."))
    clip.write_bytes(clip.read_bytes()[:-2])
    with pytest.raises(PitrainerError, match="the clip is gone or damaged"):
        export_clips(exported, cache, map(en, TEXTS), parts)
    assert exported.read_bytes() == before
    assert {file.name for file in exported.parent.iterdir()} == {"there", "clips.zip"}


def test_other_settings(exported, parts):
    """Clips of another voice or speed are told from those that are needed, setting by setting."""
    with exported.open("rb") as opened:
        opened_archive = open_archive(exported, opened)
        assert other_parts(opened_archive, parts) == []
        other = voice_parts(None, Speech(speed=0.9)) | {"voice": "another"}
        assert other_parts(opened_archive, other) == ["voice.model", "voice.speed"]


def refused(file: Path, folder: Path) -> str:
    """The file is refused as a whole, in one line with its name, and the cache is as before."""
    folder.mkdir(exist_ok=True)
    (folder / "x").write_bytes(BEFORE)
    with pytest.raises(PitrainerError) as caught:
        take(file, folder)
    assert content(folder) == {"x": BEFORE}
    line = str(caught.value)
    assert line.startswith(f"{file}: ")
    assert "\n" not in line
    return line


def test_half_a_file(exported, here):
    """A file that was cut anywhere is refused as a whole."""
    whole = exported.read_bytes()
    for left in [*range(0, len(whole), 997), *range(len(whole) - 60, len(whole))]:
        exported.write_bytes(whole[:left])
        assert "is not a whole file of clips" in refused(exported, here)


ABOUTS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"[" * 5_000,
    b'{"format": 1}',
    b'{"format": 1, "made_with": {}}',
    b'{"format": 1, "made_with": []}',
    b'{"format": 1, "made_with": {"piper": 1}}',
    b'{"format": 1, "made_with": {"piper": "../../x"}}',
    b'{"format": 1, "made_with": {"piper": ""}}',
    b'{"format": 3, "made_with": {"piper": "1"}}',
    b'{"format": true, "made_with": {"piper": "1"}}',
    b'{"format": 2, "made_with": {"piper": "1"}}' + b" " * 20_000,
]


@pytest.mark.parametrize("about", ABOUTS, ids=lambda about: about[:45].decode())
def test_a_zip_that_is_not_ours(exported, here, about):
    """A zip without our description, or of a version to come, is refused."""

    def change(new: zipfile.ZipFile, members: list[tuple[str, bytes]]) -> None:
        new.writestr(ABOUT, about)
        new.writestr(*members[1])

    assert ("another version" in refused(rewritten(exported, change), here)) == (b": 3," in about or b"true" in about)


def test_no_description(exported, here):
    """Clips alone are not taken: nobody knows what made them."""
    refused(rewritten(exported, lambda new, members: new.writestr(*members[1])), here)
    refused(rewritten(exported, lambda _new, _members: None), here)


@pytest.mark.parametrize("data", [b"", b"x", b"RIFF" * 100, os.urandom(100_000), bytes(70)], ids=lambda data: str(len(data)))
def test_no_zip(tmp_path, here, data):
    """A file of anything else is refused."""
    (tmp_path / "x").write_bytes(data)
    refused(tmp_path / "x", here)


def test_more_than_clips(exported, here):
    """A list that would fill the memory is refused before it is read."""
    data = exported.read_bytes()
    for members, listed in [(60_000, 100), (3, 2_000_000_000)]:
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, members, members, listed, 0, 0)
        exported.write_bytes(data[:-22] + end)
        assert "has more in it than clips" in refused(exported, here)
    exported.write_bytes(data[:-22] + b"PK\6\7" + bytes(16) + data[-22:])  # zip64 may have any number
    refused(exported, here)


def test_overlapping_members(exported, here):
    """Members that share their bytes, as a bomb's do, cannot be more than the file."""
    data = bytearray(exported.read_bytes())
    place = data.rfind(b"PK\1\2")
    struct.pack_into("<LL", data, place + 20, 10**8, 10**8)
    exported.write_bytes(data)
    refused(exported, here)


CLIP = "0123456789abcdef0123456789abcdef.flac"


SAMPLES = np.arange(2_400, dtype=np.int16)


def flac(samples: np.ndarray, rate: int = RATE, **how: str) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, **{"format": "FLAC", "subtype": "PCM_16"} | how)
    return out.getvalue()


def bad_members() -> dict[str, Callable[[zipfile.ZipFile, bytes], None]]:
    def link(new: zipfile.ZipFile, _: bytes) -> None:
        info = zipfile.ZipInfo(CLIP)
        info.create_system = 3
        info.external_attr = 0o120777 << 16
        new.writestr(info, "/etc/passwd")

    names = [
        "../" + CLIP,
        "/tmp/" + CLIP,
        "a/" + CLIP,
        CLIP.upper(),
        CLIP + "/",
        "piper-version",
        "x.wav",
        CLIP + "\n",
        "☃" * 50,
    ]
    named = {name[:40]: lambda new, clip, name=name: new.writestr(name, clip) for name in names}
    return named | {
        "a link": link,
        "noise": lambda new, _: new.writestr(CLIP, os.urandom(5_000)),
        "one bit": lambda new, clip: new.writestr(CLIP, clip[:-1] + bytes([clip[-1] ^ 1])),
        "nothing": lambda new, _: new.writestr(CLIP, b""),
        "deflated": lambda new, clip: new.writestr(CLIP, clip, zipfile.ZIP_DEFLATED),
        "half of it": lambda new, clip: new.writestr(CLIP, clip[: len(clip) // 2]),
        "a clip of the cache": lambda new, _: new.writestr(CLIP, as_clip(SAMPLES)),
        "a clip of the cache, by its name": lambda new, _: new.writestr(CLIP.replace("flac", "wav"), as_clip(SAMPLES)),
        "stereo": lambda new, _: new.writestr(CLIP, flac(np.stack([SAMPLES, SAMPLES], 1))),
        "another rate": lambda new, _: new.writestr(CLIP, flac(SAMPLES, 44_100)),
        "24 bits": lambda new, _: new.writestr(CLIP, flac(SAMPLES, subtype="PCM_24")),
        "another kind of sound": lambda new, _: new.writestr(CLIP, flac(SAMPLES, format="OGG", subtype="VORBIS")),
        "no sound": lambda new, _: new.writestr(CLIP, flac(SAMPLES[:0])),
        "three minutes of nothing": lambda new, _: new.writestr(CLIP, flac(np.zeros(9_000_000, np.int16))),
        "a bomb": lambda new, _: new.writestr(CLIP, bytes(50_000_000), zipfile.ZIP_DEFLATED),
    }


BAD = bad_members()


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_member(exported, here, kind):
    """A member that is no whole clip with a clip's name is named in one line; the rest comes in; nothing else is written."""

    def change(new: zipfile.ZipFile, members: list[tuple[str, bytes]]) -> None:
        new.writestr(*members[0])
        BAD[kind](new, members[1][1])
        for member in members[1:]:
            new.writestr(*member)

    file = rewritten(exported, change)
    before = {path for path in here.parent.rglob("*") if here not in path.parents}
    count, bad = take(file, here)
    assert (count, len(bad)) == (3, 1)
    assert "\n" not in bad[0]
    assert len(bad[0]) < 150
    assert len(list(here.iterdir())) == 3
    assert {path for path in here.parent.rglob("*") if here not in path.parents} | {here} == before | {here}


def test_twice_the_same_name(exported, here):
    """Of two members of a name the first counts, and the second is named."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        file = rewritten(exported, lambda new, members: [new.writestr(*m) for m in [*members, members[1]]] and None)
    count, (line,) = take(file, here)
    assert count == 3
    assert line.endswith("is there twice")


def test_a_damaged_clip_in_the_file(exported, cache, here):
    """One wrong byte in a carried clip leaves out this one."""
    data = bytearray(exported.read_bytes())
    data[data.find(b"fLaC") + 200] ^= 1
    exported.write_bytes(data)
    count, (line,) = take(exported, here)
    assert count == 2
    assert line == f"'{cache.path(en('One.')).stem}.flac': is damaged"
    assert again(cache, here).missing(map(en, TEXTS)) == [en("One.")]


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=30))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage(exported, cache, tmp_path, place, garbage):
    """Whatever bytes are wrong, what comes in are the clips that went out; else the file is refused as a whole."""
    data = exported.read_bytes()
    place %= len(data)
    file, folder = tmp_path / "damaged.zip", tmp_path / "folder"
    file.write_bytes(data[:place] + garbage + data[place + len(garbage) :])
    shutil.rmtree(folder, ignore_errors=True)
    try:
        take(file, folder)
    except PitrainerError:
        assert not folder.exists()
    else:
        assert content(folder).items() <= content(cache.folder).items()


def test_what_is_in_the_clips_places(exported, cache, here, tmp_path):
    """A damaged clip, and a link that points elsewhere, are replaced, without following it; a folder there is named."""
    here.mkdir()
    outside = tmp_path / "outside"
    outside.write_bytes(BEFORE)
    one, two, three = (here / cache.path(en(text)).name for text in TEXTS)
    one.write_bytes(b"noise")
    two.symlink_to(outside)
    three.mkdir()
    count, (line,) = take(exported, here)
    assert count == 2
    assert line == f"{three}: cannot be replaced: it is not a regular file, but a folder"
    assert outside.read_bytes() == BEFORE
    assert again(cache, here).missing(map(en, TEXTS)) == [en("Three.")]


# As a person meets it


ROUTINE = str(Path(__file__).parent.parent / "routines" / "short.toml")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("PITRAINER_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("gone.zip", "there is no such file"),
        (".", "cannot be read: it is not a regular file, but a folder"),
        ("/dev/zero", "cannot be read: it is not a regular file, but a device"),
        ("text.zip", "is not a whole file of clips, as `pitrainer prepare --export` writes it"),
    ],
)
def test_a_wrong_import(home, file, expected, capfd):
    """A file that is none of ours is one line and exit code 2; not even the cache's folder is made."""
    (home / "text.zip").write_text("hello")
    assert main(["prepare", ROUTINE, "--import", file]) == 2
    out, err = capfd.readouterr()
    assert (out, lines(err)) == ("", [f"pitrainer: {file}: {expected}"])
    assert not (home / "pitrainer").exists()


def test_an_import_that_is_not_all_good(home, exported, capfd, caplog):
    """Bad members are named, a line each, with exit code 2; the good ones are counted; what is missing yet is said."""
    file = rewritten(
        exported, lambda new, members: [new.writestr(*m) for m in [*members, ("../x", b"x"), ("y", b"y")]] and None
    )
    assert main(["prepare", ROUTINE, "--import", str(file)]) == 2
    out, err = capfd.readouterr()
    assert out == "3 clips imported\n"
    assert [line.removeprefix(f"{file}: ") for line in lines(err)[:2]] == [
        "'../x': is not a clip's name; left out",
        "'y': is not a clip's name; left out",
    ]
    assert len(lines(err)) == 2
    (warning,) = caplog.messages
    assert warning.endswith("phrases of the programs have no clip; was it exported for the same routines?")
    assert len(list((home / "pitrainer").iterdir())) == 3


def test_an_import_for_other_settings(home, exported, capfd, caplog):
    """Clips that these settings will never play are said to be such."""
    (home / "s.toml").write_text("voice.speed = 90\n")
    assert main(["prepare", ROUTINE, "--import", str(exported), "--config", "s.toml"]) == 0
    out, err = capfd.readouterr()
    assert out == "3 clips imported\n"
    assert err == ""
    assert caplog.messages == [f"{exported}: was made with another voice.speed than here; its clips are kept, but not used"]


@pytest.mark.usefixtures("plain_user")
def test_a_folder_that_cannot_be_written(exported, here):
    """A cache that is read-only is an error, and stays as it is."""
    here.mkdir(mode=0o500)
    with pytest.raises(PermissionError):
        take(exported, here)
    assert list(here.iterdir()) == []


def test_a_disk_that_is_full(home, exported):
    """A clip that no longer fits is named by the folder; those before it are whole, and no part is left."""
    limit = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000)); from pitrainer.cli.main import main; "
    )
    done = subprocess.run(
        [sys.executable, "-c", limit + "sys.exit(main(sys.argv[1:]))", "prepare", ROUTINE, "--import", str(exported)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert lines(done.stderr) == [f"pitrainer: {home}/pitrainer: clips cannot be written: File too large"]
    assert list((home / "pitrainer").iterdir()) == []


def test_import_or_export(capsys):
    """Both at once is a slip."""
    with pytest.raises(SystemExit):
        main(["prepare", "--import", "a", "--export", "b"])
    assert "not allowed with" in capsys.readouterr().err
