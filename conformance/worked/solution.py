"""A problem of one sample solved completely, in exact rationals, and proved before it is shown.

Forward pass (1.1), ∇L, back (5.1) and (5.2), gradients (5.3), update (6.1): each by the equation
itself on vectors. `check` holds every number against functions that work otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from conformance.worked.entry import Entry
from conformance.worked.point import Point, exact_point
from conformance.worked.proof import entry_of, holds
from conformance.worked.recursion import recursion
from manual_backprop import (
    Gradients,
    Problem,
    enclose,
    gradient,
    gradient_by_recursion,
    step,
)
from manual_backprop.arrays import Array
from manual_backprop.network import ArrayName
from manual_backprop.oracle.named_balls import named_balls


@dataclass(frozen=True, eq=False)
class Solution:
    """Every number of the solution.

    Attributes:
        at: p, x, f', ∇L.
        loss: L.
        delta: δ^(m) at index m = 1..N, shape (l_m,); None at 0.
        weights: ∂L/∂W_k.
        biases: ∂L/∂b^(k).
        rate: η.
        moved: W_k and b^(k) of each layer after the update.
    """

    at: Point
    loss: Fraction
    delta: tuple[Array | None, ...]
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    rate: Fraction
    moved: tuple[tuple[Array, Array], ...]


def solved(problem: Problem, rate: Fraction) -> Solution:
    """The solution of a problem of Fractions with one sample.

    Raises:
        ValueError: if its numbers are too long to be read.

    >>> from manual_backprop import Layer, Network
    >>> network = Network([Layer([[Fraction(1, 3)]], [Fraction(0)])])
    >>> str(solved(Problem(network, [Fraction(6)], [Fraction(1)]), Fraction(1)).weights[0][0, 0])
    '6'
    """
    at = exact_point(problem)
    if at is None or problem.samples != 1:
        raise ValueError("a solution is of one sample, and of numbers that are not too long")
    N, f, x = at.depth, [None, *(slope[0] for slope in at.slope[1:])], [each[0] for each in at.x]
    delta = [f[N] * at.loss_gradient[0]]  # (5.1)
    for m in range(N - 1, 0, -1):
        delta.insert(0, f[m] * (at.W[m].T @ delta[0]))  # (5.2)
    weights = [np.outer(delta[k], x[k]) for k in range(N)]  # (5.3)
    moved = [(at.W[k] - rate * weights[k], at.b[k] - rate * delta[k]) for k in range(N)]  # (6.1)
    loss = problem.loss.value(at.x[N], problem.targets)[0]
    return Solution(at, loss, (None, *delta), tuple(weights), tuple(delta), rate, tuple(moved))


def check(solution: Solution, entry: Entry) -> None:
    """Prove every number of a solution, and the derivative at the entry by the recursion.

    Raises:
        ArithmeticError: which names what does not agree, and with what.

    >>> from conformance.worked.short_problems import drawn
    >>> problem = drawn((2, 3, 1), (), "half_squared_error", Fraction(1, 2), 7)
    >>> check(solved(problem, Fraction(1, 2)), Entry(0, 2, 1))
    """
    problem = solution.at.problem
    own = Gradients(solution.loss, solution.weights, solution.biases, lambda: np.empty(0))
    _check_equal(own, gradient(problem), "backprop in exact rationals, (5.5),")
    _check_equal(own, gradient_by_recursion(problem), "the recursion (3.1)-(3.4)")
    _check_enclosed(own, problem)
    if recursion(solution.at, entry).value != entry_of(own, entry):
        raise ArithmeticError(f"{entry.in_python}: the tree of terms disagrees with (5.3)")
    after = step(problem.network, gradient(problem), solution.rate).layers
    for k, (weights, biases) in enumerate(solution.moved):
        if (weights != after[k].weights).any() or (biases != after[k].biases).any():
            raise ArithmeticError(f"layer {k}: the update (6.1) disagrees with training.step")


def _check_equal(own: Gradients, other: Gradients, name: str) -> None:
    """Raise ArithmeticError unless two gradients, and their objectives, are the same numbers."""
    theirs = [(ArrayName("loss"), other.loss), *other.parameters()]
    for mine, (what, each) in zip(_arrays(own), theirs, strict=True):
        if np.any(mine != each):
            raise ArithmeticError(f"{what}: {name} disagrees with the solution")


def _check_enclosed(own: Gradients, problem: Problem) -> None:
    """Raise ArithmeticError unless each number is in its proved ball."""
    for mine, (what, balls) in zip(_arrays(own), named_balls(enclose(problem)), strict=False):
        if not all(map(holds, balls.entries, mine.flat)):
            raise ArithmeticError(f"{what}: the enclosure does not hold the solution")


def _arrays(own: Gradients) -> list[Array]:
    """The objective, then the arrays of parameters."""
    return [np.array([own.loss]), *(array for _, array in own.parameters())]
