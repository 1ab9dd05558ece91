"""Whether what was seen on a network is what a mistake gives there.

A mistake matches if every entry that was returned lies in the mistake's own admissible set, or is
not finite where the mistake's own function is not; a set so wide that it says nothing is no match.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from conformance.backends.problems import as_arguments
from conformance.calling import Failure, called
from conformance.diagnosis.observed import REFORMED, Observed, form
from conformance.diagnosis.sets import Floats, Truths, arrays_of, outside
from conformance.mistakes import Mistake
from conformance.mistakes.manners import right_sets
from manual_backprop.arithmetic.rounded import Rounded
from manual_backprop.oracle.verdict import Verdict


@dataclass(frozen=True)
class Evidence:
    """What one network says of one mistake.

    Attributes:
        agrees: whether the mistake gives what was seen; None if the network cannot tell.
        width: how much of its own size a set's entry is wide, as a power of two, on average; the
            narrower of two sets that hold the result is the better explanation.
    """

    agrees: bool | None
    width: float = 0.0


NO, UNKNOWN = Evidence(False), Evidence(None)


def evidence(mistake: Mistake, seen: Observed) -> Evidence:
    """What one network says of one mistake."""
    trial = _Trial(mistake, seen)
    kind, result = seen.judgement.kind, seen.result
    if isinstance(result, Failure) or mistake.verdict in (Verdict.CHANGED_INPUTS, Verdict.RAISED):
        return Evidence(trial.fails_alike())
    if (mistake.verdict is Verdict.WRONG_DTYPE) != (kind is Verdict.WRONG_DTYPE):
        return NO
    if kind in REFORMED and form(result) != form(trial.own):
        return NO
    if mistake.sets is None:
        return Evidence(True) if kind is Verdict.WRONG_SHAPE else UNKNOWN
    if not mistake.concerns(seen.problem):
        return Evidence(not kind.is_finding)
    return trial.by_numbers()


@dataclass(frozen=True, eq=False)
class _Trial:
    """A mistake on a network."""

    mistake: Mistake
    seen: Observed

    @cached_property
    def own(self) -> Any:
        """What the mistake's own function returns there, or a `Failure`."""
        return called(self.mistake.backprop, as_arguments(self.seen.problem))

    def fails_alike(self) -> bool:
        """Whether the two calls fail in the same way, or both come to a result that is right."""
        result = self.seen.result
        if not isinstance(result, Failure) or not isinstance(self.own, Failure):
            ends = isinstance(result, Failure) == isinstance(self.own, Failure)
            return ends and not self.seen.judgement.kind.is_finding
        changed = result.kind == Verdict.CHANGED_INPUTS
        return result.kind == self.own.kind and (not changed or result.message == self.own.message)

    def by_numbers(self) -> Evidence:
        """Entry by entry."""
        allowed = self.mistake.admissible(self.seen.problem, self.seen.judgement.float_format)
        assert allowed is not None
        sets = arrays_of(allowed)
        given = [np.asarray(each, np.float64) for part in self.seen.result for each in part]
        if [each.shape for each in sets] != [each.shape for each in given]:
            return NO
        finite = self._own_finite(given)
        if not all(map(_agree, sets, given, finite, self._slack())):
            return NO
        if self.seen.judgement.kind.is_finding and not self._explains(sets, finite):
            return UNKNOWN
        return Evidence(True, float(np.mean([_width(each) for each in sets])))

    def _own_finite(self, given: list[Floats]) -> list[Truths]:
        """Where the mistake's own function is finite; it is asked only if that matters."""
        matters = self.mistake.verdict is Verdict.NOT_FINITE
        if not matters and all(np.isfinite(each).all() for each in given):
            return [np.isfinite(each) for each in given]
        return [np.isfinite(np.asarray(each, np.float64)) for part in self.own for each in part]

    def _slack(self) -> list[Floats | float]:
        """By how much each entry's bound is wider in the order "forward"; mistakes go backward."""
        judgement = self.seen.judgement
        if judgement.order == "reverse" or judgement.kind in REFORMED:
            return [1.0] * (2 * self.seen.problem.network.depth)
        right = right_sets(self.seen.problem, judgement.float_format)
        arrays = sorted(judgement.arrays, key=lambda each: each.name == "biases")
        pairs = zip(arrays, arrays_of(right), strict=True)
        with np.errstate(all="ignore"):
            ratios = [array.allowed.radius / each.radius for array, each in pairs]
        return [np.where(ratio >= 1, ratio, 1.0) for ratio in ratios]

    def _explains(self, sets: list[Rounded], finite: list[Truths]) -> bool:
        """Whether the mistake says something of a wrong entry.

        Its set is bounded there, or its own function is not finite there either. Of results in
        another form, whose entries nobody judged, any bounded entry will do.
        """
        judgement = self.seen.judgement
        if judgement.kind in REFORMED:
            return any(np.isfinite(each.radius).any() for each in sets)
        verdicts = [*judgement.weights, *judgement.biases]
        return any(
            bool(np.any(np.isfinite(each.radius) & (verdict == Verdict.WRONG)))
            or bool(np.any(~own & (verdict == Verdict.NOT_FINITE)))
            for each, own, verdict in zip(sets, finite, verdicts, strict=True)
        )


def _agree(allowed: Rounded, given: Floats, finite: Truths, slack: Floats | float) -> bool:
    """Whether each entry is not outside, and finite where the mistake's own function is."""
    alike = np.isfinite(given) == finite
    inside = ~(outside(allowed, given, slack) & finite)
    return bool(np.all((alike & inside) | np.isinf(allowed.radius)))


def _width(allowed: Rounded) -> float:
    """log₂ of radius / magnitude, averaged over the entries that are bounded."""
    known = np.isfinite(allowed.radius) & (allowed.magnitude > 0)
    if not known.any():
        return 0.0
    ratio = allowed.radius[known] / allowed.magnitude[known]
    return float(np.mean(np.log2(np.maximum(ratio, 2.0**-60))))
