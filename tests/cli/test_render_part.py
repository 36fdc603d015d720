"""`render` writes a part of a session: one exercise, or a beginning."""

import wave
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.tones import RATE
from pitrainer.cli.main import main
from support.appliance import fill, write_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody whose voice says everything in two seconds of silence."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    fill(tmp_path)
    return tmp_path


def seconds(file: Path) -> float:
    with wave.open(str(file), "rb") as wav:
        return wav.getnframes() / RATE


def test_a_beginning(home, capsys):
    """The beginning is that of the whole session, to the sample, faded out."""
    assert main(["render", "small", "whole.wav"]) == 0
    assert main(["render", "small", "begin.wav", "--most", "9"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "begin.wav: 0:09"
    assert seconds(home / "begin.wav") == 9
    whole, begin = (np.frombuffer((home / name).read_bytes()[44:], "<i2") for name in ("whole.wav", "begin.wav"))
    same = 9 * RATE - RATE // 10
    assert (begin[:same] == whole[:same]).all()
    assert begin[:same].any()


def test_one_exercise(home):
    """One exercise is shorter than all of them; asked for more than there is, one gets what there is."""
    assert main(["render", "small", "whole.wav", "--most", "3600"]) == 0
    assert main(["render", "small", "one.wav", "--exercise", "1"]) == 0
    assert 5 < seconds(home / "one.wav") < seconds(home / "whole.wav")


def test_no_such_exercise(home, capsys):
    """An exercise that is not there is named, with how many there are; nothing is written."""
    assert main(["render", "small", "one.wav", "--exercise", "9"]) == 2
    assert capsys.readouterr().err.startswith("pitrainer: there is no exercise 9: there are ")
    assert not (home / "one.wav").exists()


@pytest.mark.parametrize(
    ("option", "why"),
    [
        (["--exercise", "0"], '"0" is not a number of an exercise from 1 to 999'),
        (["--exercise", "x"], '"x" is not a number of an exercise from 1 to 999'),
        (["--most", "0"], '"0" is not a number of seconds from 1 to 99999'),
        (["--most", "1.5"], '"1.5" is not a number of seconds from 1 to 99999'),
    ],
)
def test_no_numbers(option, why, capsys):
    """What is no number is refused with what would be right."""
    with pytest.raises(SystemExit, match="2"):
        main(["render", "small", "one.wav", *option])
    assert why in capsys.readouterr().err
