"""Arrays of Arb balls with NumPy's syntax: the recursion runs on them unchanged.

A ball is a midpoint and a radius, and every operation encloses: if the operands hold the true
values, so does the result (Johansson 2017, *Arb: efficient arbitrary-precision midpoint-radius
interval arithmetic*). Matrices are flint's `arb_mat`, whose products are fast at any size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from operator import mul, truediv
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat, fmpq
from numpy.lib.array_utils import normalize_axis_index

from manual_backprop.arithmetic.precision import precision

Floats = npt.NDArray[np.float64]


def ball_of(value: Any) -> arb:
    """The ball of one number: exact for floats of any dtype, within the precision for others.

    >>> ball_of(np.float32(0.5)).is_exact()
    True
    """
    if isinstance(value, arb):
        return value
    if isinstance(value, (int, float, np.integer)):  # np.float64 is a float
        return arb(value if isinstance(value, float) else int(value))
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    return arb(fmpq(*map(int, value.as_integer_ratio())))


class Balls:
    """A vector or a matrix of balls.

    Args:
        matrix: the entries; a vector is one row.
        bits: precision of every operation on it; of two operands' the larger holds.
        vector: whether the array has one axis.
    """

    def __init__(self, matrix: arb_mat, bits: int, vector: bool = False) -> None:
        self.matrix = matrix
        self.bits = bits
        self.vector = vector

    # ── to and from NumPy ──

    @classmethod
    def exactly(cls, values: npt.ArrayLike, bits: int) -> Balls:
        """The balls of an array's exact values: floats of any dtype, `Fraction`s, ints.

        Raises:
            ValueError: if the array has more than two axes.

        >>> Balls.exactly([0.5, 0.25], 64).radius
        array([0., 0.])
        """
        array = np.asarray(values)
        _require_two_axes(array.shape)
        rows = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
        if array.dtype in (np.float16, np.float32, np.float64):
            entries: list[Any] = rows.astype(np.float64).ravel().tolist()
        else:
            with precision(bits):
                entries = [ball_of(each) for each in rows.ravel()]
        with precision(max(bits, 53)):  # so that floats stay exact
            return cls(_matrix(rows.shape, entries), bits, array.ndim < 2)

    @classmethod
    def of_entries(cls, entries: list[arb], bits: int) -> Balls:
        """A vector of the given balls."""
        return cls(arb_mat(1, len(entries), entries), bits, vector=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        rows, columns = self.matrix.nrows(), self.matrix.ncols()
        return (columns,) if self.vector else (rows, columns)

    @property
    def entries(self) -> list[arb]:
        """The balls, row by row."""
        return self.matrix.entries()

    def _floats(self, floats: Iterable[float]) -> Floats:
        return np.fromiter(floats, np.float64).reshape(self.shape)

    @property
    def midpoint(self) -> Floats:
        """Midpoints as float64, to nearest."""
        return self._floats(float(ball) for ball in self.entries)

    @property
    def radius(self) -> Floats:
        """Radii as float64, rounded up, and covering the midpoints' rounding to float64.

        0 says that the midpoint is the one true value; inf that nothing is known.
        """
        with precision(self.bits):
            rest = [ball - finite_or_zero(float(ball)) for ball in self.entries]
            upper = self._floats(float(each.abs_upper()) for each in rest)
        exact = np.array([each.is_zero() for each in rest], dtype=bool).reshape(self.shape)
        upper = np.where(np.isnan(upper), np.inf, upper)
        with np.errstate(over="ignore"):
            return np.where(exact, 0.0, np.nextafter(upper, np.inf))  # far below 5e-324 too

    def contains(self, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which of the values are certainly inside their balls; nan never is.

        >>> Balls.exactly([0.5, 0.25], 64).contains([0.5, 0.3])
        array([ True, False])
        """
        array = np.broadcast_to(np.asarray(values), self.shape)
        with precision(max(self.bits, 113)):  # so that longdoubles stay exact
            flags = [
                _is_number(value) and bool(ball.contains(ball_of(value)))
                for ball, value in zip(self.entries, array.ravel(), strict=True)
            ]
        return np.array(flags, dtype=bool).reshape(self.shape)

    def overlaps(self, other: Balls) -> npt.NDArray[np.bool_]:
        """Which balls have a point in common with the other array's, of the same shape."""
        if self.shape != other.shape:
            raise ValueError(f"balls of shape {self.shape} and {other.shape}: one shape is needed")
        flags = [a.overlaps(b) for a, b in zip(self.entries, other.entries, strict=True)]
        return np.array(flags, dtype=bool).reshape(self.shape)

    def is_zero(self) -> npt.NDArray[np.bool_]:
        """Which entries are exactly 0: proved, not rounded."""
        return np.array([ball.is_zero() for ball in self.entries], dtype=bool).reshape(self.shape)

    def is_finite(self) -> npt.NDArray[np.bool_]:
        """Which entries have a finite enclosure."""
        flags = [ball.is_finite() for ball in self.entries]
        return np.array(flags, dtype=bool).reshape(self.shape)

    def __repr__(self) -> str:
        return f"Balls({self.matrix.tolist()}, bits={self.bits})"

    # ── what NumPy users write ──

    @property
    def T(self) -> Balls:
        """The transpose."""
        return self if self.vector else Balls(self.matrix.transpose(), self.bits)

    def __getitem__(self, index: Any) -> Any:
        """An entry, a row, or a slice, as NumPy's indexing gives them, of two axes at most."""
        places = np.arange(len(self.entries)).reshape(self.shape)[index]
        _require_two_axes(places.shape)
        entries = self.entries
        if places.ndim == 0:
            return entries[int(places)]
        rows = places.reshape(-1, places.shape[-1])
        chosen = [entries[int(place)] for place in rows.ravel()]
        return self._new(_matrix(rows.shape, chosen), places.ndim == 1, self)

    def __matmul__(self, other: Any) -> Any:
        """Matrix product, with NumPy's rules for vectors on either side."""
        right = self._like(other)
        if self.shape[-1] != right.shape[0]:
            raise ValueError(
                f"no product of shapes {self.shape} and {right.shape}: rows by columns"
            )
        with precision(max(self.bits, right.bits)):
            columns = right.matrix.transpose() if right.vector else right.matrix
            product = self.matrix * columns
        if right.vector and self.vector:
            return product[0, 0]
        if right.vector:
            product = product.transpose()
        return self._new(product, self.vector or right.vector, right)

    def __rmatmul__(self, other: Any) -> Any:
        return self._like(other) @ self

    def __add__(self, other: Any) -> Balls:
        left, right = self._aligned(other)
        with precision(left.bits):
            return left._new(left.matrix + right.matrix, left.vector, right)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Balls:
        left, right = self._aligned(other)
        with precision(left.bits):
            return left._new(left.matrix - right.matrix, left.vector, right)

    def __rsub__(self, other: Any) -> Balls:
        return self._like(other) - self

    def __neg__(self) -> Balls:
        return self._new(-self.matrix, self.vector, self)

    def __mul__(self, other: Any) -> Balls:
        return self._elementwise(other, mul)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Balls:
        return self._elementwise(other, truediv)

    def __rtruediv__(self, other: Any) -> Balls:
        return self._like(other) / self

    def sum(self, axis: int | None = None) -> Any:
        """The sum along an axis, or one ball for the whole array."""
        if axis is not None:
            axis = normalize_axis_index(axis, len(self.shape))
        with precision(self.bits):
            if axis is None or self.vector:
                return sum(self.entries, arb(0))
            if axis == 1:
                return self.T.sum(axis=0)
            ones = arb_mat(1, self.matrix.nrows(), [1] * self.matrix.nrows())
            return Balls(ones * self.matrix, self.bits, vector=True)

    def map(self, function: Callable[[arb], arb]) -> Balls:
        """The function of each entry."""
        with precision(self.bits):
            return self.with_entries([function(ball) for ball in self.entries])

    def with_entries(self, entries: Sequence[arb]) -> Balls:
        """An array of the same shape and precision with other entries."""
        return Balls(_in_shape(entries, self.matrix), self.bits, self.vector)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """NumPy's functions and operators, for an ndarray on the left and `np.exp` and the like."""
        if method != "__call__" or kwargs:
            return NotImplemented
        if ufunc in _BINARY:
            left, right = inputs
            return _BINARY[ufunc](left if isinstance(left, Balls) else self._like(left), right)
        if ufunc in _UNARY:
            return self.map(_UNARY[ufunc])
        return NotImplemented

    # ── helpers ──

    def _new(self, matrix: arb_mat, vector: bool, other: Balls) -> Balls:
        return Balls(matrix, max(self.bits, other.bits), vector)

    def _like(self, other: Any) -> Balls:
        """The other operand as balls."""
        return other if isinstance(other, Balls) else Balls.exactly(other, self.bits)

    def _elementwise(self, other: Any, operation: Callable[[Any, Any], Any]) -> Balls:
        """A product or quotient by entry; by one number it is flint's, matrix and all."""
        right = self._like(other)
        bits = max(self.bits, right.bits)
        with precision(bits):
            if right.shape == (1,):
                return Balls(operation(self.matrix, right.matrix[0, 0]), bits, self.vector)
            left, right = self._aligned(right)
            return left.with_entries(list(map(operation, left.entries, right.entries)))

    def _aligned(self, other: Any) -> tuple[Balls, Balls]:
        """Both operands in one shape: a scalar or a vector is repeated, as NumPy does."""
        right = self._like(other)
        if self.shape == right.shape and self.bits == right.bits:
            return self, right
        bits = max(self.bits, right.bits)
        shape = np.broadcast_shapes(self.shape, right.shape if right.shape != (1,) else ())
        return self._spread(shape, bits), right._spread(shape, bits)

    def _spread(self, shape: tuple[int, ...], bits: int) -> Balls:
        """The array repeated to a shape, with which it can be broadcast."""
        matrix, rows, columns = self.matrix, *(1, 1, *shape)[-2:]
        with precision(max(bits, self.bits, 53)):  # so that a product with 1 is exact
            if matrix.ncols() < columns:
                matrix = matrix * arb_mat(1, columns, [1] * columns)
            if matrix.nrows() < rows:
                matrix = arb_mat(rows, 1, [1] * rows) * matrix
        return Balls(matrix, bits, len(shape) == 1)


