"""What the trainer does, for all browsers at once: one subscription to its events, and a stream to each browser (SSE)."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..clock import monotonic
from ..control.client import follow
from ..control.fold import fold
from ..errors import PitrainerError
from .asgi import Receive, Scope, Send

Json = dict[str, Any]

RETRY = 1.0
"""Seconds until a trainer that is not there is looked for again."""
HEARTBEAT = 10.0
"""Seconds without a change after which a browser is told that the page is alive; that also shows who has gone."""
MOST_STREAMS = 16


class Live:
    """Follows the trainer on a thread of its own; all else is the event loop's."""

    def __init__(self, control: Path) -> None:
        """Take the trainer's control socket."""
        self._control = control
        self._loop: asyncio.AbstractEventLoop
        self._changed = asyncio.Event()
        self._known = asyncio.Event()
        self._ended = False
        self.status: Json | None = None
        """None while the trainer is not there."""
        self.streams = 0
        """How many browsers follow."""

    def start(self) -> None:
        """Begin to follow, from within the event loop."""
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._follow, name="follow", daemon=True).start()

    def end(self) -> None:
        """End all streams."""
        self._ended = True
        self._changed.set()

    async def known(self, patience: float = 2.0) -> Json | None:
        """Return the status, after waiting for the first answer; None where the trainer is not there."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._known.wait(), patience)
        return self.status

    def changed(self) -> Awaitable[object]:
        """Return what waits for the next change after this call; a coroutine would begin later, and miss one in between."""
        return self._changed.wait()

    def _publish(self, status: Json | None) -> None:
        self.status = status
        self._known.set()
        if not self._ended:
            self._changed.set()
            self._changed = asyncio.Event()

    def _follow(self) -> None:
        while not self._ended:
            lines = follow(self._control, {"command": "events"})
            try:
                status = next(lines)["status"]
                self._tell(status)
                for line in lines:
                    if (after := fold(status, line)) != status:
                        status = after
                        self._tell(status)
            except (PitrainerError, KeyError, StopIteration):
                pass  # whoever looks at the page sees that the trainer is not there
            finally:
                lines.close()
            self._tell(None)
            time.sleep(RETRY)

    def _tell(self, status: Json | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(self._publish, status)

    def stream(self, allowed: Callable[[], bool]) -> "Stream":
        """Return the answer to a browser that follows, for as long as it may."""
        return Stream(self, allowed)

    @property
    def ended(self) -> bool:
        """Tell whether the process ends."""
        return self._ended


class Stream:
    """One browser's stream. A slow one is sent the newest status when it can take one, and none in between."""

    def __init__(self, live: Live, allowed: Callable[[], bool]) -> None:
        """Take what is told, and what says whether this browser may know."""
        self._live = live
        self._allowed = allowed

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, until the browser goes, or is no longer allowed to look."""
        live = self._live
        live.streams += 1  # before the first await, for others ask meanwhile
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await live.known()
            head = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            text, sent = _event(live.status), live.status
            while self._allowed() and not live.ended:
                # Before the await, for what happens meanwhile is a change, too.
                changed = asyncio.ensure_future(live.changed())
                try:
                    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
                    await asyncio.wait({changed, gone}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
                if gone.done():
                    return
                text = _event(live.status) if live.status is not sent else _sent("alive", now=monotonic())
                sent = live.status
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            live.streams -= 1


async def _gone(receive: Receive) -> None:
    """Return when the browser has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(status: Json | None) -> str:
    if status is None:
        return _sent("gone")
    return _sent("status", now=monotonic(), status=status)


def _sent(event: str, **data: Any) -> str:
    return f"event: {event}\ndata: {json.dumps(data)}\n\n"
