"""Logs and reads the edges of the pins: the kernel traces every value that a program sets on a line, with its time.

edges.py log FILE                       writes 'SECONDS LINE VALUE', until killed
edges.py signals FILE LINE [FROM [TO]]  prints the signals on a line: their lengths in ms, on and off in turn
edges.py long FILE LINE [FROM [TO]]     counts those of a third of a second and more
edges.py first FILE LINE VALUE [FROM]   prints when the line first became VALUE after a time
edges.py keep LINE                      has the pull of a line (its folder) follow its level
edges.py stick LINE                     pulls it down again and again
edges.py kill LINE PID SIGNAL           sends the signal while the line is high for long, and prints when
edges.py peer FILE                      wakes four times a second, and writes 'SECONDS MILLISECONDS': when, and how late
edges.py plan FILE LINE PLAN [FROM]     compares a session's edges with its plan (`show --json`), in pitrainer's Python; prints
                                        as `within` by how much they may be off, which FILE.peer tells of this machine
"""

import json
import os
import re
import signal
import statistics
import sys
import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

TRACING = Path("/sys/kernel/tracing")
GAP = 0.6
"""Seconds of silence between two signals; within one it is at most 0.4."""
LONG = 0.28
"""Seconds; a fault's buzzes have 0.4, all others but the hold's start 0.2 at the most."""
ALLOWED, TIMES = 30.0, 1.5
"""Milliseconds by which an edge may be off, or this many times what a process is late that does nothing but sleep."""
Edges = list[tuple[float, int]]


def log(file: str) -> None:
    """Write what the kernel traces, numbered from the first line of the header's chip."""
    chips = Path("/sys/class/gpio").glob("gpiochip*")
    base = next(int((chip / "base").read_text()) for chip in chips if "bcm2835" in (chip / "label").read_text())
    last: dict[int, str] = {}
    with (TRACING / "trace_pipe").open() as trace, open(file, "w", buffering=1) as out:
        for text in trace:
            if found := re.search(r" ([0-9.]+): gpio_value: (\d+) set (\d)", text):
                line = int(found[2]) - base
                if last.get(line) != found[3]:
                    last[line] = found[3]
                    out.write(f"{found[1]} {line} {found[3]}\n")


def peer(file: str) -> None:
    """Write how late this process wakes: what the machine, whose processor others use too, makes of any time."""
    with open(file, "w", buffering=1) as out:
        due = time.monotonic()
        while True:
            due += 0.25
            time.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            out.write(f"{now:.3f} {(now - due) * 1000:.1f}\n")
            due = max(due, now - 0.25)


def ninety_ninth(values: Iterable[float]) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(len(ranked) * 0.99))] if ranked else 0.0


def within(file: str, begin: float, end: float) -> float:
    rows = (text.split() for text in Path(f"{file}.peer").read_text().splitlines())
    return max(ALLOWED, TIMES * ninety_ninth(float(late) for at, late in rows if begin <= float(at) <= end))


def read(file: str, line: str, begin: str = "0", end: str = "inf") -> Edges:
    rows = (text.split() for text in Path(file).read_text().splitlines())
    return [(float(at), int(value)) for at, number, value in rows if number == line and float(begin) <= float(at) <= float(end)]


def from_on(edges: Edges) -> Edges:
    """Leave out the end of something before."""
    return edges[1:] if edges and not edges[0][1] else edges


def signals(edges: Edges) -> list[list[int]]:
    found: list[list[int]] = []
    quiet = True
    for (at, value), (until, _) in pairwise(from_on(edges)):
        if value and quiet:
            found.append([])
        quiet = not value and until - at > GAP
        if not quiet:
            found[-1].append(round((until - at) * 1000))
    return found


def compare(file: str, edges: Edges, plan: str) -> None:
    """Print how many edges there are and should be, how far they are off, relative to the first, the trend, and `within`."""
    from pitrainer.core.signals import Signal

    wanted: list[tuple[int, int]] = []
    for step in json.loads(Path(plan).read_text())["steps"]:
        for cue in step["cues"]:
            if "buzz" in cue:
                wanted += [(cue["at_ms"] + at, on) for at, on in Signal[cue["buzz"].upper()].edges()]
    edges = from_on(edges)[2:]  # the press's own blip
    if [value for _, value in edges] != [value for _, value in wanted]:
        print(f"edges={len(edges)} wanted={len(wanted)} p99= worst= trend= within={ALLOWED}")
        return
    off = [(at - edges[0][0]) * 1000 - (due - wanted[0][0]) for (at, _), (due, _) in zip(edges, wanted, strict=True)]
    off = [value - statistics.median(off) for value in off]  # the first edge itself may be late
    trend = statistics.linear_regression([due / 60_000 for due, _ in wanted], off).slope
    off = [abs(value) for value in off]
    print(
        f"edges={len(edges)} wanted={len(wanted)} p99={ninety_ninth(off):.1f} worst={max(off):.1f} trend={trend:.2f} "
        f"within={within(file, edges[0][0], edges[-1][0]):.1f}"
    )


def keep(line: str) -> None:
    """Have the pull follow the level."""
    seen = ""
    with open(f"{line}/value") as value, open(f"{line}/pull", "w") as pull:
        while True:
            value.seek(0)
            level = value.read().strip()
            if level != seen:
                seen = level
                pull.write("pull-up" if level == "1" else "pull-down")
                pull.flush()
            time.sleep(0.01)


def kill(line: str, process: str, name: str) -> None:
    """Wait for a long buzz (the hold's start: 0.5 s, all others 0.2 s at the most), and kill in it."""
    high = 0
    with open(f"{line}/value") as value:
        while high < 25:  # looks, not time: this process may be kept waiting itself
            value.seek(0)
            high = high + 1 if value.read().strip() == "1" else 0
            time.sleep(0.01)
    os.kill(int(process), signal.Signals[f"SIG{name}"])
    print(f"{time.monotonic():.3f}")


def stick(line: str) -> None:
    """Pull a line down, whatever else pulls it."""
    with open(f"{line}/pull", "w", buffering=1) as pull:
        while True:
            pull.write("pull-down\n")
            time.sleep(0.002)


def main() -> None:
    command, file, *more = sys.argv[1:]
    if command == "stick":
        stick(file)
    if command == "log":
        log(file)
        return
    if command == "peer":
        peer(file)
    if command == "keep":
        keep(file)
    if command == "kill":
        kill(file, *more)
        return
    line, *more = more
    if command == "signals":
        for buzzes in signals(read(file, line, *more)):
            print(*buzzes)
    elif command == "long":
        edges = read(file, line, *more)
        print(sum(bool(value) and until - at > LONG for (at, value), (until, _) in pairwise(edges)))
    elif command == "first":
        print(*[f"{at:.3f}" for at, value in read(file, line, *more[1:]) if value == int(more[0])][:1])
    elif command == "plan":
        compare(file, read(file, line, *more[1:]), more[0])


if __name__ == "__main__":
    main()
