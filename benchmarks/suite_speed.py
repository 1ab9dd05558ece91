"""How many networks a second the suite judges, what the time goes to, and how it starts.

    python -m benchmarks.suite_speed [--networks 1000] [--output benchmarks/results/suite.md]

Each judged against truth and admissible set: the hand-written gradient, PyTorch and compiled JAX in
`conform`, by one process and by two, after a warm-up that compiles; a NumPy function in a process
of its own in `check`. The naive way compiles `jax.jit(jax.grad)` anew for each network. PyTorch has
one thread, as in `conform`.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before PyTorch is loaded

import numpy as np

from conformance.architectures import pool
from conformance.assistants import assistants
from conformance.backends import Backend, load
from conformance.backends.problems import as_arguments
from conformance.check import run
from conformance.checking import Options, checked
from conformance.drawing import Case
from conformance.judge import Judge
from conformance.sampling import drawn
from conformance.targets.function import function
from manual_backprop.oracle.judging import judge_within

TARGETS = ("backprop", "torch_autograd", "jax_grad_jit")

STUDENT = """
import numpy as np
def backprop(weights, biases, activations, loss, inputs, targets):
    if set(activations) != {"tanh"} or loss != "half_squared_error":
        raise NotImplementedError
    x = [inputs]
    for W, b in zip(weights, biases):
        x.append(np.tanh(x[-1] @ W.T + b))
    delta = (x[-1] - targets) / len(inputs) * (1 - x[-1] ** 2)
    by_weights, by_biases = [], []
    for k in reversed(range(len(weights))):
        by_weights.insert(0, delta.T @ x[k])
        by_biases.insert(0, delta.sum(axis=0))
        delta = (delta @ weights[k]) * (1 - x[k] ** 2)
    return by_weights, by_biases
"""

NAIVE = 20
"""Networks that are judged in the naive way; each takes a tenth of a second or more."""


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def split(cases: Sequence[Case], targets: Sequence[Backend]) -> dict[str, float]:
    """Milliseconds a network that each part takes, of targets that are warm."""
    judges = [Judge(case.problem) for case in cases]
    count = len(cases) / 1e3
    parts = {
        "drawing": seconds(lambda: list(drawn(pool(), len(cases), 1, "float64"))) / count,
        "admissible set": seconds(lambda: [each.allowed("reverse") for each in judges]) / count,
        "truth": seconds(lambda: [each.truth() for each in judges]) / count,
    }
    for target in targets:
        results: list[object] = []

        def call_all(target: Backend = target, results: list[object] = results) -> None:
            with np.errstate(all="ignore"):
                results += [target.backprop(*as_arguments(case.problem)) for case in cases]

        parts[f"calls of {target.name}"] = seconds(call_all) / count
    parts["verdict"] = seconds(lambda: _verdicts(judges, results)) / count
    return parts


def _verdicts(judges: Sequence[Judge], results: Sequence[object]) -> None:
    """One target's verdicts, its accuracy included."""
    for judge, result in zip(judges, results, strict=True):
        allowed = judge.allowed("reverse")
        judgement = judge_within(allowed, result, "float64", "reverse", judge.truth)  # type: ignore[arg-type]
        _ = [array.accuracy for array in judgement.arrays if array.given.size]


def naively(cases: Sequence[Case]) -> float:
    """Networks a second with a program compiled for each."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    from conformance.backends.jax_calls import objective
    from conformance.backends.jax_setup import scope

    wait: Any = jax.block_until_ready
    configure: Any = jax.config.update

    def one(case: Case) -> None:
        weights, biases, activations, loss, inputs, targets = as_arguments(case.problem)
        gradient = jax.jit(jax.grad(objective(activations, loss), argnums=(0, 1)))
        with scope(inputs.dtype):
            wait(gradient(weights, biases, inputs, targets))

    configure("jax_enable_compilation_cache", False)
    compilation_cache.reset_cache()  # which is asked no more from then on
    try:
        return len(cases) / seconds(lambda: list(map(one, cases)))
    finally:
        configure("jax_enable_compilation_cache", True)


def start_up(rounds: int = 7) -> float:
    """Median seconds of `manual-backprop check` on a trivial function, with one network."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "student.py")
        file.write_text(STUDENT)
        command = [sys.executable, "-m", "conformance", "check", f"{file}:backprop", "-n", "1"]
        times = [
            seconds(lambda: subprocess.run(command, check=True, capture_output=True))
            for _ in range(rounds)
        ]
    return statistics.median(times)


def checking(networks: int) -> float:
    """Networks a second of `check` on a NumPy function, finding out included."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "student.py")
        file.write_text(STUDENT)
        target = function(f"{file}:backprop")
        try:
            return networks / seconds(lambda: checked(target, Options(networks=networks)))
        finally:
            target.close()


def conforming(targets: Sequence[Backend], networks: int, others: int) -> float:
    """Networks a second of `conform`, with so many processes besides its own."""
    with assistants([each.name for each in targets], others) as helping:

        def judge() -> object:
            return run(targets, networks, 1, assistants=helping)

        judge()  # compiles; one architecture after the other
        return statistics.median(networks / seconds(judge) for _ in range(3))


def page(networks: int) -> str:
    """All of it, measured, as Markdown."""
    targets = [load(name) for name in TARGETS]
    alone, conform = (conforming(targets, networks, others) for others in (0, 1))
    cases = list(drawn(pool(), networks, 1, "float64"))
    naive = naively(cases[-NAIVE:])
    parts = "\n".join(f"| {name} | {ms:.2f} |" for name, ms in split(cases, targets).items())
    return f"""\
# How fast the suite judges

`python -m benchmarks.suite_speed` on {platform.machine()}, {os.cpu_count()} cores; medians.

- `conform` with {", ".join(TARGETS)}, warm: {conform:.0f} networks/s by two processes,
  {alone:.0f} by one.
- `check` of a NumPy function in a process of its own, finding out what it supports included:
  {statistics.median(checking(networks) for _ in range(3)):.0f} networks/s.
- The naive way, a fresh `jax.jit(jax.grad)` for each network, without judging it:
  {naive:.1f} networks/s; `conform` is {conform / naive:.0f} times as fast, by one process
  {alone / naive:.0f} times.
- Start: `manual-backprop check` on a function, one network: {start_up():.2f} s.

| part | ms a network |
| --- | ---: |
{parts}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page if a file is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--output", type=Path, help="where the page goes")
    options = parser.parse_args(arguments)
    text = page(options.networks)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
