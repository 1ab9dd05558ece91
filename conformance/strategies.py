"""Hypothesis strategies: an architecture from the pool, a regime, and the numbers.

A run draws its networks from a seed (`conformance.drawing`); Hypothesis draws and shrinks the same
ones, but what it draws depends on its version and on the modules that a program has loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from conformance.architectures import Architecture, pool
from conformance.drawing import REGIMES, Case, case_from


@dataclass(frozen=True)
class _Drawing:
    """Hypothesis as a source."""

    draw: st.DrawFn

    def choice(self, seq: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(seq))

    def randint(self, a: int, b: int) -> int:
        return self.draw(st.integers(a, b))

    def randbytes(self, n: int) -> bytes:
        """One draw for a whole layer: a draw for each number would take ten times as long."""
        return self.draw(st.binary(min_size=n, max_size=n))


@st.composite
def cases(
    draw: st.DrawFn,
    architectures: Sequence[Architecture] | None = None,
    dtype: Any = np.float64,
    regimes: Sequence[str] = REGIMES,
) -> Case:
    """Problems of the mean reduction, of every regime, simplest first.

    Args:
        draw: Hypothesis's.
        architectures: what to draw from, smallest first; `pool()` if None.
        dtype: float16, float32 or float64.
        regimes: which of `REGIMES`, simplest first.

    >>> from hypothesis import find
    >>> find(cases(), lambda case: True).architecture.widths
    (1, 1)
    """
    source = _Drawing(draw)
    architecture = source.choice(_weighted(architectures or pool()))
    regime = source.choice([*regimes, *(["plain"] * 3 if "plain" in regimes else [])])
    return case_from(source, architecture, regime, dtype)


def _weighted(architectures: Sequence[Architecture]) -> list[Architecture]:
    """The larger ones three times: the smallest are there to shrink to."""
    larger = [each for each in architectures if each.parameters > 4]
    return [*architectures, *larger, *larger]
