"""The recursion of one entry as a tree of terms, (3.1) to (3.4), with symbols and numbers.

The root is the derivative; below it stands each sample, below that base case, steps and end in the
order in which they are computed, below those each unit's sum, and below that its terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from conformance.numbers import plural
from conformance.worked.document import Node, Pieces
from conformance.worked.entry import Entry
from conformance.worked.limits import Limits, ends_of
from conformance.worked.notation import (
    Derivative,
    Formula,
    Group,
    Joined,
    Num,
    Row,
    Sigma,
    Slope,
    Sym,
    equal,
    product,
    side_by_side,
    total,
)
from conformance.worked.point import Point, row
from conformance.worked.written import Number
from manual_backprop.arithmetic.precision import precision


@dataclass(frozen=True, eq=False)
class Recursion:
    """The recursion of one entry, evaluated.

    Attributes:
        at: where.
        entry: the parameter θ.
        tangents: ṗ^(m) at index m = k+1..N, shape (S, l_m); None before.
        ends: ∂L_s/∂θ of each sample, a list of S numbers.
        value: ∂L/∂θ, their sum or mean.
    """

    at: Point
    entry: Entry
    tangents: tuple[Any, ...]
    ends: list[Number]
    value: Number


def recursion(at: Point, entry: Entry) -> Recursion:
    """(3.1) or (3.2), (3.3), (3.4), (1.2), on all samples at once.

    >>> from conformance.worked.point import exact_point
    >>> from manual_backprop import Layer, Network, Problem
    >>> problem = Problem(Network([Layer([[1.0]], None, "square")] * 3), [2.0], [255.0])
    >>> str(recursion(exact_point(problem), Entry(0, 0, 0)).value)
    '2048'
    """
    tangents = [base(at, entry)]
    for m in range(entry.k + 1, at.depth):
        tangents.append((at.slope[m] * tangents[-1]) @ at.W[m].T)
    ends = (at.loss_gradient * (at.slope[-1] * tangents[-1])).sum(axis=1)
    numbers = list(ends) if isinstance(ends, np.ndarray) else ends.entries
    with precision(at.bits or 53):
        value = sum(numbers)
        if at.problem.reduction == "mean":
            value = value / at.problem.samples
    return Recursion(at, entry, (*[None] * (entry.k + 1), *tangents), numbers, value)


def base(at: Point, entry: Entry) -> Any:
    """x_j^(k) e_i, or e_i for a bias, of each sample, shape (S, l_{k+1})           (3.1), (3.2)."""
    e = np.eye(at.problem.network.widths[entry.k + 1], dtype=object)[entry.i : entry.i + 1]
    if entry.j is None:
        return np.full((at.problem.samples, 1), 1, dtype=object) * e
    return at.x[entry.k][:, entry.j : entry.j + 1] * e


# ── the tree ──


def tree(of: Recursion, most: Limits) -> Node:
    """The tree, of which a large one is shown in part."""
    with precision(of.at.bits or 53):
        samples = of.at.problem.samples
        if samples == 1:
            return _sample(of, 0, most, alone=True)
        shown = range(min(samples, most.samples))
        branches = [_sample(of, s, most) for s in shown]
        return Node(*_root(of, len(shown)), (*branches, *_other_samples(of, len(shown))))


def _root(of: Recursion, shown: int) -> tuple[Pieces, str]:
    """∂L/∂θ = 1/S · (∂L_0/∂θ + ∂L_1/∂θ + …)                                               (1.2)."""
    samples, reduction = of.at.problem.samples, of.at.problem.reduction
    sum_of_ends = total([*of.ends[:shown], *_together(of.ends[shown:])])
    symbols: Formula = Sigma("s", Derivative(of.entry.symbol, "s"))
    if reduction == "mean":
        share = Num(Fraction(1, samples))
        sum_of_ends = Joined("·", (share, Group(sum_of_ends)))
        symbols = Joined("·", (share, symbols))
    sides = equal(Derivative(of.entry.symbol), symbols, sum_of_ends, Num(of.value))
    return (f"{reduction} over {samples} samples: ", sides), "(1.2)"


def _other_samples(of: Recursion, shown: int) -> Iterator[Node]:
    """The samples that are not shown, in one line."""
    yield from _rest("sample", of.ends[shown:])


def _sample(of: Recursion, s: int, most: Limits, alone: bool = False) -> Node:
    """One sample: forward pass, base case, steps, end."""
    name = Derivative(of.entry.symbol, None if alone else s)
    words = "one sample" if alone else f"sample {s}"
    children = (_forward(of, s, most), _base(of, s), *_steps(of, s, most), _end(of, s, most, name))
    return Node((f"{words}: ", equal(name, Num(of.ends[s]))), "", children)


def _forward(of: Recursion, s: int, most: Limits) -> Node:
    """What the forward pass found: p^(m), x^(m), f_m'(p^(m)) of each layer, and ∇L."""
    at = of.at
    head, tail, left_out = ends_of(range(1, at.depth + 1), most.layers)
    inputs = Node((_vector(Sym("x", (), 0), row(at.x[0], s), most),))
    gap = [Node((f"… {plural(left_out, 'more layer')}",))] if left_out else []
    loss = Node((_vector(Sym("∇L"), row(at.loss_gradient, s), most),))
    layers = [[_layer(at, s, m, most) for m in part] for part in (head, tail)]
    return Node(("forward pass",), "(1.1)", (inputs, *layers[0], *gap, *layers[1], loss))


