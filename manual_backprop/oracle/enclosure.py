"""Enclosures: intervals that provably hold every entry of the true gradient.

The recursion of `backprop` runs unchanged on Arb balls, or on float64 balls where a problem is
large; activations and losses enter by their definitions (`oracle.on_balls`, `on_float_balls`).
Inputs count as the exact values of their dtype. What is trusted: flint, for float64 balls IEEE 754
arithmetic and the BLAS, and the chain rule as `backprop` writes it; the witness (`oracle.witness`)
does without the latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from numbers import Integral
from typing import Any

import numpy as np
from flint import arb, arb_mat

from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.float_balls import FLOAT_BITS, FloatBalls
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arrays import Array
from manual_backprop.backprop import Cotangent, backprop_in_blocks
from manual_backprop.fast import keep_freed_memory
from manual_backprop.forward import Trace, forward
from manual_backprop.names import nearest
from manual_backprop.network import Gradients, Network, Problem
from manual_backprop.oracle.on_balls import (
    CONVENTIONS,
    BallActivation,
    BallLayer,
    BallLoss,
    Convention,
    Kink,
    needs_definition,
)
from manual_backprop.oracle.on_float_balls import FloatActivation, FloatLoss
from manual_backprop.oracle.witness import check_witness

LARGE = 2**28
"""Samples times weights beyond which float64 balls are the default."""


@dataclass(frozen=True, eq=False)
class Enclosure(Gradients):
    """Balls that hold the objective and its gradient: `Gradients` of `Balls` or `FloatBalls`.

    Attributes:
        bits: working precision; 53 for float64 balls.
        kinks: the units on a kink; where there are any and the convention is "hull", the balls
            hold what every choice in the hulls gives.
        problem: what was enclosed.
        convention: what was taken at a kink.
    """

    bits: int
    kinks: tuple[Kink, ...]
    problem: Problem
    convention: Convention = "hull"

    @cached_property
    def trace(self) -> Trace:
        """p^(k) and x^(k) as balls, computed when first read."""
        layers = [ball_layer(layer, self.bits, k) for k, layer in _numbered(self.problem.network)]
        with np.errstate(all="ignore"):
            return forward(layers, exactly(self.problem.inputs, self.bits))

    @cached_property
    def deltas(self) -> tuple[Balls | None, ...]:
        """δ^(m) = ∂L/∂p^(m) at index m = 1..N, shape (S, l_m), computed when first read.

        δ of one sample is the gradient at the biases, were that sample alone.
        """
        problem, factor = self.problem, 1
        if problem.reduction == "mean":
            factor = problem.samples
        rows = [
            _bias_gradients(problem, s, self.bits, self.convention) for s in range(problem.samples)
        ]
        layers = range(problem.network.depth)
        return (None, *(_stacked([row[k] for row in rows], self.bits) / factor for k in layers))


def enclose(
    problem: Problem,
    bits: int | None = None,
    kink: Convention = "hull",
    witness: bool = False,
) -> Enclosure:
    """Intervals that provably hold the objective and every entry of its gradient.

    Args:
        problem: of the catalogue, or with functions that state their definition; its numbers are
            taken as exact, whatever their dtype.
        bits: working precision, at least 2. Radii are about 2^−bits of the largest term, those of
            53 bits n times that for sums of n terms: they take float64 products of matrices, two
            or three for each of the gradient's, in place of Arb. None: 53 where samples times
            weights are more than 2^28, else 128.
        kink: at a breakpoint "hull" encloses every choice; "left", "right", "mean" and "zero"
            take one number (zero where the hull holds it, else left).
        witness: check the result against the power series of the objective along a random
            direction, and raise ArithmeticError if the two do not overlap.
    Returns:
        Enclosure. An entry beyond Arb's exponents, or float64's, has an infinite radius.
    Raises:
        ValueError: if a function has no definition, or bits or kink are not valid.
    Source: derivation, (5.1)–(5.5), in ball arithmetic.

    >>> from manual_backprop import Problem
    >>> e = enclose(Problem.random((2, 3, 1)), bits=128)
    >>> bool((e.weights[0].radius < 1e-16).all()), e.weights[0].shape
    (True, (3, 2))
    """
    bits = default_bits(problem) if bits is None else bits
    _check_arguments(problem, bits, kink)
    kinks: list[Kink] = []
    numbered = _numbered(problem.network)
    layers = [ball_layer(layer, bits, k, kink, kinks) for k, layer in numbered]
    keep_freed_memory()
    loss_of = FloatLoss if bits == FLOAT_BITS else BallLoss
    loss = loss_of(problem.loss, kink, problem.network.depth, kinks)

    def objective(x: Array) -> tuple[arb, Array]:
        value, slope = loss.expanded(x, problem.targets)
        if problem.reduction == "sum":
            return value, slope
        with precision(bits):
            return value / problem.samples, slope / problem.samples

    with np.errstate(all="ignore"):  # in float64 balls, overflow ends as an infinite radius
        inputs = exactly(problem.inputs, bits)
        value, x_bar, gradients = backprop_in_blocks(layers, inputs, objective)
    enclosure = Enclosure(
        value,
        tuple(weights for weights, _ in gradients),
        tuple(
            None if layer.biases is None else biases
            for layer, (_, biases) in zip(problem.network.layers, gradients, strict=True)
        ),
        partial(_inputs_gradient, x_bar, problem.one_sample),
        bits,
        tuple(kinks),
        problem,
        kink,
    )
    if witness:
        check_witness(enclosure)
    return enclosure


def ball_layer(
    layer: Any, bits: int, k: int, kink: Convention = "hull", kinks: list[Kink] | None = None
) -> BallLayer:
    """A layer lifted to balls."""
    activation = FloatActivation if bits == FLOAT_BITS else BallActivation
    return BallLayer(
        exactly(layer.weights, bits),
        None if layer.biases is None else exactly(layer.biases, bits),
        activation(layer.activation, kink, k, [] if kinks is None else kinks),
    )


def exactly(array: Array, bits: int) -> Array:
    """The exact values of an array as balls: of float64 at its 53 bits, else of Arb.

    >>> exactly(np.ones(2), 53)
    FloatBalls([1.0, 1.0] ± [0.0, 0.0])
    """
    return FloatBalls.exactly(array) if bits == FLOAT_BITS else Balls.exactly(array, bits)


def default_bits(problem: Problem) -> int:
    """The precision to enclose a problem with: 53 bits where Arb's 128 would take seconds.

    >>> default_bits(Problem.random((2, 3, 1)))
    128
    >>> default_bits(Problem.random((500, 500), samples=2000))
    53
    """
    connections = sum(layer.weights.size for layer in problem.network.layers)
    return FLOAT_BITS if problem.samples * connections > LARGE else 128


def _inputs_gradient(x_bar: Cotangent, one_sample: bool) -> Array:
    """∂L/∂x^(0), in the shape of the problem's inputs as they were given."""
    with np.errstate(all="ignore"):
        return x_bar()[0] if one_sample else x_bar()


