"""Whether what is written is still there after the power was cut: in a folder, and in the system's journal.

A Pi whose root is protected from power cuts (raspi-config's overlay) writes to memory, and nothing says so. Raspberry Pi OS
keeps its journal in memory, too, unless it is told otherwise.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from ..files import text_of

IN_MEMORY = ("tmpfs", "ramfs")
"""File systems that are gone with the power."""


def forgetting(folder: Path, root: Path = Path("/")) -> str:
    """Return what a folder is in that forgets it when the power is cut, or nothing.

    Args:
        folder: need not be there yet.
        root: where /proc is.
    """
    mounts = _mounts(root)
    kind, options = _mount_of(os.path.realpath(folder), mounts)
    if kind in IN_MEMORY:
        return kind
    if kind != "overlay":
        return ""
    # raspi-config's overlay is made before the root is changed, and its upper folder cannot be seen any more.
    by_boot = re.search(r"\bboot=overlay\b|\boverlayroot=(?!disabled)\S", text_of(root / "proc/cmdline"))
    upper = next((option.partition("=")[2] for option in options if option.startswith("upperdir=")), "")
    return "an overlay in memory" if by_boot or (upper and _mount_of(upper, mounts)[0] in IN_MEMORY) else ""


def journal_forgets(root: Path = Path("/")) -> bool:
    """Tell whether systemd's journal is in memory; it is not where there is none."""
    machine = text_of(root / "etc/machine-id").strip()
    if not machine:
        return False
    # journald removes the one in /run as soon as it writes to the other. Only root and the group adm may look into it.
    in_run, in_var = (root / folder / "log/journal" / machine for folder in ("run", "var"))
    return os.path.isdir(in_run) or (os.path.isdir(in_var) and forgetting(Path("/var/log/journal"), root) != "")


def in_words(state: Path, kind: str, *, journal: bool) -> list[str]:
    """Return a sentence about what is forgotten: the state, in something of this kind, and the journal."""
    of_state = f"{state} is in {kind}: the history is forgotten with the power"
    of_journal = "the journal is in memory: after a power cut it does not tell what happened"
    return [*([of_state] if kind else []), *([of_journal] if journal else [])]


def _mounts(root: Path) -> dict[str, tuple[str, list[str]]]:
    """Return kind and options of each file system, by where it is mounted; of several at one place, the one on top."""
    found = {}
    for line in text_of(root / "proc/self/mountinfo").splitlines():
        about, _, kind = line.partition(" - ")
        with suppress(IndexError):
            place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), about.split()[4])
            found[place] = kind.split()[0], kind.split()[2].split(",")
    return found


def _mount_of(folder: str, mounts: dict[str, tuple[str, list[str]]]) -> tuple[str, list[str]]:
    above = (str(place) for place in (Path(folder), *Path(folder).parents))
    return next((mounts[place] for place in above if place in mounts), ("", []))
