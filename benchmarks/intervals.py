"""The recursion on mpmath's intervals, as a peer of Arb's balls."""

from __future__ import annotations

from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np

from manual_backprop import Problem
from manual_backprop.backprop import backprop
from manual_backprop.oracle.on_balls import BallLayer


class IntervalTanh:
    """tanh and its derivative on arrays of mpmath's intervals, by exponentials."""

    def value(self, p: Any) -> Any:
        """(e^2p − 1) / (e^2p + 1)."""
        return np.vectorize(lambda x: 1 - 2 / (mpmath.iv.exp(2 * x) + 1), otypes=[object])(p)

    def derivative(self, p: Any) -> Any:
        """4 e^2p / (e^2p + 1)²."""
        return np.vectorize(
            lambda x: 4 * mpmath.iv.exp(2 * x) / (mpmath.iv.exp(2 * x) + 1) ** 2, otypes=[object]
        )(p)


def mpmath_gradient(problem: Problem) -> Any:
    """The same recursion on object arrays of mpmath's intervals, at 128 bits."""
    mpmath.iv.prec = 128
    lift = np.vectorize(mpmath.iv.mpf, otypes=[object])
    layers = [
        BallLayer(lift(each.weights), lift(each.biases), IntervalTanh())  # type: ignore[arg-type]
        for each in problem.network.layers
    ]
    targets = lift(problem.targets)
    return backprop(layers, lift(problem.inputs), lambda x: (None, (x - targets) / problem.samples))
