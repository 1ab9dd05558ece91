"""The matrix products that a gradient cannot do without: three a layer, two for the first.

They are the limit that its library sets. Which of two layouts a library is faster in, samples as
rows or as columns, depends on dtype and size; `faster` finds out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from manual_backprop import Problem

Layout = Literal["rows", "columns"]


def operands(problem: Problem, layout: Layout) -> Iterator[tuple[Any, Any]]:
    """The two factors of each product; with samples as columns, of its transpose."""
    rows = layout == "rows"
    x = problem.inputs
    for k, layer in enumerate(problem.network.layers):
        W = layer.weights
        p = np.asarray(x @ W.T, order="C" if rows else "F")
        yield (x, W.T) if rows else (W, x.T)
        yield p.T, x
        if k:
            yield (p, W) if rows else (W.T, p.T)
        x = np.tanh(p)


def faster(make: Callable[[Layout], Callable[[], object]]) -> Callable[[], object]:
    """The call in the layout that takes less time here, the best of a few."""
    layouts: tuple[Layout, Layout] = ("rows", "columns")
    calls = [make(layout) for layout in layouts]
    best = [min(_seconds(call) for _ in range(9)) for call in calls]
    return calls[best.index(min(best))]


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
