"""What a target returned on a network, as the judge keeps it, or as a new call brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.backends.base import Backend
from conformance.backends.problems import as_arguments
from conformance.calling import Failure, called
from manual_backprop import Problem
from manual_backprop.oracle.verdict import Judgement, Verdict

Pairs = Sequence[tuple[Problem, Judgement]]

NO_RESULT = (Verdict.CHANGED_INPUTS, Verdict.RAISED, Verdict.TIMED_OUT)
"""Findings of calls that came to no result to judge."""

REFORMED = (Verdict.WRONG_SHAPE, Verdict.WRONG_DTYPE)
"""Findings of results whose entries the judge did not look at."""


@dataclass(frozen=True, eq=False)
class Observed:
    """One network, and what the target made of it.

    Attributes:
        problem: the network.
        judgement: what the judge said.
        result: (weight gradients, bias gradients), whatever form they have; or a `Failure`.
    """

    problem: Problem
    judgement: Judgement
    result: Any

    @property
    def size(self) -> int:
        """Numbers of the network and its samples: small ones are the ones to show."""
        layers = self.problem.network.layers
        parameters = sum(int(layer.weights.size) + len(layer.weights) for layer in layers)
        return parameters + int(self.problem.inputs.size)


def observed(target: Backend | None, pairs: Pairs, most: int) -> list[Observed]:
    """At most so many networks, small ones and large ones alike, smallest first.

    Args:
        target: called again where the judgement does not hold what it returned; if there is none,
            such networks are left out.
        pairs: networks and judgements.
        most: how many to keep.
    """
    usable = [Observed(*pair, None) for pair in pairs if target or _holds_result(pair[1])]
    sized = sorted(usable, key=lambda each: each.size)
    places = np.unique(np.linspace(0, len(sized) - 1, min(most, len(sized))).astype(int))
    return [_with_result(target, sized[place]) for place in places.tolist()]


def _holds_result(judgement: Judgement) -> bool:
    """Whether a judgement holds the numbers that were returned, or there were none."""
    return judgement.kind in NO_RESULT or (
        judgement.kind not in REFORMED and judgement.arrays != ()
    )


def _with_result(target: Backend | None, seen: Observed) -> Observed:
    """The network with its result in place."""
    judgement = seen.judgement
    if judgement.kind in NO_RESULT:
        result: Any = Failure(str(judgement.kind), judgement.message)
    elif target and not _holds_result(judgement):
        result = called(target.backprop, as_arguments(seen.problem))
    else:
        result = tuple(
            [each.given for each in judgement.arrays if each.name == name]
            for name in ("weights", "biases")
        )
    return Observed(seen.problem, judgement, result)


def form(result: Any) -> Any:
    """The form of a result without its numbers: how many of what, of which shapes and dtypes.

    >>> form(([np.zeros((2, 3))], [[0.0, 1.0]]))
    ((('ndarray', (2, 3), 'float64'),), ('list',))
    """
    if isinstance(result, np.ndarray):
        return type(result).__name__, result.shape, str(result.dtype)
    if not isinstance(result, (list, tuple)):
        return type(result).__name__
    return tuple(
        tuple(form(each) if isinstance(each, np.ndarray) else type(each).__name__ for each in part)
        if isinstance(part, (list, tuple))
        else form(part)
        for part in result
    )
