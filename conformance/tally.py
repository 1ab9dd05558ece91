"""What a run found of one target: verdicts counted, findings kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from conformance.backends import Backend
from conformance.drawing import Case
from conformance.judge import Outcome
from manual_backprop import Problem
from manual_backprop.oracle.admissible import Order
from manual_backprop.oracle.verdict import ArrayVerdict, Judgement, Reason, Verdict

MOST_KEPT = 1000
"""Findings that are kept whole; all are counted."""

PASSING_KEPT = 60
"""Networks that conform and are kept, for a diagnosis to be held against."""

BINS = range(-60, 61)
"""Powers of two of error / bound that the histogram tells apart."""


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing wrong with one target.

    Attributes:
        target: its name.
        number: which network of the run it was found on, from 1.
        case: the network, shrunk if it could be.
        outcome: what the target made of it.
        original: the network as it was drawn.
        original_outcome: what the target made of that.
        arguments: how the command line names the target.
    """

    target: str
    number: int
    case: Case
    outcome: Outcome
    original: Case
    original_outcome: Outcome
    arguments: tuple[str, ...] = ()


@dataclass(eq=False)
class Tally:
    """One target's run.

    Attributes:
        name, version, order: of the target.
        arguments: how the command line names it.
        kinds: how many networks had each verdict.
        findings: every network with a finding; the first of each kind shrunk.
        worst_fraction: the largest distance from the truth / bound on networks that conform and
            touch no kink, where the ends of the hull are answers as good as any.
        undecided_entries, entries: of the networks judged.
        undecided_reasons: how many of them for each reason.
        restless: networks on which two calls differed in bits (a note, not a finding).
        reasons: why networks were unsupported, with counts.
        by_kind: the verdicts once more, by the kind of network (`Case.kind`).
        histogram: entries by the power of two just above their error / bound, of networks that
            touch no kink; the error is the distance from the truth where that is known.
        passing: the first networks that conform, with their judgements, by number.
        notes: what the target is said to have done besides.
    """

    name: str
    version: str
    order: Order
    arguments: tuple[str, ...] = ()
    kinds: Counter[Verdict] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    worst_fraction: float = 0.0
    undecided_entries: int = 0
    undecided_reasons: Counter[Reason] = field(default_factory=Counter)
    entries: int = 0
    restless: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    by_kind: dict[str, Counter[Verdict]] = field(default_factory=lambda: defaultdict(Counter))
    histogram: Counter[int] = field(default_factory=Counter)
    passing: dict[int, tuple[Problem, Judgement]] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @classmethod
    def of(cls, target: Backend) -> Tally:
        """An empty tally for a target."""
        return cls(target.name, target.version, target.order, target.arguments or (target.name,))

    @property
    def networks(self) -> int:
        """How many networks the target was called on."""
        return self.kinds.total()

    def count(self, kind: str) -> int:
        """How many networks had that verdict."""
        return self.kinds[Verdict(kind)]

    @property
    def has_finding(self) -> bool:
        """Whether anything was wrong."""
        return bool(self.findings)

    def add(self, number: int, case: Case, outcome: Outcome) -> None:
        """Count one network."""
        self.kinds[outcome.kind] += 1
        self.by_kind[case.kind][outcome.kind] += 1
        self.restless += not outcome.repeats and not outcome.kind.is_finding
        if outcome.kind is Verdict.UNSUPPORTED:
            self.reasons[outcome.message] += 1
        if outcome.kind.is_finding and len(self.findings) < MOST_KEPT:
            self.findings.append(
                Finding(self.name, number, case, outcome, case, outcome, self.arguments)
            )
        if outcome.judgement is not None:
            self._add_entries(outcome.judgement)
            if outcome.kind is Verdict.CONFORMS and len(self.passing) < PASSING_KEPT:
                self.passing[number] = case.problem, outcome.judgement

    def merge(self, other: Tally) -> None:
        """Add what another tally of the same target has, of other networks of the same run."""
        self.kinds += other.kinds
        self.undecided_reasons += other.undecided_reasons
        self.reasons += other.reasons
        self.histogram += other.histogram
        for kind, counts in other.by_kind.items():
            self.by_kind[kind] += counts
        self.worst_fraction = max(self.worst_fraction, other.worst_fraction)
        self.undecided_entries += other.undecided_entries
        self.entries += other.entries
        self.restless += other.restless
        findings = sorted([*self.findings, *other.findings], key=lambda each: each.number)
        self.findings = findings[:MOST_KEPT]
        self.passing = dict(sorted((self.passing | other.passing).items())[:PASSING_KEPT])

    def _add_entries(self, judgement: Judgement) -> None:
        self.entries += sum(array.verdicts.size for array in judgement.arrays)
        self.undecided_entries += judgement.count(Verdict.UNDECIDED)
        self.undecided_reasons += judgement.reasons()
        if judgement.on_kink:
            return
        for array in judgement.arrays:
            if array.given.size:
                self._add_accuracy(array, judgement.kind is Verdict.CONFORMS)

    def _add_accuracy(self, array: ArrayVerdict, conforms: bool) -> None:
        ratio = array.accuracy if conforms else array.fraction
        ratio = ratio[np.isfinite(ratio)]
        self.histogram.update(bins(ratio))
        if conforms and ratio.size:
            self.worst_fraction = max(self.worst_fraction, float(ratio.max()))

    def smallest_findings(self, most: int) -> list[Finding]:
        """The smallest finding of each kind, put first in `findings`, at most so many."""
        self.findings.sort(key=lambda each: each.case.architecture.parameters)
        first: dict[Verdict, Finding] = {}
        for finding in self.findings:
            first.setdefault(finding.outcome.kind, finding)
        chosen = list(first.values())[:most]
        self.findings = chosen + [each for each in self.findings if each not in chosen]
        return chosen


def is_decided(counts: Mapping[Verdict, int]) -> bool:
    """Whether some network conforms, or something is wrong: else there is nothing to pass.

    >>> is_decided({Verdict.UNDECIDED: 3, Verdict.UNSUPPORTED: 2}), is_decided({Verdict.WRONG: 1})
    (False, True)
    """
    return any(
        count and (kind is Verdict.CONFORMS or kind.is_finding) for kind, count in counts.items()
    )


def bins(ratios: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[int]:
    """The least k with ratio ≤ 2^k, of each; the ends of `BINS` hold what is beyond, 0 too.

    >>> bins(np.array([0.5, 0.51, 0.0, 1.0]))
    [-1, 0, -60, 0]
    """
    with np.errstate(divide="ignore"):
        powers = np.ceil(np.log2(ratios))
    clipped = np.clip(powers, BINS[0], BINS[-1])
    return [int(each) for each in clipped.ravel()]