def _layer(at: Point, s: int, m: int, most: Limits) -> Node:
    vectors = (
        _vector(Sym("p", (), m), row(at.p[m], s), most),
        _vector(Sym("x", (), m), row(at.x[m], s), most),
        _vector(Slope(m), row(at.slope[m], s), most),
    )
    name = at.problem.network.layers[m - 1].activation.name
    return Node((vectors[0], ", ", vectors[1], ", ", vectors[2], f"  [{name}]"))


def _vector(name: Formula, entries: Sequence[Number], most: Limits) -> Formula:
    shown = tuple(map(Num, entries[: most.units]))
    return equal(name, Row(shown, len(entries) - len(shown)))


def _base(of: Recursion, s: int) -> Node:
    """ṗ^(k+1), which has one entry that is not 0."""
    k, i, j = of.entry.k, of.entry.i, of.entry.j
    e, value = Sym("e", (i,)), Num(row(of.tangents[k + 1], s)[i])
    whole, own = Sym("p", (), k + 1, dot=True), Sym("p", (i,), k + 1, dot=True)
    others = ", and 0 elsewhere" if of.at.problem.network.widths[k + 1] > 1 else ""
    if j is None:
        return Node(("base case: ", equal(whole, e), "; ", equal(own, value), others), "(3.2)")
    x = Sym("x", (j,), k)
    pieces = ("base case: ", equal(whole, side_by_side(x, e)), "; ", equal(own, x, value), others)
    return Node(pieces, "(3.1)")


def _steps(of: Recursion, s: int, most: Limits) -> Iterator[Node]:
    """The steps (3.3), of many of them the first and the last."""
    head, tail, left_out = ends_of(range(of.entry.k + 1, of.at.depth), most.layers)
    yield from (_step(of, s, m, most) for m in head)
    if left_out:
        yield Node((f"… {plural(left_out, 'more step')} in the same way",), "(3.3)")
    yield from (_step(of, s, m, most) for m in tail)


def _step(of: Recursion, s: int, m: int, most: Limits) -> Node:
    """ṗ^(m+1) = W_m (f_m'(p^(m)) ∘ ṗ^(m))                                                 (3.3)."""
    inside = Group(Joined("∘", (Slope(m), Sym("p", (), m, dot=True))))
    law = equal(Sym("p", (), m + 1, dot=True), side_by_side(Sym("W", (m,)), inside))
    units = of.at.problem.network.widths[m + 1]
    sums = [_unit(of, s, m, r, most) for r in range(min(units, most.units))]
    gap = [Node((f"… and {plural(units - len(sums), 'more unit')}",))] if units > len(sums) else []
    return Node((f"step m = {m}: ", law), "(3.3)", (*sums, *gap))


def _unit(of: Recursion, s: int, m: int, r: int, most: Limits) -> Node:
    """ṗ_r^(m+1) = Σ_v w_rv^(m) f_m'(p_v^(m)) ṗ_v^(m)."""
    numbers = zip(row(of.at.W[m], r), row(of.at.slope[m], s), row(of.tangents[m], s), strict=True)

    def symbols(v: int | str) -> Formula:
        w, p_dot = Sym("w", (r, v), m), Sym("p", (v,), m, dot=True)
        return side_by_side(w, Slope(m, (v,)), p_dot)

    only = of.entry.i if m == of.entry.k + 1 else None
    name, value = Sym("p", (r,), m + 1, dot=True), row(of.tangents[m + 1], s)[r]
    return _sum(name, "v", symbols, list(numbers), value, only, most)


def _end(of: Recursion, s: int, most: Limits, name: Formula) -> Node:
    """∂L/∂θ = Σ_u ∇L_u f_N'(p_u^(N)) ṗ_u^(N)                                              (3.4)."""
    at, N = of.at, of.at.depth
    arrays = (at.loss_gradient, at.slope[N], of.tangents[N])
    numbers = list(zip(*(row(each, s) for each in arrays), strict=True))

    def symbols(u: int | str) -> Formula:
        return side_by_side(Sym("∇L", (u,)), Slope(N, (u,)), Sym("p", (u,), N, dot=True))

    only = of.entry.i if of.entry.k + 1 == N else None
    node = _sum(name, "u", symbols, numbers, of.ends[s], only, most)
    return Node(("end: ", *node.pieces), "(3.4)", node.children)


# ── a sum of products ──


def _sum(
    name: Formula,
    letter: str,
    symbols: Any,
    factors: Sequence[Sequence[Number]],
    value: Number,
    only: int | None,
    most: Limits,
) -> Node:
    """A sum, its terms below it; a sum of one term, or with only one that is not 0, in one line.

    Args:
        name: of the sum.
        letter: of the index.
        symbols: the factors of a term, by the index.
        factors: the numbers, by the index.
        value: of the sum.
        only: the index of the only term that is not 0 by the base case.
        most: how many terms are shown.
    """
    if only is not None or len(factors) == 1:
        place = only or 0
        return Node((equal(name, symbols(place), product(factors[place]), Num(value)),))
    values = [a * b * c for a, b, c in factors]
    shown = range(min(len(values), most.terms))
    left_out = values[len(shown) :]
    added = total([*(values[v] for v in shown), *_together(left_out)])
    terms = [
        Node((f"{letter} = {v}: ", equal(symbols(v), product(factors[v]), Num(values[v]))))
        for v in shown
    ]
    head = equal(name, Sigma(letter, symbols(letter)), added, Num(value))
    return Node((head,), "", (*terms, *_rest("term", left_out)))


def _rest(noun: str, values: Sequence[Number]) -> Iterator[Node]:
    """What is left out, and what it comes to."""
    for together in _together(values):
        words = f"… and {plural(len(values), f'more {noun}')}, together "
        yield Node((words, Num(together)))


def _together(values: Sequence[Number]) -> list[Number]:
    """The sum of the values; nothing of none."""
    return [sum(values)] if values else []
