"""Draws README's picture of the trainer in Home Assistant: the cards of its page, side by side, in the middle of a session.

Run: HA=/var/tmp/pi-ha .venv/bin/python tests/home_assistant/picture.py

It needs Debian's chromium, and playwright and pillow.
"""

import io
import json
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from PIL import Image
from playwright.sync_api import sync_playwright

from home_assistant.test_device import HomeAssistant, until
from pitrainer.config import routines, schema
from pitrainer.core.messages import Began, Ended, Started, Today, TodayChanged
from pitrainer.core.planner import make_plan
from pitrainer.core.reminders import Reminder
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.mqtt.outbox import Outbox
from support.bridged import Bridged, Trainer
from support.fakes import half_a_second
from support.mosquitto import Mosquitto, free_port

FILE = Path(__file__).parent.parent.parent / ".github" / "home-assistant.png"
WIDTH, HEIGHT = 832, 1500
"""In which the page has two columns, of which the right one has all cards."""
AIR = 10
"""Above a card."""
COLOURS = 48


def main() -> None:
    programs = [Program(routines.load_routine(name, schema.Settings()), "adult", "standard") for name in ("neck", "back")]
    neck = programs[0].routine
    plan = make_plan(neck, "adult", "standard", half_a_second)
    hold = next(step for step in plan.steps if step.kind == "hold")
    evening = datetime.now().astimezone().replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=1)
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder)) as mosquitto:
        page = free_port()
        (Path(folder) / "state").mkdir()
        Outbox(Path(folder) / "state" / "outbox.db").keep("rating", {"about": "pain", "value": 2, "exercise": "press"})
        home, trainer = HomeAssistant(mosquitto.port, page=page), Trainer(Path(folder), programs)
        with home, closing(trainer), Bridged(Path(folder), mosquitto.port) as process:
            until(lambda: "select.pitrainer_" in str(home.states()))
            time.sleep(10)  # it shows them before it listens
            trainer.publish(Started(Ms(0), plan), Ended(Ms(734_000), True))
            trainer.publish(TodayChanged(Ms(740_000), Today(True, 12, Reminder(evening.time(), "neck", "adult"), evening)))
            trainer.publish(Started(Ms(800_000), plan), Began(Ms(801_000), hold))
            assert home.ask(f"wait sensor.pitrainer_{process.id}_state running 60") is True
            (device,) = home.ask("devices")
            address = f"http://127.0.0.1:{page}/config/devices/device/{device['id']}"
            shot, tops = photograph(home.ask("login"), address)
    beside(Image.open(io.BytesIO(shot)), tops).quantize(COLOURS, dither=Image.Dither.NONE).save(FILE, optimize=True)
    print(f"{FILE}: {FILE.stat().st_size / 1000:.0f} kB")


def beside(page: Image.Image, tops: list[float]) -> Image.Image:
    """Return three parts of the page's right column, which begin at these heights, side by side."""
    width, ends = page.width // 2, [*tops[1:], page.height]
    height = round(max(end - top for top, end in zip(tops[:2], ends[:2], strict=True)))
    found = Image.new("RGB", (width * len(tops), height), page.convert("RGB").getpixel((width, 70)))
    for number, (top, end) in enumerate(zip(tops, ends, strict=True)):
        part = page.crop((width, round(top), page.width, round(min(end, top + height))))
        found.paste(part.convert("RGB"), (width * number, 0))
    return found


def photograph(login: dict[str, str], address: str) -> tuple[bytes, list[float]]:
    """Return what a browser that is logged in shows at an address, and at which heights its parts begin."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        keep = f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(login))});"
        page.add_init_script(f"{keep} localStorage.setItem('dockedSidebar', '\"always_hidden\"');")
        page.goto(address)
        page.get_by_text("Last session's length").wait_for(timeout=120_000)
        page.get_by_role("button", name="Confirm").click()  # that the pages are at another port than usual
        time.sleep(5)  # what moves when a page opens
        headings = [page.get_by_text(name, exact=True).first.bounding_box() for name in ("Controls", "Sensors", "Notifiers")]
        return page.screenshot(), [box["y"] - AIR for box in headings if box]


if __name__ == "__main__":
    main()
