"""Clips in one file, for a machine that cannot run Piper, or need not wait for it: written where it can, read elsewhere.

A zip, stored: first `clips.json`, which says what made the clips, then each as FLAC, which loses nothing and takes 0.38 of the
room (deflate takes 0.85). A clip's name is that of its file in the cache, after all that it depends on (`synthesis.voice_key`).
What is read comes from anywhere: each member is looked at before anything of it is written.
"""

import io
import json
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from ..audio.clips import NAME, ClipCache, Samples, as_clip, samples_of
from ..audio.tones import RATE
from ..core.languages import Phrase
from ..errors import PitrainerError, pip
from ..files import open_regular, replacing

FORMAT = 2
WAV_FORMAT = 1
"""Of the first archives, in which each clip is as it is in the cache."""
ABOUT = "clips.json"
CLIP = ".wav"
"""How the name of a clip's file ends."""
SPLIT = re.compile(r"[0-9A-Za-z.+!-]{1,40}")
"""What `synthesis.SPLIT` may be."""
MOST_ABOUT = 10_000
"""Bytes of `ABOUT`."""
MOST_CLIP = 20_000_000
"""Bytes: three and a half minutes. The longest clip of the shipped routines has 20 seconds."""
MOST_CLIPS = 20_000
"""The shipped routines have some 300."""
LOOSEST = 50
"""Times the bytes of its FLAC that a clip may have; speech has 3, silence without end thousands."""

_END = struct.Struct("<4s4H2LH")
"""A zip's last bytes: signature, disks, members on this disk, members, bytes of their list, its place, the comment's length."""
_LOCATOR = 20
"""Bytes before it that a zip64 would have there; ours has none."""


