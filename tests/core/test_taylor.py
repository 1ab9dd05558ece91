"""Taylor polynomials of definitions hold value and slope over every ball, and know their limits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb

from manual_backprop import ACTIVATIONS
from manual_backprop.arithmetic import taylor
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.taylor import (
    CELLS,
    FARTHEST,
    HALF,
    Jet,
    jet,
    quadratic,
    series,
    table,
)

PIECES = [(name, k) for name, each in ACTIVATIONS.items() for k in range(len(each.pieces))]

POINTS = 60
"""For each piece; a campaign takes more."""


def limits(name: str, k: int) -> tuple[float, float]:
    """Where a piece begins and ends."""
    ends = [-np.inf, *(float(each.at) for each in ACTIVATIONS[name].breakpoints), np.inf]
    return ends[k], ends[k + 1]


def points(low: float, high: float, count: int, seed: int = 0) -> tuple[Any, Any]:
    """Midpoints, edges of cells among them, and radii up to the largest that a cell takes."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(max(low, -FARTHEST), min(high, FARTHEST), count)
    p[::5] = np.rint(p[::5] * 2 * CELLS) / (2 * CELLS)
    near = p / 16
    p[1::3] = np.where((near >= low) & (near <= high), near, p)[1::3]
    radius = rng.choice([0.0, 1e-18, 1e-12, 1e-4, HALF], count)
    return p, radius


def outside(formula: Any, found: Jet, p: Any, radius: Any) -> list[float]:
    """The points of which a value or a slope, at either end or between, is not in its ball."""
    missed = []
    with precision(1000):  # 1 + erf p loses 700 bits in its left tail
        for i in range(len(p)):
            for side in (-1.0, -0.3, 0.0, 1.0):
                value, slope, *_ = series(formula, arb(p[i]) + side * arb(radius[i]))
                inside = abs(value - found.value[i]) <= arb(found.value_radius[i])
                inside &= abs(slope - found.slope[i]) <= arb(found.slope_radius[i])
                missed += [] if inside else [float(p[i])]
    return missed


@pytest.mark.parametrize(("name", "k"), PIECES)
def test_value_and_slope_are_inside(name: str, k: int) -> None:
    """Of each piece of the catalogue, all over its interval, for points and for balls."""
    formula, (low, high) = ACTIVATIONS[name].pieces[k], limits(name, k)
    p, radius = points(low, high, POINTS)
    found = jet(formula, p, radius)

    assert np.isfinite(found).all()
    assert outside(formula, found, p, radius) == []


@pytest.mark.parametrize("name", [n for n, each in ACTIVATIONS.items() if not each.breakpoints])
def test_errors_are_a_few_roundings(name: str) -> None:
    """At a point: 3e|f| and 4e|f'| from the first terms, of all others at most 8e(|f| + 1).

    The others have factors of h; the remainder is widest for gelu_tanh, where it takes most of it.
    """
    p, _ = points(-4, 4, 400)
    e, f = 2.0**-53, jet(ACTIVATIONS[name].pieces[0], p, np.zeros_like(p))
    rest = 8 * e * (np.abs(f.value) + 1)

    assert (f.value_radius <= 3 * e * np.abs(f.value) + rest).all()
    assert (f.slope_radius <= 4 * e * np.abs(f.slope) + rest).all()


@pytest.mark.parametrize("left_out", ["value_error", "slope_error", "steepest", "most_curved"])
def test_each_part_of_an_error_is_needed(left_out: str) -> None:
    """A table without the error of the value, or of the slope, or without a bound, misses some."""
    column = ["value_error", "slope_error", "steepest", "most_curved"].index(
        left_out
    ) + taylor.ORDER
    formula = ACTIVATIONS["mish"].pieces[0]
    p, radius = points(-4, 4, 400)

    assert outside(formula, jet(formula, p, radius), p, radius) == []
    rows = table(formula).rows.copy()
    rows[:, column] = 0
    less = taylor.Table(formula, rows, table(formula).is_there)
    assert outside(formula, less.jet(p, radius), p, radius)


def test_what_no_cell_takes_is_unknown() -> None:
    """Balls wider than half a cell, or outside the table: nothing is said of them."""
    formula = ACTIVATIONS["tanh"].pieces[0]
    p = np.array([0.0, 0.0, 40.0, -1e308, 1.0])
    radius = np.array([HALF, 2 * HALF, 0.0, 0.0, np.inf])
    found = jet(formula, p, radius)

    assert [True, False, False, False, False] == np.isfinite(found.value_radius).tolist()
    assert [True, False, False, False, False] == np.isfinite(found.slope_radius).tolist()


Formula = Callable[[Any, Any], Any]


def test_polynomials_are_told_from_what_looks_like_one() -> None:
    """Degree 2 at most is recognized, with exact zeros; cubes, |p| and near-polynomials are not."""
    plain: list[Formula] = [lambda p, m: 0 * p + 1, lambda p, m: -p, lambda p, m: (2 * p - 1) / 2]
    others: list[Formula] = [
        lambda p, m: p * p * p,
        lambda p, m: m.sqrt(p * p),
        lambda p, m: p + m.sin(p) / 10**30,
        lambda p, m: p / (1 + p),
    ]

    assert [[1, 0, 0], [0, -1, 0], [-0.5, 1, 0]] == [
        quadratic(each).coefficients.midpoint.tolist()  # type: ignore[union-attr]
        for each in plain
    ]
    assert [None] * 4 == [quadratic(each) for each in others]


def test_a_formula_that_is_nowhere_narrow_is_unknown() -> None:
    """Where Arb's expansion is wide or fails, the table says so instead of a rough bound."""
    p, radius = np.array([0.0, 1.0, 1.0 + 1 / CELLS, 3.0]), np.zeros(4)
    pole = jet(lambda p, m: 1 / (p - 1), p, radius)
    noisy = jet(lambda p, m: m.exp(p) * arb(1, 1e-3), p, radius)

    assert [True, False, False, True] == np.isfinite(pole.value_radius).tolist()
    assert np.isinf(noisy.value_radius).all()
