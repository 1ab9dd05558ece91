"""Enclosures: intervals that provably hold every entry of the true gradient.

The recursion of `backprop` runs unchanged on Arb balls; activations and losses enter by their
definitions (`oracle.on_balls`). Inputs count as the exact values of their dtype. What is trusted:
flint, and the chain rule as `backprop` writes it; the *witness* does without the latter. It carries
a power series along θ + t·v through the forward pass alone, and its first coefficient encloses
⟨∇L, v⟩: a derivation that shares no line with backpropagation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
from flint import arb, arb_series

from manual_backprop.arithmetic.balls import Balls, ball_of
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.series import (
    EVERYTHING,
    FUNCTIONS,
    active_pieces,
    coefficient,
    union,
)
from manual_backprop.arrays import Array
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
        value, slope = loss.value(x, problem.targets), loss.gradient(x, problem.targets)
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


# ── the witness: power series through the forward pass alone ──


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction v in the space of parameters, array by array like the weights and biases."""

    weights: tuple[Array, ...]
    biases: tuple[Any, ...]

    @classmethod
    def random(cls, network: Network, seed: int) -> Direction:
        """Dyadic numbers k/8, k from −8 to 8."""
        generator = np.random.default_rng(seed)

        def drawn(like: Array) -> Array:
            return generator.integers(-8, 9, like.shape) / 8

        return cls(
            tuple(drawn(layer.weights) for layer in network.layers),
            tuple(None if each.biases is None else drawn(each.biases) for each in network.layers),
        )


def directional_derivative(problem: Problem, v: Direction, bits: int = 128) -> arb:
    """⟨∇L, v⟩, enclosed by the power series of L(θ + t·v), with no derivative rule anywhere.

    Args:
        problem: as for `enclose`; at a kink the result is the hull over all pieces touched.
        v: the direction; a unit vector gives one entry.
        bits: working precision.

    >>> from manual_backprop import Problem
    >>> problem = Problem.random((2, 3, 1))
    >>> v = Direction.random(problem.network, seed=1)
    >>> directional_derivative(problem, v).overlaps(inner_product(enclose(problem), v))
    True
    """
    factor = problem.samples if problem.reduction == "mean" else 1
    with precision(bits):
        try:
            return coefficient(_series_objective(problem, v), 1) / factor
        except (ValueError, ZeroDivisionError):  # a divisor that may be 0: see series.slope
            return EVERYTHING


def _series_objective(problem: Problem, v: Direction) -> Any:
    """Σ_s L(x_s | y_s) as a power series in t."""
    total: Any = arb(0)
    for x, y in zip(problem.inputs, problem.targets, strict=True):
        outputs = _series_outputs(problem.network, v, [ball_of(each) for each in x])
        total = total + _series_loss(problem, outputs, [ball_of(each) for each in y])
    return total


def _series_outputs(network: Network, v: Direction, x: list[Any]) -> list[Any]:
    """x^(N) of one sample, each output a power series in t."""
    for layer, v_w, v_b in zip(network.layers, v.weights, v.biases, strict=True):
        p = [
            sum((_moving(w, dw) * each for w, dw, each in zip(row, d_row, x, strict=True)), arb(0))
            for row, d_row in zip(layer.weights, v_w, strict=True)
        ]
        if layer.biases is not None:
            p = [each + _moving(b, db) for each, b, db in zip(p, layer.biases, v_b, strict=True)]
        x = [_series_value(each, layer.activation) for each in p]
    return x


def _moving(value: Any, speed: Any) -> arb_series:
    """value + t·speed."""
    return arb_series([ball_of(value), ball_of(speed)], 2)


def _series_value(p: Any, function: Any) -> Any:
    """The activation of a series: over every piece that its constant term touches."""
    touched = active_pieces(coefficient(p, 0), function.breakpoints)
    return _union_series([function.pieces[k](p, FUNCTIONS) for k in touched])


def _series_loss(problem: Problem, x: list[Any], y: list[arb]) -> Any:
    loss = problem.loss
    if loss.whole is not None:
        return loss.whole(x, y, FUNCTIONS)
    assert loss.argument is not None
    total: Any = arb(0)
    for output, target in zip(x, y, strict=True):
        t = loss.argument(output, target)
        touched = active_pieces(coefficient(t, 0), loss.breakpoints)
        total = total + _union_series([loss.pieces[k](t, target, FUNCTIONS) for k in touched])
    return total


def _union_series(series: list[Any]) -> Any:
    if len(series) == 1:
        return series[0]
    return arb_series([union([coefficient(each, k) for each in series]) for k in (0, 1)], 2)


def inner_product(gradient: Gradients, v: Direction) -> arb:
    """⟨∇L, v⟩ of an enclosure."""
    with precision(gradient.weights[0].bits):
        products = [g * d for g, d in zip(gradient.weights, v.weights, strict=True)]
        products += [g * d for g, d in zip(gradient.biases, v.biases, strict=True) if g is not None]
        return sum((ball for each in products for ball in each.entries), arb(0))


def check_witness(enclosure: Enclosure, seed: int = 0) -> None:
    """Raise ArithmeticError unless the enclosure and the power series overlap.

    >>> from manual_backprop import Problem
    >>> check_witness(enclose(Problem.random((2, 3, 1))))
    """
    v = Direction.random(enclosure.problem.network, seed)
    expected = directional_derivative(enclosure.problem, v, enclosure.bits)
    found = inner_product(enclosure, v)
    if expected.is_finite() and found.is_finite() and not expected.overlaps(found):
        raise ArithmeticError(
            f"the enclosure gives ⟨∇L, v⟩ = {found}, the power series of the objective {expected}: "
            "one of them is wrong; please report this problem"
        )
