"""A trial of one sound card, by a child: what hangs or crashes with a card does so there, and no trainer waits for it."""

import json
import subprocess
from collections.abc import Sequence

CHILD_PATIENCE = 30.0
"""Seconds: Python starts within 5 on a Pi Zero 2, and the card has 10 to open."""
MOST = 9
"""Cards that are told apart; a kernel has 8 unless it was asked for more."""


def try_card(command: Sequence[str], card: str, number: int) -> str:
    """Have a card say its number; return what is wrong, or nothing.

    Args:
        command: begins the child that tries a card.
        card: its id.
        number: 1 to `MOST`.
    """
    try:
        done = subprocess.run(
            [*command, f"--card={card}", f"--number={number}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=CHILD_PATIENCE,
            check=False,
        )
        return str(json.loads(done.stdout)["why"])
    except (OSError, subprocess.TimeoutExpired, ValueError, TypeError, KeyError) as error:
        return f"the card could not be tried: {error}"
