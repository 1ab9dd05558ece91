"""Contenders in processes of their own, for their thread pools disturb each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from benchmarks.resumable import ROOT
from benchmarks.speed.ladder import Case

LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
"""What says to PyTorch, NumPy, MKL and XLA how many threads to take."""


def environment(threads: int) -> dict[str, str]:
    """The variables that a contender runs under; those that choose a BLAS kernel are left out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    one = "--xla_cpu_multi_thread_eigen=false" if threads == 1 else ""
    return {**kept, **dict.fromkeys(LIMITS, str(threads)), "XLA_FLAGS": one}


@contextmanager
def cores(count: int) -> Iterator[None]:
    """So many cores for the processes that are started meanwhile, where the system can do that.

    Variables alone do not keep XLA to one thread: it computes what is independent side by side.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[-count:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


class Process:
    """A worker for one contender."""

    def __init__(self, contender: str, threads: int) -> None:
        command = [sys.executable, "-m", "benchmarks.speed.worker", contender]
        settings: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        settings |= {"env": environment(threads), "cwd": ROOT}
        with cores(threads):  # in a session of its own: Ctrl-C is for the run, which ends it
            self.process = subprocess.Popen(command, start_new_session=True, **settings)

    def ask(self, **request: Any) -> dict[str, Any]:
        """The worker's answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended: {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def prepare(self, case: Case) -> None:
        """Have it ready for bursts."""
        rung = case.rung
        self.ask(case=[rung.widths, rung.samples, case.dtype, case.activation])

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if error is not None:  # it may be in the middle of something
            self.process.kill()
        self.process.__exit__(kind, error, at)  # closes its input, which ends it, and waits
