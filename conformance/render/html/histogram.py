"""The entries of a run by error / bound, as a drawing: powers of two, the bound marked at 1.

What lies right of the bound is wrong. Counts are drawn by their logarithm, so that one wrong entry
is seen beside ten thousand right ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from conformance.numbers import plural
from conformance.render.html.bars import Bar, bars, power
from conformance.render.html.svg import Shape, picture, shape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360.0, 190.0, 48.0, 38.0, 28.0, 42.0
"""Pixels: of the drawing, and beside, above and below the bars."""

LABEL = 40.0
"""Pixels that a label needs for itself."""

APART = 10.0
"""Pixels between the bars and those of the ends, which hold whatever is beyond."""


def drawing(name: str, target: str, histogram: Mapping[int, int]) -> Markup:
    """The histogram of one target as SVG.

    Args:
        name: the id of the drawing.
        target: whose entries they are.
        histogram: at least one entry.
    """
    shown = bars(histogram)
    title = f"Entries by error / bound: {target}"
    shapes = [*_axis(shown), *_bars(shown), *_bound(shown)]
    return picture(name, title, description(shown), (WIDTH, HEIGHT), *shapes)


def description(shown: list[Bar]) -> str:
    """What is to be seen, in words."""
    wrong = sum(bar.entries for bar in shown if bar.is_wrong)
    within = sum(bar.entries for bar in shown) - wrong
    return f"{plural(within, 'entry')} within the bound, {wrong:,} beyond it."


# ── the shapes ──


def _lefts(shown: list[Bar]) -> list[float]:
    """The left edge of each bar, and last the right edge of all."""
    width = _width(shown)
    lefts, x = [], LEFT
    for bar in shown:
        x += APART * math.isinf(bar.high)
        lefts.append(x)
        x += width + APART * math.isinf(bar.low)
    return [*lefts, x]


def _width(shown: list[Bar]) -> float:
    ends = sum(math.isinf(bar.low) or math.isinf(bar.high) for bar in shown)
    return (WIDTH - LEFT - RIGHT - ends * APART) / len(shown)


def _height(entries: int, shown: list[Bar]) -> float:
    """By the logarithm of 1 + entries."""
    most = max(bar.entries for bar in shown)
    return (HEIGHT - TOP - BOTTOM) * math.log1p(entries) / math.log1p(most)


def _bars(shown: list[Bar]) -> Iterator[Shape]:
    width, base = _width(shown) - 1, HEIGHT - BOTTOM
    for bar, x in zip(shown, _lefts(shown), strict=False):
        if bar.entries:
            height = _height(bar.entries, shown)
            title = shape("title", f"{bar.range}: {plural(bar.entries, 'entry')}")
            box = {"x": x + 0.5, "y": base - height, "width": width, "height": height}
            yield shape("rect", title, class_=f"bar {'wrong' if bar.is_wrong else 'fine'}", **box)


def _bound(shown: list[Bar]) -> Iterator[Shape]:
    """The bound, a line from top to bottom, and what lies on its sides."""
    x = _lefts(shown)[next(place for place, bar in enumerate(shown) if bar.is_wrong)]
    yield shape("line", class_="bound", x1=x, x2=x, y1=6, y2=HEIGHT - BOTTOM + 6)
    yield shape("text", "bound", class_="side heading", x=x - 5, y=16)
    yield shape("text", "wrong", class_="beyond heading", x=x + 5, y=16)


def _axis(shown: list[Bar]) -> Iterator[Shape]:
    base = HEIGHT - BOTTOM
    yield shape("line", class_="axis", x1=LEFT, x2=WIDTH - RIGHT, y1=base, y2=base)
    most = max(bar.entries for bar in shown)
    for count in (10**digits for digits in range(len(str(most)))):
        y = base - _height(count, shown)
        yield shape("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y)
        yield shape("text", f"{count:,}", class_="side tick", x=LEFT - 6, y=y + 4)
    for x, label in _ticks(shown):
        yield shape("text", label, class_="tick", x=x, y=base + 18)
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield shape("text", "error / bound", class_="tick", x=middle, y=HEIGHT - 6)


def _ticks(shown: list[Bar]) -> Iterator[tuple[float, str]]:
    """Under the bound, under about every sixth bar, and under the left end."""
    starts = dict(zip((bar.low for bar in shown), _lefts(shown), strict=False))
    end, room = starts.pop(-math.inf, None), 0.0
    if end is not None:
        yield end + _width(shown) / 2, "≈ 0"
        room = end + LABEL
    lows = list(starts)
    step = max(1, len(lows) // 6)
    for place, low in enumerate(lows):
        if (place - lows.index(0)) % step == 0 and starts[low] > room:
            yield starts[low], power(low)