def _numbered(network: Network) -> list[tuple[int, Any]]:
    return list(enumerate(network.layers))


def _check_arguments(problem: Problem, bits: int, kink: str) -> None:
    """Raise ValueError for what cannot be enclosed."""
    if not isinstance(bits, Integral) or not 2 <= bits <= 10**6:
        raise ValueError(f"bits is {bits!r}: a whole number from 2 to 1000000 fits, 128 is usual")
    if kink not in CONVENTIONS:
        raise ValueError(f"unknown kink {kink!r}: {nearest(kink, list(CONVENTIONS))}")
    if problem.samples == 0:
        raise ValueError("there are no samples to enclose: the gradient of an empty sum is 0")
    for layer in problem.network.layers:
        if not layer.activation.pieces:
            raise ValueError(needs_definition("activation", layer.activation.name))
    if problem.loss.whole is None and not problem.loss.pieces:
        raise ValueError(needs_definition("loss", problem.loss.name))


def _bias_gradients(problem: Problem, s: int, bits: int, kink: Convention) -> list[Balls]:
    """∂L/∂b^(k) of one sample alone, for each layer."""
    inputs, targets = problem.inputs[s : s + 1], problem.targets[s : s + 1]
    alone = Problem(problem.with_biases().network, inputs, targets, problem.loss, "sum")
    return list(enclose(alone, bits, kink).biases)


def _stacked(rows: Sequence[Array], bits: int) -> Balls:
    """Vectors as the rows of a matrix."""
    entries = [ball for row in rows for ball in row.entries]
    return Balls(arb_mat(len(rows), len(entries) // len(rows), entries), bits)
