"""Backpropagation as a textbook has it in NumPy: (5.1)–(5.4), 1 − x² for tanh', no care taken.

It is never to change: `small` measures regressions against it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from manual_backprop import Problem

FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "tanh": (np.tanh, lambda x: 1 - x * x),
    "relu": (lambda p: np.maximum(p, 0), lambda x: x > 0),
}
"""f, and f' as a function of x = f(p)."""


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that computes the loss, and its gradient at every weight and bias."""
    layers = [(each.weights, each.biases) for each in problem.network.layers]
    f, slope = FUNCTIONS[problem.network.layers[0].activation.name]

    def gradient() -> object:
        xs = [problem.inputs]
        for W, b in layers[:-1]:
            xs.append(f(xs[-1] @ W.T + b))
        W, b = layers[-1]
        delta = xs[-1] @ W.T + b - problem.targets
        loss = (delta**2).sum() / 2 / problem.samples
        delta = delta / problem.samples
        gradients = []
        for (W, _), x in zip(layers[:0:-1], xs[:0:-1], strict=True):
            gradients.append((delta.T @ x, delta.sum(axis=0)))
            delta = delta @ W * slope(x)
        gradients.append((delta.T @ xs[0], delta.sum(axis=0)))
        return loss, gradients[::-1]

    return gradient
