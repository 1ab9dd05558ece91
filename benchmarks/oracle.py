"""What a proof costs: enclosing, judging and correct rounding, beside the plain gradient.

    python -m benchmarks.oracle [--large]

Times are medians on this machine; what carries over to another are the ratios. The same recursion
runs in each arithmetic: float64, Arb balls, midpoint-radius sets, and mpmath's intervals.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from rich.console import Console
from rich.table import Table

from conformance.architectures import pool
from conformance.check import drawn
from manual_backprop import Problem, correctly_rounded, enclose, gradient, judge
from manual_backprop.backprop import backprop
from manual_backprop.oracle.certificate import certify
from manual_backprop.oracle.on_balls import BallLayer

console = Console()


def median_ms(function: Callable[[], object], rounds: int) -> float:
    """Median milliseconds of a call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def small_networks(count: int = 200) -> None:
    """Networks of the suite, at most 4 layers of at most 8 units: each enclosed and judged."""
    small = [each for each in pool() if each.depth <= 4]
    problems = [case.problem for case in drawn(small, count, 0, "float64")]
    rows: dict[str, list[float]] = {"gradient": [], "enclose": [], "enclose and judge": []}
    for problem in problems:
        with np.errstate(all="ignore"):
            g = gradient(problem)
            rows["gradient"].append(median_ms(lambda p=problem: gradient(p), 3))
        rows["enclose"].append(median_ms(lambda p=problem: enclose(p), 3))
        rows["enclose and judge"].append(
            median_ms(lambda p=problem, g=g: judge(p, g, truth=enclose(p.with_biases())), 3)
        )
    table = Table("small networks", "median ms", "95 % ms", box=None)
    for name, times in rows.items():
        low, high = np.quantile(times, (0.5, 0.95))
        table.add_row(name, f"{low:.2f}", f"{high:.2f}")
    console.print(table)


class IntervalTanh:
    """tanh and its derivative on arrays of mpmath's intervals, by exponentials."""

    def value(self, p: Any) -> Any:
        """(e^2p − 1) / (e^2p + 1)."""
        return np.vectorize(lambda x: 1 - 2 / (mpmath.iv.exp(2 * x) + 1), otypes=[object])(p)

    def derivative(self, p: Any) -> Any:
        """4 e^2p / (e^2p + 1)²."""
        return np.vectorize(
            lambda x: 4 * mpmath.iv.exp(2 * x) / (mpmath.iv.exp(2 * x) + 1) ** 2, otypes=[object]
        )(p)


def mpmath_gradient(problem: Problem) -> Any:
    """The same recursion on object arrays of mpmath's intervals, at 128 bits."""
    mpmath.iv.prec = 128
    lift = np.vectorize(mpmath.iv.mpf, otypes=[object])
    layers = [
        BallLayer(lift(each.weights), lift(each.biases), IntervalTanh())  # type: ignore[arg-type]
        for each in problem.network.layers
    ]
    targets = lift(problem.targets)
    return backprop(layers, lift(problem.inputs), lambda x: (None, (x - targets) / problem.samples))


def against_mpmath() -> None:
    """Arb balls and mpmath's intervals on one network that both can do."""
    problem = Problem.random((64, 96, 96, 10), "tanh", samples=16)
    balls = median_ms(lambda: enclose(problem, bits=128), 7)
    intervals = median_ms(lambda: mpmath_gradient(problem), 1)
    floats = median_ms(lambda: gradient(problem), 21)
    console.print(
        f"64-96-96-10 tanh, 16 samples: floats {floats:.2f} ms, Arb {balls:.1f} ms, "
        f"mpmath.iv {intervals:.0f} ms: mpmath / Arb = {intervals / balls:.0f}"
    )


def large_network() -> None:
    """784-512-512-10, 64 samples, 669,706 parameters: enclosed, rounded, certified."""
    problem = Problem.random((784, 512, 512, 10), "tanh", samples=64)
    floats = median_ms(lambda: gradient(problem), 5)
    for name, call in {
        "enclosed at 106 bits": lambda: enclose(problem, bits=106),
        "correctly rounded to float64": lambda: correctly_rounded(problem, bits=106),
        "certified, witness included": lambda: certify(problem),
    }.items():
        elapsed = median_ms(call, 3)
        console.print(
            f"784-512-512-10, 64 samples, {name}: {elapsed / 1e3:.2f} s, "
            f"{elapsed / floats:.0f} times the plain gradient"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    console.print(f"peak memory {peak:.2f} GiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 784-512-512-10 (a minute)")
    options = parser.parse_args()
    small_networks()
    against_mpmath()
    if options.large:
        large_network()
