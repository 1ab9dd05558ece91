"""Float64 balls hold every exact result, whatever the magnitudes; nothing is lost to rounding."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from manual_backprop.arithmetic import float_balls
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.float_balls import FloatBalls

CASES = 150
"""For each operation and kind of magnitudes."""

SCALES = {"plain": (-9, 9), "subnormal": (-1074, -1000), "mixed": (-1074, 480), "huge": (400, 900)}
"""Exponents of the numbers that the operands hold."""

Case = tuple[FloatBalls, Any]
"""Balls, and one exact number in each of them."""


# ── operands ──


def case(rng: np.random.Generator, scale: str, *shape: int) -> Case:
    """Balls, a third of them points, some of them 0; of each one number inside or on its edge."""
    size = 2.0 ** rng.integers(*SCALES[scale], shape)
    midpoint = rng.uniform(-1, 1, shape) * size * rng.integers(0, 4, shape).clip(0, 1)
    radius = rng.choice([0, 2.0**-52, 0.25], shape) * size
    sides = rng.choice([-8, -3, 0, 8], shape)
    exact = np.empty(shape, object)
    for place in np.ndindex(shape):
        part = Fraction(float(radius[place])) * Fraction(int(sides[place]), 8)
        exact[place] = Fraction(float(midpoint[place])) + part
    return FloatBalls(
        midpoint, None if rng.integers(3) == 0 and not radius.any() else radius
    ), exact


def point_case(rng: np.random.Generator, scale: str, *shape: int) -> Case:
    """Points, which have no radii at all."""
    midpoint = rng.uniform(-1, 1, shape) * 2.0 ** rng.integers(*SCALES[scale], shape)
    return FloatBalls(midpoint), np.vectorize(lambda v: Fraction(float(v)), otypes=[object])(
        midpoint
    )


def product(rng: np.random.Generator, scale: str, left: Any = case, right: Any = case) -> Case:
    """A matrix product."""
    rows, terms, columns = rng.integers(1, 5, 3)
    (a, x), (b, y) = left(rng, scale, rows, terms), right(rng, scale, terms, columns)
    return a @ b, x @ y


def two(operation: Callable[[Any, Any], Any]) -> Callable[[np.random.Generator, str], Case]:
    """An operation of two arrays, the second of which is repeated along the first axis."""

    def of(rng: np.random.Generator, scale: str) -> Case:
        (a, x), (b, y) = case(rng, scale, 2, 3), case(rng, scale, 3)
        return operation(a, b), operation(x, y)

    return of


def one(operation: Callable[[Any], Any]) -> Callable[[np.random.Generator, str], Case]:
    """An operation of one array."""

    def of(rng: np.random.Generator, scale: str) -> Case:
        a, x = case(rng, scale, 5, 2)
        return operation(a), operation(x)

    return of


OPERATIONS: dict[str, Callable[[np.random.Generator, str], Case]] = {
    "ball by ball": product,
    "point by ball": lambda rng, scale: product(rng, scale, left=point_case),
    "ball by point": lambda rng, scale: product(rng, scale, right=point_case),
    "point by point": lambda rng, scale: product(rng, scale, point_case, point_case),
    "a * b": two(lambda a, b: a * b),
    "a + b": two(lambda a, b: a + b),
    "a - b": two(lambda a, b: a - b),
    "a / 3": one(lambda a: a / 3),
    "-a.T": one(lambda a: -a.T),
    "sum": one(lambda a: a.sum(axis=0)),
    "row": one(lambda a: a[1]),
}


def outside(result: Case) -> Iterator[Any]:
    """The exact numbers that are not in their balls; decided in fractions."""
    balls, exact = result
    assert balls.shape == exact.shape
    for place, value in np.ndenumerate(exact):
        radius = float(balls.radius[place])
        if not np.isinf(radius) and abs(value - Fraction(float(balls.midpoint[place]))) > radius:
            yield place


def failures(name: str, scale: str, cases: int = CASES) -> list[int]:
    """The seeds whose result leaves an exact number out."""
    with np.errstate(all="ignore"):
        results = [
            OPERATIONS[name](np.random.default_rng([seed, 7]), scale) for seed in range(cases)
        ]
    return [seed for seed, result in enumerate(results) if any(True for _ in outside(result))]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_exact_result_is_inside(name: str, scale: str) -> None:
    """Of numbers in the operands' balls the exact result is in the result's, edges included."""
    assert failures(name, scale) == []


@pytest.mark.parametrize(
    ("constant", "left_out", "scale", "names"),
    [
        (
            "OWN",
            0.0,
            "plain",
            ["ball by point", "point by point", "a * b", "a + b", "a / 3", "sum"],
        ),
        ("TINY", 0.0, "subnormal", ["ball by ball", "point by point", "a * b", "a / 3"]),
        ("NO_UNDERFLOW", 0.0, "mixed", ["ball by ball", "a * b"]),
    ],
)
def test_each_part_of_a_radius_is_needed(
    monkeypatch: pytest.MonkeyPatch, constant: str, left_out: float, scale: str, names: list[str]
) -> None:
    """Without what it adds for rounding, or for underflow, exact results are outside."""
    monkeypatch.setattr(float_balls, constant, left_out)

    assert [name for name in names if failures(name, scale)] == names


def test_long_sums_are_covered() -> None:
    """A sum of 200,000 terms of both signs is in its ball, in whatever order it was taken."""
    rng = np.random.default_rng(3)
    a, x = point_case(rng, "plain", 1, 200_000)
    b, y = point_case(rng, "plain", 200_000, 1)

    assert list(outside((a @ b, x @ y))) == []
    with pytest.raises(ValueError, match="67108865 terms: float64 balls take 67108864"):
        float_balls._rounding(2**26 + 1)


# ── zero, infinity ──


def test_a_zero_stays_proved() -> None:
    """Products and sums of exact zeros are exactly 0, beside subnormals as well."""
    zeros, tiny = FloatBalls(np.zeros((2, 2))), FloatBalls(np.full((2, 2), 5e-324))
    wide = FloatBalls(np.ones((2, 2)), np.ones((2, 2)))
    results = [
        zeros @ tiny,
        zeros * tiny,
        wide @ zeros,
        zeros + zeros,
        zeros / 3,
        zeros.sum(axis=0),
    ]

    assert all(each.is_zero().all() for each in results)
    assert not (tiny @ tiny).is_zero().any()
    assert not wide.is_zero().any()


def test_overflow_and_the_unknown_stay_unknown() -> None:
    """A result beyond float64 is 0 ± inf, and so is what is made of one, times 0 as well."""
    huge, zeros = FloatBalls(np.full((2, 2), 1e300)), FloatBalls(np.zeros((2, 2)))
    with np.errstate(all="ignore"):
        unknown = huge * huge
        results = [huge @ huge, unknown, unknown @ zeros, unknown * zeros, unknown + huge]
        cancelling = huge * huge - huge * huge

    assert all(np.isinf(each.radius).all() and not each.is_finite().any() for each in results)
    assert all((each.midpoint == 0).all() for each in results)
    assert np.isinf(cancelling.radius).all()


# ── in and out ──


def test_floats_are_points_and_other_numbers_are_rounded_outward() -> None:
    """float16 to float64 are exact; longdoubles, fractions and whole numbers are inside."""
    third = np.array([Fraction(1, 3), Fraction(2**60 + 1), Fraction(1, 10**400)], object)
    long = np.array([np.longdouble(1) / 3], np.longdouble)
    exact = [np.float16([0.1]), np.float32([0.1]), np.array([0.1]), np.array([3])]

    assert all((FloatBalls.exactly(each).radius == 0).all() for each in exact)
    assert list(outside((FloatBalls.exactly(third), third))) == []
    assert (
        FloatBalls.exactly(third).radius < 1e-15 * (1 + FloatBalls.exactly(third).midpoint)
    ).all()
    assert FloatBalls.exactly(long).contains(long).all()


def test_arrays_on_either_side_are_points() -> None:
    """Operators take arrays and numbers for the balls of their exact values."""
    balls, array = (
        FloatBalls(np.full((2, 2), 3.0), np.full((2, 2), 0.5)),
        np.array([[1.0, 2], [3, 4]]),
    )
    point = FloatBalls(array)
    pairs = [
        (array @ balls, point @ balls),
        (balls @ array, balls @ point),
        (array + balls, balls + point),
        (array - balls, point - balls),
        (balls - array, balls - point),
        (array * balls, balls * point),
    ]

    assert all((a.midpoint == b.midpoint).all() for a, b in pairs)
    assert all((a.radius == b.radius).all() for a, b in pairs)


def test_contains_is_certain() -> None:
    """The edge is inside, a step beyond it is not, nan and inf never are."""
    balls = FloatBalls(np.ones(5), np.array([0.5, 0.5, 0.5, np.inf, np.inf]))
    values = np.array([1.5 - 1e-15, 1.5 + 1e-15, np.nan, np.inf, -1e308])

    assert [True, False, False, False, True] == balls.contains(values).tolist()
    assert FloatBalls.exactly([0.1]).contains(0.1).all()
    assert not FloatBalls.exactly([0.1]).contains(Fraction(1, 10)).any()


def test_in_arb_they_are_the_same_balls() -> None:
    """Midpoints are the same, radii not smaller; there and back, rounded up twice to 30 bits."""
    rng = np.random.default_rng(0)
    balls, _ = case(rng, "plain", 3, 4)
    there = balls.balls()
    back = FloatBalls.of_balls(there)

    assert (there.midpoint == balls.midpoint).all()
    assert (there.radius >= balls.radius).all()
    assert (back.radius <= balls.radius * (1 + 2.0**-28)).all()
    assert balls.overlaps(there).all()
    assert balls.overlaps(back).all()
    assert not FloatBalls.exactly([1.0]).overlaps(Balls.exactly([1.5], 64)).any()
    assert [arb(0.5)] == FloatBalls.exactly([0.5]).entries
    assert repr(FloatBalls.exactly([0.5])) == "FloatBalls([0.5] ± [0.0])"
