"""Pipes, folders and devices in the place of the files that a trainer reads: named, gone round, never waited for."""

import os
import re
import sqlite3
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.audio.tones import RATE
from pitrainer.config.locate import find_settings_file
from pitrainer.config.validation import check_files
from pitrainer.control.client import ask
from pitrainer.control.protocol import socket_file
from pitrainer.errors import HistoryError
from pitrainer.history.store import History
from pitrainer.service.saved_state import State, load_state, save_state
from pitrainer.service.systemd import notify
from pitrainer.wallclock import WallClock
from support.appliance import fill, running, write_home
from support.spoken import en

KINDS = ("pipe", "folder", "device")


def put(kind: str, file: Path) -> None:
    """Put something else in a file's place."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    match kind:
        case "pipe":
            os.mkfifo(file)
        case "folder":
            file.mkdir()
        case "device":
            file.symlink_to("/dev/zero")


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip(tmp_path, kind, caplog):
    """It is a missing clip, said once; when a clip is there instead, that is found."""
    cache = ClipCache(tmp_path, "joe")
    clip = cache.path(en("Hello."))
    put(kind, clip)
    assert cache.missing([en("Hello.")]) == [en("Hello.")]
    for _ in range(2):
        cache.preload([en("Hello."), en("There is none.")])
    assert caplog.messages == [f"{clip}: the clip of 'Hello.' cannot be read: it is not a regular file, but a {kind}"]
    clip.rename(tmp_path / "away")
    ClipCache(tmp_path, "joe").write(en("Hello."), np.ones(RATE, np.int16))
    assert en("Hello.") in cache


@pytest.mark.parametrize("place", ["history.db", "history.db-journal", "history.db-wal", "history.db-shm"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_history(tmp_path, kind, place, caplog):
    """The trainer goes on with what is in memory, and says so; who asks for the history is told what is wrong."""
    file = tmp_path / "history.db"
    if place != "history.db":
        History(file, 80).flush()
    put(kind, tmp_path / place)
    history = History(file, 80)
    history.flush()
    about = "" if place == "history.db" else f"{place}: "
    why = f"{about}it is not a regular file, but a {kind}"
    assert caplog.messages == [f"{file}: cannot be written ({why}); what happens is kept, and written later"]
    assert history.ready
    with pytest.raises(HistoryError) as caught:
        history.pasts()
    assert str(caught.value) == f"{file}: cannot be read: {why}"
    (tmp_path / place).rename(tmp_path / "away")
    history.flush()
    assert history.pasts() == []


def test_looking_at_the_history_keeps_its_lock(tmp_path):
    """To look at what is there before SQLite opens it does not end this process's own lock on it."""
    file = tmp_path / "history.db"
    history = History(file, 80)
    history.flush()
    with sqlite3.connect(file, isolation_level=None) as own:
        own.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryError, match="locked"):
            history.add([])
        other = f"import sqlite3; sqlite3.connect({str(file)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
        done = subprocess.run(["python3", "-c", other], capture_output=True, text=True, check=False)
        assert "locked" in done.stderr
    own.close()


