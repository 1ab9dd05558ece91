"""The bare products by NumPy's BLAS, into memory that is there already."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.speed.contenders.operands import Layout, faster, operands
from manual_backprop import Problem


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that does all products, none of which waits for another."""

    def make(layout: Layout) -> Callable[[], object]:
        work = [(a, b, a @ b) for a, b in operands(problem, layout)]

        def products() -> None:
            for a, b, out in work:
                np.dot(a, b, out)

        return products

    return faster(make)
