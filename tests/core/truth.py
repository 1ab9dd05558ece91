"""The truth about a definition at one exact point, by power series of the definition itself.

A `piece` of the catalogue runs on the series p + ε: the constant term is its value, the coefficient
of ε its derivative, by the algebra of series alone. No derivative rule of ours has a part in it.
With Arb balls the precision doubles until the result is far narrower than an ulp; with exact
rationals, where the piece has any, there is nothing left to round.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import arb, arb_series, fmpq, fmpq_series

Formula = Callable[[Any, Any], Any]
"""(p, m): of a number or a series p, with the functions of m."""


class SeriesFunctions:
    """The namespace m of a definition, on series of balls: exp, log, sqrt, sin, erf, pi."""

    @property
    def pi(self) -> arb:
        """π at the working precision."""
        return arb.pi()

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        """The function of that name, of a series, a ball or an exact number."""
        return lambda z: getattr(z if isinstance(z, (arb, arb_series)) else arb(z), name)()


NEGLIGIBLE = arb(2) ** -1200
"""Far below the least subnormal float64: whether so small a number is 0 makes no difference."""

MOST_BITS = 1 << 14
"""A point where even this precision does not settle the value is an error of the test."""


def value_and_derivative(piece: Formula, p: Any) -> tuple[Fraction, Fraction]:
    """The piece's value and derivative at p, each to 2⁻⁸⁰ of its size, or 0 if negligible."""
    bits = 160
    while bits <= MOST_BITS:
        with flint.ctx.workprec(bits):
            try:
                series = piece(arb_series([arb(rational(p)), 1], prec=2), SeriesFunctions())
                value, derivative = _settled(arb(series[0])), _settled(arb(series[1]))
            except ValueError:  # the ball of a denominator still holds zero
                value = derivative = None
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
    mantissa, exponent = ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def exact_value_and_derivative(piece: Formula, p: Any) -> tuple[Fraction, Fraction]:
    """The same without rounding, of a piece that asks for no function."""
    series = piece(fmpq_series([rational(p), 1], prec=2), None)
    return fraction(series[0]), fraction(series[1])


def rational(number: Any) -> fmpq:
    """A NumPy float of any format, an int or a Fraction, as flint's rational."""
    return fmpq(*number.as_integer_ratio())


def fraction(number: Any) -> Fraction:
    """flint's rational, or a NumPy float of any format, as a Fraction."""
    if isinstance(number, fmpq):
        return Fraction(int(number.p), int(number.q))
    return Fraction(*number.as_integer_ratio())


def ulp(truth: Fraction, dtype: Any) -> Fraction:
    """The distance between the format's neighbours around the truth, subnormals included."""
    info = np.finfo(dtype)
    least = Fraction(2) ** int(info.minexp - info.nmant)
    if truth == 0:
        return least
    size = abs(truth)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    return max(Fraction(2) ** int(exponent - info.nmant), least)


def epsilon(dtype: Any) -> Fraction:
    """The ulp of 1."""
    return ulp(Fraction(1), dtype)
