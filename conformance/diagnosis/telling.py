"""Networks that tell two explanations apart: where what one mistake gives the other cannot give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from conformance.backends.base import Backend
from conformance.backends.problems import as_arguments
from conformance.calling import called
from conformance.diagnosis.matching import evidence
from conformance.diagnosis.observed import Observed
from conformance.diagnosis.sets import apart, arrays_of
from conformance.mistakes import Mistake
from manual_backprop import LOSSES, Problem
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle.admissible import admissible
from manual_backprop.oracle.enclosure import enclose
from manual_backprop.oracle.judging import judge_within

WIDTHS = ((2, 3, 2), (3, 2, 4, 2), (2, 2, 2, 2), (1, 1), (2, 3), (3, 4, 2, 5, 3, 2), (6, 5, 7))
SAMPLES = (3, 1, 4)
TRIES = 60
"""Networks that are drawn for a search."""


def told_apart(
    target: Backend, explanations: Sequence[Mistake], like: Sequence[Problem]
) -> tuple[Problem, list[Mistake]] | None:
    """A network on which explanations exclude one another, and those that hold there.

    Args:
        target: called on the network.
        explanations: mistakes that give all that was seen so far.
        like: networks that failed; new ones have their activations and losses.
    Returns:
        The network that leaves the fewest explanations, but one at least; None if none was found.
    """
    best = None
    for problem in filter(lambda each: _differ(each, explanations), _problems(like)):
        seen = _observed(target, problem)
        left = [each for each in explanations if evidence(each, seen).agrees]
        if 0 < len(left) < len(best[1] if best else explanations):
            best = problem, left
        if len(left) == 1:
            break
    return best


def _problems(like: Sequence[Problem]) -> Iterator[Problem]:
    """Small networks of the functions that were seen, each of another shape."""
    rng = np.random.default_rng(0)
    dtype = like[0].dtype
    hidden = sorted({layer.activation.name for each in like for layer in each.network.layers})
    ends = sorted({(each.network.layers[-1].activation.name, each.loss.name) for each in like})
    shapes = list(product(WIDTHS, SAMPLES))
    for number in range(TRIES):
        widths, samples = shapes[number % len(shapes)]
        output, loss = ends[number % len(ends)]
        if LOSSES[loss].targets == "distribution" and widths[-1] < 2:
            continue
        names = [*rng.choice(hidden, len(widths) - 2), output]
        yield Problem.random(widths, [str(name) for name in names], loss, samples, number, dtype)


def _differ(problem: Problem, explanations: Sequence[Mistake]) -> bool:
    """Whether two of the mistakes give results of other shapes, or sets without a common point."""
    form = float_format(str(problem.dtype))
    sets = [each.admissible(problem, form) for each in explanations]
    known = [arrays_of(each) for each in sets if each is not None]
    return any(
        a.shape != b.shape or bool(np.any(apart(a, b)))
        for one, other in combinations(known, 2)
        for a, b in zip(one, other, strict=True)
    )


def _observed(target: Backend, problem: Problem) -> Observed:
    """What the target returns there, judged."""
    result = called(target.backprop, as_arguments(problem))
    form = float_format(str(problem.dtype))
    judgement = judge_within(
        admissible(problem, form, target.order),
        result,
        form.name,
        target.order,
        lambda: enclose(problem),
    )
    return Observed(problem, judgement, result)
