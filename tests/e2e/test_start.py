"""How the command starts: with closed streams, few letters, no home, an impatient person, and strange files around it."""

import json
import os
import subprocess
import sys
import tomllib
from argparse import Namespace
from pathlib import Path

import pytest

from pitrainer.cli.common import doctor_command, prepare_command
from pitrainer.cli.main import main

ROOT = Path(__file__).parents[2]
MODULE, _, FUNCTION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["pitrainer"].partition(":")
SCRIPT = f"import sys; from {MODULE} import {FUNCTION}; sys.exit({FUNCTION}())"
"""What the installed command does."""
HISTORY = f"""
import json, os, sys
from {MODULE} import {FUNCTION}
sys.argv = ["pitrainer", "history", "--json"]
code = {FUNCTION}()
with open("seen", "w") as file:
    json.dump([code, [os.readlink(f"/proc/self/fd/{{number}}") for number in range(3)]], file)
"""
INTERRUPTED = """
import signal, sys

class Impatient:
    def find_spec(self, name, path=None, target=None):
        if name == "pitrainer.config.settings":
            WHAT

sys.meta_path.insert(0, Impatient())
"""
"""Python runs it at its start, where it is found as `sitecustomize`."""
UMLAUTS = """
schema = 1
id = "door"
title = "Tür"
language = "en"
[[exercise]]
id = "one"
name = "Öffnen"
say = "Öffnen Sie die Tür, für 5 Euro."
prepare = "1s"
hold = "4s"
"""


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a person who lives and is in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    own = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"), str(tmp_path))
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | own


def run(*arguments: str, env: dict[str, str], shell: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python as a shell does, which may close some of its streams."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {shell}', "sh", sys.executable, *arguments],
        env=env, input="", capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("closed", ["0", "1", "2", "012"])
def test_closed_streams(env, closed):
    """A closed stream is as good as /dev/null: the command works, and no file, such as the history, gets its number."""
    done = run("-c", HISTORY, env=env, shell=" ".join(f"{number}>&-" for number in closed))
    assert "Traceback" not in done.stderr
    code, streams = json.loads(Path("seen").read_text())
    assert code == 0
    assert [number for number, file in enumerate(streams) if file == "/dev/null"] == [int(number) for number in closed]


def test_few_letters(env):
    """Where a terminal or a pipe has no letters but ASCII's, the others are escaped, and JSON stays JSON."""
    Path("door.toml").write_text(UMLAUTS)
    for arguments in (["show", "door.toml", "--json"], ["show", "door.toml"], ["check", "kür.toml"]):
        full = run("-m", "pitrainer", *arguments, env=env)
        few = run("-m", "pitrainer", *arguments, env=env | {"PYTHONIOENCODING": "ascii:strict"})
        assert (few.returncode, few.stderr, few.stdout.isascii()) == (full.returncode, full.stderr, True)
        if "--json" in arguments:
            assert json.loads(few.stdout) == json.loads(full.stdout)
            assert "für 5 Euro." in full.stdout
    assert few.stdout.startswith(r"k\u00fcr.toml: ")


@pytest.mark.parametrize("start", [["-c", SCRIPT], ["-m", "pitrainer"]], ids=["script", "module"])
@pytest.mark.parametrize("what", ["signal.raise_signal(signal.SIGINT)", "exec('signal.raise_signal(signal.SIGINT)')"])
def test_ctrl_c_while_importing(env, start, what):
    """Ctrl-C right after the start ends the command as it does later: with 130, and without a word."""
    Path("sitecustomize.py").write_text(INTERRUPTED.replace("WHAT", what))
    done = subprocess.run(
        [sys.executable, *start, "check"], env=env | {"PYTHONPATH": f"{Path.cwd()}:{ROOT}"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_files_in_the_current_folder(env, tmp_path):
    """No child of ours runs what lies in the current folder under the name of one of Python's modules."""
    for name in ("queue", "argparse", "tomllib"):
        Path(f"{name}.py").write_text("open('run', 'w').close()\n")
    settings = tmp_path / "wrong.toml"
    settings.write_text("[bottun]\n")
    for command in (prepare_command(Namespace(config=settings)), doctor_command(settings)):
        done = subprocess.run(
            [*command, *(["--quiet"] if "doctor" in command else [])],
            env=env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "did you mean" in done.stdout + done.stderr
    assert not Path("run").exists()


@pytest.mark.usefixtures("env")
@pytest.mark.parametrize("home", [None, "", "~", "here"])
@pytest.mark.parametrize("command", ["show", "history", "prepare --text Hello", "check", "voices", "wiring"])
def test_no_home(home, command, monkeypatch, capsys):
    """Whom neither $HOME nor the system gives a home is told what to set, where one is needed; no folder `~` is made."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # nobody's
    code = main(command.split())
    needed = command not in ("check", "voices", "wiring")
    out, err = capsys.readouterr()
    assert (code, bool(out)) == ((2, False) if needed else (0, True))
    assert [line.replace("STATE", "CACHE") for line in err.splitlines()] == needed * [
        "pitrainer: there is no home folder to keep anything in; set HOME or XDG_CACHE_HOME to a folder's whole path"
    ]
    assert list(Path.cwd().iterdir()) == []
