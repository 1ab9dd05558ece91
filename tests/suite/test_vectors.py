"""The test vectors are proved anew: enclosures, rounded values and bounds, from the files alone."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq
from mpmath.libmp import to_rational

from benchmarks.trust.duals import dual_gradient
from benchmarks.trust.networks import in_fractions, is_rational
from conformance import backends
from conformance.backends.problems import as_arguments
from conformance.departures import KNOWN
from manual_backprop import enclose, gradient_by_recursion
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle.admissible import admissible
from manual_backprop.oracle.on_balls import Convention
from manual_backprop.oracle.witness import Direction, directional_derivative

from .intervals import interval_gradient
from .vector_mistakes import right
from .vectors import Vector, ends, entries, flat, is_wrong, problem_of, vectors

BITS = (512, 4096)
"""What is tried; most of the vectors were made with 128, and 1 − exp(−800) lies between 1s."""

NARROW = Fraction(3, 10**21)
"""Relative width of an enclosure: each end is rounded to 22 digits, and its ball has 73 bits."""

LEAST = Fraction(1, 2**1090)
"""Width of one that is nothing beside the smallest subnormal float64."""

EVERY = 12
"""The stride through the vectors for mpmath, which takes some milliseconds an entry."""

SIDES: tuple[Convention, ...] = ("left", "right", "mean", "zero")


@cache
def truth(vector_id: str, bits: int, kink: Convention) -> list[arb]:
    """Every entry of a vector's gradient, enclosed anew from what the file says."""
    vector = next(each for each in vectors() if each["id"] == vector_id)
    enclosure = enclose(problem_of(vector), bits, kink)
    arrays = [each for each in (*enclosure.weights, *enclosure.biases) if each is not None]
    return [ball for each in arrays for ball in each.entries]


def is_between(low: Fraction, ball: arb, high: Fraction) -> bool:
    """Whether all of the ball is."""
    with precision(20_000):  # so that the ends, down to 2^−4096, are far narrower than any ball
        lower, upper = (arb(fmpq(each.numerator, each.denominator)) for each in (low, high))
        return bool(lower <= ball) and bool(ball <= upper)


def outside(vector: Vector, kink: Convention = "hull") -> set[int]:
    """The places of entries that no precision shows between their ends."""
    both = dict(enumerate(ends(vector)))
    for bits in BITS:
        balls = truth(vector["id"], bits, kink)
        both = {k: (a, b) for k, (a, b) in both.items() if not is_between(a, balls[k], b)}
        if not both:
            break
    return set(both)


def chosen(vector: Vector) -> set[int]:
    """The places of entries that depend on the choice at a kink: those without a value."""
    return {k for k, value in enumerate(entries(vector["gradient"])) if value is None}


def is_narrow(low: Fraction, high: Fraction) -> bool:
    """Whether there is nothing between the ends but rounding."""
    return high - low <= max(NARROW * max(abs(low), abs(high)), LEAST)


# ── enclosures ──


def test_enclosures_hold_the_truth() -> None:
    """Each entry, computed anew with more bits, lies between its ends, the hulls aside."""
    for vector in vectors():
        assert outside(vector) <= chosen(vector), vector["id"]


def test_hulls_hold_every_choice() -> None:
    """At kinks the left and right slope, their mean and 0 lie between the ends, if taken alike."""
    for vector in vectors("kink"):
        for side in SIDES:
            assert outside(vector, side) == set(), vector["id"]


def test_enclosures_are_narrow_but_for_choices() -> None:
    """An entry has a value if and only if nothing but rounding is between its ends."""
    for vector in vectors():
        wide = {k for k, both in enumerate(ends(vector)) if not is_narrow(*both)}

        assert wide == chosen(vector), vector["id"]


