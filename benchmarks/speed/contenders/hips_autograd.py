"""HIPS autograd: `autograd.grad` of the loss, on NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import autograd.numpy as anp  # type: ignore[import-untyped]
from autograd import grad

from manual_backprop import Problem

FUNCTIONS: dict[str, Callable[[Any], Any]] = {"tanh": anp.tanh, "relu": lambda p: anp.maximum(p, 0)}


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that computes the gradient at every weight and bias."""
    parameters = [(each.weights, each.biases) for each in problem.network.layers]
    f = FUNCTIONS[problem.network.layers[0].activation.name]

    def loss(parameters: Any) -> Any:
        x = problem.inputs
        for W, b in parameters[:-1]:
            x = f(anp.dot(x, W.T) + b)
        W, b = parameters[-1]
        error = anp.dot(x, W.T) + b - problem.targets
        return anp.sum(error * error) / (2 * problem.samples)

    return partial(grad(loss), parameters)
