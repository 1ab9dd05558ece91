"""What networks that fail have in common, and those that pass have not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from conformance.diagnosis.observed import Observed
from manual_backprop import Problem

Condition = tuple[str, Callable[[Problem], bool]]

ENOUGH = 3
"""Networks of each kind that it takes to say so."""


def condition_sentence(failing: Sequence[Observed], passing: Sequence[Observed]) -> str:
    """The first condition that holds on all networks that fail and on none that passes; or empty.

    Simple ones come first. It is what was seen, not a proof.
    """
    if len(failing) < ENOUGH or len(passing) < ENOUGH:
        return ""
    for words, holds in _conditions([each.problem for each in failing]):
        if all(holds(each.problem) for each in failing) and not any(
            holds(each.problem) for each in passing
        ):
            return (
                f"It shows on networks {words} alone: on all {len(failing)} that fail and were "
                f"looked at, on none of {len(passing)} that pass."
            )
    return ""


def _conditions(failing: Sequence[Problem]) -> Iterator[Condition]:
    """Conditions that hold on the first network that fails, the simplest first."""
    first = failing[0]
    yield "of one sample", lambda problem: problem.samples == 1
    yield "without biases", _is_unbiased
    yield "with a layer that is not square", _has_oblong_layer
    for name in dict.fromkeys([first.loss.name, *_functions(first)]):
        yield f"with {name}", partial(_has, name)
    for words, size in SIZES.items():
        least = min(size(each) for each in failing)
        yield words.format(least), partial(_is_large, size, least)


def _is_unbiased(problem: Problem) -> bool:
    return all(layer.biases is None for layer in problem.network.layers)


def _has_oblong_layer(problem: Problem) -> bool:
    return any(len(set(layer.weights.shape)) > 1 for layer in problem.network.layers)


def _functions(problem: Problem) -> list[str]:
    return [layer.activation.name for layer in problem.network.layers]


def _has(name: str, problem: Problem) -> bool:
    return problem.loss.name == name or name in _functions(problem)


def _is_large(size: Callable[[Problem], int], least: int, problem: Problem) -> bool:
    return size(problem) >= least


SIZES: dict[str, Callable[[Problem], int]] = {
    "of {} and more samples": lambda problem: problem.samples,
    "of {} and more layers": lambda problem: problem.network.depth,
    "with {} and more units in some layer": lambda problem: max(problem.network.widths),
    "of {} and more outputs": lambda problem: problem.network.widths[-1],
    "of {} and more inputs": lambda problem: problem.network.widths[0],
}
