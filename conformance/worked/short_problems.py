"""A network for paper and pencil from a seed: short numbers, no kink, no derivative that is 0.

Every number is k/2, targets are k/4. A search changes one after the other, until all numbers of
the solution are short, no unit sits on a kink and no derivative is 0; where that is not to be had,
as few as it finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import TypeAlias

import numpy as np

from conformance.worked.point import exact_point
from manual_backprop import Layer, Network, Problem, gradient, step
from manual_backprop.arrays import Array
from manual_backprop.forward import forward

HIDDEN = ("relu", "abs")
"""What hidden layers are drawn from, and a square at most: short numbers stay short in them."""

Choices: TypeAlias = tuple[Fraction, ...]

WEIGHTS: Choices = tuple(map(Fraction, ("1", "-1", "1", "-1", "2", "-2", "1/2", "-1/2")))
BIASES: Choices = tuple(map(Fraction, ("0", "1", "-1", "1/2", "-1/2", "2", "-2")))
INPUTS: Choices = tuple(map(Fraction, ("1", "-1", "2", "-2", "3", "1/2", "-1/2")))
ERRORS: Choices = tuple(map(Fraction, ("1", "-1", "2", "-2", "1/2", "-1/2")))
"""Of the outputs: a target is what the network returns, less one of these."""

LONGEST = 5
"""Characters of the numbers that the search aims at, -27/4 say."""

CHANGES = 1000
"""After which the search ends with what it has."""

DEAD, KINK, TOO_LONG = 50, 10**4, 10**7
"""The faults of a derivative that is 0, of a kink, and of numbers that nobody would read."""


def drawn(
    widths: Sequence[int], activations: Sequence[str], loss: str, rate: Fraction, seed: int
) -> Problem:
    """A problem of Fractions with one sample.

    Args:
        widths: (l_0, …, l_N).
        activations: one for each layer, rational; an empty list draws them.
        loss: rational.
        rate: the learning rate, for the numbers that the update leads to.
        seed: the same seed gives the same problem.

    >>> problem = drawn((2, 3, 1), ("abs", "identity"), "half_squared_error", Fraction(1, 2), 7)
    >>> fault(problem, Fraction(1, 2))
    0
    """
    random = Random(f"{seed} {list(widths)} {list(activations)} {loss}")
    names = list(activations) or [*_hidden(random, len(widths) - 2), "identity"]
    choices = list(places(widths))
    numbers = [random.choice(each) for each in choices]
    best = problem_of(widths, names, loss, numbers)
    least = fault(best, rate)
    for _ in range(CHANGES):
        if least == 0:
            break
        place = random.randrange(len(numbers))
        changed = [*numbers]
        changed[place] = random.choice(choices[place])
        problem = problem_of(widths, names, loss, changed)
        if (found := fault(problem, rate)) <= least:
            best, least, numbers = problem, found, changed
    return best


def _hidden(random: Random, layers: int) -> list[str]:
    """Activations of the hidden layers."""
    names = [random.choice(HIDDEN) for _ in range(layers)]
    if names and random.random() < 0.5:
        names[random.randrange(layers)] = "square"
    return names


def fault(problem: Problem, rate: Fraction) -> int:
    """How far a problem is from one for paper: 0 if nothing is to be wished for.

    Kinks count most, then derivatives that are 0, then characters beyond `LONGEST`.
    """
    at = exact_point(problem)
    if at is None:
        return TOO_LONG
    g = gradient(problem)
    slopes = [array for _, array in g.parameters()]
    moved = step(problem.network, g, rate).layers
    arrays = [*slopes, *at.p, *at.x, at.loss_gradient, problem.targets, *(m.weights for m in moved)]
    dead: int = sum(int(np.sum(array == 0)) for array in slopes)
    long: int = sum(max(0, len(str(each)) - LONGEST) for array in arrays for each in array.flat)
    long += sum(each.denominator > 4 for each in problem.targets.flat)
    return KINK * len(at.corners) + min(DEAD * dead + long, KINK - 1)


# ── a problem as one list of numbers ──


def places(widths: Sequence[int]) -> Iterator[Choices]:
    """What each number is drawn from: layer by layer weights and biases, then inputs and errors."""
    for n_in, n_out in pairwise(widths):
        yield from (WEIGHTS for _ in range(n_out * n_in))
        yield from (BIASES for _ in range(n_out))
    yield from (INPUTS for _ in range(widths[0]))
    yield from (ERRORS for _ in range(widths[-1]))


def problem_of(
    widths: Sequence[int], activations: Sequence[str], loss: str, numbers: Sequence[Fraction]
) -> Problem:
    """The problem that those numbers make."""
    left = iter(numbers)
    layers = [
        Layer(_taken(left, n_out, n_in), _taken(left, n_out), name)
        for (n_in, n_out), name in zip(pairwise(widths), activations, strict=True)
    ]
    network, x = Network(layers), _taken(left, 1, widths[0])
    y = _targets(loss, forward(network, x).outputs[-1], _taken(left, 1, widths[-1]))
    return Problem(network, x, y, loss)


def _targets(loss: str, outputs: Array, errors: Array) -> Array:
    """The outputs less the errors; the errors' signs where targets are signs."""
    if loss == "hinge":
        return np.sign(errors) * Fraction(1)
    return 0 * errors if loss == "identity_sum" else outputs - errors


def _taken(numbers: Iterator[Fraction], *shape: int) -> Array:
    """The next numbers as an array."""
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        array[index] = next(numbers)
    return array
