"""How much of a tree is shown: all of a small one, of a large one a screen or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from conformance.worked.entry import Entry
from manual_backprop import Problem

T = TypeVar("T")

MOST_LINES = 100
"""Of a tree; the last of `CHOICES` comes to about as many."""


@dataclass(frozen=True)
class Limits:
    """At most so many of each.

    Attributes:
        samples: branches.
        layers: layers of the forward pass, and steps.
        units: units of a layer, and entries of a vector.
        terms: terms of a sum.
    """

    samples: int
    layers: int
    units: int
    terms: int


EVERYTHING = Limits(10**9, 10**9, 10**9, 10**9)

CHOICES = (
    EVERYTHING,
    Limits(4, 8, 8, 8),
    Limits(3, 6, 6, 6),
    Limits(2, 6, 4, 4),
    Limits(1, 6, 4, 4),
    Limits(1, 4, 3, 3),
    Limits(1, 4, 2, 2),
)


def limits(problem: Problem, entry: Entry, decimals: bool = False) -> Limits:
    """The widest of `CHOICES` with which the tree is short enough.

    Args:
        problem: whose widths, depth and samples count.
        entry: the parameter.
        decimals: whether numbers are six digits long, so that most formulas take two lines.

    >>> limits(Problem.random((2, 3, 1), samples=1), Entry(0, 0, 0)) is EVERYTHING
    True
    >>> limits(Problem.random((50, 50, 50, 50)), Entry(0, 0, 0))
    Limits(samples=2, layers=6, units=4, terms=4)
    """
    most = MOST_LINES // 2 if decimals else MOST_LINES
    return next((each for each in CHOICES if lines(problem, entry, each) <= most), CHOICES[-1])


def lines(problem: Problem, entry: Entry, at_most: Limits) -> int:
    """About how many lines the tree has, if each formula takes one."""
    widths = [min(width, at_most.units) for width in problem.network.widths]
    terms = [min(width, at_most.terms) for width in problem.network.widths]
    depth, first = len(widths) - 1, entry.k + 1
    steps = [
        widths[m + 1] * (1 + terms[m]) if m > first else widths[m + 1] for m in range(first, depth)
    ]
    shown = sum(sorted(steps)[-at_most.layers :]) + terms[-1]
    forward = min(depth, at_most.layers)
    return min(problem.samples, at_most.samples) * (shown + forward + 5)


def ends_of(items: Sequence[T], most: int) -> tuple[Sequence[T], Sequence[T], int]:
    """The first of the items, the last of them, and how many between them are left out.

    >>> ends_of(range(10), 4), ends_of(range(3), 4)
    ((range(0, 2), range(8, 10), 6), (range(0, 3), range(3, 3), 0))
    """
    if len(items) <= most:
        return items, items[len(items) :], 0
    head, tail = (most + 1) // 2, most // 2
    return items[:head], items[len(items) - tail :], len(items) - most
