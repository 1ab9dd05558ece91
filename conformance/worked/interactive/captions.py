"""What each step does, in formulas: one caption for each step and each sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.worked.document import Display
from conformance.worked.entry import Entry
from conformance.worked.interactive.view import View
from conformance.worked.notation import (
    Derivative,
    Formula,
    Group,
    Joined,
    Num,
    Row,
    Slope,
    Sym,
    Transposed,
    Value,
    equal,
    matrix,
    side_by_side,
)
from conformance.worked.symbols import W_, b_, delta_, p_, x_
from conformance.worked.written import Number


@dataclass(frozen=True)
class Caption:
    """One step.

    Attributes:
        title: what it does, in words.
        lines: the formulas.
    """

    title: str
    lines: tuple[Display, ...]


def captions(shown: View, s: int) -> list[Caption]:
    """The 2N + 2 steps in sample s: inputs, N layers, the loss, and N layers back.

    >>> from conformance.worked.interactive.decided import view
    >>> from manual_backprop import Problem
    >>> [each.title for each in captions(view(Problem.random((2, 3, 1)))[0], 0)][-1]
    'back to layer 1'
    """
    N = shown.at.depth
    onward = [_forward(shown, s, m) for m in range(1, N + 1)]
    return [
        _inputs(shown, s),
        *onward,
        _loss(shown, s),
        *(_back(shown, s, m) for m in range(N, 0, -1)),
    ]


def _inputs(shown: View, s: int) -> Caption:
    return Caption("the input", (Display(equal(x_(0), _vector(shown.x[0][s]))),))


def _forward(shown: View, s: int, m: int) -> Caption:
    """p^(m) = W x + b, x^(m) = f_m(p^(m))                                                 (1.1)."""
    layer = shown.problem.network.layers[m - 1]
    product: Formula = side_by_side(W_(m - 1), x_(m - 1))
    law = product if layer.biases is None else Joined("+", (product, b_(m - 1)))
    lines = (
        Display(equal(p_(m), law, _vector(shown.p[m][s])), "(1.1)"),
        Display(equal(x_(m), Value(m), _vector(shown.x[m][s])), "(1.1)"),
    )
    return Caption(f"forward to layer {m}, {layer.activation.name}", lines)


def _loss(shown: View, s: int) -> Caption:
    name = shown.problem.loss.name
    line = Display(equal(Sym("∇L"), _vector(shown.loss_gradient[s])))
    return Caption(f"the gradient of the loss, {name}", (line,))


def _back(shown: View, s: int, m: int) -> Caption:
    """δ^(m), then δ^(m) (x^(m−1))ᵀ                                      (5.1) or (5.2), (5.3)."""
    last = m == shown.at.depth
    behind: Formula = Sym("∇L") if last else Group(side_by_side(Transposed(W_(m)), delta_(m + 1)))
    law = Joined("∘", (Slope(m), behind))
    outer = side_by_side(delta_(m), Transposed(Group(x_(m - 1))))
    derivative = Derivative(W_(m - 1), s if shown.problem.samples > 1 else None)
    lines = (
        Display(equal(Slope(m), _vector(shown.slope[m][s]))),
        Display(equal(delta_(m), law, _vector(shown.delta[m][s])), "(5.1)" if last else "(5.2)"),
        Display(equal(derivative, outer, _outer(shown, m - 1, s)), "(5.3)"),
    )
    return Caption(f"back to layer {m}", lines)


def _vector(entries: Sequence[Number]) -> Formula:
    return Row(tuple(map(Num, entries)))


def _outer(shown: View, k: int, s: int) -> Formula:
    """The derivatives of W_k in one sample."""
    n_out, n_in = shown.problem.network.layers[k].weights.shape
    return matrix([[shown.of_sample(Entry(k, i, j), s) for j in range(n_in)] for i in range(n_out)])
