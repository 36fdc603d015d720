"""`pitrainer mqtt`, and what `status` and `doctor` say of it."""

import configparser
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pitrainer.cli import broker
from pitrainer.cli.main import main
from pitrainer.config.schema import MqttSettings
from pitrainer.control.protocol import socket_file
from pitrainer.control.server import Control
from pitrainer.doctor.report import Check
from pitrainer.errors import PitrainerError
from pitrainer.mqtt.link import Link
from pitrainer.mqtt.process import Process
from pitrainer.mqtt.said import Said
from support.appliance import write_home
from support.fakes import TESTS
from support.mosquitto import PROGRAM, Mosquitto

PITRAINER = [sys.executable, "-P", "-m", "pitrainer"]


def test_unset(tmp_path: Path) -> None:
    """Without a broker in the settings the command ends at once, well, and says why."""
    env = os.environ | write_home(tmp_path)
    done = subprocess.run([*PITRAINER, "mqtt"], env=env, capture_output=True, text=True, check=False, timeout=60)
    why = f"pitrainer: {tmp_path}/pitrainer.toml: mqtt.host is empty, so there is no broker to talk to\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, "", why)


def test_wrong_settings(tmp_path: Path) -> None:
    """Every mistake is named, a line each."""
    env = os.environ | write_home(tmp_path)
    file = tmp_path / "pitrainer.toml"
    file.write_text('[mqtt]\nhost = 3\nport = 0\nca = "nowhere"\nname = " "\npassword = "secret"\n')
    done = subprocess.run([*PITRAINER, "mqtt"], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.removeprefix(f"{file}: ").partition(":")[0] for line in done.stderr.splitlines()] == [
        *("mqtt.host", "mqtt.port", "mqtt.ca", "mqtt.name", "mqtt.password"),
    ]


def test_the_service_comes_back() -> None:
    """However it has failed, by wrong settings too, it is started again in a while, and for ever."""
    unit = configparser.RawConfigParser()
    unit.read(TESTS.parent / "systemd" / "pitrainer-mqtt.service")
    service = unit["Service"]
    assert (service["Restart"], service["RestartSec"], unit["Unit"]["StartLimitIntervalSec"]) == ("on-failure", "60", "0")
    assert "RestartPreventExitStatus" not in service


