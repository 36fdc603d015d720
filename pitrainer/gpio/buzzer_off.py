"""Drives the buzzer's pin low after the trainer has died: a Pi keeps a pin as the process left it, and so the noise.

`ExecStopPost=` runs this file; importing gpiozero takes seconds on a small Pi, and the noise should end within one. So it needs
little of the standard library (not even `pathlib`, which takes 0.1 s there), and speaks to the kernel itself (linux/gpio.h, the
second version of its interface).
"""

import errno
import fcntl
import os
import struct
import sys
import time

BUZZER_FILE = "buzzer"
"""In the runtime folder; the running trainer writes the chip's and the line's number into it, as "0 27"."""
PATIENCE = 0.5
"""Seconds for the kernel to take the line back from the process that died."""

_GET_LINE = 0xC250B407
"""GPIO_V2_GET_LINE_IOCTL."""
_OUTPUT = 1 << 3
"""GPIO_V2_LINE_FLAG_OUTPUT; its value is 0 where none is given."""
_REQUEST = struct.Struct("=64I 32s Q I 20x 240x I I 20x i")
"""gpio_v2_line_request: offsets, consumer, config (flags, number of attributes, attributes), lines, buffer, descriptor."""


def drive_low(device: str, line: int) -> None:
    """Drive a line low and let go of it; the Pi keeps it so.

    Raises:
        OSError: if the line cannot be had.
    """
    request = bytearray(_REQUEST.pack(line, *[0] * 63, b"pitrainer-silence", _OUTPUT, 0, 1, 0, 0))
    chip = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.ioctl(chip, _GET_LINE, request)
            except OSError as error:
                if error.errno != errno.EBUSY or time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                os.close(_REQUEST.unpack(request)[-1])
                return
    finally:
        os.close(chip)


def main(runtime: str, devices: str = "/dev") -> int:
    """Silence the buzzer that the trainer with this runtime folder had; return the exit code."""
    file = -1
    try:
        # It runs as root, the file is the service's: nothing else may be opened in its place, and nothing of it is repeated.
        file = os.open(f"{runtime}/{BUZZER_FILE}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        chip, line = map(int, os.read(file, 20).split())
    except FileNotFoundError:
        return 0  # it had no buzzer on a pin, or had not come as far
    except ValueError:
        return _failed(ValueError(f"{runtime}/{BUZZER_FILE} is not two numbers"))
    except OSError as error:
        return _failed(error)
    finally:
        if file >= 0:
            os.close(file)
    try:
        drive_low(f"{devices}/gpiochip{chip}", line)
    except (OSError, struct.error) as error:
        return _failed(error)
    return 0


def _failed(error: Exception) -> int:
    sys.stderr.write(f"the buzzer may still sound: {error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(os.environ.get("RUNTIME_DIRECTORY", "/run/pitrainer")))
