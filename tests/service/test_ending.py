"""A command that is ended by a signal: it ends at once, with the signal's exit code, and leaves nothing half done."""

import os
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from pitrainer.audio.clips import samples_of
from pitrainer.audio.tones import RATE
from pitrainer.files import replacing
from pitrainer.service.ending import SIGNALS, Children, Interrupted, aside, by_signals
from support.appliance import fill, write_home
from support.terminal import Terminal

SOON = 15.0
"""Seconds; a loaded machine takes a while for anything. What is waited for by mistake takes much longer."""
LONG = 60
SLOW = """
import ctypes, itertools, os
import numpy as np
from pitrainer.voice import synthesis

def stay():
    os.write(1, b"in the model\\n")  # at once, whatever the other thread prints
    mutex, library = ctypes.create_string_buffer(64), ctypes.CDLL(None)
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)  # which no signal breaks off

class Slow:
    '''A voice on a slow Pi: out of the model, once in it, nobody comes.'''
    def __init__(self, *_):
        if os.environ["SLOW"] == "loads":
            stay()
        self.texts = itertools.count()
    def say(self, text):
        if next(self.texts):
            stay()
        return np.full(4_800, 3_000, np.int16)

synthesis.Voice = Slow
"""
SPOILT = """
import os, signal
{where}

real = {what}
def spoilt(*args, **more):
    result = real(*args, **more)
    os.kill(os.getpid(), signal.SIGTERM)
    return result
{what} = spoilt
"""
"""A signal comes as soon as a function has done its work."""


class Person:
    """Runs the program in a home of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = os.environ | write_home(home)

    def start(self, *arguments: str, before: str = "", **more: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments, before=before), env=self.env, cwd=self.home, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
        )  # type: ignore[call-overload,no-any-return]  # fmt: skip

    def command(self, *arguments: str, before: str = "") -> list[str]:
        return [
            sys.executable,
            "-c",
            f"{before}\nimport sys\nfrom pitrainer.cli.main import main\nsys.exit(main())",
            *arguments,
        ]

    def parts(self) -> list[Path]:
        return list(self.home.rglob("*.part"))

    def clips(self) -> list[Path]:
        found = list(self.home.rglob("*.wav"))
        assert all(samples_of(file.read_bytes()) is not None for file in found)
        return found


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def ended(process: subprocess.Popen[str], end: Callable[[], None]) -> tuple[int, str, str]:
    """End a process; return its exit code and what it wrote, after a short time."""
    began = time.monotonic()
    end()
    try:
        out, err = process.communicate(timeout=LONG)
    finally:
        process.kill()
    assert time.monotonic() - began < SOON
    assert "Traceback" not in err, err
    return process.returncode, out, err


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_an_exception(number):
    """Each signal ends the block, with an exit code as a shell has it; afterwards signals do what they did before."""
    before = [signal.getsignal(each) for each in SIGNALS]
    with pytest.raises(Interrupted) as caught, by_signals():
        signal.raise_signal(number)
    assert caught.value.code == 128 + number
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_what_is_ignored_stays_so():
    """What `nohup` has begun goes on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with by_signals():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_impatient_person(tmp_path):
    """A signal that follows at once does not break off what puts things away; the file of before is still there."""
    file = tmp_path / "file"
    file.write_text("before")
    put_away = []

    def write() -> None:
        try:
            with replacing(file) as part:
                part.write(b"half")
                signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            put_away.append(True)

    with pytest.raises(Interrupted) as caught, by_signals():
        write()
    assert (put_away, caught.value.code) == ([True], 130)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "before"