@pytest.mark.skipif(not PROGRAM, reason="needs the package mosquitto")
def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command becomes the process, by the settings; what it tells of itself is found, and gone when it has ended."""
    env = write_home(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", env["XDG_RUNTIME_DIR"])
    with Mosquitto(tmp_path) as mosquitto, (tmp_path / "journal").open("wb") as journal:
        with (tmp_path / "pitrainer.toml").open("a") as settings:
            settings.write(f'[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')
        process = subprocess.Popen([*PITRAINER, "mqtt"], env=os.environ | env, stderr=journal)
        try:
            until = time.monotonic() + 60
            while not (told := broker.report()):
                assert time.monotonic() < until, (tmp_path / "journal").read_text()
                time.sleep(0.05)
            assert told == {"broker": f"127.0.0.1:{mosquitto.port}", "problem": "", "refused": ""}
            assert b"pitrainer.mqtt" in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        finally:
            process.terminate()
            assert process.wait(20) == 0
    assert broker.report() is None


def process_in(runtime: Path) -> Process:
    control, state, report = str(socket_file(runtime)), str(runtime.parent / "kept"), str(runtime / broker.REPORT)
    return Process(Link(*("house", 1883, False, "", "", "", "pitrainer", False, control, state), report=report, again=()))


def test_the_trainers_folder(tmp_path: Path) -> None:
    """The folder that it makes, whatever the umask, is one in which a trainer that begins later listens."""
    runtime = tmp_path / "run" / "pitrainer"
    before = os.umask(0)
    try:
        process_in(runtime)
    finally:
        os.umask(before)
    Control(socket_file(runtime), {}).close()


def test_a_folder_that_others_may_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written there, and what is there is not believed."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    runtime = tmp_path / "pitrainer"
    runtime.mkdir()
    Said(runtime / broker.REPORT, "house:1883").connected()
    runtime.chmod(0o700)
    assert broker.report()
    runtime.chmod(0o777)
    assert broker.report() is None
    with pytest.raises(PitrainerError, match="pitrainer: others can write there; remove it"):
        process_in(runtime)


def test_no_folder(tmp_path: Path) -> None:
    """Where no folder can be made, the place is named."""
    (tmp_path / "run").write_text("")
    with pytest.raises(PitrainerError, match="run/pitrainer: cannot be made: Not a directory"):
        process_in(tmp_path / "run" / "pitrainer")


def test_status_and_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong with the broker is a line of `status`, and one of `doctor` with a remedy."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "pitrainer").mkdir(mode=0o700)
    status = {"text": "ready", "mistakes": [], "next_reminder": None, "streak": None}
    monkeypatch.setattr("pitrainer.cli.orders.ask_trainer", lambda _: {"status": status})
    settings = MqttSettings(host="house")
    assert broker.check(MqttSettings()) is None
    remedy = "sudo systemctl restart pitrainer-mqtt; the reason: journalctl -u pitrainer-mqtt -n 20"
    assert broker.check(settings) == Check("broker", "fail", "house: pitrainer mqtt does not run", remedy)
    said = Said(tmp_path / "pitrainer" / broker.REPORT, "house:1883")
    said.disconnected("it does not answer")
    remedy = "[mqtt] in the settings; journalctl -u pitrainer-mqtt"
    assert broker.check(settings) == Check("broker", "fail", "house:1883: it does not answer", remedy)
    assert main(["status"]) == 0
    said.connected()
    assert broker.check(settings) == Check("broker", "ok", "house:1883: connected")
    said.refused("volume", '"loud"\x1b is not a volume', "order")
    found = r'house:1883: connected; refused: volume: "loud"\x1b is not a volume'
    assert broker.check(settings) == Check("broker", "warn", found, "fix what sends it; .github/FLEET.md has all topics")
    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        *("ready", "mqtt: house:1883: it does not answer"),
        *("ready", f"mqtt: {found}"),
    ]


def test_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The same is said once an hour, however often it happens; a report has what was last."""
    now = [0]
    said = Said(tmp_path / "report", "house:1883", lambda: now[0])
    with caplog.at_level("INFO"):
        for minute in range(90):
            now[0] = minute * 60_000
            said.connected()
            said.disconnected("nobody listens there")
            said.refused("say", f"{minute} is nothing to say", "order")
    assert [record.message for record in caplog.records] == [
        *(
            "connected to house:1883",
            "house:1883: nobody listens there; retrying",
            "refused: say: 0 is nothing to say",
        ),
        *(
            "connected to house:1883",
            "house:1883: nobody listens there; retrying",
            "refused: say: 60 is nothing to say",
        ),
    ]
    assert json.loads((tmp_path / "report").read_text())["refused"] == "say: 89 is nothing to say"


def test_what_is_wrong_still(tmp_path: Path) -> None:
    """The report has the last thing that is wrong: an order until a right one comes, what the broker refuses until it is there
    anew, and nothing of what may be obeyed another time."""
    said, found = Said(tmp_path / "report", "house:1883"), []
    for step in (
        lambda: said.refused("session", "the broker refuses it", "connection"),
        lambda: said.refused("order", "it is retained", "connection"),
        lambda: said.refused("volume", '"loud" is not a volume', "order"),
        lambda: said.refused("order", '"go" is not one of them', "order"),
        lambda: said.refused("say", "a session is running"),
        lambda: said.understood("order"),
        lambda: said.understood("volume"),
        lambda: said.refused("volume", '"loud" is not a volume', "order"),
        said.connected,
        lambda: said.understood("volume"),
    ):
        step()
        found.append(json.loads((tmp_path / "report").read_text())["refused"])
    retained, loud, go = "order: it is retained", 'volume: "loud" is not a volume', 'order: "go" is not one of them'
    assert found == ["session: the broker refuses it", retained, loud, go, go, loud, retained, loud, loud, ""]


def loaded(code: str) -> set[str]:
    code += "; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=TESTS.parent, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_apart() -> None:
    """The trainer loads nothing of this process, and this process nothing of what sounds, drives pins or reads settings."""
    trainer = loaded("import pitrainer.cli.main, pitrainer.service.service")
    assert [name for name in trainer if name.startswith(("pitrainer.mqtt", "paho"))] == []
    process = loaded("import pitrainer.mqtt.process")
    rooms = ("audio", "gpio", "voice", "config", "service", "cli", "history", "doctor")
    heavy = ("numpy", "gpiozero", "gpiod", "sounddevice", "tomllib", "tomlkit", "asyncio")
    assert [name for name in process if name.startswith(tuple(f"pitrainer.{room}" for room in rooms)) or name in heavy] == []


def test_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file in the settings, the password is what systemd hands over, if it does."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert broker._credential() == ""
    (tmp_path / "mqtt-password").write_text("secret")
    assert broker._credential() == str(tmp_path / "mqtt-password")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert broker._credential() == ""
