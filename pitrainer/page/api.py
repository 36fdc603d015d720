"""The API for what is done, planned, set and wrong: each route calls one function of a module of its own.

Those modules are imported when they are first asked for: whoever looks at the first view only needs none of them, and they
take 8 MB.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .place import Place
from .refused import Refused

if TYPE_CHECKING:
    from .routines import Routines
    from .sample import Samples
    from .settings import OwnSettings
    from .trainer import Trainer

T = TypeVar("T")
Work = Callable[..., Awaitable[Any]]
"""Has a function called on a thread, and waits for it."""

LONGEST_NUMBER = 9
"""Digits of a version's."""


class Api:
    """The answers."""

    def __init__(
        self, place: Place, quickly: Work, slowly: Work, patiently: Work, environ: Mapping[str, str] = os.environ
    ) -> None:
        """Take where things are, and what has work done: of a moment, of seconds, and of minutes (a doctor, a sample)."""
        self._place, self._environ = place, environ
        self._quickly, self._slowly, self._patiently = quickly, slowly, patiently

    def routes(self) -> list[Route]:
        """Return what is answered."""
        return [
            Route("/api/days", self.days),
            Route("/api/days.csv", self.csv),
            Route("/api/holds/{session}", self.holds),
            Route("/api/routines", self.listed),
            Route("/api/routines/{id}.toml", self.download),
            Route("/api/routines/{id}", self.read),
            Route("/api/routines/{id}", self.save, methods=["PUT"]),
            Route("/api/routines/{id}/versions/{number}", self.version),
            Route("/api/routines/{id}/restore", self.restore, methods=["POST"]),
            Route("/api/routines/{id}/remove", self.remove, methods=["POST"]),
            Route("/api/new-routine/{id}", self.new),
            Route("/api/check", self.check, methods=["POST"]),
            Route("/api/sample", self.sample, methods=["POST"]),
            Route("/api/settings", self.settings),
            Route("/api/settings", self.change, methods=["PUT"]),
            Route("/api/cards/say", self.say_card, methods=["POST"]),
            Route("/api/health", self.health),
            Route("/api/log", self.log),
            Route("/api/clock", self.clock),
            Route("/api/clock", self.set_clock, methods=["POST"]),
        ]

    @cached_property
    def _trainer(self) -> "Trainer":
        from .trainer import Trainer

        return Trainer(self._place.control)

    @cached_property
    def _routines(self) -> "Routines":
        from .routines import Routines

        return Routines(self._place.settings, self._environ, self._trainer)

    @cached_property
    def _settings(self) -> "OwnSettings":
        from .settings import OwnSettings

        return OwnSettings(self._place.settings, self._environ, self._trainer)

    @cached_property
    def _samples(self) -> "Samples":
        from .sample import Samples

        cache = Path(self._environ.get("CACHE_DIRECTORY") or self._place.state / "clips")
        return Samples(self._place.settings, self._environ, cache)

    # what was done

    async def days(self, request: Request) -> Response:
        """Return each day of a year."""
        person = request.query_params.get("person", "")

        def work() -> Any:
            from .days import Days
            from .health import today

            return Days(self._place.settings, self._place.history, self._environ).days(today(self._trainer), person)

        return JSONResponse(await self._slowly(work))

    async def holds(self, request: Request) -> Response:
        """Return each hold of a session."""

        def work() -> Any:
            from .days import Days

            days = Days(self._place.settings, self._place.history, self._environ)
            return {"holds": days.holds(request.path_params["session"])}

        return JSONResponse(await self._slowly(work))

    async def csv(self, request: Request) -> Response:
        """Return every hold as a row of a table."""
        person = request.query_params.get("person", "")

        def work() -> str:
            from .days import Days

            return Days(self._place.settings, self._place.history, self._environ).csv(person)

        return _file(await self._slowly(work), "text/csv; charset=utf-8", "pitrainer.csv")

    # what is planned

    async def listed(self, _request: Request) -> Response:
        """Return all routines."""
        return JSONResponse(await self._slowly(lambda: self._routines.listed()))

    async def read(self, request: Request) -> Response:
        """Return a routine."""
        return JSONResponse(await self._slowly(lambda: self._routines.read(request.path_params["id"])))

    async def download(self, request: Request) -> Response:
        """Return a routine as a file."""
        id_ = request.path_params["id"]
        found = await self._slowly(lambda: self._routines.read(id_))
        return _file(found["text"], "application/toml; charset=utf-8", f"{id_}.toml")

    async def save(self, request: Request) -> Response:
        """Save a routine."""
        sent, id_ = await _sent(request), request.path_params["id"]
        text, base = sent.text("text"), sent.text("base")
        return JSONResponse(await self._slowly(lambda: self._routines.save(id_, text, base)))

    async def version(self, request: Request) -> Response:
        """Return an earlier version of a routine."""
        id_, number = request.path_params["id"], request.path_params["number"]
        if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER):
            raise Refused(404, "there is no such version")
        return JSONResponse(await self._slowly(lambda: self._routines.version(id_, int(number))))

    async def restore(self, request: Request) -> Response:
        """Save an earlier version of a routine anew."""
        sent, id_ = await _sent(request), request.path_params["id"]
        number, base = sent.number("number"), sent.text("base")
        return JSONResponse(await self._slowly(lambda: self._routines.restore(id_, number, base)))

    async def remove(self, request: Request) -> Response:
        """Remove a routine of the person's own."""
        sent, id_ = await _sent(request), request.path_params["id"]
        base = sent.text("base")
        return JSONResponse(await self._slowly(lambda: self._routines.remove(id_, base)))

    async def new(self, request: Request) -> Response:
        """Return a routine to begin with."""
        return JSONResponse(await self._slowly(lambda: self._routines.new(request.path_params["id"])))

    async def check(self, request: Request) -> Response:
        """Return what is right and wrong with a text."""
        sent = await _sent(request)
        id_, text = sent.text("id"), sent.text("text")
        return JSONResponse(await self._slowly(lambda: self._routines.check(id_, text)))

    async def sample(self, request: Request) -> Response:
        """Return how an exercise of a text sounds."""
        sent = await _sent(request)
        made = await self._patiently(lambda: self._samples.make(sent.get("text"), sent.get("exercise"), sent.get("profile")))
        return Response(made, media_type="audio/wav")

    # what is set

    async def settings(self, _request: Request) -> Response:
        """Return what is set, and what may be chosen."""
        return JSONResponse(await self._slowly(lambda: self._settings.read()))

    async def change(self, request: Request) -> Response:
        """Change some settings."""
        sent = await _sent(request)
        base, values = sent.text("base"), sent.object("values")
        return JSONResponse(await self._slowly(lambda: self._settings.change(base, values)))

    async def say_card(self, request: Request) -> Response:
        """Have a sound card say its number."""
        sent = await _sent(request)

        def work() -> Any:
            from .health import say_card

            return say_card(self._trainer, sent.get("card"), sent.get("number"))

        return JSONResponse(await self._patiently(work))

    # what is wrong

    async def health(self, _request: Request) -> Response:
        """Return what the trainer's doctor finds."""

        def work() -> Any:
            from .health import checks

            return checks(self._trainer)

        return JSONResponse(await self._patiently(work))

    async def log(self, _request: Request) -> Response:
        """Return what the trainer logged last."""

        def work() -> Any:
            from .health import log

            return log(self._trainer)

        return JSONResponse(await self._quickly(work))

    async def clock(self, _request: Request) -> Response:
        """Return the trainer's clock."""

        def work() -> Any:
            from .health import clock

            return clock(self._trainer)

        return JSONResponse(await self._quickly(work))

    async def set_clock(self, request: Request) -> Response:
        """Tell the trainer the time."""
        sent = await _sent(request)

        def work() -> Any:
            from .health import set_clock

            return set_clock(self._trainer, sent.get("time"), sent.get("day"))

        return JSONResponse(await self._quickly(work))


class _Sent(dict[str, Any]):
    """An object that was sent, of which each value must have its type."""

    def text(self, key: str) -> str:
        """Return a text."""
        return self._typed(key, str, "a text")

    def number(self, key: str) -> int:
        """Return a whole number."""
        return self._typed(key, int, "a whole number")

    def object(self, key: str) -> dict[str, Any]:
        """Return an object."""
        return self._typed(key, dict, "an object")

    def _typed(self, key: str, kind: type[T], what: str) -> T:
        value = self.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Refused(400, f'"{key}" must be {what}')
        return value


async def _sent(request: Request) -> _Sent:
    """Return the object that was sent."""
    try:
        value = json.loads(await request.body())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refused(400, "the request must be a JSON object")
    return _Sent(value)


def _file(text: str, kind: str, name: str) -> Response:
    """Return a text as a file to keep. The name has what ids have, and so needs no quoting."""
    return Response(text.encode(), headers={"content-type": kind, "content-disposition": f'attachment; filename="{name}"'})
