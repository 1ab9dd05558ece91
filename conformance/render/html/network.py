"""The network as a drawing: layers as columns of units, each weight an edge, wrong ones marked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from markupsafe import Markup

from conformance.numbers import plural
from conformance.render.html.marks import Marks, chosen, word
from conformance.render.html.svg import Shape, picture, shape

UNITS = 8
"""Units of a layer that are drawn."""

ROW, RADIUS, TOP, SIDE = 46.0, 14.0, 50.0, 48.0
"""Pixels: from unit to unit, a unit's radius, above the units, beside them."""

Columns = dict[int, list[int]]
"""The units that are drawn, by column: 0 holds the inputs, k + 1 the units of layer k."""


def drawing(name: str, marks: Marks) -> Markup:
    """The network of a finding, as SVG.

    Args:
        name: the id of the drawing.
        marks: its gradient's verdicts.
    """
    columns = drawn(marks)
    edges = sorted(_edges(marks, columns), key=lambda edge: edge.get("class") == "edge wrong")
    shapes = [*edges, *_units(marks, columns), *_texts(marks, columns)]
    width = 2 * SIDE + (len(columns) - 1) * _apart(columns)
    size = (width, TOP + _rows(columns) * ROW)
    return picture(name, "The network, its gradient marked", description(marks), size, *shapes)


def drawn(marks: Marks) -> Columns:
    """The units of each column to draw, first those at which something wrong begins or ends."""
    layers = marks.layers()
    columns = {}
    for column in range(layers.start, layers.stop + 1):
        entered = marks.rows(column - 1) if column > layers.start else []
        left = marks.columns(column) if column < layers.stop else []
        columns[column] = chosen(marks.problem.network.widths[column], [*entered, *left], UNITS)
    return columns


def description(marks: Marks) -> str:
    """What is to be seen, in words: how much of each layer is wrong.

    >>> from manual_backprop import Problem
    >>> description(Marks(Problem.random((2, 3, 1)), None))
    'Network 2-3-1. Nothing is marked as wrong.'
    """
    network = marks.problem.network
    parts = [
        f"Layer {layer}: {plural(weights, 'weight')} and {plural(biases, 'bias')} wrong."
        for layer in range(network.depth)
        if (weights := len(marks.wrong("weights", layer)))
        + (biases := len(marks.wrong("biases", layer)))
    ]
    widths = "-".join(map(str, network.widths))
    return " ".join([f"Network {widths}.", *(parts or ["Nothing is marked as wrong."])])


def left_out(marks: Marks, columns: Columns) -> str:
    """What is not drawn, in words; empty if all is.

    >>> from manual_backprop import Problem
    >>> marks = Marks(Problem.random((2, 20, 1)), None)
    >>> left_out(marks, drawn(marks))
    'Not drawn: 12 units of layer 0.'
    """
    widths = marks.problem.network.widths
    parts = [
        f"{plural(more, 'unit')} of layer {column - 1}" if column else plural(more, "input")
        for column, units in columns.items()
        if (more := widths[column] - len(units))
    ]
    if (layers := len(widths) - len(columns)) > 0:
        parts.append(plural(layers, "further layer"))
    return f"Not drawn: {', '.join(parts)}." if parts else ""


# ── the shapes ──


def _rows(columns: Columns) -> int:
    return max(map(len, columns.values()))


def _apart(columns: Columns) -> float:
    """Pixels from column to column: more where edges are steep, less where there are many."""
    return min(84.0 + 8 * min(_rows(columns), 6), 880 / (len(columns) - 1))


def _place(columns: Columns, column: int, row: int) -> tuple[float, float]:
    """The middle of a unit; shorter columns stand in the middle."""
    x = SIDE + (column - min(columns)) * _apart(columns)
    indent = (_rows(columns) - len(columns[column])) / 2
    return x, TOP + (indent + row + 0.5) * ROW


def _edges(marks: Marks, columns: Columns) -> Iterator[Shape]:
    """One line for each weight, from the unit that it reads to its own."""
    for layer in list(columns)[:-1]:
        ends = product(enumerate(columns[layer + 1]), enumerate(columns[layer]))
        for (to_row, i), (from_row, j) in ends:
            verdict = marks.verdict("weights", layer, (i, j))
            x1, y1 = _place(columns, layer, from_row)
            x2, y2 = _place(columns, layer + 1, to_row)
            title = shape("title", f"weights[{layer}][{i}, {j}]: {verdict or 'not judged'}")
            ends_at = {"x1": x1 + RADIUS, "y1": y1, "x2": x2 - RADIUS, "y2": y2}
            yield shape("line", title, class_=f"edge {word(verdict)}", **ends_at)


def _units(marks: Marks, columns: Columns) -> Iterator[Shape]:
    """A circle with its number for each unit, and a ring around those with a wrong bias."""
    for column, units in columns.items():
        for row, index in enumerate(units):
            x, y = _place(columns, column, row)
            verdict = marks.verdict("biases", column - 1, (index,)) if column else None
            if word(verdict) == "wrong":
                yield shape("circle", class_="ring wrong", cx=x, cy=y, r=RADIUS + 5)
            bias = f"biases[{column - 1}][{index}]: {verdict or 'not judged'}"
            title = shape("title", bias if column else f"input {index}")
            yield shape("circle", title, class_="unit", cx=x, cy=y, r=RADIUS)
            yield shape("text", str(index), class_="number", x=x, y=y + 4)


def _texts(marks: Marks, columns: Columns) -> Iterator[Shape]:
    """Above each column what it is."""
    for column in columns:
        x, _ = _place(columns, column, 0)
        what = f"layer {column - 1}" if column else "inputs"
        yield shape("text", what, class_="heading", x=x, y=20)
        if column:
            name = marks.problem.network.layers[column - 1].activation.name
            yield shape("text", name, class_="under", x=x, y=38)
