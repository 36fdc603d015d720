"""Who may: it stands before the application, and lets through what comes from a paired device and from this page alone.

- `Host` is an address or a name of this machine: a foreign name that leads here (DNS rebinding) is refused (volumio3-os#51).
- What changes something has this page's `Origin`, and a token that only this page can know (CSRF; esphome#17530, SensESP#1075).
- Without the cookie of a paired device there is the view that pairs one, and nothing else.
- A body has at most `LONGEST_BODY` bytes, and an answer at most `LONGEST_ANSWER` seconds.
- Nothing from elsewhere is loaded into the page, and the page into nothing.
"""

import asyncio
import hashlib
import ipaddress
import json
import re
import secrets
import socket
from collections.abc import Awaitable, Callable
from datetime import date
from urllib.parse import parse_qs

from ..errors import PitrainerError
from .asgi import App, Message, Receive, Scope, Send
from .pairing import Tokens

LONGEST_BODY = 256 * 1024
LONGEST_ANSWER = 180.0
"""Seconds for an answer to be made and taken: a doctor of a Pi Zero takes a minute. Streams have deadlines of their own."""
COOKIE = "pitrainer"
VISIT = "pitrainer-visit"
YEAR = 365 * 24 * 3600

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self' blob:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    # With "no-referrer", a browser sends "Origin: null" with the page's own forms. Others learn nothing by this one, either.
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

