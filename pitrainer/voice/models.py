"""Voice files: what there is to choose from, and what is wrong with a voice, as far as it shows without loading it.

A Piper voice is NAME.onnx with NAME.onnx.json beside it. Loading one costs a second and 150 MB; here its settings are read,
and the model's size. A model that is cut off, or was never one, onnxruntime refuses at once when `prepare` loads it.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..core.text import parse_json
from ..files import open_regular

EMBEDDED = "en_US-joe-medium"
"""The name of the voice that comes with pitrainer."""
EMBEDDED_LANGUAGE = "en_US"

MOST_BYTES = 1_000_000
"""Of a .json; a voice's has 5 to 20 KB."""
LEAST_BYTES = 1_000_000
"""Of a model. The smallest voices have 20 MB; what is below this is a web page, a Git LFS pointer, or the beginning of one."""
RATES = range(8_000, 48_001)
"""Hz; Piper's voices have 16,000 and 22,050."""


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
    """Read what a voice's files say of it; its problem is the first that there is."""
    name = model.name.removesuffix(".onnx")
    known: dict[str, Any] = {"licence": _licence(model)}
    try:
        known["size"] = _size(model)
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


def sha256(path: Path) -> str:
    """Return a file's SHA-256, in hexadecimal.

    Raises:
        OSError: if it cannot be read.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _settings(file: Path) -> dict[str, Any]:
    """Read a voice's .json, else raise ValueError."""
    found = _json(file)

    def field(*keys: str) -> Any:
        value: Any = found
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def wrong(key: str) -> ValueError:
        return ValueError(f"{file.name} is not from a Piper voice, or from one that is too new: {key} is missing or wrong")

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
    with _opened(file) as opened:
        raw = opened.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"{file.name} is too large for a .json of Piper's")
    try:
        found = parse_json(raw)
    except ValueError as error:
        raise ValueError(f"{file.name} {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{file.name} is not from a Piper voice")
    return found


def _size(model: Path) -> int:
    """Return a model's size, else raise ValueError."""
    with _opened(model) as opened:
        size = os.fstat(opened.fileno()).st_size
    if size < LEAST_BYTES:
        raise ValueError(f"{model.name} has {size} bytes, and no Piper voice is so small; download it once more")
    return size


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """Open a file of a voice; raise ValueError where it cannot be read."""
    try:
        with open_regular(file) as opened:
            yield opened
    except FileNotFoundError as error:
        raise ValueError(f"{file.name} is not there") from error
    except OSError as error:
        raise ValueError(f"{file.name} cannot be read: {error.strerror}") from error


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
