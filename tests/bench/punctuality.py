"""Five minutes of a real session, recorded from the sink: when each cue was heard, and each edge of the buzzer's pin was there,
against the plan.

Run: .venv/bin/python tests/bench/punctuality.py [MINUTES] [--followed | --broker]

With `--followed`, all who may disturb are there: a reader of events that raises, one that sleeps a second at each, and eight
subscriptions of another process, one of which is never read. `followers.py` measures the memory that these take.

With `--broker` there are two sessions, to be compared: the second is beside `pitrainer mqtt` on a broker that is slow, floods,
and dies in turn (`support/bad_broker.py`).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parts import clips, program, room, service
from pitrainer.audio.clips import ClipCache
from pitrainer.audio.tones import tone
from pitrainer.core.messages import Command, Event, Hush
from pitrainer.core.phrases import all_phrases
from pitrainer.core.plan import Buzz, Say
from pitrainer.core.signals import Signal
from pitrainer.service.loop import Quit
from pitrainer.service.service import Access, Appliance
from support.fakes import TESTS
from support.room import RATE, Recording, Room

NEAR = 0.1
"""Seconds around the planned moment in which a cue is looked for."""
MOST = 15.0
MOST_TREND = 0.5
"""Milliseconds a minute: a card's crystal that is not followed would be ten times that."""

FOLLOW = """
import socket, sys, threading
clients = []
for number in range(8):
    clients.append(socket.socket(socket.AF_UNIX))
    clients[-1].connect(sys.argv[1])
    clients[-1].sendall(b'{"command": "events"}\\n')
    if number:
        threading.Thread(target=lambda client=clients[-1]: [None for _ in iter(lambda: client.recv(4096), b"")]).start()
threading.Event().wait()
"""


