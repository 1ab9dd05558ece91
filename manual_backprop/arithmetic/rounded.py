"""Arithmetic on everything that an implementation may have rounded to.

A `Rounded` array is a midpoint and a radius for each entry: whatever value an implementation of
the class holds in that place, it is no further than the radius from the midpoint. Each operation
carries the radii of its operands over, and adds what its own rounding may do:

    a sum of n terms t_i, of products or not, in any order, fused or not:  n·u·Σ|t_i| + 2n·η
    (Jeannerod and Rump 2013, which needs no condition on n·u; n products and n−1 sums may each
    be flushed to zero), n counting the bias. A division: 2u·|quotient| + η.

By induction over the operations, the result of *every* such implementation is inside. Adding the
bias after the product would make two sums of one; so a product is kept pending, as (midpoint,
radius so far, Σ|t_i|, n): a sum that it joins sees its terms, everything else its settled radius.
The operators build the same expression that the recursion writes for floats, its sums whole. Those
that only mistaken code needs (differences, constants, clips, quotients of arrays, roots) say in
their docstrings why they are sound.

(A value flushed to zero inside a sum acts as a term 0 in what follows, so flushes do not add up
along the tree: at most n of them, of disjoint parts, of η each; the other n·η are for the result
and the operands of whoever reads it.)

The midpoints are float64 arrays computed by NumPy; their own rounding (e = 2⁻⁵³ takes u's place
in the same formulas) is in the radius, and so is the rounding of the radius.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from manual_backprop.arithmetic.formats import Format

Floats = npt.NDArray[np.float64]

OWN = 2.0**-53
"""e: the unit roundoff of the midpoints themselves."""

TINY = 2.0**-1020
"""More than a float64 operation of our own loses where it underflows."""


@dataclass(frozen=True, eq=False)
class Rounding:
    """What one operation of the class may add.

    Attributes:
        format: u, η, Ω and the operands' precision.
        largest: magnitudes beyond this may overflow; entries there are left undecided.
    """

    format: Format
    largest: float

    @cached_property
    def roundoff(self) -> float:
        """u of the class, and our own on top."""
        return self.format.unit_roundoff + OWN

    @cached_property
    def underflow(self) -> float:
        """η of the class, and our own on top."""
        return self.format.smallest_normal + TINY


def outward(radius: Floats, operations: int = 1) -> Floats:
    """The radius with the rounding of its own computation (relative, per operation) covered."""
    return radius * (1 + (4 * operations + 16) * OWN)


def every(flags: npt.NDArray[Any]) -> bool:
    """Whether none is 0; of few entries faster than `all`.

    >>> every(np.array([1.0, np.nan])), every(np.array([1.0, 0.0]))
    (True, False)
    """
    return bool(np.count_nonzero(flags) == flags.size)


def bounded(radius: Floats, magnitude: Floats, largest: float) -> Floats:
    """The radius; inf where the magnitude is beyond the largest one, or nan.

    >>> bounded(np.array([0.5, 0.5]), np.array([1.0, 9.0]), 8.0)
    array([0.5, inf])
    """
    within = magnitude <= largest
    return radius if every(within) else np.where(within, radius, np.inf)


class Rounded:
    """Array of midpoints and radii under one `Rounding`; the operators that the recursion uses.

    Args:
        midpoint: float64 array.
        radius: float64 array ≥ 0 of the same shape; inf says that nothing is known.
        rounding: what the class may do.
        pending: (Σ|t_i| by entry, n) of a sum whose rounding is not in the radius yet.
    """

    __array_ufunc__ = None  # so that an ndarray on the left leaves the operation to us

    def __init__(
        self,
        midpoint: Floats,
        radius: Floats,
        rounding: Rounding,
        pending: tuple[Floats, int] | None = None,
    ) -> None:
        self._midpoint = midpoint
        self._radius = radius
        self.rounding = rounding
        self._pending = pending
        self._settled: tuple[Floats, Floats] | None = None

    # ── leaves and settling ──

    @classmethod
    def exactly(cls, values: npt.ArrayLike, rounding: Rounding) -> Rounded:
        """The problem's own numbers: exact, but a subnormal one may be read as zero.

        A number that the format does not hold (a float64 problem, judged as float32) is within u.
        """
        given = np.asarray(values)
        midpoint = given.astype(np.float64)
        size = np.abs(midpoint)
        radius = np.where(size < rounding.format.smallest_normal, size, 0.0)
        if given.dtype == object or np.finfo(given.dtype).nmant >= rounding.format.precision:
            exact = rounding.format.holds(midpoint) & np.asarray(midpoint == given, bool)
            radius = np.where(exact, radius, np.maximum(radius, outward(rounding.roundoff * size)))
            radius = np.where(size <= rounding.format.largest, radius, np.inf)
        return cls(midpoint, radius, rounding)

    @classmethod
    def constant(cls, value: float, rounding: Rounding) -> Rounded:
        """A number of the program's own text: within u; a count, or a half, that fits is exact.

        Beyond 2⁵² every float is whole, so that it says nothing of what was meant.
        """
        midpoint = np.asarray(value, np.float64)
        whole = abs(value) < 2**52 and 2 * value == round(2 * value)
        exact = whole and rounding.format.holds(midpoint)
        radius = 0.0 * midpoint if exact else outward(rounding.roundoff * np.abs(midpoint))
        return cls(midpoint, radius, rounding)

    def _lifted(self, other: Rounded | npt.ArrayLike) -> Rounded:
        """An operand: as it is, a constant, or an array of the problem's own numbers."""
        if isinstance(other, Rounded):
            return other
        if isinstance(other, (int, float)):
            return Rounded.constant(other, self.rounding)
        return Rounded.exactly(other, self.rounding)

    def _ball(self) -> tuple[Floats, Floats]:
        """Midpoint, and radius with a pending sum's rounding; 0 and inf where nothing is known.

        Computed once and kept aside: a sum that joins later still sees the terms.
        """
        if self._settled is None:
            midpoint, radius = self._midpoint, self._radius
            if self._pending is not None:
                magnitude, terms = self._pending
                rounding = self.rounding
                added = terms * rounding.roundoff * magnitude + 2 * terms * rounding.underflow
                if not every(magnitude):
                    added = np.where(magnitude > 0, added, 0.0)
                radius = bounded(outward(radius + added, terms), magnitude, rounding.largest)
            known = np.isfinite(midpoint) & (radius < np.inf)
            if not every(known):
                midpoint, radius = np.where(known, midpoint, 0.0), np.where(known, radius, np.inf)
            self._settled = midpoint, radius
        return self._settled

    @property
    def midpoint(self) -> Floats:
        """Midpoints, float64; 0 where nothing is known."""
        return self._ball()[0]

    @property
    def radius(self) -> Floats:
        """Radii, float64, rounded up; inf where nothing is known."""
        return self._ball()[1]

    @cached_property
    def magnitude(self) -> Floats:
        """The largest |value| inside, rounded up."""
        return outward(np.abs(self.midpoint) + self.radius)

    @cached_property
    def ends(self) -> tuple[Floats, Floats]:
        """Lower and upper ends of the balls, rounded outward."""
        return interval(self.midpoint, outward(self.radius))

    # ── what NumPy users write ──

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self._midpoint.shape

    @property
    def T(self) -> Rounded:
        """The transpose."""
        return Rounded(self.midpoint.T, self.radius.T, self.rounding)

    def reshape(self, *shape: int) -> Rounded:
        """The same entries in another shape."""
        return Rounded(self.midpoint.reshape(*shape), self.radius.reshape(*shape), self.rounding)

    def __getitem__(self, index: Any) -> Rounded:
        return Rounded(
            np.asarray(self.midpoint[index]), np.asarray(self.radius[index]), self.rounding
        )

    def __matmul__(self, other: Rounded) -> Rounded:
        """A sum of products, pending: a bias may still join it."""
        terms = self.shape[-1]
        left, left_radius = _as_rows(_operand(self))
        right, right_radius = other.midpoint, _operand(other).radius
        left_size, right_size = np.abs(left), np.abs(right)
        radius = np.zeros((len(left), right.shape[-1]))
        if np.count_nonzero(left_radius):
            radius = radius + left_radius @ (right_size + right_radius)
        if np.count_nonzero(right_radius):  # those of weights are 0, as a rule
            radius = radius + left_size @ right_radius
        magnitude = _never_lost(left_size @ right_size + radius, self, other)
        shape = (*self.shape[:-1], other.shape[-1])
        return Rounded(
            (left @ right).reshape(shape),
            outward(radius, terms).reshape(shape),
            self.rounding,
            (outward(magnitude, terms).reshape(shape), terms),
        )

    def __mul__(self, other: Rounded | npt.ArrayLike) -> Rounded:
        """One product an entry, pending, since it may be a term of a sum."""
        other = self._lifted(other)
        midpoint = self.midpoint * other.midpoint
        radius = np.abs(self.midpoint) * other.radius + self.radius * other.magnitude
        magnitude = self.magnitude * other.magnitude + TINY
        if not (every(self.magnitude) and every(other.magnitude)):
            nonzero = (self.magnitude > 0) & (other.magnitude > 0)
            magnitude = np.where(nonzero, magnitude, 0.0)
            radius = np.where(nonzero, radius, 0.0 * radius)  # 0·x is 0; 0·unknown stays unknown
        return Rounded(midpoint, outward(radius), self.rounding, (outward(magnitude), 1))

    __rmul__ = __mul__

    def __add__(self, other: Rounded | npt.ArrayLike) -> Rounded:
        """The two sums as one."""
        other = self._lifted(other)
        terms = self._terms() + other._terms()
        midpoint, radius = self._midpoint + other._midpoint, self._radius + other._radius
        magnitude = self._sum_magnitude() + other._sum_magnitude()
        return Rounded(midpoint, outward(radius), self.rounding, (outward(magnitude), terms))

    __radd__ = __add__

    def __neg__(self) -> Rounded:
        """−a, which rounds nothing: of a pending sum, the sum of its negated terms."""
        return Rounded(-self._midpoint, self._radius, self.rounding, self._pending)

    def __sub__(self, other: Rounded | npt.ArrayLike) -> Rounded:
        """a + (−b), the two sums as one."""
        return self + -self._lifted(other)

    def __rsub__(self, other: npt.ArrayLike) -> Rounded:
        """(−a) + b, likewise."""
        return -self + other

    def sum(self, axis: int | tuple[int, ...]) -> Rounded:
        """The sum along an axis, or along several, as one sum of all its terms."""
        axes = (axis,) if isinstance(axis, int) else axis
        count = math.prod(self.shape[each] for each in axes)
        terms = max(count, 1) * self._terms()
        magnitude = outward(self._sum_magnitude().sum(axis=axis), terms)
        return Rounded(
            self._midpoint.sum(axis=axis),
            outward(self._radius.sum(axis=axis), terms),
            self.rounding,
            (magnitude, terms),
        )

    def __truediv__(self, divisor: Rounded | npt.ArrayLike) -> Rounded:
        """Quotients, within 2u: as by the reciprocal. Unknown where the divisor's ball holds 0.

        For â, b̂ in the balls (a, r) and (b, s), with q = a/b and s < |b|,

            |â/b̂ − q| = |(â − a) − q·(b̂ − b)| / |b̂| ≤ (r + |q|·s) / (|b| − s).

        Only 0 over b is 0: a q of our own that underflows is not.
        """
        other = self._lifted(divisor)
        midpoint = self.midpoint / other.midpoint
        least = np.abs(other.midpoint) - other.radius
        radius = (self.radius + np.abs(midpoint) * other.radius) / least
        radius = np.where(least > 0, radius, np.inf)
        size = np.abs(midpoint) + radius + TINY * (self.magnitude > 0)
        return self.perturbed(midpoint, radius, 2 * size)

    def __rtruediv__(self, dividend: npt.ArrayLike) -> Rounded:
        """A number, or the problem's own numbers, over the balls."""
        return self._lifted(dividend) / self

    def __pow__(self, exponent: float) -> Rounded:
        """√a, the power ½ and no other, of numbers that are not negative; within 2u.

        For â ≥ 0 in the ball (a, r): |√â − √a| = |â − a| / (√â + √a) ≤ min(r/√a, √r), and where
        a < 0, taken as 0, √â ≤ √(a + r) ≤ √r.
        """
        if exponent != 0.5:
            raise NotImplementedError(f"power {exponent}: ½ alone")
        midpoint, widest = np.sqrt(np.maximum(self.midpoint, 0.0)), np.sqrt(outward(self.radius))
        radius = np.where(midpoint > 0, np.minimum(self.radius / midpoint, widest), widest)
        return self.perturbed(midpoint, radius, 2 * (midpoint + radius))

    def clip(self, low: float | None, high: float | None) -> Rounded:
        """max(low, min(a, high)), which rounds nothing but its bounds; None is no bound.

        It changes by no more than the one of its three arguments that changes most.
        """
        midpoint, radius = self.midpoint, self.radius
        for bound, nearer in ((high, np.minimum), (low, np.maximum)):
            if bound is not None:
                end = self._lifted(bound)
                midpoint = nearer(midpoint, end.midpoint)
                radius = np.maximum(radius, end.radius)
        return Rounded(midpoint, radius, self.rounding)

    def perturbed(self, midpoint: Floats, radius: Floats, units: Floats) -> Rounded:
        """New midpoints and radii, with `units`·u added for the rounding, and η; exact where 0."""
        rounding = self.rounding
        added = rounding.roundoff * units + rounding.underflow * (units > 0)
        radius = outward(radius + added)
        radius = bounded(radius, np.abs(midpoint) + radius, rounding.largest)
        return Rounded(midpoint, radius, rounding)

    def _terms(self) -> int:
        return 1 if self._pending is None else self._pending[1]

    def _sum_magnitude(self) -> Floats:
        return self.magnitude if self._pending is None else self._pending[0]


