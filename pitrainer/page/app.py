"""The views and the API: each route calls one function, and says in HTTP what came of it."""

import asyncio
import functools
import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ..control.client import ask
from ..errors import NotRunningError, PitrainerError
from . import plain
from .api import Api
from .assets import Static, read_static
from .guard import Guard, cookie, form
from .live import MOST_STREAMS, Live
from .pairing import Tokens, device_name
from .place import Place
from .refused import Refused, in_words

VIEWS = {"/": "Now", "/days": "Days", "/plan": "Plan", "/settings": "Settings", "/health": "Health", "/pair": "Pair"}
"""Each is a load of the same shell; scripts fill it."""
ORDERS = {
    "start": (),
    "pause": (),
    "next": (),
    "back": (),
    "stop": (),
    "volume": ("volume",),
    "program": ("number", "routine", "profile", "person"),
    "reminders": ("on",),
}
"""What a browser may have the trainer do, and what it may say with it."""

BETWEEN_ORDERS = 0.1
BETWEEN_TRIES = 1.0
"""Seconds: a flood of orders, or of codes from a device that is not paired, must not reach the trainer."""

T = TypeVar("T")


class Pace:
    """Lets one through at a time, each so many seconds after the one before."""

    def __init__(self, between: float) -> None:
        """Take the seconds."""
        self._between = between
        self._turn = asyncio.Lock()
        self._due = 0.0

    async def __aenter__(self) -> None:
        """Wait for one's turn."""
        await self._turn.acquire()
        try:
            await asyncio.sleep(self._due - asyncio.get_running_loop().time())
        except BaseException:
            self._turn.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        """Have the next one wait."""
        self._due = asyncio.get_running_loop().time() + self._between
        self._turn.release()


