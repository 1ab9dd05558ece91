"""Balls beside other arithmetics' results: exact rationals, and mpmath to sixty digits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from benchmarks.trust.duals import dual_gradient
from manual_backprop import Problem
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle.narrowness import radius_in_ulp

SIXTY_DIGITS = -148
"""A radius of 2^−148 ulp of float64 is at most 2^−200 of the number, less than 10^−60; of one below
2^−1022 it is that part of 2^−1022."""

MORE_BITS = 256
"""From an entry that is narrow beside an ulp to one that is known to sixty digits, with a margin:
a radius shrinks with the precision, by 2^256 here where 2^128 suffices."""


def holds(balls: Balls, truths: Any) -> bool:
    """Whether each ball holds its truth, a `Fraction`, compared as rational numbers.

    >>> holds(Balls.exactly([Fraction(1, 3)], 64), [Fraction(1, 3)])
    True
    """
    return all(
        ball.is_finite() and abs(truth - _rational(ball.mid())) <= _rational(ball.rad())
        for ball, truth in zip(balls.entries, np.ravel(truths), strict=True)
    )


def _rational(number: arb) -> Fraction:
    """The exact value of a midpoint or a radius."""
    mantissa, exponent = map(int, number.man_exp())
    return mantissa * Fraction(2) ** exponent


def by_mpmath(problem: Problem, bits: int) -> list[arb]:
    """mpmath's gradient at twice the bits, in the order of weights and biases, layer by layer.

    The radius is the distance from what it gives at the bits: mpmath bounds no error, and that is
    how far its results still move.

    >>> by_mpmath(Problem.random((1, 1), "tanh", biases=False, samples=1), 200)[0].rad() < 1e-57
    True
    """
    with precision(4 * bits):  # so that no mantissa is rounded
        low, high = (
            [_point(slope) for each in dual_gradient(problem, n) for slope in each.ravel()]
            for n in (bits, 2 * bits)
        )
        return [arb(b, abs(b - a)) for a, b in zip(low, high, strict=True)]


def _point(number: Any) -> arb:
    """The exact value of an `mpf`."""
    sign, mantissa, exponent, _ = number._mpf_
    return arb((-mantissa if sign else mantissa, exponent))


def agree(ball: arb, other: arb, hull: bool = False) -> bool:
    """Whether a ball overlaps mpmath's, and both are known to sixty digits.

    A hull is as wide as its choices. Of an entry that is proved to be 0 mpmath knows no digits.

    >>> agree(arb(2), arb(2, 1e-50)), agree(arb(2), arb(2 + 1e-9, 0)), agree(arb(2), arb(2))
    (False, False, True)
    """
    known = hull or all(
        radius_in_ulp(each) <= SIXTY_DIGITS for each in ([] if ball.is_zero() else [ball, other])
    )
    return known and bool(ball.overlaps(other))
