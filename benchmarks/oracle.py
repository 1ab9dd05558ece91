"""What a proof costs: enclosing, judging and correct rounding, beside the plain gradient.

    python -m benchmarks.oracle [--ladder FILE.md]

Times are medians on this machine; what carries over to another are the ratios. The same recursion
runs in each arithmetic: float64, Arb balls, midpoint-radius sets, and mpmath's intervals. The
ladder goes up to ten million parameters (a quarter of an hour).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.intervals import mpmath_gradient
from benchmarks.oracle_ladder import ladder
from conformance.architectures import pool
from conformance.sampling import drawn
from manual_backprop import Gradients, Problem, enclose, gradient, judge

console = Console()


def median_ms(function: Callable[[], object], rounds: int) -> float:
    """Median milliseconds of a call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def enclosed_and_judged(problem: Problem, g: Gradients) -> object:
    """The verdict on a gradient, its truth enclosed first."""
    return judge(problem, g, truth=enclose(problem.with_biases()))


def small_networks(count: int = 200) -> None:
    """Networks of the suite, at most 4 layers of at most 8 units: each enclosed and judged."""
    small = [each for each in pool() if each.depth <= 4]
    problems = [case.problem for case in drawn(small, count, 0, "float64")]
    rows: dict[str, list[float]] = {"gradient": [], "enclose": [], "enclose and judge": []}
    for problem in problems:
        with np.errstate(all="ignore"):
            g = gradient(problem)
            rows["gradient"].append(median_ms(partial(gradient, problem), 3))
        rows["enclose"].append(median_ms(partial(enclose, problem), 3))
        rows["enclose and judge"].append(median_ms(partial(enclosed_and_judged, problem, g), 3))
    table = Table("small networks", "median ms", "95 % ms", box=None)
    for name, times in rows.items():
        low, high = np.quantile(times, (0.5, 0.95))
        table.add_row(name, f"{low:.2f}", f"{high:.2f}")
    console.print(table)


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ladder", type=Path, metavar="FILE.md", help="where the page goes")
    options = parser.parse_args()
    if options.ladder:
        options.ladder.write_text(ladder(), "utf-8")
    else:
        small_networks()
        against_mpmath()
