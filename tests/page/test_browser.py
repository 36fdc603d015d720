"""The page in a real browser, beside a real trainer: what a person does with it."""

import re
from datetime import date, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from pitrainer.core.phrases import words_of
from support.paged import BRIEF, CHROMIUM, DESK, Household, held_up, look, phone

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs the package chromium")


SAID = "# for everybody"
"""What the settings say beside a line that is not changed."""


def test_pairing(browser: Browser, house: Household) -> None:
    """A phone sees nothing until it was told the code that the trainer says in the room."""
    digits = {words_of(None).digit(number).text: str(number) for number in range(10)}
    with phone(browser, house, paired=False, refused=True) as page, house.events() as events:

        def tell(code: str) -> None:
            page.get_by_label("code").fill(code)
            page.get_by_role("button", name="Pair").click()

        page.goto("/days")
        expect(page).to_have_url(f"{house.address}/pair")
        tell("123456")
        expect(page.get_by_role("alert")).to_have_text("pairing is not open: have the trainer say a new code")
        house.order("pair")
        heard = (event["text"] for event in events if event["event"] == "said" and event["text"] in digits)
        code = "".join(digits[next(heard)] for _ in range(6))
        tell(f"{(int(code) + 1) % 1_000_000:06}")
        expect(page.get_by_role("alert")).to_have_text(re.compile("that is not the code"))
        tell(code)
        expect(page).to_have_url(f"{house.address}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Brief routine")
        look(page, "/settings")
        forget = page.get_by_role("button", name="Forget")
        forget.click()
        expect(page).to_have_url(f"{house.address}/pair")
        tell(code)  # once more, as somebody who has heard it through the door
        expect(page.get_by_role("alert")).to_have_text(re.compile("^pairing is not open"))


def test_reminder(browser: Browser, house: Household) -> None:
    """A reminder that is set here is written beside the comments that were there, and said when it is due."""
    with phone(browser, house) as page:
        look(page, "/settings?remind=brief")
        page.get_by_label("Time").fill("12:00")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The trainer now uses it.")).to_be_visible()
        assert SAID in house.settings.read_text()
        assert 'time = "12:00"' in house.settings.read_text()
        house.writes(f"the next reminder is at {date.today()}T12:00")
        house.remembers('"12:00 brief adult"')  # a new reminder counts only from then on
        house.order("clock", time="12:00", day=f"{date.today()}")
        house.writes("reminder 12:00 brief adult: said", patience=120)


def test_session(browser: Browser, house: Household) -> None:
    """A whole session is steered and followed to its end: the exercise, its seconds, what is said and what comes next."""
    with phone(browser, house) as page:
        look(page, "/")
        title, where, ring = page.get_by_role("heading", level=1), page.locator(".where"), page.locator(".ring")
        expect(title).to_have_text("Brief routine")
        page.evaluate(
            """() => {
                window.captions = [];
                const place = document.querySelector(".caption");
                new MutationObserver(() => window.captions.push(place.textContent)).observe(place, { childList: true });
            }"""
        )
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
        page.wait_for_function("() => window.captions.includes('Right.')")  # which may be seen for less than a second
        page.get_by_role("button", name="Next").click()
        expect(title).to_have_text("Pull")
        expect(where).to_have_text("Exercise 2 of 2")
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        house.writes("session ends: completed")


def test_a_stopped_session(browser: Browser, house: Household) -> None:
    """What was stopped is offered here, too; it goes on from there, and whoever chooses a program begins anew."""
    with phone(browser, house) as page:
        look(page, "/")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".position")).to_have_text("left")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator(".caption")).to_have_text("Press the button to continue with exercise one.")
        page.get_by_role("button", name="Go on").click()
        expect(page.locator(".position")).to_have_text("left")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        house.order("program", number=1)
        expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_said(browser: Browser, house: Household) -> None:
    """What is said outside of a session can be read, and goes by itself."""
    with phone(browser, house) as page:
        look(page, "/")
        caption = page.locator(".caption")
        house.order("say", text="Push.")
        expect(caption).to_have_text("Push.")
        expect(caption).to_be_empty(timeout=8_000)


def test_volume_and_program(browser: Browser, house: Household) -> None:
    """The volume and the program are chosen here, and what is chosen elsewhere is seen here."""
    with phone(browser, house) as page:
        look(page, "/")
        volume, program = page.get_by_label("Volume"), page.get_by_label("Program")
        expect(volume).to_have_value("100")
        volume.focus()
        page.keyboard.press("ArrowDown")
        house.has(volume=95)
        house.order("volume", volume=40)
        expect(volume).to_have_value("40")
        program.select_option(label="Small (Anna, adult)")
        expect(page.get_by_role("heading", level=1)).to_have_text("Small")
        house.order("program", number=1)
        expect(program).to_have_value("1")


