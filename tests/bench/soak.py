"""Two hundred sessions in a row, with random presses and faults, on a simulated clock: nothing grows, and nothing is lost.

Run: .venv/bin/python tests/bench/soak.py [SESSIONS [SEED]]      (a minute for the usual 200; at least 60)

The service is the real one, with gpiozero's mock pins, its own state and history on the disk; only the clock jumps, and the
speaker is a fake that can lose its sound. Between its presses a session goes on by itself to its end, or is stopped.
"""

import gc
import logging
import os
import random
import resource
import sqlite3
import sys
import tempfile
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from gpiozero.pins.mock import MockPin

from pitrainer.audio import speaker
from pitrainer.config.schema import Settings
from pitrainer.core.languages import Phrase
from pitrainer.core.messages import Began, Ended, Event, Input, Order, Sound, Started
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.service.build import build_service
from pitrainer.service.loop import Quit
from pitrainer.service.service import Access, Appliance, Service
from support.fakes import SMALL, SimClock, tap

SESSIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
APART = 45 * 60_000
"""Longer than a session with the longest pause."""
EVERY = 20
"""Sessions between two measurements."""
EARLY = 2
"""Measurements after which everything is in memory that will ever be."""
MORE_KB = 300
"""What Python's heap may have grown since then: the history of today."""


class Clips:
    """Every clip but one is there."""

    preparing = False
    pace = 0.0

    def length(self, phrase: Phrase) -> Ms:
        return Ms(300 + 20 * len(phrase.text))

    def __contains__(self, phrase: Phrase) -> bool:
        return phrase.text != "Let go."

    def missing(self, phrases: Iterable[Phrase]) -> list[Phrase]:
        return [phrase for phrase in phrases if phrase not in self]

    def preload(self, phrases: Iterable[Phrase]) -> None:
        pass


class QuietSpeaker:
    """A speaker that opens at once, or not."""

    def __init__(self, _clips: object, put: object, **_: object) -> None:
        self.put = put
        self.fails = False

    def open(self) -> None:
        self.put(Sound(not self.fails, "no card" if self.fails else ""))

    def alive(self) -> bool:
        return True

    def _ignore(self, *_: object) -> None:
        pass

    close = say = tone = hush = shut = set_volume = softly = lent = _ignore


def script(rng: random.Random) -> list[tuple[int, Input | Quit]]:
    """Presses, holds, orders and lost sound at random, a session's start every `APART`."""
    events: list[tuple[int, Input | Quit]] = []
    for number in range(SESSIONS):
        at = number * APART + 1_000
        events += tap(at, 200)
        for _ in range(rng.randrange(12)):
            at += rng.randrange(300, 30_000)
            what = rng.choice(["tap", "tap", "double", "hold", "lost", "bounce", "next", "stop"])
            if what == "double":
                events += [*tap(at, 80), *tap(at + 200, 80)]
            elif what == "hold":
                events += tap(at, 1_500)
                at += 1_500
            elif what == "lost":
                events += [(at, Sound(False, "gone")), (at + rng.randrange(50_000), Sound(True))]
            elif what == "bounce":
                events += [event for gap in range(0, 60, 6) for event in tap(at + gap, 3)]
            elif what == "tap":
                events += tap(at, 100)
            else:
                events.append((at, Order("next" if what == "next" else "stop")))
            at += 300
        # Whoever left it paused comes back and stops it.
        events += tap((number + 1) * APART - 60_000, 1_500)
    return [*events, (SESSIONS * APART, Quit("the soak is over"))]


class Journal(logging.Handler):
    """Counts the lines by their first word."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines[" ".join(record.getMessage().split()[:2])] += 1


class Meter:
    """Counts sessions, and measures at the start of the early one and of the last."""

    def __init__(self, settle: Callable[[], None]) -> None:
        self.settle = settle
        self.started = self.ended = 0
        self.in_steps = 0
        """Sessions that came to their first step: one that is stopped before is not kept."""
        self.stepped = False
        self.measured: dict[int, dict[str, float]] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ended):
            self.ended += 1
        if isinstance(event, Began) and not self.stepped:
            self.stepped = True
            self.in_steps += 1
        if isinstance(event, Started):
            self.started += 1
            self.stepped = False
            self.settle()
            if self.started % EVERY == 0:
                gc.collect()
                self.measured[self.started] = {
                    "heap kB": tracemalloc.get_traced_memory()[0] / 1000,
                    "RSS MB": int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6,
                    "threads": threading.active_count(),
                    "descriptors": len(os.listdir("/proc/self/fd")),
                }


def settle(trainer: Service) -> None:
    """Let what belongs to the simulation go: it is faster than readers and disk, and a mock pin remembers all it ever did."""
    while any(not reader._queue.empty() for reader in trainer.hub._readers):
        time.sleep(0.001)
    trainer._worker.submit(lambda: None).result()
    assert trainer.pins.pins
    pins: Iterable[MockPin] = trainer.pins.pins._factory.pins.values()
    for pin in pins:
        pin.clear_states()


def main() -> int:
    journal = Journal()
    meter = Meter(lambda: settle(trainer))
    logging.basicConfig(level=logging.INFO, handlers=[journal])
    rng = random.Random(SEED)
    speaker.Speaker = QuietSpeaker
    clock = SimClock(script(rng))
    tracemalloc.start()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder, "state")
        appliance = Appliance(state / "state.json", lambda: None)
        programs = [Program(SMALL, "adult", "standard"), Program(SMALL, "child", "standard")]
        more = {"prepare": ["true"], "access": Access(Path(folder, "run")), "appliance": appliance}
        trainer = build_service(Settings(), programs, Clips(), backend="mock", tones=False, **more)
        trainer.hub.subscribe(meter)
        trainer.speaker.put = lambda sound: clock.put(clock.time + 50, sound)
        trainer.clock = clock
        trainer.run()
        with closing(sqlite3.connect(state / "history.db")) as database:
            kept = database.execute("SELECT count(*) FROM sessions").fetchone()[0]
            sound = database.execute("PRAGMA integrity_check").fetchone()[0]
    print(f"{SESSIONS} times a press, seed {SEED}: {meter.started} sessions in {clock.time / 3_600_000:.0f} simulated hours")
    print(f"{'after':>8} {'heap kB':>9} {'RSS MB':>8} {'threads':>8} {'descriptors':>12}")
    for number, values in meter.measured.items():
        print(f"{number:8} {values['heap kB']:9.0f} {values['RSS MB']:8.1f} {values['threads']:8} {values['descriptors']:12}")
    measured = list(meter.measured.values())[EARLY - 1 :]
    # The least of three: a write of the history may be on its way in one of them.
    grown = {name: min(row[name] for row in measured[-3:]) - min(row[name] for row in measured[:3]) for name in measured[0]}
    begins, ends = journal.lines["session begins:"], journal.lines["session ends:"]
    print(f"journal: {begins} begun, {ends} ended; history: {kept} of {meter.in_steps} that came to a step, integrity {sound}")
    good = grown["threads"] <= 0 and grown["descriptors"] <= 0 and grown["heap kB"] <= MORE_KB and sound == "ok"
    good &= meter.started == meter.ended == begins == ends >= SESSIONS and kept == meter.in_steps
    print(f"nothing grows but by the history of today, nothing is lost: {'yes' if good else 'NO'}")
    return not good


if __name__ == "__main__":
    sys.exit(main())
