"""Functions of one number over float64 balls: value and derivative, each with a proved error.

A definition is expanded once, in Arb, around the points of a grid; what is evaluated later are
polynomials, by Horner's rule. No elementary function of a library takes part, and no rule of
differentiation: in the cell |t| ≤ h around c

    f(c + t)  = Σ_{j≤7} a_j t^j + a_8 t⁸ + A t⁹,
    f'(c + t) = Σ_{j≤7} j a_j t^(j−1) + 8 a_8 t⁷ + 9 A' t⁸,

with A and A' in the ninth coefficient over the cell (Taylor, remainder by Lagrange). The sums are
computed. The rest, what the coefficients lose in float64, and the rounding of Horner's rule,
γ_{2j+1} of each term (Higham 2002, section 5.1), are the error, as large as it can be anywhere in
the cell. A definition that is a polynomial of degree 2 everywhere, which Arb can tell, needs no
grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb, arb_series

from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.float_balls import FLOAT_BITS, FloatBalls, Floats
from manual_backprop.arithmetic.precision import TERMS, precision
from manual_backprop.arithmetic.rounded import OWN, TINY, every, outward
from manual_backprop.arithmetic.series import EVERYTHING, FUNCTIONS, coefficient

Formula = Callable[[Any, Any], Any]
"""A formula of p and of a namespace m with exp, log, sqrt, tanh, sin, erf and pi."""

ORDER = TERMS - 2
"""Coefficients of a cell's polynomial. The two that follow are in its error."""

CELLS = 128
"""Cells a unit; a power of two, so that p·CELLS, c and p − c are exact."""

HALF = 0.5 / CELLS
"""h, half the width of a cell, and the largest radius of a ball that a cell takes."""

FARTHEST = 32
"""Where the grid ends, on either side of 0."""

ROUGH = 2.0**-30
"""An error larger than this part of the largest coefficient, or of e, is none to work with."""

EXPANSION_BITS = 2 * FLOAT_BITS
"""Precision of the expansions."""

BLOCK = 4096
"""Entries evaluated at a time, so that what is computed of them stays in the cache."""


class Jet(NamedTuple):
    """f and f' over balls: midpoints and radii, arrays of one shape; inf says nothing is known."""

    value: Floats
    value_radius: Floats
    slope: Floats
    slope_radius: Floats


def jet(formula: Formula, p: Floats, radius: Floats) -> Jet:
    """f and f' over balls, unless they are too wide or too far out.

    Args:
        formula: the definition of f, or of the piece that the balls are in.
        p: midpoints, shape (n,).
        radius: radii, likewise.

    >>> from manual_backprop import ACTIVATIONS
    >>> f = jet(ACTIVATIONS["tanh"].pieces[0], np.zeros(1), np.zeros(1))
    >>> bool(abs(f.value[0]) <= f.value_radius[0] < 1e-17), bool(abs(f.slope[0] - 1) < 1e-15)
    (True, True)
    """
    with np.errstate(all="ignore"):  # overflow ends as an infinite radius
        return (quadratic(formula) or table(formula)).jet(p, radius)


def series(formula: Formula, p: arb) -> list[arb]:
    """The ten coefficients of a formula over a ball; everything, where it may divide by zero.

    >>> series(lambda p, m: p * p, arb(3))[:4]
    [9.00000000000000, 6.00000000000000, 1.00000000000000, 0]
    """
    try:
        expansion = formula(arb_series([p, 1], ORDER + 2), FUNCTIONS)
    except (ValueError, ZeroDivisionError):  # flint's words for a divisor that may be 0
        return [EVERYTHING] * (ORDER + 2)
    return [coefficient(expansion, j) for j in range(ORDER + 2)]


# ── polynomials ──


@dataclass(frozen=True, eq=False)
class Quadratic:
    """a_0 + a_1 p + a_2 p²; the coefficients are an array of three balls."""

    coefficients: FloatBalls

    def jet(self, p: Floats, radius: Floats) -> Jet:
        """f and f' at the midpoints; over the balls |f − f(p)| ≤ (|f'(p)| + |a_2| r) r."""
        zero, one, two = (self.coefficients[j] for j in range(3))
        if self.rounds_nothing:
            slope = np.full_like(p, one.midpoint)
            return Jet(slope * p, np.abs(slope) * radius, slope, np.zeros_like(p))
        at = FloatBalls(p)
        value, slopes = at * (at * two + one) + zero, at * (two + two) + one
        curve = outward(2 * two.magnitude * radius)
        reach = outward((slopes.magnitude + curve) * radius, 2)
        value_radius, slope_radius = outward(value.radius + reach), outward(slopes.radius + curve)
        return Jet(value.midpoint, value_radius, slopes.midpoint, slope_radius)

    @property
    def rounds_nothing(self) -> bool:
        """Whether it is 0, p or −p."""
        zero, one, two = self.coefficients.midpoint
        return not self.coefficients.radius.any() and zero == two == 0 and one in (-1, 0, 1)


