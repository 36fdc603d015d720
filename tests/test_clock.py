"""The queue of inputs: nothing waits behind a flood, and a flood takes no memory."""

import threading
import time

from pitrainer.clock import MOST, Clock
from pitrainer.core.units import Ms


def test_order() -> None:
    """Inputs come in their order; when there is none, the moment comes."""
    clock: Clock[int] = Clock()
    for number in range(3):
        clock.put(number)
    assert [clock.wait(None) for _ in range(3)] == [0, 1, 2]
    began = clock.now()
    assert clock.wait(Ms(began + 30)) is None
    assert clock.now() >= began + 30


def test_flood() -> None:
    """Of a flood the newest are kept, so that the last edge is never lost; another input does not wait for it."""
    clock: Clock[int] = Clock()
    for number in range(10 * MOST):
        clock.flood(number)
    clock.put(-1)
    assert clock.wait(None) == -1
    assert [clock.wait(None) for _ in range(MOST)] == list(range(9 * MOST, 10 * MOST))
    assert clock.wait(clock.now()) is None


def test_flood_wakes() -> None:
    """A flood wakes the loop at once, each time anew, whichever thread it comes from."""
    clock: Clock[int] = Clock()
    got: list[int | None] = []
    for number in range(20):
        threading.Timer(0.005, clock.flood, (number,)).start()
        got.append(clock.wait(Ms(clock.now() + 5_000)))
    assert got == list(range(20))


def test_flood_from_another_thread() -> None:
    """While the loop takes them out as fast as it can, none of a flood that fits is lost."""
    clock: Clock[int] = Clock()

    def pour() -> None:
        for number in range(2_000):
            while len(clock._flood) > MOST // 2:
                time.sleep(0.0002)
            clock.flood(number)

    thread = threading.Thread(target=pour)
    thread.start()
    got = [clock.wait(Ms(clock.now() + 2_000)) for _ in range(2_000)]
    thread.join()
    assert got == list(range(2_000))
