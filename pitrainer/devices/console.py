"""The terminal as a panel and a keyboard, and what `show` prints."""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..clock import monotonic
from ..core.fields import printable, shown
from ..core.plan import Buzz, Plan, Say, Step
from ..core.session import Began, Ended, Hush, Paused, Resumed, Started
from ..core.trainer import Action, Chosen, Light, Program
from ..core.units import SECOND, Ms, clock_text
from ..doctor import Check
from ..voices import VoiceFile

KEYS = "[b]space[/] the button   [b]h[/] hold it   [b]n[/] next   [b]b[/] back   [b]q[/] quit"
WORDS = {
    "intro": "welcome",
    "instruct": "listen",
    "ready": "get ready",
    "hold": "HOLD",
    "release": "let go",
    "rest": "rest",
    "outro": "well done",
}


class View:
    """Knows from the stream of actions what is going on, and draws it."""

    def __init__(self, programs: tuple[Program, ...], chosen: int, now: Callable[[], Ms] = monotonic) -> None:
        """Begin idle."""
        self._programs = programs
        self._chosen = chosen
        self._now = now
        self._plan: Plan | None = None
        self._step: Step | None = None
        self._paused_at: Ms | None = None
        self._says: list[Say] = []
        self.buzzing: Callable[[], bool] = lambda: False
        self.light: Callable[[], Light] = lambda: Light.OFF

    def __call__(self, action: Action) -> None:
        """Take an action; called on the loop's thread, so it only notes what happened."""
        match action:
            case Started(_, plan):
                self._plan, self._step, self._paused_at = plan, None, None
            case Began(_, step):
                self._step = step
            case Paused(at):
                self._paused_at = at
            case Resumed():
                self._paused_at, self._step = None, None
            case Ended():
                self._plan = self._step = self._paused_at = None
            case Say():
                self._says = [*self._says[-5:], action]
            case Hush():
                self._says = []
            case Chosen(_, number):
                self._chosen = number

    def __rich__(self) -> RenderableType:
        """Draw the panel as things are now."""
        program = self._programs[self._chosen]
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
            " LED",
        )
        title = Text.assemble((program.routine.title, "bold"), f", {program.profile}, {program.level}")
        body = Group(grid, Text(), lamps, Text.from_markup(KEYS, style="dim"))
        return Panel(body, title=title, title_align="left", box=box.ROUNDED, width=78, padding=(1, 2))

    def _rows(self) -> Iterator[tuple[str, RenderableType]]:
        plan, step, paused_at = self._plan, self._step, self._paused_at
        now = self._now() if paused_at is None else paused_at
        yield "exercise", self._exercise(plan, step)
        yield "position", (step and step.position) or ""
        if plan is None:
            yield "now", "ready: press the button"
        else:
            yield "now", "paused: press to go on" if paused_at is not None else WORDS[step.kind] if step else ""
        if step and step.kind == "hold":
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
        saying = next((say.text for say in reversed(self._says) if say.at <= now < say.end), "")
        # A height of its own, so that the panel does not jump from text to text.
        yield "saying", Align.left(Text(saying, style="italic", overflow="fold"), vertical="top", height=3)
        yield "next", self._next(plan, step)

    @staticmethod
    def _exercise(plan: Plan | None, step: Step | None) -> str:
        if plan is None or step is None or not step.number:
            return ""
        return f"{step.number} of {plan.exercises}: {step.name}"

    @staticmethod
    def _next(plan: Plan | None, step: Step | None) -> str:
        if plan is None or step is None or step.index + 1 >= len(plan.steps):
            return ""
        return _step_words(plan.steps[step.index + 1])

    def _lit(self) -> bool:
        on, off = self.light().value
        return self._now() % (on + off) < on


def _step_words(step: Step) -> str:
    where = step.position or step.name
    return f"{WORDS[step.kind]}{f', {where}' if where else ''}"


@contextmanager
def keyboard(handle: Callable[[str], None]) -> Iterator[None]:
    """Give each key to `handle`, on a thread of its own, while the block runs; the terminal is put back as it was."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    leave, enter = os.pipe()

    def read() -> None:
        while terminal in select.select([terminal, leave], [], [])[0]:
            keys = os.read(terminal, 64)
            if not keys:
                return
            for key in keys.decode(errors="replace"):
                handle(key)

    thread = threading.Thread(target=read, name="keyboard", daemon=True)
    tty.setcbreak(terminal)
    try:
        thread.start()
        yield
    finally:
        os.close(enter)
        thread.join(timeout=3)
        os.close(leave)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def panel(view: View) -> Iterator[None]:
    """Show the view, drawn anew ten times a second, while the block runs."""
    with Live(get_renderable=lambda: view, refresh_per_second=10, console=Console()):
        yield


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar with the time left on stderr; the yielded function moves it on by one."""
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=Console(stderr=True))
    try:
        bar.start()  # not by `with`: a signal may come while this hides the cursor
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
    finally:
        bar.stop()


