"""A running trainer from outside: started, pressed, ended, started again."""

import gc
import json
import logging
import os
import queue
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import types
from ast import literal_eval
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.cli.main import main, make_parser
from pitrainer.config.schema import Settings
from pitrainer.config.validation import Loaded, load_all
from pitrainer.control.client import ask, follow
from pitrainer.control.protocol import socket_file
from pitrainer.control.server import Control
from pitrainer.core.messages import Began, Chosen, Command, Ended, Event, Fault, Light, Started
from pitrainer.core.plan import Buzz
from pitrainer.core.routine import Program
from pitrainer.core.signals import Signal
from pitrainer.errors import BadInput, PinsError, PitrainerError, Problem
from pitrainer.gpio import pins as pins_module
from pitrainer.gpio.backends import open_factory
from pitrainer.service.build import build_service, clips_of, phrases_of
from pitrainer.service.loop import Quit
from pitrainer.service.saved_state import Place, State, load_state, save_state
from pitrainer.service.service import RELOAD, Access, Appliance, Service
from pitrainer.voice.synthesis import Speech, voice_key
from support.appliance import SETTINGS, TINY
from support.spoken import en

TESTS = Path(__file__).parent.parent
NO_SOUND = "no sound: there is no sound device; plug one in, or see `aplay -l`"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings whose clips are there, each very short: no synthesis, and a session that is soon in its hold."""
    (tmp_path / "routines").mkdir()
    (tmp_path / "routines" / "tiny.toml").write_text(TINY)
    file = tmp_path / "pitrainer.toml"
    file.write_text(SETTINGS.format(cache=tmp_path / "clips"))
    loaded = load_all(file, {})
    clips = clips_of(loaded.settings)
    # With the clips' true lengths, other minutes may be announced.
    while missing := clips.missing(phrases_of(loaded, loaded.programs, clips)):
        for phrase in missing:
            clips.write(phrase, np.full(480, 3_000, np.int16))
    return file


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a service: folders of its own, no sound system."""
    (tmp_path / "run").mkdir(mode=0o700)
    folders = {f"XDG_{name.upper()}_HOME": str(tmp_path / name) for name in ("config", "state", "cache")}
    return os.environ | folders | {
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "HOME": str(tmp_path),
        "PULSE_SERVER": "unix:/nowhere",
        "PITRAINER_CONFIG": str(tmp_path / "pitrainer.toml"),
        "PIN_LOG": str(tmp_path / "pins.log"),
        "PYTHONPATH": str(TESTS.parent),
    }  # fmt: skip


class Running:
    """`pitrainer run`, and what it writes to the journal."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.process = subprocess.Popen(
            [sys.executable, str(TESTS / "support" / "spied.py"), "run"],
            env=env,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.journal: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._lines.put(line.rstrip())

    def wait_for(self, beginning: str, seconds: float = 30) -> str:
        until = time.monotonic() + seconds
        try:
            while True:
                line = self._lines.get(timeout=max(0.001, until - time.monotonic()))
                self.journal.append(line)
                if line.startswith(beginning):
                    return line
        except queue.Empty:
            raise AssertionError(f"no {beginning!r} but {self.journal}") from None

    def press(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pitrainer", "press", *arguments]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=20, check=False)

    def end(self, number: signal.Signals = signal.SIGTERM) -> float:
        """End it; return how long that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(10)
        taken = time.monotonic() - began
        self._thread.join()
        assert self.process.stdout
        assert self.process.stderr
        self.process.stdout.close()
        self.process.stderr.close()
        while not self._lines.empty():
            self.journal.append(self._lines.get())
        return taken


@pytest.fixture
def start(settings: Path, env: dict[str, str]) -> Iterator[Callable[[], Running]]:
    """Starts a trainer that is ready."""
    running: list[Running] = []
    assert settings.exists()

    def one() -> Running:
        running.append(Running(env))
        running[-1].wait_for("ready: press the button")
        return running[-1]

    yield one
    for each in running:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)


def pins(env: dict[str, str], name: str) -> list[int]:
    """Every value that a pin had."""
    lines = [line.split() for line in Path(env["PIN_LOG"]).read_text().splitlines()]
    return [int(value) for _, pin, value in lines if pin == name]


