"""Draws README's pictures of the page, with an invented history. Needs the packages chromium and playwright.

Run: .venv/bin/python tests/bench/page_pictures.py
"""

import io
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from PIL import Image
from playwright.sync_api import Browser, Page

from pitrainer.history.store import History
from support.histories import invented
from support.paged import DESK, PHONE, Household, chromium, phone, running

FOLDER = Path(__file__).parent.parent.parent / ".github"
TODAY = date(2026, 11, 22)
SETTINGS = """
gpio.backend = "mock"
paths.cache = "clips"
[[program]]
routine = "neck"
profile = "adult"
[[program]]
routine = "desk"
profile = "adult"
"""
COLOURS = 64
"""In a picture: few colours make it small, and none is missed."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = Household(Path(folder), SETTINGS, TODAY)
        house.state.mkdir(parents=True, exist_ok=True)
        History(house.state / "history.db", 80).add(invented(TODAY, 150, seed=3, daily=False))
        with running(house), chromium() as browser:
            draw(browser, house, "page-now", "/", in_a_hold)
            draw(browser, house, "page-days", "/days", dark=True)
            draw(browser, house, "page-plan", "/plan/neck", desk=True)
            draw(browser, house, "page-settings", "/settings", desk=True, dark=True)


def draw(
    browser: Browser,
    house: Household,
    name: str,
    view: str,
    until: Callable[[Page], None] = lambda _: None,
    *,
    desk: bool = False,
    dark: bool = False,
) -> None:
    screen = {"viewport": DESK} if desk else {"viewport": PHONE, "device_scale_factor": 1.5}
    with phone(browser, house, color_scheme="dark" if dark else "light", **screen) as page:
        page.goto(view)
        page.wait_for_selector("main[data-ready]")
        until(page)
        with Image.open(io.BytesIO(page.screenshot())) as picture:
            picture.convert("RGB").quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


def in_a_hold(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    page.locator(".ring[data-kind=hold]").wait_for(timeout=180_000)
    page.wait_for_timeout(3_700)


if __name__ == "__main__":
    main()
