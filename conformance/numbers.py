"""Numbers as a reader wants them: counts, sizes, and floats that say all they are."""

from __future__ import annotations

import math
from fractions import Fraction

from manual_backprop.arithmetic.formats import Format


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "network"), plural(1000, "network"), plural(2, "entry"), plural(0, "bias")
    ('1 network', '1,000 networks', '2 entries', '0 biases')
    """
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}{'e' * noun.endswith('s')}s"
    return f"{count:,} {noun if count == 1 else several}"


def size(value: float) -> str:
    """A magnitude, in two digits.

    >>> size(0.0), size(1.234e-12), size(math.inf)
    ('0', '1.2e-12', '∞')
    """
    if value == 0:
        return "0"
    return "∞" if math.isinf(value) else f"{value:.1e}"


def ratio(value: float) -> str:
    """Error / bound: rounded up, so that only 1 itself reads as 1 and what is above 1 is above.

    >>> ratio(0.0), ratio(0.12345), ratio(1.0), ratio(1.0000001), ratio(2.5e6), ratio(math.inf)
    ('0', '0.124', '1', '1.001', '2.5e+06', '∞')
    """
    if not 0 < value < 1000:
        return "–" if math.isnan(value) else size(value)
    return f"{math.ceil(value * 1000) / 1000:.4g}"


def percent(share: float) -> str:
    """A share of one, in percent.

    >>> percent(0.1238)
    '12.4%'
    """
    return f"{100 * share:.1f}%"


def value(number: float, digits: int = 17) -> str:
    """A float in so many digits; in 17, the shortest that reads back to the same bits.

    >>> value(0.1), value(1 / 3, digits=10)
    ('0.1', '0.3333333333')
    """
    return repr(float(number)) if digits >= 17 else f"{float(number):.{digits}g}"


def literal(number: float) -> str:
    """The float as Python source that is exact: a decimal if that is the number itself, else hex.

    >>> literal(-0.75), literal(0.1)
    ('-0.75', 'HEX("0x1.999999999999ap-4")')
    """
    decimal = repr(float(number))
    return decimal if Fraction(decimal) == Fraction(number) else f'HEX("{float(number).hex()}")'


def in_ulp(distance: float, near: float, float_format: Format) -> str:
    """A distance in units in the last place of a number of the format.

    >>> from manual_backprop.arithmetic.formats import FORMATS
    >>> in_ulp(2.0**-50, 1.5, FORMATS["float64"])
    '4 ulp'
    """
    exponent = math.frexp(max(abs(near), float_format.smallest_normal))[1]
    try:
        units = math.ldexp(distance, float_format.precision - exponent)
    except OverflowError:
        units = math.inf
    return f"{units:.3g} ulp" if math.isfinite(units) else "∞ ulp"
