"""The classic of coursework: (L(θ + h) − L(θ − h)) / 2h for each entry, relative error ≤ 1e-7.

h = 1e-5 and |a − n| / max(|a|, |n|) as in the notes of Stanford's CS231n, which call 1e-7 or less
"happy"; an entry whose two values are both 0 is passed.
"""

from __future__ import annotations

import numpy as np

from conformance.backends.base import Array, Backprop
from conformance.checkers.base import Checker, gradients_of, loss_of, parameters, silent
from manual_backprop import Problem

STEP, TOLERANCE = 1e-5, 1e-7


def checker() -> Checker:
    """Two-sided differences, entry by entry."""
    return Checker("two_sided", "", accepts)


def accepts(function: Backprop, problem: Problem) -> bool:
    """Whether every entry is within the tolerance."""
    found = gradients_of(function, problem)
    if found is None:
        return False
    with silent():
        return all(map(_close, found, differences(problem)))


def _close(analytic: Array, numeric: Array) -> bool:
    size = np.maximum(np.abs(analytic), np.abs(numeric))
    return bool(np.all(np.abs(analytic - numeric) <= TOLERANCE * size))  # nan is not


def differences(problem: Problem) -> list[Array]:
    """The numeric gradient, like `parameters`.

    >>> from manual_backprop import Layer, Network
    >>> problem = Problem(Network([Layer([[3.0]], [0.0])]), [2.0], loss="identity_sum")
    >>> [float(each.round(6).item()) for each in differences(problem)]
    [2.0, 1.0]
    """
    theta = parameters(problem)
    slopes = [np.empty_like(each) for each in theta]
    for array, slope in zip(theta, slopes, strict=True):
        for place in np.ndindex(array.shape):
            there = array[place]
            array[place] = there + STEP
            above = loss_of(problem, theta)
            array[place] = there - STEP
            slope[place] = (above - loss_of(problem, theta)) / (2 * STEP)
            array[place] = there
    return slopes
