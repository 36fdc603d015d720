"""Fuzzes for a time: other cases in each run, and what is found is kept.

python tests/fuzz/run.py [--minutes 60] [--seed N] [TARGET ...]
python tests/fuzz/run.py --replay FILE ...
"""

import argparse
import faulthandler
import hashlib
import logging
import os
import random
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
sys.path[0] = str(HERE.parent)  # not this folder, where `requests` and others are names of our own
sys.path.insert(1, str(HERE.parent.parent))
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from hypothesis import HealthCheck, given, seed, settings  # noqa: E402 - see above
from hypothesis.errors import HypothesisWarning  # noqa: E402

from fuzz.target import CORPUS, Case, Check, Target  # noqa: E402
from fuzz.targets import TARGETS  # noqa: E402

SLICE = 200
"""Cases of one target before it is the next one's turn."""
MOST_FOUND = 10
"""Findings of one target, after which it is left alone: more are the same one in other words."""
HUNG = 300
"""Seconds for one case, after which the run ends with the traceback of every thread."""


@dataclass
class Row:
    """What there is to say of a target."""

    target: Target
    cases: int = 0
    seconds: float = 0
    found: dict[str, Path] = field(default_factory=dict)
    """The file of each finding, by where it was."""


def where(error: BaseException) -> str:
    """Return what tells one finding from another: the kind of the error, the line that raised it, and how its text begins."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    text = re.sub(r"\d+", "N", str(error))[:40]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {text}"


def keep(target: Target, case: bytes) -> Path:
    """Write a finding into the corpus."""
    file = CORPUS / target.name / f"{hashlib.sha256(case).hexdigest()[:12]}.{target.ending}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(case)
    return file


def one_slice(row: Row, check: Check, number: int, until: float, running: Path) -> None:
    """Draw cases until the slice is over, or the time; a finding is made small, kept, and passed over afterwards."""
    failing: dict[str, tuple[Case, BaseException]] = {}

    @seed(number)
    @settings(
        max_examples=SLICE,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(row.target.drawn)
    def drawn(case: Case) -> None:
        if time.monotonic() > until:
            return
        row.cases += 1
        running.write_bytes(case)
        faulthandler.dump_traceback_later(HUNG, exit=True)
        try:
            check(case)
        except Exception as error:
            if (place := where(error)) in row.found:
                return
            failing[place] = case, error
            raise

    began = time.monotonic()
    try:
        drawn()
    except Exception:
        if not failing:
            raise
    faulthandler.cancel_dump_traceback_later()
    row.seconds += time.monotonic() - began
    for place, (case, error) in failing.items():
        # Hypothesis tries the smallest one last.
        file = row.found[place] = keep(row.target, case)
        print(f"\n{row.target.name}: {place}\n  {str(error)[:300]!r}\n  {len(case)} bytes, kept as {file}")
        print(f"  again: {sys.executable} {Path(__file__)} --replay {file}\n", flush=True)


def fuzz(targets: Sequence[Target], minutes: float, first: int) -> int:
    """Fuzz the targets in turn; return how many findings there are."""
    rows = [Row(target) for target in targets]
    until = time.monotonic() + minutes * 60
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-")))
        running = folder / "running"
        print(f"{minutes:g} minutes, seed {first}; the case that is being tried is in {running}", flush=True)
        checks = []
        for target in targets:
            (folder / target.name).mkdir()
            checks.append(stack.enter_context(target.opened(folder / target.name)))
        while time.monotonic() < until and (left := [row for row in rows if len(row.found) < MOST_FOUND]):
            first += 1
            row = min(left, key=lambda row: row.seconds)  # the same time for each, however quick it is
            one_slice(row, checks[rows.index(row)], first, until, running)
    print(f"\n{'target':<10} {'cases':>9} {'minutes':>8} {'findings':>9}")
    for row in rows:
        print(f"{row.target.name:<10} {row.cases:>9,} {row.seconds / 60:>8.1f} {len(row.found):>9}")
    return sum(len(row.found) for row in rows)


def replay(files: Sequence[Path]) -> int:
    """Take single cases, with the traceback of what is wrong; return how many are findings."""
    failed = 0
    for file in files:
        target = TARGETS[file.absolute().parent.name]
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, target.opened(Path(folder)) as check:
            try:
                check(file.read_bytes())
            except Exception:  # noqa: BLE001 - whatever it is
                traceback.print_exc()
                failed += 1
                print(f"{file}: a finding")
            else:
                print(f"{file}: as it must be")
    return failed


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Fuzz what others may write.")
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--minutes", type=float, default=60, help="for how long, all targets together (60)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the first cases; the same are the same")
    parser.add_argument("--replay", type=Path, nargs="+", metavar="FILE", help="take these cases of the corpus once more")
    options = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("ignore", HypothesisWarning)
    logging.getLogger().addHandler(logging.NullHandler())  # what the program logs of wrong files is not of interest here
    if options.replay:
        return min(1, replay(options.replay))
    return min(1, fuzz([TARGETS[name] for name in options.targets or TARGETS], options.minutes, options.seed))


if __name__ == "__main__":
    sys.exit(main())
