"""uvicorn with deadlines, a limit of connections, and an end when nobody looks."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import Server, ServerState

from .asgi import App

HEADERS = 5.0
"""Seconds for the headers, from the connection or their first byte; uvicorn has no deadline of its own (WLED#308)."""
BODY = 10.0
"""Seconds for the body to come after them."""
TAKEN = 30.0
"""Seconds in which what was sent must have arrived. TCP's own patience is a quarter of an hour with a phone that has gone to
sleep or out of the house, and endless with a peer that is there and does not read."""
KEEP_ALIVE = 5
"""Seconds for which a connection waits for another request."""
MOST_CONNECTIONS = 64
MOST_OF_ONE = 16
"""Connections of one address: a browser opens six, and each phone follows the events on one of them."""
IDLE = 120.0
"""Seconds without a connection after which the process ends, where systemd starts it again."""


class Protocol(H11Protocol):
    """One connection."""

    _deadline: asyncio.TimerHandle | None = None
    _waits_for = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, if there is room for it."""
        super().connection_made(transport)
        if sum(_address(other) == _address(self) for other in self.connections) > MOST_OF_ONE:
            transport.abort()
            return
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(TAKEN * 1000))
        self._wait_for("headers")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._wait_for("")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what was sent."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Go on with the next request, which may have come already."""
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        """See what is waited for now. Between two requests it is nothing: the time of `KEEP_ALIVE` runs then."""
        between = self.timeout_keep_alive_task is not None
        states = {h11.IDLE: "" if between else "headers", h11.SEND_BODY: "body"}
        self._wait_for(states.get(self.conn.their_state, ""))

    def _wait_for(self, what: str) -> None:
        if what == self._waits_for:
            return  # a byte now and then gives no more time
        self._waits_for = what
        if self._deadline:
            self._deadline.cancel()
        seconds = {"headers": HEADERS, "body": BODY}.get(what)
        # Not `close`, which would wait until a peer who reads nothing has read.
        self._deadline = self.loop.call_later(seconds, self.transport.abort) if seconds else None


class TurnedAway(asyncio.Protocol):
    """A connection for which there is no room."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """End it."""
        transport.abort()


def take(*, server_state: ServerState, **more: Any) -> asyncio.Protocol:
    """Return what a new connection is. In a flood most are turned away, before anything else is made of them."""
    if len(server_state.connections) >= MOST_CONNECTIONS:
        return TurnedAway()
    return Protocol(server_state=server_state, **more)


def _address(connection: object) -> str:
    return connection.client[0] if isinstance(connection, H11Protocol) and connection.client else ""


class PageServer(Server):
    """The server of one process."""

    def __init__(self, config: Config, start: Callable[[], None], end: Callable[[], None], idle: float | None) -> None:
        """Take what begins and ends with it, and the seconds without a connection after which it ends; None for never."""
        super().__init__(config)
        self._begin, self._end, self._idle = start, end, idle
        self._seen = 0.0

    async def startup(self, sockets: Any = None) -> None:
        """Begin to serve."""
        self._seen = asyncio.get_running_loop().time()
        self._begin()
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Tell whether it ends."""
        now = asyncio.get_running_loop().time()
        if self.server_state.connections or self.server_state.tasks:
            self._seen = now
        return await super().on_tick(counter) or (self._idle is not None and now - self._seen >= self._idle)

    async def shutdown(self, sockets: Any = None) -> None:
        """End, and the streams with it: uvicorn would wait for them."""
        self._end()
        await super().shutdown(sockets)


def make_server(app: App, *, start: Callable[[], None], end: Callable[[], None], idle: float | None) -> PageServer:
    """Return the server of an application; see `PageServer`."""
    config = Config(
        app,
        http=take,  # type: ignore[arg-type] # it is only called
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",  # not a line of the journal for each request that is none: any device in the house can send such
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=16 * 1024,
    )
    return PageServer(config, start, end, idle)
