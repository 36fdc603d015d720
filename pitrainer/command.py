"""The command of a child that runs this program."""

import sys


def own_command(*arguments: str, module: str = "pitrainer") -> list[str]:
    """Return the command of a child that runs this program, or another module of it.

    "-P": Python would look into the current folder first, and as root run the `queue.py` that somebody has left there.
    """
    return [sys.executable, "-P", "-m", module, *arguments]
