"""The page's own files, in memory: what is asked for is a name in a table, and never a path."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

SHELL = "shell.html"
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class Static:
    """A file."""

    type: str
    packed: bytes
    etag: str

    def whole(self) -> bytes:
        """Return it for a browser that cannot unpack it."""
        return gzip.decompress(self.packed)


def read_static(folder: Path) -> tuple[dict[str, Static], str]:
    """Read the files of a folder that a browser may have, by name, and the shell of all views."""
    files = {}
    for file in folder.iterdir():
        if (type_ := TYPES.get(file.name.rpartition(".")[2])) and file.is_file():
            packed = gzip.compress(file.read_bytes(), mtime=0)
            files[file.name] = Static(type_, packed, f'"{hashlib.sha256(packed).hexdigest()[:16]}"')
    return files, (folder / SHELL).read_text(encoding="utf-8")