@pytest.mark.parametrize("kind", KINDS)
def test_settings(tmp_path, kind):
    """They are what is in force, and named: falling back to others would hide it."""
    file = tmp_path / "pitrainer.toml"
    put(kind, file)
    assert find_settings_file(None, {"HOME": "/nowhere"}, file) == file
    assert [str(problem) for problem in check_files([file], {})] == [
        f"{file}: cannot be read: it is not a regular file, but a {kind}"
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_routine_and_a_voice(tmp_path, kind):
    """They are named together with the others' mistakes."""
    put(kind, tmp_path / "routines" / "small.toml")
    put(kind, tmp_path / "voices" / "x.onnx")
    file = tmp_path / "pitrainer.toml"
    file.write_text('voice.model = "x"\n[[program]]\nroutine = "small"\nprofile = "adult"\n')
    why = f"cannot be read: it is not a regular file, but a {kind}"
    problems = [str(problem) for problem in check_files([file], {}) if not problem.warning]
    assert problems == [
        f'{file}: voice.model: "x": {tmp_path}/voices/x.onnx {why}',
        f"{tmp_path}/routines/small.toml: {why}",
    ]


@pytest.mark.parametrize("damage", [*KINDS, "cut", "empty", "zeros"])
def test_a_time_zone(tmp_path, damage, caplog, monkeypatch):
    """It is said once, and the clock goes on, by UTC."""
    monkeypatch.delenv("TZ", raising=False)
    file = tmp_path / "etc" / "localtime"
    if damage in KINDS:
        put(damage, file)
    else:
        file.parent.mkdir()
        # The beginning of a zone's file: a header that promises five times, and two of them.
        header = b"TZif2" + bytes(15) + b"".join(number.to_bytes(4, "big") for number in (0, 0, 0, 5, 1, 4))
        file.write_bytes({"cut": header + bytes(8), "empty": b"", "zeros": bytes(2_000)}[damage])
    clock = WallClock(tmp_path)
    assert str(clock.zoned().tzinfo) == str(clock.zoned().tzinfo) == "UTC"
    (line,) = caplog.messages
    assert line.startswith(f"{file}: cannot be used as a time zone (")


@pytest.mark.parametrize("address", ["\udcff", "@\udcff", "/nowhere", "x" * 500, "relative"])
def test_a_wrong_manager(address, monkeypatch):
    """No address, and no text, of systemd's stops the trainer."""
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("STATUS=\udcff", "READY=1")


def starts(home: Path, env: dict[str, str]) -> tuple[dict[str, object], list[str]]:
    """Run a trainer until it is ready; return its status, and the lines of its journal."""
    with running(env, home / "journal") as process:
        status = ask(socket_file(home / "run" / "pitrainer"), {"command": "status"})["status"]
        assert process.poll() is None
    assert process.returncode == 0
    return status, (home / "journal").read_text().splitlines()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A person's home, with clips of all phrases."""
    for name, value in write_home(tmp_path).items():
        monkeypatch.setenv(name, value)
    fill(tmp_path)
    return tmp_path


def test_a_trainer_with_pipes_everywhere(home):
    """Pipes in the place of state, history, and of the file for the buzzer, and the trainer runs, and says which."""
    state = home / "xdg_state_home" / "pitrainer"
    for file in (state / "state.json", state / "history.db", home / "routines" / "other.toml"):
        put("pipe", file)
    status, journal = starts(home, dict(os.environ))
    assert status["mistakes"] == []
    assert len([line for line in journal if "it is not a regular file, but a pipe" in line]) == 2
    assert len([line for line in journal if line.startswith(f"{state}/state.json: is damaged")]) == 1


def test_a_trainer_with_nested_settings(home):
    """Settings with a value nested a thousand deep, and a state with an impossible number: it runs, and says bad settings."""
    nested = f"[\n{{ {'.'.join('a' * 199)} = " * 5 + "1" + " }]" * 5
    with (home / "pitrainer.toml").open("a") as settings:
        settings.write(f'[[program]]\nroutine = "small"\nprofile = {nested}\n')
    state = home / "xdg_state_home" / "pitrainer" / "state.json"
    save_state(state, State())
    state.write_text('{"program": 1e999, "tip": -1e308}')
    status, journal = starts(home, dict(os.environ))
    (mistake,) = status["mistakes"]
    assert re.search(r'program\[2\]\.profile: .* is not one of "adult", "child"$', mistake)
    assert "Traceback" not in "\n".join(journal)
    assert load_state(state) == State()


@pytest.fixture
def voice(home):
    """A voice on a card that fails, which the settings choose: reading the memory of a process fails in the same way."""
    (home / "voices").mkdir()
    (home / "voices" / "x.onnx").symlink_to("/proc/self/mem")
    (home / "voices" / "x.onnx.json").write_text("{}")
    with (home / "pitrainer.toml").open("r+") as settings:
        rest = settings.read()
        settings.seek(0)
        settings.write(f'voice.model = "x"\n{rest}')


@pytest.mark.usefixtures("voice")
def test_a_trainer_whose_voice_cannot_be_read(home):
    """It is a mistake in the settings."""
    status, _ = starts(home, dict(os.environ))
    (mistake,) = status["mistakes"]
    assert "voice.model: " in mistake
    assert mistake.endswith("x.onnx: cannot be read: Input/output error")


@pytest.mark.usefixtures("voice")
def test_a_mistake_beside_a_voice_that_cannot_be_read(home):
    """Another mistake is told all the same: the trainer runs, without that voice."""
    with (home / "pitrainer.toml").open("a") as settings:
        settings.write("[bottun]\n")
    status, _ = starts(home, dict(os.environ))
    (mistake,) = status["mistakes"]
    assert "bottun: is not a known key" in mistake
