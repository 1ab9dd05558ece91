"""The truth about a definition: its value and derivative at one exact point, enclosed by Arb.

A `piece` of the catalogue runs on the power series p + ε of Arb balls. The constant term encloses
the value and the coefficient of ε the derivative, by series arithmetic alone: no derivative rule of
ours has a part in it. The precision doubles until the ball is far narrower than an ulp.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import arb, arb_series, fmpq


class SeriesFunctions:
    """The namespace m of a definition, on power series: exp, log, sqrt, tanh, sin, erf, pi."""

    @property
    def pi(self) -> arb:
        return arb.pi()

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        return lambda series: getattr(series if hasattr(series, name) else arb(series), name)()


NEGLIGIBLE = arb(2) ** -1200
"""Far below the least subnormal number of any float64: whether it is 0 makes no difference."""

MOST_BITS = 1 << 14
"""A truth that needs more bits than this is reported as an error of the test."""


def exact(number: Any) -> fmpq:
    """The number (a NumPy float of any format, an int or a Fraction) as a rational."""
    return fmpq(*number.as_integer_ratio())


def value_and_derivative(piece: Callable[[Any, Any], Any], p: Any) -> tuple[Fraction, Fraction]:
    """The piece's value and derivative at p, each to 2⁻⁸⁰ of its size, or 0 if below NEGLIGIBLE.

    Args:
        piece: the formula (p, m).
        p: where, taken exactly.
    """
    bits = 160
    while bits <= MOST_BITS:
        with flint.ctx.workprec(bits):
            try:
                series = piece(arb_series([arb(exact(p)), 1], prec=2), SeriesFunctions())
            except ValueError:  # a denominator too wide to exclude zero
                series = arb("nan"), arb("nan")
            value, derivative = _settled(series[0]), _settled(series[1])
        if value is not None and derivative is not None:
            return value, derivative
        bits *= 2
    raise ArithmeticError(f"{p!r} needs more than {MOST_BITS} bits")


def _settled(ball: arb) -> Fraction | None:
    """The ball's midpoint if it is narrow, 0 if all of it is negligible, else None."""
    if abs(ball) < NEGLIGIBLE:
        return Fraction(0)
    if not ball.is_finite() or ball.rel_accuracy_bits() < 80:
        return None
    mantissa, exponent = (int(part) for part in ball.mid().man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def ulp(truth: Fraction, dtype: Any) -> Fraction:
    """The distance between neighbours of the format around the truth, subnormals included."""
    info = np.finfo(dtype)
    if truth == 0:
        return Fraction(2) ** (info.minexp - info.nmant)
    size = abs(truth)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    return Fraction(2) ** (max(exponent, info.minexp) - info.nmant)
