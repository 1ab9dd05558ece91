"""What a proof costs as networks grow to ten million parameters: time, and memory.

    python -m benchmarks.oracle --ladder FILE.md

Each measurement runs in a process of its own, with one thread, and they take turns. Times are CPU
time, medians over the turns, since others may be at work on the machine; memory is the peak above
what the process had taken with the problem built.
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from rich.console import Console

from benchmarks.intervals import mpmath_gradient
from benchmarks.speed.growth import exponent
from benchmarks.speed.ladder import Rung
from benchmarks.speed.machine import processor
from benchmarks.speed.processes import environment
from manual_backprop import Problem, correctly_rounded, enclose, gradient, judge
from manual_backprop.oracle.certificate import certify

LADDER = (
    Rung((16, 32, 32, 4), 16),
    Rung((64, 96, 96, 10), 16),
    Rung((256, 256, 256, 10), 64),
    Rung((784, 512, 512, 10), 64),
    Rung((784, 1024, 1024, 1024, 10), 64),
    Rung((784, 2048, 2048, 2048, 10), 64),
    Rung((784, 1024, 1024, 1024, 10), 256),
    Rung((1024,) * 7, 512),
)

TURNS = 3

ENOUGH = 2.0
"""Seconds after which a turn ends. Its first call, which fills tables, counts if it is the only."""

CONTENDERS: dict[str, Callable[[Problem], Callable[[], Any]]] = {
    "gradient": lambda problem: partial(gradient, problem),
    "float64 balls": lambda problem: partial(enclose, problem, bits=53),
    "judge": lambda problem: partial(judge, problem, gradient(problem)),
    "Arb, 106 bits": lambda problem: partial(enclose, problem, bits=106),
    "correctly rounded": lambda problem: partial(correctly_rounded, problem),
    "certify": lambda problem: partial(certify, problem),
    "mpmath.iv": lambda problem: partial(mpmath_gradient, problem),
}
"""What is timed of a problem: in front the plain gradient, which the others are compared with."""

FEASIBLE = {"Arb, 106 bits": 2e9, "correctly rounded": 2e9, "certify": 2e8, "mpmath.iv": 1e6}
"""Multiply-adds up to which a contender is asked: beyond, it takes minutes."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds of a call, and bytes at its peak."""

    seconds: float
    bytes: int


def parameters(rung: Rung) -> int:
    """Weights of the network."""
    return sum(a * b for a, b in pairwise(rung.widths))


def multiply_adds(rung: Rung) -> int:
    """Of the gradient's products: three a layer, two for the first, which passes nothing on."""
    return rung.samples * (3 * parameters(rung) - rung.widths[0] * rung.widths[1])


# ── one measurement, in a process of its own ──


def measured(rung: Rung, contender: str) -> Cost:
    """The median of the calls of one turn."""
    call = CONTENDERS[contender](Problem.random(rung.widths, "tanh", samples=rung.samples))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times: list[float] = []
    start = time.process_time()
    while not times or time.process_time() - start < ENOUGH:
        at = time.process_time()
        call()
        times.append(time.process_time() - at)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return Cost(statistics.median(times[1:] or times), 1024 * peak)


def in_a_process(place: int, contender: str) -> Cost:
    """The measurement of one rung and contender, with one thread."""
    command = [sys.executable, "-m", "benchmarks.oracle_ladder", str(place), contender]
    run = subprocess.run(command, env=environment(1), capture_output=True, check=True)
    return Cost(**json.loads(run.stdout))


# ── the ladder ──


def costs(place: int) -> dict[str, Cost]:
    """What each contender takes on one rung: medians over turns, in which they alternate."""
    asked = [
        name
        for name in CONTENDERS
        if multiply_adds(LADDER[place]) <= FEASIBLE.get(name, float("inf"))
    ]
    turns = [{name: in_a_process(place, name) for name in asked} for _ in range(TURNS)]
    return {
        name: Cost(
            statistics.median(turn[name].seconds for turn in turns),
            max(turn[name].bytes for turn in turns),
        )
        for name in asked
    }


def row(rung: Rung, found: dict[str, Cost]) -> str:
    """A line of the table: the gradient's time, then ratios to it and bytes a parameter."""
    base, count = found["gradient"].seconds, parameters(rung)
    cells = [f"{1e3 * base:.3g} ms"]
    for name in list(CONTENDERS)[1:]:
        each = found.get(name)
        shown = f"{each.seconds / base:,.3g} × · {each.bytes / count:.0f} B" if each else "—"
        cells.append(shown)
    numbers = f"{rung.name} | {count:,} | {multiply_adds(rung):,}"
    return f"| {numbers} | {' | '.join(cells)} |"


def growth(table: dict[Rung, dict[str, Cost]]) -> list[str]:
    """How time grows with multiply-adds and memory with parameters, from 100,000 parameters on."""
    lines = []
    for name in CONTENDERS:
        large = {r: t[name] for r, t in table.items() if name in t and parameters(r) > 1e5}
        if len(large) > 2:
            in_time = exponent(
                [multiply_adds(r) for r in large], [c.seconds for c in large.values()]
            )
            in_memory = exponent([parameters(r) for r in large], [c.bytes for c in large.values()])
            lines.append(
                f"- {name}: time ∝ multiply-adds^{in_time:.2f}, memory ∝ parameters^{in_memory:.2f}"
            )
    return lines


HEAD = """\
# What a proof costs

`python -m benchmarks.oracle --ladder` on {machine} ({processor}): fully connected tanh networks,
half squared error, float64, one thread, CPU time. Beside the plain gradient: enclosures in float64
balls (`bits=53`, what `enclose` takes for large problems) and in Arb, judging the plain gradient
(where its set holds 0 somewhere that takes an enclosure, too), correct rounding to float64, a
certificate with its witness, and the same recursion on mpmath's intervals. Each column has the time
as a multiple of the gradient's, and the memory at its peak in bytes a parameter.

| widths (samples) | parameters | multiply-adds | {names} |
| --- | ---: | ---: | {rule} |"""


def page(table: dict[Rung, dict[str, Cost]]) -> str:
    """The results as Markdown."""
    names = list(CONTENDERS)
    head = HEAD.format(
        machine=platform.machine(),
        processor=processor(),
        names=" | ".join(names),
        rule=" | ".join(["---:"] * len(names)),
    )
    rows = [row(rung, found) for rung, found in table.items()]
    return "\n".join([head, *rows, "", "From 100,000 parameters on:", "", *growth(table), ""])


def ladder() -> str:
    """The whole ladder, measured; returns the page."""
    console, table = Console(stderr=True), {}
    for place, rung in enumerate(LADDER):
        console.print(f"{rung.name} …")
        table[rung] = costs(place)
    return page(table)


if __name__ == "__main__":
    print(json.dumps(asdict(measured(LADDER[int(sys.argv[1])], sys.argv[2]))))
