"""What `history` prints: a calendar of the last weeks. Apart from the console, whose imports take longer than all of this."""

from collections.abc import Mapping, Sequence
from datetime import date

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..core.progression import Reached
from ..core.routine import ASKS
from ..core.statistics import Day, Overview, span
from ..core.text import counted, printable


def history_text(overview: Overview, reached: Sequence[Reached] = ()) -> RenderableType:
    """Draw a person's last weeks as a calendar, with what they amount to, and how far they have come in what grows."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, title=Text(printable(overview.who), "bold"), title_justify="left")
    table.add_column("week", width=15, style="dim")
    for name in ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"):
        table.add_column(name, width=2)
    table.add_column("done", justify="right", width=6)
    table.add_column("minutes", justify="right")
    asked = [about for about in ASKS if any(span(week.ratings, about) for week in overview.weeks)]
    for about in asked:
        table.add_column(about, justify="right")
    for week in overview.weeks:
        marks = [_mark(day, overview.today) for day in week.days]
        days = f"{_day(week.days[0].day)} - {_day(week.days[-1].day)}"
        ratings = [span(week.ratings, about) for about in asked]
        table.add_row(days, *marks, str(week.done) if week.done else "", str(week.minutes) if week.minutes else "", *ratings)
    key = Text.assemble(("●", "bold green"), " done   ", ("○", "yellow"), " begun   ", ("·", "dim"), " no session")
    lines = [f"{counted(overview.done, 'session')} done since {_day(overview.since).strip()} {overview.since.year}"]
    if overview.streak > 1:
        best = f", longest {overview.longest}" if overview.longest > overview.streak else ""
        lines.append(f"{overview.streak} days in a row{best}")
    elif overview.longest > 1:
        lines.append(f"longest streak: {overview.longest} days")
    parts: list[RenderableType] = [table, Text(), key, Text(), Text("; ".join(lines))]
    if skip := overview.skipped:
        what = f"{skip.exercise} ({skip.regimen.routine})"
        often = f"{skip.skipped} of {counted(skip.begun, 'hold')}"
        parts.append(Text(printable(f"skipped most in these weeks: {what}, {often}")))
    for day, rating in overview.last:
        after = printable(rating.exercise) or "the session"
        parts.append(Text(f"{rating.about} after {after}: {rating.value}, on {_day(day).strip()}"))
    for one in reached:
        waits = "; it waits, because of pain" if one.waits and one.step < one.steps else ""
        parts.append(Text(f"{one.exercise}: {one.now}, step {one.step} of {one.steps}{waits}"))
    return Group(*parts)


def print_history(overviews: Sequence[Overview], reached: Mapping[str, Sequence[Reached]]) -> None:
    """Print the calendar of everybody who has a history; `reached`: how far each has come, by the overview's `who`."""
    console = Console(highlight=False)
    if not overviews:
        console.print("no sessions yet")
    for number, overview in enumerate(overviews):
        if number:
            console.print()
        console.print(history_text(overview, reached.get(overview.who, ())))


def _mark(day: Day, today: date) -> Text:
    if day.day > today:
        return Text()
    mark = Text("●", "bold green") if day.done else Text("○", "yellow") if day.sessions else Text("·", "dim")
    if day.day == today:
        mark.stylize("underline")
    return mark


def _day(day: date) -> str:
    return f"{day.day:2} {day:%b}"
