"""Who may look and steer: a paired device, by the trainer's own address, from the trainer's own page."""

import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from pitrainer.page.app import BETWEEN_TRIES
from pitrainer.page.guard import HEADERS, Guard, csrf
from pitrainer.page.pairing import Tokens
from support.bridged import CODE, Trainer
from support.served import Served, served

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Trainer]]:
    with served(tmp_path_factory.mktemp("page")) as found:
        yield found


@pytest.fixture
def page(both: tuple[Served, Trainer]) -> Served:
    both[1].asked.clear()
    return both[0]


@pytest.fixture
def trainer(both: tuple[Served, Trainer]) -> Trainer:
    return both[1]


def cookie_of(headers: Mapping[str, str]) -> str:
    return headers["Set-Cookie"].partition(";")[0].partition("=")[2]


# --- what is let through


def test_an_order(page: Served, trainer: Trainer) -> None:
    """A paired device's page gives orders, with what they need and nothing else."""
    assert page.order(command="volume", volume=40, hold_ms=3) == (200, {})
    assert trainer.asked == [{"command": "volume", "volume": 40}]


def test_an_order_without_scripts(page: Served, trainer: Trainer) -> None:
    """A form does the same, and leads back to the state."""
    answer = page.form("/order", command="start", csrf=csrf(page.token))
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert trainer.asked == [{"command": "start"}]
    text = page.ask("GET", "/").text
    assert "Ready: " in text
    assert '<button name="command" value="start">Start</button>' in text


def test_pairing(page: Served) -> None:
    """Who types the code is paired, by a cookie that no script and no other site can use; only its hash is kept."""
    form = page.ask("GET", "/pair", token=None)
    before = cookie_of(form.headers)
    answer = page.form("/pair", before, {"User-Agent": IPHONE}, code=" 401 999 ", csrf=csrf(before))
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    token = cookie_of(answer.headers)
    assert token != before
    assert answer.headers["Set-Cookie"].partition("; ")[2] == "Max-Age=31536000; Path=/; HttpOnly; SameSite=Strict"
    listed = page.ask("GET", "/api/pairings", token=token).data["pairings"]
    assert [(one["name"], one["this"]) for one in listed] == [("a phone", False), ("iPhone, Safari", True)]
    assert token not in (page.state / "paired.json").read_text()
    assert page.order({}, token, command="start") == (200, {})


def test_a_disk_that_is_full(page: Served) -> None:
    """A code that was right, but could not be kept, is used up; that is told."""
    away = page.state.rename(page.state.with_name("away"))  # as good as a full disk
    try:
        answer = page.form("/pair", "y" * 43, code=CODE, csrf=csrf("y" * 43))
    finally:
        away.rename(page.state)
    assert answer.status == 409
    assert "the code was right, but is used up: have the trainer say another one" in answer.text


def test_a_link_from_elsewhere(page: Served) -> None:
    """A paired phone that follows a link from another site comes without its cookie, and keeps it."""
    answer = page.ask("GET", "/pair", token=None)
    given = answer.headers.get_all("Set-Cookie") or []
    assert [one.partition("=")[0] for one in given] == ["pitrainer-visit"]
    assert '<a href="/">This device is paired already</a>' in answer.text


def test_a_forgotten_device(page: Served) -> None:
    """A device that was forgotten is refused at once, and its stream ends; another process may have forgotten it."""
    token = page.tokens.add("another", date.today())
    with page.stream(token) as stream:
        assert stream.readline() == b"event: status\n"
        device = next(one for one in Tokens(page.state).devices() if one.name == "another")
        assert Tokens(page.state).forget(device.id)
        assert page.order({}, token)[0] == 401
        assert stream.read().endswith(b"\n\n")  # to its end


# --- what is not


@pytest.mark.parametrize("path", ["/", "/days", "/plan", "/plan/neck", "/settings", "/health"])
def test_views_need_a_paired_device(page: Served, path: str) -> None:
    """Without a token, every view leads to where a phone is paired; nothing is told."""
    for token in (None, "x" * 43, page.token[:-1]):
        answer = page.ask("GET", path, token=token)
        assert (answer.status, answer.headers["Location"], answer.body) == (303, "/pair", b"")


