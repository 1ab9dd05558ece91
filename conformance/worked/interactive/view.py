"""The numbers of the page: the point of differentiation, δ, every derivative, all proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from conformance.worked.entry import Entry
from conformance.worked.point import Point, row
from conformance.worked.proof import entry_of, holds
from conformance.worked.written import Number, written
from manual_backprop import Gradients, Problem, enclose, gradient
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.precision import precision

MOST_SAMPLES = 4
"""That can be stepped through."""

Rows: TypeAlias = list[list[Number]]


@dataclass(frozen=True, eq=False)
class View:
    """One problem, everything that is shown of it computed, as lists of numbers.

    Attributes:
        at: where; the same numbers as arrays.
        W: W[m][r][v].
        b: b[m][r]; None where a layer has none.
        p: p[m][s][u], sample by sample; x and slope likewise.
        x: x^(m).
        slope: f_m'(p^(m)) at index m = 1..N; empty at 0.
        loss_gradient: ∇L of each sample's own loss, [s][u].
        delta: δ^(m) of that, at index m = 1..N, [m][s][u]; empty at 0.
    """

    at: Point
    W: list[Rows]
    b: list[list[Number] | None]
    p: list[Rows]
    x: list[Rows]
    slope: list[Rows]
    loss_gradient: Rows
    delta: list[Rows]

    @property
    def problem(self) -> Problem:
        """What is shown."""
        return self.at.problem

    def entries(self) -> Iterator[Entry]:
        """Every weight and every bias."""
        for k, layer in enumerate(self.problem.network.layers):
            n_out, n_in = layer.weights.shape
            yield from (Entry(k, i, j) for i in range(n_out) for j in range(n_in))
            if layer.biases is not None:
                yield from (Entry(k, i) for i in range(n_out))

    def of_sample(self, entry: Entry, s: int) -> Number:
        """δ_i^(k+1) x_j^(k), or δ_i^(k+1) for a bias                                      (5.3)."""
        delta = self.delta[entry.k + 1][s][entry.i]
        if entry.j is None:
            return delta
        with precision(self.bits):
            return delta * self.x[entry.k][s][entry.j]

    def derivative(self, entry: Entry) -> Number:
        """The sum or the mean over the samples                                            (1.2)."""
        with precision(self.bits):
            value = sum(self.of_sample(entry, s) for s in range(self.problem.samples))
            return value / self.problem.samples if self.problem.reduction == "mean" else value

    @property
    def samples(self) -> range:
        """The samples that can be stepped through, the first few."""
        return range(min(self.problem.samples, MOST_SAMPLES))

    @property
    def bits(self) -> int:
        """Precision of sums and products of two numbers of the view; any will do if exact."""
        return self.at.bits or 53

    def numbers(self) -> Iterator[Number]:
        """Every number that the page writes, those along paths excepted."""
        for rows in (*self.p, *self.x, *self.slope, self.loss_gradient, *self.delta):
            yield from chain.from_iterable(rows[: len(self.samples)])
        yield from chain.from_iterable(chain.from_iterable(self.W))
        yield from map(self.derivative, self.entries())


def viewed(at: Point) -> View:
    """The view from a point: the way back, on all samples at once                  (5.1), (5.2).

    >>> from conformance.worked.point import ball_point
    >>> len(viewed(ball_point(Problem.random((2, 3, 1)), 128)).delta[2][0])
    1
    """
    delta = [at.slope[-1] * at.loss_gradient]
    for m in range(at.depth - 1, 0, -1):
        delta.insert(0, at.slope[m] * (delta[0] @ at.W[m]))
    return View(
        at,
        W=list(map(rows_of, at.W)),
        b=[None if b is None else vector(b) for b in at.b],
        p=list(map(rows_of, at.p)),
        x=list(map(rows_of, at.x)),
        slope=[[], *map(rows_of, at.slope[1:])],
        loss_gradient=rows_of(at.loss_gradient),
        delta=[[], *map(rows_of, delta)],
    )


def rows_of(array: Any) -> Rows:
    """A matrix as lists."""
    return [row(array, index) for index in range(array.shape[0])]


def vector(array: Any) -> list[Number]:
    """A vector as a list."""
    return array.entries if isinstance(array, Balls) else list(array)


def check(shown: View, problem: Problem) -> None:
    """Prove every derivative of the view.

    Args:
        shown: the view.
        problem: the problem in floats.
    Raises:
        ArithmeticError: if one is not in its enclosure, or differs from `gradient` in rationals.

    >>> from conformance.worked.point import ball_point
    >>> problem = Problem.random((2, 3, 1))
    >>> check(viewed(ball_point(problem, 128)), problem)
    """
    enclosure = enclose(problem, shown.at.bits or 128)
    exact: Gradients | None = gradient(shown.problem) if shown.at.bits is None else None
    for entry in shown.entries():
        value = shown.derivative(entry)
        same = exact is None or entry_of(exact, entry) == value
        if not (same and holds(entry_of(enclosure, entry), value)):
            raise ArithmeticError(
                f"{entry.in_python}: {written(value)} by (5.1)-(5.3) on each sample disagrees with "
                "backprop: one of them is wrong"
            )


def number(value: Number) -> str:
    """A number, with a minus sign in place of a hyphen.

    >>> number(-1)
    '−1'
    """
    return written(value).replace("-", "−")
