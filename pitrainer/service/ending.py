"""How a command ends before its time: a signal becomes an exception, so that each part puts away what is its own."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, TypeVar

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT
"""What ends a command: Ctrl-C, systemd, a terminal that is closed, Ctrl-\\."""
ONCE = 1.0
"""Seconds after one of them in which no other is heeded: people press Ctrl-C more than once, and a terminal that is closed may
send two. What is being put away must not be broken off by that."""
GRACE = 5.0
"""Seconds that a child has to end before it is killed."""

T = TypeVar("T")


class Interrupted(BaseException):
    """A signal has come that ends the command. No `except Exception` stops it."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number
        """The exit code, as a shell has it for whatever ends by a signal."""
        self.at_once = False
        """Threads are left behind that would keep Python waiting at its end."""


@contextmanager
def by_signals() -> Iterator[None]:
    """Have a signal raise `Interrupted` on the main thread while the block runs. One that is ignored (`nohup`) stays so."""
    heeded = -ONCE

    def end(number: int, _frame: object) -> None:
        nonlocal heeded
        now = time.monotonic()
        if now >= heeded + ONCE:
            heeded = now
            raise Interrupted(number)

    before = {number: signal.getsignal(number) for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def aside(work: Callable[[], T]) -> T:
    """Do something on another thread, and return what it returns.

    A signal waits until the main thread comes back from C, which may be a while: onnxruntime takes seconds to load a voice on a
    Pi Zero 2. While it waits for another thread it is interrupted at once, and leaves that behind.
    """
    worker = ThreadPoolExecutor(1, "aside")
    try:
        return worker.submit(work).result()
    except Interrupted as interrupted:
        interrupted.at_once = True
        raise
    finally:
        worker.shutdown(wait=False)


class Children:
    """Processes that end when this one does."""

    def __init__(self, stderr: int | None = None) -> None:
        """Begin without any.

        Args:
            stderr: where they complain, if not where this process does.
        """
        self._stderr = stderr
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.ended = False
        """Nothing is run any more."""

    def run(
        self,
        command: Sequence[str],
        patience: float | None = None,
        *,
        given: IO[bytes] | None = None,
        stderr: IO[bytes] | None = None,
        watch: Callable[[], bool] | None = None,
    ) -> int:
        """Run a command to its end; return its exit code. Once `end` was called, nothing is run any more.

        Args:
            command: what is run, with its arguments.
            patience: seconds after which it is ended.
            given: what it reads; without it, nothing.
            stderr: where it complains, if not where the others do.
            watch: called every second; it is ended when that returns False.

        Raises:
            OSError: if it cannot be run.
            subprocess.TimeoutExpired: if it took longer.
        """
        with self._lock:
            if self.ended:
                return -signal.SIGTERM
            child = subprocess.Popen(command, stdin=given or subprocess.DEVNULL, stderr=stderr or self._stderr)
            self._running.add(child)
        try:
            while watch and watch():
                with suppress(subprocess.TimeoutExpired):
                    return child.wait(1)
            return -signal.SIGTERM if watch else child.wait(patience)
        finally:
            # Not SIGKILL, as `subprocess.run` would: it puts away what it has begun.
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)
            child.kill()
            child.wait()
            with self._lock:
                self._running.remove(child)

    def end(self, patience: float = 0) -> None:
        """Ask all to end, and run no more; return when they have ended, or after so many seconds."""
        with self._lock:
            self.ended = True
            running = list(self._running)
        for child in running:
            child.terminate()
        with suppress(subprocess.TimeoutExpired):
            for child in running:
                child.wait(patience)
