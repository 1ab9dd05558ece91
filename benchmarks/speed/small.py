"""The small version, for every test run: ratios within one process that slower code exceeds.

`gradient`, an enclosure and a judgement alternate with what cannot regress: the textbook's version
on small networks, the bare products on larger ones, by one thread. Of each the best of many calls
counts, and of more where the ratio is too high: other work on the machine only ever adds time, so
with patience only slower code fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flint import arb_mat
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.speed.contenders import CONTENDERS
from benchmarks.speed.contenders.operands import operands
from benchmarks.speed.ladder import LADDER, Case
from manual_backprop import Problem, gradient, judge
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle.enclosure import enclose

Call = Callable[[], object]

BITS = 106
"""Of the enclosure in Arb's balls."""

ROUNDS = 20
PATIENCE = 500
"""Rounds that are enough, and that are given to a ratio beyond its bound."""

SECONDS = 0.002
"""Of a burst; at least one call."""


@dataclass(frozen=True)
class Bound:
    """A ratio that something keeps to.

    Attributes:
        what: is timed, of `CALLS`.
        case: the network.
        to: what it is held against, likewise.
        usual: the ratio on the machines that it was measured on, the largest of them.
    """

    what: str
    case: Case
    to: str
    usual: float

    @property
    def most(self) -> float:
        """Halfway, as a factor, to what takes twice as long."""
        return self.usual * 2**0.5


def _arb_products(problem: Problem) -> Call:
    """The products that the gradient takes, of balls, by Arb."""
    pairs = [(arb_mat(a.tolist()), arb_mat(b.tolist())) for a, b in operands(problem, "rows")]

    def products() -> None:
        with precision(BITS):
            for a, b in pairs:
                a * b

    return products


CALLS: dict[str, Callable[[Problem], Call]] = {
    "gradient": CONTENDERS["gradient"].prepare,
    "textbook": CONTENDERS["textbook"].prepare,
    "products": CONTENDERS["numpy_products"].prepare,
    "float balls": lambda problem: partial(enclose, problem, bits=53),
    "Arb balls": lambda problem: partial(enclose, problem, bits=BITS),
    "Arb products": _arb_products,
    "judge": lambda problem: partial(judge, problem, gradient(problem)),
}
"""What is timed, or what that is held against: problem ↦ call."""

BOUNDS = (
    Bound("gradient", Case(LADDER[0], "float64", "tanh"), "textbook", 0.7),
    Bound("gradient", Case(LADDER[0], "float32", "relu"), "textbook", 0.6),
    Bound("gradient", Case(LADDER[1], "float64", "relu"), "textbook", 0.7),
    Bound("gradient", Case(LADDER[2], "float32", "tanh"), "textbook", 1.0),
    Bound("gradient", Case(LADDER[3], "float64", "relu"), "products", 1.2),
    Bound("judge", Case(LADDER[1], "float64", "tanh"), "textbook", 34.0),
    Bound("float balls", Case(LADDER[1], "float64", "tanh"), "textbook", 26.0),
    Bound("float balls", Case(LADDER[3], "float64", "tanh"), "textbook", 3.7),
    Bound("Arb balls", Case(LADDER[2], "float64", "tanh"), "Arb products", 2.7),
)


def ratio(bound: Bound, times: int = 1) -> float:
    """The time of so many calls over that of one of what it is held against."""
    problem = bound.case.problem()
    call, other = (CALLS[each](problem) for each in (bound.what, bound.to))
    calls: list[Call] = [call if times == 1 else lambda: [call() for _ in range(times)], other]
    best = [float("inf")] * 2
    with threadpool_limits(1):
        for done in range(1, PATIENCE + 1):
            best = [min(least, _best(each)) for least, each in zip(best, calls, strict=True)]
            if done >= ROUNDS and best[0] <= bound.most * best[1]:
                break
    return best[0] / best[1]


def _best(call: Call) -> float:
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
        f"{each.what:<12}{each.case.rung.name:<23}{each.case.kind:<13}/ {each.to:<12}{found:6.2f}"
        f"   at most {each.most:.2f}{'' if found <= each.most else '   EXCEEDED'}"
        for each, found in zip(BOUNDS, ratios, strict=True)
    ]