def _require_two_axes(shape: tuple[int, ...]) -> None:
    if len(shape) > 2:
        raise ValueError(f"an array of shape {shape} has {len(shape)} axes: balls take two at most")


def _matrix(shape: tuple[int, ...], entries: list[Any]) -> arb_mat:
    return arb_mat(shape[0], shape[1], entries)


def _in_shape(entries: Sequence[arb], like: arb_mat) -> arb_mat:
    return arb_mat(like.nrows(), like.ncols(), entries)


def finite_or_zero(value: float) -> float:
    """The value, or 0 where it is inf or nan, which would make every difference nan.

    >>> finite_or_zero(0.5), finite_or_zero(float("inf"))
    (0.5, 0.0)
    """
    return value if np.isfinite(value) else 0.0


def _is_number(value: Any) -> bool:
    """Whether the value is neither nan nor infinite."""
    return isinstance(value, (int, Fraction)) or bool(np.isfinite(value))


_BINARY: dict[Any, Callable[[Any, Any], Any]] = {
    np.add: lambda a, b: a + b,
    np.subtract: lambda a, b: a - b,
    np.multiply: lambda a, b: a * b,
    np.true_divide: lambda a, b: a / b,
    np.matmul: lambda a, b: a @ b,
}

_UNARY: dict[Any, Callable[[arb], arb]] = {
    np.negative: lambda a: -a,
    np.absolute: abs,
    np.exp: arb.exp,
    np.expm1: arb.expm1,
    np.log: arb.log,
    np.log1p: arb.log1p,
    np.sqrt: arb.sqrt,
    np.sin: arb.sin,
    np.cos: arb.cos,
    np.tanh: arb.tanh,
}
