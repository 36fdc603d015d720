"""What the commands print as tables: plans, voices, checks; and the bar of progress."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ..core.plan import Buzz, Plan, Say, Step
from ..core.routine import Routine
from ..core.text import counted, printable, shown
from ..core.units import clock_text
from ..doctor.report import Check
from ..voice.models import VoiceFile
from .panel import WORDS, step_words


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


def plan_table(plan: Plan, routine: Routine) -> Table:
    """Draw a routine's plan: every step with its start and length, every cue with its seconds after the step's start."""
    title = Text(", ".join(filter(None, (plan.title, plan.person, plan.profile, plan.level))))
    for label, value in (("source", routine.source), ("reviewed by", routine.reviewed_by)):
        if value:
            title.append(f"\n{label}: {value}", "dim")
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
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
        length = f"{'about ' * step.own}{step.length / 1000:.1f}"
        heads: list[str | Text] = [clock_text(step.start), length, name]
        for after, cue in cues:
            table.add_row(*heads, after, cue)
            heads = ["", "", ""]
    return table


def print_plan(plan: Plan, routine: Routine, estimated: int) -> None:
    """Print a routine's plan, what is left out of it, and how long it takes."""
    console = Console(highlight=False)
    console.print(plan_table(plan, routine))
    for dropped in plan.dropped:
        step = plan.steps[dropped.step]
        line = f"left out at {clock_text(dropped.at)}, {step_words(step)}: {shown(dropped.text)}: {dropped.why}"
        console.print(Text(line))
    console.print(f"[b]{clock_text(plan.length)}[/] in all, {len(plan.steps)} steps")
    if estimated:
        missing = counted(estimated, "phrase has", "phrases have")
        console.print(f"{missing} no clip yet: lengths are estimated; make them with: pitrainer prepare")


def print_voices(found: Sequence[VoiceFile], chosen: Sequence[VoiceFile]) -> None:
    """Print the voices that there are, marking the chosen ones, and what is wrong with those that cannot be used."""
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
            "●" if voice in chosen else "",
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
    summary = f"{counts['fail']} failed, {counted(counts['warn'], 'warning')}"
    console.print(Text(f"\n{summary if counts['fail'] + counts['warn'] else 'all is well'}"))
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
