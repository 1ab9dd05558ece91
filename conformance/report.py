"""What a run found: a tally for each target, its findings, and how finely it could see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.resolution import Resolution
from conformance.tally import Finding, Tally
from manual_backprop.oracle.admissible import Order

if TYPE_CHECKING:
    from conformance.diagnosis import Diagnosis
    from conformance.drawing import Case
    from conformance.judge import Judge, Outcome

__all__ = ["Finding", "Report", "Resolution", "Tally"]


@dataclass(eq=False)
class Report:
    """A whole run.

    Attributes:
        seed, dtype, networks: as asked.
        tallies: one a target.
        resolutions: in that dtype, of each order that a target works in.
        interrupted: whether Ctrl-C ended it.
        skipped: backends that were left out, with the reason.
        supported: what the target of `check` supports, in words; empty otherwise.
        stopped: why the run ended before its time; empty if it did not.
        hide_values: whether what is told of it leaves out the expected numbers.
        diagnoses: what is probably wrong, by target.
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
    supported: str = ""
    stopped: str = ""
    hide_values: bool = False
    diagnoses: dict[str, Diagnosis] = field(default_factory=dict)

    def add(self, number: int, case: Case, judge: Judge, outcomes: Sequence[Outcome]) -> None:
        """Count one network: its outcomes, one for each tally, and its admissible sets."""
        for tally, outcome in zip(self.tallies, outcomes, strict=True):
            tally.add(number, case, outcome)
        self.add_resolution(judge)

    def expect(self, kind: str) -> None:
        """There are networks of that kind: kinds are told in the order in which they come."""
        for tally in self.tallies:
            tally.by_kind[kind] += Counter()

    def empty(self) -> Report:
        """A report on the same targets and networks, with nothing in it."""
        tallies = [
            Tally(each.name, each.version, each.order, each.arguments) for each in self.tallies
        ]
        return Report(self.seed, self.dtype, self.networks, tallies)

    def merge(self, other: Report) -> None:
        """Add what another report on the same targets has, of other networks of the same run."""
        for tally, of_other in zip(self.tallies, other.tallies, strict=True):
            tally.merge(of_other)
        for order, resolution in other.resolutions.items():
            self.resolutions.setdefault(order, Resolution()).merge(resolution)

    def add_resolution(self, judge: Judge) -> None:
        """Count one problem's admissible sets."""
        for order in dict.fromkeys(tally.order for tally in self.tallies):
            self.resolutions.setdefault(order, Resolution()).add(judge.allowed(order))

    @property
    def names(self) -> list[str]:
        """Of the targets."""
        return [tally.name for tally in self.tallies]

    @property
    def exit_status(self) -> int:
        """0 nothing wrong and something conforms, 1 a finding, 3 nothing decided, 130 Ctrl-C."""
        if self.interrupted:
            return 130
        if any(tally.has_finding for tally in self.tallies) or any(self.stale.values()):
            return 1
        return 0 if any(tally.count("conforms") for tally in self.tallies) else 3