def test_enclosures_are_those_of_a_power_series() -> None:
    """Along a random direction they agree with a power series that knows no derivative rule."""
    for vector in (each for each in vectors() if not each["kinks"]):
        v = Direction.random(problem_of(vector).network, seed=1)
        speeds = map(Fraction, flat(v.weights, v.biases))
        pairs = zip(ends(vector), speeds, strict=True)
        terms = [sorted((low * dv, high * dv)) for (low, high), dv in pairs]
        low, high = (sum(column, Fraction(0)) for column in zip(*terms, strict=True))

        slope = directional_derivative(problem_of(vector), v, BITS[0])
        assert is_between(low, slope, high), vector["id"]


def test_enclosures_are_those_of_mpmath() -> None:
    """Dual numbers of mpmath, at 400 bits, lie between the ends, or at most 2^-300 beside them."""
    for vector in [each for each in vectors() if not each["kinks"]][::EVERY]:
        found = iter(dual_gradient(problem_of(vector), 400))
        layers = problem_of(vector).network.layers
        pairs = [(next(found), None if each.biases is None else next(found)) for each in layers]
        slopes = flat(*zip(*pairs, strict=True))
        for (low, high), slope in zip(ends(vector), slopes, strict=True):
            exact = Fraction(*map(int, to_rational(slope._mpf_)))
            margin = max(abs(exact), Fraction(1)) / 2**300
            assert low - margin <= exact <= high + margin, vector["id"]


def test_ends_of_rational_problems_are_those_of_interval_arithmetic() -> None:
    """Of piecewise polynomials every end is an exact one, rounded outward; of the hull, too."""
    cases = [each for each in vectors() if is_rational(problem_of(each))]
    for vector in cases:
        hulls = flat(*interval_gradient(in_fractions(problem_of(vector))))
        for (low, high), hull in zip(ends(vector), hulls, strict=True):
            assert low <= hull.low <= hull.high <= high, vector["id"]
            assert is_narrow(low, hull.low), vector["id"]
            assert is_narrow(hull.high, high), vector["id"]

    assert sum(bool(each["kinks"]) for each in cases) >= 40


def test_exact_gradients_are_between_the_ends() -> None:
    """Of piecewise polynomials so is the gradient by recursion on `Fraction`s."""
    for vector in (each for each in vectors() if is_rational(problem_of(each))):
        g = gradient_by_recursion(in_fractions(problem_of(vector)))
        exact = flat(g.weights, g.biases)

        pairs = zip(ends(vector), exact, strict=True)
        assert all(low <= each <= high for (low, high), each in pairs), vector["id"]


# ── rounded values ──


def is_nearest(value: Any, low: Fraction, high: Fraction, dtype: str) -> bool:
    """Whether every number between the ends rounds to the value, ties to even."""
    number = np.dtype(dtype).type(float(value))
    below, above = (_boundary(number, side) for side in (-1, 1))
    even = not number.view(f"i{number.itemsize}") & 1
    return bool(below < low and high < above) or bool(even and below <= low and high <= above)


def _boundary(number: Any, side: int) -> Any:
    """Half way to the next number on that side, above Ω as if the exponents went on."""
    beyond = side * np.inf
    if number == beyond:
        return beyond
    edges = [number, np.nextafter(number, number.dtype.type(beyond))]
    power = Fraction(2) ** (float_format(str(number.dtype)).max_exponent + 1)
    exact = [Fraction(float(x)) if np.isfinite(x) else int(np.sign(x)) * power for x in edges]
    return sum(exact) / 2


def test_rounded_values_are_the_nearest() -> None:
    """The gradient and the objective are the nearest numbers of the dtype, proved from the ends."""
    for vector in vectors():
        dtype, (lower, upper) = vector["problem"]["dtype"], vector["enclosure"].values()
        objective = (Fraction(lower["loss"]), Fraction(upper["loss"]))
        pairs = zip(entries(vector["gradient"]), ends(vector), strict=True)
        for value, both in [(vector["gradient"]["loss"], objective), *pairs]:
            assert value is None or is_nearest(value, *both, dtype), vector["id"]


