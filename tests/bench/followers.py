"""What eight followers of a running trainer's events cost it, of which one never reads: its memory over a session.

Run: .venv/bin/python tests/bench/followers.py
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from pitrainer.control.client import ask
from pitrainer.control.protocol import socket_file
from punctuality import FOLLOW
from support.appliance import fill, running, write_home

MOST_MB = 1.0
SECONDS = 60


def megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ |= (env := write_home(home))
        fill(home)
        file = socket_file(home / "run" / "pitrainer")
        with running(env, home / "journal") as trainer:
            for command in ("start", "stop"):  # whatever a session needs is in memory from here on
                ask(file, {"command": command})
                time.sleep(3)
            with subprocess.Popen([sys.executable, "-c", FOLLOW, str(file)]) as followers:
                time.sleep(2)
                ask(file, {"command": "start"})
                time.sleep(5)
                before = megabytes(trainer.pid)
                time.sleep(SECONDS)
                after = megabytes(trainer.pid)
                followers.kill()
    print(f"{before:.1f} MB at the start of a session, {after - before:+.2f} MB after {SECONDS} s")
    print(f"at most {MOST_MB} MB more: {'yes' if after - before <= MOST_MB else 'NO'}")
    return 0 if after - before <= MOST_MB else 1


if __name__ == "__main__":
    sys.exit(main())
