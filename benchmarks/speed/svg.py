"""Line charts as SVG, without a library: logarithmic axes, a title for each line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

COLOURS = ("#0b5fa5", "#c44601", "#2e7d32", "#7b1fa2", "#8d6e00", "#455a64")
"""Dark enough on white to be told apart, the first for our own."""

LEFT, RIGHT, TOP, BOTTOM = 56, 110, 34, 46


@dataclass(frozen=True)
class Line:
    """Points (x, y), and what stands at their end."""

    title: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis from low to high, with labels at some values."""

    low: float
    high: float
    labels: Sequence[tuple[float, str]]

    def place(self, value: float) -> float:
        """0 at the low end, 1 at the high one."""
        return math.log(value / self.low) / math.log(self.high / self.low)


@dataclass(frozen=True)
class Panel:
    """One chart."""

    title: str
    x: Axis
    y: Axis
    lines: Sequence[Line]


def chart(panels: Sequence[Panel], description: str, columns: int, size: tuple[int, int]) -> str:
    """An SVG document with the panels side by side, as many a row as there are columns."""
    width, height = size
    rows = math.ceil(len(panels) / columns)
    parts = [
        f'<g transform="translate({width * (k % columns)} {height * (k // columns)})">'
        f"{_panel(panel, width, height)}</g>"
        for k, panel in enumerate(panels)
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * columns} {height * rows}" '
        'role="img" font-family="sans-serif" font-size="12">'
        f'<title>{escape(description)}</title><rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join([head, *parts, "</svg>\n"])


def _panel(panel: Panel, width: int, height: int) -> str:
    across, up = width - LEFT - RIGHT, height - TOP - BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + across * panel.x.place(x), TOP + up * (1 - panel.y.place(y))

    parts = [_text(LEFT, TOP - 14, panel.title, weight="bold")]
    for value, label in panel.y.labels:
        y = at(panel.x.low, value)[1]
        parts += [_rule(LEFT, y, width - RIGHT, y), _text(LEFT - 6, y + 4, label, "end")]
    for k, (value, label) in enumerate(panel.x.labels):
        x = at(value, panel.y.low)[0]
        parts += [_text(x, height - BOTTOM + 16 + 13 * (k % 2), label, "middle")]
    ends = _apart([at(*line.points[-1])[1] for line in panel.lines])
    for line, colour, end in zip(panel.lines, COLOURS, ends, strict=False):
        points = [at(*point) for point in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(_text(points[-1][0] + 8, end + 4, line.title, colour=colour))
    return "".join(parts)


def _apart(heights: Sequence[float], least: float = 14) -> list[float]:
    """The heights of labels, moved down where they would cover each other.

    >>> _apart([10.0, 50.0, 12.0])
    [10.0, 50.0, 24.0]
    """
    placed = list(heights)
    order = sorted(range(len(placed)), key=placed.__getitem__)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + least)
    return placed


def _text(
    x: float,
    y: float,
    text: str,
    anchor: str = "start",
    colour: str = "#222",
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}H{x2:.1f}" stroke="#ddd"/>'
