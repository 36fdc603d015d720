"""Hand-written fakes: they record what they were told, and can be told to fail."""

from collections.abc import Sequence

from pitrainer.core.plan import estimate
from pitrainer.core.signals import Signal
from pitrainer.core.trainer import Action, Edge, Input, Light, Sound
from pitrainer.core.units import Ms
from pitrainer.loop import Quit


class SimClock:
    """A clock that jumps to the earlier of the next scripted input and the next due time, and raises when there is neither."""

    def __init__(self, script: Sequence[tuple[int, Input | Quit]]) -> None:
        self.time = Ms(0)
        self.script = sorted(script, key=lambda entry: entry[0])

    def now(self) -> Ms:
        return self.time

    def put(self, at: int, what: Input | Quit) -> None:
        self.script = sorted([*self.script, (at, what)], key=lambda entry: entry[0])

    def wait(self, until: Ms | None) -> Input | Quit | None:
        if self.script and (until is None or self.script[0][0] <= until):
            at, what = self.script.pop(0)
            self.time = Ms(max(self.time, at))
            return what
        if until is None:
            raise AssertionError(f"the loop waits for ever at {self.time}")
        self.time = Ms(max(self.time, until))
        return None


class FakeClips:
    """Clips of estimated length; the texts in `missing` are not there."""

    def __init__(self, missing: Sequence[str] = ()) -> None:
        self.missing = set(missing)

    def length(self, text: str) -> Ms:
        return estimate(text)

    def __contains__(self, text: str) -> bool:
        return text not in self.missing


class FakeSpeaker:
    """Records what it was told with the time; answers `open` after `delay` ms, well or not."""

    def __init__(self, clock: SimClock, *, fails: bool = False, delay: int = 50) -> None:
        self.clock, self.fails, self.delay = clock, fails, delay
        self.told: list[tuple[Ms, str, object]] = []

    def open(self) -> None:
        self.told.append((self.clock.time, "open", None))
        self.clock.put(self.clock.time + self.delay, Sound(not self.fails, "no card" if self.fails else ""))

    def close(self) -> None:
        self.told.append((self.clock.time, "close", None))

    def say(self, text: str, at: Ms) -> None:
        self.told.append((self.clock.time, "say", (text, at)))

    def tone(self, signal: Signal, at: Ms) -> None:
        self.told.append((self.clock.time, "tone", (signal, at)))

    def hush(self) -> None:
        self.told.append((self.clock.time, "hush", None))


class FakePins:
    """Records each switch of the buzzer and each light with its time."""

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.buzzes: list[tuple[Ms, bool]] = []
        self.lights: list[tuple[Ms, Light]] = []

    def buzz(self, on: bool) -> None:
        self.buzzes.append((self.clock.time, on))

    def shine(self, light: Light) -> None:
        self.lights.append((self.clock.time, light))


class Listener:
    """Records every action with the time at which the outputs performed it."""

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.heard: list[tuple[Ms, Action]] = []

    def __call__(self, action: Action) -> None:
        self.heard.append((self.clock.time, action))


def tap(at: int, length: int = 100, button: str = "button") -> list[tuple[int, Input | Quit]]:
    """Script a press of a button."""
    return [(at, Edge(button, True, Ms(at))), (at + length, Edge(button, False, Ms(at + length)))]  # type: ignore[arg-type]