def test_sigterm_in_a_hold(start, env, tmp_path):
    """A service that is stopped in the middle of a hold, while the buzzer sounds, is soon over: exit code 0, the
    buzzer's pin low, no socket left, the session told as not completed."""
    trainer = start()
    events = follow(socket_file(tmp_path / "run" / "pitrainer"), {"command": "events"})
    next(events)  # what is so far
    assert trainer.press().returncode == 0
    # The journal has the hold only after its signal.
    assert any(line.get("event") == "began" and line["step"]["kind"] == "hold" for line in events)
    assert pins(env, "GPIO27")[-1] == 1, "the start signal sounds"
    assert trainer.end() < 5, "the hold goes on for longer"
    assert trainer.process.returncode == 0
    assert pins(env, "GPIO27")[-1] == 0
    assert pins(env, "GPIO22")[-1] == 0, "the LED, too"
    assert not (tmp_path / "run" / "pitrainer" / "control.sock").exists()
    assert trainer.journal[-2:] == ["session ends: stopped", "ending: SIGTERM"]
    assert len([line for line in trainer.journal if line.startswith("no sound")]) == 1
    assert "Traceback" not in "".join(trainer.journal)


def test_a_program_is_remembered(start, tmp_path):
    """`press --hold` chooses the next program, also without sound; the next start begins with it, also after a kill."""
    trainer = start()
    assert trainer.press("--hold", "1.5").returncode == 0
    assert trainer.wait_for("program 2") == "program 2: Tiny, child"
    file = tmp_path / "state" / "pitrainer" / "state.json"
    until = time.monotonic() + 20
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.01)
    trainer.end(signal.SIGKILL)
    assert load_state(file) == State(program=1, choice=("tiny", "child", "", "standard"))
    assert (tmp_path / "run" / "pitrainer" / "control.sock").is_socket(), "left behind by the kill"

    trainer = start()
    assert trainer.press().returncode == 0
    assert trainer.wait_for("session begins") == "session begins: Tiny, child, standard"
    assert trainer.end(signal.SIGINT) < 5
    assert trainer.process.returncode == 0
    assert trainer.journal[-1] == "ending: SIGINT"


