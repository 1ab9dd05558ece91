"""Regimes of magnitudes: saturated units, tiny and huge numbers, sums that cancel, zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.drawing.numbers import Numbers, Source
from conformance.vocabulary import Architecture


def saturating(
    source: Source, numbers: Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """Weights and biases of one layer times 4 to 64: sigmoids in their tails."""
    k = source.randint(0, architecture.depth - 1)
    scale = 2.0 ** source.randint(2, 6)
    numbers.weights[k] = numbers.weights[k] * scale
    numbers.biases[k] = numbers.biases[k] * scale


def tiny(
    source: Source, numbers: Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """One layer, or the inputs, times 2^−s, as far as a quarter of the exponent range."""
    _scaled(source, numbers, architecture, -source.randint(4, np.finfo(dtype).maxexp // 4))


def huge(
    source: Source, numbers: Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """One layer, or the inputs, times 2^s, as far as an eighth of the exponent range."""
    _scaled(source, numbers, architecture, source.randint(4, max(5, np.finfo(dtype).maxexp // 8)))


def _scaled(source: Source, numbers: Numbers, architecture: Architecture, exponent: int) -> None:
    k = source.randint(-1, architecture.depth - 1)
    if k < 0:
        numbers.inputs = np.ldexp(numbers.inputs, exponent)
    else:
        numbers.weights[k] = np.ldexp(numbers.weights[k], exponent)


def cancelling(
    source: Source, numbers: Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """Twin units that differ by 2^−s, read with opposite weights: the sums almost cancel."""
    apart = 1 + 2.0 ** -source.randint(2, np.finfo(dtype).nmant)
    for k in range(architecture.depth - 1):
        if architecture.widths[k + 1] > 1:
            numbers.weights[k][1] = numbers.weights[k][0] * apart
            numbers.biases[k][1] = numbers.biases[k][0]
            numbers.weights[k + 1][:, 1] = -numbers.weights[k + 1][:, 0]


def zeros(
    source: Source, numbers: Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """One layer's weights 0: nothing reaches the layers before it."""
    k = source.randint(0, architecture.depth - 1)
    numbers.weights[k] = np.zeros_like(numbers.weights[k])