def test_a_signal_as_soon_as_the_part_is_there(tmp_path, monkeypatch):
    """Also at the moment in which the part has been made, and nobody has its name yet, it is removed."""
    real = os.open

    def opened(*args: object) -> int:
        descriptor = real(*args)  # type: ignore[arg-type]
        os.close(descriptor)
        assert len(list(tmp_path.iterdir())) == 1
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError

    monkeypatch.setattr(os, "open", opened)
    with pytest.raises(Interrupted), by_signals(), replacing(tmp_path / "file"):
        pass
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_aside():
    """What is done on another thread is waited for, and its result or error is given; a signal ends the waiting."""
    assert aside(lambda: threading.current_thread() is not threading.main_thread())
    with pytest.raises(ZeroDivisionError):
        aside(lambda: 1 // 0)
    free = threading.Event()
    done: list[bool] = []

    def work() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        done.append(free.wait(LONG))

    with pytest.raises(Interrupted) as caught, by_signals():
        aside(work)
    assert not done
    assert caught.value.at_once, "Python would wait for the thread at its end"
    free.set()


PUTS_AWAY = ["sh", "-c", 'trap "kill $!; touch away; exit 7" TERM; sleep 600 & touch there; wait']


def appears(file: Path) -> bool:
    until = time.monotonic() + LONG
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return file.exists()


def test_children_end(tmp_path, monkeypatch):
    """A child is run to its end; one that is running is ended, so that it can put things away; later there is none."""
    monkeypatch.chdir(tmp_path)
    children = Children()
    assert children.run([sys.executable, "-c", "raise SystemExit(5)"]) == 5
    with pytest.raises(FileNotFoundError):
        children.run([str(tmp_path / "gone")])
    codes: list[int] = []
    runner = threading.Thread(target=lambda: codes.append(children.run(PUTS_AWAY)))
    runner.start()
    assert appears(tmp_path / "there")
    children.end(SOON)
    runner.join(SOON)
    assert codes == [7]
    assert (tmp_path / "away").exists()
    assert children.run(PUTS_AWAY) == -signal.SIGTERM


def test_a_child_that_takes_too_long(tmp_path, monkeypatch):
    """When the time is up a child is ended; it is not killed in the middle of what it does."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        Children().run(PUTS_AWAY, patience=1)
    assert (tmp_path / "away").exists()


@pytest.mark.parametrize(
    ("number", "slow"), [(signal.SIGINT, "says"), (signal.SIGTERM, "says"), (signal.SIGHUP, "says"), (signal.SIGTERM, "loads")]
)
def test_prepare(person, number, slow):
    """Deep in the voice's model, `prepare` ends at once; the clips that were made stay, and no part of another."""
    person.env["SLOW"] = slow
    process = person.start("prepare", before=SLOW)
    assert process.stdout
    assert process.stdout.readline() == "in the model\n"
    until = time.monotonic() + SOON
    while slow == "says" and not person.clips() and time.monotonic() < until:
        time.sleep(0.01)
    assert ended(process, lambda: process.send_signal(number))[0] == 128 + number
    assert (len(person.clips()), person.parts()) == (slow == "says", [])


def test_the_cursor(person):
    """After Ctrl-C in the middle of the bar, the terminal's cursor is there again."""
    person.env["SLOW"] = "says"
    with Terminal(person.command("prepare", before=SLOW), person.env) as terminal:
        terminal.wait_for("in the model", LONG)
        terminal.wait_for("preparing the voice", LONG)
        assert terminal._screen.cursor.hidden
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(SOON) == 130
    assert not terminal._screen.cursor.hidden
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize(
    ("command", "where", "what"),
    [
        ("render small x.wav", "from pitrainer.audio.mixer import Mixer", "Mixer.fill"),
        ("prepare --export x.zip", "from pitrainer.voice import archive", "archive.samples_of"),
        ("history --picture x.png", "from matplotlib.figure import Figure", "Figure.savefig"),
    ],
)
def test_no_part_of_a_file(person, command, where, what):
    """A file that is being written when SIGTERM comes is not there, nor is a part of it; the one of before is."""
    fill(person.home)
    before = person.home / command.split()[-1]
    before.write_text("before")
    process = person.start(*command.split(), before=SPOILT.format(where=where, what=what))
    _, err = process.communicate(timeout=2 * LONG)
    assert (process.returncode, err) == (143, "")
    assert before.read_text() == "before"
    assert person.parts() == []


def test_a_recording(person):
    """When the terminal is closed in the middle of a session, what was recorded of it is a whole sound file."""
    fill(person.home)
    process = person.start("practice", "--auto", "--record", "x.wav")
    assert process.stdout
    process.stdout.readline()
    assert ended(process, lambda: process.send_signal(signal.SIGHUP))[0] == 129
    with wave.open(str(person.home / "x.wav"), "rb") as wav:
        assert wav.getframerate() == RATE


def child_of(process: subprocess.Popen[str]) -> int:
    """Return the number of a process's child as soon as that has its own way to end by SIGTERM."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                facts = dict(line.partition(":\t")[::2] for line in status.read_text().splitlines())
            except OSError:
                continue
            if facts.get("PPid") == str(process.pid) and int(facts["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1:
                return int(facts["Pid"])
        time.sleep(0.01)
    raise AssertionError("no child")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_prepares(person, number):
    """`render` ends with the process that prepares for it: by Ctrl-C, which reaches both, and by SIGTERM to it alone."""
    process = person.start("render", "small", "x.wav", start_new_session=True)
    child = child_of(process)
    send = os.killpg if number == signal.SIGINT else os.kill
    code, _, err = ended(process, lambda: send(process.pid, number))
    assert code == 128 + number
    assert not Path(f"/proc/{child}").exists()
    assert "going on with the phrases" not in err
    assert person.parts() == []
    person.clips()


def test_the_terminal_of_a_trainer(person):
    """A trainer that somebody has begun in a terminal ends with it, cleanly; a hang-up has only a service read its settings."""
    fill(person.home)
    ours, theirs = os.openpty()
    # With a session of its own, whose terminal this is: the kernel then says that it has gone.
    command = ["setsid", "--ctty", *person.command("run")]
    journal = (person.home / "journal").open("w")
    with journal, subprocess.Popen(command, env=person.env, cwd=person.home, stdin=theirs, stderr=journal) as process:
        os.close(theirs)
        until = time.monotonic() + 4 * SOON
        while "ready: press the button" not in (person.home / "journal").read_text() and time.monotonic() < until:
            time.sleep(0.02)
        os.close(ours)
        try:
            assert process.wait(SOON) == 0
        finally:
            process.kill()
    assert "ending: SIGHUP" in (person.home / "journal").read_text().splitlines()
