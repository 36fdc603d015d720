"""`pitrainer sound`: which cards there are, each by ear, and the one that is kept."""

import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio.test_cards import JACK, NONE, TV_0, USB, USB_TOO, folder
from audio.test_output import in_use
from pitrainer.audio.cards import Card, about, read_cards
from pitrainer.cli import sound
from pitrainer.cli.main import main
from pitrainer.config.validation import load
from pitrainer.control.protocol import CHECK_PATIENCE
from pitrainer.doctor.sound_check import Trial

LIST = """1  USB PnP Sound Device (Device): a USB card; in use by process 811 (wireplumber); in force now
2  USB PnP Sound Device (Device_1): a USB card
3  bcm2835 Headphones (Headphones): the headphone jack
4  vc4-hdmi-0 (vc4hdmi0): HDMI, but no display with sound is connected
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a person on a Pi with four cards and no running trainer."""
    root = folder(tmp_path / "root", JACK, USB, USB_TOO, TV_0, displays=NONE)
    in_use(root, 1)
    monkeypatch.setattr(sound, "read_cards", lambda: read_cards(root))
    monkeypatch.setattr(sound, "about", lambda card: about(card, root))
    monkeypatch.setattr("pitrainer.config.locate.service_folder", lambda _: tmp_path / "nobody")
    file = tmp_path / "pitrainer.toml"
    file.write_text('# mine\n[sound]\ndevice = "" # any\n')
    monkeypatch.setenv("PITRAINER_CONFIG", str(file))
    return file


def test_list(file, capsys):
    """Without a terminal the cards are listed, the likeliest first, with who uses one; nothing is heard or changed."""
    assert main(["sound"]) == 0
    assert capsys.readouterr().out == f"{LIST}\npitrainer sound --keep NUMBER keeps one of them\n"
    assert file.read_text() == '# mine\n[sound]\ndevice = "" # any\n'


@pytest.mark.parametrize(("named", "kept"), [("3", "Headphones"), ("Device_1", "Device_1"), ("headphones", "Headphones")])
def test_keep(file, capsys, named, kept):
    """A card is kept by its id, by whatever it was named, and the rest of the settings stays."""
    assert main(["sound", "--keep", named]) == 0
    assert capsys.readouterr().out == f'{LIST}{file}: [sound] device = "{kept}"\n'
    assert file.read_text() == f'# mine\n[sound]\ndevice = "{kept}" # any\n'
    assert load(file, {})[0].sound.device == kept


def test_keep_behind_a_link(file, capsys):
    """Settings that are a link are changed where it leads to; it stays a link."""
    kept = file.parent / "mine" / "kept.toml"
    kept.parent.mkdir()
    file.rename(kept)
    file.symlink_to(kept)
    assert main(["sound", "--keep", "3"]) == 0
    assert capsys.readouterr().out == f'{LIST}{kept}: [sound] device = "Headphones"\n'
    assert (file.is_symlink(), kept.read_text()) == (True, '# mine\n[sound]\ndevice = "Headphones" # any\n')


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"after_session": False}, "the running trainer now uses it"),
        ({"after_session": True}, "the running trainer uses it after this session"),
        ({"not_taken": "this is practice"}, "the running trainer does not use it yet: this is practice"),
    ],
)
def test_the_trainer_is_told(file, capsys, monkeypatch, answer, told):
    """A running trainer is asked to read the settings anew, over its socket: nobody is root any more by then."""
    asked = []

    def ask(request: dict[str, str], longer: float = 0) -> dict[str, Any]:
        asked.append((request, longer))
        return {"cards": [{"id": "Device", "in_force": True}]} if request == {"command": "cards"} else answer

    monkeypatch.setattr(sound, "ask_trainer", ask)
    assert main(["sound", "--keep", "3"]) == 0
    assert capsys.readouterr().out == f'{LIST}{file}: [sound] device = "Headphones"\n{told}\n'
    assert asked == [({"command": "cards"}, 0), ({"command": "reload"}, CHECK_PATIENCE)]


