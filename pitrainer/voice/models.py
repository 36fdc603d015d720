"""Voice files: what there is to choose from, and what is wrong with a voice, found without loading it.

A Piper voice is NAME.onnx with NAME.onnx.json beside it. Loading one costs a second and 150 MB; here its settings are read,
and how far the model's parts reach, which takes milliseconds. Where a checksum is known, the whole file is read.
"""

import hashlib
import logging
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..core.text import parse_json, shown
from ..files import open_regular

EMBEDDED = "en_US-joe-medium"
"""The name of the voice that comes with pitrainer."""
EMBEDDED_LANGUAGE = "en_US"

INDEX = "voices.json"
"""Upstream's list of all voices with sizes and checksums (rhasspy/piper-voices); it is read where it lies beside a voice."""
MOST_BYTES = 4_000_000
"""Of a .json. A voice's has 5 to 20 KB, upstream's list of all voices 0.2 MB."""
MOST_PARTS = 10_000
"""Of a model; Piper's have some 10. A file of nothing but zeros, as a power cut leaves it, has millions, at 2 us each."""
RATES = range(8_000, 48_001)
"""Hz; Piper's voices have 16,000 and 22,050."""


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VoiceFile:
    """A voice as its files describe it; what is not known is empty."""

    name: str
    model: Path
    language: str = ""
    """As "en_US", or "en"."""
    quality: str = ""
    sample_rate: int = 0
    size: int = 0
    licence: str = ""
    problem: str = ""
    """Why it cannot be used."""


def names(folder: Path) -> dict[str, Path]:
    """Return the models in a folder by their names; none where it cannot be read."""
    with suppress(OSError):
        return {
            file.removesuffix(".onnx"): folder / file
            for file in sorted(os.listdir(folder))
            if file.endswith(".onnx") and not file.startswith(".") and file.isprintable()
        }
    return {}


def describe(model: Path) -> VoiceFile:
    """Read what a voice's files say of it; its problem is the first that there is. No checksums: see `differs`."""
    name = model.name.removesuffix(".onnx")
    known: dict[str, Any] = {"licence": _licence(model)}
    try:
        known["size"] = _whole_model(model)
        known |= _settings(Path(f"{model}.json"))
    except ValueError as error:
        known["problem"] = str(error)
    return VoiceFile(name, model, **known)


def language(model: Path | None) -> str:
    """Return which language a voice (None: the embedded one) speaks, as "en"; nothing where its settings are wrong."""
    spoken = EMBEDDED_LANGUAGE
    if model:
        try:
            spoken = _settings(Path(f"{model}.json"))["language"]
        except ValueError:
            return ""
    return re.split("[-_]", spoken)[0].lower()


def upstream(folder: Path) -> dict[str, Any]:
    """Return upstream's list of voices, if it lies in the folder. One that cannot be read is a line in the journal."""
    if not os.path.lexists(folder / INDEX):
        return {}
    try:
        return _json(folder / INDEX)
    except ValueError as error:
        log.warning("%s: %s; checksums are not verified", folder, error)
        return {}


def differs(model: Path, listed: dict[str, Any]) -> str:
    """Return how a voice differs from what upstream's list says of it, or nothing; also nothing where it is not in it."""
    entry = listed.get(model.name.removesuffix(".onnx"))
    files = entry.get("files") if isinstance(entry, dict) else None
    for place, facts in files.items() if isinstance(files, dict) else ():
        name = place.rpartition("/")[2]
        if name not in (model.name, f"{model.name}.json") or not isinstance(facts, dict):
            continue
        try:
            size = model.with_name(name).stat().st_size
            if size != facts.get("size_bytes", size):
                return f"{name} has {size} bytes; upstream's has {shown(facts['size_bytes'])}"
            md5 = file_hash(model.with_name(name), "md5")
        except OSError as error:
            return f"{name} cannot be read: {error.strerror}"
        if md5 != facts.get("md5_digest", md5):
            return f"{name} is not upstream's: its MD5 is {md5}"
    return ""


