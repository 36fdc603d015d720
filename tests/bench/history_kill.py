"""`kill -9` at random moments of recording: every time the history opens, is sound, and has lost the running step at most.

A process records sessions as the trainer does, actions on one thread and writing on another; the steps last as long as a write
takes, instead of seconds, so that most kills hit a write. Before it hands an action over, it says so on a pipe. It is killed at
a random moment, the next trainer opens the file, and all that was said must be there, to the millisecond, but for the step
that had just begun or ended when the process died.

Run: .venv/bin/python tests/bench/history_kill.py [TIMES]
"""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from pitrainer.clock import monotonic
from pitrainer.core.messages import Began, Ended, Held, Started
from pitrainer.core.planner import make_plan
from pitrainer.core.session_record import SessionRecord
from pitrainer.core.units import Ms
from pitrainer.history.store import History
from support.fakes import NECK, half_a_second, read

TIMES = 500
LONGEST = 1.2
"""Seconds after which a child is killed at the latest."""

Said = list[tuple[str, int | None, int | None]]
"""What a child said: session, step, and how much of it was held, if it is a hold that is over; no step where the session is."""


def record(file: Path, seed: int) -> None:
    """Record one session after the other, until killed."""
    chance = random.Random(seed)
    neck = read(NECK)
    plan = make_plan(neck, "adult", "standard", half_a_second)
    with ThreadPoolExecutor(1) as worker:
        history = History(file, 80, [neck], submit=worker.submit)
        worker.submit(history.flush)
        while True:
            history.recorder(Started(monotonic(), plan))
            assert history.recording
            uuid = history.recording.uuid
            for step in plan.steps:
                print(json.dumps((uuid, step.index, None)), flush=True)
                history.recorder(Began(monotonic(), step))
                time.sleep(chance.random() * 0.004)
                worker.submit(int).result()  # a real step lasts longer than a write
                if step.kind == "hold":
                    held = step.length if chance.random() > 0.2 else Ms(chance.randrange(step.length))
                    print(json.dumps((uuid, step.index, held)), flush=True)
                    history.recorder(Held(monotonic(), step, held))
            print(json.dumps((uuid, None, None)), flush=True)
            history.recorder(Ended(monotonic(), True))
            worker.submit(int).result()


def run_and_kill(file: Path, number: int, after: float) -> Said:
    """Let a child record for a time, and kill it; return what it said."""
    child = subprocess.Popen([sys.executable, __file__, "record", str(file), str(number)], stdout=subprocess.PIPE)
    assert child.stdout
    first = child.stdout.readline()  # counted from here: the start of Python is no moment of recording
    time.sleep(after)
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    child.wait()
    return [tuple(json.loads(line)) for line in (first + rest).splitlines()]


def look(file: Path) -> tuple[bool, dict[str, SessionRecord]]:
    """Open the history as the next trainer does; tell whether it is sound, and return all of it."""
    history = History(file, 80)
    history.flush()
    with closing(sqlite3.connect(file)) as database:
        sound = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return sound, {record.uuid: record for record in history.records()}


def lost(said: Said, records: dict[str, SessionRecord]) -> list[int]:
    """Return which of the things that a child said are not there, counted from its last one, which is 0."""
    missing = []
    for back, (uuid, step, held) in enumerate(reversed(said)):
        record = records.get(uuid)
        if step is None:
            there = record is not None and record.result == "completed"
        elif held is None:
            there = record is not None
        else:
            there = record is not None and any((hold.step, hold.held) == (step, held) for hold in record.holds)
        if not there:
            missing.append(back)
    return missing


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    chance = random.Random(17)
    found: Counter[str] = Counter()
    before: dict[str, SessionRecord] = {}
    things = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.db"
        journal = Path(folder) / "history.db-journal"
        for number in range(1, times + 1):
            said = run_and_kill(file, number, chance.random() * LONGEST)
            things += len(said)
            found["killed in a commit (the journal was hot)"] += journal.exists() and journal.stat().st_size > 0
            sound, records = look(file)
            found["sound"] += sound
            missing = lost(said, records)
            # A hold's end and the next step's begin are handed over in the same moment: two things, one step.
            found["nothing lost" if not missing else "the running step lost" if max(missing) <= 1 else "MORE LOST"] += 1
            # What was there before is there as it was; only what ran then is known to have died.
            same = all(records.get(uuid) == record for uuid, record in before.items())
            found["earlier sessions untouched"] += same
            before = records
            if number % 50 == 0 or number == times:
                print(f"{number} kills: {dict(found)}", flush=True)
        aside = list(Path(folder).glob("*.corrupt*"))
        size = file.stat().st_size / 1e6
        print(f"{len(before)} sessions, {things} things said, {size:.2f} MB; kept aside as damaged: {aside or 'none'}")
    good = found["sound"] == found["earlier sessions untouched"] == times and not found["MORE LOST"] and not aside
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
