"""Contenders alternated by rounds, on the same cases with the same threads."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from benchmarks.speed.ladder import Case
from benchmarks.speed.processes import Process

PAUSE = 0.01
"""Seconds between bursts: thread pools that wait for work by spinning go to sleep meanwhile."""


Clock = Literal["wall", "processor", "best"]
CLOCKS: dict[Clock, tuple[str, Callable[[Sequence[float]], float]]] = {
    "wall": ("time, medians of bursts and of rounds", statistics.median),
    "processor": ("processor time, medians of bursts and of rounds", statistics.median),
    "best": ("time, the best call of all rounds", min),
}
"""What is said of a call: in words, and how the bursts of all rounds become one number.

Where other work shares the processors, one thread's own time is what the clock shows on a quiet
machine; of several threads only the best calls are undisturbed.
"""


@dataclass(frozen=True)
class Timing:
    """What one contender took for one case: seconds of a call, and bytes of memory it takes."""

    contender: str
    case: Case
    threads: int
    seconds: float
    peak: int


@dataclass(frozen=True)
class Plan:
    """So many rounds, of bursts of so many seconds, by that clock."""

    rounds: int
    seconds: float
    clock: Clock


def measured(
    contenders: Sequence[str], cases: Sequence[Case], threads: int, plan: Plan
) -> Iterator[Timing]:
    """The timings of all contenders, case by case."""
    statistic = CLOCKS[plan.clock][1]
    with ExitStack() as stack:
        processes = {name: stack.enter_context(Process(name, threads)) for name in contenders}
        for case in cases:
            for process in processes.values():
                process.prepare(case)
            bursts = alternated(processes, plan)
            for name, process in processes.items():
                peak = process.ask(peak=True)["bytes"]
                yield Timing(name, case, threads, statistic(bursts[name]), peak)


def alternated(processes: dict[str, Process], plan: Plan) -> dict[str, list[float]]:
    """Seconds of a call in each round; every other round goes through them backwards."""
    bursts: dict[str, list[float]] = {name: [] for name in processes}
    for number in range(plan.rounds):
        for name in list(processes)[:: 1 if number % 2 else -1]:
            time.sleep(PAUSE)
            bursts[name].append(processes[name].ask(burst=plan.seconds)[plan.clock])
    return bursts