def test_events_and_what_is_kept(start, env):
    """`pitrainer events` prints what happens until the trainer ends; volume and reminders are kept over its restart."""

    def pitrainer(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pitrainer", *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=20, check=False)

    trainer = start()
    command = [sys.executable, "-m", "pitrainer", "events"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as followed:
        assert followed.stdout
        first = json.loads(followed.stdout.readline())
        assert first["status"]["volume"] == 100
        for arguments in (("volume", "40"), ("program", "tiny", "--profile", "child"), ("start",)):
            assert pitrainer(*arguments).returncode == 0
        for arguments, why in (
            (("neck",), 'no program has the routine "neck"'),
            (("1", "--profile", "child"), 'program 1 is not for "child"'),
        ):
            refused = pitrainer("program", *arguments)
            assert refused.returncode == 2
            assert refused.stderr == f"pitrainer: {why}; there are: tiny adult, tiny child\n"
        trainer.wait_for("session begins")
        trainer.end()
        lines = [json.loads(line) for line in followed.stdout]
    assert followed.returncode == 0
    told = [line["event"] for line in lines if line["event"] not in ("today_changed", "fault_appeared", "fault_gone")]
    assert told[:3] == ["volume_changed", "chosen", "started"]
    assert told[-2:] == ["ended", "trainer_ended"]
    trainer = start()
    status = json.loads(pitrainer("status", "--json").stdout)
    assert (status["volume"], status["program"]["profile"]) == (40, "child")


def test_a_second_trainer(start, env):
    """A second trainer says that there is one, in a line, and leaves the first alone."""
    trainer = start()
    second = subprocess.run(
        [sys.executable, "-m", "pitrainer", "run"], env=env, capture_output=True, text=True, timeout=20, check=False
    )
    assert second.returncode == 2
    (line,) = [line for line in second.stderr.splitlines() if not line.startswith("no sound")]
    assert line.startswith("pitrainer: ")
    assert line.endswith("a trainer is already running; end it first")
    assert trainer.press().returncode == 0
    trainer.wait_for("session begins")


def test_press_while_nobody_runs(env, settings):
    """Without a trainer `press` says how to start one."""
    assert settings.exists()
    done = subprocess.run(
        [sys.executable, "-m", "pitrainer", "press"], env=env, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert done.stderr.endswith("start one with: pitrainer run\n")
    assert done.stderr.count("\n") == 1


# In this process


@pytest.fixture
def no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound library that knows no device."""
    library = types.ModuleType("sounddevice")
    library.PortAudioError = type("PortAudioError", (Exception,), {})  # type: ignore[attr-defined]
    library.query_devices = list  # type: ignore[attr-defined]
    library._terminate = library._initialize = lambda: None  # type: ignore[attr-defined]
    library._initialized = 1  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", library)


@pytest.fixture
def build(settings: Path, tmp_path: Path, no_sound: None) -> Iterator[Callable[..., Service]]:  # noqa: ARG001 - see there
    """Builds a service with mock pins and no sound."""
    services: list[Service] = []
    loaded = load_all(settings, {})

    def one(
        programs: tuple[Program, ...] = loaded.programs,
        settings: Settings = loaded.settings,
        *,
        kept: Path | None = None,
        load: Callable[[], Loaded] = lambda: loaded,
        problems: Sequence[Problem] = (),
        prepare: Sequence[str] = ("false",),
        **more: object,
    ) -> Service:
        """Build one; an appliance, if it is told where to keep its state."""
        clips = ClipCache(tmp_path / "clips", voice_key(None, Speech()))
        more = {"backend": "mock", "tones": False} | more
        if kept:
            more |= {
                "prepare": prepare,
                "access": Access(tmp_path / "run"),
                "appliance": Appliance(kept, load, problems),
            }
        services.append(build_service(settings, programs, clips, **more))  # type: ignore[arg-type]
        return services[-1]

    yield one
    for service in services:
        service.close()


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_everything_is_let_go_of(build, tmp_path):
    """After the end there is no thread, no socket and no signal handler of the service, and its pins can be taken anew."""
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT), threads()
    for _ in range(2):
        service = build(kept=tmp_path / "state.json")
        assert {"speaker", "control"} <= threads()
        service.clock.put(Quit("the test is over"))
        service.run()
        service.close()
    until = time.monotonic() + 10
    while threads() != before[2] and time.monotonic() < until:
        time.sleep(0.01)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT), threads()) == before
    assert not (tmp_path / "run" / "control.sock").exists()


@pytest.mark.parametrize("kind", ["pipe", "folder", "nothing"])
def test_the_place_for_the_buzzer_s_pin(build, tmp_path, kind, monkeypatch, caplog):
    """Where the pin cannot be noted for what silences it after a crash, the trainer runs, and says so."""
    monkeypatch.setattr(pins_module.Pins, "chip_line", lambda _: (4, 27))
    file = tmp_path / "run" / "buzzer"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    match kind:
        case "pipe":
            os.mkfifo(file)
        case "folder":
            file.mkdir()
    assert build(kept=tmp_path / "state.json").pins.pins
    said = [line for line in caplog.messages if "buzzer" in line]
    if kind == "nothing":
        assert file.read_text() == "4 27"
        assert not said
    else:
        why = f"it is not a regular file, but a {kind}"
        assert said == [f"{file}: cannot be written ({why}); after a crash the buzzer may sound on"]


def test_a_failure_on_the_loop(build):
    """Whatever fails on the loop while the buzzer sounds: the buzzer is silent afterwards."""

    def fail(command: Command) -> None:
        if isinstance(command, Buzz) and command.signal is Signal.STEP:
            time.sleep(0.05)
            raise ZeroDivisionError

    service = build(watch=fail)
    pin = service.pins.pins._factory.pin(27)
    service.pins.buzz(True)
    threading.Thread(target=service.pins.press, kwargs={"seconds": 1.3}).start()
    with pytest.raises(ZeroDivisionError):
        service.run()
    assert not pin.state
    assert pin.function == "input"
    time.sleep(0.2)  # the finger is still on the button


def test_a_part_that_fails_at_the_end(build):
    """A part that cannot be closed keeps no other from being closed: above all not the pins."""
    service = build()
    pin = service.pins.pins._factory.pin(27)
    service.pins.buzz(True)

    def fail() -> None:
        raise ZeroDivisionError

    service._opened.callback(fail)
    with pytest.raises(ZeroDivisionError):
        service.close()
    assert not pin.state
    assert "speaker" not in threads()


def test_a_part_that_cannot_be_had(build, tmp_path):
    """When the socket is taken, the pins that were already there are let go of, and no thread is left."""
    other = Control(tmp_path / "run" / "control.sock", {})
    other.serve()
    before = threads()
    with pytest.raises(PitrainerError, match="already running"):
        build(kept=tmp_path / "state.json")
    until = time.monotonic() + 2
    while threads() != before and time.monotonic() < until:
        time.sleep(0.01)  # the other one sees its visitor off
    assert threads() == before
    other.close()


def takes_sigterm() -> None:
    """Wait until a service takes the signal, which would end the tests before."""
    until = time.monotonic() + 20
    while getattr(signal.getsignal(signal.SIGTERM), "__func__", None) is not Service._quit and time.monotonic() < until:
        time.sleep(0.001)


def test_sigterm_before_and_after(build):
    """A signal that comes at once ends the service at once; it is not lost."""
    service = build()
    threading.Thread(target=lambda: (takes_sigterm(), os.kill(os.getpid(), signal.SIGTERM))).start()
    began = time.monotonic()
    service.run()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("saved", "chosen"), [(State(1, 5), 1), (State(7, 5), 0)])
def test_the_place_is_kept(build, tmp_path, saved, chosen):
    """The program and the tip are those of the last time; a program that is no longer there is the first one."""
    save_state(tmp_path / "state.json", saved)
    service = build(kept=tmp_path / "state.json")
    assert (service.trainer.chosen, service.trainer.tip) == (chosen, 5)


def test_a_state_that_cannot_be_kept(build, tmp_path, caplog):
    """When the place cannot be kept, the journal says so, and the trainer goes on."""
    (tmp_path / "file").write_text("")
    service = build(kept=tmp_path / "file" / "state.json")
    threading.Thread(target=service.pins.press, kwargs={"seconds": 1.3}).start()
    service.hub.add("test", lambda event: service.clock.put(Quit("seen")) if isinstance(event, Chosen) else None)
    with caplog.at_level(logging.INFO):
        service.run()
    assert any("cannot be written" in line for line in caplog.messages)
    assert caplog.messages[-1] == "ending: seen" or "ending: seen" in caplog.messages
    time.sleep(0.2)


def test_nothing_built_is_looked_through(build):
    """Python's collector passes over what was built: to look through it would keep an edge of the buzzer waiting."""
    service = build()
    counted: list[tuple[int, int]] = []

    def script() -> None:
        until = time.monotonic() + 20
        while not gc.get_freeze_count():
            assert time.monotonic() < until
            time.sleep(0.01)
        counted.append((gc.get_freeze_count(), len(gc.get_objects())))

    Beside(service, script).run()
    ((built, others),) = counted
    assert others < built / 10
    assert not gc.get_freeze_count(), "the next trainer's collector finds what this one has left"


def test_a_session_without_voice_and_sound(build, tmp_path, caplog):
    """Without sound, and with a clip that is missing, a press still begins a session; the buzzer says first what is missing."""
    seen: list[Event] = []
    ClipCache(tmp_path / "clips", voice_key(None, Speech())).path(en("Bye.")).unlink()
    service = build(readers=[seen.append])
    pin = service.pins.pins._factory.pin(27)
    service.hub.add("test", lambda event: service.clock.put(Quit("seen")) if isinstance(event, Began) else None)
    threading.Thread(target=service.pins.press).start()
    with caplog.at_level(logging.INFO):
        service.run()
    assert [action.step.kind for action in seen if isinstance(action, Began)] == ["instruct"]
    assert Ended in map(type, seen)
    lengths = [span for span, state in pin.states[1:] if not state]
    assert lengths[0] < min(lengths[1:6]), "the blip that answers the press; then two for no sound, three for no voice"
    assert len(lengths) >= 6
    assert service.pins.light is Light.OFF


def test_run_with_the_systems_folders(settings, tmp_path, monkeypatch, no_sound):  # noqa: ARG001 - see there
    """As systemd starts it, the service keeps to the folders that systemd made, and to no other."""
    for name in ("RUNTIME", "STATE", "CACHE"):
        (tmp_path / "var" / name).mkdir(parents=True)
        monkeypatch.setenv(f"{name}_DIRECTORY", str(tmp_path / "var" / name))
    monkeypatch.setenv("HOME", "/nonexistent")
    before = signal.getsignal(signal.SIGTERM)
    found: list[bool] = []

    def look() -> None:
        until = time.monotonic() + 5
        file = tmp_path / "var" / "RUNTIME" / "control.sock"
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.01)
        found.append(file.exists() and stat.S_ISSOCK(file.stat().st_mode))
        takes_sigterm()
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        assert main(["run", "--config", str(settings)]) == 0
    finally:
        thread.join()
        signal.signal(signal.SIGTERM, before)
    assert found == [True]


# prepare.py


def test_a_press_before_the_voice_is_prepared(start, env, tmp_path):
    """Missing clips are made beside the running trainer; a press meanwhile is told so, and the session starts by itself when
    they are there. The trainer never loads what makes them."""
    for clip in (tmp_path / "clips").iterdir():
        clip.unlink()
    trainer = start()
    assert trainer.press().returncode == 0
    trainer.wait_for("session begins", 240)
    texts = Path(f"/proc/{trainer.process.pid}/maps").read_text()
    assert "onnxruntime" not in texts
    assert "/scipy/" not in texts
    assert len(list((tmp_path / "clips").glob("*.wav"))) > 5
    buzzes = pins(env, "GPIO27")
    assert buzzes[:8] == [1, 0] * 4, "the blip, then the three of preparing"


def test_what_makes_clips_dies_with_it(start, tmp_path):
    """A trainer that is killed leaves nothing at work: the next one makes the clips, and there is no memory for two."""
    for clip in (tmp_path / "clips").iterdir():
        clip.unlink()
    trainer = start()
    maker = ""
    until = time.monotonic() + 30
    while not maker:
        assert time.monotonic() < until
        for task in Path(f"/proc/{trainer.process.pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread or a child has ended, maybe since it was opened
                for child in (task / "children").read_text().split():
                    command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                    # Until it has become setpriv, it shows the command of the trainer itself.
                    if command[0] == sys.executable.encode() and b"prepare" in command:
                        maker = child
        time.sleep(0.01)
    os.kill(int(maker), signal.SIGSTOP)  # so that it cannot end by itself
    try:
        trainer.process.kill()
        trainer.process.wait(10)
        while "State:\tZ" not in state_of(maker):
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        with suppress(ProcessLookupError):
            os.kill(int(maker), signal.SIGKILL)
        trainer.end()


def state_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "State:\tZ"


# An appliance


class Manager:
    """Systemd's side of sd_notify."""

    def __init__(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(file))
        self._socket.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(file))
        self.told: list[str] = []

    def wait_for(self, *lines: str, seconds: float = 30) -> None:
        """Wait until all lines have been told, in any order, since the last ones that were waited for."""
        until = time.monotonic() + seconds
        while not set(lines) <= set(self.told):
            self._socket.settimeout(max(0.001, until - time.monotonic()))
            self.told += self._socket.recv(10_000).decode().splitlines()
        del self.told[: max(map(self.told.index, lines)) + 1]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    with closing(Manager(tmp_path / "notify", monkeypatch)) as manager:
        yield manager


class Beside:
    """Asks a running service from another thread, then ends it."""

    def __init__(self, service: Service, script: Callable[[], None]) -> None:
        self._service, self._script = service, script
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._script()
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            self.failure = error
        finally:
            self._service.clock.put(Quit("the script is over"))

    def run(self) -> Quit:
        self._thread.start()
        why = self._service.run()
        self._thread.join()
        if self.failure:
            raise self.failure
        return why


def test_notified(build, tmp_path, manager):
    """Systemd learns that a press would work, in words what goes on, that all is well each second, and of the end."""
    service = build(kept=tmp_path / "state.json")
    file = socket_file(tmp_path / "run")

    def script() -> None:
        fault = "no sound: there is no sound device; plug one in, or see `aplay -l`"
        manager.wait_for("READY=1", f"STATUS=ready: tiny, adult; {fault}")
        manager.wait_for("WATCHDOG=1")
        ask(file, {"command": "start"})
        manager.wait_for(f"STATUS=exercise 1 of 1; {fault}")
        ask(file, {"command": "pause"})
        manager.wait_for(f"STATUS=paused in exercise 1 of 1; {fault}")
        manager.wait_for("WATCHDOG=1")

    Beside(service, script).run()
    manager.wait_for("STOPPING=1")


def test_the_watchdog_starves(build, tmp_path, manager):
    """Nothing is told to the watchdog while PortAudio hangs."""
    service = build(kept=tmp_path / "state.json")
    service.speaker.alive = lambda: False

    def script() -> None:
        manager.wait_for("READY=1")
        ask(socket_file(tmp_path / "run"), {"command": "start"})
        manager.wait_for(f"STATUS=exercise 1 of 1; {NO_SOUND}")
        time.sleep(1.5)

    Beside(service, script).run()
    manager.wait_for("STOPPING=1")
    assert "WATCHDOG=1" not in manager.told


def test_orders(build, tmp_path):
    """The socket starts, pauses and stops a session, and tells what goes on; what makes no sense is refused with the reason."""
    service = build(kept=tmp_path / "state.json")
    file = socket_file(tmp_path / "run")
    refused = [
        ({"command": "pause"}, "no session is running"),
        ({"command": "say"}, '"text" must be a text'),
        ({"command": "say", "text": 5}, '"text" must be a text'),
        ({"command": "say", "text": "a\x1bb"}, r'the text cannot be said: "\\x1b" in '),
        ({"command": "say", "text": " -- "}, "the text cannot be said: .* has nothing that can be spoken"),
        ({"command": "say", "text": "x" * 601}, "the text cannot be said: 601 characters are too many .*; at most 600"),
        ({"command": "say", "text": "Hold \u0663 times."}, "the text cannot be said: .* cannot be spoken"),
        ({"command": "say", "text": "Something new."}, "could not be synthesised"),
        ({"command": "say", "text": "Bye."}, NO_SOUND),
        *(
            ({"command": "press", "hold_ms": hold}, '"hold_ms" must be')
            for hold in ("100", 1.5, True, 0, -5, 60_001, 10**3_000)
        ),
    ]

    def script() -> None:
        knows_no_sound(service)
        assert ask(file, {"command": "status"})["status"]["state"] == "ready"
        for request, why in refused:
            with pytest.raises(PitrainerError, match=why):
                ask(file, request)
        begin_session(file)
        with pytest.raises(PitrainerError, match="a session is running"):
            ask(file, {"command": "say", "text": "Bye."})
        ask(file, {"command": "pause"})
        status = ask(file, {"command": "status"})["status"]
        assert (status["state"], status["session"]["routine"]) == ("paused", "tiny")
        ask(file, {"command": "stop"})
        assert ask(file, {"command": "status"})["status"]["session"] is None

    Beside(service, script).run()


def begin_session(file: Path) -> None:
    """Start one, and wait until it runs: it waits for the sound first."""
    ask(file, {"command": "start"})
    until = time.monotonic() + 15
    while ask(file, {"command": "status"})["status"]["state"] != "running":
        assert time.monotonic() < until
        time.sleep(0.01)


def knows_no_sound(service: Service) -> None:
    """Wait until it does: what is to be said before that is not refused."""
    until = time.monotonic() + 20
    while not service.hub.status.no_sound:
        assert time.monotonic() < until
        time.sleep(0.01)


def say_beside(build, tmp_path, command, text, then):
    """Have a running trainer say a text, which a command is to synthesise; return what was refused."""
    service = build(kept=tmp_path / "state.json", prepare=command)
    refused = []

    def say() -> None:
        try:
            ask(socket_file(tmp_path / "run"), {"command": "say", "text": text}, 20)
        except PitrainerError as error:
            refused.append(str(error))

    def script() -> None:
        knows_no_sound(service)
        asking = threading.Thread(target=say)
        asking.start()
        then(asking)

    Beside(service, script).run()
    return refused


@pytest.mark.parametrize("text", ["-Hello.", "--export", "-5", "Two  words."])
def test_a_text_that_looks_like_an_option(build, tmp_path, text):
    """What is said may begin with a hyphen: the process that synthesises it takes it for nothing else.

    Nor is that confused by a routine that `practice` was given.
    """
    told = tmp_path / "told"
    tell = f"import sys; open({str(told)!r}, 'w').write(repr((sys.argv[1:], sys.stdin.read())))"
    command = [sys.executable, "-c", tell, "prepare", "tiny"]
    assert say_beside(build, tmp_path, command, text, threading.Thread.join) == [NO_SOUND]
    tidy = text.replace("  ", " ")
    arguments, given = literal_eval(told.read_text())
    assert make_parser().parse_args(arguments).phrases
    assert json.loads(given) == [[tidy, "en"]]


def test_a_text_that_takes_long(build, tmp_path):
    """When the trainer ends, the process that synthesises a text for it ends, too."""
    pid = tmp_path / "pid"

    def wait(_asking: threading.Thread) -> None:
        until = time.monotonic() + 20
        while not (pid.exists() and pid.read_text()) and time.monotonic() < until:
            time.sleep(0.01)

    say_beside(build, tmp_path, ["sh", "-c", f"echo $$ > {pid}; exec sleep 60"], "Hello.", wait)
    until = time.monotonic() + 5
    while (there := Path("/proc", pid.read_text().strip()).exists()) and time.monotonic() < until:
        time.sleep(0.01)
    assert not there


def test_what_is_said_again_is_in_use(build, tmp_path):
    """A text that is said is used today, and not among those that go first when the disk's share is full."""
    clip = ClipCache(tmp_path / "clips", voice_key(None, Speech())).path(en("Bye."))
    os.utime(clip, (0, 0))
    assert say_beside(build, tmp_path, ["false"], "Bye.", threading.Thread.join) == [NO_SOUND]
    assert clip.stat().st_mtime > 0


def test_wrong_settings_at_the_start(build, tmp_path, caplog):
    """With wrong settings the trainer is there, answers a press by fault code 4, and names every problem."""
    problems = [Problem("a.toml", "x.y", "is wrong"), Problem("b.toml", "", "is not there")]
    service = build((), kept=tmp_path / "state.json", problems=problems)
    pin = service.pins.pins._factory.pin(27)

    def script() -> None:
        status = ask(socket_file(tmp_path / "run"), {"command": "status"})["status"]
        assert status["mistakes"] == ["a.toml: x.y: is wrong", "b.toml: is not there"]
        assert status["text"].startswith("not ready; 2 mistakes in the settings")
        service.pins.press()
        until = time.monotonic() + 20
        while len(pin.states) < 1 + 2 * 5 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(1)  # a fifth one would come

    Beside(service, script).run()
    assert [line for line in caplog.messages if ".toml" in line] == ["a.toml: x.y: is wrong", "b.toml: is not there"]
    lengths = [span for span, state in pin.states[1:] if not state]
    assert len(lengths) == 5
    assert lengths[0] < min(lengths[1:]), "the blip, then four"


def test_reload(build, tmp_path, caplog, manager, monkeypatch):
    """SIGHUP has the settings read again: wrong ones are named, and those of before stay; right ones end this trainer for a new
    one, after the session."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(os, "isatty", lambda _: False)  # in a terminal SIGHUP would end it
    wrong = [True]

    def load() -> Loaded:
        if wrong:
            raise BadInput([Problem("a.toml", "x", "is wrong")])
        return loaded

    loaded = load_all(tmp_path / "pitrainer.toml", {})
    service = build(kept=tmp_path / "state.json", load=load)
    file = socket_file(tmp_path / "run")

    def said(line: str) -> None:
        until = time.monotonic() + 10
        while line not in caplog.messages and time.monotonic() < until:
            time.sleep(0.01)
        assert line in caplog.messages

    def script() -> None:
        said("ready: press the button")
        os.kill(os.getpid(), signal.SIGHUP)
        said("not reloaded: still using the previous settings")
        assert ask(file, {"command": "status"})["status"]["mistakes"] == ["a.toml: x: is wrong"]
        wrong.clear()
        begin_session(file)
        os.kill(os.getpid(), signal.SIGHUP)
        said("the settings are right; they apply after the session")
        ask(file, {"command": "stop"})
        said("ending: the settings have changed")

    assert Beside(service, script).run() is RELOAD
    with pytest.raises(TimeoutError):  # systemd would end the new one
        manager.wait_for("STOPPING=1", seconds=0.3)


PLACE = Place("tiny", "child", "standard", 6, 3, 1, 2_000, 0)


@pytest.mark.parametrize(
    ("place", "age", "offered"),
    [
        (PLACE, 30, True),
        (PLACE, 7_190, True),
        (PLACE, 7_201, False),
        (PLACE, -5_000, True),
        (replace(PLACE, steps=5), 30, False),
        (replace(PLACE, routine="neck"), 30, False),
        (replace(PLACE, exercise=1_000_000), 30, False),
        (replace(PLACE, held=86_400_000), 30, False),
    ],
    ids=[
        "lately",
        "just",
        "too long ago",
        "a clock behind",
        "an edited routine",
        "another routine",
        "no exercise",
        "held too long",
    ],
)
def test_a_session_that_broke_off(build, tmp_path, place, age, offered, caplog):
    """After a crash or a power cut a press goes on in the same program and hold, for two hours; else it begins anew."""
    caplog.set_level(logging.INFO)
    save_state(tmp_path / "state.json", State(0, 0, replace(place, at=time.time() - age)))
    seen: list[Event | Command] = []
    service = build(kept=tmp_path / "state.json", readers=[seen.append], watch=seen.append)
    plan = service.trainer.plan(service.trainer.programs[1])
    assert len(plan.steps) == PLACE.steps
    assert plan.steps[3].kind == "hold"

    def script() -> None:
        until = time.monotonic() + 5
        while offered and Signal.READY not in [action.signal for action in seen if isinstance(action, Buzz)]:
            assert time.monotonic() < until
            time.sleep(0.01)
        ask(socket_file(tmp_path / "run"), {"command": "start"})
        while not any(isinstance(action, Began) for action in seen):
            time.sleep(0.01)

    Beside(service, script).run()
    assert any(line.startswith("a session ended in step") for line in caplog.messages) is offered
    (started,) = [action for action in seen if isinstance(action, Started)]
    begun = [action.step.index for action in seen if isinstance(action, Began)]
    assert (started.plan.profile, begun[0]) == (("child", 1) if offered else ("adult", 0))
    kept = load_state(tmp_path / "state.json").place
    assert kept, "the end of the program is not the person's: the place is offered again"
    assert kept.step == begun[-1]


def test_pins_that_come_later(monkeypatch, caplog):
    """Pins that cannot be had are named once, and taken as soon as they can be; the LED then shows what it should."""
    monkeypatch.setattr(pins_module, "RETRY", 0.01)
    caplog.set_level(logging.INFO)
    tries: list[int] = []
    told_what = threading.Event()

    def take() -> pins_module.Pins:
        tries.append(1)
        if len(tries) < 4 or not told_what.is_set():
            raise PinsError("GPIO 17: busy")
        return pins_module.Pins(open_factory("mock"), {"button": 17}, lambda _: None, buzzer=27, led=22)

    told: list[Fault] = []
    with closing(pins_module.RetryingPins(take, told.append)) as pins:
        assert pins.why == "GPIO 17: busy"
        pins.buzz(True)
        pins.shine(Light.RUNNING)
        told_what.set()
        until = time.monotonic() + 20
        while not pins.pins and time.monotonic() < until:
            time.sleep(0.01)
        assert pins.pins
        assert pins.pins.light is Light.RUNNING
        assert not pins.why
    assert caplog.messages == ["GPIO 17: busy; retrying", "the pins are there"]
    assert told == [Fault("pins", "GPIO 17: busy"), Fault("pins", "")]


@pytest.mark.parametrize(("preparing", "limit"), [(False, 400_000), (True, 2_000_000)])
def test_the_watchdog_while_it_buzzes(build, tmp_path, manager, monkeypatch, preparing, limit):
    """While the buzzer is on, systemd is to look sooner, and afterwards as usual; a busy machine may be late."""
    monkeypatch.setenv("WATCHDOG_USEC", "5000000")
    service = build(kept=tmp_path / "state.json")
    service._preparer = None  # which would say that every clip is there

    def script() -> None:
        manager.wait_for("READY=1", "WATCHDOG=1")  # its own word for that is given before the first sign of the loop
        service.clips.preparing = preparing
        service.pins.press()
        manager.wait_for(f"WATCHDOG_USEC={limit}")
        manager.wait_for("WATCHDOG_USEC=5000000")

    Beside(service, script).run()


def test_the_watchdog_while_it_is_built_anew(build, tmp_path, manager, monkeypatch):
    """From the end of a trainer until that with the new settings is ready nobody gives a sign: systemd is to wait as at a
    start, and afterwards as usual."""
    monkeypatch.setenv("WATCHDOG_USEC", "5000000")
    service = build(kept=tmp_path / "state.json")
    service.clock.put(RELOAD)
    service.run()
    manager.wait_for("READY=1", "WATCHDOG_USEC=120000000", seconds=5)
    after = build(kept=tmp_path / "state.json", before=service)
    Beside(after, lambda: manager.wait_for("WATCHDOG_USEC=5000000", "READY=1")).run()