@pytest.mark.usefixtures("file")
def test_the_trainer_waits_for_a_card(capsys, monkeypatch):
    """While a running trainer waits for a card that is gone, no other one is in force."""
    told = {"cards": [{"id": card, "in_force": False} for card in ("Device", "Device_1", "Headphones")]}
    monkeypatch.setattr(sound, "ask_trainer", lambda _: told)
    assert main(["sound"]) == 0
    assert "1  USB PnP Sound Device (Device)" in (out := capsys.readouterr().out)
    assert "in force" not in out


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("5", 'there is no sound card "5"; there are 1 Device, 2 Device_1, 3 Headphones, 4 vc4hdmi0'),
        ("0", 'there is no sound card "0"; there are 1 Device, 2 Device_1, 3 Headphones, 4 vc4hdmi0'),
        ("Speaker", 'there is no sound card "Speaker"; there are 1 Device, 2 Device_1, 3 Headphones, 4 vc4hdmi0'),
        ("USB", 'no sound: "USB" is part of the names of 2 cards (sound.device); write "Device" or "Device_1"'),
    ],
)
def test_keep_what_is_not_there(file, capsys, named, why):
    """A card that is not there, or may be one of two, is answered with those that are: one line, exit code 2."""
    assert main(["sound", "--keep", named]) == 2
    assert capsys.readouterr().err == f"pitrainer: {why}\n"
    assert 'device = ""' in file.read_text()


@pytest.mark.usefixtures("file")
def test_no_card(capsys, monkeypatch):
    """Where there is no card, that is said."""
    monkeypatch.setattr(sound, "read_cards", list)
    assert main(["sound"]) == 2
    assert capsys.readouterr().err == "pitrainer: there is no sound card; plug the speaker in\n"


Listen = Callable[..., tuple[int, str, list[tuple[str, int]]]]


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Listen:
    """Runs the command at a terminal: cards speak by hand, and the button is pressed, or a line typed, while one does."""

    def run(
        *, press: str = "", type_: tuple[str, str] = ("", ""), fails: str = "", speak: Callable[[], object] = lambda: None
    ) -> tuple[int, str, list[tuple[str, int]]]:
        reader, writer = os.pipe()
        said: list[tuple[str, int]] = []

        def try_card(_command: Any, card: str, number: int) -> str:
            said.append((card, number))
            speak()
            if card == type_[0]:
                os.write(writer, type_[1].encode())
            return "it is in use" if card == fails else ""

        out = io.StringIO()
        with os.fdopen(reader) as stdin, os.fdopen(writer, "w"), monkeypatch.context() as patch:
            patch.setattr(sound, "_at_terminal", lambda: True)
            patch.setattr("pitrainer.doctor.card_trial.try_card", try_card)
            patch.setattr("pitrainer.doctor.pin_checks.chosen", lambda _: said[-1][0] == press)
            patch.setattr(sys, "stdin", stdin)
            patch.setattr(sys, "stdout", out)
            code = main(["sound"])
        return code, out.getvalue(), said

    return run


def test_press(file, listen):
    """Each card that may be heard says its number in turn; a press keeps the one that spoke last."""
    code, out, said = listen(press="Headphones")
    assert (code, said) == (0, [("Device", 1), ("Device_1", 2), ("Headphones", 3)])
    assert 'device = "Headphones"' in out
    assert load(file, {})[0].sound.device == "Headphones"


def test_number(file, listen):
    """So does its number, typed; a wrong one is answered, and the cards go on."""
    code, out, said = listen(type_=("Device_1", "7\n4\n"), fails="Device")
    assert code == 0
    assert said[:2] == [("Device", 1), ("Device_1", 2)]
    assert "   it is in use\n" in out
    assert 'there is no sound card "7"; there are 1 Device, ' in out
    assert load(file, {})[0].sound.device == "vc4hdmi0"


