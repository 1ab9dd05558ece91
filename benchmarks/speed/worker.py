"""One contender in a process of its own: prepares cases, and times bursts of calls when told to.

    python -m benchmarks.speed.worker CONTENDER

A JSON object a line in, one out. {"case": [widths, samples, dtype, activation]} prepares a case and
warms it up; {"burst": seconds} times calls for so long; {"peak": true} finds the memory of a call;
{"libraries": true} names the BLAS libraries that are loaded, and their kernels; {"growth": true}
measures what `growth` does.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from benchmarks.speed.contenders import CONTENDERS
from benchmarks.speed.growth import growth
from benchmarks.speed.ladder import Case, Rung
from benchmarks.speed.memory import peak_bytes

Call = Callable[[], object]

GRAIN = 50e-6
"""Seconds below which several calls are timed as one, so that reading the clock costs nothing."""

WARM_UP = 0.1
"""Seconds; at least two calls."""


def timed(call: Call, repeats: int) -> tuple[float, float]:
    """Seconds of one call by the clock and by the process's own, means of so many in a row."""
    start, own = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats, (time.process_time() - own) / repeats


def warmed_up(call: Call) -> int:
    """Run it until it has settled; how many calls to time as one."""
    start = time.perf_counter()
    times: list[float] = []
    while len(times) < 2 or time.perf_counter() - start < WARM_UP:
        times.append(timed(call, 1)[0])
    return max(1, round(GRAIN / min(times)))


def burst(call: Call, repeats: int, seconds: float) -> dict[str, float]:
    """Calls for so long: medians and bests by the clock, and by the process's own.

    The first third does not count: it takes a system a while to give threads a core each.
    """
    _times(call, repeats, seconds / 3)
    wall, own = zip(*_times(call, repeats, 2 * seconds / 3), strict=True)
    return {"wall": statistics.median(wall), "best": min(wall), "processor": statistics.median(own)}


def _times(call: Call, repeats: int, seconds: float) -> list[tuple[float, float]]:
    """What calls take for so long, at least one."""
    start = time.perf_counter()
    times = [timed(call, repeats)]
    while time.perf_counter() - start < seconds:
        times.append(timed(call, repeats))
    return times


def libraries() -> list[str]:
    """The libraries with threads that are loaded, as far as threadpoolctl is there to tell."""
    try:
        from threadpoolctl import threadpool_info  # type: ignore[import-untyped]
    except ImportError:
        return []
    fields = ("internal_api", "version", "architecture")
    return [
        f"{' '.join(str(each[field]) for field in fields if each.get(field))}, threads: "
        f"{each['num_threads']}"
        for each in threadpool_info()
    ]


class Worker:
    """Answers requests about one contender."""

    def __init__(self, name: str) -> None:
        self.contender = CONTENDERS[name]
        self.call: Call = lambda: None
        self.repeats = 1

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """What the request asks for, as data."""
        if "burst" in request:
            return burst(self.call, self.repeats, request["burst"])
        if "peak" in request:
            return {"bytes": peak_bytes(self.call)}
        if "libraries" in request:
            return {"libraries": libraries()}
        if "growth" in request:
            return asdict(growth())
        widths, samples, dtype, activation = request["case"]
        self.call = lambda: None  # lets the last case go first
        problem = Case(Rung(tuple(widths), samples), dtype, activation).problem()
        self.call = self.contender.prepare(problem)
        self.repeats = warmed_up(self.call)
        return {"repeats": self.repeats}


if __name__ == "__main__":
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(worker.answer(json.loads(line))), flush=True)
