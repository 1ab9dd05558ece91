"""`manual-backprop conform`: the backends judged on drawn networks, and all that is told of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from conformance import backends
from conformance.assistants import Assistant, assistants, processes_for
from conformance.backends import Backend
from conformance.check import run
from conformance.checking import add_diagnosis
from conformance.departures import stale
from conformance.errors import Misuse
from conformance.interruption import Check, interruptible, noted_interrupts
from conformance.limits import check_dtype, check_networks, check_processes
from conformance.publishing import NO_FILES, Files, publish
from conformance.render.progress import Progress, progress
from conformance.report import Report
from conformance.targets.named import why_not


def conform(
    networks: int,
    seed: int,
    dtype: str,
    names: Sequence[str] = (),
    files: Files = NO_FILES,
    processes: int | None = None,
) -> int:
    """Judge backends, write the files that were asked for, print the findings and the summary.

    Args:
        networks: how many to draw.
        seed: the same seed gives the same networks and the same verdicts.
        dtype: float64 or float32.
        names: of the backends; all that are installed if there are none.
        files: where the report goes.
        processes: how many judge; None for what is worth it on this machine.
    Returns:
        The exit status.
    Raises:
        Misuse: if an option does not fit, a backend is unknown, or named and not installed, or a
            file cannot be written.
    """
    check_networks(networks)
    check_dtype(dtype)
    check_processes(processes)
    files.check()
    # Networks are small: PyTorch's pool of threads takes longer to wake up than they take.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Several processes share a GPU's memory, of which JAX would take most for each.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    more = min(processes or processes_for(networks), networks) - 1
    with noted_interrupts() as check, assistants(names or backends.NAMES, more, check) as others:
        report = judged(networks, seed, dtype, names, check, others)
    return publish(report, files)


def judged(
    networks: int,
    seed: int,
    dtype: str,
    names: Sequence[str],
    check: Check,
    others: Sequence[Assistant],
) -> Report:
    """The run, its progress shown on standard error."""
    with progress(networks) as shown:
        try:
            targets, skipped = loaded(names, shown, check)
            no_longer = {line: error for each in targets for line, error in stale(each).items()}
        except KeyboardInterrupt:
            return Report(seed, dtype, networks, [], interrupted=True)
        report = run(
            targets, networks, seed, dtype, None, shown.judged, shown.stage, assistants=others
        )
        for target in targets:
            add_diagnosis(report, target, shown.stage)
    return replace(report, skipped=skipped, stale=no_longer)


def loaded(
    names: Sequence[str], shown: Progress, check: Check
) -> tuple[list[Backend], dict[str, str]]:
    """The backends, and the reasons why others are left out; one that was named has to be there."""
    for name in names:
        if fault := backends.unknown(name):
            raise Misuse(f"--backend: {fault}")
    targets, skipped = [], {}
    for name in dict.fromkeys(names) or backends.NAMES:
        shown.stage(f"loading {name}")
        check()
        try:
            targets.append(interruptible(backends.load(name), check))
        except Exception as error:  # a framework that is broken may raise anything
            skipped[name] = why_not(error)
            if names:
                raise Misuse(f"--backend {name}: {skipped[name]}") from error
    return targets, skipped
