"""The point of differentiation: every p, x, f', ∇L of a problem, exactly or as balls.

Exact rationals where the problem has them and they are short enough to be read; else balls, which
hold the true values and write the digits that are certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from conformance.worked.conversion import in_fractions
from conformance.worked.taken import (
    Corner,
    TakenActivation,
    corner_of_loss,
    corner_of_unit,
    taken_loss_gradient,
)
from conformance.worked.written import Number, is_short
from manual_backprop import Problem
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arrays import Array
from manual_backprop.forward import pre_activation
from manual_backprop.oracle.on_balls import BallLayer

MOST_PRODUCTS = 100_000
"""Multiply-adds of a forward pass that exact rationals are tried for: a second or so."""


@dataclass(frozen=True, eq=False)
class Point:
    """Everything that the derivation names, of each sample, indexed as in its equations.

    Arrays are NumPy's, of Fractions, or `Balls`.

    Attributes:
        problem: what is differentiated.
        W: W_m, m = 0..N−1.
        b: b^(m), None for none.
        p: p^(m), m = 0..N, shape (S, l_m); p^(0) is the input.
        x: x^(m), likewise.
        slope: f_m'(p^(m)) at index m = 1..N; None at 0.
        loss_gradient: ∇L of each sample's own loss, without the 1/S of a mean, shape (S, l_N).
        corners: the units on a kink.
        bits: the precision of the balls; None where everything is exact.
    """

    problem: Problem
    W: tuple[Any, ...]
    b: tuple[Any, ...]
    p: tuple[Any, ...]
    x: tuple[Any, ...]
    slope: tuple[Any, ...]
    loss_gradient: Any
    corners: tuple[Corner, ...]
    bits: int | None

    @property
    def depth(self) -> int:
        """N."""
        return len(self.W)


def row(array: Any, index: int) -> list[Number]:
    """One row of a matrix, as a list of numbers.

    >>> row(Balls.exactly([[1.0, 2.0], [3.0, 4.0]], 64), 1)
    [3.00000000000000, 4.00000000000000]
    """
    if isinstance(array, Balls):
        return [array.matrix[index, j] for j in range(array.shape[-1])]
    return list(array[index])


# ── exactly ──


def exact_point(problem: Problem) -> Point | None:
    """The point in rational numbers; None where there are none, or they are too long to be read.

    >>> exact_point(Problem.random((2, 1), "square", dtype=object)).p[1].shape
    (4, 1)
    >>> exact_point(Problem.random((2, 1), "tanh"))
    """
    if not is_rational(problem) or products(problem) > MOST_PRODUCTS:
        return None
    exact = in_fractions(problem)
    p, x = [exact.inputs], [exact.inputs]
    for layer in exact.network.layers:
        p.append(pre_activation(layer, x[-1]))
        x.append(layer.activation.value(p[-1]))
        if not all(map(is_short, [*p[-1].flat, *x[-1].flat])):
            return None  # here and not at the end: 40 squares in a row have no end
    layers = exact.network.layers
    return Point(
        exact,
        tuple(layer.weights for layer in layers),
        tuple(layer.biases for layer in layers),
        tuple(p),
        tuple(x),
        (None, *(layer.activation.derivative(q) for layer, q in zip(layers, p[1:], strict=True))),
        exact.loss.gradient(x[-1], exact.targets),
        tuple(_corners(exact, p, x[-1])),
        None,
    )


def is_rational(problem: Problem) -> bool:
    """Whether activations and loss map rationals to rationals."""
    layers = problem.network.layers
    return problem.loss.rational and all(layer.activation.rational for layer in layers)


def products(problem: Problem) -> int:
    """Multiply-adds of a forward pass over all samples."""
    return problem.samples * sum(a * b for a, b in pairwise(problem.network.widths))


def _corners(problem: Problem, p: Sequence[Array], outputs: Array) -> Iterator[Corner]:
    """The units on a kink: layer by layer, then those of the loss."""
    for m, layer in enumerate(problem.network.layers, start=1):
        for (s, u), each in np.ndenumerate(p[m]):
            if corner := corner_of_unit(layer.activation, each, (s, m, u)):
                yield corner
    for (s, u), each in np.ndenumerate(outputs):
        y = problem.targets[s, u]
        if corner := corner_of_loss(problem.loss, each, y, (s, len(p), u)):
            yield corner


# ── as balls ──


def ball_point(problem: Problem, bits: int) -> Point:
    """The point in ball arithmetic.

    >>> ball_point(Problem.random((2, 1), "tanh"), bits=64).slope[1].shape
    (4, 1)
    """
    layers: list[BallLayer] = []
    corners: list[Corner] = []
    for m, layer in enumerate(problem.network.layers, start=1):
        biases = None if layer.biases is None else Balls.exactly(layer.biases, bits)
        taken = TakenActivation(layer.activation, layer=m, corners=corners)
        layers.append(BallLayer(Balls.exactly(layer.weights, bits), biases, taken))
    p, x, slope = [Balls.exactly(problem.inputs, bits)], [Balls.exactly(problem.inputs, bits)], []
    for lifted in layers:
        p.append(pre_activation(lifted, x[-1]))
        x.append(lifted.activation.value(p[-1]))
        slope.append(lifted.activation.derivative(p[-1]))
    loss_gradient, of_loss = taken_loss_gradient(problem.loss, x[-1], problem.targets, len(p))
    return Point(
        problem,
        tuple(layer.weights for layer in layers),
        tuple(layer.biases for layer in layers),
        tuple(p),
        tuple(x),
        (None, *slope),
        loss_gradient,
        (*corners, *of_loss),
        bits,
    )
