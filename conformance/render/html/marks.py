"""Which entries of a gradient are wrong, as drawings mark them, and what of a network is drawn.

Drawings are small, networks need not be: what is wrong is drawn first, then whatever comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from manual_backprop import Problem
from manual_backprop.oracle.verdict import ArrayVerdict, Judgement, Verdict

LAYERS = 8
"""Layers that are drawn of a deeper network."""

Index = tuple[int, ...]
Word = Literal["fine", "undecided", "wrong", "unknown"]


@dataclass(frozen=True, eq=False)
class Marks:
    """The verdicts on one gradient, for drawings.

    Attributes:
        problem: whose gradient it is.
        judgement: of it; None if there was no result to judge.
    """

    problem: Problem
    judgement: Judgement | None

    def array(self, name: str, layer: int) -> ArrayVerdict | None:
        """The verdict on "weights" or "biases" of a layer; None if it has no entries to judge."""
        arrays = self.judgement.arrays if self.judgement else ()
        own = (each for each in arrays if (each.name, each.layer) == (name, layer))
        return next((each for each in own if each.given.size), None)

    def verdict(self, name: str, layer: int, index: Index) -> Verdict | None:
        """On one entry; None if it was not judged."""
        array = self.array(name, layer)
        return None if array is None else array.verdicts[index]

    def wrong(self, name: str, layer: int) -> list[Index]:
        """The entries of one array that are findings, in order."""
        array = self.array(name, layer)
        if array is None:
            return []
        is_wrong = np.isin(array.verdicts.astype(str), FINDINGS)
        return [tuple(index) for index in np.argwhere(is_wrong).tolist()]

    def rows(self, layer: int) -> list[int]:
        """Units of a layer with a weight or a bias that is wrong."""
        both = [*self.wrong("weights", layer), *self.wrong("biases", layer)]
        return [index[0] for index in both]

    def columns(self, layer: int) -> list[int]:
        """Units of the layer before, or inputs, from which a wrong weight leads."""
        return [index[1] for index in self.wrong("weights", layer)]

    def has_entries(self, layer: int) -> bool:
        """Whether anything of a layer was judged."""
        return any(self.array(name, layer) is not None for name in ARRAYS)

    @property
    def judged(self) -> Literal["none", "some", "all"]:
        """How many of the arrays were judged."""
        layers = range(self.problem.network.depth)
        found = {self.array(name, layer) is not None for layer in layers for name in ARRAYS}
        return "some" if len(found) == 2 else "all" if True in found else "none"

    def layers(self) -> range:
        """The layers to draw: up to the one after the last that is wrong, where errors begin."""
        depth = self.problem.network.depth
        last = max((layer for layer in range(depth) if self.rows(layer)), default=0)
        first = max(0, min(last + 2, depth) - LAYERS)
        return range(first, min(first + LAYERS, depth))


ARRAYS = ("weights", "biases")
FINDINGS = [str(each) for each in Verdict if each.is_finding]


def chosen(count: int, wanted: Iterable[int], most: int) -> list[int]:
    """At most so many of 0, …, count − 1: those that are wanted first, then the lowest; in order.

    >>> chosen(9, [7, 2], 4)
    [0, 1, 2, 7]
    """
    return sorted(list(dict.fromkeys([*wanted, *range(count)]))[:most])


def word(verdict: Verdict | None) -> Word:
    """What an entry is drawn as, a CSS class too.

    >>> word(Verdict.NOT_FINITE), word(Verdict.CONFORMS), word(None)
    ('wrong', 'fine', 'unknown')
    """
    if verdict is None:
        return "unknown"
    if verdict.is_finding:
        return "wrong"
    return "fine" if verdict is Verdict.CONFORMS else "undecided"
