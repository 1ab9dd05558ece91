"""The second phase of a run: each kind of finding shrunk once, by what is *provably* wrong.

A smaller failing architecture is looked for first, then Hypothesis shrinks the numbers, then a
structural reducer takes away whatever is left to take. A candidate counts only if its verdict is
the finding's own, so a counterexample never drifts into rounding noise.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from conformance.architectures import Architecture
from conformance.backends import Backend
from conformance.drawing import REGIMES, Case
from conformance.judge import Judge
from conformance.report import Finding, Tally
from conformance.sampling import examples
from manual_backprop.oracle.verdict import Verdict

SHRINKS = 3
"""Findings of one target that a run shrinks, of different kinds; the others it counts."""

PATIENCE = 15.0
"""Seconds that the shrinking of one finding may take."""

Fails = Callable[[Case], bool]


def shrink_findings(
    target: Backend,
    tally: Tally,
    architectures: Sequence[Architecture],
    seed: int,
    dtype: str,
    tell: Callable[[str], None],
) -> None:
    """Replace the first finding of each kind by the smallest network that has it."""
    for place, finding in enumerate(tally.smallest_findings(SHRINKS)):
        if finding.outcome.kind is not Verdict.TIMED_OUT and not finding.outcome.final:
            tell(f"shrinking: {target.name}, {finding.outcome.kind}")
            tally.findings[place] = _shrunk_finding(target, finding, architectures, seed, dtype)


def _shrunk_finding(
    target: Backend, finding: Finding, architectures: Sequence[Architecture], seed: int, dtype: str
) -> Finding:
    kind = finding.outcome.kind
    smaller = shrunk(target, kind, architectures, finding.case, seed, dtype)
    outcome = Judge(smaller.problem).outcome(target)
    if outcome.kind is not kind:  # so it is if the target answers as it likes
        return finding
    return replace(finding, case=smaller, outcome=outcome)


def shrunk(
    target: Backend,
    kind: Verdict,
    architectures: Sequence[Architecture],
    case: Case,
    seed: int,
    dtype: str,
    tries: int = 500,
) -> Case:
    """The smallest case with that verdict: first the architecture, then Hypothesis the numbers.

    Hypothesis alone would shrink an architecture by its place in the list, and miss the few small
    ones that fail; likewise it would keep to a regime, so the one with short numbers is tried
    first. Without success the given case is returned.
    """
    deadline = time.monotonic() + PATIENCE

    def fails(candidate: Case) -> bool:
        in_time = time.monotonic() < deadline
        return in_time and Judge(candidate.problem).outcome(target).kind == kind

    case = _of_smaller_architecture(case, fails, architectures, seed, dtype)
    return _with_shorter_numbers(case, fails, seed, dtype, tries)


def _of_smaller_architecture(
    case: Case,
    fails: Fails,
    architectures: Sequence[Architecture],
    seed: int,
    dtype: str,
    draws: int = 10,
) -> Case:
    """A failing case of the smallest architecture that fails in a few draws; else the given one."""
    for architecture in sorted(architectures, key=lambda each: each.parameters):
        if architecture.parameters >= case.architecture.parameters:
            break
        failing = filter(fails, examples(architecture, draws, seed, dtype))
        if (smaller := next(failing, None)) is not None:
            return smaller
    return case


def _with_shorter_numbers(case: Case, fails: Fails, seed: int, dtype: str, tries: int) -> Case:
    """What Hypothesis makes of the case's architecture."""
    from hypothesis import HealthCheck, Phase, Verbosity, find, settings
    from hypothesis.errors import HypothesisException

    from conformance.strategies import cases

    for regimes, most in ((REGIMES[:1], tries // 5), (REGIMES, tries)):
        quiet = settings(
            database=None,
            deadline=None,
            derandomize=False,
            max_examples=most,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            print_blob=False,
        )
        with contextlib.suppress(HypothesisException), contextlib.redirect_stderr(io.StringIO()):
            strategy = cases([case.architecture], dtype, regimes)
            return find(strategy, fails, settings=quiet, random=Random(seed))
    return case