def test_volume_chosen_elsewhere(browser: Browser, house: Household) -> None:
    """Where another volume was chosen than the settings have, they tell so, until they have another one."""
    with phone(browser, house) as page:
        house.order("volume", volume=40)
        look(page, "/settings")
        told = page.get_by_text("The volume is 40 at the moment: it was changed on Now, with the button or elsewhere.")
        expect(told).to_be_visible()
        page.get_by_label("Volume", exact=True).press("ArrowDown")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The trainer now uses it.")).to_be_visible()
        expect(told).to_be_hidden()
        house.settled()
        house.has(volume=95)
        look(page, "/settings")
        expect(page.get_by_label("Volume", exact=True)).to_have_value("95")
        expect(told).to_be_hidden()


def edit(page: Page, text: str) -> None:
    page.get_by_label("Text of the routine").fill(text)


def test_routine(browser: Browser, house: Household) -> None:
    """A routine that is wrong is told so at its line, and not saved; one that is right is; what was before comes back."""
    file = house.routines / "brief.toml"
    with phone(browser, house, viewport=DESK) as page:
        look(page, "/plan")
        page.get_by_role("link", name="Brief routine").click()
        page.wait_for_url("**/plan/brief")
        save, saved = page.get_by_role("button", name="Save"), page.get_by_text("Saved.", exact=True)
        expect(page.get_by_role("heading", name="Pull")).to_be_visible()
        edit(page, BRIEF.replace('"2s"', '"2 parsecs"'))
        mistake = page.get_by_role("button", name=re.compile("^Line 20: "))
        expect(mistake).to_contain_text("2 parsecs")
        expect(save).to_have_attribute("aria-disabled", "true")
        mistake.click()
        at = page.get_by_label("Text of the routine").evaluate(
            "area => area.value.slice(0, area.selectionStart).split('\\n').length"
        )
        assert at == 20
        save.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("not saved until it is right")).to_be_visible()
        assert file.read_text() == BRIEF
        better = BRIEF.replace('"2s"', '"3s"')
        edit(page, better)
        expect(page.get_by_text("No mistakes")).to_be_visible()
        save.click()
        expect(saved).to_be_visible()
        assert file.read_text() == better
        page.get_by_text("Earlier versions").click()
        page.get_by_role("button", name="Restore").first.click()
        expect(page.get_by_text("Restored.")).to_be_visible()
        assert file.read_text() == BRIEF


def test_routine_changed_meanwhile(browser: Browser, house: Household) -> None:
    """What somebody else has written meanwhile is shown beside one's own, and nothing is lost."""
    file = house.routines / "brief.toml"
    mine, theirs = BRIEF.replace("Brief routine", "Mine"), BRIEF.replace("Brief routine", "Theirs")
    with phone(browser, house, refused=True) as page:
        look(page, "/plan/brief")
        edit(page, mine)
        file.write_text(theirs)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Changed by somebody else meanwhile")).to_be_focused()
        assert page.locator(".conflict mark").all_inner_texts() == ['title = "Mine"', 'title = "Theirs"']
        assert file.read_text() == theirs
        page.get_by_role("button", name="Keep mine").click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert file.read_text() == mine
        page.get_by_text("Earlier versions").click()
        page.get_by_role("button", name="Look").first.click()
        expect(page.locator(".versions pre").first).to_contain_text("Theirs")
    file.write_text(BRIEF)


def test_new_routine(browser: Browser, house: Household) -> None:
    """A new routine begins with one that is right; a file is loaded into it, and had from it."""
    with phone(browser, house) as page:
        look(page, "/plan")
        page.get_by_label("Its short name").fill("Knee 2")
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Knee 2")
        expect(page.get_by_text("No mistakes")).to_be_visible()
        text = BRIEF.replace('"brief"', '"knee-2"')
        page.locator("#file").set_input_files({"name": "knee.toml", "mimeType": "text/plain", "buffer": text.encode()})
        expect(page.get_by_text("Loaded, and not saved yet.")).to_be_visible()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        expect(page).to_have_url(f"{house.address}/plan/knee-2")
        assert (house.routines / "knee-2.toml").read_text() == text
        with page.expect_download() as had:
            page.get_by_role("link", name="Download").click()
        assert had.value.path().read_text() == text


def test_removed_routine(browser: Browser, house: Household) -> None:
    """A routine of one's own is removed, and saved again by who thinks better of it; what is in use stays."""
    own = house.routines / "away.toml"
    own.write_text(BRIEF.replace('"brief"', '"away"'))
    with phone(browser, house, refused=True) as page:
        look(page, "/plan/away")
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Removed. What you see is no longer saved; Save brings it back.")).to_be_visible()
        assert not own.exists()
        house.settled()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert own.exists()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Removed.")).to_be_visible()
        look(page, "/plan")  # nothing asks whether to leave it
        expect(page.get_by_role("link", name="Brief routine").first).to_be_visible()
        expect(page.locator("a[href='/plan/away']")).to_have_count(0)
        look(page, "/plan/brief")
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("brief is in use; take it out of the programs")).to_be_visible()
        assert (house.routines / "brief.toml").exists()


