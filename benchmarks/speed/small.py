"""The small version, for every test run: ratios within one process that a slower gradient exceeds.

`gradient` alternates with what cannot regress: on small networks the textbook's version, on larger
ones the bare products. Of each the best of many calls counts, and of more where the ratio is too
high: other work on the machine only ever adds time, so with patience only a slower gradient fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.speed.contenders import CONTENDERS
from benchmarks.speed.ladder import LADDER, Case

ROUNDS = 20
PATIENCE = 500
"""Rounds that are enough, and that are given to a ratio beyond its bound."""

SECONDS = 0.002
"""Of a burst; at least one call."""


@dataclass(frozen=True)
class Bound:
    """A ratio that `gradient` keeps to.

    Attributes:
        case: the network.
        to: the contender that it is held against.
        usual: the ratio on the machines that it was measured on, the largest of them.
    """

    case: Case
    to: str
    usual: float

    @property
    def most(self) -> float:
        """Halfway, as a factor, to a gradient that takes twice as long."""
        return self.usual * 2**0.5


BOUNDS = (
    Bound(Case(LADDER[0], "float64", "tanh"), "textbook", 0.7),
    Bound(Case(LADDER[0], "float32", "relu"), "textbook", 0.6),
    Bound(Case(LADDER[1], "float64", "relu"), "textbook", 0.7),
    Bound(Case(LADDER[2], "float32", "tanh"), "textbook", 1.0),
    Bound(Case(LADDER[3], "float64", "relu"), "numpy_products", 1.2),
)


def ratio(bound: Bound, call: Callable[[], object] | None = None) -> float:
    """The time of `gradient`, or of another call, over that of what it is held against."""
    problem = bound.case.problem()
    calls = [call or CONTENDERS["gradient"].prepare(problem), CONTENDERS[bound.to].prepare(problem)]
    best = [float("inf")] * 2
    for done in range(1, PATIENCE + 1):
        best = [min(least, _best(each)) for least, each in zip(best, calls, strict=True)]
        if done >= ROUNDS and best[0] <= bound.most * best[1]:
            break
    return best[0] / best[1]


def _best(call: Callable[[], object]) -> float:
    """The best call of a burst."""
    end, best = time.perf_counter() + SECONDS, float("inf")
    while best == float("inf") or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def lines(ratios: list[float]) -> list[str]:
    """What was found, a line each."""
    return [
        f"{each.case.rung.name:<24}{each.case.kind:<14} over {each.to:<15}{found:6.2f}"
        f"   at most {each.most:.2f}{'' if found <= each.most else '   EXCEEDED'}"
        for each, found in zip(BOUNDS, ratios, strict=True)
    ]
