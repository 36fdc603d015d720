"""Runs the real command line, and writes every change of a mock pin to the file $PIN_LOG: "SECONDS PIN VALUE"."""

import os
import sys
import time

from gpiozero.pins.mock import MockPin

from pitrainer.audio import speaker
from pitrainer.cli.main import main

change_state = MockPin._change_state
log = os.open(os.environ["PIN_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def logged(pin: MockPin, value: float) -> object:
    changed = change_state(pin, value)
    if changed:
        os.write(log, f"{time.monotonic():.4f} {pin.info.name} {int(value)}\n".encode())
    return changed


MockPin._change_state = logged
speaker.STALL = 30  # as support.room has it
sys.exit(main())
