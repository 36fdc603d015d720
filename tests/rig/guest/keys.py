"""A keypad from uinput: keys.py NAME FIFO makes it, and sends what is written into the pipe ("KEY VALUE")."""

import fcntl
import os
import struct
import sys
import time

KEYS = range(1, 128)


def send(device: int, kind: int, code: int, value: int) -> None:
    os.write(device, struct.pack("llHHi", 0, 0, kind, code, value))


def main(name: str, pipe: str) -> None:
    device = os.open("/dev/uinput", os.O_WRONLY)
    fcntl.ioctl(device, 0x40045564, 1)  # UI_SET_EVBIT: EV_KEY
    for key in KEYS:
        fcntl.ioctl(device, 0x40045565, key)  # UI_SET_KEYBIT
    # UI_DEV_SETUP: bus (USB), vendor, product, version, name, force feedback
    fcntl.ioctl(device, 0x405C5503, struct.pack("HHHH80sI", 3, 0x1209, 1, 1, name.encode(), 0))
    fcntl.ioctl(device, 0x5501)  # UI_DEV_CREATE
    time.sleep(0.5)
    with open(pipe) as lines:
        for line in lines:
            key, value = map(int, line.split())
            send(device, 1, key, value)
            send(device, 0, 0, 0)
    fcntl.ioctl(device, 0x5502)  # UI_DEV_DESTROY


if __name__ == "__main__":
    main(*sys.argv[1:])