@pytest.mark.usefixtures("file")
def test_ctrl_c(listen, monkeypatch):
    """Ctrl-C ends it at once, though a card has not spoken to its end."""
    ended = threading.Event()

    def end(code: int) -> None:
        ended.set()
        raise SystemExit(code)

    def interrupt() -> None:
        time.sleep(0.3)  # by then the command waits for what is typed
        os.kill(os.getpid(), signal.SIGINT)
        assert ended.wait(20)

    monkeypatch.setattr(os, "_exit", end)
    with pytest.raises(SystemExit) as caught:
        listen(speak=interrupt)
    assert caught.value.code == 130


def test_nobody_chooses(file, listen):
    """After three rounds without an answer nothing is changed."""
    code, out, said = listen()
    assert (code, len(said)) == (0, 9)
    assert out.endswith("no card was chosen; nothing has changed\n")
    assert load(file, {})[0].sound.device == ""


@pytest.mark.usefixtures("file")
def test_a_card_that_cannot_be_had(capsys):
    """The child that tries a card tells why it cannot be, as JSON, and ends well."""
    assert main(["sound", "--card=Speaker", "--number=2"]) == 0
    out = capsys.readouterr().out
    assert '"why": "no sound: ' in out


@pytest.fixture
def volumes(file: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """At which volumes something was said; the trainer's state and clips are beside the settings."""
    said: list[int] = []

    def try_sound(_settings: object, _clips: object, _phrases: object, volume: int, **_: object) -> Trial:
        said.append(volume)
        return Trial("x", "")

    monkeypatch.setattr("pitrainer.doctor.sound_check.try_sound", try_sound)
    for name in ("STATE_DIRECTORY", "CACHE_DIRECTORY"):
        monkeypatch.setenv(name, str(file.parent))
    return said


@pytest.mark.parametrize(
    ("setting", "kept", "said", "why"),
    [
        ("", None, [100], ""),
        ("soft_max = 40", None, [40], ""),
        ("", 20, [20], ""),
        ("", 0, [], "the volume is 0 now; turn it up: pitrainer volume N (sound.volume, sound.quiet_volume)"),
    ],
)
def test_how_loud(file, capsys, volumes, setting, kept, said, why):
    """A card says its number as loud as the trainer would speak; where nobody would hear it, that is told."""
    with file.open("a") as settings:
        settings.write(f"{setting}\n")
    if kept is not None:
        keep_volume(file, "state", kept)
    assert main(["sound", "--card=Device", "--number=2"]) == 0
    assert (volumes, json.loads(capsys.readouterr().out)) == (said, {"why": why})


def keep_volume(settings: Path, name: str, volume: int) -> None:
    (settings.parent / f"{name}.json").write_text(f'{{"program": 0, "tip": 0, "volume": [{volume}, 100]}}')


def test_whose_volume(file, capsys, volumes):
    """On a PC the volume counts that was kept last, by a trainer or by `practice`."""
    for number, (name, volume) in enumerate([("state", 0), ("practice", 40), ("state", 30)]):
        keep_volume(file, name, volume)
        os.utime(file.parent / f"{name}.json", (number + 1, number + 1))
        main(["sound", "--card=Device", "--number=2"])
    assert volumes == [40, 30]
    capsys.readouterr()


class Voice:
    """A voice that has nothing to say."""

    def __init__(self, *_: object) -> None:
        pass

    def say(self, *_: object) -> Any:
        return np.zeros(480, np.int16)


def test_how_loud_each_clarity_is(file, monkeypatch, volumes):
    """So do the voices that one may choose among."""
    monkeypatch.setattr("pitrainer.voice.synthesis.Voice", Voice)
    (file.parent / "state.json").write_text('{"program": 0, "tip": 0, "volume": [20, 100]}')
    assert main(["voices", "--hear"]) == 0
    assert volumes == [20, 20, 20]


def test_cards_are_named():
    """A card's name cannot be taken for its number."""
    cards = [Card(0, "7", "Seven", "", "usb", 0), Card(1, "Two", "2", "", "usb", 0)]
    assert sound.card_named("2", cards).id == "Two"
    assert sound.card_named("7", cards).id == "7"