def plan_table(plan: Plan) -> Table:
    """Draw a plan: every step with its start and length, every cue with its seconds after the step's start."""
    table = Table(box=box.SIMPLE_HEAD, title=Text(f"{plan.title}, {plan.profile}, {plan.level}"), title_justify="left")
    table.add_column("start", justify="right")
    table.add_column("length", justify="right")
    table.add_column("step")
    table.add_column("after", justify="right", style="dim")
    table.add_column("cue")
    for step in plan.steps:
        cues = list(_cue_rows(step)) or [("", Text())]
        name = Text(WORDS[step.kind], "bold" if step.kind == "hold" else "")
        if step.position or (step.name and step.kind == "instruct"):
            name = Text.assemble(name, " ", (step.position or step.name, "dim"))
        heads: list[str | Text] = [clock_text(step.start), f"{step.length / 1000:.1f}", name]
        for after, cue in cues:
            table.add_row(*heads, after, cue)
            heads = ["", "", ""]
    return table


def print_plan(plan: Plan, estimated: int) -> None:
    """Print a plan, what is left out of it, and how long it takes."""
    console = Console(highlight=False)
    console.print(plan_table(plan))
    for dropped in plan.dropped:
        step = plan.steps[dropped.step]
        line = f"left out at {clock_text(dropped.at)}, {_step_words(step)}: {shown(dropped.text)}: {dropped.why}"
        console.print(Text(line))
    console.print(f"[b]{clock_text(plan.length)}[/] in all, {len(plan.steps)} steps")
    if estimated:
        console.print(f"{estimated} phrases have no clip yet: lengths are estimated; make them with: pitrainer prepare")


def print_voices(found: Sequence[VoiceFile], chosen: VoiceFile) -> None:
    """Print the voices that there are, marking the chosen one, and what is wrong with those that cannot be used."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column("name", overflow="fold")
    table.add_column("language")
    table.add_column("quality")
    table.add_column("rate", justify="right")
    table.add_column("size", justify="right")
    table.add_column("licence", overflow="fold")
    for voice in found:
        cells = [
            "●" if voice is chosen else "",
            voice.name,
            voice.language,
            voice.quality,
            f"{voice.sample_rate} Hz" if voice.sample_rate else "",
            f"{voice.size / 1_000_000:.1f} MB" if voice.size else "",
            voice.licence,
        ]
        table.add_row(*(Text(printable(cell), style="dim" if voice.problem else "") for cell in cells))
    console = Console(highlight=False)
    console.print(table)
    for voice in found:
        if voice.problem:
            console.print(Text(printable(f"{voice.name}: cannot be used: {voice.problem}")), soft_wrap=True)


STATES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def print_checks(checks: Iterable[Check]) -> list[Check]:
    """Print checks as they come, a line each with its remedy below, and what they come to. Return them."""
    console = Console(highlight=False)
    done = []
    for check in checks:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=4)
        table.add_column(width=10)
        table.add_column(overflow="fold")
        table.add_row(Text(check.state, STATES[check.state]), Text(printable(check.name), "bold"), Text(printable(check.found)))
        if check.remedy:
            table.add_row("", "", Text(f"→ {printable(check.remedy)}", "dim" if check.state == "ok" else ""))
        console.print(table)
        done.append(check)
    counts = {state: sum(check.state == state for check in done) for state in STATES}
    summary = (
        f"{counts['fail']} to be mended, {counts['warn']} to be looked at" if counts["fail"] + counts["warn"] else "all is well"
    )
    console.print(Text(f"\n{summary}"))
    return done


def _cue_rows(step: Step) -> Iterator[tuple[str, Text]]:
    """Yield (seconds after the step's start, what is heard); the ticks of a tempo in one row."""
    ticks = [cue for cue in step.cues if isinstance(cue, Buzz) and cue.signal.name == "TICK"]
    for cue in step.cues:
        after = f"{(cue.at - step.start) / 1000:.1f}"
        match cue:
            case Say(_, text):
                yield after, Text(text)
            case Buzz(_, signal) if signal.name != "TICK":
                yield after, Text(f"♪ {signal.name.lower()}", "yellow")
            case _ if cue is ticks[0]:
                yield after, Text(f"♪ {len(ticks)} ticks", "yellow")
