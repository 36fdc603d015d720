"""Ten years of daily sessions, 25 holds each: how large the history is, and how long `history` and what `status` needs take.

Every command is its own process, and beside it Python's own start; the least and the middle of 15 runs in turn, and the least
processor time, which another load on the machine changes less.

Run: .venv/bin/python tests/bench/history_years.py
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from pitrainer.core.routine import Regimen
from pitrainer.history.store import History
from support.histories import invented

RUNS = 15
SESSIONS = 3_650
FACTS = """
import sys
from pathlib import Path
from pitrainer.core.routine import Regimen
from pitrainer.history.store import History
history = History(Path(sys.argv[1]), 80)
history.flush()
print(history.facts(Regimen("neck", "adult")))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        file = home / "state" / "pitrainer" / "history.db"
        print(f"{SESSIONS} sessions with 25 holds each")
        begin = time.perf_counter()
        History(file, 80).add(invented(date.today(), SESSIONS))
        print(f"  added in {time.perf_counter() - begin:.2f} s, one transaction; {file.stat().st_size / 1e6:.2f} MB")
        begin = time.perf_counter()
        history = History(file, 80)
        history.flush()
        took = time.perf_counter() - begin
        print(f"  opened by a starting trainer (checked as a whole, summed up): {took:.3f} s, on its worker's thread")
        begin = time.perf_counter()
        for _ in range(1_000):
            facts = history.facts(Regimen("neck", "adult"))
        each = (time.perf_counter() - begin) * 1000
        print(f"  facts from memory: {each:.0f} us; {facts.streak} days in a row")

        environ = {**os.environ, "HOME": folder, "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": folder}
        export = home / "export.json"
        trainer = [sys.executable, "-m", "pitrainer", "history"]
        commands = {
            "Python's own start": [sys.executable, "-c", "pass"],
            "history": trainer,
            "what status needs": [sys.executable, "-c", FACTS, str(file)],
            "history --csv": [*trainer, "--csv"],
            "history --json": [*trainer, "--json"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        busy: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                with export.open("wb") as out:
                    begin, before = time.perf_counter(), processor_time()
                    subprocess.run(command, env=environ, check=True, stdout=out)
                    times[name].append(time.perf_counter() - begin)
                    busy[name].append(processor_time() - before)
        columns = f"{'least':>9}{'middle':>9}{'processor':>11}"
        print(f"  {'seconds':18}{columns}     beyond Python: {columns}")
        own = figures(times["Python's own start"], busy["Python's own start"])
        for name in commands:
            found = figures(times[name], busy[name])
            beyond = [figure - of_python for figure, of_python in zip(found, own, strict=True)]
            print("  {:18}{:9.3f}{:9.3f}{:11.3f}{:20}{:9.3f}{:9.3f}{:11.3f}".format(name, *found, "", *beyond))
        begin = time.perf_counter()
        done = subprocess.run([*trainer, "import", str(export)], env=environ, check=True, capture_output=True, text=True)
        size = export.stat().st_size / 1e6
        print(f"  import of those {size:.1f} MB of JSON: {time.perf_counter() - begin:.2f} s: {done.stdout.strip()}")


def processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def figures(times: list[float], busy: list[float]) -> tuple[float, float, float]:
    return min(times), statistics.median(times), min(busy)


if __name__ == "__main__":
    main()
