"""`page`: pairs phones, lists and forgets them."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pitrainer.cli.main import main
from pitrainer.control.protocol import socket_file
from pitrainer.control.server import Control
from pitrainer.errors import PitrainerError
from pitrainer.page import place
from pitrainer.page.pairing import FILE, MOST, Tokens, device_name

TODAY = date(2026, 11, 28)


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    """The tokens of a person's own trainer."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("PITRAINER_CONFIG", raising=False)
    monkeypatch.setattr(place, "SERVICE", replace(place.SERVICE, state=tmp_path / "service"))
    folder = tmp_path / "xdg_state_home" / "pitrainer" / "page"
    folder.mkdir(parents=True)
    return Tokens(folder)


def test_list_and_forget(tokens: Tokens, capsys: pytest.CaptureFixture[str]) -> None:
    """Each paired device has a number, by which it is forgotten; a number that is forgotten is free again."""
    assert main(["page", "list"]) == 0
    for name in ("iPhone, Safari", "Android, Chrome", "\x1b[2J"):
        tokens.add(name, TODAY)
    assert main(["page", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "no device is paired",
        "  1  iPhone, Safari           paired 2026-11-28, last used 2026-11-28",
        "  2  Android, Chrome          paired 2026-11-28, last used 2026-11-28",
        r"  3  \x1b[2J                     paired 2026-11-28, last used 2026-11-28",
    ]
    assert main(["page", "forget", "2"]) == 0
    assert [device.id for device in tokens.devices()] == ["1", "3"]
    tokens.add("Linux, Firefox", TODAY)
    assert sorted(device.id for device in tokens.devices()) == ["1", "2", "3"]
    assert main(["page", "forget", "all"]) == 0
    assert tokens.devices() == ()


@pytest.mark.usefixtures("tokens")
def test_forget_an_unknown_device(capsys: pytest.CaptureFixture[str]) -> None:
    """Who names none is told so."""
    assert main(["page", "forget", "7"]) == 2
    assert capsys.readouterr().err == "pitrainer: no paired device has the number 7; `pitrainer page list` shows them\n"


def test_the_services(tokens: Tokens, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the page is a service, its devices are meant, also while the trainer is stopped."""
    (tmp_path / "service").mkdir()
    Tokens(tmp_path / "service").add("iPhone, Safari", TODAY)
    tokens.add("my own", TODAY)
    assert main(["page", "list"]) == 0
    assert "iPhone" in capsys.readouterr().out
    assert main(["page", "forget", "1"]) == 0
    assert [[device.name for device in of.devices()] for of in (Tokens(tmp_path / "service"), tokens)] == [[], ["my own"]]


@pytest.mark.usefixtures("tokens")
def test_pair(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It has the trainer say a code, and tells what to do with it."""
    asked = []
    runtime = tmp_path / "xdg_runtime_dir" / "pitrainer"
    with closing(Control(socket_file(runtime), {"pair": lambda request: asked.append(request) or {}})) as control:
        control.serve()
        assert main(["page", "pair"]) == 0
    assert asked == [{"command": "pair"}]
    assert "six digits" in capsys.readouterr().out
    assert main(["page", "pair"]) == 2


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1]",
        '[{"id": "1"}]',
        '[{"id": "1", "hash": 1, "name": "x", "paired": "", "used": ""}]',
        "[" * 100_000,
        "\x00",
    ],
)
def test_a_damaged_file(tokens: Tokens, capsys: pytest.CaptureFixture[str], content: str, tmp_path: Path) -> None:
    """It is named, with what to do; nobody is let in by it."""
    file = tmp_path / "xdg_state_home" / "pitrainer" / "page" / FILE
    file.write_text(content)
    assert main(["page", "list"]) == 2
    assert capsys.readouterr().err == f"pitrainer: {file}: is damaged; delete it, and pair each phone again\n"
    with pytest.raises(PitrainerError):
        tokens.find("x", TODAY)


def test_many_devices(tokens: Tokens) -> None:
    """The device that was not used for longest goes when there are too many; each day of use is noted."""
    first = tokens.add("first", date(2026, 1, 1))
    second = tokens.add("second", date(2026, 1, 2))
    assert (found := tokens.find(first, date(2026, 1, 3)))
    assert found.used == "2026-01-03"
    for number in range(MOST - 1):
        tokens.add(str(number), TODAY)
    assert len(tokens.devices()) == MOST
    assert tokens.find(second, TODAY) is None
    assert tokens.find(first, TODAY)


def test_a_full_disk(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a day of use cannot be noted, the device may look all the same, and the disk is left alone until the next day."""
    token = tokens.add("phone", date(2026, 11, 27))
    tried = []

    def full(descriptor: int) -> None:
        tried.append(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert all(tokens.find(token, TODAY) for _ in range(3))
    assert len(tried) == 1
    with pytest.raises(PitrainerError, match="cannot be written: No space left on device"):
        tokens.add("another", TODAY)


def test_several_processes(tokens: Tokens, tmp_path: Path) -> None:
    """Who changes the devices at the same time as others loses none of what those have written."""
    folder = tmp_path / "xdg_state_home" / "pitrainer" / "page"
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: Tokens(folder).add(str(number), TODAY), range(24)))
    assert {device.id for device in tokens.devices()} == {str(number) for number in range(1, 25)}


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
            "Android, Chrome",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Windows, Edge",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Linux, Firefox"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15",
            "Macintosh, Safari",
        ),
        ("curl/8.0", "curl/8.0"),
        ("\x1b[2J" + "x" * 100, "\\x1b[2J" + "x" * 30 + "..."),
        ("", "unknown device"),
    ],
)
def test_names(agent: str, name: str) -> None:
    """A device is called by what a person knows it by."""
    assert device_name(agent) == name
