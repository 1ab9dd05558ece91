"""Floating-point formats, and the rounding that an implementation in them is allowed.

u is the unit roundoff (half the gap above 1), η the smallest normal number, Ω the largest finite
one (Higham, *Accuracy and Stability of Numerical Algorithms*, ch. 2; IEEE 754-2019).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from manual_backprop.names import nearest


@dataclass(frozen=True)
class Format:
    """A binary format with gradual underflow.

    Attributes:
        name: as in a problem file.
        precision: significand bits, the leading one included.
        max_exponent: Ω lies just below 2^(max_exponent + 1).
        operand_precision: bits that the operands of a matrix product keep (tf32 and its like);
            the precision itself where nothing is shortened.
    """

    name: str
    precision: int
    max_exponent: int
    operand_precision: int

    @property
    def unit_roundoff(self) -> float:
        """u = 2^−precision."""
        return 2.0**-self.precision

    @property
    def operand_roundoff(self) -> float:
        """Relative change of an operand that a matrix product may make; 0 for none."""
        if self.operand_precision == self.precision:
            return 0.0
        return 2.0**-self.operand_precision

    @property
    def smallest_normal(self) -> float:
        """η = 2^(1 − max_exponent)."""
        return 2.0 ** (1 - self.max_exponent)

    def ulp(self, value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The unit in the last place at each value; of 0, that of the subnormals.

        >>> float(float_format("float32").ulp(np.array(1.0)))
        1.1920928955078125e-07
        """
        exponent = np.maximum(np.frexp(value)[1] - 1, 1 - self.max_exponent)
        return np.asarray(np.ldexp(1.0, exponent - self.precision + 1))

    @property
    def largest(self) -> float:
        """Ω = (2 − 2u)·2^max_exponent."""
        return float((2 - Fraction(2, 2**self.precision)) * 2**self.max_exponent)


FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("float16", 11, 15, 11),
        Format("bfloat16", 8, 127, 8),
        Format("float32", 24, 127, 24),
        Format("float64", 53, 1023, 53),
        Format("tf32", 24, 127, 11),
        Format("bfloat16_operands", 24, 127, 8),
        Format("float16_operands", 24, 127, 11),
    )
}


def float_format(name: str) -> Format:
    """The format of that name; those with shorter operands accumulate in float32.

    Raises:
        ValueError: if there is none; the message names the nearest.

    >>> float_format("float32").unit_roundoff == 2.0**-24
    True
    """
    if name not in FORMATS:
        raise ValueError(f"no error bounds for dtype {name!r}: {nearest(name, list(FORMATS))}")
    return FORMATS[name]