def test_neighbours_are_not_the_nearest() -> None:
    """The check fails for the next number on either side, and near the ends of the range."""
    third, one = Fraction(1, 3), Fraction(1)

    assert is_nearest(1 / 3, third, third, "float64")
    assert not is_nearest(np.nextafter(1 / 3, 1), third, third, "float64")
    assert not is_nearest(np.nextafter(1 / 3, 0), third, third, "float64")
    assert is_nearest(1.0, one - Fraction(1, 2**54), one + Fraction(1, 2**53), "float64")
    assert not is_nearest(1.0, one, one + Fraction(1, 2**52), "float64")
    assert is_nearest("Infinity", Fraction(10) ** 39, Fraction(10) ** 40, "float32")
    assert not is_nearest("Infinity", Fraction(10) ** 38, Fraction(10) ** 38, "float32")


# ── bounds ──


def allowed(vector: Vector) -> Iterator[tuple[Any, ...]]:
    """Of each entry: the file's midpoint and bound; centre and radius of the set, made anew."""
    problem = problem_of(vector)
    sets = admissible(problem, float_format(str(problem.dtype)))
    there = [layer.biases is not None for layer in problem.network.layers]
    biases = [each for each, is_there in zip(sets.biases, there, strict=True) if is_there]
    columns = [entries(vector["allowed"][part]) for part in ("midpoint", "bound")]
    for part in ("midpoint", "radius"):
        columns.append(
            flat(*([getattr(x, part) for x in arrays] for arrays in (sets.weights, biases)))
        )
    return zip(*columns, strict=True)


def test_bounds_cover_the_admissible_set() -> None:
    """midpoint ± bound holds the set of the class as it comes out on this machine."""
    for vector in vectors():
        for midpoint, bound, centre, radius in allowed(vector):
            if bound is not None:
                off = abs(Fraction(midpoint) - Fraction(centre))
                assert off + Fraction(radius) <= Fraction(bound), vector["id"]


def test_bounds_are_not_much_wider_than_the_set() -> None:
    """A bound is at most thrice the set's radius, the midpoint's rounding and eight digits apart.

    Once for the class and once for NumPy, which counts twice where underflow decides.
    """
    for vector in vectors():
        for midpoint, bound, _, radius in allowed(vector):
            if bound is None:
                assert radius == np.inf, vector["id"]
            else:
                rounding = abs(midpoint) * 2.0**-53 + 2.0**-1074
                assert bound <= (3 * radius + rounding) * (1 + 1e-7), vector["id"]


def test_rounded_values_are_within_their_bounds() -> None:
    """The correctly rounded gradient is one that the bounds let pass."""
    for vector in vectors():
        parts = (vector["gradient"], vector["allowed"]["midpoint"], vector["allowed"]["bound"])
        for value, midpoint, bound in zip(*map(entries, parts), strict=True):
            if value is not None and bound is not None:
                assert abs(value - midpoint) <= bound, vector["id"]


def test_the_hand_written_gradient_conforms() -> None:
    """Every entry of it is within its bound, in every vector."""
    with np.errstate(over="ignore"):  # in the vectors that are there for it
        wrong = [each["id"] for each in vectors() if is_wrong(each, *right(problem_of(each)))]

    assert wrong == []


def test_pytorch_is_wrong_where_it_departs() -> None:
    """Its known departures, in float64, are what the vectors find in PyTorch, and nothing else."""
    pytest.importorskip("torch")
    torch = backends.load("torch_autograd")
    departs = {each.departure.function for each in KNOWN if torch.name in each.backends}
    cases = [each for each in vectors() if "sum_reduction" not in each["flags"]]  # always the mean

    wrong = [v for v in cases if is_wrong(v, *torch.backprop(*as_arguments(problem_of(v))))]

    functions = [{layer["activation"] for layer in v["problem"]["layers"]} for v in wrong]
    assert {v["problem"]["dtype"] for v in wrong} == {"float64"}
    assert all(each & departs for each in functions)
    assert departs <= set().union(*functions)
