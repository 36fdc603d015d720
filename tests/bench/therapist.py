"""A therapist's way on the page alone: a new routine, heard, saved, made a program, reminded of; in clicks, keys and seconds.

Needs the packages chromium and playwright; the sample is spoken by the real voice.

Run: .venv/bin/python tests/bench/therapist.py
"""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import Locator, Page, expect

from support.paged import DESK, Household, chromium, phone, running

INSTEAD = "Chin to chest"
NAME = "Look over your shoulder"


class Hand:
    """Clicks and types as a person does, and counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = self.keys = 0
        self._began = time.monotonic()

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def done(self, what: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s {self.clicks:3} clicks {self.keys:4} keys  {what}", flush=True)


def way(page: Page, house: Household) -> None:
    hand = Hand(page)

    def button(name: str) -> Locator:
        return page.get_by_role("button", name=name, exact=True)

    def link(name: str) -> Locator:
        return page.get_by_role("link", name=name)

    page.goto("/")
    hand.click(link("Plan"))
    hand.click(page.get_by_label("Its short name"))
    hand.type("shoulder")
    hand.click(button("Begin"))
    hand.done("a new routine has begun")
    expect(page.get_by_text("No mistakes")).to_be_visible()
    area = page.get_by_label("Text of the routine")
    hand.click(area)
    # A double click on a word, drawn on to the end of the name: two clicks.
    at = area.input_value().index(INSTEAD)
    area.evaluate("(area, [from, to]) => area.setSelectionRange(from, to)", [at, at + len(INSTEAD)])
    hand.clicks += 2
    hand.type(NAME)
    hand.done("the exercise has its name")
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    hand.click(button(f"Hear {NAME}"))
    expect(page.locator("audio")).to_have_attribute("aria-label", f"Sample of {NAME}", timeout=180_000)
    page.wait_for_function("document.querySelector('audio').duration > 3")
    hand.done("it was heard")
    hand.click(button("Save"))
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    hand.done("it is saved")
    hand.click(link("Make it a program"))
    hand.click(button("Save"))
    expect(page.get_by_text("The trainer now uses it.")).to_be_visible()
    hand.done("it is a program")
    hand.click(link("Plan"))
    hand.click(link("Shoulder"))
    hand.click(link("Be reminded of it"))
    hand.click(page.get_by_label("Time"))
    page.get_by_label("Time").fill("12:00")
    hand.keys += 4
    hand.click(button("Save"))
    expect(page.get_by_text("The trainer now uses it.")).to_be_visible()
    hand.done("it will be reminded of")
    house.writes(f"the next reminder is at {date.today()}T12:00", patience=180)
    house.remembers('"12:00 shoulder adult"')  # a new reminder counts only from then on
    house.order("clock", time="12:00", day=f"{date.today()}")
    house.writes("reminder 12:00 shoulder adult: said", patience=180)
    hand.done("and was (the clock was told that it is time)")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with running(Household(Path(folder))) as house, chromium() as browser, phone(browser, house, viewport=DESK) as page:
            way(page, house)


if __name__ == "__main__":
    main()
