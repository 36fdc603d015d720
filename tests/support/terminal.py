"""A program on a pseudo-terminal, with a screen that can be read and keys that can be pressed."""

import os
import pty
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

import pyte


class Terminal:
    def __init__(self, command: Sequence[str], env: Mapping[str, str], *, rows: int = 30, columns: int = 100) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        size = {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(rows)}
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**env, **size})
        os.close(theirs)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # the other end is closed: that is how a pseudo-terminal says so
                return
            self._stream.feed(data)

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def wait_for(self, text: str, seconds: float) -> None:
        """Return when the screen shows the text; fail with what it shows instead."""
        until = time.monotonic() + seconds
        while text not in self.text:
            ended = self.process.poll()
            if ended is not None or time.monotonic() > until:
                raise AssertionError(f"no {text!r} (exit code {ended}) in:\n{self.text}")
            time.sleep(0.02)

    def wait_for_no(self, text: str, seconds: float) -> None:
        """Return when the screen does not show the text any more."""
        until = time.monotonic() + seconds
        while text in self.text:
            assert time.monotonic() < until, self.text
            time.sleep(0.02)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        """Wait a little for the program's own end, then end it."""
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        os.close(self._ours)
