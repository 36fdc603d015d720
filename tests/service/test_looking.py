"""Changed settings are checked by a child while a session runs; whatever becomes of the child, the trainer knows."""

import sys

import pytest

from pitrainer.cli.main import main
from pitrainer.errors import PitrainerError, Problem
from pitrainer.service import looking
from pitrainer.service.looking import problems_by_child


def printing(text: str) -> list[str]:
    return [sys.executable, "-c", f"print({text!r})"]


def test_what_it_finds():
    """Each mistake is told with its file and key."""
    assert problems_by_child(printing('[["a.toml", "x", "is wrong"], ["b.toml", "", "is missing"]]')) == [
        Problem("a.toml", "x", "is wrong"),
        Problem("b.toml", "", "is missing"),
    ]
    assert problems_by_child(printing("[]")) == []


@pytest.mark.parametrize(
    "command", [["/nowhere"], printing(""), printing("{}x"), printing("3"), printing("[1]"), printing("[[1]]")]
)
def test_what_it_cannot_say(command):
    """A child that fails has found nothing, neither good nor bad."""
    with pytest.raises(PitrainerError, match="the settings could not be checked: "):
        problems_by_child(command)


def test_a_child_that_hangs(monkeypatch):
    """One that does not come to an end is ended."""
    monkeypatch.setattr(looking, "CHECK_PATIENCE", 0.2)
    with pytest.raises(PitrainerError, match="the settings could not be checked: "):
        problems_by_child([sys.executable, "-c", "import time; time.sleep(60)"])


def test_the_child(tmp_path, capfd):
    """What it prints is why a trainer does not take the settings over: mistakes, those of the voice too, and no warnings."""
    file = tmp_path / "pitrainer.toml"
    file.write_text("[pins]\nbuzzer = 4\n")
    assert main(["check", "--load", "--config", str(file)]) == 0
    assert capfd.readouterr().out == "[]\n"
    file.write_text('[pins]\nbuzzer = 4\n[[program]]\nroutine = "gone"\nprofile = "cat"\n')
    assert main(["check", "--load", "--config", str(file)]) == 0
    told = problems_by_child(printing(capfd.readouterr().out))
    assert [(one.file, one.key) for one in told] == [(str(file), "program[1].profile"), (str(file), "program[1].routine")]
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "half.onnx").touch()
    (tmp_path / "voices" / "half.onnx.json").touch()
    file.write_text('voice.model = "half"\n')
    assert main(["check", "--load", "--config", str(file)]) == 0
    assert [one.key for one in problems_by_child(printing(capfd.readouterr().out))] == ["voice.model"]
