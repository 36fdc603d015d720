"""`practice --auto`: the trainer by itself, to the end of a session."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.appliance import TINY, fill, write_home


def test_at_the_own_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It also presses where a set at the person's own pace would be done."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    routine = TINY.replace('"tiny"', '"small"').replace('hold = "6s"', 'reps = 1\npace = "own"')
    (tmp_path / "routines" / "small.toml").write_text(routine)
    fill(tmp_path, 0.2)
    command = [sys.executable, "-m", "pitrainer", "practice", "--auto", "--no-history"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "  Bye.")
    assert "session ends: completed" in done.stderr.splitlines()
