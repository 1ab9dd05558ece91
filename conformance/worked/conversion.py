"""A problem in rationals, and one in floats: the same numbers, exactly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from manual_backprop import Layer, Network, Problem
from manual_backprop.arrays import Array


def in_fractions(problem: Problem) -> Problem:
    """The same problem, its numbers as exact rationals.

    >>> in_fractions(Problem(Network([Layer([[0.5]])]), [0.25], [1.0])).inputs
    array([[Fraction(1, 4)]], dtype=object)
    """
    return _converted(problem, _fractions)


def in_floats(problem: Problem) -> Problem:
    """The same problem in float64, which holds k/2ⁿ exactly.

    >>> half = Problem(Network([Layer([[Fraction(1, 2)]])]), [Fraction(1)], [Fraction(1, 4)])
    >>> in_floats(half).targets
    array([[0.25]])
    """
    return _converted(problem, lambda array: np.asarray(array, float))


def _converted(problem: Problem, convert: Callable[[Array], Array]) -> Problem:
    """The problem with each of its arrays converted."""
    layers = [
        Layer(
            convert(layer.weights),
            None if layer.biases is None else convert(layer.biases),
            layer.activation,
        )
        for layer in problem.network.layers
    ]
    inputs, targets = convert(problem.inputs), convert(problem.targets)
    return Problem(Network(layers), inputs, targets, problem.loss, problem.reduction)


def _fractions(array: Array) -> Array:
    """The array's exact values."""
    exact = np.empty(array.shape, dtype=object)
    for index, each in np.ndenumerate(array):
        exact[index] = Fraction(*each.as_integer_ratio())
    return exact