@lru_cache(maxsize=256)
def quadratic(formula: Formula) -> Quadratic | None:
    """The polynomial of degree 2 that a formula is, or None if it is not shown to be one.

    It is one if f‴/6, the third coefficient of its series, is 0 over the ball of all numbers.

    >>> quadratic(lambda p, m: p * (p + 3) / 6).coefficients.midpoint
    array([0.        , 0.5       , 0.16666667])
    >>> quadratic(lambda p, m: m.exp(p)) is None
    True
    """
    with precision(EXPANSION_BITS):
        everywhere, at_zero = series(formula, EVERYTHING), series(formula, arb(0))
    balls = FloatBalls.of_balls(Balls.of_entries(at_zero[:3], EXPANSION_BITS))
    proved = all(each.is_zero() for each in everywhere[3:])
    fine = balls.radius.max() <= ROUGH * np.abs(balls.midpoint).max()
    return Quadratic(balls) if proved and fine else None


# ── tables ──


@dataclass(frozen=True, eq=False)
class Table:
    """Polynomials around the points of the grid, each expanded when it is first needed.

    Attributes:
        formula: what they expand.
        rows: one a cell, shape (cells, 12): a_0 to a_7; the largest error of the value and of the
            slope in the cell; the largest |f'| and |f″| there and in half a cell around it.
        is_there: which cells have been expanded.
    """

    formula: Formula
    rows: Floats
    is_there: npt.NDArray[np.bool_]

    def jet(self, p: Floats, radius: Floats) -> Jet:
        """f and f' over the balls; unknown where they are wider than half a cell, or outside."""
        result = np.empty((4, p.size))
        for start in range(0, p.size, BLOCK):
            part = slice(start, start + BLOCK)
            self._evaluate(p[part], radius[part], result[:, part])
        return Jet(*result)

    def _evaluate(self, p: Floats, radius: Floats, result: Floats) -> None:
        """One block, written into the result: the polynomials and their derivatives, by Horner."""
        k = np.rint(p * CELLS)
        t, place = p - k / CELLS, k + FARTHEST * CELLS
        inside = (place >= 0) & (place < len(self.rows)) & (radius <= HALF)
        cells = np.where(inside, place, FARTHEST * CELLS).astype(np.intp)
        if not every(self.is_there[cells]):
            self._expand(np.unique(cells[~self.is_there[cells]]))
        *a, value_error, slope_error, steepest, most_curved = self.rows.take(cells, axis=0).T
        value, slope = a[-1], (ORDER - 1) * a[-1]
        for j in range(ORDER - 2, 0, -1):
            value, slope = value * t + a[j], slope * t + j * a[j]
        result[0], result[2] = value * t + a[0], slope
        result[1] = np.where(inside, outward(value_error + steepest * radius), np.inf)
        result[3] = np.where(inside, outward(slope_error + most_curved * radius), np.inf)

    def _expand(self, cells: npt.NDArray[np.intp]) -> None:
        """Fill in the rows of some cells."""
        centres = ((cells - FARTHEST * CELLS) / CELLS).tolist()
        with precision(EXPANSION_BITS):
            at = [series(self.formula, arb(c)) for c in centres]
            around = [series(self.formula, arb(c, 2 * HALF)) for c in centres]
            polynomials = [ball for each in at for ball in each[:ORDER]]
            a = FloatBalls.of_balls(Balls.of_entries(polynomials, EXPANSION_BITS))
            rest = [[c[ORDER], wide[ORDER + 1]] for c, wide in zip(at, around, strict=True)]
            slopes = [wide[1:3] for wide in around]
            self.rows[cells] = _rows(a, _sizes(rest), _sizes(slopes))
        self.is_there[cells] = True


@lru_cache(maxsize=32)
def table(formula: Formula) -> Table:
    """The table of a formula, at first with no cell expanded.

    >>> table(lambda p, m: m.exp(p)).rows.shape
    (8193, 12)
    """
    cells = 2 * FARTHEST * CELLS + 1
    return Table(formula, np.zeros((cells, ORDER + 4)), np.zeros(cells, bool))


def _sizes(balls: list[list[arb]]) -> Floats:
    """Upper bounds of the balls' sizes."""
    return outward(np.array([[float(each.abs_upper()) for each in row] for row in balls])) + TINY


def _rows(a: FloatBalls, rest: Floats, slopes: Floats) -> Floats:
    """The rows of a table, from a_0 … a_7 of each cell, |a_8| and |A|, and |f'| and |f″|/2."""
    size = np.abs(a.midpoint).reshape(-1, ORDER)
    left_out = np.hstack([a.radius.reshape(-1, ORDER), rest])
    rounded = OWN * np.hstack([size, np.zeros_like(rest)])
    j = np.arange(ORDER + 2)
    value_error = (left_out + (2 * j + 3) * rounded) @ HALF**j
    slope_error = (j * (left_out + (2 * j + 2) * rounded))[:, 1:] @ HALF ** j[:-1]
    errors = outward(np.stack([value_error, slope_error], axis=1), 2 * ORDER) + TINY
    scale = np.maximum(size.max(axis=1, keepdims=True), OWN)
    fine = (errors <= ROUGH * scale).all(axis=1, keepdims=True)
    middle = a.midpoint.reshape(-1, ORDER)
    return np.hstack([middle, np.where(fine, errors, np.inf), slopes * (1.0, 2.0)])
