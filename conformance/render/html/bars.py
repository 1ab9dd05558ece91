"""The entries of a run by error / bound, counted in bars of powers of two."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.tally import BINS

BARS = 32
"""Bars at most, between the ends; over a wider range each takes several powers of two."""

BEYOND = 4
"""Powers of two beyond the bound that have a bar, if an empty one."""


@dataclass(frozen=True)
class Bar:
    """Entries with 2^low < error / bound ≤ 2^high.

    Attributes:
        low, high: powers of two; −∞ and ∞ at the ends of what is told apart.
        entries: how many.
    """

    low: float
    high: float
    entries: int

    @property
    def is_wrong(self) -> bool:
        """Whether it lies beyond the bound."""
        return self.low >= 0

    @property
    def range(self) -> str:
        """Its range, in words.

        >>> Bar(-3, -1, 5).range, Bar(-math.inf, -60, 5).range, Bar(59, math.inf, 5).range
        ('2⁻³ < error / bound ≤ 2⁻¹', 'error / bound ≤ 2⁻⁶⁰', '2⁵⁹ < error / bound')
        """
        low = "" if math.isinf(self.low) else f"{power(self.low)} < "
        high = "" if math.isinf(self.high) else f" ≤ {power(self.high)}"
        return f"{low}error / bound{high}"


def power(exponent: float) -> str:
    """A power of two; 1 by its name.

    >>> power(0), power(-12)
    ('1', '2⁻¹²')
    """
    raised = f"{exponent:.0f}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"2{raised}" if exponent else "1"


def bars(histogram: Mapping[int, int]) -> list[Bar]:
    """The bars, empty ones between them included; none if there is no entry.

    Args:
        histogram: entries by k, where 2^(k−1) < error / bound ≤ 2^k; the ends of `BINS` hold what
            is beyond.

    >>> [(bar.low, bar.high, bar.entries) for bar in bars({-2: 7, 0: 1, -60: 3})][:4]
    [(-inf, -60, 3), (-3, -2, 7), (-2, -1, 0), (-1, 0, 1)]
    """
    first, last = BINS[0], BINS[-1]
    filled = [k for k, entries in histogram.items() if entries]
    if not filled:
        return []
    inner = [k for k in filled if first < k < last]
    found = [Bar(-math.inf, first, histogram[first])] if first in filled else []
    found += _between(histogram, min([*inner, 0]), max([*inner, BEYOND]))
    if last in filled:
        found.append(Bar(last - 1, math.inf, histogram[last]))
    return found


def _between(histogram: Mapping[int, int], low: int, high: int) -> Iterator[Bar]:
    """Bars of one width from one power to another; the bound, 2^0, is always between two."""
    width = next(each for each in (1, 2, 4, 8) if (high - low) // each + 2 <= BARS)
    for start in range((low - 1) // width * width, high, width):
        inside = range(max(start, BINS[0]) + 1, min(start + width, BINS[-1] - 1) + 1)
        entries = sum(histogram.get(k, 0) for k in inside)
        yield Bar(inside[0] - 1, inside[-1], entries)
