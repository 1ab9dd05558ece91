"""Formulas as MathML Core, which browsers show without any script or font."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any
from xml.etree import ElementTree as ET

from markupsafe import Markup

from conformance.render.html.svg import Shape, shape
from conformance.worked.notation import (
    Derivative,
    Formula,
    Group,
    Index,
    Joined,
    Matrix,
    Num,
    Row,
    Sigma,
    Slope,
    Sym,
    Transposed,
    Value,
)
from conformance.worked.written import written

SPACES = {" ": "0.17em", ",": "1.5em"}
"""After a factor, and between formulas in a list."""

NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def math(each: Formula, display: bool = False) -> Markup:
    """The formula as an element of a page; within words an equation may be broken before a =.

    >>> str(math(Num(3)))
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mn>3</mn></math>'
    """
    if display:
        return _element(formula(each), display="block")
    if isinstance(each, Joined) and each.operator == "=":
        first, *others = map(formula, each.parts)
        return Markup(" ").join([_element(first), *(_element(_mo("="), side) for side in others)])
    return _element(formula(each))


def _element(*inside: Shape, **attributes: str) -> Markup:
    element = shape("math", *inside, xmlns=NAMESPACE, **attributes)
    return Markup(ET.tostring(element, encoding="unicode"))


@singledispatch
def formula(each: Any) -> Shape:
    """The MathML of a formula."""
    raise TypeError(f"no MathML for a {type(each).__name__}")


# ── numbers ──


@formula.register
def _(each: Num) -> Shape:
    return number(written(each.value))


def number(text: str) -> Shape:
    """What `written` writes.

    >>> ET.tostring(number("-3/4"), "unicode")
    '<mrow><mo>−</mo><mfrac><mn>3</mn><mn>4</mn></mfrac></mrow>'
    """
    if text.startswith("["):
        low, high = text.strip("[]").split(", ")
        return shape("mrow", _mo("["), number(low), _mo(","), number(high), _mo("]"))
    if text.startswith("-"):
        return shape("mrow", _mo("−"), number(text[1:]))
    if "/" in text:
        return shape("mfrac", *(shape("mn", part) for part in text.split("/")))
    if power := re.fullmatch(r"(.+?)(±1)?e(-?\d+)", text):
        ten = shape("msup", shape("mn", "10"), number(power[3]))
        return shape("mrow", shape("mn", power[1]), _mo("±" if power[2] else "·"), ten)
    return shape("mn", text)


# ── symbols ──


@formula.register
def _(each: Sym) -> Shape:
    letter = _mi(each.letter) if len(each.letter) == 1 else _row(map(_letter, each.letter))
    letter = shape("mover", letter, _mo("˙")) if each.dot else letter
    lower, upper = _lower(each.units), _upper(each.layer)
    if lower is not None and upper is not None:
        return shape("msubsup", letter, lower, upper)
    if lower is not None:
        return shape("msub", letter, lower)
    return letter if upper is None else shape("msup", letter, upper)


def _letter(character: str) -> Shape:
    """∇ is an operator, anything else a letter."""
    return _mo(character) if character == "∇" else _mi(character)


def _lower(units: Sequence[Index]) -> Shape | None:
    """The lower indices, with commas between."""
    if not units:
        return None
    first, *others = map(_index, units)
    return _row([first, *(part for each in others for part in (_mo(","), each))])


def _upper(layer: Index | None) -> Shape | None:
    return None if layer is None else _row([_mo("("), _index(layer), _mo(")")])


def _index(each: Index) -> Shape:
    return shape("mn", str(each)) if isinstance(each, int) else _mi(each)


@formula.register
def _(each: Value) -> Shape:
    f = shape("msub", _mi("f"), _index(each.layer))
    return _row([f, *_in_parentheses(formula(Sym("p", each.units, each.layer)))])


@formula.register
def _(each: Slope) -> Shape:
    f = shape("msubsup", _mi("f"), _index(each.layer), _mo("′"))
    return _row([f, *_in_parentheses(formula(Sym("p", each.units, each.layer)))])


@formula.register
def _(each: Derivative) -> Shape:
    loss = _mi("L") if each.sample is None else shape("msub", _mi("L"), _index(each.sample))
    below = _row([_mo("∂"), formula(each.parameter)])
    return _row([_mo("∂"), loss, _mo("/"), below])


# ── what is made of others ──


@formula.register
def _(each: Joined) -> Shape:
    first, *others = each.parts
    parts = [formula(first)]
    for part in others:
        parts += _following(each.operator, part)
    return _row(parts)


def _following(sign: str, part: Formula) -> list[Shape]:
    """An operator and what comes after it: a negative number is subtracted, or in parentheses."""
    if sign in SPACES:
        comma = [_mo(",")] * (sign == ",")
        return [*comma, shape("mspace", width=SPACES[sign]), formula(part)]
    text = written(part.value) if isinstance(part, Num) else ""
    if sign == "+" and text.startswith("-"):
        return [_mo("−"), number(text[1:])]
    if sign in "+·" and (text.startswith("-") or "±" in text):
        return [_mo(sign), *_in_parentheses(number(text))]
    return [_mo("−" if sign == "-" else sign), formula(part)]


@formula.register
def _(each: Sigma) -> Shape:
    return _row([shape("munder", _mo("∑"), _index(each.index)), formula(each.body)])


@formula.register
def _(each: Group) -> Shape:
    return _row(_in_parentheses(formula(each.body)))


@formula.register
def _(each: Transposed) -> Shape:
    return shape("msup", formula(each.body), _mo("⊤"))


@formula.register
def _(each: Row) -> Shape:
    entries = [part for entry in each.entries for part in (formula(entry), _mo(","))]
    more = [shape("mtext", f" … {each.more} more")] if each.more else []
    return _row([_mo("("), *(entries if more else entries[:-1]), *more, _mo(")")])


@formula.register
def _(each: Matrix) -> Shape:
    rows = [shape("mtr", *(shape("mtd", formula(e)) for e in row)) for row in each.rows]
    return shape("mtable", *rows, class_="matrix")  # its parentheses are borders: few fonts stretch


# ── elements ──


def _row(parts: Iterable[Shape]) -> Shape:
    return shape("mrow", *parts)


def _in_parentheses(inside: Shape) -> list[Shape]:
    return [_mo("("), inside, _mo(")")]


def _mi(name: str) -> Shape:
    return shape("mi", name)


def _mo(sign: str) -> Shape:
    return shape("mo", sign)
