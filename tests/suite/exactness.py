"""Whether backpropagation in binary floating point rounds nothing, whatever the order of its sums.

Terms that are multiples of 2^−g, of which the magnitudes add up to at most 2^(p−g), have partial
sums of p bits at most, in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from manual_backprop import Problem
from manual_backprop.forward import forward


def rounds_nothing(problem: Problem, bits: int) -> bool:
    """Whether every sum and product of (1.1) and (5.1)–(5.3) has so many bits at most.

    Args:
        problem: on `Fraction`s.
        bits: of the significand.
    """
    return all(bool((size * grid <= 2**bits).all()) for size, grid in _steps(problem))


def _steps(problem: Problem) -> Iterator[tuple[Any, int]]:
    """Of each array that is computed: Σ|t| of its entries, and 2^g of their terms."""
    layers, trace = problem.network.layers, forward(problem.network, problem.inputs)
    ones = np.full((1, problem.samples), Fraction(1))
    for k, layer in enumerate(layers):
        biases = layer.weights[:, 0] * 0 if layer.biases is None else layer.biases
        yield _sum((trace.outputs[k], layer.weights.T), (ones.T, biases[None, :]))
        yield _product(trace.outputs[k + 1])
    x_bar = problem.loss.gradient(trace.outputs[-1], problem.targets)
    x_bar = x_bar / (problem.samples if problem.reduction == "mean" else 1)
    for k in range(len(layers) - 1, -1, -1):
        delta = layers[k].activation.derivative(trace.pre_activations[k + 1]) * x_bar
        x_bar = delta @ layers[k].weights
        yield _product(delta)
        yield _sum((delta.T, trace.outputs[k]))
        yield _sum((ones, delta))
        yield _sum((delta, layers[k].weights))


def _sum(*factors: tuple[Any, Any]) -> tuple[Any, int]:
    """Of a sum of matrix products."""
    size = sum(np.abs(a) @ np.abs(b) for a, b in factors)
    return size, max(_denominator(a) * _denominator(b) for a, b in factors)


def _product(array: Any) -> tuple[Any, int]:
    """Of numbers that are computed one by one: the bits of each count by themselves."""
    numerators = np.frompyfunc(lambda value: abs(value.numerator), 1, 1)(array)
    return numerators, _denominator(array) // min(_denominator(array), MOST)


MOST = 2**2048
"""More than the bits of any format; no binary number has a denominator that is no power of two."""


def _denominator(array: Any) -> int:
    """2^g, the largest; beyond every format if one is no power of two."""
    denominators = [value.denominator for value in array.flat]
    binary = all(each & (each - 1) == 0 for each in denominators)
    return max(denominators) if binary else MOST**2
