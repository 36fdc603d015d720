"""What happens on the page while it waits for an answer: nothing that somebody types is lost, and nothing false is shown."""

import re

import pytest
from playwright.sync_api import Browser, Dialog, FilePayload, expect

from pitrainer.page.pairing import Tokens
from support.paged import BRIEF, CHROMIUM, SETTINGS, Household, held_up, look, phone

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs the package chromium")


def test_typed_while_it_is_saved(browser: Browser, house: Household) -> None:
    """What is typed into a routine while it is being saved stays, and is saved next; who presses Save twice saves once."""
    first, second = BRIEF.replace("Brief routine", "First"), BRIEF.replace("Brief routine", "Second")
    file = house.routines / "brief.toml"
    with phone(browser, house) as page:
        look(page, "/plan/brief")
        text, save = page.get_by_label("Text of the routine"), page.get_by_role("button", name="Save")
        text.fill(first)
        expect(page.get_by_text("No mistakes")).to_be_visible()
        with held_up(page, "**/api/routines/brief", "PUT"):
            save.dblclick()
            text.fill(second)
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert file.read_text() == first
        expect(text).to_have_value(second)
        expect(save).to_have_attribute("aria-disabled", "false")
        save.click()
        expect(save).to_have_attribute("aria-disabled", "true")
        assert file.read_text() == second
    file.write_text(BRIEF)


def test_chosen_while_it_is_saved(browser: Browser, house: Household) -> None:
    """A setting that is chosen while others are being saved stays as it was chosen, and is saved next."""
    with phone(browser, house) as page:
        look(page, "/settings")
        volume, most = page.get_by_label("Volume", exact=True), page.get_by_label("Never louder than")
        save, saved = page.get_by_role("button", name="Save"), page.get_by_text("The trainer now uses it.")
        volume.press("ArrowDown")
        with held_up(page, "**/api/settings", "PUT"):
            save.dblclick()
            most.press("ArrowDown")
            volume.press("ArrowDown")
        expect(saved).to_be_visible()
        assert "volume = 95" in house.settings.read_text()
        assert (volume.input_value(), most.input_value()) == ("90", "95")
        house.settled()
        save.click()
        expect(page.locator(".save .notice")).to_be_focused()
        expect(saved).to_be_visible()
        assert "volume = 90\nsoft_max = 95" in house.settings.read_text()
    house.has(volume=90)


def test_a_page_that_ends_in_a_hold(browser: Browser, house: Household) -> None:
    """Where the connection is lost in a hold, its seconds run on."""
    with phone(browser, house, refused=True) as page:
        look(page, "/")
        house.order("program", number=3)  # at one's own pace: it does not end meanwhile
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".ring")).to_have_attribute("data-kind", "hold")
        page.evaluate(
            """() => {
                window.seconds = [];
                const place = document.querySelector(".big");
                new MutationObserver(() => window.seconds.push(place.textContent)).observe(place, { childList: true });
            }"""
        )
        house.end_page()
        expect(page.get_by_text("The connection is lost")).to_be_visible()
        with page.expect_request("**/api/events"):
            pass
        counted = page.evaluate("window.seconds")
        page.wait_for_function("before => window.seconds.length > before + 1", arg=len(counted))
        assert all(one.isdigit() for one in page.evaluate("window.seconds"))
        house.start_page()
        expect(page.get_by_text("The connection is lost")).to_be_hidden()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        house.order("program", number=1)


def test_a_slip_of_the_pen(browser: Browser, house: Household) -> None:
    """A mistake that somebody has made in the settings by hand is told where they are shown, until it is put right."""
    before = house.settings.read_text()
    house.settings.write_text(f"{SETTINGS}[sound]\nvolume = 800\n")
    with phone(browser, house) as page:
        look(page, "/settings")
        told = page.get_by_text("1 mistake in the settings.")
        expect(told).to_be_visible()
        expect(page.get_by_text("sound.volume: 800 is outside 0 to 100")).to_be_visible()
        page.get_by_label("Volume", exact=True).press("ArrowDown")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The trainer now uses it.")).to_be_visible()
        expect(told).to_be_hidden()
    assert "volume = 95" in house.settings.read_text()
    house.has(volume=95)
    house.settings.write_text(before)


def test_a_file_over_what_was_typed(browser: Browser, house: Household) -> None:
    """A file that is loaded takes the place of what was typed only if the person says so."""
    with phone(browser, house) as page:
        look(page, "/plan/brief")
        text = page.get_by_label("Text of the routine")
        mine, theirs = BRIEF.replace("Brief routine", "Mine"), BRIEF.replace("Brief routine", "Theirs")
        text.fill(mine)
        asked: list[Dialog] = []
        page.on("dialog", lambda dialog: [asked.append(dialog), dialog.accept() if len(asked) == 2 else dialog.dismiss()])
        loaded: FilePayload = {"name": "brief.toml", "mimeType": "text/plain", "buffer": theirs.encode()}
        page.locator("#file").set_input_files(loaded)
        expect(text).to_have_value(mine)
        page.locator("#file").set_input_files(loaded)
        expect(text).to_have_value(theirs)
        assert [dialog.message.partition(",")[0] for dialog in asked] == ["What you have typed is not saved"] * 2
        page.get_by_role("button", name="Undo all").click()


