"""The search: steps from a failing problem to a smaller one, coarse to fine, until none helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from conformance.reducer.functions import fewer_biases, simpler_activations, simpler_losses
from conformance.reducer.measure import size_of
from conformance.reducer.numbers import fresh, shorter_arrays, shorter_numbers
from conformance.reducer.parts import Parts, parts_of, problem_of
from conformance.reducer.structure import (
    done_beforehand,
    ended_early,
    fewer_layers,
    fewer_samples,
    fewer_units,
)
from manual_backprop import Problem

Step = Callable[[Parts], Iterator[Parts]]


def _afresh(step: Step, parts: Parts) -> Iterator[Parts]:
    """The candidates of a step with other numbers: zeros may hide what they would show."""
    return map(fresh, step(parts))


STRUCTURE: tuple[Step, ...] = (
    fewer_samples,
    fewer_layers,
    fewer_units,
    fewer_biases,
    done_beforehand,
    ended_early,
    simpler_losses,
    simpler_activations,
)
STEPS: tuple[Step, ...] = (
    *STRUCTURE,
    shorter_arrays,
    shorter_numbers,
    *(partial(_afresh, step) for step in STRUCTURE),
)
"""What is tried, coarse to fine."""


def reduced(problem: Problem, fails: Callable[[Problem], bool], budget: int = 2000) -> Problem:
    """The smallest problem that the search comes to for which `fails` is still true.

    A step is taken only to a problem that fails and has a smaller `size_of`, so the search ends.

    Args:
        problem: where to begin; it fails. float16, float32 or float64, which it keeps.
        fails: whether a problem shows the finding. It has to be the finding itself, "provably
            wrong" say: a weaker one would let the search drift into rounding noise.
        budget: how often `fails` may be asked.
    Returns:
        Problem; the given one itself if nothing smaller was found to fail.

    >>> large = Problem.random((5, 7, 3), "tanh", samples=9)
    >>> small = reduced(large, lambda problem: problem.network.widths[0] > 1)
    >>> small.network.widths, small.network.layers[0].weights, small.inputs, small.loss.name
    ((2, 1), array([[0., 0.]]), array([[0., 0.]]), 'identity_sum')
    """
    ask, smallest, before = _Ask(fails, budget), problem, None
    while smallest is not before:
        before = smallest
        for step in STEPS:
            smallest = _as_far_as_it_goes(step, smallest, ask)
    return smallest


def _as_far_as_it_goes(step: Step, problem: Problem, ask: _Ask) -> Problem:
    """The problem after one kind of step, taken until no candidate helps.

    After each it goes on with the next candidate, not with the first: what did not help before
    seldom helps now.
    """
    place = 0
    while (found := _next(step, problem, place, ask)) is not None:
        problem, place = found
    return problem


def _next(step: Step, problem: Problem, place: int, ask: _Ask) -> tuple[Problem, int] | None:
    """The next candidate that is smaller and fails, with its number; None if there is none."""
    size = size_of(problem)
    for number, parts in _circle(step, parts_of(problem), place):
        if not ask.left:
            break
        candidate = problem_of(parts)
        if candidate is not None and size_of(candidate) < size and ask(candidate):
            return candidate, number
    return None


def _circle(step: Step, parts: Parts, place: int) -> Iterator[tuple[int, Parts]]:
    """The candidates, numbered, once around from one of them."""
    yield from islice(enumerate(step(parts)), place, None)
    yield from islice(enumerate(step(parts)), place)


class _Ask:
    """`fails`, asked so many times at most, and never twice about the same problem."""

    def __init__(self, fails: Callable[[Problem], bool], budget: int) -> None:
        self.fails, self.left = fails, budget
        self.known: set[object] = set()

    def __call__(self, problem: Problem) -> bool:
        if not self.left or (key := _key(problem)) in self.known:
            return False
        self.left -= 1
        self.known.add(key)
        return self.fails(problem)


def _key(problem: Problem) -> object:
    """What two candidates have in common if and only if they are the same problem."""
    parts = parts_of(problem)
    names = [layer.activation.name for layer in parts.layers]
    unbiased = [layer.biases is None for layer in parts.layers]
    arrays = [(each.shape, each.tobytes()) for each in parts.arrays]
    return (*names, *unbiased, *arrays, parts.loss.name)
