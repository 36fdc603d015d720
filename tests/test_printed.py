"""What others wrote (an answer, a card's or a file's name) is printed, and neither obeyed nor taken for a line of ours."""

import io
import json
import logging
import os
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from pitrainer.cli.calendar import print_history
from pitrainer.cli.main import Journal, main
from pitrainer.cli.tables import print_checks, print_voices
from pitrainer.control.protocol import socket_file
from pitrainer.control.server import Control
from pitrainer.control.status import Status
from pitrainer.core.messages import Fault, FaultAppeared
from pitrainer.core.routine import Regimen
from pitrainer.core.statistics import Overview, Rating, Skips, calendar
from pitrainer.core.units import Ms
from pitrainer.doctor.report import Check
from pitrainer.errors import VoiceError
from pitrainer.voice.models import VoiceFile

EVIL = "a\x1b]0;b\x07\nc\x9b2Jd\u202ee\udc80[red]f[/]"
SHOWN = r"a\x1b]0;b\x07\nc\x9b2Jd\u202ee\udc80[red]f[/]"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What a trainer says of itself is a line each, and as JSON still what it said."""
    monkeypatch.setattr("pitrainer.config.locate.service_folder", lambda _: tmp_path / "run")
    status = {"text": EVIL, "mistakes": [EVIL, "x"], "next_reminder": None}
    status |= {"streak": None, "reminders_wait": False}
    control = Control(socket_file(tmp_path / "run"), {"status": lambda _: {"status": status}})
    control.serve()
    with closing(control):
        assert main(["status"]) == 0
        assert capsys.readouterr().out == f"{SHOWN}\n{SHOWN}\nx\n"
        assert main(["status", "--json"]) == 0
        out = capsys.readouterr().out
    assert json.loads(out) == status
    assert all(letter.isprintable() for letter in out.replace("\n", ""))


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    """A check is a line and its remedy, whatever it found."""
    print_checks([Check(EVIL[:3], "ok", EVIL, EVIL)])
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.rstrip().endswith(SHOWN)
    assert second.strip() == f"→ {SHOWN}"


def test_voices(capsys: pytest.CaptureFixture[str]) -> None:
    """So is a voice, and what is wrong with it."""
    voice = VoiceFile(EVIL, Path("x"), "", problem=EVIL)
    print_voices([voice], [voice])
    out = capsys.readouterr().out
    assert f" {SHOWN} " in out
    assert out.splitlines()[-1] == f"{SHOWN}: cannot be used: {SHOWN}"


def test_history(capsys: pytest.CaptureFixture[str]) -> None:
    """What a history has is shown in the calendar, and obeyed by no terminal: root's shows one that the service wrote."""
    today = date(2026, 11, 17)
    skipped, last = Skips(Regimen(EVIL, "adult"), EVIL, 1, 2), ((today, Rating(0, EVIL, "pain", 5)),)
    print_history([Overview(EVIL, today, calendar([], 80, today, 1), 0, 0, 1, today, skipped, last)], {})
    out = capsys.readouterr().out
    assert out.count(SHOWN) == 4
    assert all(letter.isprintable() for letter in out.replace("\n", ""))


def test_state_for_systemd() -> None:
    """A fault cannot tell the service manager another thing than that it is one: its protocol has a line for each."""
    status = Status((), 0)
    status(FaultAppeared(Ms(0), Fault("sound", "no sound: \nMAINPID=1")))
    assert status.text() == r"not ready; no sound: \nMAINPID=1"


def test_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record is one line, but for where a failure of ours came from."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    log = logging.Logger("x")
    log.addHandler(Journal())
    log.warning("%s: is wrong", EVIL)
    assert written.getvalue() == f"{SHOWN}: is wrong\n"
    try:
        raise ValueError(EVIL)
    except ValueError:
        log.exception("failed")
    assert all(letter.isprintable() or letter == "\n" for letter in written.getvalue())
    assert "raise ValueError(EVIL)\nValueError: a\\x1b]0;b\\x07\n" in written.getvalue()


def test_a_journal_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has something to tell goes on where that cannot be written: the terminal has gone, or the disk is full."""
    log = logging.Logger("x")
    log.addHandler(journal := Journal())
    monkeypatch.setattr("sys.stderr", sys.__stderr__)
    with Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), journal._own)
    log.warning("nobody reads this")
    os.close(journal._own)


@pytest.mark.parametrize(
    ("command", "why"), [("history --picture", "its name ends neither"), ("prepare --import", "there is no such file")]
)
def test_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, why: str
) -> None:
    """A file's name in an error is printed on its line, also one that is no text."""
    monkeypatch.setenv("PITRAINER_CONFIG", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "settings.toml").write_text("")
    assert main([*command.split(), "a\n\x1b[2J\udc80.jpg"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(rf"pitrainer: a\n\x1b[2J\udc80.jpg: {why}")


def test_several_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where several things are wrong, each has its line."""

    def fail(_options: object) -> int:
        raise VoiceError("a\nb", "c")

    monkeypatch.setattr("pitrainer.cli.phrases.list_voices", fail)
    assert main(["voices"]) == 2
    assert capsys.readouterr().err == "pitrainer: a\\nb\nc\n"
