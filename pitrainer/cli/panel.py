"""The panel of `practice`: what a screen shows while a session runs, and the keys."""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby

from rich import box
from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..clock import monotonic
from ..control.status import Status
from ..core.messages import Command, Hush, Light
from ..core.plan import Plan, Say, Step
from ..core.units import SECOND, Ms, clock_text

KEYS = (
    "[b]space[/] start, pause, go on; twice: next hold; three times: next exercise",
    "[b]h[/] hold: stop, or the next program   [b]n[/] next hold   [b]b[/] instruction again",
    "[b]+[/] [b]-[/] volume   [b]q[/] quit",
)
PRESSES = " h"
"""Keys that take as long as the press that they stand for: of one that is held down, many come meanwhile, and are one."""
WORDS = {
    "intro": "welcome",
    "instruct": "listen",
    "ready": "get ready",
    "hold": "HOLD",
    "release": "let go",
    "ask": "press at your number",
    "outro": "well done",
}


class View:
    """Draws what is going on, and what is said."""

    def __init__(self, now: Callable[[], Ms] = monotonic) -> None:
        """Begin with nothing said; `status` must be set before it is drawn."""
        self.status: Status
        self._now = now
        self._says: list[Say] = []
        self._left = ""
        self.buzzing: Callable[[], bool] = lambda: False
        self.light: Callable[[], Light] = lambda: Light.OFF

    def watch(self, command: Command) -> None:
        """Note what is said; called on the loop's thread."""
        match command:
            case Say():
                self._says = [*self._says[-5:], command]
            case Hush(at):  # what was begun stays to be read
                self._says = [say for say in self._says if say.at <= at]

    def __rich__(self) -> RenderableType:
        """Draw the panel as things are now."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", justify="right", width=9)
        grid.add_column(width=58)
        for name, value in self._rows():
            grid.add_row(name, Text(value) if isinstance(value, str) else value)  # a routine's "[b]" is no markup
        buzzer, light = self.buzzing(), self._lit()
        lamps = Text.assemble(
            ("●" if buzzer else "○", "bold yellow" if buzzer else "dim"),
            " buzzer    ",
            ("●" if light else "○", "bold green" if light else "dim"),
            f" LED    volume {self.status.volume}",
        )
        body = Group(grid, Text(), lamps, Text(), *(Text.from_markup(keys, style="dim") for keys in KEYS))
        return Panel(body, title=self._title(), title_align="left", box=box.ROUNDED, width=78, padding=(1, 2))

    def _title(self) -> Text:
        """Name the running session, else the chosen program."""
        plan, program = self.status.plan, self.status.program
        assert program, "`practice` has one"
        title, regimen, level = (
            (plan.title, plan.regimen, plan.level) if plan else (program.routine.title, program.regimen, program.level)
        )
        return Text.assemble((title, "bold"), f", {regimen.who}, {level}")

    def _rows(self) -> Iterator[tuple[str, RenderableType]]:
        plan, step, paused_at = self.status.plan, self.status.step, self.status.paused_at
        now = self._now() if paused_at is None else paused_at
        yield "exercise", self._exercise(plan, step)
        yield "position", (step and step.position) or ""
        if plan is None:
            idle = self.status.idle()
            yield "now", "ready: press the button" if idle == "ready" else idle
        else:
            yield "now", "paused: press to go on" if paused_at is not None else WORDS[step.kind] if step else ""
        if step and step.own:
            yield "hold", f"{(step.held + max(0, now - step.start)) // SECOND} s, at your own pace: press when you are done"
        elif step and step.kind == "hold":
            total = step.held + step.length
            done = min(total, step.held + max(0, now - step.start))
            left = -(-(total - done) // SECOND)
            bar = Table.grid(padding=(0, 1))
            bar.add_row(
                ProgressBar(total, done, width=44, style="grey37", complete_style="green", finished_style="green"), f"{left} s"
            )
            yield "hold", bar
        else:
            yield "hold", ""
        yield "time", self._time_left(plan, step, now)
        begun = self._now()  # also in a pause
        # It stays until the next one: who does not hear it reads it.
        saying = next((say.text for say in reversed(self._says) if say.at <= begun), "")
        # A height of its own, so that the panel does not jump from text to text.
        yield "saying", Align.left(Text(saying, style="italic", overflow="fold"), vertical="top", height=3)
        yield "next", self._next(plan, step)

    def _time_left(self, plan: Plan | None, step: Step | None, now: Ms) -> str:
        """Return how long the whole session still takes; while it goes on after a pause, what it was."""
        if plan is None:
            self._left = ""
        elif step:
            of_step = max(0, step.start + step.length - max(now, step.start))
            after = plan.length - plan.steps[step.index].end - self.status.less
            self._left = f"{clock_text(Ms(of_step + after))} left"
        return self._left

    @staticmethod
    def _exercise(plan: Plan | None, step: Step | None) -> str:
        if plan is None or step is None or not step.number:
            return ""
        return f"{step.number} of {plan.exercises}: {step.name}"

    @staticmethod
    def _next(plan: Plan | None, step: Step | None) -> str:
        if plan is None or step is None or step.index + 1 >= len(plan.steps):
            return ""
        return step_words(plan.steps[step.index + 1])

    def _lit(self) -> bool:
        on, off = self.light().value
        return self._now() % (on + off) < on


def step_words(step: Step) -> str:
    """Name the kind of a step for a person."""
    where = step.position or step.name
    return f"{WORDS[step.kind]}{f', {where}' if where else ''}"


@contextmanager
def keyboard(handle: Callable[[str], None]) -> Iterator[None]:
    """Give each key to `handle`, on a thread of its own, while the block runs; the terminal is put back as it was."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    leave, enter = os.pipe()
    ending = threading.Event()

    def read() -> None:
        with os.fdopen(leave):
            while terminal in select.select([terminal, leave], [], [])[0]:
                keys = os.read(terminal, 64)
                if not keys:
                    return
                for key, run in groupby(keys.decode(errors="replace")):
                    for each in key if key in PRESSES else run:
                        if ending.is_set():
                            return
                        handle(each)

    thread = threading.Thread(target=read, name="keyboard", daemon=True)
    tty.setcbreak(terminal)
    inside = termios.tcgetattr(terminal)
    inside[-1][termios.VSUSP] = b"\0"  # no Ctrl-Z: time goes on without the trainer, and the shell takes its terminal back
    termios.tcsetattr(terminal, termios.TCSADRAIN, inside)
    try:
        thread.start()
        yield
    finally:
        ending.set()  # keys that wait behind a press are left out
        os.close(enter)
        thread.join(timeout=3)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def panel(view: View) -> Iterator[None]:
    """Show the view, drawn anew ten times a second, while the block runs."""
    with Live(get_renderable=lambda: view, refresh_per_second=10, console=Console()):
        yield