@pytest.mark.parametrize("path", ["/api/events", "/api/pairings", "/api/nothing"])
def test_the_api_needs_a_paired_device(page: Served, path: str) -> None:
    """Without a token, nothing is told."""
    answer = page.ask("GET", path, token=None)
    assert (answer.status, answer.data) == (401, {"error": "this device is not paired with the trainer"})


def test_orders_need_a_paired_device(page: Served, trainer: Trainer) -> None:
    """Without a token, nothing is done; a token that was made up has the right CSRF value, and is none."""
    assert page.order({}, None)[0] == 401
    assert page.order({}, "x" * 43)[0] == 401
    assert page.form("/order", None, command="start").status == 401
    assert trainer.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:{port}",
            "192.168.1.77:{port}",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:{port}0",
            "",
            None,
        ),
        *(
            "127.0.0.1.nip.io:{port}",
            "127.1:{port}",
            "user@127.0.0.1:{port}",
            "[::1]:{port}",
            "127.0.0.1:{port}/",
            "[127.0.0.1:{port}",
        ),
    ],
)
def test_another_host(page: Served, trainer: Trainer, host: str | None) -> None:
    """A name that is not the machine's own is refused, though it leads here (DNS rebinding), whatever is asked for."""
    named = {"Host": host and host.format(port=page.port)}
    for token in (page.token, None):
        for path in ("/", "/pair", "/static/style.css"):
            assert page.ask("GET", path, b"", named, token).status in (400, 421)
        order = {**named, "Origin": f"http://{named['Host']}"}
        assert page.ask("POST", "/api/order", b'{"command": "start"}', order, token).status in (400, 421)
    assert trainer.asked == []


def test_what_a_person_is_told(page: Served) -> None:
    """Who comes by another name is told so in words; a script is told the same in JSON."""
    why = "this is not the address of the trainer; use the one that the installer has printed"
    assert page.ask("GET", "/", headers={"Host": "evil.example"}).text == f"pitrainer: {why}\n"
    assert page.ask("GET", "/api/days", headers={"Host": "evil.example"}).data == {"error": why}


def test_two_hosts(page: Served) -> None:
    """Nor does a second one help."""
    with page.connect() as connection:
        connection.sendall(f"GET /pair HTTP/1.1\r\nHost: {page.host}\r\nHost: evil.example\r\n\r\n".encode())
        assert connection.recv(100).startswith((b"HTTP/1.1 400", b"HTTP/1.1 421"))


def test_own_hosts(page: Served) -> None:
    """The machine is known by the address that was connected to, by its name, and by localhost where that is here."""
    name = socket.gethostname()
    for host in ("localhost", "LOCALHOST", name, f"{name.partition('.')[0]}.local"):
        assert page.ask("GET", "/", headers={"Host": f"{host}:{page.port}"}).status == 200


@pytest.mark.parametrize(
    ("host", "server", "own"),
    [
        ("192.168.1.5", ("192.168.1.5", 80), True),
        ("192.168.1.5:80", ("::ffff:192.168.1.5", 80), True),
        ("192.168.1.6", ("192.168.1.5", 80), False),
        ("[fe80::1]", ("fe80::1%wlan0", 80), True),
        ("[FD00::0:1]:8080", ("fd00::1", 8080), True),
        ("fd00::1", ("fd00::1", 80), False),
        ("pi.local", ("192.168.1.5", 80), True),
        ("pi", ("192.168.1.5", 80), True),
        ("pi.evil.example", ("192.168.1.5", 80), False),
        ("localhost", ("192.168.1.5", 80), False),
        ("localhost", ("::1", 80), True),
    ],
)
def test_whose_name_it_is(host: str, server: tuple[str, int], own: bool) -> None:
    """In IPv4 and IPv6, with and without the port that a browser leaves out."""

    async def app(*_: object) -> None:
        pass

    guard = Guard(app, Tokens(Path("/nowhere")), name=lambda: "pi")
    assert guard._is_this_machine(host, server) is own


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "https://{host}", "http://127.0.0.1", "http://{host}.evil.example", "http://{host}/"],
)
def test_another_origin(page: Served, trainer: Trainer, origin: str | None) -> None:
    """What another site sends is refused, also with the cookie; so is what tells no origin."""
    sent = {"Origin": origin and origin.format(host=page.host)}
    assert page.order(sent) == (403, {"error": "only the trainer's own page may do that"})
    assert page.form("/order", page.token, sent, command="start", csrf=csrf(page.token)).status == 403
    assert page.form("/pair", page.token, sent, code=CODE, csrf=csrf(page.token)).status == 403
    assert trainer.asked == []


