"""Root in somebody else's folder: it works there as them, so that no link of theirs leads it anywhere.

Each of these is done by root itself, in a process of its own; where the tests run as another user, through sudo.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from pitrainer.cli.main import main
from pitrainer.errors import PitrainerError
from support.users import NOBODY

PROJECT = Path(__file__).parents[2]
SUDO = ["sudo", "-n"] if os.geteuid() else []
PYTHONS = [Path(it).resolve() for it in (sys.executable, "/usr/bin/python3")]
PYTHON = next((it for it in PYTHONS if all(above.stat().st_mode & 1 for above in it.parents)), None)
"""One that any user may run; it need not have any package."""
OTHER = 54321
"""A user without a name."""
TELL = """
import os, sys
from pathlib import Path
from pitrainer.config.owner import become_owner
try:
    become_owner(Path(sys.argv[1]))
    print(*os.getresuid(), *os.getresgid(), sorted(os.getgroups()), os.environ["HOME"])
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""
STILL_ROOT = "0 0 0 0 0 0 "


def root(*command: str | Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    own = {"HOME": "/root", "PATH": os.environ["PATH"], "ORT_DISABLE_TELEMETRY": "1"} | environ
    settings = [f"{name}={value}" for name, value in own.items()]
    command = (*SUDO, "env", "-i", *settings, *command)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/", stdin=subprocess.DEVNULL)


def script(text: str, *arguments: str | Path) -> None:
    """Have a shell do something as root."""
    done = root("sh", "-euc", text, "sh", *arguments)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of root's where all may read, with the program in it: it may be tested from a home of mode 700."""
    if not PYTHON or root("true").returncode:
        pytest.skip("needs root, or sudo without a password, and a Python that all may run")
    place = Path(root("mktemp", "-d", "/var/tmp/pitrainer-owner.XXXXXX").stdout.strip())
    own = tmp_path_factory.mktemp("program")
    for name in ("pitrainer", "config"):
        shutil.copytree(PROJECT / name, own / name, ignore=shutil.ignore_patterns("__pycache__"))
    script('chmod 755 "$2"; cp -r "$1"/* "$2"; chown -R 0:0 "$2"; chmod -R go+rX,go-w "$2"', own, place)
    yield place
    script('rm -rf "$1"', place)


@pytest.fixture
def base(program: Path) -> Iterator[Path]:
    """A folder of root's in which other users have theirs."""
    place = program / "base"
    script('mkdir -m 755 "$1"', place)
    yield place
    script('rm -rf "$1"', place)


@pytest.fixture
def tell(program: Path) -> Callable[[Path], str]:
    """Tells who root is after it has come to work in a folder."""
    return lambda folder: root(PYTHON, "-c", TELL, folder, PYTHONPATH=str(program)).stdout.strip()


def test_roots_own(base: Path, tell: Callable[[Path], str]) -> None:
    """Where all is root's, or will be made by root, root stays root; also on a way by links, and in /tmp."""
    script('mkdir -p "$1/real/state" "$1/shared/mine"; chmod 1777 "$1/shared"; ln -s ../base/./real "$1/link"', base)
    script('ln -s "$1/link" "$1/real/far"', base)
    for name in ("real/state", "real/not/yet", "link/state", "link/far/state", "shared/mine", "shared/mine/x", "real/../real"):
        assert tell(base / name).startswith(STILL_ROOT), name


def test_the_first_other_counts(base: Path, tell: Callable[[Path], str]) -> None:
    """Root becomes the owner of the first part of the way that is not root's, with that user's groups alone, for good."""
    nobody = f"{NOBODY} {NOBODY} {NOBODY} "
    script(
        f'mkdir -p "$1/his/roots" "$1/other" "$1/shared/his"; chown {NOBODY} "$1/his" "$1/shared/his"\n'
        f'chown {OTHER} "$1/other"; chmod 1777 "$1/shared"; ln -s real "$1/link"; chown -h {NOBODY} "$1/link"\n'
        'mkdir "$1/real"; ln -s "$1/his/roots" "$1/way"',
        base,
    )
    for name in ("his", "his/roots", "his/not/yet", "shared/his", "link", "link/x", "way"):
        told = tell(base / name)
        assert told.startswith(nobody), name
        assert " 0" not in told
    assert tell(base / "other") == f"{OTHER} {OTHER} {OTHER} {NOBODY} {NOBODY} {NOBODY} [] /root", (
        "root's group is none of theirs"
    )


def test_a_way_that_others_may_change(base: Path, tell: Callable[[Path], str]) -> None:
    """Where anybody could swap a part of the way, nobody can tell whose it is: root does not go there."""
    script(
        'mkdir -p "$1/open/x" "$1/group/x" "$1/shared"; chmod 777 "$1/open"; chmod 775 "$1/group"; chgrp 12345 "$1/group"\n'
        'chmod 1777 "$1/shared"; ln -s open/x "$1/link"; ln -s loop "$1/loop"',
        base,
    )
    for name, where in {"open/x": "open", "open": "open", "group/x": "group", "link": "open"}.items():
        expected = f"PitrainerError: {base / name}: root does not work there, as other users can change {base / where}"
        assert tell(base / name) == expected
    for name in ("shared", "shared/not yet"):
        assert tell(base / name).endswith(f" as other users can change {base}/shared")
    assert tell(base / "loop").endswith("loop: root cannot become its owner: Too many levels of symbolic links")


def test_the_program_must_be_readable(base: Path, program: Path) -> None:
    """Half of the program is imported when it is needed: an owner who may not read it is one line."""
    script(f'mkdir -m 700 "$1/private" "$1/his"; chown {NOBODY} "$1/his"; cp -r "$2/pitrainer" "$1/private"', base, program)
    told = root(PYTHON, "-c", TELL, base / "his", PYTHONPATH=str(base / "private")).stdout
    may_not = f"belongs to nobody, who may not read the program in {base}/private/pitrainer/config"
    assert told == f"PitrainerError: {base}/his: {may_not}\n"


def test_the_terminal_is_left(base: Path, program: Path) -> None:
    """A process of the owner cannot type commands into root's terminal: it is not theirs any more."""
    script(f'mkdir "$1/his"; chown {NOBODY} "$1/his"; printf "%s" "$2" >"$1/tell.py"', base, TELL + "open('/dev/tty')")
    command = f"{PYTHON} {base}/tell.py {base}/his; :"  # not the last one, for which the shell would make room
    told = root("script", "-qec", command, "/dev/null", PYTHONPATH=str(program)).stdout
    assert f"{NOBODY} {NOBODY}" in told
    assert "No such device or address: '/dev/tty'" in told


def pitrainer(program: Path, base: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = PYTHON, "-m", "pitrainer", *arguments
    environ = {"PYTHONPATH": str(program), "PITRAINER_CONFIG": str(base / "settings.toml"), "COLUMNS": "300"}
    return root(*command, **environ)


@pytest.fixture
def his(base: Path) -> Path:
    """A folder of nobody's for state and cache, as the service has one; an export is in a folder that only root may read."""
    export = json.dumps({"format": "pitrainer history", "version": 1, "sessions": []})
    script(
        f'mkdir "$1/his"; chown {NOBODY} "$1/his"; mkdir -m 700 "$1/home"; printf "%s" "$2" >"$1/home/export.json"\n'
        'printf "paths.state = \\"%s/his\\"\\npaths.cache = \\"%s/his\\"\\n" "$1" "$1" >"$1/settings.toml"; mkdir "$1/etc"',
        base,
        export,
    )
    return base / "his"


def test_import(base: Path, program: Path, his: Path) -> None:
    """`sudo pitrainer history import` of a file in a private home makes a history that the service can write to."""
    done = pitrainer(program, base, "history", "import", base / "home" / "export.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "there are no sessions in it\n", "")
    assert (his / "history.db").stat().st_uid == NOBODY
    assert pitrainer(program, base, "history", "--json").stdout.startswith('{"format": ')


@pytest.mark.parametrize("name", ["history.db", "history.db-journal"])
@pytest.mark.parametrize("command", [("import", "{base}/home/export.json"), ("--csv",), ("--json",)], ids=" ".join)
def test_links(base: Path, program: Path, his: Path, command: tuple[str, ...], name: str) -> None:
    """No link in a folder of the service's user has root make, change or give away a file."""
    script(f'ln -s "$1/etc/target" "$2/{name}"; chown -h {NOBODY} "$2/{name}"', base, his)
    done = pitrainer(program, base, "history", *(part.format(base=base) for part in command))
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or re.fullmatch(r"pitrainer: .+\n", done.stderr)
    assert root("ls", base / "etc").stdout == ""


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        *((command, "state") for command in ("history", "history --csv", "history import x.json", "doctor --quiet --rest")),
        *(
            (command, "cache")
            for command in ("show", "prepare", "prepare --import x.zip", "render neck x.wav", "practice --auto", "run")
        ),
    ],
)
def test_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, folder: str
) -> None:
    """Each command that works in one of the two folders first asks whose it is, and does nothing where that cannot be told."""
    monkeypatch.chdir(tmp_path)
    Path("settings.toml").write_text('gpio.backend = "mock"\npaths.state = "state"\npaths.cache = "cache"\n')
    Path("x.json").write_text(json.dumps({"format": "pitrainer history", "version": 1, "sessions": []}))
    made_with = {"voice": "x", "piper": "1.0", "chain": 1, "speed": 1, "pause": 0}
    with ZipFile("x.zip", "w") as archive:
        archive.writestr("clips.json", json.dumps({"format": 1, "made_with": made_with}))
    monkeypatch.setenv("PITRAINER_CONFIG", "settings.toml")

    def refuse(asked: Path) -> None:
        raise PitrainerError(f"{asked.name} is not entered")

    def too_late(*_: object, **__: object) -> None:
        raise PitrainerError("too late")

    for group in ("service.build", "cli.diagnosis", "cli.past", "cli.phrases", "cli.sessions"):
        monkeypatch.setattr(f"pitrainer.{group}.become_owner", refuse)
    for name in ("cli.common.phrases_of", "cli.phrases.phrases_of", "cli.sessions.build_service", "doctor.checks.examine"):
        monkeypatch.setattr(f"pitrainer.{name}", too_late)
    assert main(command.split()) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"pitrainer: {folder} is not entered"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["settings.toml", "x.json", "x.zip"]
