"""From process start to ready for the button with a warm cache, and memory at idle, beside a script that loads Piper.

Run: .venv/bin/python tests/bench/startup.py
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from parts import room
from pitrainer.voice.synthesis import embedded_model

ROUNDS = 7
IDLE = 3
"""Seconds after which a process counts as idle."""
MOST_RATIO, MOST_MB = 0.5, 60

SCRIPT = """
import signal, sys
from gpiozero import Button
from gpiozero.pins.mock import MockFactory
from piper import PiperVoice
voice = PiperVoice.load(sys.argv[1])
button = Button(17, pin_factory=MockFactory())
print("ready", file=sys.stderr, flush=True)
signal.pause()
"""


def measure(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Return the seconds to the line that says ready, and the megabytes at idle."""
    start = time.monotonic()
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        next(line for line in process.stderr if line.startswith("ready"))
        taken = time.monotonic() - start
        time.sleep(IDLE)
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.terminate()
    return taken, int(status.split("VmRSS:")[1].split()[0]) / 1000


def main() -> int:
    with room() as here, tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "pitrainer.toml")
        settings.write_text(f'[gpio]\nbackend = "mock"\n[paths]\nstate = "{folder}"\n')
        env = here.env | {"HOME": os.environ["HOME"], "PITRAINER_CONFIG": str(settings), "XDG_RUNTIME_DIR": folder}
        ours = [sys.executable, "-m", "pitrainer", "run"]
        theirs = [sys.executable, "-c", SCRIPT, str(embedded_model())]
        subprocess.run([sys.executable, "-m", "pitrainer", "prepare"], env=env, check=True, capture_output=True)
        rounds = [(measure(ours, env), measure(theirs, env)) for _ in range(ROUNDS + 1)][1:]
    our, their = (statistics.median(part[which][0] for part in rounds) for which in (0, 1))
    our_mb, their_mb = (statistics.median(part[which][1] for part in rounds) for which in (0, 1))
    ratio = statistics.median(mine[0] / script[0] for mine, script in rounds)
    print(f"{'':26} {'ready after':>12} {'memory at idle':>16}   (medians of {ROUNDS})")
    print(f"{'pitrainer run':26} {our:10.2f} s {our_mb:13.0f} MB")
    print(f"{'script: gpiozero and Piper':26} {their:10.2f} s {their_mb:13.0f} MB")
    good = ratio <= MOST_RATIO and our_mb <= MOST_MB
    print(f"{ratio:.2f} of its time; at most {MOST_RATIO}, at most {MOST_MB} MB: {'yes' if good else 'NO'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
