"""A layer's gradient as it was returned: a heat map, blue below zero, orange above, wrong crossed.

Rows are units; columns are what each unit reads, and at the right, apart, its bias. The colour is
the value over the largest of the layer. Where expected numbers are to stay hidden no value is shown
at all: one that conforms is the expected one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from markupsafe import Markup

from conformance.numbers import plural
from conformance.render.html.marks import Index, Marks, chosen, word
from conformance.render.html.svg import Shape, picture, shape

MOST = 12
"""Rows and columns that are drawn."""

ROOMY = 6
"""Columns up to which a cell is wide enough for its value."""

LEFT, TOP, ROW, GAP, HEADING = 34.0, 40.0, 28.0, 10.0, 46.0
"""Pixels: for rows' numbers, for columns', of a row, between weights and biases, of "∂L/∂b"."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """One layer's gradient, for the drawing of it.

    Attributes:
        marks: the verdicts.
        layer: k.
        hide_values: whether the verdicts are all that is shown.
    """

    marks: Marks
    layer: int
    hide_values: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Units of the layer, and units of the layer before."""
        widths = self.marks.problem.network.widths
        return widths[self.layer + 1], widths[self.layer]

    @cached_property
    def rows(self) -> list[int]:
        """Which units are drawn."""
        return chosen(self.shape[0], self.marks.rows(self.layer), MOST)

    @cached_property
    def columns(self) -> list[int]:
        """Which of the units before are drawn."""
        return chosen(self.shape[1], self.marks.columns(self.layer), MOST)

    @cached_property
    def largest(self) -> float:
        """The largest finite magnitude of the layer, at which a colour is full."""
        arrays = [self.marks.array(name, self.layer) for name in ("weights", "biases")]
        sizes = [np.abs(each.given[np.isfinite(each.given)]) for each in arrays if each]
        return max((float(each.max()) for each in sizes if each.size), default=0.0)

    @cached_property
    def is_roomy(self) -> bool:
        """Whether cells are wide enough for values."""
        return len(self.columns) <= ROOMY

    @property
    def cell(self) -> float:
        """The width of a cell."""
        return 56.0 if self.is_roomy else ROW

    @property
    def legend(self) -> tuple[str, str, str] | None:
        """What the colours mean at their ends and in the middle; None if there are none."""
        if self.hide_values or not self.largest:
            return None
        return short(-self.largest), "0", short(self.largest)

    @property
    def left_out(self) -> str:
        """What is not drawn, in words; empty if all is."""
        more = [
            plural(count - len(drawn), noun)
            for count, drawn, noun in zip(
                self.shape, (self.rows, self.columns), ("row", "column"), strict=True
            )
            if count > len(drawn)
        ]
        return f"Not drawn: {' and '.join(more)}." if more else ""


def short(value: float) -> str:
    """A value in a few characters, for a cell.

    >>> short(0.12345), short(-1.2e-05), short(0.0), short(float("nan")), short(float("-inf"))
    ('0.123', '−1.2e−5', '0', 'nan', '−∞')
    """
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    plain = value == 0 or 0.01 <= abs(value) < 1000
    mantissa, _, exponent = (f"{value:.3g}" if plain else f"{value:.1e}").partition("e")
    return f"{mantissa}{f'e{int(exponent)}' if exponent else ''}".replace("-", "−")


def drawing(name: str, heat: HeatMap) -> Markup:
    """The heat map as SVG.

    Args:
        name: the id of the drawing.
        heat: what it shows.
    """
    width = _left(heat, len(heat.columns)) + max(heat.cell, HEADING) + 4
    size = (width, TOP + len(heat.rows) * ROW + 4)
    title = f"Gradient of layer {heat.layer}, as returned"
    shapes = [*_labels(heat), *_cells(heat)]
    return picture(name, title, description(heat), size, *shapes)


