"""The second phase of a run: each kind of finding shrunk once, by what is *provably* wrong.

A candidate counts only if its verdict is the finding's own, so a counterexample never drifts into
rounding noise. (Hypothesis could shrink, too, within the architecture that it drew: on every other
mistake of the catalogue it left no fewer numbers than the reducer alone, in four times the time.)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from conformance.backends import Backend
from conformance.drawing import Case
from conformance.judge import Judge, Outcome
from conformance.reducer import architecture_of, reduced
from conformance.tally import Finding, Tally
from manual_backprop import Problem
from manual_backprop.oracle.verdict import Verdict

SHRINKS = 3
"""Findings of one target that a run shrinks, of different kinds; the others it counts."""

PATIENCE = 15.0
"""Seconds that the shrinking of one finding may take."""


def shrink_findings(target: Backend, tally: Tally, tell: Callable[[str], None]) -> None:
    """Replace the first finding of each kind by the smallest network that has it."""
    for place, finding in enumerate(tally.smallest_findings(SHRINKS)):
        if finding.outcome.kind is not Verdict.TIMED_OUT and not finding.outcome.final:
            tell(f"shrinking: {target.name}, {finding.outcome.kind}")
            tally.findings[place] = _shrunk_finding(target, finding)


def _shrunk_finding(target: Backend, finding: Finding) -> Finding:
    smaller = shrunk(target, finding.outcome, finding.case)
    outcome = Judge(smaller.problem).outcome(target)
    if not _alike(outcome, finding.outcome):  # so it is if the target answers as it likes
        return finding
    return replace(finding, case=smaller, outcome=outcome)


def shrunk(target: Backend, outcome: Outcome, case: Case) -> Case:
    """The smallest case of that outcome that is found in `PATIENCE`; the given one without it."""
    deadline = time.monotonic() + PATIENCE

    def fails(problem: Problem) -> bool:
        in_time = time.monotonic() < deadline
        return in_time and _alike(Judge(problem).outcome(target), outcome)

    problem = reduced(case.problem, fails)
    return Case(problem, architecture_of(problem), case.regime)


def _alike(found: Outcome, wanted: Outcome) -> bool:
    """Whether it is the same finding: for exceptions, one of the same type."""
    if found.kind is not wanted.kind or found.final:
        return False
    exceptions = found.kind is Verdict.RAISED
    return not exceptions or found.message.split(":")[0] == wanted.message.split(":")[0]