def test_sample(browser: Browser, house: Household) -> None:
    """An exercise is heard from the phone itself, as the trainer would say it."""
    with phone(browser, house) as page:
        look(page, "/plan/brief")
        page.get_by_role("button", name="Hear Pull").click()
        player = page.locator("audio")
        expect(player).to_have_attribute("aria-label", "Sample of Pull", timeout=60_000)
        page.wait_for_function("() => document.querySelector('audio').duration > 1")


def test_what_is_said_around_the_exercises(browser: Browser, house: Household) -> None:
    """A plan has what is said before the first exercise and after the last, too."""
    with phone(browser, house) as page:
        look(page, "/plan/seniors")
        for when in ("Beginning", "End"):
            said = page.locator(".spoken", has=page.get_by_role("heading", name=when))
            expect(said.get_by_role("paragraph")).to_have_text(re.compile(r"\w+\."))


def test_quiet_hours(browser: Browser, house: Household) -> None:
    """Quiet hours have a volume of their own."""
    with phone(browser, house) as page:
        look(page, "/settings")
        page.get_by_label("Highest volume in quiet hours").press("ArrowDown")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The trainer now uses it.")).to_be_visible()
    assert "quiet_volume = 55" in house.settings.read_text()


def test_undo(browser: Browser, house: Household) -> None:
    """With what was wrong and is undone goes what was said of it."""
    with phone(browser, house, refused=True) as page:
        look(page, "/settings")
        page.get_by_label("From").fill("07:00")
        page.get_by_role("button", name="Save").click()
        wrong = page.get_by_text("Not saved: 1 mistake.")
        expect(wrong).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_label("From")).to_have_value("22:00")
        expect(wrong).to_be_hidden()


def test_settings_changed_by_hand(browser: Browser, house: Household) -> None:
    """What was written by hand while the page was open is told, and not lost."""
    with phone(browser, house, refused=True) as page:
        look(page, "/settings")
        page.get_by_label("Never louder than").focus()
        page.keyboard.press("ArrowDown")
        house.settings.write_text(f"{house.settings.read_text()}# and this one, too\n")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Changed by hand meanwhile")).to_be_focused()
        assert "soft_max" not in house.settings.read_text()
        page.get_by_role("button", name="Keep mine").click()
        expect(page.get_by_text("The trainer now uses it.")).to_be_visible()
        text = house.settings.read_text()
        assert ("soft_max = 95" in text, "# and this one, too" in text, SAID in text) == (True, True, True)


def test_card_and_clock(browser: Browser, house: Household) -> None:
    """A card says its number; what may be wrong is told with its remedy; the phone tells the trainer the time."""
    with phone(browser, house) as page:
        hour = 15 if datetime.now().hour == 13 else 13  # never the phone's
        house.order("clock", time=f"{hour}:30", day=f"{date.today()}")
        look(page, "/settings")
        page.get_by_role("button", name="USB Audio Device: say your number, 2").click()
        expect(page.get_by_text("“2” was said.")).to_be_visible()
        assert "Device says 2" in house.journal()
        look(page, "/health")
        expect(page.get_by_text("This phone shows a different time.")).to_be_visible()
        page.get_by_role("button", name="Set it from this phone").click()
        expect(page.get_by_text("This phone agrees.")).to_be_visible()
        expect(page.locator(".check-line.fail")).to_have_text("✕sound card wrong:no sound→ plug the speaker in")
        page.get_by_text("What the trainer has logged last").click()
        expect(page.get_by_label("Log")).to_contain_text("session begins: Brief routine")


def test_days(browser: Browser, house: Household) -> None:
    """The day is in the calendar, with its session, its holds, and a table to keep."""
    with phone(browser, house) as page:
        look(page, "/days")
        expect(page.locator("td.today button")).to_have_count(1)
        expect(page.get_by_role("heading", name=re.compile("Brief routine")).first).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("^Push")).first).to_be_visible()
        page.get_by_text("Every hold").first.click()
        expect(page.get_by_role("row", name=re.compile("^Push, left · skipped 0:"))).to_be_visible()
        with page.expect_download() as had:
            page.get_by_role("link", name="CSV").click()
        assert "push" in had.value.path().read_text()


def test_connection(browser: Browser, house: Household) -> None:
    """A connection that is lost is told in words, and comes back by itself."""
    with phone(browser, house, refused=True) as page:
        look(page, "/")
        lost = page.get_by_text("The connection is lost")
        house.end_page()
        expect(lost).to_be_visible()
        house.start_page()
        expect(lost).to_be_hidden()
        house.order("volume", volume=55)
        expect(page.get_by_label("Volume")).to_have_value("55")


def test_refused(browser: Browser, house: Household) -> None:
    """An order that the trainer refuses is answered with its reason."""
    with phone(browser, house, refused=True) as page:
        look(page, "/")
        with held_up(page, "**/api/order", "POST"):
            page.get_by_role("button", name="Start").click()
            house.order("start")
            expect(page.get_by_role("button", name="Pause")).to_be_visible()
        refused = page.get_by_text("a session is running already")
        expect(refused).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(refused).to_be_hidden()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
