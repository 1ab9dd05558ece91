"""Arrays of balls: NumPy's syntax encloses, conversions are exact, flint is left as it was."""

import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from manual_backprop import Activation, Problem, enclose
from manual_backprop.arithmetic.balls import Balls, ball_of
from manual_backprop.arithmetic.precision import precision

from .drawn import fractions, holds

unhurried = settings(deadline=None, max_examples=60)

FLOATS = st.floats(-1e6, 1e6, width=32).map(float)
"""Dyadic, so that `Fraction`s of them are exact; products and sums need more than 24 bits."""


def arrays(*shape: int) -> st.SearchStrategy[Any]:
    """Float64 arrays of that shape."""
    count = int(np.prod(shape))
    lists = st.lists(FLOATS, min_size=count, max_size=count)
    return lists.map(lambda numbers: np.array(numbers).reshape(shape))


def both(array: Any, bits: int = 30) -> tuple[Balls, Any]:
    """The array as balls, and as exact fractions."""
    return Balls.exactly(array, bits), fractions(array)


# ── operators ──


SHAPES = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (1, 3))]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize(("left", "right"), SHAPES)
@given(data=st.data())
@unhurried
def test_elementwise_operators_enclose(
    symbol: str, left: tuple[int, ...], right: tuple[int, ...], data: st.DataObject
) -> None:
    """Sums, differences and products hold the exact ones, broadcast, from either side."""
    operator = OPERATORS[symbol]
    (a, exact_a), (b, exact_b) = both(data.draw(arrays(*left))), both(data.draw(arrays(*right)))
    floats = np.array([float(each) for each in exact_b.ravel()]).reshape(right)

    expected = np.asarray(operator(exact_a, exact_b), dtype=object)

    assert holds(operator(a, b), expected)
    assert holds(operator(a, floats), expected)
    assert holds(operator(floats, a), np.asarray(operator(exact_b, exact_a), dtype=object))


@given(arrays(2, 3), arrays(3))
@unhurried
def test_division_encloses(a: Any, b: Any) -> None:
    """Quotients hold the exact ones; where the divisor is 0 the ball holds everything."""
    (balls, exact), divisor = both(a), fractions(b)
    quotients = (balls / b).entries, (b / balls).entries

    for place, (i, j) in enumerate(np.ndindex(2, 3)):
        if divisor[j] != 0:
            assert _holds_one(quotients[0][place], exact[i, j] / divisor[j])
        if exact[i, j] != 0:
            assert _holds_one(quotients[1][place], divisor[j] / exact[i, j])
        assert divisor[j] != 0 or not quotients[0][place].is_finite()


def _holds_one(ball: arb, truth: Fraction) -> bool:
    return holds(Balls.of_entries([ball], 53), [truth])


