"""From a problem to the arguments of a function under test, and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.backends.base import Array
from manual_backprop import Layer, Network, Problem


def as_problem(
    weights: Sequence[Array],
    biases: Sequence[Array],
    activations: Sequence[str],
    loss: str,
    inputs: Array,
    targets: Array,
) -> Problem:
    """The problem that the arguments of a function under test describe."""
    layers = [Layer(W, b, f) for W, b, f in zip(weights, biases, activations, strict=True)]
    return Problem(Network(layers), inputs, targets, loss, "mean")


def as_arguments(problem: Problem) -> tuple[Any, ...]:
    """The arguments of a function under test: fresh, writable, C-contiguous copies.

    A layer without biases comes as zeros.

    >>> weights, biases, activations, loss, inputs, targets = as_arguments(
    ...     Problem.random((2, 1), biases=False))
    >>> biases, activations, loss
    ([array([0.])], ['tanh'], 'half_squared_error')
    """
    layers = problem.network.layers
    return (
        [layer.weights.copy(order="C") for layer in layers],
        [
            np.zeros(len(layer.weights), problem.dtype)
            if layer.biases is None
            else layer.biases.copy(order="C")
            for layer in layers
        ],
        [layer.activation.name for layer in layers],
        problem.loss.name,
        problem.inputs.copy(order="C"),
        problem.targets.copy(order="C"),
    )
