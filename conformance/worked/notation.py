"""Formulas as trees, in the derivation's symbols: what each form of a page writes in its own way.

`forms` writes each of these classes in text, in LaTeX and in MathML.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, TypeAlias

from conformance.worked.written import Number

Index: TypeAlias = int | str
"""A unit or a layer: its number, or a letter."""

Operator = Literal["=", "+", "-", "·", "∘", "←", " ", ","]
"""The blank sets factors side by side, the comma formulas in a list."""


class Formula:
    """Any of the classes below."""


@dataclass(frozen=True)
class Num(Formula):
    """A number, written by `written`."""

    value: Number


@dataclass(frozen=True)
class Sym(Formula):
    """A letter with its indices: w_0,1^(2), ṗ^(3), W_2, x^(1).

    Attributes:
        letter: w, p, x, δ, …
        units: the lower indices.
        layer: the upper index, in parentheses.
        dot: whether it is a tangent.
    """

    letter: str
    units: tuple[Index, ...] = ()
    layer: Index | None = None
    dot: bool = False


@dataclass(frozen=True)
class Value(Formula):
    """f_m(p_u^(m)), or the vector f_m(p^(m))."""

    layer: Index
    units: tuple[Index, ...] = ()


@dataclass(frozen=True)
class Slope(Formula):
    """f_m'(p_u^(m)), or the vector f_m'(p^(m))."""

    layer: Index
    units: tuple[Index, ...] = ()


@dataclass(frozen=True)
class Joined(Formula):
    """Formulas with one operator between them."""

    operator: Operator
    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Sigma(Formula):
    """Σ_u of what follows."""

    index: str
    body: Formula


@dataclass(frozen=True)
class Derivative(Formula):
    """∂L/∂θ; `sample` is the lower index of L."""

    parameter: Formula
    sample: Index | None = None


@dataclass(frozen=True)
class Group(Formula):
    """Parentheses."""

    body: Formula


@dataclass(frozen=True)
class Transposed(Formula):
    """Aᵀ."""

    body: Formula


@dataclass(frozen=True)
class Row(Formula):
    """The entries of a vector one after another; `more` are left out at its end."""

    entries: tuple[Formula, ...]
    more: int = 0


@dataclass(frozen=True)
class Matrix(Formula):
    """A matrix, or a column vector, in full."""

    rows: tuple[tuple[Formula, ...], ...]


# ── what pages are made of ──


def equal(*sides: Formula) -> Joined:
    """A = B = C; a side that repeats the one before it is left out.

    >>> len(equal(Num(1), Num(1), Num(2)).parts)
    2
    """
    kept = [side for k, side in enumerate(sides) if k == 0 or side != sides[k - 1]]
    return Joined("=", tuple(kept))


def side_by_side(*parts: Formula) -> Joined:
    """A B C, a product of symbols."""
    return Joined(" ", parts)


def product(numbers: Sequence[Number]) -> Formula:
    """2 · 3 · 4; a single factor stands alone."""
    return _joined("·", numbers)


def total(numbers: Sequence[Number]) -> Formula:
    """2 + 3 + 4, likewise."""
    return _joined("+", numbers)


def _joined(operator: Operator, numbers: Sequence[Number]) -> Formula:
    parts = tuple(map(Num, numbers))
    return parts[0] if len(parts) == 1 else Joined(operator, parts)


def matrix(rows: Any) -> Matrix:
    """Rows of numbers, an array of two axes say, as a matrix."""
    return Matrix(tuple(tuple(map(Num, row)) for row in rows))


def column(entries: Any) -> Matrix:
    """Numbers, an array of one axis say, as a column vector."""
    return matrix([[each] for each in entries])


def numbers_in(formula: Any) -> Iterator[Number]:
    """Every number of a formula, or of whatever else is made of formulas.

    >>> list(numbers_in(equal(product([2, 3]), Num(6))))
    [2, 3, 6]
    """
    if isinstance(formula, Num):
        yield formula.value
    elif isinstance(formula, tuple):
        for each in formula:
            yield from numbers_in(each)
    elif is_dataclass(formula):
        for each in fields(formula):
            yield from numbers_in(getattr(formula, each.name))
