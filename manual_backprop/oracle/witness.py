"""The independent witness: ⟨∇L, v⟩ by power series through the forward pass alone.

Along θ + t·v each pre-activation, each output and the objective are power series in t, and the
coefficient of t of the objective is ⟨∇L, v⟩. Layers multiply series whose coefficients are
matrices, activations and losses put a series in place of a number in their plain formulas. No rule
of differentiation is written anywhere, and no line is shared with backpropagation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from flint import arb, arb_series

from manual_backprop.arithmetic.balls import Balls, ball_of
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.series import (
    EVERYTHING,
    FUNCTIONS,
    active_pieces,
    coefficient,
    places,
    union,
)
from manual_backprop.arrays import Array
from manual_backprop.network import Gradients, Layer, Network, Problem

if TYPE_CHECKING:
    from manual_backprop.oracle.enclosure import Enclosure


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction v in the space of parameters, array by array like the weights and biases."""

    weights: tuple[Array, ...]
    biases: tuple[Any, ...]

    @classmethod
    def random(cls, network: Network, seed: int) -> Direction:
        """Dyadic numbers k/8, k from −8 to 8."""
        generator = np.random.default_rng(seed)
        return cls._like(network, lambda shape: generator.integers(-8, 9, shape) / 8)

    @classmethod
    def unit(
        cls,
        network: Network,
        name: Literal["weights", "biases"],
        layer: int,
        place: tuple[int, ...],
    ) -> Direction:
        """e_i, 1 at one parameter and 0 elsewhere: ⟨∇L, e_i⟩ is that entry of the gradient.

        >>> Direction.unit(Network.random((2, 1)), "weights", layer=0, place=(0, 1)).weights
        (array([[0., 1.]]),)
        """
        v = cls._like(network, np.zeros)
        getattr(v, name)[layer][place] = 1
        return v

    @classmethod
    def _like(cls, network: Network, array: Callable[[tuple[int, ...]], Array]) -> Direction:
        """An array of each parameter's shape."""
        layers = network.layers
        return cls(
            tuple(array(each.weights.shape) for each in layers),
            tuple(None if each.biases is None else array(each.biases.shape) for each in layers),
        )


def check_witness(enclosure: Enclosure, seed: int = 0) -> None:
    """Raise ArithmeticError unless the enclosure and the power series overlap.

    >>> from manual_backprop import Problem, enclose
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


def inner_product(gradient: Gradients, v: Direction) -> arb:
    """⟨∇L, v⟩ of an enclosure."""
    with precision(gradient.weights[0].bits):
        products = [g * d for g, d in zip(gradient.weights, v.weights, strict=True)]
        products += [g * d for g, d in zip(gradient.biases, v.biases, strict=True) if g is not None]
        return sum((ball for each in products for ball in each.entries), arb(0))


def directional_derivative(problem: Problem, v: Direction, bits: int = 128) -> arb:
    """⟨∇L, v⟩, enclosed by the power series of L(θ + t·v), with no derivative rule anywhere.

    Args:
        problem: as for `enclose`; at a kink the result is the hull over all pieces touched.
        v: the direction; a unit vector gives one entry.
        bits: working precision.

    >>> from manual_backprop import Problem, enclose
    >>> problem = Problem.random((2, 3, 1))
    >>> v = Direction.random(problem.network, seed=1)
    >>> directional_derivative(problem, v).overlaps(inner_product(enclose(problem), v))
    True
    """
    factor = problem.samples if problem.reduction == "mean" else 1
    with precision(bits):
        try:
            return coefficient(_objective(problem, v, bits), 1) / factor
        except (ValueError, ZeroDivisionError):  # a divisor that may be 0: see series.coefficients
            return EVERYTHING


# ── the forward pass ──


@dataclass(frozen=True, eq=False)
class Series:
    """x + t·ẋ + O(t²), an array of power series, as the arrays of their coefficients.

    >>> x = Series.along([[2.0]], [[1.0]], bits=64)
    >>> (x @ x).entries
    [4.00000000000000 + 4.00000000000000*x + O(x^2)]
    """

    constant: Balls
    linear: Balls

    @classmethod
    def along(cls, start: Array, rate: Array, bits: int) -> Series:
        """start + t·rate, from the exact values of the two arrays."""
        return cls(Balls.exactly(start, bits), Balls.exactly(rate, bits))

    @property
    def T(self) -> Series:
        """The transpose."""
        return Series(self.constant.T, self.linear.T)

    @property
    def entries(self) -> list[arb_series]:
        """The series, row by row."""
        pairs = zip(self.constant.entries, self.linear.entries, strict=True)
        return [arb_series([*pair], 2) for pair in pairs]

    def __add__(self, other: Series) -> Series:
        return Series(self.constant + other.constant, self.linear + other.linear)

    def __matmul__(self, other: Series) -> Series:
        """The product of two polynomials in t, matrices their coefficients; t² is cut off."""
        linear = self.constant @ other.linear + self.linear @ other.constant
        return Series(self.constant @ other.constant, linear)

    def map(self, function: Callable[[arb_series], Any]) -> Series:
        """The function of each entry."""
        images = [function(each) for each in self.entries]
        constant = self.constant.with_entries([coefficient(each, 0) for each in images])
        return Series(constant, constant.with_entries([coefficient(each, 1) for each in images]))


def _objective(problem: Problem, v: Direction, bits: int) -> Any:
    """Σ_s L(x_s | y_s) as a power series in t."""
    x = Series.along(problem.inputs, np.zeros(problem.inputs.shape), bits)
    for k, layer in enumerate(problem.network.layers):
        x = _outputs(layer, v.weights[k], v.biases[k], x)
    entries, width = x.entries, problem.network.widths[-1]
    rows = [entries[start : start + width] for start in range(0, len(entries), width)]
    losses = [
        _loss(problem, outputs, [ball_of(each) for each in y])
        for outputs, y in zip(rows, problem.targets, strict=True)
    ]
    return sum(losses, arb(0))


def _outputs(layer: Layer, weights_rate: Array, biases_rate: Any, x: Series) -> Series:
    """f((W + t·Ẇ) x + (b + t·ḃ)), samples as rows."""
    bits, function = x.constant.bits, layer.activation
    with precision(bits):
        breaks = places(function.breakpoints)
    p = x @ Series.along(layer.weights, weights_rate, bits).T
    if layer.biases is not None:
        p = p + Series.along(layer.biases, biases_rate, bits)

    def value(z: arb_series) -> Any:
        touched = active_pieces(coefficient(z, 0), breaks)
        return _hull([function.pieces[k](z, FUNCTIONS) for k in touched])

    return p.map(value)


def _loss(problem: Problem, x: list[arb_series], y: list[arb]) -> Any:
    """L(x | y) of one sample as a power series."""
    loss = problem.loss
    if loss.whole is not None:
        return loss.whole(x, y, FUNCTIONS)
    assert loss.argument is not None
    total: Any = arb(0)
    breaks = places(loss.breakpoints)
    for output, target in zip(x, y, strict=True):
        t = loss.argument(output, target)
        touched = active_pieces(coefficient(t, 0), breaks)
        total = total + _hull([loss.pieces[k](t, target, FUNCTIONS) for k in touched])
    return total


def _hull(series: list[Any]) -> Any:
    """The series whose coefficients hold those of each of them."""
    if len(series) == 1:
        return series[0]
    return arb_series([union([coefficient(each, k) for each in series]) for k in (0, 1)], 2)
