"""The recursion of one entry, (3.1) to (3.4), on all samples at once, in either arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.worked.entry import Entry
from conformance.worked.point import Point
from conformance.worked.written import Number
from manual_backprop.arithmetic.precision import precision


@dataclass(frozen=True, eq=False)
class Recursion:
    """The recursion of one entry, evaluated.

    Attributes:
        at: where.
        entry: the parameter θ.
        tangents: ṗ^(m) at index m = k+1..N, shape (S, l_m); None before.
        ends: ∂L_s/∂θ of each sample, a list of S numbers.
        value: ∂L/∂θ, their sum or mean.
    """

    at: Point
    entry: Entry
    tangents: tuple[Any, ...]
    ends: list[Number]
    value: Number


def recursion(at: Point, entry: Entry) -> Recursion:
    """(3.1) or (3.2), (3.3), (3.4), (1.2), on all samples at once.

    >>> from conformance.worked.point import exact_point
    >>> from manual_backprop import Layer, Network, Problem
    >>> problem = Problem(Network([Layer([[1.0]], None, "square")] * 3), [2.0], [255.0])
    >>> str(recursion(exact_point(problem), Entry(0, 0, 0)).value)
    '2048'
    """
    tangents = [base(at, entry)]
    for m in range(entry.k + 1, at.depth):
        tangents.append((at.slope[m] * tangents[-1]) @ at.W[m].T)
    ends = (at.loss_gradient * (at.slope[-1] * tangents[-1])).sum(axis=1)
    numbers = list(ends) if isinstance(ends, np.ndarray) else ends.entries
    with precision(at.bits or 53):
        value = sum(numbers)
        if at.problem.reduction == "mean":
            value = value / at.problem.samples
    return Recursion(at, entry, (*[None] * (entry.k + 1), *tangents), numbers, value)


def base(at: Point, entry: Entry) -> Any:
    """x_j^(k) e_i, or e_i for a bias, of each sample, shape (S, l_{k+1})           (3.1), (3.2)."""
    e = np.eye(at.problem.network.widths[entry.k + 1], dtype=object)[entry.i : entry.i + 1]
    if entry.j is None:
        return np.full((at.problem.samples, 1), 1, dtype=object) * e
    return at.x[entry.k][:, entry.j : entry.j + 1] * e
