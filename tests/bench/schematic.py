"""Draws README's circuit for a button on a long wire."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

INK, PAPER = "#24292f", "#ffffff"
WIDTH = 1.6
"""Points of a line."""


def wire(axes: Axes, *points: tuple[float, float]) -> None:
    axes.plot(*zip(*points, strict=True), color=INK, linewidth=WIDTH, solid_capstyle="round")


def node(axes: Axes, x: float, y: float, *, filled: bool = True) -> None:
    axes.plot(x, y, "o", color=INK, markersize=5, markerfacecolor=INK if filled else PAPER)


def long_wire(file: Path) -> None:
    """3.3 V through 10 kΩ, and ground through 100 nF, meet at the GPIO, at the Pi; the button is at the wire's other end."""
    with mpl.rc_context({"svg.hashsalt": "pitrainer", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}):
        figure = Figure((6.4, 2.7), facecolor=PAPER)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, 64)
        axes.set_ylim(0, 27)
        axes.axis("off")
        axes.add_patch(Rectangle((1, 2), 17, 23, facecolor="#f6f8fa", edgecolor=INK, linewidth=WIDTH))
        axes.text(9.5, 22.2, "Raspberry Pi", ha="center", weight="bold", color=INK)
        for y, name in ((19, "3.3 V (pin 1)"), (12, "GPIO 17 (pin 11)"), (5, "ground (pin 9)")):
            axes.text(17, y, name, ha="right", va="center", color=INK)
            node(axes, 18, y, filled=False)
        # The resistor, then the capacitor: both between the GPIO's wire and one of the others, close to the Pi.
        wire(axes, (18.4, 19), (28, 19), (28, 17.6))
        axes.add_patch(Rectangle((27, 13.6), 2, 4, facecolor=PAPER, edgecolor=INK, linewidth=WIDTH))
        wire(axes, (28, 13.6), (28, 9.2))
        wire(axes, (26, 9.2), (30, 9.2))
        wire(axes, (26, 8.2), (30, 8.2))
        wire(axes, (28, 8.2), (28, 5))
        axes.text(30.2, 15.6, "10 kΩ", va="center", color=INK)
        axes.text(31, 8.7, "100 nF", va="center", color=INK)
        wire(axes, (18.4, 12), (56, 12), (56, 10.6))
        wire(axes, (18.4, 5), (56, 5), (56, 6.6))
        node(axes, 28, 12)
        node(axes, 28, 5)
        # The button: two contacts, and the bar that closes them.
        node(axes, 56, 10.4, filled=False)
        node(axes, 56, 6.8, filled=False)
        wire(axes, (57.4, 11), (57.4, 6.2))
        wire(axes, (57.4, 8.6), (59, 8.6))
        axes.text(56.5, 14, "button", ha="center", color=INK)
        for y in (12, 5):  # the wire goes on for long
            axes.add_patch(Rectangle((42.2, y - 0.8), 1.6, 1.6, facecolor=PAPER, edgecolor="none", zorder=3))
            for x in (42, 43.2):
                axes.plot((x, x + 0.9), (y - 1, y + 1), color=INK, linewidth=WIDTH, zorder=4)
        axes.text(43, 8.5, "some metres", ha="center", va="center", style="italic", color=INK)
        figure.savefig(file, format="svg", metadata={"Date": None})
