"""The recursion of one entry as a tree of terms, (3.1) to (3.4), with symbols and numbers.

The root is the derivative; below it stands each sample, below that base case, steps and end in the
order in which they are computed, below those each unit's sum, and below that its terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from conformance.numbers import plural
from conformance.worked.document import Node, Pieces
from conformance.worked.limits import Limits, ends_of
from conformance.worked.notation import (
    Derivative,
    Formula,
    Group,
    Index,
    Joined,
    Num,
    Row,
    Sigma,
    Slope,
    Sym,
    equal,
    side_by_side,
    total,
)
from conformance.worked.point import Point, row
from conformance.worked.recursion import Recursion
from conformance.worked.sums import Products, rest, together
from conformance.worked.written import Number
from manual_backprop.arithmetic.precision import precision


def tree(of: Recursion, most: Limits) -> Node:
    """The tree, of which a large one is shown in part."""
    with precision(of.at.bits or 53):
        samples = of.at.problem.samples
        if samples == 1:
            return _sample(of, 0, most, alone=True)
        shown = min(samples, most.samples)
        branches = [_sample(of, s, most) for s in range(shown)]
        return Node(*_root(of, shown), (*branches, *rest("sample", of.ends[shown:])))


def _root(of: Recursion, shown: int) -> tuple[Pieces, str]:
    """∂L/∂θ = 1/S · (∂L_0/∂θ + ∂L_1/∂θ + …)                                               (1.2)."""
    samples, reduction = of.at.problem.samples, of.at.problem.reduction
    sum_of_ends = total([*of.ends[:shown], *together(of.ends[shown:])])
    symbols: Formula = Sigma("s", Derivative(of.entry.symbol, "s"))
    if reduction == "mean":
        share = Num(Fraction(1, samples))
        sum_of_ends = Joined("·", (share, Group(sum_of_ends)))
        symbols = Joined("·", (share, symbols))
    sides = equal(Derivative(of.entry.symbol), symbols, sum_of_ends, Num(of.value))
    return (f"{reduction} over {samples} samples: ", sides), "(1.2)"


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
    rows = (row(of.at.W[m], r), row(of.at.slope[m], s), row(of.tangents[m], s))

    def symbols(v: Index) -> Formula:
        w, p_dot = Sym("w", (r, v), m), Sym("p", (v,), m, dot=True)
        return side_by_side(w, Slope(m, (v,)), p_dot)

    only = of.entry.i if m == of.entry.k + 1 else None
    name, value = Sym("p", (r,), m + 1, dot=True), row(of.tangents[m + 1], s)[r]
    factors = list(zip(*rows, strict=True))
    return Products(name, "v", symbols, factors, value, only).node(most.terms)


def _end(of: Recursion, s: int, most: Limits, name: Formula) -> Node:
    """∂L/∂θ = Σ_u ∇L_u f_N'(p_u^(N)) ṗ_u^(N)                                              (3.4)."""
    at, N = of.at, of.at.depth
    rows = (row(each, s) for each in (at.loss_gradient, at.slope[N], of.tangents[N]))

    def symbols(u: Index) -> Formula:
        return side_by_side(Sym("∇L", (u,)), Slope(N, (u,)), Sym("p", (u,), N, dot=True))

    only = of.entry.i if of.entry.k + 1 == N else None
    factors = list(zip(*rows, strict=True))
    node = Products(name, "u", symbols, factors, of.ends[s], only).node(most.terms)
    return Node(("end: ", *node.pieces), "(3.4)", node.children)
