"""Hostile HTTP: each is refused, and the page goes on to answer."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from pitrainer.core.messages import VolumeChanged
from pitrainer.core.units import Ms
from pitrainer.page.assets import read_static
from pitrainer.page.guard import LONGEST_BODY, csrf
from pitrainer.page.live import MOST_STREAMS
from pitrainer.page.server import HEADERS, MOST_OF_ONE
from support.bridged import Trainer
from support.served import Served, served


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Trainer]]:
    with served(tmp_path_factory.mktemp("page")) as found:
        yield found


@pytest.fixture
def page(both: tuple[Served, Trainer]) -> Iterator[Served]:
    yield both[0]
    until = time.monotonic() + 30
    while True:  # it answers again, as soon as the flood is over
        with suppress(OSError, http.client.HTTPException):
            assert both[0].ask("GET", "/").status == 200
            return
        assert time.monotonic() < until
        time.sleep(0.1)


def closed(connection: socket.socket) -> bytes:
    """Return what comes until the other end closes."""
    came = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            came += part
    return came


def test_slow_headers_and_bodies(page: Served) -> None:
    """Who sends a byte now and then is cut off, in the headers and in the body; so is who sends nothing."""
    with page.connect() as silent, page.connect() as headers, page.connect() as body:
        about = (
            f"Host: {page.host}\r\nCookie: pitrainer={page.token}\r\nOrigin: http://{page.host}\r\nContent-Length: 100\r\n\r\n"
        )
        body.sendall(f"POST /api/order HTTP/1.1\r\n{about}".encode())
        headers.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        ended = set()
        until = time.monotonic() + 30
        while len(ended) < 2 and time.monotonic() < until:
            for one in {headers, body} - ended:
                try:
                    one.sendall(b"a")
                except OSError:
                    ended.add(one)
            time.sleep(0.2)
        assert ended == {headers, body}
        assert closed(silent) == b""


def test_a_body_of_ten_megabytes(page: Served) -> None:
    """It is refused before it is read, by its length; and where no length is told, as soon as it is too long."""
    about = f"Host: {page.host}\r\nCookie: pitrainer={page.token}\r\nOrigin: http://{page.host}\r\n"
    with page.connect() as connection:
        connection.sendall(f"POST /api/order HTTP/1.1\r\n{about}Content-Length: 10000000\r\n\r\n".encode())
        assert closed(connection).startswith(b"HTTP/1.1 413 ")
    with page.connect() as connection:
        connection.sendall(f"POST /api/order HTTP/1.1\r\n{about}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        sent = 0
        with suppress(OSError):
            while sent < 10_000_000:
                connection.sendall(chunk)
                sent += 0x10000
        assert sent < 10_000_000
    memory = page.memory()
    assert memory < 45


def test_the_longest_body(page: Served) -> None:
    """What is just short enough is read."""
    status = page.ask("POST", "/api/order", b" " * (LONGEST_BODY - 2) + b"{}").status
    assert status == 409
    assert page.ask("POST", "/api/order", b" " * (LONGEST_BODY - 1) + b"{}").status == 413


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"\x00" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost : y\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request(page: Served, sent: bytes) -> None:
    """It is answered by 4xx, or by the end of the connection; the journal has no line of it."""
    with page.connect() as connection:
        with suppress(OSError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        answer = closed(connection)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert page.journal.read_text().splitlines() == [f"pitrainer: the page is at http://{page.host}; Ctrl-C ends it"]


@pytest.mark.parametrize("token", ["y" * 43, None])
@pytest.mark.parametrize("size", [1, 200])
@pytest.mark.parametrize("sent", [{"X-CSRF": None}, {"X-CSRF": csrf("y" * 43)}])
def test_a_form_of_many_fields(page: Served, token: str | None, size: int, sent: dict[str, str | None]) -> None:
    """It has no field that counts, whoever sends it; the journal has no line of it."""
    answer = page.form("/pair", token, sent, **{f"field{number}": "a" * size for number in range(40)})
    assert answer.status == (409 if token and sent["X-CSRF"] else 403)
    assert len(page.journal.read_text().splitlines()) == 1


@pytest.mark.parametrize("number", ["0", "-1", "one", "9" * 10, "9" * 5_000, "\u00b2"])
def test_no_number_of_a_version(page: Served, number: str) -> None:
    """There is no such version; the journal has no line of it."""
    answer = page.ask("GET", f"/api/routines/neck/versions/{quote(number)}")
    assert (answer.status, [*answer.data]) == (404, ["error"])
    assert len(page.journal.read_text().splitlines()) == 1


def test_a_flood_of_connections(page: Served) -> None:
    """Of one address, so many connections are kept, and no more; the others of the house are answered meanwhile."""
    with ExitStack() as stack:
        flood = [stack.enter_context(page.connect()) for _ in range(200)]
        # They are taken in their order: with the last one all are decided on. After HEADERS all would be closed.
        flood[-1].settimeout(HEADERS - 1)
        with suppress(ConnectionResetError):
            assert flood[-1].recv(1) == b""
        open_ = 0
        for connection in flood:
            connection.settimeout(0.05)
            try:
                open_ += connection.recv(1) != b""
            except TimeoutError:
                open_ += 1
            except OSError:
                pass
        assert open_ <= MOST_OF_ONE
        with stack.enter_context(socket.create_connection(("127.0.0.1", page.port), source_address=("127.0.0.2", 0))) as other:
            other.settimeout(30)
            other.sendall(f"GET /pair HTTP/1.1\r\nHost: {page.host}\r\nConnection: close\r\n\r\n".encode())
            assert closed(other).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/static/../app.py",
            "/static/..%2fapp.py",
            "/static/%2e%2e/%2e%2e/app.py",
            "/static//etc/passwd",
            "/static/",
            "/static",
        ),
        *(
            "/static/shell.html",
            "/static/style.css/",
            "/static/style.css%00",
            "/../etc/passwd",
            "/static/..\\app.py",
            "/static/app.py",
        ),
        *("/plan/../../etc/passwd", "//evil.example/", "/paired.json", "/state/paired.json"),
    ],
)
def test_paths_upward(page: Served, path: str) -> None:
    """A path finds what is in a table, and never a file."""
    answer = page.ask("GET", path)
    assert answer.status in (404, 405, 307)
    assert b"root:" not in answer.body


def test_only_known_kinds_of_files(tmp_path: Path) -> None:
    """Of the page's folder, a browser may have styles, scripts and pictures by their names; the rest is not read."""
    for name in ("a.js", "b.css", "c.py", "e.js.bak", "shell.html"):
        (tmp_path / name).write_text("x")
    (tmp_path / "f.js").mkdir()
    files, shell = read_static(tmp_path)
    assert (sorted(files), shell) == (["a.js", "b.css"], "x")


