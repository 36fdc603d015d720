"""Files of clips: only whole clips come out of one, and only into the cache's folder."""

import io
import json
import re
import struct
import warnings
import wave
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from hypothesis import strategies as st

from fuzz.mutate import ODD_TEXTS, damaged, mostly, scalars, trees
from fuzz.target import Check, Pace, Target, assert_line
from pitrainer.audio.clips import ClipCache
from pitrainer.errors import PitrainerError
from pitrainer.voice.archive import ABOUT, export_clips, import_clips, open_archive
from support.spoken import en

TEXTS = ("One.", "Two.", "Three.")
PARTS = {"voice": "0" * 64, "piper": "1.8.0", "chain": 5, "speed": 0.83, "pause": 0.4}
NAME = re.compile(r"[0-9a-f]{32}\.wav")
ALLOWED = 30
"""Times what an import of three short clips takes, for a file of its size."""
ZIP64 = struct.pack("<2H3Q", 1, 24, 2**40, 2**40, 0)
"""A member's sizes and place once more, in eight bytes each."""
CLIP = "0123456789abcdef0123456789abcdef.flac"


# cases


def _small(folder: Path) -> bytes:
    """Return a real export."""
    cache = ClipCache(folder / "clips", "of nobody")
    for number, text in enumerate(TEXTS):
        cache.write(en(text), np.arange(number * 1_000, number * 1_000 + 480, dtype=np.int16))
    file = folder / "clips.zip"
    export_clips(file, cache, map(en, TEXTS), PARTS)
    return file.read_bytes()


def _clip(samples: int, first: int = 0) -> bytes:
    """Return a clip as the cache keeps it, written by hand."""
    data = np.arange(first, first + samples, dtype="<i2").tobytes()
    fmt = struct.pack("<4sLHHLLHH", b"fmt ", 16, 1, 1, 48_000, 96_000, 2, 16)
    chunks = fmt + struct.pack("<4sLL", b"crc ", 4, zlib.crc32(data)) + struct.pack("<4sL", b"data", len(data)) + data
    return struct.pack("<4sL4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def _flac(samples: int, first: int = 0, rate: int = 48_000, subtype: str = "PCM_16") -> bytes:
    """Return a clip as it is carried."""
    out = io.BytesIO()
    soundfile.write(out, np.arange(first, first + samples, dtype=np.int16), rate, format="FLAC", subtype=subtype)
    return out.getvalue()


_about = json.dumps({"format": 2, "made_with": PARTS}).encode()
_about_wav = json.dumps({"format": 1, "made_with": PARTS}).encode()
_odd_abouts = st.one_of(
    trees(scalars, st.sampled_from(["format", "made_with", "piper", "voice"])).map(lambda tree: json.dumps(tree).encode()),
    st.sampled_from([b"", b"[" * 5_000, b'{"format": ' + b"9" * 5_000 + b"}", _about + b" " * 20_000, _about[:-1], b"\xff"]),
)
_abouts = mostly(st.sampled_from([_about, _about, _about_wav]), _odd_abouts, one_in=8)
_odd_names = st.one_of(
    st.sampled_from([CLIP, CLIP, "../" + CLIP, "/tmp/" + CLIP, "a/../" + CLIP, "..\\" + CLIP, CLIP + "\0", CLIP + "\n", ABOUT]),
    st.sampled_from([CLIP.upper(), CLIP + "/", "piper-version", ".", "..", "/", "C:" + CLIP, "٠" + CLIP[1:], f".{CLIP}.part"]),
    st.sampled_from([text for text in ODD_TEXTS if 0 < len(text) < 1_000]),
)
_endings = st.sampled_from(["flac", "flac", "wav"])
_names = mostly(st.builds("{:032x}.{}".format, st.integers(0, 2**128 - 1), _endings), _odd_names, one_in=3)
_odd_contents = st.one_of(
    damaged(st.builds(_clip, st.integers(0, 50)) | st.builds(_flac, st.integers(0, 50)), most=1),
    st.builds(_flac, st.just(50), rate=st.sampled_from([8_000, 44_100, 96_000]), subtype=st.sampled_from(["PCM_S8", "PCM_24"])),
    st.binary(max_size=80),
    st.sampled_from([0, 1, 10**5, 5 * 10**6]).map(bytes),
)
_whole = st.integers(1, 200), st.integers(0, 1_000)
_contents = mostly(st.builds(_flac, *_whole) | st.builds(_flac, *_whole) | st.builds(_clip, *_whole), _odd_contents, one_in=3)


@st.composite
def _built(draw: st.DrawFn) -> bytes:
    """Draw a zip with members of every kind."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", allowZip64=True) as new:
        warnings.simplefilter("ignore")  # of names that are there twice
        if draw(st.integers(0, 9)):
            new.writestr(zipfile.ZipInfo(ABOUT), draw(_abouts))
        for _ in range(draw(st.integers(0, 5))):
            info = zipfile.ZipInfo(draw(_names))
            info.compress_type = draw(st.sampled_from([zipfile.ZIP_STORED] * 4 + [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]))
            info.create_system = draw(st.sampled_from([0, 3, 255]))
            info.external_attr = draw(st.sampled_from([0, 0o644 << 16, 0o120777 << 16, 0o020666 << 16, 0x10, 0o4755 << 16]))
            info.extra = draw(st.sampled_from([b"", b"", ZIP64, b"\1\0\xff\xff", b"x" * 100]))
            with new.open(info, "w", force_zip64=draw(st.integers(0, 5)) == 0) as member:
                member.write(draw(_contents))
        if draw(st.integers(0, 9)) == 0:
            new.comment = draw(st.binary(max_size=30))
    return _patched(draw, out.getvalue())


_SIZES = (0, 1, 22, 0xFFFF, 0x10000, 10**8, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)


_LISTED = ((8, "H"), (10, "H"), (16, "L"), (20, "L"), (24, "L"), (28, "H"), (30, "H"), (42, "L"))
"""Where a member's flags, kind, CRC, sizes, lengths and place are, in the list at the end."""
_LOCAL = ((6, "H"), (8, "H"), (14, "L"), (18, "L"), (22, "L"), (26, "H"), (28, "H"))
"""The same before the member itself."""
_END = ((4, "H"), (6, "H"), (8, "H"), (10, "H"), (12, "L"), (16, "L"), (20, "H"))
"""The disks, the members, and the list's size and place, in the last 22 bytes."""


def _patched(draw: st.DrawFn, data: bytes) -> bytes:
    """Have a zip say something else of its members, or of the list of them."""
    content = bytearray(data)
    listed = [found.start() for found in re.finditer(rb"PK\x01\x02", data)]
    local = [found.start() for found in re.finditer(rb"PK\x03\x04", data)]
    ends = [len(data) - 22] if data[-22:-18] == b"PK\x05\x06" else []
    some = st.lists(st.sampled_from([(listed, _LISTED), (local, _LOCAL), (ends, _END)]), min_size=1, max_size=3)
    for places, fields in draw(mostly(st.just([]), some, one_in=2)):
        if places:
            at, form = draw(st.sampled_from(fields))
            number = draw(st.sampled_from([*_SIZES, *local, *listed, len(data)]) | st.integers(0, len(data)))
            number &= 0xFFFF if form == "H" else 0xFFFFFFFF
            struct.pack_into(f"<{form}", content, draw(st.sampled_from(places)) + at, number)
    match draw(st.sampled_from([*[""] * 8, "zip64", "before", "twice", "cut"])):
        case "zip64":
            record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2**40, 2**40, len(data), 0)
            content[-22:-22] = record + struct.pack("<4sLQL", b"PK\x06\x07", 0, len(data) - 22, 1)
        case "before":
            content[:0] = b"#!/bin/sh\n"
        case "twice":
            content *= 2
        case "cut":
            del content[draw(st.integers(0, len(content))) :]
    return bytes(content)


