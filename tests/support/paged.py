"""A trainer and its page, both real processes, and the phones that look: Debian's Chromium, steered by Playwright."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, expect, sync_playwright

from pitrainer.control.client import ask, follow
from pitrainer.control.protocol import socket_file
from pitrainer.errors import PitrainerError
from pitrainer.page.pairing import Tokens
from support.appliance import fill, write_home
from support.fakes import TESTS
from support.ports import free_port

CHROMIUM = shutil.which("chromium") or ""
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}

BRIEF = """# The routine of the tests of the page.
schema = 1
id = "brief"
title = "Brief routine"
language = "en"

[[exercise]]
id = "push"
name = "Push"
say = "Push."
prepare = "1s"
hold = "5s"                   # as long as it takes to look at it
positions = [{ name = "left", say = "Left." }, { name = "right", say = "Right." }]

[[exercise]]
id = "pull"
name = "Pull"
say = "Pull."
prepare = "1s"
hold = "2s"
"""

PACE = """
schema = 1
id = "pace"
title = "Own pace"
language = "en"

[[exercise]]
id = "stand"
name = "Stand up"
say = "Stand up."
prepare = "1s"
reps = 3
pace = "own"
ask = "pain"

[[exercise]]
id = "sit"
name = "Sit up"
say = "Sit up."
prepare = "1s"
sets = [1, 1]
rest = "5s"
phases = [{ name = "up", time = "2s" }, { name = "down", time = "2s" }]
"""

SETTINGS = """# Written by hand.
gpio.backend = "mock"
paths.cache = "clips"

[[program]]                   # for everybody
routine = "brief"
profile = "adult"

[[program]]
routine = "small"
profile = "adult"
person = "Anna"

[[program]]
routine = "pace"
profile = "adult"
"""


class Household:
    """A trainer that runs, and the page beside it."""

    def __init__(self, folder: Path, settings: str = SETTINGS, today: date | None = None) -> None:
        """Write its settings, with a clip for each phrase. It is ten in the morning."""
        self.folder = folder
        self.settings = folder / "pitrainer.toml"
        self.routines = folder / "routines"
        wall = {"WALL": f"{today or date.today()} 10:00:00"}
        self._env = os.environ | write_home(folder) | {"PYTHONUNBUFFERED": "1"} | wall
        (self.routines / "brief.toml").write_text(BRIEF)
        (self.routines / "pace.toml").write_text(PACE)
        # What is said of a reminder that comes later is there, too.
        self.settings.write_text(f'{settings}[[reminder]]\ntime = "12:00"\nroutine = "brief"\nprofile = "adult"\n')
        fill(folder, seconds=0.3)
        self.settings.write_text(settings)
        self.control = socket_file(folder / "run" / "pitrainer")
        self.state = Path(self._env["XDG_STATE_HOME"]) / "pitrainer"
        self._trainer: subprocess.Popen[bytes] | None = None
        self._page: subprocess.Popen[bytes] | None = None
        self._port = free_port()
        self.address = f"http://localhost:{self._port}"

    def start_trainer(self) -> None:
        self._trainer = self._begin("trainer", str(TESTS / "support" / "soundless.py"), "run")
        self._said(self._trainer, "trainer", "ready: ")

    def start_page(self) -> None:
        self._page = self._begin("page", "-P", "-m", "pitrainer", "page", "--port", str(self._port))
        self._said(self._page, "page", "the page is at ")

    def end_page(self) -> None:
        assert self._page
        self._page.terminate()
        self._page.wait(20)

    def close(self) -> None:
        for process, name in ((self._page, "page"), (self._trainer, "trainer")):
            if process:
                process.terminate()
                process.wait(20)
                print(f"{name}:", (self.folder / f"{name}.log").read_text())

    def _begin(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as written:
            return subprocess.Popen([sys.executable, *command], env=self._env, stdout=written, stderr=written)

    def writes(self, what: str, patience: float = 60) -> None:
        """Wait until the trainer has written something."""
        assert self._trainer
        self._said(self._trainer, "trainer", what, patience)

    def remembers(self, what: str) -> None:
        """Wait until the trainer has kept something for its next start."""
        until = time.monotonic() + 60
        file = self.state / "state.json"
        while what not in (text := file.read_text() if file.exists() else ""):
            assert time.monotonic() < until, text
            time.sleep(0.05)

    def _said(self, process: subprocess.Popen[bytes], name: str, what: str, patience: float = 60) -> None:
        until = time.monotonic() + patience
        while what not in (text := (self.folder / f"{name}.log").read_text()):
            assert time.monotonic() < until, text
            assert process.poll() is None, text
            time.sleep(0.05)

    def order(self, command: str, **more: Any) -> dict[str, Any]:
        """Give the trainer an order, as somebody else in the house."""
        return ask(self.control, {"command": command, **more})

    def journal(self) -> str:
        """Return what the trainer has written."""
        return (self.folder / "trainer.log").read_text()

    def status(self) -> Any:
        return self.order("status")["status"]

    def has(self, **wanted: object) -> None:
        """Wait until the trainer's status has what was asked for; while one trainer follows another, none answers."""
        until = time.monotonic() + 60
        found: dict[str, object] = {}
        while found != wanted:
            assert time.monotonic() < until, found
            with suppress(PitrainerError):
                found = {key: self.status()[key] for key in wanted}
            time.sleep(0.05)

    def settled(self) -> None:
        """Wait until what was saved is in force: while one trainer follows another, none answers."""
        until = time.monotonic() + 60
        while (text := self.journal()).rfind("they apply now\n") > text.rfind("ready: "):
            assert time.monotonic() < until, text
            time.sleep(0.05)

    @contextmanager
    def events(self) -> Iterator[Iterator[dict[str, Any]]]:
        """Follow the trainer's events."""
        lines = follow(self.control, {"command": "events"})
        next(lines)
        yield lines
        lines.close()

    def token(self) -> str:
        """Return the token of a device that was paired before."""
        folder = self.state / "page"
        folder.mkdir(parents=True, exist_ok=True)
        return Tokens(folder).add("a phone of the tests", date.today())


