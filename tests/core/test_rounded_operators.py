"""The operators that mistaken code needs beside the recursion's own: each is sound, and tight."""

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.arithmetic.rounded import Rounded, outward

from .machine import Machine
from .test_rounded import (
    DOUBLE,
    FORMATS,
    OPERATIONS,
    SINGLE,
    TOY,
    ball,
    inside,
    largest_fraction,
    machines,
    operands,
    rounding,
)

FORMS = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
CONSTANTS = [0.2, -1 / 3, 1e-3, 0.5, -2.0, 3.0]


def constant(machine: Machine, value: float) -> Fraction:
    """The constant as the machine's program holds it."""
    return machine.fl(Fraction(value))


@FORMS
@given(data=st.data())
@OPERATIONS
def test_differences_are_inside(form: Format, data: st.DataObject) -> None:
    """−a, a − b, and W x − b with its products fused or not, in any order."""
    machine, n = data.draw(machines(form)), data.draw(st.integers(1, 3))
    (a, A), (b, B) = data.draw(operands(form, 3)), data.draw(operands(form, 3))
    w, W = data.draw(operands(form, 3, n))
    x, X = data.draw(operands(form, 1, n))

    differences = [machine.sum([(c,), (-d,)]) for c, d in zip(a, b, strict=True)]
    affine = [machine.dot(row, x[0], -c) for row, c in zip(w, b, strict=True)]

    assert inside(-A, -a)
    assert inside(A - B, differences)
    assert inside(X @ W.T - B, [affine])


@FORMS
@given(data=st.data(), value=st.sampled_from(CONSTANTS))
@OPERATIONS
def test_constants_are_inside(form: Format, data: st.DataObject, value: float) -> None:
    """c·a, a + c and c − a, the constant c rounded to the format."""
    machine = data.draw(machines(form))
    a, A = data.draw(operands(form, 3))
    c = constant(machine, value)

    assert inside(value * A, [machine.product((each, c)) for each in a])
    assert inside(A + value, [machine.sum([(each,), (c,)]) for each in a])
    assert inside(value - A, [machine.sum([(-each,), (c,)]) for each in a])


@FORMS
@given(data=st.data(), low=st.sampled_from([None, -1.0, 1e-3]), high=st.sampled_from([None, 1 / 3]))
@OPERATIONS
def test_clipped_values_are_inside(
    form: Format, data: st.DataObject, low: float | None, high: float | None
) -> None:
    """max(low, min(a, high)), the bounds rounded to the format."""
    machine = data.draw(machines(form))
    a, A = data.draw(operands(form, 6))
    least = -(Fraction(2) ** 5000) if low is None else constant(machine, low)
    most = Fraction(2) ** 5000 if high is None else constant(machine, high)

    assert inside(A.clip(low, high), [max(least, min(each, most)) for each in a])


@FORMS
@given(data=st.data())
@OPERATIONS
def test_quotients_of_balls_are_inside(form: Format, data: st.DataObject) -> None:
    """a / b, or a times the reciprocal where that is a normal number; unknown if b may be 0."""
    machine = data.draw(machines(form))
    (a, A), (b, B) = data.draw(operands(form, 4)), data.draw(operands(form, 4))
    with np.errstate(all="ignore"):
        sets, reciprocals, others = A / B, 1 / B, ball([1.0], form=form) / B

    assert np.array_equal(others.radius, reciprocals.radius)
    for i, (c, d) in enumerate(zip(a, b, strict=True)):
        if d:
            divided = [machine.fl(c / d)]
            if abs(1 / d) >= Fraction(form.smallest_normal):
                divided.append(machine.product((c, machine.fl(1 / d))))
            assert all(inside(sets[i : i + 1], [each]) for each in divided)
        else:
            assert np.isinf(sets.radius[i])


@FORMS
@given(data=st.data())
@OPERATIONS
def test_roots_are_inside(form: Format, data: st.DataObject) -> None:
    """√Σ a², of a sum in any order and of numbers near 0, √0 among them."""
    machine = data.draw(machines(form))
    (a, A), (b, B) = data.draw(operands(form, 3, 1)), data.draw(operands(form, 3))
    squares = machine.sum([(each, each) for each in a[:, 0]])

    with np.errstate(all="ignore"):
        norm, roots = (A * A).sum(axis=(0, 1)) ** 0.5, (B.clip(0, None)) ** 0.5

    assert inside(norm.reshape(1), [machine.fl(root(squares))])
    assert inside(roots, [machine.fl(root(max(each, Fraction(0)))) for each in b])


