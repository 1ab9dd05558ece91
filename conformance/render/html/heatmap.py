"""A layer's gradient as it was returned: a heat map, blue below zero, orange above, wrong crossed.

Rows are units; columns are what each unit reads, and at the right, apart, its bias. The colour is
the value over the largest of the layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from markupsafe import Markup

from conformance.numbers import plural
from conformance.render.html.layer_gradient import LayerGradient, short
from conformance.render.html.marks import ARRAYS, Index, word
from conformance.render.html.svg import Shape, picture, shape

LEFT, TOP, ROW, GAP, HEADING = 34.0, 40.0, 28.0, 10.0, 46.0
"""Pixels: for rows' numbers, for columns', of a row, between weights and biases, of "∂L/∂b"."""


def drawing(name: str, heat: LayerGradient) -> Markup:
    """The heat map as SVG.

    Args:
        name: the id of the drawing.
        heat: what it shows.
    """
    width = _left(heat, len(heat.columns)) + max(_cell_width(heat), HEADING) + 4
    size = (width, TOP + len(heat.rows) * ROW + 4)
    title = f"Gradient of layer {heat.layer}, as returned"
    shapes = [*_labels(heat), *_cells(heat)]
    return picture(name, title, description(heat), size, *shapes)


def description(heat: LayerGradient) -> str:
    """What is to be seen, in words.

    >>> from conformance.render.html.marks import Marks
    >>> from manual_backprop import Problem
    >>> description(LayerGradient(Marks(Problem.random((2, 3, 1)), None), 0))
    '3 × 2 weights and 3 biases; 0 weights and 0 biases are wrong.'
    """
    rows, columns = heat.shape
    wrong = [len(heat.marks.wrong(name, heat.layer)) for name in ARRAYS]
    return (
        f"{rows} × {columns} weights and {plural(rows, 'bias')}; "
        f"{plural(wrong[0], 'weight')} and {plural(wrong[1], 'bias')} are wrong."
    )


# ── the shapes ──


def _cell_width(heat: LayerGradient) -> float:
    return 56.0 if heat.is_roomy else ROW


def _left(heat: LayerGradient, place: int) -> float:
    """The left edge of a column, the biases' being the last."""
    return LEFT + place * _cell_width(heat) + GAP * (place == len(heat.columns))


def _labels(heat: LayerGradient) -> Iterator[Shape]:
    """The numbers of rows and columns, and what they are of."""
    yield shape(
        "text", f"∂L/∂W{_subscript(heat.layer)}", class_="heading left", x=_left(heat, 0), y=14
    )
    biases = _left(heat, len(heat.columns))
    yield shape("text", f"∂L/∂b{_subscript(heat.layer)}", class_="heading left", x=biases, y=14)
    for place, column in enumerate(heat.columns):
        x = _left(heat, place) + _cell_width(heat) / 2
        yield shape("text", str(column), class_="under", x=x, y=TOP - 6)
    for place, row in enumerate(heat.rows):
        y = TOP + (place + 0.5) * ROW + 4
        yield shape("text", str(row), class_="under side", x=LEFT - 8, y=y)


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _cells(heat: LayerGradient) -> Iterator[Shape]:
    for place, row in enumerate(heat.rows):
        y = TOP + place * ROW
        for at, column in enumerate(heat.columns):
            yield _cell(heat, "weights", (row, column), _left(heat, at), y)
        yield _cell(heat, "biases", (row,), _left(heat, len(heat.columns)), y)


def _cell(heat: LayerGradient, name: str, index: Index, x: float, y: float) -> Shape:
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
        middle = {"x": x + _cell_width(heat) / 2, "y": y + ROW / 2 + 4}
        inside.append(shape("text", short(value), class_="value", **middle))
    return shape("g", *inside, class_=f"cell {word(verdict)}")


def _ground(heat: LayerGradient, value: float, x: float, y: float) -> Shape:
    """The coloured rectangle: its class says the sign, its opacity the size."""
    sign = "zero" if not math.isfinite(value) or value == 0 else "plus" if value > 0 else "minus"
    strength = abs(value) / heat.largest if sign != "zero" else 0.0
    opacity = "" if sign == "zero" else f"{max(strength, 0.04):.2f}"
    box = {"x": x + 1, "y": y + 1, "width": _cell_width(heat) - 2, "height": ROW - 2}
    return shape("rect", class_=sign, fill_opacity=opacity, **box)


def _cross(heat: LayerGradient, x: float, y: float) -> list[Shape]:
    """Two diagonals and an outline."""
    width, height = _cell_width(heat) - 4, ROW - 4
    path = f"M{x + 2:g} {y + 2:g}l{width:g} {height:g}m{-width:g} 0l{width:g} {-height:g}"
    outline = shape("rect", class_="outline", x=x + 2, y=y + 2, width=width, height=height)
    return [outline, shape("path", class_="cross", d=path)]
