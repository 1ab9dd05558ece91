"""Elementary functions for the catalogue's definitions, on balls and on power series of balls.

A definition is a formula of p and of a namespace m. On `arb_series([p, 1], 2)` it gives value and
derivative of the formula itself, by the algebra of truncated power series: no derivative rule of
ours takes part, which is what makes it a witness (the algebra: Knuth, *Seminumerical
Algorithms*, section 4.7; in flint: `arb_series`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from flint import arb, arb_series, fmpq

from manual_backprop.activations import Breakpoint


class Functions:
    """The namespace m: exp, log, sqrt, sin, tanh, erf of balls and series, and π."""

    @staticmethod
    def exp(z: Any) -> Any:
        """The exponential."""
        return z.exp()

    @staticmethod
    def log(z: Any) -> Any:
        """The natural logarithm."""
        return z.log()

    @staticmethod
    def sqrt(z: Any) -> Any:
        """The square root."""
        return z.sqrt() if hasattr(z, "sqrt") else arb(z).sqrt()

    @staticmethod
    def sin(z: Any) -> Any:
        """The sine."""
        return z.sin()

    @staticmethod
    def tanh(z: Any) -> Any:
        """The hyperbolic tangent."""
        return z.tanh() if isinstance(z, arb) else 1 - 2 / ((2 * z).exp() + 1)

    @staticmethod
    def erf(z: Any) -> Any:
        """The error function."""
        return z.erf()

    @property
    def pi(self) -> arb:
        """π, at the working precision."""
        return arb.pi()


FUNCTIONS = Functions()

EVERYTHING = arb(0, float("inf"))
"""The ball that holds every number."""


def places(breakpoints: Sequence[Breakpoint]) -> list[arb]:
    """Where the breakpoints are, at the working precision."""
    return [fraction(each.at) for each in breakpoints]


def active_pieces(p: arb, breaks: Sequence[arb]) -> range:
    """Which pieces the ball touches; both at a breakpoint.

    Args:
        p: the ball.
        breaks: the breakpoints' `places`, ascending.

    >>> from manual_backprop import ACTIVATIONS
    >>> active_pieces(arb(0), places(ACTIVATIONS["relu"].breakpoints))
    range(0, 2)
    """
    first = last = 0
    for at in breaks:
        first += p > at
        last += not p < at
    return range(first, last + 1)


def expanded(formula: Callable[[Any, Any], Any], p: arb) -> tuple[arb, arb]:
    """Value and derivative of a definition over a ball, by one power series.

    >>> from manual_backprop import ACTIVATIONS
    >>> expanded(ACTIVATIONS["square"].pieces[0], arb(3))
    (9.00000000000000, 6.00000000000000)
    """
    return coefficients(formula, arb_series([p, 1], 2), FUNCTIONS)


def coefficients(formula: Callable[..., Any], *arguments: Any) -> tuple[arb, arb]:
    """The first two coefficients of a formula's series; everything, if it may divide by zero.

    exp of a huge number is beyond Arb's exponents and encloses everything, 0 included.
    """
    try:
        series = formula(*arguments)
    except (ValueError, ZeroDivisionError):  # flint's words for a divisor that may be 0
        return EVERYTHING, EVERYTHING
    if isinstance(series, arb_series):
        return series[0], series[1]
    return arb_of(series), arb(0)


def coefficient(series: Any, index: int) -> arb:
    """A coefficient of a truncated power series; a constant has the one alone."""
    if isinstance(series, arb_series):
        return series[index]
    return arb_of(series) if index == 0 else arb(0)


def union(balls: list[arb]) -> arb:
    """The smallest ball, to 30 bits of radius, that holds them all; exact where they agree."""
    result = balls[0]
    for ball in balls[1:]:
        same = result.is_exact() and ball.is_exact() and result == ball
        result = result if same else result.union(ball)
    return result


def arb_of(value: Any) -> arb:
    """A ball of a ball or of a whole number."""
    return value if isinstance(value, arb) else arb(value)


def fraction(value: Fraction) -> arb:
    """The ball of a rational."""
    return arb(fmpq(value.numerator, value.denominator))
