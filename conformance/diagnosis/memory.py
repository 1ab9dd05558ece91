"""What a function keeps from call to call: the same questions, asked in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from conformance.backends.base import Backprop as Function
from conformance.backends.problems import as_arguments
from conformance.calling import Failure, called
from conformance.diagnosis.sets import all_inside, apart, arrays_of
from conformance.mistakes.manners import right_sets
from manual_backprop import Problem
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.oracle.admissible import AdmissibleSet

Floats = npt.NDArray[np.float64]


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
    again = all_inside(sets, second)
    repeats = all(np.array_equal(*pair, equal_nan=True) for pair in zip(first, second, strict=True))
    return Memory(
        again=again,
        afterwards=all_inside(sets, last) and all_inside(sets, first),
        repeats=repeats,
        carried=None if again or repeats else _carried(first, second, sets, form),
    )


def _other(problem: Problem) -> Problem:
    """A problem of the same shapes with other numbers: inputs and targets the other way round."""
    inputs = problem.inputs[::-1] / 2 + 1
    return Problem(problem.network, inputs, problem.targets[::-1], problem.loss, problem.reduction)


def depending(problem: Problem) -> int:
    """How many entries are surely others on the other network that `memory` asks about."""
    form = float_format(str(problem.dtype))
    pairs = [arrays_of(right_sets(each, form)) for each in (problem, _other(problem))]
    return sum(int(np.sum(apart(*each))) for each in zip(*pairs, strict=True))


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


def _carried(
    first: list[Floats], second: list[Floats], sets: AdmissibleSet, form: Format
) -> float | None:
    """c with second = right + c·first, if there is one for all entries.

    Each entry leaves an interval to c: the right set's, and 2u of what was added up.
    """
    low, high = -np.inf, np.inf
    for a, b, each in zip(first, second, arrays_of(sets), strict=True):
        told = (a != 0) & np.isfinite(a) & np.isfinite(b) & np.isfinite(each.radius)
        added = 2 * form.unit_roundoff * (np.abs(a) + np.abs(b))
        reach = (each.radius + added)[told] / np.abs(a[told])
        middle = (b - each.midpoint)[told] / a[told]
        low = max([low, *(middle - reach)])
        high = min([high, *(middle + reach)])
    return round(float(low + high) / 2, 6) if -np.inf < low <= high < np.inf else None