PRODUCTS = [((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((1, 1), (1, 1))]


@pytest.mark.parametrize(("left", "right"), PRODUCTS)
@given(data=st.data())
@unhurried
def test_matrix_products_enclose(
    left: tuple[int, ...], right: tuple[int, ...], data: st.DataObject
) -> None:
    """Products hold the exact ones, with NumPy's rules for vectors, an ndarray on either side."""
    (a, exact_a), (b, exact_b) = both(data.draw(arrays(*left))), both(data.draw(arrays(*right)))
    floats_a = np.array(exact_a, dtype=np.float64)
    floats_b = np.array(exact_b, dtype=np.float64)

    expected = exact_a @ exact_b

    assert holds(a @ b, expected)
    assert holds(a @ floats_b, expected)
    assert holds(floats_a @ b, expected)


@given(arrays(3), arrays(3))
@unhurried
def test_the_product_of_vectors_is_one_ball(a: Any, b: Any) -> None:
    """A vector times a vector is a number, as in NumPy."""
    product = both(a)[0] @ both(b)[0]

    assert isinstance(product, arb)
    assert _holds_one(product, fractions(a) @ fractions(b))


@given(arrays(2, 3))
@unhurried
def test_sums_transposes_and_signs_enclose(a: Any) -> None:
    """Sums along each axis or all, the transpose, −a and |a| are those of the exact array."""
    balls, exact = both(a)

    assert holds(balls.sum(axis=0), exact.sum(axis=0))
    assert holds(balls.sum(axis=1), exact.sum(axis=1))
    assert holds(balls.sum(axis=-1), exact.sum(axis=-1))
    assert _holds_one(balls.sum(), exact.sum())
    assert _holds_one(balls[0].sum(axis=0), exact[0].sum())
    assert holds(balls.T, exact.T)
    assert holds(-balls, -exact)
    assert holds(np.absolute(balls), np.absolute(exact))
    assert holds(np.negative(balls), -exact)


INDICES: list[Any] = [
    0,
    -1,
    (1, 2),
    (0, -1),
    slice(None),
    (slice(None), 1),
    (slice(None), slice(1, 3)),
    (1, slice(None, None, -1)),
    np.array([1, 0, 1]),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing_is_numpys(index: Any) -> None:
    """An entry, a row, a column, slices and lists of rows are those of the array."""
    array = np.arange(6.0).reshape(2, 3)
    expected, found = array[index], Balls.exactly(array, 53)[index]

    if isinstance(found, arb):
        assert expected == float(found)
    else:
        assert np.array_equal(expected, found.midpoint)


def parts(ball: arb) -> tuple[Any, Any]:
    """Midpoint and radius, exactly."""
    return ball.mid().man_exp(), ball.rad().man_exp()


UFUNCS = {
    np.exp: arb.exp,
    np.expm1: arb.expm1,
    np.log: arb.log,
    np.log1p: arb.log1p,
    np.sqrt: arb.sqrt,
    np.sin: arb.sin,
    np.cos: arb.cos,
    np.tanh: arb.tanh,
}


@pytest.mark.parametrize("function", UFUNCS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("shape", [(2, 2), (4,)])
def test_elementary_functions_enclose(function: Any, shape: tuple[int, ...]) -> None:
    """NumPy's functions of balls are Arb's of each entry, and hold what 400 bits give."""
    array = np.array([0.25, 1.0, 3.0, 17.0]).reshape(shape)
    found = function(Balls.exactly(array, 40))

    with precision(40):
        own = [UFUNCS[function](arb(value)) for value in array.ravel()]
    with precision(400):
        truths = [UFUNCS[function](arb(value)) for value in array.ravel()]

    assert found.shape == shape
    assert all(ball.contains(truth) for ball, truth in zip(found.entries, truths, strict=True))
    assert [parts(ball) for ball in own] == [parts(ball) for ball in found.entries]


def test_the_larger_precision_of_two_holds() -> None:
    """Operands of 30 and 300 bits give what operands of 300 bits give."""
    third = Balls.exactly([Fraction(1, 3)], 300)

    def results(one: Balls) -> list[Balls]:
        return [third * one, one * third, third + one, one - third, third / one]

    short, long = (results(Balls.exactly([1.0], bits)) for bits in (30, 300))
    assert {300} == {each.bits for each in short}
    assert [parts(each[0]) for each in long] == [parts(each[0]) for each in short]


def test_numbers_on_either_side() -> None:
    """Floats, ints, NumPy scalars, fractions and balls join in from either side."""
    balls = Balls.exactly([[1.0, 2.0]], 64)
    others: list[Any] = [2, 2.0, np.float64(2), np.float32(2), Fraction(2), arb(2)]

    for two in others:
        assert np.array_equal([[2.0, 4.0]], (balls * two).midpoint)
        assert np.array_equal([[2.0, 4.0]], (two * balls).midpoint)
        assert np.array_equal([[2.0, 1.0]], (two / balls).midpoint)
        assert np.array_equal([[1.0, 0.0]], (two - balls).midpoint)


# ── conversions ──


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floats_convert_exactly(dtype: Any) -> None:
    """Numbers of every float dtype, subnormal and largest ones too, become points."""
    info = np.finfo(dtype)
    values = np.array(
        [0, 1, 1 + info.eps, info.max, -info.max, info.smallest_normal, info.smallest_subnormal],
        dtype,
    )
    balls = Balls.exactly(values, 128)

    assert all(ball.is_exact() for ball in balls.entries)
    assert holds(balls, fractions(values))
    assert balls.contains(values).all()
    assert not balls.contains(np.nextafter(values, dtype(0.5))).any()


@given(st.lists(st.fractions(), min_size=1, max_size=4), st.integers(2, 200))
@unhurried
def test_fractions_are_enclosed(values: list[Fraction], bits: int) -> None:
    """The ball of a fraction holds it, at any precision."""
    array = np.array([*values, None], dtype=object)[:-1]

    assert holds(Balls.exactly(array, bits), array)


def test_few_bits_still_enclose_long_numbers() -> None:
    """At 2 bits a longdouble with 64 is enclosed, and float64 stays exact."""
    longer = np.array([1 + np.finfo(np.longdouble).eps], np.longdouble)

    assert holds(Balls.exactly(longer, 2), fractions(longer))
    assert Balls.exactly([1 + 2.0**-52], 2)[0].is_exact()


def test_one_number_becomes_one_ball() -> None:
    """ints of any size, NumPy's and Python's floats and balls convert; the first are exact."""
    assert ball_of(2**200 + 1) == arb(2) ** 200 + 1 or ball_of(2**200 + 1).is_exact()
    assert ball_of(np.int64(3)) == 3
    assert ball_of(0.1).is_exact()
    assert ball_of(arb(1.5)) == arb(1.5)


# ── floats that cover the balls ──


def covers(balls: Balls) -> bool:
    """Whether midpoint ± radius, as real numbers, holds the whole of each ball."""
    triples = zip(balls.entries, balls.midpoint.ravel(), balls.radius.ravel(), strict=True)
    with precision(6000):
        return all(
            np.isinf(radius) or (abs(ball - arb(float(middle)))).upper() <= arb(float(radius))
            for ball, middle, radius in triples
        )


POWERS = [-2000, -1100, -1075, -1074, -1060, -1023, -300, -53, -1, 0, 52, 1000, 1023, 1024, 2000]


@given(
    st.sampled_from(POWERS),
    st.sampled_from([*POWERS, None]),
    st.integers(-(2**80), 2**80),
    st.integers(1, 2**29),
)
@settings(deadline=None, max_examples=300)
def test_midpoint_and_radius_cover_the_ball(
    power: int, spread: int | None, digits: int, width: int
) -> None:
    """Huge, tiny, subnormal: the floats of a ball cover it, the midpoint's own rounding too."""
    with precision(200):
        middle = arb(digits) * arb(2) ** (power - 80)
        ball = middle if spread is None else arb(middle, arb(width) * arb(2) ** (spread - 29))

        assert covers(Balls.of_entries([ball, -ball], 200))


def test_what_cannot_be_a_float_has_an_infinite_radius() -> None:
    """Beyond float64, with an infinite radius, and nan: the radius says that nothing is known."""
    entries = [arb(2) ** 2000, arb(0, float("inf")), arb("nan"), arb("inf")]

    assert np.array_equal([np.inf] * 4, Balls.of_entries(entries, 64).radius)


def test_points_have_radius_zero() -> None:
    """A radius of 0 says that the midpoint is the one true value."""
    values = [0.0, 1.0, -5e-324, 1.7976931348623157e308]

    assert np.array_equal(values, Balls.exactly(values, 64).midpoint)
    assert np.array_equal(np.zeros(4), Balls.exactly(values, 64).radius)


def test_a_point_below_all_floats_is_not_zero() -> None:
    """2⁻²⁰⁰⁰ is no zero: its midpoint is 0 with the smallest radius there is."""
    balls = Balls.of_entries([arb(2) ** -2000], 64)

    assert balls.midpoint[0] == 0
    assert balls.radius[0] == 5e-324
    assert not balls.is_zero()[0]


# ── questions ──


def test_contains_is_certain() -> None:
    """Inside is True, outside False, at the edge of a point exact, nan and inf never inside."""
    with precision(64):
        balls = Balls.of_entries([arb(1, 0.25), arb(1), arb(0, float("inf"))], 64)

    assert np.array_equal([True, True, True], balls.contains([1.0, 1.0, 1.0]))
    assert np.array_equal([True, False, True], balls.contains([1.25, 1 + 2.0**-52, 1e308]))
    assert np.array_equal([False, False, True], balls.contains([1.2500001, 0.0, -1e308]))
    assert not balls.contains(np.nan).any()
    assert not balls.contains(np.inf).any()
    assert np.array_equal([True, False, True], balls.contains(np.float32(1.1)))
    assert np.array_equal([True, True, True], balls.contains(np.array([Fraction(1)] * 3)))
    assert np.array_equal([True, False, True], balls.contains(np.array([Fraction(10, 9)] * 3)))


def test_overlaps_is_a_common_point() -> None:
    """Balls that touch overlap; a gap of any size tells them apart."""
    with precision(64):
        one = Balls.of_entries([arb(0, 1), arb(0, 1), arb("nan")], 64)
        other = Balls.of_entries([arb(2, 1), arb(2 + 2.0**-20, 1), arb(5)], 64)

    assert np.array_equal([True, False, True], one.overlaps(other))


def test_what_a_ball_may_be() -> None:
    """is_zero is proved, and is_finite tells a bound from none."""
    with precision(64):
        balls = Balls.of_entries([arb(0), arb(0, 2.0**-300), arb("nan"), arb(1)], 64)

    assert np.array_equal([True, False, False, False], balls.is_zero())
    assert np.array_equal([True, True, False, True], balls.is_finite())


# ── what cannot be ──


REFUSED: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda m: m + np.ones(3), ValueError, r"shape mismatch.*\(2, 2\).*\(3,\)"),
    (lambda m: m @ np.ones(3), ValueError, r"no product of shapes \(2, 2\) and \(3,\)"),
    (lambda m: np.ones((2, 3)) @ m, ValueError, r"no product of shapes \(2, 3\) and \(2, 2\)"),
    (lambda m: m[2], IndexError, "index 2 is out of bounds"),
    (lambda m: m[:, None, :], ValueError, r"shape \(2, 1, 2\) has 3 axes: balls take two at most"),
    (lambda m: m * np.ones((2, 2, 2)), ValueError, r"shape \(2, 2, 2\) has 3 axes"),
    (lambda m: m.sum(axis=2), ValueError, "axis 2 is out of bounds"),
    (lambda m: m.overlaps(m[0]), ValueError, r"balls of shape \(2, 2\) and \(2,\): one shape"),
    (lambda m: m.contains(np.ones(3)), ValueError, r"could not be broadcast|remapped shapes"),
    (np.log2, TypeError, "log2"),
    (np.add.reduce, TypeError, "reduce"),
    (lambda m: np.add(m, m, out=np.zeros((2, 2))), TypeError, "add"),
    (lambda m: m > 0, TypeError, "not supported"),
    (lambda m: m**2, TypeError, "unsupported operand"),
]


@pytest.mark.parametrize(("action", "kind", "words"), REFUSED, ids=[each[2] for each in REFUSED])
def test_what_balls_cannot_do_is_an_error(
    action: Callable[[Any], Any], kind: type[Exception], words: str
) -> None:
    """Shapes that do not fit, a third axis and functions that are not there end in an error."""
    with pytest.raises(kind, match=words):
        action(Balls.exactly(np.ones((2, 2)), 64))


def test_balls_print_what_they_are() -> None:
    """The text of an array shows its balls and its precision."""
    assert repr(Balls.exactly([0.5], 64)) == "Balls([[0.500000000000000]], bits=64)"


# ── precision ──


def test_precision_is_restored_after_an_error() -> None:
    """An exception inside leaves flint's precision as it was, however deep."""
    before = flint.ctx.prec

    with pytest.raises(ZeroDivisionError), precision(200), precision(300):
        raise ZeroDivisionError

    assert before == flint.ctx.prec


def test_power_series_keep_their_terms() -> None:
    """Whoever has flint cut series short meets whole ones in here, and short ones again outside."""
    before = flint.ctx.cap

    def slopes(bits: int) -> Any:
        fresh = Activation("own", np.sin, np.cos, pieces=(lambda p, m: m.sin(p),))  # in no cache
        return enclose(Problem.random((2, 3, 1), fresh), bits, witness=True).weights[0].midpoint

    flint.ctx.cap = 1  # a derivative, the second term, would be 0
    try:
        cut, after = [slopes(53), slopes(128)], flint.ctx.cap
    finally:
        flint.ctx.cap = before

    assert all((a == b).all() for a, b in zip([slopes(53), slopes(128)], cut, strict=True))
    assert after == 1


def test_operators_leave_the_precision_alone() -> None:
    """An operation that fails, and one that does not, leave flint's precision as it was."""
    before, balls = flint.ctx.prec, Balls.exactly(np.ones((2, 2)), 500)

    with pytest.raises(ValueError, match="no product"):
        balls @ np.ones(3)
    with pytest.raises(TypeError, match="exp"):
        balls.map(lambda ball: np.exp("one"))  # type: ignore[arg-type, return-value]
    _ = balls @ balls, balls.radius, balls.contains(1.0)

    assert before == flint.ctx.prec


def test_threads_take_turns() -> None:
    """Threads that compute at different precisions each get their own, and flint its old one."""
    before = flint.ctx.prec
    found: dict[int, list[Any]] = {}

    def thirds(bits: int, times: int) -> list[Any]:
        return [parts((Balls.exactly([1.0, 2.0], bits) / 3)[0]) for _ in range(times)]

    def work(bits: int) -> None:
        found[bits] = thirds(bits, 200)

    alone = {bits: thirds(bits, 1) * 200 for bits in (40, 90, 160, 320)}
    threads = [threading.Thread(target=work, args=(bits,)) for bits in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert alone == found
    assert before == flint.ctx.prec