def test_many_streams(page: Served, both: tuple[Served, Trainer]) -> None:
    """So many devices follow at once; each is told what happens within a moment, over one subscription to the trainer."""
    with ExitStack() as stack:
        streams = []
        for number in range(MOST_STREAMS):
            streams.append(stream := stack.enter_context(page.stream(source=f"127.0.0.{2 + number % 4}")))
            assert (stream.status, stream.readline()) == (200, b"event: status\n")
        refused = page.ask("GET", "/api/events")
        assert (refused.status, refused.data) == (503, {"error": "too many devices are looking already"})
        assert len(both[1].hub._subscribers) == 1
        both[1].publish(VolumeChanged(Ms(1), 37))
        for stream in streams:
            while b'"volume": 37' not in stream.readline():
                pass
    until = time.monotonic() + 30
    while True:
        with page.stream() as stream:
            if stream.status == 200:
                return
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"[" * 100_000, b"\xff", b'{"command": "start"', b'{"command": {}}', b"null", b'"start"']
)
def test_odd_orders(page: Served, body: bytes) -> None:
    """What is no order is answered by one sentence."""
    answer = page.ask("POST", "/api/order", body)
    assert (answer.status, [*answer.data]) == (409, ["error"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD", "XYZ"])
def test_other_methods(page: Served, method: str) -> None:
    """A method that is not meant does nothing."""
    assert page.ask(method, "/api/order").status in (403, 405)
