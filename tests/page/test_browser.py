"""The page in a real browser, beside a real trainer: what a person does with it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from support.paged import CHROMIUM, Household, chromium, household, phone

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs the package chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    with household(tmp_path_factory.mktemp("house")) as house:
        yield house


def test_session(browser: Browser, house: Household) -> None:
    """A whole session is steered and followed to its end: the exercise, its seconds, what is said and what comes next."""
    with phone(browser, house) as page, house.events() as events:
        page.goto("/")
        title, where, ring = page.get_by_role("heading", level=1), page.locator(".where"), page.locator(".ring")
        expect(title).to_have_text("Brief routine")
        page.get_by_role("button", name="Start").click()
        expect(title).to_have_text("Push")
        expect(where).to_have_text("Exercise 1 of 2")
        expect(ring).to_have_attribute("data-kind", "hold")
        expect(page.locator(".position")).to_have_text("left")
        expect(ring.locator(".big")).to_have_text(re.compile("^[1-5]$"))
        expect(page.locator(".next")).to_have_text("Next: right")
        page.get_by_role("button", name="Pause").click()
        expect(ring.locator(".word")).to_have_text("Paused")
        assert house.status()["state"] == "paused"
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.get_by_role("button", name="Next").click()
        expect(page.locator(".position")).to_have_text("right")
        expect(page.locator(".caption")).to_have_text("Right.")
        expect(title).to_have_text("Pull")
        expect(where).to_have_text("Exercise 2 of 2")
        expect(ring.locator(".word")).to_have_text(re.compile("Ready|Done today"))
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        ended = next(event for event in events if event["event"] == "ended")
        assert (ended["completed"], ended["interrupted"]) == (True, False)
