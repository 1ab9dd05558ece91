"""The hull of the gradients that the choices at kinks give, by endpoints (derivation, section 8).

Arb rounds a radius to 30 bits, so that a ball around [0, 1] is 1e-9 wider; the two ends as balls of
their own stay exact where the numbers are. The forward pass has no choice and is the enclosure's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from flint import arb

from manual_backprop.activations import Activation
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle.enclosure import Enclosure
from manual_backprop.oracle.on_balls import BallActivation, BallLoss, Convention

SIDES: tuple[Convention, Convention] = ("left", "right")


@dataclass(frozen=True)
class Interval:
    """[low, high], each end a ball: from the lower end of one to the upper end of the other.

    >>> Interval(arb(0), arb(1)) * Interval(arb(-2), arb(3))
    Interval(low=-2.00000000000000, high=3.00000000000000)
    """

    low: arb
    high: arb

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Interval) -> Interval:
        products = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(reduce(arb.min, products), reduce(arb.max, products))


def hulls(enclosure: Enclosure) -> tuple[list[Any], list[Any]]:
    """Hulls of ∂L/∂W_k and ∂L/∂b^(k), object arrays of `Interval`, by (5.1)–(5.3).

    Args:
        enclosure: of a problem whose units on kinks sit exactly there.
    """
    problem, trace = enclosure.problem, enclosure.trace
    weights: list[Any] = []
    biases: list[Any] = []
    with precision(enclosure.bits):
        x_bar = _loss_slopes(enclosure)
        for k in range(problem.network.depth - 1, -1, -1):
            layer = problem.network.layers[k]
            p, x = trace.pre_activations[k + 1], trace.outputs[k]
            delta = x_bar * _slopes(layer.activation, p)
            weights.insert(0, delta.T @ _thin(x))
            biases.insert(0, delta.sum(axis=0))
            x_bar = delta @ _thin(Balls.exactly(layer.weights, enclosure.bits))
    return weights, biases


def _loss_slopes(enclosure: Enclosure) -> Any:
    """∇L of every sample, with the factor 1/S of the mean."""
    problem = enclosure.problem
    left, right = (
        BallLoss(problem.loss, side).gradient(enclosure.trace.outputs[-1], problem.targets)
        for side in SIDES
    )
    factor = arb(1) / (problem.samples if problem.reduction == "mean" else 1)
    return _between(left, right) * Interval(factor, factor)


def _slopes(activation: Activation, p: Balls) -> Any:
    """f' of every unit and sample."""
    left, right = (BallActivation(activation, side).derivative(p) for side in SIDES)
    return _between(left, right)


def _between(left: Balls, right: Balls) -> Any:
    pairs = zip(left.entries, right.entries, strict=True)
    return _array([Interval(a.min(b), a.max(b)) for a, b in pairs], left.shape)


def _thin(balls: Balls) -> Any:
    return _array([Interval(ball, ball) for ball in balls.entries], balls.shape)


def _array(intervals: list[Interval], shape: tuple[int, ...]) -> Any:
    array = np.empty(len(intervals), dtype=object)
    array[:] = intervals
    return array.reshape(shape)
