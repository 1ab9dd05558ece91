"""Formulas as LaTeX, for math mode; amsmath is all that they need."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import singledispatch
from typing import Any

from conformance.worked.document import Pieces
from conformance.worked.forms.signs import multiplied, summed
from conformance.worked.notation import (
    Derivative,
    Formula,
    Group,
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

LETTERS = {
    "δ": r"\delta",
    "η": r"\eta",
    "∇L": r"\nabla L",
}

OPERATORS = {"·": r"\cdot", "∘": r"\circ", "←": r"\leftarrow", " ": r"\,", ",": r",\quad"}


def inline(pieces: Pieces, escaped: Callable[[str], str]) -> str:
    """Words, escaped, and formulas between dollars.

    >>> inline(("of ", Sym("W", (0,))), str.upper)
    'OF $W_{0}$'
    """
    return "".join(
        escaped(each) if isinstance(each, str) else f"${formula(each)}$" for each in pieces
    )


def tagged(displayed: Formula, equation: str) -> str:
    r"""A formula with the number of its equation, if it has one.

    >>> print(tagged(Sym("W", (0,)), "(1.1)"))
    W_{0} \tag{1.1}
    """
    return formula(displayed) + (f" \\tag{{{equation.strip('()')}}}" if equation else "")


@singledispatch
def formula(each: Any) -> str:
    r"""The formula, for math mode.

    >>> from conformance.worked.notation import equal, product
    >>> print(formula(equal(Sym("p", (0,), 2, dot=True), product([2, -3]), Num(-6))))
    \dot{p}_{0}^{(2)} = 2 \cdot (-3) = -6
    """
    raise TypeError(f"no LaTeX for a {type(each).__name__}")


@formula.register
def _(each: Num) -> str:
    return number(written(each.value))


def number(text: str) -> str:
    r"""What `written` writes, for math mode.

    >>> print(number("-3/4"), number("1.5e-7"), number("[0, 1]"))
    -\tfrac{3}{4} 1.5 \cdot 10^{-7} [0, 1]
    """
    text = re.sub(r"(\d+)/(\d+)", r"\\tfrac{\1}{\2}", text)
    text = re.sub(r"±1e(-?\d+)", r" \\pm 10^{\1}", text)
    return re.sub(r"e(-?\d+)", r" \\cdot 10^{\1}", text).replace("∞", r"\infty")


@formula.register
def _(each: Sym) -> str:
    letter = LETTERS.get(each.letter, each.letter)
    letter = f"\\dot{{{letter}}}" if each.dot else letter
    lower = f"_{{{','.join(map(str, each.units))}}}" if each.units else ""
    return f"{letter}{lower}" + (f"^{{({each.layer})}}" if each.layer is not None else "")


@formula.register
def _(each: Value) -> str:
    return f"f_{{{each.layer}}}({formula(Sym('p', each.units, each.layer))})"


@formula.register
def _(each: Slope) -> str:
    return f"f_{{{each.layer}}}'({formula(Sym('p', each.units, each.layer))})"


@formula.register
def _(each: Joined) -> str:
    first, *others = map(formula, each.parts)
    sign = OPERATORS.get(each.operator, each.operator)
    if each.operator == "+":
        return summed(first, others)
    if each.operator == "·":
        return multiplied(first, others, sign)
    return f" {sign} ".join([first, *others])


@formula.register
def _(each: Sigma) -> str:
    return f"\\sum_{{{each.index}}} {formula(each.body)}"


@formula.register
def _(each: Derivative) -> str:
    sample = "" if each.sample is None else f"_{{{each.sample}}}"
    return f"\\partial L{sample} / \\partial {formula(each.parameter)}"


@formula.register
def _(each: Group) -> str:
    return f"({formula(each.body)})"


@formula.register
def _(each: Transposed) -> str:
    body = formula(each.body)
    return f"({body})^\\top" if getattr(each.body, "layer", None) is not None else f"{body}^\\top"


@formula.register
def _(each: Row) -> str:
    more = [f"\\ldots\\ {each.more}\\ \\text{{more}}"] if each.more else []
    return f"({', '.join([*map(formula, each.entries), *more])})"


@formula.register
def _(each: Matrix) -> str:
    rows = r" \\ ".join(" & ".join(map(formula, row)) for row in each.rows)
    return f"\\begin{{pmatrix}} {rows} \\end{{pmatrix}}"
