"""`manual-backprop replay`: one problem file, one target, every entry of its gradient."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from conformance.backends import Backend
from conformance.errors import Misuse
from conformance.judge import Judge, Outcome
from conformance.limits import check_timeout, known_order
from conformance.numbers import plural
from conformance.render.console import Console, print_plainly
from conformance.render.entries import entries, entry_table
from conformance.render.findings import what_happened
from conformance.targets.function import TIMEOUT
from conformance.targets.named import target_or_program
from manual_backprop import Problem
from manual_backprop.files import ProblemFileError, load
from manual_backprop.oracle.verdict import Verdict


def replay(
    case: Path,
    target: str | None = None,
    command: str | None = None,
    order: str | None = None,
    timeout: float = TIMEOUT,
) -> int:
    """Judge a target on the problem in a file, and print every entry.

    Args:
        case: a problem file.
        target: a backend's name, or a function's place; the hand-written gradient if None.
        command: of a program, in place of a target.
        order: "reverse" or "forward"; the target's own if None.
        timeout: seconds that a call may take.
    Returns:
        The exit status: 0 conforms, 1 a finding, 3 nothing could be decided.
    Raises:
        Misuse: if the file is bad, an option does not fit, or the target cannot be had.
    """
    check_timeout(timeout)
    chosen = None if order is None else known_order(order)
    problem = _problem(case)
    mean = _of_the_mean(problem, case)
    if command is None:
        target = target or "backprop"
    backend = target_or_program(target, command, timeout, chosen)
    try:
        outcome = Judge(mean).outcome(backend)
    finally:
        backend.close()
    _show(case, problem, backend, outcome, Console())
    return exit_status(outcome.kind)


def exit_status(kind: Verdict) -> int:
    """0 conforms, 1 a finding, 3 nothing could be decided."""
    if kind.is_finding:
        return 1
    return 0 if kind is Verdict.CONFORMS else 3


def _problem(case: Path) -> Problem:
    try:
        return load(case)
    except ProblemFileError as error:
        raise Misuse(str(error)) from error


def _of_the_mean(problem: Problem, case: Path) -> Problem:
    """The same problem with the mean over the samples: what a function under test computes."""
    if problem.reduction == "mean":
        return problem
    if not problem.samples:
        raise Misuse(f"{case}: no samples: a target computes the mean, and there is none of them")
    return Problem(problem.network, problem.inputs, problem.targets, problem.loss, "mean")


def _show(
    case: Path, problem: Problem, backend: Backend, outcome: Outcome, console: Console
) -> None:
    """The problem in words, the table, and a last sentence."""
    widths = "-".join(map(str, problem.network.widths))
    names = " ".join(layer.activation.name for layer in problem.network.layers)
    samples = plural(problem.samples, "sample")
    lines = [
        f"{case}: {widths}, {names}, {problem.loss.name}, {samples}, {problem.dtype}",
        f"{backend.name} {backend.version}".strip(),
    ]
    if problem.reduction == "sum":
        lines.append("The file asks for the sum over the samples; targets compute the mean.")
    if outcome.judgement is not None:
        lines.append(f"class {outcome.judgement.class_text}")
    print_plainly("\n".join(lines), console)
    judged = entries(outcome.judgement) if outcome.judgement else []
    if judged:
        console.print(entry_table(judged, console.width))
    print_plainly(sentence(outcome), console)


def sentence(outcome: Outcome) -> str:
    """The verdict in one plain sentence."""
    judged = entries(outcome.judgement) if outcome.judgement else []
    counts = Counter(each.verdict for each in judged)
    numbers = ", ".join(f"{counts[kind]:,} {kind}" for kind in Verdict if counts[kind])
    parts = [what_happened(outcome), f"entries: {numbers}" if numbers else ""]
    return f"{outcome.kind}: {'; '.join(filter(None, parts))}"