@pytest.mark.parametrize("token", [None, "", "0" * 64, csrf("x"), "ä"])
def test_without_the_pages_token(page: Served, trainer: Trainer, token: str | None) -> None:
    """An order without the token that the page has is refused."""
    assert page.order({"X-CSRF": token and token.encode("utf-8").decode("latin-1")})[0] == 403
    fields = {} if token is None else {"csrf": token}
    assert page.form("/order", command="start", **fields).status == 403
    assert page.form("/pair", code=CODE, **fields).status == 403
    assert trainer.asked == []


def test_the_forms_token_in_json(page: Served, trainer: Trainer) -> None:
    """A form's field counts in a form only: another site cannot send JSON as one."""
    body = f'{{"command": "start", "x": "&csrf={csrf(page.token)}&"}}'.encode()
    for kind in ("text/plain", "application/json", None):
        assert page.ask("POST", "/api/order", body, {"X-CSRF": None, "Content-Type": kind}).status == 403
    assert trainer.asked == []


def test_a_wrong_code(page: Served) -> None:
    """A wrong code is answered by the trainer's reason, with the form; no device is paired."""
    before = page.tokens.devices()
    for code in ("000000", "", "4019990", CODE.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}")):
        answer = page.form("/pair", "y" * 43, code=code, csrf=csrf("y" * 43))
        assert (answer.status, answer.headers["Set-Cookie"]) == (409, None)
        text = answer.text
        assert "that is not the code; 4 more tries" in text
        assert 'name="code"' in text
    assert page.tokens.devices() == before


def test_a_flood_of_codes(page: Served, trainer: Trainer) -> None:
    """Codes reach the trainer one after the other, at a pace that nobody types faster; its session is not disturbed."""
    with ThreadPoolExecutor(4) as pool:
        begin = time.monotonic()
        answers = [pool.submit(page.form, "/pair", "y" * 43, code="000000", csrf=csrf("y" * 43)) for _ in range(4)]
        assert {answer.result().status for answer in answers} == {409}
        assert time.monotonic() - begin >= 3 * BETWEEN_TRIES
    assert len(trainer.asked) == 4


def test_the_network_opens_nothing(page: Served, trainer: Trainer) -> None:
    """No page opens pairing, or has the trainer say anything."""
    for command in ("pair", "pair_try", "say", "press", "events", "status", "doctor", ["start"], None):
        status, answer = page.order(command=command, text="Hi.")
        assert (status, answer["error"].startswith('"command" must be one of: start, pause')) == (409, True)
    assert trainer.asked == []


def test_every_answer_has_its_fences(page: Served) -> None:
    """Nothing is loaded from elsewhere, no frame shows the page, nothing is kept by a browser; refusals have it, too."""
    asked = [
        ("/", page.token),
        ("/pair", None),
        ("/", None),
        ("/api/events", None),
        ("/nothing", page.token),
        ("/static/style.css", None),
    ]
    for path, token in asked:
        answer = page.ask("GET", path, token=token)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["Cache-Control"] == ("no-cache" if path.startswith("/static/") else "no-store")
        assert answer.headers["Server"] is None


def test_nothing_inline(page: Served) -> None:
    """The policy allows nothing inline, and no view has it."""
    for path in ("/", "/pair", "/days"):
        text = page.ask("GET", path).text
        assert "<script>" not in text
        assert "style=" not in text
        assert " on" + "click" not in text
