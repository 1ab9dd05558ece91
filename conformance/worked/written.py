"""Numbers as they are written: fractions that are short, else six digits that are correct.

A number is a whole number, a `Fraction`, or a ball that holds the true value. Of a ball those
digits are written that all of it rounds to; where it is too wide for that, its two ends, rounded.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact
from fractions import Fraction
from typing import Any, TypeAlias

from flint import arb

from manual_backprop.arithmetic.precision import precision

Number: TypeAlias = Any
"""int, Fraction or arb; flint has no types."""

DIGITS = 6
"""Significant digits of a number that is no short fraction."""

SHORT = 12
"""Characters that a fraction may take, sign and stroke included."""

RANGE = 2**16
"""A number above 2^RANGE is written as not bounded, one below its inverse as if it were that."""

UNBOUNDED = "[-∞, ∞]"

TINY = Decimal("1e-12")
"""What is not told from 0 is written as 0 with a bound if it is below this, else as an interval."""


def written(number: Number) -> str:
    """The number as text.

    >>> written(Fraction(-3, 4)), written(Fraction(1, 3**30))
    ('-3/4', '4.85694e-15')
    >>> written(arb(0.5)), written(arb(0.5, 1e-12)), written(arb(1, 0.5)), written(arb(0, 1e-40))
    ('0.5', '0.500000', '[0.5, 1.5]', '0±1e-39')
    """
    if isinstance(number, arb):
        return _written_ball(number)
    exact = Fraction(number)
    return str(exact) if is_short(exact) else _decimal(exact)


def is_short(number: Number) -> bool:
    """Whether it is written as a fraction.

    >>> is_short(Fraction(-7, 8)), is_short(Fraction(0.1))
    (True, False)
    """
    exact = Fraction(number)
    if max(abs(exact.numerator), exact.denominator) >= 10**SHORT:
        return False  # without writing out what may have a million digits
    return len(str(exact)) <= SHORT


def is_decided(number: Number) -> bool:
    """Whether all of a ball rounds to the digits that are written.

    >>> is_decided(arb(1) / 3), is_decided(arb(0, 1e-40)), is_decided(Fraction(1, 3))
    (True, False, True)
    """
    return not isinstance(number, arb) or _rounded(number) is not None


def rational(end: arb) -> Fraction:
    """The number that an exact ball is.

    >>> rational(arb(0.75))
    Fraction(3, 4)
    """
    mantissa, exponent = (int(part) for part in end.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def exponent_above(end: arb) -> int:
    """The least e with |end| < 2^e, of an exact ball; 0 for 0.

    >>> exponent_above(arb(3)), exponent_above(arb(-4)), exponent_above(arb(0))
    (2, 3, 0)
    """
    mantissa, exponent = (int(part) for part in end.man_exp())
    return abs(mantissa).bit_length() + exponent if mantissa else 0


# ── balls ──


def _written_ball(ball: arb) -> str:
    """Rounded if all of it rounds one way; else 0 with a bound, or an interval."""
    if not ball.is_finite() or exponent_above(ball.abs_upper()) > RANGE:
        return UNBOUNDED
    if (text := _rounded(ball)) is not None:
        return text
    low, high = (_quotient(end, _context()) for end in ends(ball))
    size = max(abs(low), abs(high))
    if low <= 0 <= high and size < TINY:
        return f"0±1e{size.adjusted() + 1}"
    unit = Decimal(1).scaleb(size.adjusted() - DIGITS + 1)
    return f"[{', '.join(_plain(end.quantize(unit).normalize() + 0) for end in (low, high))}]"


def _rounded(ball: arb) -> str | None:
    """The digits that all of the ball rounds to; None if there are none."""
    if not ball.is_finite() or exponent_above(ball.abs_upper()) > RANGE:
        return None
    if ball.is_exact():
        return _decimal(_near(ball))
    low, high = (_plain(_padded(end)) for end in ends(ball))
    return low if low == high else None


def ends(ball: arb) -> tuple[Fraction, Fraction]:
    """The least and the largest number of a finite ball, or numbers a little further out.

    >>> [round(float(end), 6) for end in ends(arb(1, 0.5))]
    [0.5, 1.5]
    """
    with precision(256):  # the ends to more digits than are written, rounded outward
        return _near(ball.lower()), _near(ball.upper())


def _near(end: arb) -> Fraction:
    """The number, or one that is written alike in place of one with too many digits."""
    if exponent_above(end) >= -RANGE or end.is_zero():
        return rational(end)
    return Fraction(1 if end > 0 else -1, 2**RANGE)


# ── decimals ──


def _decimal(value: Fraction) -> str:
    """The quotient in six digits, rounded once; all six of them are written unless it is exact."""
    context = _context()
    quotient = _quotient(value, context)
    return _plain(quotient if context.flags[Inexact] else quotient.normalize())


def _padded(value: Fraction) -> Decimal:
    """Six digits, zeros at the end included: what is rounded is not to look exact."""
    quotient = _quotient(value, _context())
    return quotient.quantize(Decimal(1).scaleb(quotient.adjusted() - DIGITS + 1))


def _context() -> Context:
    return Context(prec=DIGITS, Emin=-(10**6), Emax=10**6, traps=[])  # ties to even


def _quotient(value: Fraction, context: Context) -> Decimal:
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _plain(digits: Decimal) -> str:
    """Without an exponent, unless that takes many zeros."""
    if -4 <= digits.adjusted() < DIGITS:
        return f"{digits:f}"
    return f"{digits.scaleb(-digits.adjusted()):f}e{digits.adjusted()}"
