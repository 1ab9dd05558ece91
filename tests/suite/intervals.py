"""The gradient over every choice at kinks, by intervals of exact rationals (derivation, section 8).

Endpoints are `Fraction`s: no arithmetic is shared with the balls that the vectors were made with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from manual_backprop import Problem
from manual_backprop.activations import Breakpoint
from manual_backprop.forward import forward


@dataclass(frozen=True)
class Interval:
    """[low, high]."""

    low: Fraction
    high: Fraction

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Interval | Fraction) -> Interval:
        factors = (other.low, other.high) if isinstance(other, Interval) else (other,)
        products = [a * b for a in (self.low, self.high) for b in factors]
        return Interval(min(products), max(products))


def interval_gradient(problem: Problem) -> tuple[list[Any], list[Any]]:
    """Weights' and biases' gradients, object arrays of `Interval`, of a problem on `Fraction`s."""
    trace, loss = forward(problem.network, problem.inputs), problem.loss
    weights: list[Any] = []
    biases: list[Any] = []
    x, y = trace.outputs[-1], problem.targets
    assert loss.argument is not None
    inner = -y if loss.targets == "sign" else np.full_like(y, Fraction(1))  # ∂t/∂x
    x_bar = _slopes(loss.argument(x, y), loss.gradient(x, y), loss.breakpoints, inner)
    x_bar = x_bar * Fraction(1, problem.samples if problem.reduction == "mean" else 1)
    for k in range(problem.network.depth - 1, -1, -1):
        layer, p = problem.network.layers[k], trace.pre_activations[k + 1]
        f, ones = layer.activation, np.full_like(p, Fraction(1))
        delta = x_bar * _slopes(p, f.derivative(p), f.breakpoints, ones)
        weights.insert(0, delta.T @ trace.outputs[k])
        biases.insert(0, None if layer.biases is None else delta.sum(axis=0))
        x_bar = delta @ layer.weights
    return weights, biases


def _slopes(t: Any, slope: Any, breakpoints: Iterable[Breakpoint], inner: Any) -> Any:
    """The slope, and at a breakpoint the one-sided ones times the inner derivative."""
    sides = {each.at: (each.left, each.right) for each in breakpoints}
    hulls = np.empty(t.shape, dtype=object)
    for place, at in np.ndenumerate(t):
        ends = [each * inner[place] for each in sides.get(at, ())] or [slope[place]]
        hulls[place] = Interval(min(ends), max(ends))
    return hulls