class Archive:
    """An opened file of clips."""

    def __init__(self, file: Path, opened: zipfile.ZipFile) -> None:
        """Read what it says of itself.

        Raises:
            PitrainerError: if it is not of ours.
        """
        self._file = file
        self._zip = opened
        self._members = opened.infolist()
        about = self._about()
        self._ending, self._unpack = (CLIP, samples_of) if about["format"] == WAV_FORMAT else (".flac", _from_flac)
        if self._unpack is _from_flac:
            _soundfile()  # that it is missing is known before anything is written
        self.parts: Mapping[str, Any] = about["made_with"]
        """`synthesis.voice_parts` where the clips were made."""

    def _about(self) -> dict[str, Any]:
        # Members cannot be more than the file, unless they overlap, as a bomb's do.
        if sum(member.compress_size for member in self._members) > self._file.stat().st_size:
            raise _not_ours(self._file)
        if not self._members or self._members[0].filename != ABOUT:
            raise _not_ours(self._file)
        try:
            about = json.loads(self._read(self._members[0], MOST_ABOUT))
            version = about["format"]
            fits = isinstance(about["made_with"], dict) and SPLIT.fullmatch(about["made_with"]["piper"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise _not_ours(self._file) from error
        if type(version) is not int or version not in (FORMAT, WAV_FORMAT):
            raise PitrainerError(f"{self._file}: was written by another version of pitrainer (format {version!r:.20})")
        if not fits:
            raise _not_ours(self._file)
        found: dict[str, Any] = about
        return found

    def _read(self, member: zipfile.ZipInfo, most: int) -> bytes:
        """Return a member's bytes, else raise ValueError."""
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise ValueError("is compressed or encrypted")
        if member.file_size > most:
            raise ValueError("is too large")
        try:
            with self._zip.open(member) as opened:
                return opened.read(most + 1)
        # Which kinds a wrong zip brings zipfile to is not written down; EOFError and struct.error are among them.
        except Exception as error:
            raise ValueError("is damaged") from error

    def clips(self) -> Iterator[tuple[str, Samples | str]]:
        """Yield the name of each clip's file with its samples, or what is wrong with it."""
        seen = {ABOUT}
        for member in self._members[1:]:
            name = member.filename
            try:
                if name in seen:
                    raise ValueError("is there twice")
                seen.add(name)
                file = name.removesuffix(self._ending) + CLIP if name.endswith(self._ending) else ""
                if not NAME.fullmatch(file):
                    raise ValueError("is not a clip's name")
                samples = self._unpack(self._read(member, MOST_CLIP))
                if samples is None:
                    raise ValueError("is not a whole clip")
            except ValueError as error:
                yield f"{name!r:.60}", f"{error}"
            else:
                yield file, samples


def export_clips(file: Path, cache: ClipCache, phrases: Iterable[Phrase], parts: Mapping[str, Any]) -> int:
    """Write the clips of these phrases, and by what they were made, into a file; return how many.

    Raises:
        PitrainerError: if a phrase has no whole clip.
        OSError: if the file cannot be written; what was there before is then still there.
    """
    count = 0
    with replacing(file) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        # Without the time of day: the same clips are the same file.
        archive.writestr(zipfile.ZipInfo(ABOUT), json.dumps({"format": FORMAT, "made_with": dict(parts)}, indent=1))
        for path in dict.fromkeys(map(cache.path, phrases)):
            try:
                with open_regular(path) as clip:
                    data = clip.read()
            except OSError:
                data = b""
            samples = samples_of(data)
            if samples is None:
                raise PitrainerError(f"{path}: the clip is gone or damaged; nothing was written; try again")
            archive.writestr(zipfile.ZipInfo(f"{path.stem}.flac"), _to_flac(samples))
            count += 1
    return count


def open_archive(file: Path, opened: BinaryIO) -> Archive:
    """Read a file of clips, to its list of members.

    Raises:
        PitrainerError: if it is not one, or only a part of one.
    """
    # The list is at the end, so that half a file has none. How long it is is looked at before zipfile reads it all into memory.
    opened.seek(0, 2)
    size = opened.tell()
    opened.seek(max(0, size - _END.size - _LOCATOR))
    tail = opened.read()
    if len(tail) < _END.size:
        raise _not_ours(file)
    signature, _, _, _, members, listed, _, comment = _END.unpack(tail[-_END.size :])
    if signature != b"PK\5\6" or comment or tail.startswith(b"PK\6\7"):
        raise _not_ours(file)
    if members > MOST_CLIPS + 1 or listed > (members + 1) * 200:
        raise PitrainerError(f"{file}: has more in it than clips; nothing was imported")
    try:
        return Archive(file, zipfile.ZipFile(opened))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise _not_ours(file) from error


def import_clips(archive: Archive, folder: Path) -> tuple[int, list[str]]:
    """Write the clips into the cache's folder; return how many there are now, and a line on each that is none.

    Raises:
        OSError: if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    good, bad = 0, []
    for name, samples in archive.clips():
        if isinstance(samples, str):
            bad.append(f"{name}: {samples}")
            continue
        clip, data = folder / name, as_clip(samples)
        try:
            with open_regular(clip) as opened:
                there = opened.read()
        except FileNotFoundError:
            there = b""
        except OSError as error:
            bad.append(f"{clip}: cannot be replaced: {error.strerror}")
            continue
        # What is there already is not written again: an SD card takes its time.
        if clip.is_symlink() or there != data:
            with replacing(clip) as part:
                part.write(data)
        good += 1
    return good, bad


def other_parts(archive: Archive, parts: Mapping[str, Any]) -> list[str]:
    """Return in what these clips are not those of `synthesis.voice_parts`: they are kept, and not heard."""
    words = {
        "voice": "voice.model",
        "piper": "version of Piper",
        "chain": "version of pitrainer",
        "speed": "voice.speed",
        "pause": "voice.pause",
        "clarity": "voice.clarity",
    }
    return [words[name] for name in parts if archive.parts.get(name) != parts[name]]


def _soundfile() -> Any:
    """Import the FLAC codec here: only export and import need it."""
    try:
        import soundfile
    except (ImportError, OSError) as error:  # its library is missing
        raise PitrainerError(f"clips are carried as FLAC, which needs soundfile ({error}); {pip('soundfile')}") from error
    return soundfile


def _to_flac(samples: Samples) -> bytes:
    soundfile = _soundfile()
    packed = io.BytesIO()
    soundfile.write(packed, samples, RATE, format="FLAC", subtype="PCM_16")
    return packed.getvalue()


def _from_flac(data: bytes) -> Samples | None:
    """Return the samples, or None where this is not what `_to_flac` makes; raise ValueError where they would be too many."""
    soundfile = _soundfile()
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as packed:
            if (packed.format, packed.subtype, packed.channels, packed.samplerate) != ("FLAC", "PCM_16", 1, RATE):
                return None
            if 2 * packed.frames > min(MOST_CLIP, LOOSEST * len(data)):
                raise ValueError("is too large")
            samples: Samples = packed.read(dtype="int16")
            return samples if 0 < len(samples) == packed.frames else None
    except (soundfile.SoundFileError, RuntimeError):
        return None


def _not_ours(file: Path) -> PitrainerError:
    return PitrainerError(f"{file}: is not a whole file of clips, as `pitrainer prepare --export` writes it")