def root(value: Fraction) -> Fraction:
    """√value to some 2,000 bits relative, which is more than any of the formats tells apart."""
    shift = 4000 + 2 * max(value.denominator.bit_length() - value.numerator.bit_length(), 0)
    shift += shift % 2
    return Fraction(math.isqrt(value.numerator * 2**shift // value.denominator), 2 ** (shift // 2))


def test_the_bounds_are_reached() -> None:
    """Over numbers of six bits, four units of error each, a quotient takes most of its bound."""
    machine = Machine(TOY, np.random.default_rng(0))
    fractions = []
    for a, b in product(range(33, 64, 3), range(33, 64, 3)):
        sets = ball([a], [4.0], TOY) / ball([b], [4.0], TOY)
        ends = [machine.fl(Fraction(a + i, b + j)) for i, j in product((-4, 4), (-4, 4))]
        fractions += [largest_fraction(sets, [each]) for each in ends]

    assert 0.8 < max(fractions) <= 1


# ── exactness, and what is not known ──


def test_what_rounds_nothing_stays_exact() -> None:
    """A negation and a clip at whole bounds add no radius, nor does a difference of zeros."""
    exact = ball([1.5, -3.0, 0.0])

    for each in (-exact, exact.clip(-1, 1), exact.clip(None, 2), ball([0.0]) - ball([0.0])):
        assert not each.radius.any()
    assert np.array_equal([1.0, -1.0, 0.0], exact.clip(-1, 1).midpoint)


def test_a_clip_hides_nothing_unknown() -> None:
    """Where nothing is known, nothing is known of −a, a − b, a clip, a quotient or a root."""
    unknown, one = ball([1.0], [np.inf]), ball([1.0])

    with np.errstate(all="ignore"):
        results = [-unknown, one - unknown, unknown.clip(-1, 1), one / unknown, unknown / one]
        results.append(unknown**0.5)

    assert all(np.isinf(each.radius).all() for each in results)


def test_a_divisor_that_may_be_zero_leaves_nothing_known() -> None:
    """1/b is bounded if b's ball keeps away from 0, and not if it touches it."""
    with np.errstate(all="ignore"):
        radius = (ball([1.0, 1.0, 1.0]) / ball([2.0, 2.0, 0.0], [1.0, 2.0, 0.0])).radius

    assert np.array_equal([False, True, True], np.isinf(radius))
    within = rounding(DOUBLE)
    assert 0.5 <= radius[0] <= outward(0.5 + 2 * within.roundoff + within.underflow, 2)


def test_a_difference_is_one_sum_with_the_product() -> None:
    """Σ w x − b has the rounding of its terms together, as Σ w x + b has."""
    X, W, b = ball([[1.0, 1e-8, 3.0]]), ball([[1.0, 2.0, 1e-3]]), ball([1e6])

    assert np.array_equal((X @ W.T + b).radius, (X @ W.T - b).radius)


def test_constants_that_the_program_writes() -> None:
    """Counts and halves that the format holds are exact; any other constant is within u."""
    for value, exact in ((3, True), (70_000, True), (0.5, True), (1.5, True), (0.2, False)):
        within = rounding(SINGLE)
        radius = Rounded.constant(value, within).radius
        assert exact == (radius == 0)
        assert radius <= outward(within.roundoff * np.float64(value))


@pytest.mark.parametrize(("name", "most"), [("bfloat16", 256), ("float16", 2048)])
def test_a_count_that_the_format_lacks_is_rounded(name: str, most: int) -> None:
    """One sample more than the format counts: S itself is within u, and so is what it divides."""
    form = float_format(name)
    machine, one = Machine(form, np.random.default_rng(0)), ball([1.0], form=form)
    count = machine.fl(Fraction(most + 1))

    assert not Rounded.constant(most, rounding(form)).radius.any()
    assert inside(Rounded.constant(most + 1, rounding(form)).reshape(1), [count])
    assert inside(one / (most + 1), [machine.product((Fraction(1), machine.fl(1 / count)))])


def test_arrays_join_as_the_problems_own_numbers() -> None:
    """An ndarray on either side is a leaf: exact, unless the format does not hold it."""
    held, other = np.array([0.5, 2.0]), np.array([0.1, 2.0])
    sets = ball([1.0, 1.0], form=SINGLE)

    for joined in (held * sets, sets * held):
        assert np.array_equal(joined.midpoint, held)
    units = [(sets * each).radius[0] / (SINGLE.unit_roundoff * each[0]) for each in (held, other)]
    assert [1, 2] == [round(each) for each in units]  # the product's rounding, and the leaf's


def test_no_power_but_a_half() -> None:
    """Any other power is an error that says so."""
    with pytest.raises(NotImplementedError, match=r"power 3: ½ alone"):
        _: Any = ball([1.0]) ** 3
