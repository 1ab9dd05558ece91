"""Comparing sets of results: which entries are surely apart, which answers lie inside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from manual_backprop.arithmetic.rounded import Rounded
from manual_backprop.oracle.admissible import AdmissibleSet

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

DOWN = 1 - 2.0**-51
"""Makes a computed distance one that is surely reached."""


def arrays_of(sets: AdmissibleSet) -> list[Rounded]:
    """The arrays of a set in one list: weights, then biases."""
    return [*sets.weights, *sets.biases]


def outside(allowed: Rounded, given: Floats, slack: Floats | float = 1.0) -> Truths:
    """Which entries are surely outside; the bound may be wider by a factor. nan is not outside."""
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(given - allowed.midpoint) * DOWN > allowed.radius * slack)


def apart(one: Rounded, other: Rounded) -> Truths:
    """Which entries of two sets of one shape have surely no number in common."""
    with np.errstate(all="ignore"):
        distance = np.abs(one.midpoint - other.midpoint) * DOWN
        return np.asarray(distance > one.radius + other.radius)


def all_inside(sets: AdmissibleSet, answer: Sequence[Floats]) -> bool:
    """Whether every entry of an answer is in its set: finite, unless nothing is known of it."""
    pairs = zip(arrays_of(sets), answer, strict=True)
    return all(
        bool(np.all((np.isfinite(given) & ~outside(each, given)) | np.isinf(each.radius)))
        for each, given in pairs
    )
