"""`systemd/`: what its scripts do on a Pi.

They run as root, in a folder instead of the Pi's disk; where the tests run as another user, through sudo.
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


STUBS = {
    "dpkg": "",
    "getent": "",
    "id": '[ "$*" = -u ] && echo 0',
    "ip": "echo default",
    "sync": "",
    "systemctl": "",
}
"""What would concern the machine that the tests run on."""
INSTALLER = "mkdir -p {disk}/opt/pitrainer; echo installed >>{disk}/asked"
INSTALLED = {
    "bin/dpkg": "echo arm64",
    "bin/dpkg-query": "echo installed",
    "bin/runuser": 'shift 3; exec "$@"',
    "bin/systemd-detect-virt": "exit 1",
    "usr/bin/python3": "echo 3.11",
    "opt/pitrainer/bin/pip": "",
    "opt/pitrainer/bin/python": "exit 1",
    "opt/pitrainer/bin/python3.11": "",
    "opt/pitrainer/bin/pitrainer": "[ $1 != prepare ] || ! mkdir {disk}/begun 2>/dev/null || kill -INT $PPID",
}
"""A Pi on which an earlier version runs, and somebody presses Ctrl-C when the voice is prepared for the first time."""


def root(script: str, *arguments: str | Path, code: int = 0) -> str:
    """Have a shell do something as root; return what it says. It ends with this exit code."""
    command = [*SUDO, "bash", "-euo", "pipefail", "-c", f"umask 022\n{script}", "bash", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/", stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (code, "")
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
    places = f"etc={base}/etc here={ROOT} changed=no restart={base}/restart choose={base}/choose"
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


@pytest.mark.parametrize("part", ["pitrainer.toml.part", ".defaults.sha256.part"])
def test_a_link_that_the_page_has_left(base: Path, settle: Callable[[str], str], part: str) -> None:
    """When the page is removed, root writes to no file that its user has put a link to."""
    settle("yes")
    root('echo secret >"$1/victim"; rm "$1/etc/pitrainer.toml" "$1"/etc/.defaults.sha256', base)
    root('runuser -u nobody -- ln -s "$1/victim" "$1/etc/$2"', base, part)
    settle("no")
    assert (base / "victim").read_text() == "secret\n"
    there = owners(base / "etc")
    assert {there[name] for name in ("", "pitrainer.toml", ".defaults.sha256")} == {"root"}
    assert part not in there
    assert (base / "etc" / "pitrainer.toml").read_bytes() == (ROOT / "config" / "pitrainer.toml").read_bytes()


class Pi:
    """The disk of a Pi whose card was prepared, with an installer that only says that it was called."""

    def __init__(self, disk: Path) -> None:
        self.disk, self.card = disk, disk / "boot/firmware/pitrainer/card"
        folders = ("boot/firmware/pitrainer/card", "boot/firmware/pitrainer/systemd", "etc/systemd/system", "run", "bin")
        root('cd "$1"; shift; mkdir -p "$@"', disk, *folders)
        for name, text in STUBS.items():
            self.script(f"bin/{name}", text)
        for name in ("first-boot.sh", "uninstall.sh"):
            self.ship(name)
        self.script("boot/firmware/pitrainer/systemd/install.sh", INSTALLER.format(disk=disk))
        self.write("boot/firmware/pitrainer/card/id", "one\n")

    def ship(self, name: str) -> None:
        """Put one of our scripts onto the card, for this disk."""
        text = re.sub(r"(?<![\w$}*.])/(?=(etc|opt|var|boot|run|usr)/)", f"{self.disk}/", (ROOT / "systemd" / name).read_text())
        self.script(f"boot/firmware/pitrainer/systemd/{name}", text.replace('"$(cards)"', "2"))

    def write(self, name: str, text: str) -> None:
        root('mkdir -p "${1%/*}"; printf %s "$2" >"$1"', self.disk / name, text)

    def script(self, name: str, text: str) -> None:
        self.write(name, f"#!/bin/bash\n{text}\n")
        root('chmod 755 "$1"', self.disk / name)

    def run(self, name: str, *arguments: str, code: int = 0) -> str:
        """Run a script of the card as root, which ends with this exit code; return what it says."""
        path = f'PATH={self.disk}/bin:$PATH\nunset SUDO_USER\nbash "$@" 2>&1 || exit'
        return root(path, self.card.parent / "systemd" / name, *arguments, code=code).replace(f"{self.disk}/", "/")

    def starts(self) -> int:
        """Switch it on; return how often it has been installed by now."""
        self.run("first-boot.sh", "--enable")
        if root('ls "$1"', self.disk / "etc/systemd/system"):
            self.run("first-boot.sh")
        return (self.disk / "asked").read_text().count("installed")


@pytest.fixture
def pi(base: Path) -> Pi:
    return Pi(base)


@pytest.mark.parametrize("purge", [(), ("--purge",)])
def test_removed_from_a_card(pi: Pi, purge: tuple[str, ...]) -> None:
    """What is removed does not come back from the card by itself; purged, the card keeps nothing of the person."""
    pi.write("boot/firmware/pitrainer/card/settings/pitrainer.toml", "# mine")
    assert [pi.starts(), pi.starts()] == [1, 1]
    said = pi.run("uninstall.sh", *purge).splitlines()
    why = "/boot/firmware/pitrainer stays, but is not installed again, unless make-card.sh prepares the card again"
    assert (len(said), said[-1]) == (2, f"pitrainer: {why}")
    assert pi.starts() == 1
    assert (pi.card / "settings").exists() == (not purge)
    root('rm "$1/removed"', pi.card)  # as make-card.sh does
    assert pi.starts() == 2


def test_a_card_that_cannot_be_written(pi: Pi) -> None:
    """Where the card cannot be told that it was removed, nothing is removed, and why is one line."""
    pi.starts()
    root('mkdir "$1/removed"', pi.card)  # root may write anywhere else
    why = "/boot/firmware/pitrainer/card cannot be written, and would install it again"
    remedy = "first: sudo mount -o remount,rw /boot/firmware"
    assert pi.run("uninstall.sh", code=1) == f"pitrainer: NOT removed: {why}; {remedy}\n"
    assert (pi.disk / "opt/pitrainer/.card").exists()


def test_broken_off(pi: Pi) -> None:
    """Where it is broken off, the next run starts the service anew and tells of the sound cards; the one after it does not."""
    for name, text in INSTALLED.items():
        pi.script(name, text.format(disk=pi.disk))
    for name in ("pyproject.toml", "README.md", "LICENSE", "pitrainer/x", "config/pitrainer.toml"):
        pi.write(f"boot/firmware/pitrainer/{name}", "")
    for name in ("pitrainer", "pitrainer-mqtt"):
        for folder in ("boot/firmware/pitrainer/systemd", "etc/systemd/system"):
            pi.write(f"{folder}/{name}.service", "")
    pi.write("opt/pitrainer/pyvenv.cfg", "")
    root('cd "$1"; mkdir -p run/systemd/system usr/local/bin var/tmp var/cache/pitrainer var/lib/pitrainer', pi.disk)
    pi.ship("install.sh")
    assert "NOT installed: stopped while preparing the voice" in pi.run("install.sh", "--no-page", code=130)
    second, third = (pi.run("install.sh", "--no-page") for _ in range(2))
    told = ("pitrainer: started the service\n", "pitrainer: there are several sound cards; ")
    assert [line in second for line in told] == [True, True]
    assert [line in third for line in told] == [False, False]


def test_settings_of_the_card(pi: Pi) -> None:
    """They are put where there are none yet, by the owner of the folder: root writes through no link of theirs."""
    names = ("pitrainer.toml", "routines/neck.toml", "routines/.versions/neck/1.toml")
    for name in names:
        pi.write(f"boot/firmware/pitrainer/card/settings/{name}", f"# {name}\n")
    pi.starts()
    etc = pi.disk / "etc/pitrainer"
    assert [(etc / name).read_text() for name in names] == [f"# {name}\n" for name in names]
    assert owners(etc).keys() == {"", "routines", "routines/.versions", "routines/.versions/neck", *names}
    # The page's user puts a link to a folder of root's, and one to a file, where an update of the card will write.
    root('cd "$1"; mkdir elsewhere; echo secret >victim; rm -r etc/pitrainer/*; chown nobody: etc/pitrainer', pi.disk)
    root('cd "$1"; runuser -u nobody -- ln -s "$1/elsewhere" etc/pitrainer/routines', pi.disk)
    root('cd "$1"; runuser -u nobody -- ln -s "$1/victim" etc/pitrainer/pitrainer.toml.part', pi.disk)
    pi.write("boot/firmware/pitrainer/card/id", "two")
    pi.starts()
    assert (list((pi.disk / "elsewhere").iterdir()), (pi.disk / "victim").read_text()) == ([], "secret\n")
    assert owners(etc)["pitrainer.toml"] == "nobody"
