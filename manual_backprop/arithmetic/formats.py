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
        operand_max_exponent: the operands' range, likewise.
    """

    name: str
    precision: int
    max_exponent: int
    operand_precision: int
    operand_max_exponent: int

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

    @property
    def smallest_normal_operand(self) -> float:
        """η of the operands of a matrix product."""
        return 2.0 ** (1 - self.operand_max_exponent)

    @property
    def largest_operand(self) -> float:
        """More than half of the largest finite operand, which is as far as they may go."""
        return 2.0**self.operand_max_exponent

    @property
    def array_dtype(self) -> str:
        """The dtype of NumPy's in whose arrays its numbers travel: float32 where it has none.

        >>> float_format("float16").array_dtype, float_format("bfloat16").array_dtype
        ('float16', 'float32')
        """
        return self.name if self.name in ("float16", "float32", "float64") else "float32"

    def holds(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which values the format has the significand bits and the range for.

        >>> float_format("float16").holds(np.array([0.5, 2049.0, 65536.0]))
        array([ True, False, False])
        """
        scaled = np.ldexp(np.frexp(values)[0], self.precision)
        return np.asarray((scaled == np.rint(scaled)) & (np.abs(values) <= self.largest))

    def ulp(self, value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The unit in the last place at each value; of 0, that of the subnormals.

        >>> float(float_format("float32").ulp(np.array(1.0)))
        1.1920928955078125e-07
        >>> float(float_format("float32").ulp(np.array(0.0))) == 2.0**-149
        True
        """
        least = 1 - self.max_exponent
        exponent = np.maximum(np.where(value == 0, least, np.frexp(value)[1] - 1), least)
        return np.asarray(np.ldexp(1.0, exponent - self.precision + 1))

    @property
    def largest(self) -> float:
        """Ω = (2 − 2u)·2^max_exponent."""
        return float((2 - Fraction(2, 2**self.precision)) * 2**self.max_exponent)


FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("float16", 11, 15, 11, 15),
        Format("bfloat16", 8, 127, 8, 127),
        Format("float32", 24, 127, 24, 127),
        Format("float64", 53, 1023, 53, 1023),
        Format("tf32", 24, 127, 11, 127),
        Format("bfloat16_operands", 24, 127, 8, 127),
        Format("float16_operands", 24, 127, 11, 15),
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