def interval(midpoint: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """[midpoint − radius, midpoint + radius], rounded outward; a point stays one.

    >>> interval(np.array([1.0]), np.array([0.0]))
    (array([1.]), array([1.]))
    """
    reach = radius + 2.0**-52 * np.abs(midpoint) * (radius > 0)
    return midpoint - reach, midpoint + reach


def _operand(array: Rounded) -> Rounded:
    """What a matrix product may read in an array's place, where it shortens its operands."""
    form = array.rounding.format
    if not form.operand_roundoff:
        return array
    size = array.magnitude
    change = form.operand_roundoff * size + np.where(size > 0, form.smallest_normal_operand, 0.0)
    radius = np.where(size <= form.largest_operand, outward(array.radius + change), np.inf)
    return Rounded(array.midpoint, radius, array.rounding)


def _as_rows(array: Rounded) -> tuple[Floats, Floats]:
    """Midpoints and radii as a matrix: stacks of rows take one product in place of many."""
    shape = (math.prod(array.shape[:-1]), array.shape[-1])
    return array.midpoint.reshape(shape), array.radius.reshape(shape)


def _never_lost(magnitude: Floats, left: Rounded, right: Rounded) -> Floats:
    """The magnitudes, with those that underflowed to 0 told from those that are 0."""
    if not every(magnitude):
        rows = left.magnitude.reshape(len(magnitude), left.shape[-1])
        meet = (rows > 0).astype(float) @ (right.magnitude > 0).astype(float)
        magnitude = np.where(meet > 0, magnitude + left.shape[-1] * TINY, magnitude)
    return magnitude
