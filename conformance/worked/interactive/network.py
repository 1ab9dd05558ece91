"""The network as a drawing in which every weight and every unit is a button.

Numbers stand below the units, those of the first sample until the script puts in another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from markupsafe import Markup

from conformance.render.html.svg import Shape, shape
from conformance.worked.entry import Entry
from conformance.worked.interactive.paths import name_of
from conformance.worked.interactive.view import View, number

APART, ROW, RADIUS, TOP, SIDE = 168.0, 92.0, 17.0, 48.0, 62.0
"""Pixels: from layer to layer, from unit to unit, a unit's radius, above and beside all."""


def drawing(shown: View) -> Markup:
    """The drawing, as SVG.

    >>> from conformance.worked.interactive.decided import view
    >>> from manual_backprop import Problem
    >>> drawing(view(Problem.random((2, 3, 1)))[0]).count('data-entry="weight=')
    9
    """
    widths = shown.problem.network.widths
    width, height = 2 * SIDE + (len(widths) - 1) * APART, TOP + max(widths) * ROW
    root = shape(
        "svg",
        *_headings(shown),
        *_weights(shown),
        *_units(shown),
        id="network",
        role="group",
        aria_label=f"Network {'-'.join(map(str, widths))}: each weight and each unit is a button",
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
    )
    return Markup(ET.tostring(root, encoding="unicode"))


def key(entry: Entry) -> str:
    """What the page's address calls an entry.

    >>> key(Entry(0, 2, 1)), key(Entry(1, 0))
    ('weight=0,2,1', 'bias=1,0')
    """
    if entry.j is None:
        return f"bias={entry.k},{entry.i}"
    return f"weight={entry.k},{entry.i},{entry.j}"


def _place(widths: Sequence[int], layer: int, unit: int) -> tuple[float, float]:
    """The middle of a unit; shorter layers stand in the middle."""
    indent = (max(widths) - widths[layer]) / 2
    return SIDE + layer * APART, TOP + (indent + unit + 0.35) * ROW


def _headings(shown: View) -> Iterator[Shape]:
    """Above each layer what it is."""
    for m in range(shown.at.depth + 1):
        name = shown.problem.network.layers[m - 1].activation.name if m else "inputs"
        x, _ = _place(shown.problem.network.widths, m, 0)
        yield shape("text", f"layer {m}", class_="heading", x=x, y=18)
        yield shape("text", name, class_="under", x=x, y=34)


def _weights(shown: View) -> Iterator[Shape]:
    """A line for each weight, and a broader one, not to be seen, that is easier to hit."""
    widths = shown.problem.network.widths
    for entry in shown.entries():
        if entry.j is None:
            continue
        (x1, y1), (x2, y2) = _place(widths, entry.k, entry.j), _place(widths, entry.k + 1, entry.i)
        ends = {"x1": x1 + RADIUS, "y1": y1, "x2": x2 - RADIUS, "y2": y2}
        lines = [shape("line", class_=name, **ends) for name in ("hit", "line")]
        words = f"weight {name_of(entry)}, from unit {entry.j} of layer {entry.k} to unit {entry.i}"
        place = {"data_layer": entry.k, "data_to": entry.i, "data_from": entry.j}
        yield _button(entry, "weight", words, *lines, **place)


def _units(shown: View) -> Iterator[Shape]:
    """A circle for each unit, a button where it has a bias, its numbers below."""
    widths = shown.problem.network.widths
    biased = [layer.biases is not None for layer in shown.problem.network.layers]
    for m, width in enumerate(widths):
        for u in range(width):
            x, y = _place(widths, m, u)
            shapes = [
                shape("circle", cx=x, cy=y, r=RADIUS),
                shape("text", str(u), class_="number", x=x, y=y + 4),
                *_numbers(shown, m, u),
            ]
            place = {"data_layer": m, "data_unit": u}
            if m and biased[m - 1]:
                entry = Entry(m - 1, u)
                words = f"bias {name_of(entry)} of unit {u} of layer {m}"
                yield _button(entry, "unit", words, *shapes, **place)
            else:
                yield shape("g", *shapes, class_="unit", **place)


def _numbers(shown: View, m: int, u: int) -> Iterator[Shape]:
    """x and δ of a unit in the first sample, below it."""
    x, y = _place(shown.problem.network.widths, m, u)
    text = f"x = {number(shown.x[m][0][u])}"
    yield shape("text", text, class_="x", x=x, y=y + RADIUS + 15, data_x=f"{m},{u}")
    if m:
        text = f"δ = {number(shown.delta[m][0][u])}"
        yield shape("text", text, class_="delta", x=x, y=y + RADIUS + 30, data_delta=f"{m},{u}")


def _button(entry: Entry, kind: str, words: str, *shapes: Shape, **place: int) -> Shape:
    """Shapes that can be pressed; the script makes the first of all buttons the one to tab to."""
    settings = {"role": "button", "tabindex": -1, "aria_pressed": "false", "aria_label": words}
    return shape("g", *shapes, class_=kind, data_entry=key(entry), **settings, **place)
