"""What a run found: a tally for each target, its findings, and how finely it could see."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.backends import Backend
from conformance.drawing import Case
from manual_backprop import Gradients
from manual_backprop.oracle.admissible import Order
from manual_backprop.oracle.verdict import Judgement, Reason, Verdict

if TYPE_CHECKING:
    from conformance.check import Judge, Outcome

__all__ = ["Finding", "Report", "Resolution", "Tally"]


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing wrong with one target.

    Attributes:
        target: its name.
        number: which network of the run it was found on, from 1.
        case: the network, shrunk if it could be.
        outcome: what the target made of it.
        original: the network as it was drawn.
    """

    target: str
    number: int
    case: Case
    outcome: Outcome
    original: Case


@dataclass(eq=False)
class Tally:
    """One target's run.

    Attributes:
        name, version, order: of the target.
        kinds: how many networks had each verdict.
        findings: every network with a finding; the first of each kind shrunk.
        worst_fraction: the largest distance from the truth / bound on networks that conform and
            touch no kink, where the ends of the hull are answers as good as any.
        undecided_entries, entries: of the networks judged.
        undecided_reasons: how many of them for each reason.
        restless: networks on which two calls differed in bits (a note, not a finding).
        reasons: why networks were unsupported, with counts.
    """

    name: str
    version: str
    order: Order
    kinds: Counter[Verdict] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    worst_fraction: float = 0.0
    undecided_entries: int = 0
    undecided_reasons: Counter[Reason] = field(default_factory=Counter)
    entries: int = 0
    restless: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, target: Backend) -> Tally:
        """An empty tally for a target."""
        return cls(target.name, target.version, target.order)

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
        self.restless += not outcome.repeats and not outcome.kind.is_finding
        if outcome.kind is Verdict.UNSUPPORTED:
            self.reasons[outcome.message] += 1
        if outcome.kind.is_finding:
            self.findings.append(Finding(self.name, number, case, outcome, case))
        if outcome.judgement is not None:
            self._add_entries(outcome.judgement)

    def _add_entries(self, judgement: Judgement) -> None:
        self.entries += sum(array.verdicts.size for array in judgement.arrays)
        self.undecided_entries += judgement.count(Verdict.UNDECIDED)
        self.undecided_reasons += judgement.reasons()
        if judgement.kind is Verdict.CONFORMS and not judgement.on_kink:
            fractions = [np.nan_to_num(array.accuracy) for array in judgement.arrays]
            worst = max((float(each.max()) for each in fractions if each.size), default=0.0)
            self.worst_fraction = max(self.worst_fraction, worst)

    def smallest_findings(self, most: int) -> list[Finding]:
        """The smallest finding of each kind, put first in `findings`, at most so many."""
        self.findings.sort(key=lambda each: each.case.architecture.parameters)
        first: dict[Verdict, Finding] = {}
        for finding in self.findings:
            first.setdefault(finding.outcome.kind, finding)
        chosen = list(first.values())[:most]
        self.findings = chosen + [each for each in self.findings if each not in chosen]
        return chosen


@dataclass(eq=False)
class Resolution:
    """How finely a run saw, per layer: bound / |entry|, and the entries a zero would have passed.

    Attributes:
        ratios: bound / |entry| of every entry with a set that is not {0}, by layer.
        holding_zero: entries whose set holds 0 and more, by layer.
        entries: all entries, by layer.
    """

    ratios: dict[int, list[float]] = field(default_factory=dict)
    holding_zero: Counter[int] = field(default_factory=Counter)
    entries: Counter[int] = field(default_factory=Counter)

    def add(self, allowed: Gradients) -> None:
        """Count the entries of one problem's admissible set."""
        for sets in (allowed.weights, allowed.biases):
            for layer, each in enumerate(sets):
                self._add_array(layer, each.midpoint, each.radius)

    def _add_array(self, layer: int, midpoint: Any, radius: Any) -> None:
        size = np.abs(midpoint)
        with np.errstate(all="ignore"):
            ratio = np.where(radius == 0, 0.0, radius / size)
        self.ratios.setdefault(layer, []).extend(ratio[radius > 0].tolist())
        self.holding_zero[layer] += int(np.sum((size <= radius) & (radius > 0)))
        self.entries[layer] += size.size

    def of_layer(self, layer: int) -> tuple[float, float, float]:
        """Median and 95th percentile of bound / |entry|, and the share that holds 0."""
        ratios = self.ratios.get(layer) or [0.0]
        low, high = np.quantile(ratios, (0.5, 0.95), method="inverted_cdf")
        return float(low), float(high), self.holding_zero[layer] / max(self.entries[layer], 1)

    @property
    def median(self) -> float:
        """Median of bound / |entry| over all layers."""
        ratios = [each for layer in self.ratios.values() for each in layer] or [0.0]
        return float(np.quantile(ratios, 0.5, method="inverted_cdf"))


@dataclass(eq=False)
class Report:
    """A whole run.

    Attributes:
        seed, dtype, networks: as asked.
        tallies: one a target.
        resolutions: in that dtype, of each order that a target works in.
        interrupted: whether Ctrl-C ended it.
        skipped: backends that were left out, with the reason.
        stale: known departures that did not show when they were proved again, a line each, and
            whether that is an error.
    """

    seed: int
    dtype: str
    networks: int
    tallies: list[Tally]
    resolutions: dict[Order, Resolution] = field(default_factory=dict)
    interrupted: bool = False
    skipped: dict[str, str] = field(default_factory=dict)
    stale: dict[str, bool] = field(default_factory=dict)

    def add_resolution(self, judge: Judge) -> None:
        """Count one problem's admissible sets."""
        for order in dict.fromkeys(tally.order for tally in self.tallies):
            self.resolutions.setdefault(order, Resolution()).add(judge.allowed(order))

    @property
    def exit_status(self) -> int:
        """0 nothing wrong and something conforms, 1 a finding, 3 nothing decided, 130 Ctrl-C."""
        if self.interrupted:
            return 130
        if any(tally.has_finding for tally in self.tallies) or any(self.stale.values()):
            return 1
        return 0 if any(tally.count("conforms") for tally in self.tallies) else 3
