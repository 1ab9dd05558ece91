"""Formulas in one line of text."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from conformance.worked.forms.signs import multiplied, summed
from conformance.worked.notation import (
    Derivative,
    Group,
    Joined,
    Matrix,
    Num,
    Operator,
    Row,
    Sigma,
    Slope,
    Sym,
    Transposed,
    Value,
)
from conformance.worked.written import written


@singledispatch
def formula(each: Any) -> str:
    """The formula on one line.

    >>> from conformance.worked.notation import equal, product
    >>> formula(equal(Sym("p", (0,), 2, dot=True), product([2, -3]), Num(-6)))
    'ṗ_0^(2) = 2 · (-3) = -6'
    """
    raise TypeError(f"no text for a {type(each).__name__}")


@formula.register
def _(each: Num) -> str:
    return written(each.value)


@formula.register
def _(each: Sym) -> str:
    letter = "ṗ" if each.dot else each.letter
    lower = f"_{','.join(map(str, each.units))}" if each.units else ""
    return f"{letter}{lower}" + (f"^({each.layer})" if each.layer is not None else "")


@formula.register
def _(each: Value) -> str:
    return f"f_{each.layer}({formula(Sym('p', each.units, each.layer))})"


@formula.register
def _(each: Slope) -> str:
    return f"f_{each.layer}'({formula(Sym('p', each.units, each.layer))})"


@formula.register
def _(each: Joined) -> str:
    first, *others = map(formula, each.parts)
    if each.operator == "+":
        return summed(first, others)
    if each.operator == "·":
        return multiplied(first, others, "·")
    return between(each.operator).join([first, *others])


def between(operator: Operator) -> str:
    """The operator with its blanks.

    >>> between("="), between(" ")
    (' = ', ' ')
    """
    return {" ": " ", ",": ",   "}.get(operator, f" {operator} ")


@formula.register
def _(each: Sigma) -> str:
    return f"Σ_{each.index} {formula(each.body)}"


@formula.register
def _(each: Derivative) -> str:
    sample = "" if each.sample is None else f"_{each.sample}"
    return f"∂L{sample}/∂{formula(each.parameter)}"


@formula.register
def _(each: Group) -> str:
    return f"({formula(each.body)})"


@formula.register
def _(each: Transposed) -> str:
    return f"{formula(each.body)}ᵀ"


@formula.register
def _(each: Row) -> str:
    more = [f"… {each.more} more"] if each.more else []
    return f"({', '.join([*map(formula, each.entries), *more])})"


@formula.register
def _(each: Matrix) -> str:
    if all(len(row) == 1 for row in each.rows):
        return f"({', '.join(formula(row[0]) for row in each.rows)})"
    return f"({'; '.join(' '.join(map(formula, row)) for row in each.rows)})"