def test_two_begin_the_same_routine(browser: Browser, house: Household) -> None:
    """Who takes what somebody else has saved meanwhile goes on with it as with any that is saved."""
    with phone(browser, house, refused=True) as page:
        other = page.context.new_page()
        for one, title in ((other, "Theirs"), (page, "Mine")):
            look(one, "/plan?new=elbow")
            one.get_by_label("Text of the routine").fill(BRIEF.replace('"brief"', '"elbow"').replace("Brief routine", title))
        other.get_by_role("button", name="Save").click()
        expect(other.get_by_text("Saved.", exact=True)).to_be_visible()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Take the other").click()
        expect(page.get_by_text("This is the other version.")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text("Theirs")
        expect(page).to_have_url(f"{house.address}/plan/elbow")
        expect(page.get_by_text("New, and not saved yet.")).to_be_hidden()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Removed.")).to_be_visible()


def test_left_without_a_question(browser: Browser, house: Household) -> None:
    """What was typed is there again for who comes back, until it is saved or undone; what was saved meanwhile is told."""
    file = house.routines / "brief.toml"
    mine, theirs = BRIEF.replace("Brief routine", "Mine"), BRIEF.replace("Brief routine", "Theirs")
    with phone(browser, house, refused=True) as page:
        page.on("dialog", lambda dialog: dialog.accept())  # Safari on a phone does not even ask
        look(page, "/plan/brief")
        text, again = page.get_by_label("Text of the routine"), page.get_by_text("What you had not saved is here again.")
        text.fill(mine)
        file.write_text(theirs)
        look(page, "/")
        look(page, "/plan/brief")
        expect(again).to_be_visible()
        expect(text).to_have_value(mine)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Changed by somebody else meanwhile")).to_be_visible()
        assert file.read_text() == theirs
        page.get_by_role("button", name="Keep mine").click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        look(page, "/plan/brief")
        expect(again).to_be_hidden()
        text.fill(theirs)
        look(page, "/plan/brief")
        page.get_by_role("button", name="Undo all").click()
        expect(again).to_be_hidden()
        look(page, "/plan/brief")
        expect(text).to_have_value(mine)
    file.write_text(BRIEF)


def test_at_ones_own_pace(browser: Browser, house: Household) -> None:
    """Of a set at the person's own pace the seconds that are over are shown, and how it ends; of a question, how to answer.

    It is nothing to hold, nor is a set with a pace; after that there is nothing to let go.
    """
    press = "press the trainer\N{RIGHT SINGLE QUOTATION MARK}s button"
    with phone(browser, house) as page:
        look(page, "/")
        house.order("program", number=3)
        page.get_by_role("button", name="Start").click()
        position, ring = page.locator(".position"), page.locator(".ring")
        expect(position).to_have_text(f"{press} when you are done")
        expect(page.locator("#announcer")).to_have_text(f"Stand up, {press} when you are done")
        expect(ring.locator(".word")).to_have_text("Repeat")
        seconds = ring.locator(".big")
        expect(seconds).to_have_text(re.compile(r"^\d+$"))
        first = int(seconds.inner_text())
        expect(seconds).not_to_have_text(f"{first}")
        assert int(seconds.inner_text()) > first
        house.order("press", hold_ms=100)
        expect(ring.locator(".word")).to_have_text("Answer")
        expect(position).to_have_text(f"{press} at your number")
        page.get_by_role("button", name="Next").click()
        expect(ring.locator(".word")).to_have_text("Repeat")
        expect(page.locator("#announcer")).to_have_text("Sit up")
        expect(ring.locator(".word")).to_have_text("Rest")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        house.order("program", number=1)


def test_what_is_refused(browser: Browser, house: Household) -> None:
    """A switch whose order is refused goes back to what is in force."""
    with phone(browser, house, refused=True) as page:
        look(page, "/")
        volume = page.get_by_label("Volume")
        before = str(house.status()["volume"])
        expect(volume).to_have_value(before)
        page.route("**/api/order", lambda route: route.fulfill(status=409, json={"error": "not now"}))
        volume.press("ArrowDown")
        expect(page.get_by_text("not now")).to_be_visible()
        expect(volume).to_have_value(before)


def test_forgotten(browser: Browser, house: Household) -> None:
    """A phone that is forgotten while it looks is led to where it can be paired again."""
    with phone(browser, house, refused=True) as page:
        look(page, "/")
        Tokens(house.state / "page").forget("all")
        expect(page).to_have_url(f"{house.address}/pair", timeout=30_000)