def file_hash(path: Path, algorithm: str) -> str:
    """Return a file's checksum, in hexadecimal.

    Raises:
        OSError: if it cannot be read.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _settings(file: Path) -> dict[str, Any]:
    """Read a voice's .json, else raise ValueError."""
    found = _json(file)

    def field(*keys: str) -> Any:
        value: Any = found
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def wrong(key: str) -> ValueError:
        return ValueError(f"{file.name} is not of a Piper voice, or of one that is too new: {key} is missing or wrong")

    rate, espeak = field("audio", "sample_rate"), field("espeak", "voice")
    if type(rate) is not int or rate not in RATES:
        raise wrong("audio.sample_rate")
    if not isinstance(espeak, str) or not espeak:
        raise wrong("espeak.voice")
    for key in ("num_speakers", "num_symbols"):
        if type(field(key)) is not int or field(key) < 1:
            raise wrong(key)
    if not isinstance(field("phoneme_id_map"), dict):
        raise wrong("phoneme_id_map")
    code = field("language", "code")  # older voices have none
    return {
        "language": _plain(code if isinstance(code, str) and code else espeak),
        "quality": _plain(field("audio", "quality")),
        "sample_rate": rate,
    }


def _json(file: Path) -> dict[str, Any]:
    try:
        with open_regular(file) as opened:
            raw = opened.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise ValueError("is too large for a .json of Piper's")
        found = parse_json(raw)
    except FileNotFoundError as error:
        raise ValueError(f"{file.name} is not there") from error
    except OSError as error:
        raise ValueError(f"{file.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{file.name} {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{file.name} is not of a Piper voice")
    return found


def _whole_model(model: Path) -> int:
    """Return a model's size, if its parts end where the file does (each begins with its length), else raise ValueError.

    ONNX is a Protocol Buffers message: fields, each with a tag and its length; the one with the network is nearly all.
    """
    try:
        with open_regular(model) as file:
            size = os.fstat(file.fileno()).st_size
            graph, parts = False, 0
            while file.tell() < size:
                tag = _varint(file, model.name)
                if (parts := parts + 1) > MOST_PARTS:
                    raise ValueError(f"{model.name} is no ONNX model")
                graph |= tag == _GRAPH
                match tag & 7:
                    case 0:
                        _varint(file, model.name)
                    case 2:
                        length = _varint(file, model.name)
                        if file.tell() + length > size:
                            raise ValueError(f"{model.name} is truncated, or no ONNX model")
                        file.seek(length, os.SEEK_CUR)
                    case _:
                        raise ValueError(f"{model.name} is no ONNX model")
            if not graph:
                raise ValueError(f"{model.name} is truncated, or no ONNX model")
            return size
    except FileNotFoundError as error:
        raise ValueError(f"{model.name} is not there") from error
    except OSError as error:
        raise ValueError(f"{model.name} cannot be read: {error.strerror}") from error


_GRAPH = 7 << 3 | 2
"""The tag of the field with the network (onnx.proto: `GraphProto graph = 7`)."""


def _varint(file: BinaryIO, name: str) -> int:
    """Read a number of 7 bits a byte, the lowest first; the last byte is below 128."""
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return value
    raise ValueError(f"{name} is truncated, or no ONNX model")


def _licence(model: Path) -> str:
    """Return the licence that the voice's MODEL_CARD names.

    It is NAME.MODEL_CARD; or plain MODEL_CARD, as upstream calls it, where no other voice is there or its title says which of
    them it is of ("Model card for joe (medium)"): a wrong licence is worse than none.
    """
    name = model.name.removesuffix(".onnx")
    for file in (model.with_name(f"{name}.MODEL_CARD"), model.with_name("MODEL_CARD")):
        card = ""
        with suppress(OSError), open_regular(file) as opened:
            card = opened.read(64_000).decode(errors="replace")
        title = re.search(r"^#.*\bcard for (\S+)", card, re.IGNORECASE | re.MULTILINE)
        its_own = file.name != "MODEL_CARD" or len(names(model.parent)) == 1 or (title and title[1] in name.split("-"))
        if its_own and (line := re.search(r"^\W*licen[cs]e:[ \t]*(\S.*)$", card, re.IGNORECASE | re.MULTILINE)):
            return _plain(line[1])
    return ""


def _plain(text: object) -> str:
    """Return what can be printed on a line of a table; what is no text is nothing."""
    return "".join(filter(str.isprintable, text)).strip()[:60] if isinstance(text, str) else ""
