"""The trainer as a device of the real Home Assistant: each entity by its id, each command, and what becomes of them."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from pitrainer.core.messages import Began, Ended, Fault, FaultAppeared, Held, Paused, Pressed, Resumed, Started
from pitrainer.core.units import Ms
from pitrainer.mqtt.outbox import Outbox
from support.bridged import HOLD, PLAN, Bridged, Trainer
from support.mosquitto import Mosquitto, Observer

HERE = Path(__file__).parent
BUTTONS = ("start", "pause", "next", "back", "stop")


class HomeAssistant:
    """The real one, on a broker; `ha.py` has the commands."""

    def __init__(self, port: int, *, keep: bool = False, page: int = 0) -> None:
        """Start it, a new one or the one of before, with its pages at a port if one is given."""
        ports = [str(number) for number in (port, page) if number]
        command = ["env", *(["KEEP=1"] if keep else []), "bash", str(HERE / "run"), *ports]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.release = self._answer()["started"]

    def __enter__(self) -> "HomeAssistant":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process.returncode is not None:
            return
        assert self._process.stdin
        self._process.stdin.write("stop\n")
        self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def ask(self, command: str) -> Any:
        assert self._process.stdin
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        while line := self._process.stdout.readline():
            if line.startswith(("{", "[", "true", "false", "null", '"')):
                return json.loads(line)
        raise AssertionError("Home Assistant has ended; see t/err in its folder")

    def call(self, entity: str, service: str, **data: Any) -> None:
        domain = entity.partition(".")[0]
        assert self.ask(f"call {domain} {service} {json.dumps({'entity_id': entity, **data})}") is True

    def states(self) -> dict[str, str]:
        return dict(self.ask("states"))

    def log(self) -> list[str]:
        return [line for line in self.ask("log") if "mqtt" in line]


def until(what: Callable[[], bool], patience: float = 120) -> None:
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Mosquitto, HomeAssistant, Trainer, ExitStack]]:
    with ExitStack() as stack:
        mosquitto = stack.enter_context(Mosquitto(tmp_path))
        home = stack.enter_context(HomeAssistant(mosquitto.port))
        trainer = Trainer(tmp_path)
        stack.callback(trainer.close)
        yield mosquitto, home, trainer, stack


def idle(own: str) -> dict[str, str]:
    """Every entity of a trainer that has done nothing yet, and its state."""
    none = {
        **{
            f"sensor.{name}": "unknown"
            for name in ("exercise", "last_session", "last_session_length", "last_rating", "streak", "next_reminder")
        },
        **{f"button.{name}": "unknown" for name in BUTTONS},
        "binary_sensor.done_today": "unknown",
        "notify.say": "unknown",
        "event.session": "unknown",
        "sensor.state": "ready",
        "binary_sensor.problem": "off",
        "number.volume": "100",
        "switch.reminders": "on",
        "select.program": "small, person 1, adult",
    }
    return {name.replace(".", f".pitrainer_{own}_"): state for name, state in none.items()}


def test_a_session_and_each_command(tmp_path: Path, house: tuple[Mosquitto, HomeAssistant, Trainer, ExitStack]) -> None:
    """Each entity has its id and its state through a session, each command reaches the trainer, and nothing is logged."""
    mosquitto, home, trainer, _ = house
    with Bridged(tmp_path, mosquitto.port) as process:
        process.says("connected to")
        own = process.id
        named = lambda name: name.replace(".", f".pitrainer_{own}_")  # noqa: E731
        until(lambda: home.states() == idle(own))
        print(json.dumps({"release": home.release, **home.states()}, indent=1))
        (device,) = home.ask("devices")
        assert (device["name"], device["identifiers"]) == ("Living room", [["mqtt", f"pitrainer_{own}"]])

        def reached(*expected: tuple[str, str]) -> None:
            for name, state in expected:
                assert home.ask(f"wait {named(name)} {state} 60") is True

        triggers = home.ask("listen")
        assert {"button_1: button_short_press", "button_1: button_long_press", "session: completed"} <= set(triggers)
        trainer.publish(Started(Ms(0), PLAN), Pressed(Ms(0), "button", False), Pressed(Ms(1_200), "button", True))
        reached(("sensor.state", "running"))
        fired: list[str] = []
        until(lambda: fired.extend(home.ask("fired")) or len(fired) >= 3)
        assert [json.loads(payload)["event_type"] for payload in fired] == ["started", "pressed", "long_pressed"]
        assert home.ask(f"attributes {named('event.session')}")["event_type"] == "started"
        trainer.publish(Began(Ms(1_000), HOLD))
        reached(("sensor.exercise", "push"))
        trainer.publish(Paused(Ms(2_000), HOLD))
        reached(("sensor.state", "paused"))
        trainer.publish(
            Resumed(Ms(3_000), HOLD), Began(Ms(4_000), HOLD), Held(Ms(9_000), HOLD, Ms(5_000)), Ended(Ms(90_000), True)
        )
        reached(("sensor.state", "ready"), ("sensor.exercise", "unknown"), ("sensor.last_session_length", "90"))
        assert home.ask(f"attributes {named('event.session')}")["event_type"] == "completed"
        assert home.states()[named("sensor.last_session")] not in ("unknown", "unavailable")
        with Observer(mosquitto.port, process.topic("state")) as other:  # as if the trainer had asked
            told = json.loads(other.next()[1]) | {"last_rating": {"about": "pain", "value": 4, "exercise": "push"}}
            other.send(process.topic("state"), json.dumps(told).encode())
        reached(("sensor.last_rating", "4"))
        rating = home.ask(f"attributes {named('sensor.last_rating')}")
        assert (rating["about"], rating["exercise"]) == ("pain", "push")
        trainer.publish(FaultAppeared(Ms(91_000), Fault("sound", "there is no sound")))
        reached(("binary_sensor.problem", "on"))
        assert home.ask(f"attributes {named('binary_sensor.problem')}")["problems"] == ["there is no sound"]

        for name in BUTTONS:
            home.call(named(f"button.{name}"), "press")
        home.call(named("number.volume"), "set_value", value=60)
        home.call(named("select.program"), "select_option", option="small, child, full")
        home.call(named("switch.reminders"), "turn_off")
        home.call(named("notify.say"), "send_message", message="Dinner is ready.")
        until(lambda: len(trainer.asked) == 9)
        assert trainer.asked == [
            *({"command": name} for name in BUTTONS),
            {"command": "volume", "volume": 60},
            {"command": "program", "number": 2},
            {"command": "reminders", "on": False},
            {"command": "say", "text": "Dinner is ready."},
        ]
        assert home.ask(f"wait {named('event.session')} nothing 2") != "unavailable"
        assert home.log() == []
    assert home.ask(f"wait {named('sensor.state')} unavailable 60") is True


def test_no_ghosts(tmp_path: Path, house: tuple[Mosquitto, HomeAssistant, Trainer, ExitStack]) -> None:
    """Renamed, upgraded, deleted, with Home Assistant or broker started anew: the same entities, none left over, no `_2`."""
    mosquitto, home, _, stack = house
    with Bridged(tmp_path, mosquitto.port) as process:
        process.says("connected to")
        own = process.id
        until(lambda: home.states() == idle(own))
    device = f"homeassistant/device/pitrainer_{own}/config"

    # of an earlier version there was an entity more
    with Observer(mosquitto.port, device) as observer:
        with Bridged(tmp_path, mosquitto.port):
            announced = json.loads(observer.next()[1])
        more = {"platform": "sensor", "name": "Old", "unique_id": f"pitrainer_{own}_old", "state_topic": "old"}
        observer.send(device, json.dumps(announced | {"components": announced["components"] | {"old": more}}).encode())
    until(lambda: len(home.states()) == len(idle(own)) + 1)
    outbox = Outbox(tmp_path / "state" / "outbox.db")
    outbox.keep("announced", outbox.kept("announced") | {"old": "sensor"})
    with Bridged(tmp_path, mosquitto.port, name="Bedroom"):
        until(lambda: home.states() == idle(own))
        until(lambda: [one["name"] for one in home.ask("devices")] == ["Bedroom"])
        assert home.log() == []

        assert home.ask("rename Bedroom Gym") is True  # by a person, there
        assert home.ask("reload") is True
        until(lambda: home.states() == idle(own))
        assert [(one["name"], one["name_by_user"]) for one in home.ask("devices")] == [("Bedroom", "Gym")]

        mosquitto.end()
        until(lambda: home.states()[f"sensor.pitrainer_{own}_state"] == "unavailable")
        mosquitto.start()
        until(lambda: home.states() == idle(own))
        # That the broker was away is all that it has to say.
        assert [line for line in home.log() if "homeassistant.components.mqtt.client" not in line] == []

        home.ask("delete Bedroom")
        until(lambda: home.states() == {})
        assert home.ask("reload") is True
        time.sleep(20)  # longer than a birth message and its answer take
        assert home.states() == {}
        # What 2026.11 says of a deletion itself: of its own empty message, for each entity that it has just removed, and of
        # each device trigger.
        own_words = ("No device components to cleanup", "Unable to remove unknown dispatcher")
        assert [line for line in home.log() if not any(words in line for words in own_words)] == []
    with Bridged(tmp_path, mosquitto.port, name="Bedroom"):
        until(lambda: home.states() == idle(own))
        assert home.log() == []
        home.__exit__(None, None, None)
        home = stack.enter_context(HomeAssistant(mosquitto.port, keep=True))
        until(lambda: home.states() == idle(own))
        assert home.log() == []
