"""What `history` prints: a calendar of the last weeks. Apart from the console, whose imports take longer than all of this."""

from collections.abc import Sequence
from datetime import date

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..core.statistics import Day, Overview


def history_text(overview: Overview) -> RenderableType:
    """Draw a person's last weeks as a calendar, with what they amount to."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, title=Text(overview.who, "bold"), title_justify="left")
    table.add_column("week", width=15, style="dim")
    for name in ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"):
        table.add_column(name, width=2)
    table.add_column("done", justify="right", width=6)
    table.add_column("minutes", justify="right")
    for week in overview.weeks:
        marks = [_mark(day, overview.today) for day in week.days]
        span = f"{_day(week.days[0].day)} - {_day(week.days[-1].day)}"
        table.add_row(span, *marks, str(week.done) if week.done else "", str(week.minutes) if week.minutes else "")
    key = Text.assemble(("●", "bold green"), " done   ", ("○", "yellow"), " begun   ", ("·", "dim"), " no session")
    lines = [f"{_count(overview.done, 'session')} done since {_day(overview.since).strip()} {overview.since.year}"]
    if overview.streak > 1:
        best = f", {overview.longest} at most" if overview.longest > overview.streak else ""
        lines.append(f"{overview.streak} days in a row{best}")
    elif overview.longest > 1:
        lines.append(f"at most {overview.longest} days in a row")
    parts: list[RenderableType] = [table, Text(), key, Text(), Text("; ".join(lines))]
    if skip := overview.skipped:
        what = f"{skip.exercise} ({skip.regimen.routine})"
        parts.append(Text(f"skipped most in these weeks: {what}, {skip.skipped} of {_count(skip.begun, 'hold')}"))
    return Group(*parts)


def print_history(overviews: Sequence[Overview]) -> None:
    """Print the calendar of everybody who has a history."""
    console = Console(highlight=False)
    if not overviews:
        console.print("no sessions yet")
    for number, overview in enumerate(overviews):
        if number:
            console.print()
        console.print(history_text(overview))


def _mark(day: Day, today: date) -> Text:
    if day.day > today:
        return Text()
    mark = Text("●", "bold green") if day.done else Text("○", "yellow") if day.sessions else Text("·", "dim")
    if day.day == today:
        mark.stylize("underline")
    return mark


def _day(day: date) -> str:
    return f"{day.day:2} {day:%b}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
