"""The proof of a derivative: what backpropagation, in balls, rationals and floats, says of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from conformance.worked.entry import Entry
from conformance.worked.recursion import Recursion
from conformance.worked.written import Number, ends, written
from manual_backprop import Gradients, Problem, Verdict, enclose, gradient, judge
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle.rounding import round_exactly, round_rational

BITS = 128
"""Precision of the enclosure where the value itself is exact."""


@dataclass(frozen=True, eq=False)
class Proof:
    """What (5.1) to (5.3) say of one derivative, none of which contradicts the recursion.

    Attributes:
        enclosed: the ball that `enclose` proves, every choice at a kink included.
        bits: its precision.
        nearest: the float nearest to the value, in the problem's dtype; nan if that is not decided.
        backprop: what `gradient` returns in that dtype.
        verdict: on that, by `judge`.
    """

    enclosed: arb
    bits: int
    nearest: float
    backprop: float
    verdict: Verdict


def proof(of: Recursion, problem: Problem) -> Proof:
    """The same derivative, back to front: enclosed, in rationals where those are, and in floats.

    Args:
        of: the recursion, evaluated.
        problem: the problem in floats.
    Raises:
        ArithmeticError: if one of the three contradicts the recursion.

    >>> from conformance.worked.point import ball_point
    >>> from conformance.worked.recursion import recursion
    >>> problem = Problem.random((2, 3, 1))
    >>> str(proof(recursion(ball_point(problem, 128), Entry(0, 2, 1)), problem).verdict)
    'conforms'
    """
    bits = of.at.bits or BITS
    enclosed = entry_of(enclose(problem, bits), of.entry)
    if not holds(enclosed, of.value):
        raise _contradiction(of, f"its enclosure {written(enclosed)}")
    if of.at.bits is None and (exact := entry_of(gradient(of.at.problem), of.entry)) != of.value:
        raise _contradiction(of, f"{exact} in exact rationals")
    with np.errstate(all="ignore"):  # what overflows is judged
        g = gradient(problem)
        verdict = _verdict(problem, g, of.entry)
    found = float(entry_of(g, of.entry))
    if verdict.is_finding:
        raise _contradiction(of, f"{found} in {problem.dtype}, which is {verdict}")
    return Proof(enclosed, bits, nearest(of.value, problem.dtype.name, bits), found, verdict)


def nearest(value: Number, dtype: str, bits: int) -> float:
    """The float of that dtype nearest to the value; nan if a ball does not decide it.

    >>> nearest(Fraction(1, 3), "float16", 128)
    0.333251953125
    """
    if isinstance(value, arb):
        return round_exactly(value, float_format(dtype), bits)
    return round_rational(Fraction(value), float_format(dtype))


def entry_of(gradients: Gradients, entry: Entry) -> Any:
    """The entry of a gradient, whatever its arrays are."""
    if entry.j is None:
        return gradients.biases[entry.k][entry.i]
    return gradients.weights[entry.k][entry.i, entry.j]


def _verdict(problem: Problem, g: Gradients, entry: Entry) -> Verdict:
    wanted = ("biases" if entry.j is None else "weights", entry.k)
    arrays = judge(problem, g).arrays
    array = next(each for each in arrays if (each.name, each.layer) == wanted)
    verdict: Verdict = array.verdicts[entry.i if entry.j is None else (entry.i, entry.j)]
    return verdict


def holds(ball: arb, value: Number) -> bool:
    """Whether a ball holds a rational, or has a point in common with another ball.

    >>> holds(arb(1, 0.5), Fraction(3, 2)), holds(arb(1, 0.5), Fraction(7, 4))
    (True, False)
    """
    if isinstance(value, arb):
        return bool(ball.overlaps(value))
    low, high = ends(ball) if ball.is_finite() else (value, value)
    return bool(low <= value <= high)


def _contradiction(of: Recursion, found: str) -> ArithmeticError:
    return ArithmeticError(
        f"{of.entry.in_python}: the recursion (3.1)-(3.4) gives {written(of.value)}, "
        f"backpropagation (5.1)-(5.3) {found}: one of them is wrong"
    )
