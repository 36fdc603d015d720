"""The page for everyone: screen readers, the keyboard alone, large print, small screens, and browsers without scripts."""

import re
from datetime import date
from pathlib import Path
from typing import Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from pitrainer.page.pairing import Tokens
from support.paged import BRIEF, CHROMIUM, DESK, Household, look, phone

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs the package chromium")

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
VIEWS = ("/", "/days", "/plan", "/plan/brief", "/plan?new=morning", "/settings?remind=brief", "/health", "/pair")


def look_at_all(page: Page, view: str) -> None:
    """Look at a view, and open all that can be opened."""
    if view == "/pair":  # has no scripts
        page.goto(view)
    else:
        look(page, view)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def violations(page: Page) -> list[str]:
    found = page.evaluate("axe.run()")["violations"]
    return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("view", VIEWS)
def test_axe(browser: Browser, house: Household, view: str) -> None:
    """No view has what axe knows to be a hindrance, in the light or in the dark."""
    # Only here may a script come in that is not the page's own.
    with phone(browser, house, bypass_csp=True) as page:
        look_at_all(page, view)
        page.evaluate(AXE.read_text())
        scheme: Literal["light", "dark"]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == []


def test_axe_in_a_session(browser: Browser, house: Household) -> None:
    """Nor has a session, running or paused, nor what is offered of it."""
    with phone(browser, house, bypass_csp=True, viewport=DESK) as page:
        look(page, "/")
        page.evaluate(AXE.read_text())
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".ring")).to_have_attribute("data-kind", "hold")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Stop").click()
        expect(page.locator(".caption")).to_have_text("Press the button to continue with exercise one.")
        assert violations(page) == []
        house.order("program", number=1)
        expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_narrow_and_large(browser: Browser, house: Household) -> None:
    """Nothing has to be moved sideways, on a screen of 320 px (640 at 200 %), nor with letters twice as large."""
    with phone(browser, house, viewport={"width": 320, "height": 640}) as page:
        for view in VIEWS:
            look_at_all(page, view)
            assert (view, page.evaluate("document.documentElement.scrollWidth")) == (view, 320)
            page.set_viewport_size({"width": 390, "height": 844})
            page.evaluate("document.documentElement.style.fontSize = '225%'")
            assert (view, page.evaluate("document.documentElement.scrollWidth")) == (view, 390)
            page.set_viewport_size({"width": 320, "height": 640})


def test_keyboard(browser: Browser, house: Household) -> None:
    """The keyboard alone steers a session, and always shows where it is."""
    with phone(browser, house, viewport=DESK) as page:
        look(page, "/")
        expect(page.get_by_role("button", name="Start")).to_be_visible()

        def tab() -> str:
            page.keyboard.press("Tab")
            shown = "getComputedStyle(document.activeElement).outlineStyle != 'none'"
            assert page.evaluate(shown), page.evaluate("document.activeElement.outerHTML")
            return str(page.evaluate("document.activeElement.textContent || document.activeElement.id"))

        views = ["Now", "Days", "Plan", "Settings", "Health"]
        assert [tab().strip() for _ in range(7)] == ["Skip to the content", *views, "Start"]
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Pause")).to_be_focused()
        assert [tab() for _ in range(3)] == ["Back", "Next", "Stop"]
        page.keyboard.press("Space")
        expect(page.get_by_role("button", name="Go on")).to_be_focused()
        house.order("program", number=1)
        look(page, "/plan/brief")
        area = page.get_by_label("Text of the routine")
        area.focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("schema = 2")
        page.keyboard.press("Control+s")
        expect(page.get_by_text("not saved until it is right")).to_be_visible()
        page.keyboard.press("Tab")
        expect(area).not_to_be_focused()
        page.get_by_role("button", name="Undo all").click()  # else it would ask before it goes


def test_where_the_keyboard_is(browser: Browser, house: Household) -> None:
    """Where what was pressed is gone, the keyboard is at what is said of it."""
    own = house.routines / "away.toml"
    own.write_text(BRIEF.replace('"brief"', '"away"'))
    Tokens(house.state / "page").add("Old phone", date.today())
    with phone(browser, house) as page:

        def press(name: str, said: str) -> None:
            page.get_by_role("button", name=name).press("Enter")
            expect(page.locator(".notice:focus")).to_contain_text(said)

        look(page, "/plan/away")
        press("Remove", "Removed.")
        page.get_by_text("Earlier versions").click()
        press("Restore", "Restored.")
        page.get_by_label("Text of the routine").fill("schema = 2")
        press("Undo all", "Undone.")
        press("Remove", "Removed.")
        look(page, "/settings")
        press("Forget Old phone", "Old phone is forgotten.")


FRAMES = """() => new Promise((done) => {
    const seen = new Set(), begin = performance.now();
    (function look() {
        seen.add(document.querySelector(".arc").style.strokeDasharray);
        if (performance.now() - begin < 2000) requestAnimationFrame(look);
        else done(seen.size);
    })();
})"""
"""How many pictures of the ring there are in two seconds."""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_reduced_motion(browser: Browser, house: Household, motion: Literal["reduce", "no-preference"]) -> None:
    """For who wants no motion the ring goes on by whole seconds, and nothing fades or turns; for others it runs."""
    with phone(browser, house, reduced_motion=motion) as page:
        look(page, "/")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".ring")).to_have_attribute("data-kind", "hold")
        pictures = page.evaluate(FRAMES)
        moving = page.evaluate(
            "[...document.querySelectorAll('*')].some(one => parseFloat(getComputedStyle(one).transitionDuration) > 0)"
        )
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        house.order("program", number=1)
        assert not moving or motion == "no-preference"
        assert pictures <= 4 if motion == "reduce" else pictures > 6


def test_told(browser: Browser, house: Household) -> None:
    """A screen reader is told each change once, and no second that passes."""
    with phone(browser, house) as page:
        look(page, "/")
        page.evaluate(
            """() => {
                window.told = [];
                const place = document.getElementById("announcer");
                new MutationObserver(() => window.told.push(place.textContent)).observe(place, { childList: true });
            }"""
        )
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".position")).to_have_text("right", timeout=30_000)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        house.order("program", number=1)  # nobody does
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        told = page.evaluate("window.told")
        pushed = [re.sub("[1-5]", "N", one) for one in told if "Push" in one]
        assert pushed[:4] == ["Push", "Push, left", "Push, left, hold, N seconds", "Push, right"]
        assert told[-1] == "Ready"


def shows(page: Page, text: str) -> None:
    """Wait for a text as a person without scripts does, who looks again: the page shows what was when it was asked for."""
    for _ in range(4):
        try:
            expect(page.get_by_text(text)).to_be_visible(timeout=5_000)
        except AssertionError:
            page.get_by_role("link", name="Look again").click()
        else:
            return
    expect(page.get_by_text(text)).to_be_visible()


def test_without_scripts(browser: Browser, house: Household) -> None:
    """Where no script runs, the state is text, and forms start and stop."""
    with phone(browser, house, java_script_enabled=False) as page:
        page.goto("/")
        expect(page.get_by_text("Ready: Brief routine")).to_be_visible()
        page.get_by_role("button", name="Start").click()
        shows(page, "Running: ")
        page.get_by_role("button", name="Stop").click()
        shows(page, "Press the button to continue")  # told after the session's end
        expect(page.get_by_text("Ready: Brief routine")).to_be_visible()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        house.order("program", number=1)
        page.goto("/days")
        assert "This view needs JavaScript" in (page.locator("noscript").text_content() or "")