class Page:
    """The answers."""

    def __init__(self, place: Place, tokens: Tokens, live: Live, static: Mapping[str, Static], shell: str) -> None:
        """Take where things are, the paired devices, what the trainer does, and the files."""
        self._place, self._tokens, self._live = place, tokens, live
        self._static, self._shell = static, shell
        self._quick, self._slow, self._long = (anyio.CapacityLimiter(threads) for threads in (4, 2, 4))
        """An order must not wait for the calendar, nor that for a doctor."""
        self._orders, self._tries = Pace(BETWEEN_ORDERS), Pace(BETWEEN_TRIES)

    def routes(self) -> list[Route]:
        """Return what is answered."""
        return [
            *(Route(path, self.view) for path in VIEWS if path != "/pair"),
            Route("/plan/{id}", self.view),
            Route("/pair", self.pair, methods=["GET", "POST"]),
            Route("/order", self.order_form, methods=["POST"]),
            Route("/static/{name}", self.file),
            Route("/api/events", self.events),
            Route("/api/order", self.order, methods=["POST"]),
            Route("/api/pairings", self.pairings),
            Route("/api/forget", self.forget, methods=["POST"]),
            *Api(self._place, self.quickly, self.slowly, self.patiently).routes(),
        ]

    async def quickly(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do what takes a moment on a thread."""
        return await anyio.to_thread.run_sync(functools.partial(work, *arguments), limiter=self._quick)

    async def slowly(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do what keeps the processor busy for a while on a thread."""
        return await anyio.to_thread.run_sync(functools.partial(work, *arguments), limiter=self._slow)

    async def patiently(self, work: Callable[..., T], *arguments: Any) -> T:
        """Wait on a thread for what others do for up to minutes."""
        return await anyio.to_thread.run_sync(functools.partial(work, *arguments), limiter=self._long)

    # views

    async def view(self, request: Request, error: str = "", status: int = 200) -> Response:
        """Return the shell; the first view has in it what the trainer does."""
        path = request.url.path
        csrf = request.state.csrf
        inside = plain.now(await self._live.known(), csrf, error) if path in ("/", "/order") else plain.elsewhere()
        return self._filled(VIEWS.get(path, "Now" if path == "/order" else "Plan"), inside, csrf, status)

    def _filled(self, title: str, inside: str, csrf: str, status: int = 200) -> Response:
        text = self._shell
        for name, value in (("title", title), ("csrf", csrf), ("plain", inside)):
            text = text.replace("{{" + name + "}}", value)
        return HTMLResponse(text, status)

    async def file(self, request: Request) -> Response:
        """Return a file of the page, from memory."""
        found = self._static.get(request.path_params["name"])
        if not found:
            return _error("there is no such file", 404)
        headers = {"etag": found.etag, "cache-control": "no-cache", "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == found.etag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(found.packed, headers=headers | {"content-type": found.type, "content-encoding": "gzip"})
        return Response(found.whole(), headers=headers | {"content-type": found.type})

    # pairing

    async def pair(self, request: Request) -> Response:
        """Take the code that the trainer has said."""
        csrf = request.state.csrf
        if request.method != "POST":
            return self._filled("Pair", plain.pair(csrf), csrf)
        code = "".join(form(await request.body()).get("code", [""])[0].split())
        try:
            async with self._tries:
                await self.quickly(ask, self._place.control, {"command": "pair_try", "code": code})
            token = await self.quickly(self._paired, device_name(request.headers.get("user-agent", "")))
        except PitrainerError as error:
            return self._filled("Pair", plain.pair(csrf, in_words(error)), csrf, 409)
        return RedirectResponse("/", 303, {"set-cookie": cookie(token)})

    def _paired(self, name: str) -> str:
        """Keep that a device is paired; return its token."""
        try:
            return self._tokens.add(name, date.today())
        except PitrainerError as error:
            raise PitrainerError(f"{error}; the code was right, but is used up: have the trainer say another one") from error

    async def pairings(self, request: Request) -> Response:
        """Return the paired devices."""
        own = request.state.device
        return JSONResponse(
            {
                "pairings": [
                    {"id": one.id, "name": one.name, "paired": one.paired, "used": one.used, "this": one.id == own.id}
                    for one in self._tokens.devices()
                ]
            }
        )

    async def forget(self, request: Request) -> Response:
        """Forget a device; this one, too."""
        which = _text(_object(await request.body()), "id")
        if not await self.quickly(self._tokens.forget, which):
            return _error("no paired device has this id", 404)
        return JSONResponse({})

    # the trainer

    async def events(self, request: Request) -> Any:
        """Follow what the trainer does."""
        if self._live.streams >= MOST_STREAMS:
            return _error("too many devices are looking already", 503)
        token = request.state.token
        return self._live.stream(lambda: self._tokens.find(token, date.today()) is not None)

    async def order(self, request: Request) -> Response:
        """Give the trainer an order."""
        await self.give(_object(await request.body()))
        return JSONResponse({})

    async def order_form(self, request: Request) -> Response:
        """Give the trainer an order, from a form."""
        changed = asyncio.ensure_future(self._live.changed())
        try:
            await self.give({"command": form(await request.body()).get("command", [""])[0]})
            await asyncio.wait({changed}, timeout=1)  # what comes back shows what came of it
        except PitrainerError as error:
            return await self.view(request, in_words(error), 409)
        finally:
            changed.cancel()
        return RedirectResponse("/", 303)

    async def give(self, order: Mapping[str, Any]) -> None:
        """Give the trainer an order; raise its reason if it refuses."""
        name = order.get("command")
        if not isinstance(name, str) or name not in ORDERS:
            raise PitrainerError(f'"command" must be one of: {", ".join(ORDERS)}')
        more = {key: order[key] for key in ORDERS[name] if key in order}
        async with self._orders:
            await self.quickly(ask, self._place.control, {"command": name, **more})


def build(place: Place, tokens: Tokens, live: Live) -> Guard:
    """Return the application, behind its guard."""
    static, shell = read_static(Path(__file__).parent / "static")
    page = Page(place, tokens, live, static, shell)
    handlers = {PitrainerError: _refused, NotRunningError: _refused}
    return Guard(Starlette(routes=page.routes(), exception_handlers=handlers), tokens)


async def _refused(_request: Request, error: Exception) -> Response:
    """Say why something was not done."""
    if isinstance(error, Refused):
        return JSONResponse(error.data, error.status)
    return _error(in_words(error), 503 if isinstance(error, NotRunningError) else 409)


def _error(why: str, status: int) -> Response:
    return JSONResponse({"error": why}, status)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise PitrainerError("the request must be a JSON object")
    return value


def _text(value: Mapping[str, Any], key: str) -> str:
    if not isinstance(text := value.get(key), str):
        raise PitrainerError(f'"{key}" must be a text')
    return text