@st.composite
def _cases(draw: st.DrawFn) -> bytes:
    return draw(mostly(_built(), damaged(_built()) | st.binary(max_size=100), one_in=5))


# checks


@contextmanager
def _opened(folder: Path) -> Iterator[Check]:
    file, secret = folder / "other.zip", folder / "secret"
    secret.write_text("of before")

    def take(case: bytes) -> None:
        file.write_bytes(case)
        _import(file, folder)
        assert secret.read_text() == "of before"

    yield Pace(take, _small(folder), ALLOWED)


def _import(file: Path, folder: Path) -> None:
    cache = folder / "here"
    cache.mkdir(exist_ok=True)
    for left in cache.iterdir():
        left.unlink()
    before = _all_but(folder, cache)
    found = _taken(file, cache, folder)
    assert _all_but(folder, cache) == before, "nothing is written elsewhere"
    content = {clip.name: clip.read_bytes() for clip in cache.iterdir()}
    for name, data in content.items():
        assert NAME.fullmatch(name), f"not a clip's name: {name!r}"
        assert not (cache / name).is_symlink()
        _assert_whole(data)
    if found is None:
        assert not content, "a file that is refused changes nothing"
        return
    count, bad = found
    assert count == len(content)
    for line in bad:
        assert_line(line, folder)
    assert _taken(file, cache, folder) == found, "once more it is the same"
    assert {clip.name: clip.read_bytes() for clip in cache.iterdir()} == content


def _taken(file: Path, cache: Path, folder: Path) -> tuple[int, list[str]] | None:
    """Import; return how many came in, and what did not, or None where the file is refused."""
    with file.open("rb") as opened:
        try:
            return import_clips(open_archive(file, opened), cache)
        except PitrainerError as error:
            assert_line(str(error), folder)
            return None


def _all_but(folder: Path, cache: Path) -> dict[Path, Any]:
    """Return all files but those of the cache, with what may change of them."""
    paths = [path for path in folder.rglob("*") if path != cache and cache not in path.parents]
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns, path.lstat().st_mode) for path in paths if path.is_file()}


def _assert_whole(data: bytes) -> None:
    """A clip is a WAV file of one channel at 48 kHz with samples in it, and its checksum is right."""
    with wave.open(io.BytesIO(data)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, 48_000)
        samples = wav.readframes(wav.getnframes())
    assert samples
    place = data.index(b"crc ")
    assert struct.unpack_from("<LL", data, place + 4) == (4, zlib.crc32(samples))


ARCHIVES = Target("archives", "zip", 120, _cases(), _opened)
