"""`systemd/install.sh`: the settings belong to the page's user where there is a page, else to root, whom no link leads astray.

It runs as root, in a folder of its own; where the tests run as another user, through sudo.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUDO = ["sudo", "-n"] if os.geteuid() else []
TEXT = (ROOT / "systemd" / "install.sh").read_text()
TOOLS = "\n".join(re.findall(r"^(?:step|did|same_file|sum)\(\) .*$", TEXT, re.MULTILINE))
SETTINGS = TEXT[TEXT.index("# Settings. ") : TEXT.index("# The voice\n")].replace("=pitrainer-page", "=nobody")


def root(script: str, *arguments: str | Path) -> str:
    """Have a shell do something as root; return what it says."""
    command = [*SUDO, "bash", "-euo", "pipefail", "-c", f"umask 022\n{script}", "bash", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/", stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder of root's that others may enter."""
    if subprocess.run([*SUDO, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs root, or sudo without a password")
    place = Path(root("mktemp -d /var/tmp/pitrainer-install.XXXXXX").strip())
    root('chmod 755 "$1"', place)
    yield place
    root('rm -rf "$1"', place)


@pytest.fixture
def settle(base: Path) -> Callable[[str], str]:
    """Runs the part of the script that is about the settings, with a page or without; returns what it did."""
    places = f"etc={base}/etc here={ROOT} changed=no restart=no first=no"
    return lambda page: root(f"{places} page={page}\n{TOOLS}\n{SETTINGS}").replace(f"{base}/", "")


def owners(folder: Path) -> dict[str, str]:
    """Return who owns a folder and all below it."""
    lines = root('find "$1" -printf "%P %u\\n"', folder).splitlines()
    return {name: owner for name, _, owner in (line.rpartition(" ") for line in lines)}


def test_versions_that_root_has_copied(base: Path, settle: Callable[[str], str]) -> None:
    """Folders below the routines are the page's too, which saves the next version there; without a page they are root's."""
    settle("yes")
    root('mkdir -p "$1/.versions/neck"; ln -s / "$1/elsewhere"; : >"$1/.versions/neck/1.toml"', base / "etc" / "routines")
    assert settle("yes") == "pitrainer: gave the folders in etc/routines to nobody\n"
    folders = ("", "routines", "routines/.versions", "routines/.versions/neck")
    there = owners(base / "etc")
    assert ({there[name] for name in folders}, there["routines/elsewhere"]) == ({"nobody"}, "root")
    assert settle("yes") == ""
    settle("no")
    there = owners(base / "etc")
    assert {there[name] for name in folders} == {"root"}
