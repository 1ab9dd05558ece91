"""Arrays of balls in float64: an enclosure at the speed of the platform's matrix products.

A ball is a midpoint and a radius, each a float64, and every operation encloses: if the operands
hold the true values, so does the result. With e = 2⁻⁵³, products of matrices of such balls are

    A ± α, B ± β:   fl(A B) ± ( (α + (n+2)e|A|) (|B| + β) + |A| β ),

two or three products of matrices in place of one (Rump 1999, *Fast and parallel interval
arithmetic*). The first term holds what the operands leave open, |A|β + α(|B| + β), and the rounding
of fl(A B): at most γ_n |A||B|, γ_n = ne/(1 − ne) ≤ (n+2)e, for a sum of n products in any order,
fused or not (Higham 2002, *Accuracy and Stability*, section 3.1). Radii are computed in float64
too; `outward` covers the rounding of that, and what underflow may take is added where there can be
any.

What is trusted: IEEE 754 addition, multiplication and division, to nearest, and a matrix product
that multiplies and adds, as every BLAS does (Strassen's would need another bound).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat

from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.rounded import OWN, TINY, every, outward

Floats = npt.NDArray[np.float64]

FLOAT_BITS = 53
"""The precision of float64."""

LONGEST = 2**26
"""Sums of up to so many terms have γ_n ≤ (n+2)e, for ne/(1 − ne) ≤ (n+2)e if n(n+2)e ≤ 2."""

NO_UNDERFLOW = 2.0**-900
"""What is above this is far above 2⁻¹⁰²², the smallest normal number, times e as well."""


class FloatBalls:
    """A vector or a matrix of balls.

    Args:
        midpoint: float64 array.
        radius: float64 array ≥ 0 of the same shape; None for points. inf says that nothing is
            known.
    """

    bits = FLOAT_BITS
    __array_ufunc__ = None  # so that an ndarray on the left leaves the operation to us

    def __init__(self, midpoint: Floats, radius: Floats | None = None) -> None:
        self.midpoint = midpoint
        self._radius = radius

    # ── to and from NumPy ──

    @classmethod
    def exactly(cls, values: npt.ArrayLike) -> FloatBalls:
        """The balls of an array's exact values: floats of any dtype, `Fraction`s, ints.

        >>> from fractions import Fraction
        >>> FloatBalls.exactly(np.array([Fraction(1, 3)])).contains(np.array([Fraction(1, 3)]))
        array([ True])
        """
        array = np.asarray(values)
        if array.dtype in (np.float16, np.float32, np.float64):
            return cls(array.astype(np.float64))
        return cls.of_balls(Balls.exactly(array, 2 * FLOAT_BITS))

    @classmethod
    def of_balls(cls, balls: Balls) -> FloatBalls:
        """The balls rounded outward to float64."""
        return cls(balls.midpoint, balls.radius)._known()

    def balls(self, bits: int = 2 * FLOAT_BITS) -> Balls:
        """The same balls in Arb, whose radii have 30 bits, rounded up."""
        pairs = zip(self.midpoint.ravel().tolist(), self.radius.ravel().tolist(), strict=True)
        with precision(max(bits, FLOAT_BITS)):
            entries = [arb(midpoint, radius) for midpoint, radius in pairs]
            rows, columns = (1, 1, *self.shape)[-2:]
            return Balls(arb_mat(rows, columns, entries), bits, self.midpoint.ndim < 2)

    @property
    def entries(self) -> list[arb]:
        """The balls in Arb, row by row."""
        return self.balls().entries

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.midpoint.shape

    @property
    def radius(self) -> Floats:
        """Radii, float64; 0 says that the midpoint is the one true value, inf: nothing is known."""
        return np.zeros(self.shape) if self._radius is None else self._radius

    def contains(self, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which of the values are certainly inside their balls; nan never is.

        >>> FloatBalls.exactly([0.5, 0.25]).contains([0.5, 0.3])
        array([ True, False])
        """
        array = np.broadcast_to(np.asarray(values), self.shape)
        finite = np.isfinite(array) if array.dtype != object else np.ones(self.shape, bool)
        given = FloatBalls.exactly(np.where(finite, array, 0))
        with np.errstate(over="ignore"):
            distance = np.abs(given.midpoint - self.midpoint)
            farthest = np.where(distance > 0, outward(distance + given.radius), given.radius)
        return np.asarray(finite & (farthest <= self.radius))

    def overlaps(self, other: FloatBalls | Balls) -> npt.NDArray[np.bool_]:
        """Which balls have a point in common with the other array's, to the 30 bits of radii."""
        return self.balls().overlaps(other if isinstance(other, Balls) else other.balls())

    def is_zero(self) -> npt.NDArray[np.bool_]:
        """Which entries are exactly 0: proved, not rounded."""
        return np.asarray((self.midpoint == 0) & (self.radius == 0))

    def is_finite(self) -> npt.NDArray[np.bool_]:
        """Which entries have a finite enclosure."""
        return np.isfinite(self.radius)

    def __repr__(self) -> str:
        return f"FloatBalls({self.midpoint.tolist()} ± {self.radius.tolist()})"

    # ── what NumPy users write ──

    @property
    def T(self) -> FloatBalls:
        """The transpose."""
        return FloatBalls(self.midpoint.T, None if self._radius is None else self._radius.T)

    def __getitem__(self, index: Any) -> FloatBalls:
        radius = None if self._radius is None else np.asarray(self._radius[index])
        return FloatBalls(np.asarray(self.midpoint[index]), radius)

    def __matmul__(self, other: Any) -> FloatBalls:
        """Matrix product."""
        other = _like(other)
        terms = self.shape[-1]
        midpoint, rounding = self.midpoint @ other.midpoint, _rounding(terms)
        if self._may_underflow(other):
            meet = (self.magnitude > 0).astype(float) @ (other.magnitude > 0).astype(float)
            radius = self._widened()._reach(other._widened(), rounding) + terms * TINY * (meet > 0)
        else:
            radius = self._reach(other, rounding)
        return FloatBalls(midpoint, outward(radius, terms))._known()

    def _reach(self, other: FloatBalls, rounding: float) -> Floats:
        """What the operands leave open in their product, and its rounding."""
        left, right = np.abs(self.midpoint), np.abs(other.midpoint)
        if other._radius is None:
            left *= rounding
            return (left if self._radius is None else left + self._radius) @ right
        upper = right + other._radius
        if self._radius is None:
            return left @ (other._radius + rounding * upper)
        return (self._radius + rounding * left) @ upper + left @ other._radius

    def __rmatmul__(self, other: Any) -> FloatBalls:
        return _like(other) @ self

    def __mul__(self, other: Any) -> FloatBalls:
        other = _like(other)
        midpoint, upper = self.midpoint * other.midpoint, other.magnitude
        radius = np.abs(self.midpoint) * other.radius + self.radius * upper + OWN * np.abs(midpoint)
        if self._may_underflow(other):
            radius = radius + TINY * ((self.magnitude > 0) & (upper > 0))
        return FloatBalls(midpoint, outward(radius))._known()

    __rmul__ = __mul__

    def __truediv__(self, count: int) -> FloatBalls:
        """The balls over a whole number."""
        midpoint = self.midpoint / count
        radius = self.radius / count + OWN * np.abs(midpoint) + TINY * (self.magnitude > 0)
        return FloatBalls(midpoint, outward(radius))._known()

    def __add__(self, other: Any) -> FloatBalls:
        other = _like(other)
        midpoint = self.midpoint + other.midpoint  # of subnormals it is exact
        radius = self.radius + other.radius + OWN * np.abs(midpoint)
        return FloatBalls(midpoint, outward(radius))._known()

    __radd__ = __add__

    def __neg__(self) -> FloatBalls:
        return FloatBalls(-self.midpoint, self._radius)

    def __sub__(self, other: Any) -> FloatBalls:
        return self + -_like(other)

    def __rsub__(self, other: Any) -> FloatBalls:
        return _like(other) - self

    def sum(self, axis: int) -> FloatBalls:
        """The sum along an axis."""
        terms = self.shape[axis]
        wide = self._widened() if self._least < NO_UNDERFLOW else self
        radius = (wide.radius + _rounding(terms) * np.abs(self.midpoint)).sum(axis=axis)
        return FloatBalls(self.midpoint.sum(axis=axis), outward(radius, terms))._known()

    # ── helpers ──

    @cached_property
    def magnitude(self) -> Floats:
        """The largest |value| inside, rounded up."""
        return outward(np.abs(self.midpoint) + self.radius)

    @cached_property
    def _least(self) -> float:
        """The smallest midpoint or radius, in size, that is not 0."""
        radii = () if self._radius is None else (self._radius,)
        return min(_least(np.abs(self.midpoint)), *map(_least, radii), np.inf)

    def _may_underflow(self, other: FloatBalls) -> bool:
        """Whether some product of an entry of each, or of one with e, may lose digits to it."""
        a, b = self._least, other._least
        return not min(a, b, a * b) >= NO_UNDERFLOW

    def _widened(self) -> FloatBalls:
        """Balls that have room for what underflow takes from e times an entry."""
        return FloatBalls(self.midpoint, self.radius + TINY * (self.magnitude > 0))

    def _known(self) -> FloatBalls:
        """The balls, 0 ± inf where something has overflown."""
        if np.isfinite(self.midpoint.sum() + self.radius.sum()):
            return self
        known = np.isfinite(self.midpoint) & np.isfinite(self.radius)
        return FloatBalls(np.where(known, self.midpoint, 0.0), np.where(known, self.radius, np.inf))


def _like(other: Any) -> FloatBalls:
    """An operand as balls."""
    return other if isinstance(other, FloatBalls) else FloatBalls.exactly(other)


def _rounding(terms: int) -> float:
    """(n+2)e, not less than γ_n."""
    if terms > LONGEST:
        raise ValueError(f"a sum of {terms} terms: float64 balls take {LONGEST} at most")
    return (terms + 2) * OWN


def _least(sizes: Floats) -> float:
    """The smallest of the sizes that is not 0; inf if there is none."""
    nonzero = sizes if every(sizes) else sizes[sizes > 0]
    return float(nonzero.min(initial=np.inf))
