"""The paths that a derivative sums, (4.1) and (4.2): from one weight to the loss, unit by unit.

Multiplied out, ∇Lᵀ D_N W_{N−1} ⋯ W_{k+1} D_{k+1} e_i x_j is a sum over the paths from unit i to the
outputs, and each term a product of slopes and weights along its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from math import prod

from conformance.worked.entry import Entry
from conformance.worked.interactive.view import View
from conformance.worked.written import Number
from manual_backprop.arithmetic.precision import precision

LISTED = 10
"""Paths of one derivative that are listed."""


@dataclass(frozen=True, eq=False)
class Path:
    """One path.

    Attributes:
        units: u_{k+1} = i, …, u_N.
        symbols: the factors as they are called, x_j^(k) first.
        factors: the same as numbers.
        value: their product.
    """

    units: tuple[int, ...]
    symbols: tuple[str, ...]
    factors: tuple[Number, ...]
    value: Number


@dataclass(frozen=True, eq=False)
class Paths:
    """The paths of one derivative in one sample.

    Attributes:
        listed: the first of them.
        more: how many there are besides.
        rest: what those come to; None if there are none.
        total: the sum of all, the derivative of this sample's loss.
    """

    listed: tuple[Path, ...]
    more: int
    rest: Number | None
    total: Number


def paths(shown: View, entry: Entry, s: int) -> Paths:
    """The paths of an entry in sample s.

    >>> from conformance.worked.interactive.decided import view
    >>> from manual_backprop import Problem
    >>> found = paths(view(Problem.random((2, 3, 2), "square"))[0], Entry(0, 2, 1), 0)
    >>> [path.units for path in found.listed], found.listed[0].symbols
    ([(2, 0), (2, 1)], ('x₁⁽⁰⁾', 'f₁′(p₂)', 'w₀₂⁽¹⁾', 'f₂′(p₀)', '∇L₀'))
    """
    widths = shown.problem.network.widths[entry.k + 2 :]
    with precision(shown.bits):
        every = (path(shown, entry, s, (entry.i, *units)) for units in product(*map(range, widths)))
        listed = tuple(islice(every, LISTED))
        total, more = shown.of_sample(entry, s), prod(widths) - len(listed)
        rest = total - sum(each.value for each in listed) if more else None
    return Paths(listed, more, rest, total)


def path(shown: View, entry: Entry, s: int, units: tuple[int, ...]) -> Path:
    """The term of one path, its factors from the weight to the loss."""
    pairs = list(_factors(shown, entry, s, units))
    symbols, factors = zip(*pairs, strict=True)
    value = factors[0]
    for factor in factors[1:]:
        value = value * factor
    return Path(units, symbols, factors, value)


def _factors(
    shown: View, entry: Entry, s: int, units: tuple[int, ...]
) -> Iterator[tuple[str, Number]]:
    """x_j, then for each unit on the way its slope and the weight that leads on, ∇L at the end."""
    first = entry.k + 1
    if entry.j is not None:
        yield f"x{below(entry.j)}{above(entry.k)}", shown.x[entry.k][s][entry.j]
    for m, u in enumerate(units, start=first):
        if m > first:
            before = units[m - first - 1]
            yield weight_name(m - 1, u, before), shown.W[m - 1][u][before]
        yield f"f{below(m)}′(p{below(u)})", shown.slope[m][s][u]
    yield f"∇L{below(units[-1])}", shown.loss_gradient[s][units[-1]]


# ── names in one line of text ──

LOWER = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
UPPER = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def name_of(entry: Entry) -> str:
    """w₂₁⁽⁰⁾ or b₂⁽⁰⁾.

    >>> name_of(Entry(0, 2, 1)), name_of(Entry(1, 0))
    ('w₂₁⁽⁰⁾', 'b₀⁽¹⁾')
    """
    if entry.j is None:
        return f"b{below(entry.i)}{above(entry.k)}"
    return weight_name(entry.k, entry.i, entry.j)


def weight_name(k: int, i: int, j: int) -> str:
    """w_ij^(k); each index is one digit, which the page's limits see to."""
    return f"w{below(i)}{below(j)}{above(k)}"


def below(index: int) -> str:
    """A lower index."""
    return str(index).translate(LOWER)


def above(layer: int) -> str:
    """An upper index, in parentheses."""
    return f"⁽{str(layer).translate(UPPER)}⁾"
