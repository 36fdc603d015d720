"""The history as a picture, by matplotlib, which only this needs (the extra `picture`)."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ..core.routine import ASKS, Ask
from ..core.statistics import Overview
from ..core.text import counted
from ..errors import PitrainerError, pip
from ..files import replacing

KINDS = (".svg", ".png")
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DONE, BEGUN, NONE = "#2f8f5b", "#a8d5ba", "#ebedf0"
ASKED = {"pain": "#c0392b", "effort": "#2c6fbb"}


def draw(overviews: Sequence[Overview], file: Path, title: str = "pitrainer") -> None:
    """Draw a calendar of the weeks and the minutes of each, for every person; the file's name decides the kind.

    Raises:
        PitrainerError: if the name has another ending, or matplotlib is not installed.
        OSError: if the file cannot be written; what was there before is then still there.
    """
    if file.suffix.lower() not in KINDS:
        raise PitrainerError(f"{file}: its name ends neither in {' nor in '.join(KINDS)}")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PitrainerError(f"a picture needs matplotlib: {pip('matplotlib')} ({error})") from error
    # The same history gives the same file, and an SVG's letters stay letters.
    with mpl.rc_context({"svg.hashsalt": "pitrainer", "svg.fonttype": "none", "font.family": "sans-serif"}):
        rows = max(1, len(overviews))
        figure = Figure(figsize=(9, 0.6 + 3.2 * rows), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
        axes = figure.subplots(2 * rows, 1, squeeze=False, gridspec_kw={"height_ratios": [7, 5] * rows})[:, 0]
        for overview, calendar, minutes in zip(overviews, axes[::2], axes[1::2], strict=False):
            _calendar(calendar, overview)
            _minutes(minutes, overview)
        if not overviews:
            for axis in axes:
                axis.axis("off")
            axes[0].text(0.5, 0.5, "no sessions yet", ha="center", transform=axes[0].transAxes)
        kind = file.suffix.lower().removeprefix(".")
        with replacing(file) as part:
            figure.savefig(part, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else {})


def _calendar(axis: Any, overview: Overview) -> None:
    from matplotlib.patches import Rectangle

    for column, week in enumerate(overview.weeks):
        for row, day in enumerate(week.days):
            if day.day > overview.today:
                continue
            colour = DONE if day.done else BEGUN if day.sessions else NONE
            axis.add_patch(Rectangle((column - 0.4, row - 0.4), 0.8, 0.8, facecolor=colour, linewidth=0))
    axis.set(xlim=(-0.6, len(overview.weeks) - 0.4), ylim=(6.6, -0.6), yticks=range(7), yticklabels=DAYS)
    _weeks(axis, overview, labels=False)
    streak = f"{overview.streak} days in a row, " if overview.streak > 1 else ""
    done = f"{counted(overview.done, 'session')} done since {overview.since.day} {overview.since:%b %Y}"
    axis.set_title(f"{overview.who}: {streak}{done}", loc="left", fontsize=10, parse_math=False)
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.tick_params(length=0, labelsize=8)
    for colour, word, at in ((DONE, "done", 0.80), (BEGUN, "begun", 0.89), (NONE, "none", 0.97)):
        axis.text(at, 1.04, "■", color=colour, transform=axis.transAxes, ha="right", fontsize=10)
        axis.text(at + 0.005, 1.05, word, transform=axis.transAxes, fontsize=8)


def _minutes(axis: Any, overview: Overview) -> None:
    columns = range(len(overview.weeks))
    axis.bar(columns, [week.minutes for week in overview.weeks], width=0.8, color=DONE)
    for column, week in enumerate(overview.weeks):
        if week.done:
            axis.annotate(str(week.done), (column, week.minutes), ha="center", va="bottom", fontsize=7, color="#555555")
    axis.set(xlim=(-0.6, len(overview.weeks) - 0.4), ylabel="minutes")
    axis.margins(y=0.2)
    axis.yaxis.label.set_fontsize(8)
    axis.set_title("minutes a week; above each bar, the sessions done", loc="left", fontsize=8, color="#555555")
    _weeks(axis, overview, labels=True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    axis.tick_params(labelsize=8)
    asked = [about for about in ASKS if any(rating.about == about for week in overview.weeks for rating in week.ratings)]
    if asked:
        _ratings(axis.twinx(), overview, asked)


def _ratings(axis: Any, overview: Overview, asked: Sequence[Ask]) -> None:
    """Draw the highest answer of each week, on an axis of its own."""
    for about in asked:
        most = {
            column: max(values)
            for column, week in enumerate(overview.weeks)
            if (values := [rating.value for rating in week.ratings if rating.about == about])
        }
        axis.plot([*most], [*most.values()], "o-", color=ASKED[about], linewidth=1, markersize=3, label=about)
    axis.set(ylim=(-0.5, 10.5), yticks=(0, 5, 10), ylabel="0 to 10")
    axis.yaxis.label.set_fontsize(8)
    axis.tick_params(labelsize=8)
    axis.spines["top"].set_visible(False)
    axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8, frameon=False, title=None)


def _weeks(axis: Any, overview: Overview, *, labels: bool) -> None:
    """Label the weeks by their Mondays, as many as have room."""
    mondays: list[date] = [week.days[0].day for week in overview.weeks]
    step = -(-len(mondays) // 13)
    shown = [*range(len(mondays) - 1, -1, -step)]
    axis.set_xticks(shown, [f"{mondays[column].day} {mondays[column]:%b}" for column in shown] if labels else [""] * len(shown))
