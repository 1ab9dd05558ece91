"""Enclosures: intervals that provably hold every entry of the true gradient.

The recursion of `backprop` runs unchanged on Arb balls; activations and losses enter by their
definitions (`oracle.on_balls`). Inputs count as the exact values of their dtype. What is trusted:
flint, and the chain rule as `backprop` writes it; the witness (`oracle.witness`) does without the
latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

from flint import arb

from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.precision import precision
from manual_backprop.backprop import backprop_in_blocks
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
from manual_backprop.oracle.witness import check_witness


@dataclass(frozen=True, eq=False)
class Enclosure(Gradients):
    """Balls that hold the objective and its gradient: `Gradients` whose arrays are `Balls`.

    Attributes:
        bits: working precision.
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
        return forward(layers, Balls.exactly(self.problem.inputs, self.bits))

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
    problem: Problem, bits: int = 128, kink: Convention = "hull", witness: bool = False
) -> Enclosure:
    """Intervals that provably hold the objective and every entry of its gradient.

    Args:
        problem: of the catalogue, or with functions that state their definition; its numbers are
            taken as exact, whatever their dtype.
        bits: working precision, at least 2. Radii are about 2^−bits of the largest term.
        kink: at a breakpoint "hull" encloses every choice; "left", "right", "mean" and "zero"
            take one number (zero where the hull holds it, else left).
        witness: check the result against the power series of the objective along a random
            direction, and raise ArithmeticError if the two do not overlap.
    Returns:
        Enclosure. An entry beyond Arb's exponents has an infinite radius.
    Raises:
        ValueError: if a function has no definition, or bits or kink are not valid.
    Source: derivation, (5.1)–(5.5), in ball arithmetic.

    >>> from manual_backprop import Problem
    >>> e = enclose(Problem.random((2, 3, 1)), bits=128)
    >>> bool((e.weights[0].radius < 1e-16).all()), e.weights[0].shape
    (True, (3, 2))
    """
    _check_arguments(problem, bits, kink)
    kinks: list[Kink] = []
    numbered = _numbered(problem.network)
    layers = [ball_layer(layer, bits, k, kink, kinks) for k, layer in numbered]
    loss = BallLoss(problem.loss, kink, problem.network.depth, kinks)
    inputs = Balls.exactly(problem.inputs, bits)

    def objective(x: Balls) -> tuple[arb, Balls]:
        value, slope = loss.expanded(x, problem.targets)
        if problem.reduction == "sum":
            return value, slope
        with precision(bits):
            return value / problem.samples, slope / problem.samples

    value, x_bar, gradients = backprop_in_blocks(layers, inputs, objective)
    enclosure = Enclosure(
        value,
        tuple(weights for weights, _ in gradients),
        tuple(
            None if layer.biases is None else biases
            for layer, (_, biases) in zip(problem.network.layers, gradients, strict=True)
        ),
        lambda: x_bar()[0] if problem.one_sample else x_bar(),
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
    return BallLayer(
        Balls.exactly(layer.weights, bits),
        None if layer.biases is None else Balls.exactly(layer.biases, bits),
        BallActivation(layer.activation, kink, k, [] if kinks is None else kinks),
    )


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


def _stacked(rows: Sequence[Balls], bits: int) -> Balls:
    """Vectors as the rows of a matrix."""
    entries = [ball for row in rows for ball in row.entries]
    return Balls(type(rows[0].matrix)(len(rows), len(rows[0].entries), entries), bits)
