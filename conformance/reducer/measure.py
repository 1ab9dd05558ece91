"""How large a problem is: how many numbers, how complex its functions, how long its numbers."""

from __future__ import annotations

import numpy as np

from conformance.reducer.parts import Parts, parts_of
from conformance.vocabulary import PLAIN_LOSSES
from manual_backprop import Problem
from manual_backprop.arrays import Array

SIMPLEST = ("identity", "relu", "square", "tanh", "sigmoid")
"""Activations, simplest first; all others are alike. Losses likewise: `PLAIN_LOSSES`."""

IGNORES_TARGETS = "identity_sum"
"""The loss that is the same whatever the targets."""

Size = tuple[int, int, int]


def numbers_of(problem: Problem) -> int:
    """How many numbers a problem has: weights, biases, inputs, and targets unless they are ignored.

    >>> numbers_of(Problem.random((2, 1), samples=3))
    12
    >>> numbers_of(Problem.random((2, 1), samples=3, loss="identity_sum", biases=False))
    8
    """
    arrays = parts_of(problem).arrays
    counted = arrays[:-1] if problem.loss.name == IGNORES_TARGETS else arrays
    return sum(each.size for each in counted)


def size_of(problem: Problem) -> Size:
    """What the reducer makes smaller: numbers, complexity of the functions, binary digits.

    Three whole numbers ≥ 0, compared in this order, so a chain of ever smaller ones has an end.

    >>> from manual_backprop import Layer, Network
    >>> size_of(Problem(Network([Layer([[-0.75]], None, "relu")]), [1.0], loss="identity_sum"))
    (2, 1, 8)
    """
    parts = parts_of(problem)
    return numbers_of(problem), _complexity(parts), sum(digits(each) for each in parts.arrays)


def _complexity(parts: Parts) -> int:
    """The ranks of all activations and of the loss, summed: 0 is the simplest."""
    ranks = [_rank(layer.activation.name, SIMPLEST) for layer in parts.layers]
    return sum(ranks) + _rank(parts.loss.name, PLAIN_LOSSES)


def _rank(name: str, simplest: tuple[str, ...]) -> int:
    return simplest.index(name) if name in simplest else len(simplest)


def digits(array: Array) -> int:
    """How long an array's numbers are in binary: all digits, the significant ones twice, and signs.

    All digits go from the highest, or that of the ones, to the lowest: 10000000000 has eleven, of
    which one is significant. 0 has none.

    >>> [digits(np.array([each])) for each in (0.0, 0.75, 2.0, -1.0, 1024.0)]
    [0, 5, 3, 3, 12]
    """
    fraction, exponent = np.frexp(array.astype(np.float64))
    whole = np.ldexp(fraction, 53).astype(np.int64)
    significant = 54 - np.frexp(whole & -whole)[1]
    written = np.maximum(exponent, 1) - np.minimum(exponent - significant, 0)
    return int(np.sum(written + significant + (array < 0), where=whole != 0))
