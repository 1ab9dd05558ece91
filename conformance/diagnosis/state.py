"""Whether a target's answers depend on the calls before: the same questions, asked in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from conformance.backends.base import Backend
from conformance.backends.base import Backprop as Function
from conformance.backends.problems import as_arguments
from conformance.calling import Failure, called
from conformance.diagnosis.diagnosis import Match
from conformance.diagnosis.observed import NO_RESULT, REFORMED, Observed
from conformance.diagnosis.remarks import Remark
from conformance.mistakes import MISTAKES
from conformance.mistakes.kinds import STATE
from conformance.mistakes.manners import right_sets
from manual_backprop import Problem
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.oracle.admissible import AdmissibleSet

Floats = npt.NDArray[np.float64]

TRIED = 3
"""Networks that are called again: what was kept of a network that overflows hides all else."""


def remembering(
    target: Backend, failing: list[Observed]
) -> tuple[tuple[Match, ...], Remark] | None:
    """The mistakes that remember as the target does, and a sentence; None if it does not.

    Args:
        target: called five times each on networks where most entries depend on the samples.
        failing: networks that fail.
    """
    results = [each for each in failing if each.judgement.kind not in (*NO_RESULT, *REFORMED)]
    problems = sorted((each.problem for each in results), key=_depending, reverse=True)
    for problem in problems[:TRIED]:
        seen = memory(target.backprop, problem)
        if seen is not None and not seen.is_none:
            mistakes = [each for each in MISTAKES.values() if each.kind == STATE]
            alike = [each for each in mistakes if memory(each.backprop, problem) == seen]
            remark = Remark(seen.words, "An answer depends on the calls before it.")
            return tuple(Match(each, 1, 1) for each in alike), remark
    return None


@dataclass(frozen=True)
class Memory:
    """How answers depend on the calls before.

    Attributes:
        again: whether the second of two calls on one network is right.
        afterwards: whether the first call after one on another network is right.
        repeats: whether the second of two calls on one network answers what the first did.
        carried: c to six digits, if the second of two calls answers the right gradient and c
            times the first answer; None if it does not, or answers rightly.
    """

    again: bool
    afterwards: bool
    repeats: bool
    carried: float | None

    @property
    def is_none(self) -> bool:
        """Whether nothing shows that one call depends on another."""
        return self.repeats and self.again == self.afterwards

    @property
    def words(self) -> str:
        """A sentence."""
        if self.carried is not None:
            return (
                "Called again on one network, it answers the right gradient and "
                f"{self.carried:.6g} times its answer before."
            )
        if self.again and not self.afterwards:
            return "It answers rightly only where the call before was on the same network."
        return "Called again on one network, it answers something else."


def memory(function: Function, problem: Problem) -> Memory | None:
    """What five calls on a network, and on another of its shapes, show; None if one fails."""
    other = _other(problem)
    answers = [_answer(function, each) for each in (other, problem, problem, other, problem)]
    known = [each for each in answers if each is not None]
    if len(known) < len(answers):
        return None
    form = float_format(str(problem.dtype))
    sets = right_sets(problem, form)
    _, first, second, _, last = known
    again = _inside(second, sets)
    repeats = all(np.array_equal(*pair, equal_nan=True) for pair in zip(first, second, strict=True))
    return Memory(
        again=again,
        afterwards=_inside(last, sets) and _inside(first, sets),
        repeats=repeats,
        carried=None if again or repeats else _carried(first, second, sets, form),
    )


def _other(problem: Problem) -> Problem:
    """A problem of the same shapes with other numbers: inputs and targets the other way round."""
    inputs = problem.inputs[::-1] / 2 + 1
    return Problem(problem.network, inputs, problem.targets[::-1], problem.loss, problem.reduction)


def _depending(problem: Problem) -> int:
    """How many entries are surely others on the other network."""
    form = float_format(str(problem.dtype))
    sets, others = right_sets(problem, form), right_sets(_other(problem), form)
    return sum(
        int(np.sum(np.abs(a.midpoint - b.midpoint) * (1 - 2.0**-51) > a.radius + b.radius))
        for a, b in zip(
            [*sets.weights, *sets.biases], [*others.weights, *others.biases], strict=True
        )
    )


def _answer(function: Function, problem: Problem) -> list[Floats] | None:
    """What a call returns, weights and then biases; None if that is not as was asked for."""
    result: Any = called(function, as_arguments(problem))
    layers = problem.network.layers
    shapes = [layer.weights.shape for layer in layers] + [(len(layer.weights),) for layer in layers]
    if isinstance(result, Failure):
        return None
    try:
        arrays = [np.asarray(each, np.float64) for part in result for each in part]
    except (TypeError, ValueError):
        return None
    return arrays if [each.shape for each in arrays] == shapes else None


def _inside(answer: list[Floats], sets: AdmissibleSet) -> bool:
    """Whether every entry is in the right set, which is any number or none if it is unbounded."""
    with np.errstate(all="ignore"):
        return all(
            bool(np.all((np.abs(array - each.midpoint) <= each.radius) | np.isinf(each.radius)))
            for array, each in zip(answer, [*sets.weights, *sets.biases], strict=True)
        )


def _carried(
    first: list[Floats], second: list[Floats], sets: AdmissibleSet, form: Format
) -> float | None:
    """c with second = right + c·first, if there is one for all entries.

    Each entry leaves an interval to c: the right set's, and 2u of what was added up.
    """
    low, high = -np.inf, np.inf
    for a, b, each in zip(first, second, [*sets.weights, *sets.biases], strict=True):
        told = (a != 0) & np.isfinite(a) & np.isfinite(b) & np.isfinite(each.radius)
        added = 2 * form.unit_roundoff * (np.abs(a) + np.abs(b))
        reach = (each.radius + added)[told] / np.abs(a[told])
        middle = (b - each.midpoint)[told] / a[told]
        low = max([low, *(middle - reach)])
        high = min([high, *(middle + reach)])
    return round(float(low + high) / 2, 6) if -np.inf < low <= high < np.inf else None