Refusal = Callable[[Send], Awaitable[None]]
"""Answers instead of the application."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


class Guard:
    """ASGI middleware."""

    def __init__(self, app: App, tokens: Tokens, *, name: Callable[[], str] = socket.gethostname) -> None:
        """Take the application, the paired devices, and what tells this machine's name."""
        self._app, self._tokens, self._name = app, tokens, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what may pass, with the body read; refuse the rest."""
        visit = Visit(scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *visit.headers(message.get("headers", []))]
            await send(message)

        if refused := self._refused(visit):
            await refused(answer)
            return
        scope.setdefault("state", {}).update(device=visit.device, token=visit.token, csrf=csrf(visit.secret))
        if visit.path == "/api/events":
            await self._app(scope, receive, answer)
            return
        try:
            async with asyncio.timeout(LONGEST_ANSWER):
                body = await _body(visit, receive)
                if not isinstance(body, bytes):
                    if body:
                        await body(answer)
                elif visit.changes and not self._is_ours(visit, body):
                    await refuse(visit, 403, "the form is out of date; load the page again")(answer)
                else:
                    await self._app(scope, _again(body, receive), answer)
        except TimeoutError:
            return  # the server closes what was not answered whole

    def _refused(self, visit: "Visit") -> Refusal | None:
        hosts = visit.all("host")
        if len(hosts) != 1 or not self._is_this_machine(hosts[0], visit.server):
            return refuse(visit, 421, "this is not the address of the trainer; use the one that the installer has printed")
        try:
            visit.device = self._tokens.find(visit.token, date.today()) if visit.token else None
        except PitrainerError as error:
            return refuse(visit, 500, str(error))
        if visit.changes and visit.all("origin") != [f"http://{hosts[0]}"]:
            return refuse(visit, 403, "only the trainer's own page may do that")
        if visit.device or visit.path == "/pair" or visit.path.startswith("/static/"):
            return None
        if visit.path.startswith("/api/") or visit.changes:
            return refuse(visit, 401, "this device is not paired with the trainer")
        return redirect("/pair")

    def _is_this_machine(self, host: str, server: tuple[str, int]) -> bool:
        found = _HOST.fullmatch(host)
        if not found or int(found[2] or 80) != server[1]:
            return False
        name, address = found[1].lower().strip("[]"), _address(server[0])
        own = self._name().lower()
        if name in (own, f"{own.partition('.')[0]}.local"):
            return True
        if address is None:
            return False
        # The socket's own end of this connection.
        return address.is_loopback if name == "localhost" else address == _address(name)

    @staticmethod
    def _is_ours(visit: "Visit", body: bytes) -> bool:
        sent = visit.all("x-csrf")
        if visit.all("content-type") == ["application/x-www-form-urlencoded"]:
            sent += form(body).get("csrf", []) if len(body) < 4096 else []
        return bool(visit.secret) and len(sent) == 1 and secrets.compare_digest(sent[0].encode(), csrf(visit.secret).encode())


class Visit:
    """One request, as far as it matters here."""

    def __init__(self, scope: Scope) -> None:
        """Read the request's head."""
        self._headers: list[tuple[bytes, bytes]] = scope["headers"]
        self.path: str = scope["path"]
        self.server: tuple[str, int] = scope["server"]
        self.changes = scope["method"] not in ("GET", "HEAD")
        self.device: object = None
        self._new = False
        self.token = self._cookie(COOKIE)
        self.secret = self.token
        """What the CSRF token is made of."""
        if self.path == "/pair":
            # The form that pairs has one, too, in a cookie of its own: a paired phone that comes by a link from elsewhere is
            # led there without its token (SameSite=Strict), and must not lose it.
            self.secret = self._cookie(VISIT)
            if not self.secret:
                self.secret, self._new = secrets.token_urlsafe(32), True

    def all(self, name: str) -> list[str]:
        """Return what a header has, each time that it is there."""
        return [value.decode("latin-1") for key, value in self._headers if key == name.encode()]

    def _cookie(self, name: str) -> str:
        # By hand, for http.cookies leaves out all that comes after one that it does not like; a machine's ports share theirs.
        for pair in "; ".join(self.all("cookie")).split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name and 0 < len(value) < 100:
                return value
        return ""

    def headers(self, there: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return the headers that each answer gets."""
        names = {name.lower() for name, _ in there}
        more = {**HEADERS, **({} if b"cache-control" in names else {"cache-control": "no-store"})}
        if self._new and b"set-cookie" not in names:
            more["set-cookie"] = f"{VISIT}={self.secret}; Path=/pair; HttpOnly; SameSite=Strict"
        return [(name.encode(), value.encode()) for name, value in more.items()]


def cookie(token: str) -> str:
    """Return the header that gives a browser its token."""
    return f"{COOKIE}={token}; Max-Age={YEAR}; Path=/; HttpOnly; SameSite=Strict"


def csrf(token: str) -> str:
    """Return what this page's forms and scripts send along; only who has the page that the cookie opens can know it."""
    return hashlib.sha256(f"csrf {token}".encode()).hexdigest()


def form(body: bytes) -> dict[str, list[str]]:
    """Return what a form was filled in with; nothing where it has more fields than any of this page's."""
    try:
        return parse_qs(body.decode("ascii", "replace"), max_num_fields=20)
    except ValueError:
        return {}


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


async def _body(visit: Visit, receive: Receive) -> bytes | Refusal | None:
    """Return a request's body, or what refuses it; None where the browser has gone."""
    too_long = refuse(visit, 413, f"that is more than {LONGEST_BODY // 1024} KB")
    length = visit.all("content-length")
    if length and (len(length[0]) > 9 or int(length[0]) > LONGEST_BODY):
        return too_long
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += bytes(message.get("body", b""))
        if len(body) > LONGEST_BODY:
            return too_long
        if not message.get("more_body"):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives the application the body that was read already."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return left.pop() if left else await receive()

    return give


def refuse(visit: Visit, status: int, why: str) -> Refusal:
    """Return what answers with one sentence, and closes the connection: there may be megabytes of body to come."""
    api = visit.path.startswith("/api/")
    body = json.dumps({"error": why}) if api else f"pitrainer: {why}\n"
    kind = b"application/json" if api else b"text/plain; charset=utf-8"
    return _answer(status, body.encode(), (b"content-type", kind), (b"connection", b"close"))


def redirect(path: str) -> Refusal:
    """Return what sends the browser to another view."""
    return _answer(303, b"", (b"location", path.encode()))


def _answer(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Refusal:
    async def answer(send: Send) -> None:
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})

    return answer