def onset(recording: NDArray[np.float32], cue: NDArray[np.float32], expected: int) -> tuple[float, float]:
    """Return how many milliseconds after the expected sample a cue was heard, and how well it matches, 0 to 1."""
    cue = cue[: RATE // 2]
    near = int(NEAR * RATE)
    window = recording[expected - near : expected + near + len(cue)]
    likeness = np.correlate(window, cue, "valid")
    best = int(np.argmax(likeness))
    part = window[best : best + len(cue)]
    return (best - near) / RATE * 1000, float(likeness[best] / (np.linalg.norm(part) * np.linalg.norm(cue) + 1e-9))


def heard(recording: Recording, cues: list[Say | Buzz], cache: ClipCache) -> list[tuple[Say | Buzz, float]]:
    """Return each cue with its lateness in milliseconds."""
    samples = recording.samples
    result = []
    for cue in cues:
        wave = cache.samples(cue.phrase) if isinstance(cue, Say) else tone(cue.signal)
        assert wave is not None
        late, like = onset(samples, wave / np.float32(32768), recording.place(cue.at / 1000))
        if like < 0.9:
            print(f"broken by an xrun, not counted: {cue}")
            continue
        result.append((cue, late))
    return result


class Company:
    """Who else is there: here nobody."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "run" / "control.sock"
        self.parts: dict[str, Any] = {
            "prepare": ["true"],
            "access": Access(folder / "run"),
            "appliance": Appliance(folder / "state.json", lambda: None),  # type: ignore[arg-type, return-value]
        }

    @contextmanager
    def following(self) -> Iterator[None]:
        yield


class Broker(Company):
    """`pitrainer mqtt` on a broker as bad as can be."""

    @contextmanager
    def following(self) -> Iterator[None]:
        command = [sys.executable, "-m", "support.bad_broker", str(self.socket), "30"]
        with subprocess.Popen(command, cwd=TESTS, env=os.environ | {"PYTHONPATH": str(TESTS.parent)}) as process:
            try:
                yield
            finally:
                process.terminate()


class Crowd(Company):
    """All who may disturb a session."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.parts["readers"] = [self._fail, self._sleep]

    def _fail(self, _event: Event) -> None:
        raise ZeroDivisionError

    def _sleep(self, _event: Event) -> None:
        time.sleep(1)

    @contextmanager
    def following(self) -> Iterator[None]:
        with subprocess.Popen([sys.executable, "-c", FOLLOW, str(self.socket)]) as process:
            try:
                yield
            finally:
                process.kill()


@dataclass(frozen=True)
class Found:
    """Milliseconds after the plan, of what was heard and of the pin's edges; and whether all was within limits."""

    voice: NDArray[np.float64]
    signals: NDArray[np.float64]
    pins: NDArray[np.float64]
    good: bool

    def values(self) -> dict[str, NDArray[np.float64]]:
        return {"voice in the room": self.voice, "signals in the room": self.signals, "edges of the buzzer's pin": self.pins}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("minutes", type=float, nargs="?", default=5.2)
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--followed", dest="company", action="store_const", const=[Crowd])
    who.add_argument("--broker", dest="company", action="store_const", const=[Company, Broker])
    parser.set_defaults(company=[Company])
    options = parser.parse_args()
    found = []
    with room() as here:
        for company in options.company:
            with tempfile.TemporaryDirectory() as folder:
                found.append(measure(here, options.minutes, company(Path(folder))))
    if len(found) > 1:
        compare(*found)
    return 0 if all(one.good for one in found) else 1


def compare(without: Found, beside: Found) -> None:
    """Print how far off the plan cues and edges were, without and with."""
    print(f"{'ms off the plan, p95 and most':34} {'alone':>15} {'and broker':>15}")
    for name, values in without.values().items():
        both = [np.abs(one) for one in (values, beside.values()[name])]
        print(f"{name:34}", *(f"{np.percentile(one, 95):8.2f} {one.max():6.2f}" for one in both))


def measure(here: Room, minutes: float, company: Company) -> Found:
    neck = program("neck")
    cache = clips(lambda cache: all_phrases([neck], cache.length))
    cues: list[Say | Buzz] = []
    edges: list[float] = []

    def listen(command: Command) -> None:
        if isinstance(command, Say | Buzz):
            cues.append(command)
        elif isinstance(command, Hush):
            cues[:] = [cue for cue in cues if cue.at < command.at]

    with here.microphone() as recording:
        running = service(neck, cache, watch=listen, **company.parts)
        buzz = running.pins.buzz

        def spied(on: bool) -> None:
            buzz(on)
            if on:
                edges.append(time.monotonic())

        running.pins.buzz = spied  # type: ignore[method-assign]

        def press() -> None:
            with company.following():
                time.sleep(1)
                running.pins.press()
                time.sleep(minutes * 60)
                running.clock.put(Quit("measured"))

        threading.Thread(target=press).start()
        running.run()
    done = time.monotonic() - 1
    # The blip belongs to the press, not to the plan.
    planned = [cue for cue in cues if cue.at / 1000 < done - 2 and not (isinstance(cue, Buzz) and cue.signal is Signal.PRESS)]
    results = heard(recording, planned, cache)
    starts = [cue.at + offset for cue in planned if isinstance(cue, Buzz) for offset, on in cue.signal.edges() if on]
    pins = np.array([min((edge * 1000 - at for edge in edges), key=abs) for at in starts])

    late = np.array([late for _, late in results])
    at = np.array([cue.at for cue, _ in results]) / 60_000
    trend = float(np.polyfit(at, late, 1)[0])
    # The voice cue that belongs to a signal is the first one after it.
    pairs = [
        abs(late - (min((edge * 1000 - cue.at for edge in edges), key=abs)))
        for (cue, _), (following, late) in pairwise(results)
        if isinstance(cue, Buzz) and isinstance(following, Say)
    ]
    apart = max(pairs, default=0)
    broken = len(planned) - len(results)
    good = (
        broken <= 2 and np.abs(late).max() <= MOST and apart <= MOST and abs(trend) <= MOST_TREND and np.abs(pins).max() <= MOST
    )
    print(f"the recorder lost {recording.lost:.1f} ms")
    cue, most = max(results, key=lambda result: abs(result[1]))
    print(f"the furthest off: {most:.1f} ms, {cue}")
    print(f"{(planned[-1].at - planned[0].at) / 1000:.0f} s, {len(results)} cues")
    print(f"{'':34} {'least':>8} {'median':>8} {'most':>8}  ms after the plan")
    voice, signals = ([late for cue, late in results if isinstance(cue, kind)] for kind in (Say, Buzz))
    found = Found(np.array(voice), np.array(signals), pins, good)
    for name, values in found.values().items():
        print(f"{name:34} {values.min():8.2f} {np.median(values):8.2f} {values.max():8.2f}  (n {len(values)})")
    print(f"trend {trend:+.3f} ms a minute; pin edge against its voice cue at most {apart:.2f} ms (n {len(pairs)})")
    print(f"{broken} cues broken by xruns of this machine")
    print(f"at most {MOST} ms, trend at most {MOST_TREND} ms a minute: {'yes' if good else 'NO'}")
    return found


if __name__ == "__main__":
    sys.exit(main())