@contextmanager
def household(folder: Path) -> Iterator[Household]:
    with running(Household(folder)) as house:
        yield house


@contextmanager
def running(house: Household) -> Iterator[Household]:
    """Run its trainer and its page while the block runs."""
    try:
        house.start_trainer()
        house.start_page()
        yield house
    finally:
        house.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Lend a browser. Not for longer than a module: asyncio believes that its loop runs as long as Playwright does."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has none to give up
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        expect.set_options(timeout=20_000)  # ms: on a busy machine
        yield browser
        browser.close()


@contextmanager
def phone(browser: Browser, house: Household, *, paired: bool = True, refused: bool = False, **how: Any) -> Iterator[Page]:
    """Lend a phone, which must not complain in its console, nor ask another machine.

    Args:
        browser: what it looks through.
        house: whose page it looks at.
        paired: it was paired before.
        refused: some of its requests will be refused, of which the browser writes a line itself.
        how: as `Browser.new_context` takes it.
    """
    house.settled()
    context = browser.new_context(base_url=house.address, **{"viewport": PHONE} | how)
    context.set_default_timeout(20_000)
    complaints: list[str] = []
    foreign: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (refused and message.text.startswith("Failed to load resource")):
            complaints.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((house.address, "blob:" + house.address)):
            foreign.append(request.url)

    context.on("console", console)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", asked)
    if paired:
        context.add_cookies([{"name": "pitrainer", "value": house.token(), "url": house.address}])
    try:
        yield context.new_page()
        assert (complaints, foreign) == ([], [])
    finally:
        context.close()


def look(page: Page, view: str) -> None:
    """Look at a view, and wait for its scripts: before they are there, a click goes to the form of who has none."""
    page.goto(view)
    page.wait_for_selector("main[data-ready]")


@contextmanager
def held_up(page: Page, path: str, method: str) -> Iterator[None]:
    """Hold up the one request of a kind that comes in the block until its end."""
    held: list[Route] = []

    def take(route: Route) -> None:
        if route.request.method == method:
            held.append(route)
        else:
            route.continue_()

    page.route(path, take)
    yield
    until = time.monotonic() + 20
    while not held:
        assert time.monotonic() < until
        page.wait_for_timeout(20)
    assert len(held) == 1
    held[0].continue_()
    page.unroute(path)