def description(heat: HeatMap) -> str:
    """What is to be seen, in words.

    >>> from manual_backprop import Problem
    >>> description(HeatMap(Marks(Problem.random((2, 3, 1)), None), 0))
    '3 × 2 weights and 3 biases; 0 weights and 0 biases are wrong.'
    """
    rows, columns = heat.shape
    wrong = [len(heat.marks.wrong(name, heat.layer)) for name in ("weights", "biases")]
    return (
        f"{rows} × {columns} weights and {plural(rows, 'bias')}; "
        f"{plural(wrong[0], 'weight')} and {plural(wrong[1], 'bias')} are wrong."
    )


# ── the shapes ──


def _left(heat: HeatMap, place: int) -> float:
    """The left edge of a column, the biases' being the last."""
    return LEFT + place * heat.cell + GAP * (place == len(heat.columns))


def _labels(heat: HeatMap) -> Iterator[Shape]:
    """The numbers of rows and columns, and what they are of."""
    yield shape(
        "text", f"∂L/∂W{_subscript(heat.layer)}", class_="heading left", x=_left(heat, 0), y=14
    )
    biases = _left(heat, len(heat.columns))
    yield shape("text", f"∂L/∂b{_subscript(heat.layer)}", class_="heading left", x=biases, y=14)
    for place, column in enumerate(heat.columns):
        x = _left(heat, place) + heat.cell / 2
        yield shape("text", str(column), class_="under", x=x, y=TOP - 6)
    for place, row in enumerate(heat.rows):
        y = TOP + (place + 0.5) * ROW + 4
        yield shape("text", str(row), class_="under side", x=LEFT - 8, y=y)


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _cells(heat: HeatMap) -> Iterator[Shape]:
    for place, row in enumerate(heat.rows):
        y = TOP + place * ROW
        for at, column in enumerate(heat.columns):
            yield _cell(heat, "weights", (row, column), _left(heat, at), y)
        yield _cell(heat, "biases", (row,), _left(heat, len(heat.columns)), y)


def _cell(heat: HeatMap, name: str, index: Index, x: float, y: float) -> Shape:
    """One entry: its colour, its value if there is room, its cross if it is wrong."""
    verdict = heat.marks.verdict(name, heat.layer, index)
    place = f"{name}[{heat.layer}][{', '.join(map(str, index))}]"
    array = heat.marks.array(name, heat.layer)
    value = math.nan if array is None or heat.hide_values else float(array.given[index])
    known = array is not None and not heat.hide_values
    text = f"{place} = {value!r}: {verdict}" if known else f"{place}: {verdict or 'not judged'}"
    inside = [shape("title", text), _ground(heat, value, x, y)]
    if word(verdict) == "wrong":
        inside += _cross(heat, x, y)
    if known and heat.is_roomy:
        middle = {"x": x + heat.cell / 2, "y": y + ROW / 2 + 4}
        inside.append(shape("text", short(value), class_="value", **middle))
    return shape("g", *inside, class_=f"cell {word(verdict)}")


def _ground(heat: HeatMap, value: float, x: float, y: float) -> Shape:
    """The coloured rectangle: its class says the sign, its opacity the size."""
    sign = "zero" if not math.isfinite(value) or value == 0 else "plus" if value > 0 else "minus"
    strength = abs(value) / heat.largest if sign != "zero" else 0.0
    opacity = "" if sign == "zero" else f"{max(strength, 0.04):.2f}"
    box = {"x": x + 1, "y": y + 1, "width": heat.cell - 2, "height": ROW - 2}
    return shape("rect", class_=sign, fill_opacity=opacity, **box)


def _cross(heat: HeatMap, x: float, y: float) -> list[Shape]:
    """Two diagonals and an outline."""
    width, height = heat.cell - 4, ROW - 4
    path = f"M{x + 2:g} {y + 2:g}l{width:g} {height:g}m{-width:g} 0l{width:g} {-height:g}"
    outline = shape("rect", class_="outline", x=x + 2, y=y + 2, width=width, height=height)
    return [outline, shape("path", class_="cross", d=path)]
