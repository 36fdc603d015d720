"""Draws the README's pictures: a circuit, the panel in a hold, the plan of the short routine, and an invented history.

Run: .venv/bin/python tests/bench/pictures.py
"""

import io
import sys
import tempfile
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from rich.console import Console, RenderableType

from parts import clips, program
from pitrainer.cli import calendar, chart, panel, tables
from pitrainer.control.status import Status
from pitrainer.core.messages import Event, Light
from pitrainer.core.phrases import all_phrases
from pitrainer.core.plan import Say
from pitrainer.core.planner import make_plan
from pitrainer.core.session import Session
from pitrainer.core.statistics import overviews
from pitrainer.core.units import Ms
from pitrainer.history.store import History
from schematic import long_wire
from support.histories import invented

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / ".github"


def main() -> None:
    long_wire(FOLDER / "long-wire.svg")
    neck = program("neck")
    cache = clips(lambda cache: all_phrases([neck], cache.length))
    plan = make_plan(neck.routine, neck.profile, neck.level, cache.length)
    hold = next(step for step in plan.steps if step.kind == "hold" and step.position == "left temple")
    said = next(cue for cue in hold.cues if isinstance(cue, Say))
    now = Ms(said.at + 800)
    view = panel.View(now=lambda: now)
    view.status = Status([neck], 0)
    view.light = lambda: Light.RUNNING
    for action in Session(plan, Ms(0)).handle(None, now):
        if isinstance(action, Event):
            view.status(action)
        else:
            view.watch(action)
    save(view, "panel", "pitrainer practice")

    short = program(str(ROOT / "tests" / "routines" / "short.toml"))
    cache = clips(lambda cache: all_phrases([short], cache.length))
    plan = make_plan(short.routine, short.profile, short.level, cache.length)
    save(tables.plan_table(plan, short.routine), "plan", "pitrainer show", width=100)
    draw_history()


def draw_history() -> None:
    today = date(2026, 11, 22)
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder) / "history.db", 80)
        history.add(invented(today, 150, seed=3, daily=False))
        pasts = history.pasts()
        (overview,) = overviews(pasts, history.skips, 80, today, 10)
        save(calendar.history_text(overview), "history", "pitrainer history (an invented example)", width=72)
        chart.draw(overviews(pasts, history.skips, 80, today, 20), FOLDER / "weeks.svg", "pitrainer, an invented example")


def save(what: RenderableType, name: str, title: str, width: int = 80) -> None:
    screen = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    screen.print(what)
    screen.save_svg(str(FOLDER / f"{name}.svg"), title=title)


if __name__ == "__main__":
    main()
