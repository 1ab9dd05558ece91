"""Numbers as decimals that are rounded to a known side, so that what was proved stays proved."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, Inexact
from fractions import Fraction

from flint import arb

from manual_backprop.oracle.rounding import BEYOND

DIGITS = 22
"""Of the ends of an enclosure, whose radius is at most 2^-20 ulp of float64, 2^-73 of the entry."""

EXACT_DIGITS = 60
"""What an exact number may take before it is rounded too."""

BOUND_DIGITS, HULL_DIGITS = 8, 11
"""Of a bound: few enough that NumPy's last places, which vary with the CPU, do not show.

A hull has more, so that a value 1e-9 beyond it is wrong; there are few of them.
"""


def below(value: Fraction) -> str:
    """The number if it is short, else the nearest decimal of 22 digits below it.

    >>> below(Fraction(1, 3)), above(Fraction(1, 3)), below(Fraction(-3, 8))
    ('0.3333333333333333333333', '0.3333333333333333333334', '-0.375')
    """
    return _text(_short_or_rounded(value, ROUND_FLOOR))


def above(value: Fraction) -> str:
    """The number if it is short, else the nearest decimal of 22 digits above it."""
    return _text(_short_or_rounded(value, ROUND_CEILING))


def upper_float(value: Fraction, digits: int = BOUND_DIGITS) -> float:
    """A float64 at or above the number, of few digits and so the same wherever it is computed.

    >>> upper_float(Fraction(1, 3)), upper_float(Fraction(0)), upper_float(Fraction(1, 4))
    (0.33333334, 0.0, 0.25)
    """
    nearest = float(_quotient(value, _context(digits, ROUND_CEILING)))
    return nearest if Fraction(nearest) >= value else math.nextafter(nearest, math.inf)


def end(ball: arb, upper: bool) -> Fraction:
    """The lower or upper end of a ball; flint rounds it outward to its precision.

    Exactly, but for an end nearer to 0 than 2^-4096, which no memory might hold: that one goes
    outward to 0 or to ±2^-4096.

    >>> end(arb(0.75), upper=True), end(arb((1, -10**9)), upper=False)
    (Fraction(3, 4), Fraction(0, 1))
    """
    mantissa, exponent = map(int, (ball.upper() if upper else ball.lower()).man_exp())
    if mantissa and mantissa.bit_length() + exponent <= -BEYOND:
        return Fraction((mantissa > 0) == upper) * Fraction(1 if upper else -1, 2**BEYOND)
    return Fraction(mantissa) * Fraction(2) ** exponent


def _short_or_rounded(value: Fraction, rounding: str) -> Decimal:
    try:
        return _quotient(value, _context(EXACT_DIGITS, rounding, [Inexact]))
    except Inexact:
        return _quotient(value, _context(DIGITS, rounding))


def _context(digits: int, rounding: str, traps: list[type[Inexact]] | None = None) -> Context:
    return Context(digits, rounding, Emin=-(10**9), Emax=10**9, traps=traps or [])


def _quotient(value: Fraction, context: Context) -> Decimal:
    """Rounded once."""
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _text(decimal: Decimal) -> str:
    """Without an exponent where that stays readable; C, JavaScript and the rest read either."""
    decimal = decimal.normalize(_context(EXACT_DIGITS, ROUND_FLOOR))  # which only drops zeros
    readable = -7 <= decimal.adjusted() < DIGITS
    return f"{decimal:f}" if readable or not decimal else str(decimal).lower()
