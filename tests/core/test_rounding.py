"""Correct rounding: the nearest float, ties to even, rounded once; or nan with a reason."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath.libmp import to_rational

from benchmarks.trust.duals import dual_gradient
from manual_backprop import (
    Activation,
    Layer,
    Network,
    Problem,
    correctly_rounded,
    enclose,
    gradient_by_recursion,
)
from manual_backprop.arithmetic.formats import FORMATS, Format, float_format
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle.rounding import ROUNDABLE, CorrectlyRounded, round_balls, round_rational

from .drawn import RATIONAL, RATIONAL_LOSSES, arrays, drawn

MPMATH_NETWORKS = 24
RATIONAL_NETWORKS = 30
"""For each format; a campaign takes more."""

EVERY = 5
"""The stride through float16's numbers; a campaign takes 1, which is all of them."""

MPMATH_BITS = 400


def rounded_alike(found: Any, truth: Any, form: Format) -> bool:
    """Whether an array holds the roundings of the exact entries, in its dtype."""
    expected = [round_rational(each, form) for each in truth.ravel()]
    dtype = {"bfloat16": "float32"}.get(form.name, form.name)
    return found.dtype == dtype and found.astype(np.float64).ravel().tolist() == expected


def rationals(numbers: Any) -> Any:
    """The exact values of an array of mpmath's numbers."""
    return np.frompyfunc(lambda x: Fraction(*map(int, to_rational(x._mpf_))), 1, 1)(numbers)


# ── against mpmath, and against exact rationals ──


@pytest.mark.parametrize("name", ROUNDABLE)
def test_gradients_are_those_of_mpmath_rounded_once(name: str) -> None:
    """Each entry is the rounding of what mpmath gives at 400 bits."""
    form = float_format(name)
    for seed in range(MPMATH_NETWORKS):
        problem = drawn(seed, depth=2)
        found = correctly_rounded(problem, name)
        if not found.undecided:
            truths = map(rationals, dual_gradient(problem, MPMATH_BITS))
            pairs = zip(arrays(found), truths, strict=True)
            assert all(rounded_alike(array, truth, form) for array, truth in pairs)


def test_nearly_all_networks_are_decided() -> None:
    """Nine networks in ten are decided whole, at the precision that the search starts with."""
    results = [correctly_rounded(drawn(seed, depth=2)) for seed in range(4 * MPMATH_NETWORKS)]

    assert sum(not each.undecided and each.bits == 128 for each in results) >= 0.9 * len(results)


@pytest.mark.parametrize("name", ROUNDABLE)
def test_gradients_are_exact_rationals_rounded_once(name: str) -> None:
    """On networks of piecewise rational functions each entry is the rounding of the exact one."""
    problems = [drawn(seed, RATIONAL, RATIONAL_LOSSES, object) for seed in range(RATIONAL_NETWORKS)]
    for problem in problems:
        if not enclose(problem).kinks:
            found, truth = correctly_rounded(problem, name), gradient_by_recursion(problem)
            pairs = zip(arrays(found), arrays(truth), strict=True)
            assert all(rounded_alike(array, exact, float_format(name)) for array, exact in pairs)


# ── one number ──


NATIVE = {"float16": np.float16, "float32": np.float32, "float64": np.float64}


def neighbours(name: str, count: int) -> list[tuple[Fraction, Fraction]]:
    """Adjacent numbers: float16's in turn; of the others around powers of two, and at random."""
    if name == "bfloat16":
        bits = np.arange(0, 0x7F7F, 7, dtype=np.uint32) << 16
        lower, upper = bits.view(np.float32), (bits + 0x10000).view(np.float32)
        pairs = zip(lower, upper, strict=True)
        return [(Fraction(float(a)), Fraction(float(b))) for a, b in pairs]
    dtype = NATIVE[name]
    if name == "float16":
        lower = np.arange(0, 0x7BFF, EVERY, dtype=np.uint16).view(np.float16)
    else:
        info = np.finfo(dtype)
        powers = np.exp2(np.arange(info.minexp - info.nmant, info.maxexp, dtype=dtype))
        random = np.random.default_rng(0).standard_normal(count).astype(dtype)
        lower = np.abs(np.concatenate([powers, np.nextafter(powers, dtype(0)), random, -random]))
    upper = np.nextafter(lower, dtype(np.inf))
    pairs = zip(lower[np.isfinite(upper)], upper[np.isfinite(upper)], strict=True)
    return [(Fraction(float(a)), Fraction(float(b))) for a, b in pairs]


@pytest.mark.parametrize("name", ROUNDABLE)
def test_around_every_midpoint_the_nearest_is_taken(name: str) -> None:
    """Below the middle down, above it up, in the middle to the even one."""
    form, sliver = float_format(name), Fraction(1, 2**40)
    for lower, upper in neighbours(name, 500):
        gap, middle = upper - lower, (lower + upper) / 2
        even = lower if (lower / gap) % 2 == 0 else upper
        expected = [lower, lower, even, upper, upper]
        values = [lower, middle - gap * sliver, middle, middle + gap * sliver, upper]

        assert expected == [Fraction(round_rational(each, form)) for each in values]
        assert -even == Fraction(round_rational(-middle, form))


@given(st.fractions() | st.floats(allow_nan=False, allow_infinity=False).map(Fraction))
@settings(max_examples=400)
def test_float64_is_pythons_own_rounding(value: Fraction) -> None:
    """round_rational to float64 is float(Fraction)."""
    assert float(value).hex() == round_rational(value, float_format("float64")).hex()


@given(st.fractions(), st.integers(-1080, 1030))
@settings(max_examples=400)
def test_float64_is_pythons_own_rounding_at_any_size(value: Fraction, power: int) -> None:
    """The same from the smallest subnormal to overflow, where Python raises and IEEE gives inf."""
    scaled = value * Fraction(2) ** power
    try:
        expected = float(scaled)
    except OverflowError:
        expected = np.inf if scaled > 0 else -np.inf

    assert expected == round_rational(scaled, float_format("float64"))


@pytest.mark.parametrize("name", ROUNDABLE)
def test_overflow_starts_at_half_a_gap_above_the_largest(name: str) -> None:
    """Below Ω + ½ ulp the result is Ω; from there on it is infinite, as the tie goes to even."""
    form = float_format(name)
    largest = Fraction(form.largest)
    half = largest - Fraction(round_rational(largest * (1 - Fraction(3, 2**form.precision)), form))
    edge = Fraction(2) ** (form.max_exponent + 1) - Fraction(2) ** (
        form.max_exponent - form.precision
    )
    just_below = edge - Fraction(1, 2**2000)

    assert half > 0
    assert round_rational(just_below, form) == form.largest
    assert round_rational(edge, form) == np.inf
    assert round_rational(-edge, form) == -np.inf


@pytest.mark.parametrize("name", ROUNDABLE)
def test_subnormals_end_at_half_the_smallest(name: str) -> None:
    """Half of the smallest subnormal goes to 0, more of it to the subnormal; signs are kept."""
    form = float_format(name)
    least = Fraction(2) ** (2 - form.max_exponent - form.precision)

    assert Fraction(round_rational(least / 2, form)) == 0
    assert Fraction(round_rational(least * Fraction(51, 100), form)) == least
    assert Fraction(round_rational(least * Fraction(3, 2), form)) == 2 * least
    assert str(round_rational(-least / 3, form)) == "-0.0"


def rounded_ball(ball: arb, name: str, bits: int = 53) -> float:
    """One ball's rounding."""
    return float(round_balls([ball], float_format(name), bits)[0])


@pytest.mark.parametrize("name", ROUNDABLE)
def test_a_ball_is_rounded_if_all_of_it_rounds_one_way(name: str) -> None:
    """Beside a boundary of rounding, however near: decided; nan if the boundary is inside."""
    form = float_format(name)
    with precision(400):
        for lower, upper in neighbours(name, 20)[::197]:
            a, b = (arb(each.numerator) / each.denominator for each in (lower, upper))
            middle, gap = (a + b) / 2, b - a
            for share in (1, 2.0**-20, 2.0**-60, 2.0**-200):
                width = gap * share / 8
                below, above = (arb(middle + side * 2 * width, width) for side in (-1, 1))
                around = arb(middle, width)
                assert rounded_ball(below, name, 400) == float(lower)
                assert rounded_ball(above, name, 400) == float(upper)
                assert np.isnan(rounded_ball(around, name, 400))
            tie = round_rational((lower + upper) / 2, form)
            assert rounded_ball(middle, name, 400) == tie


def test_signs_of_zero() -> None:
    """A proved negative underflows to −0, a positive to 0; a ball around 0, and 0 itself, to 0."""
    with precision(64):
        tiny = arb(2) ** -3000
        found = round_balls([tiny, -tiny, arb(0, tiny), arb(0)], float_format("float64"), 64)

    assert list(map(str, found.tolist())) == ["0.0", "-0.0", "0.0", "0.0"]


@pytest.mark.parametrize("name", ROUNDABLE)
def test_numbers_beyond_all_memory_are_rounded(name: str) -> None:
    """exp(±10¹²) overflows and underflows; what is not finite is nan."""
    with precision(64):
        huge, everything = arb(10**12).exp(), arb(0, float("inf"))
        found = round_balls([huge, -huge, 1 / huge, -1 / huge, everything], float_format(name), 64)

    assert list(map(str, found.tolist())) == ["inf", "-inf", "0.0", "-0.0", "nan"]


# ── hard cases on purpose ──


def identity_sum(values: list[float], dtype: Any = np.float64) -> Problem:
    """A problem whose weight gradient is exactly the sum of the values."""
    network = Network([Layer(np.ones((1, 1), dtype))])
    rows = np.array(values, dtype)[:, None]
    return Problem(network, rows, loss="identity_sum", reduction="sum")


def rounded_sum(values: list[float], name: str, **choices: Any) -> float:
    """The exact sum of floats, rounded once."""
    return float(correctly_rounded(identity_sum(values), name, **choices).weights[0][0, 0])


@pytest.mark.parametrize("name", ROUNDABLE)
def test_ties_go_to_even(name: str) -> None:
    """1 + u is halfway and goes to 1, 1 + 3u to 1 + 4u, with either sign."""
    u = float_format(name).unit_roundoff

    assert rounded_sum([1.0, u], name) == 1.0
    assert rounded_sum([1.0, 2 * u, u], name) == 1 + 4 * u
    assert rounded_sum([-1.0, -u], name) == -1.0


@pytest.mark.parametrize("name", ROUNDABLE)
@pytest.mark.parametrize("power", [-60, -200, -900])
def test_there_is_no_double_rounding(name: str, power: int) -> None:
    """A value within 2^power of a midpoint falls to its own side, not to the even one."""
    u, sliver = float_format(name).unit_roundoff, 2.0**power

    assert rounded_sum([1.0, u, sliver], name) == 1 + 2 * u
    assert rounded_sum([1.0, u, -sliver], name) == 1.0
    assert rounded_sum([1.0, 2 * u, u, -sliver], name) == 1 + 2 * u
    assert rounded_sum([1.0, 2 * u, u, sliver], name) == 1 + 4 * u


def test_through_float64_these_would_have_been_wrong() -> None:
    """The trap is real: rounding to float64 first gives the even neighbour in float32."""
    values = [1.0, 2.0**-24, 2.0**-60]

    assert float(np.float32(np.float64(values[0] + values[1] + values[2]))) == 1.0
    assert rounded_sum(values, "float32") == 1 + 2.0**-23


@pytest.mark.parametrize("name", ROUNDABLE)
def test_subnormal_and_overflowing_results(name: str) -> None:
    """Gradual underflow rounds at its own unit, and Ω + ½ ulp is inf."""
    form = float_format(name)
    least = 2.0 ** (2 - form.max_exponent - form.precision)
    half_ulp = 2.0 ** (form.max_exponent - form.precision)
    halved = Problem(
        Network([Layer([[1.0]])]), [[3 * least], [0.0]], loss="identity_sum", targets=[[0.0]] * 2
    )

    assert float(correctly_rounded(halved, name).weights[0][0, 0]) == 2 * least  # 1½ least
    assert rounded_sum([form.largest, half_ulp], name) == np.inf
    assert rounded_sum([form.largest, half_ulp, -1e-300], name) == form.largest
    assert rounded_sum([-form.largest, -half_ulp], name) == -np.inf


def test_a_transcendental_gradient_below_the_range_is_zero() -> None:
    """tanh'(400) is 1e-347: 0 in float64, and the subnormal at 371 is rounded correctly."""
    network = Network([Layer([[1.0]], None, "tanh")])
    far, near = (
        correctly_rounded(Problem(network, [p], loss="identity_sum")).weights[0][0, 0]
        for p in (400.0, 371.0)
    )

    assert str(far) == "0.0"
    with precision(200):
        truth = 371 / arb(371).cosh() ** 2
        assert abs(truth - arb(float(near))) <= arb(2) ** -1075
    assert 0 < near < 2.0**-1022


def cancelling(loss: str = "half_squared_error") -> Problem:
    """tanh(a) − tanh(a): exactly 0, which no precision proves."""
    layers = [Layer([[0.75], [0.75]], None, "tanh"), Layer([[1.0, -1.0]])]
    return Problem(Network(layers), [0.5], [0.0], loss)


def test_an_exact_zero_that_cannot_be_proved_is_undecided_only_by_its_sign() -> None:
    """tanh(a) − tanh(a) is below half the smallest float at some precision, and rounds to 0."""
    result = correctly_rounded(cancelling())

    assert result.undecided == ()
    assert float(result.loss) == 0
    assert not result.weights[1].any()


def test_a_cap_that_does_not_suffice_says_how_far_it_came() -> None:
    """The same at 512 bits at most: nan, and the least 2^below above what these leave open."""
    result, balls = correctly_rounded(cancelling(), cap=512), enclose(cancelling(), 512).weights[1]
    open_weights = [each for each in result.undecided if each.name == "weights" and each.layer == 1]

    assert np.isnan(result.weights[1]).all()
    assert [(0, 0), (0, 1)] == [each.index for each in open_weights]
    for each, ball in zip(open_weights, balls.entries, strict=True):
        assert each.bits == 512
        assert each.reason == "precision"
        assert each.below is not None
        assert arb(2) ** (each.below - 1) <= ball.abs_upper() < arb(2) ** each.below


def test_an_exact_zero_is_proved_where_the_arithmetic_is_exact() -> None:
    """Rational cancellation, and a unit that is off, give +0 at the first precision."""
    layers = [Layer([[0.75], [0.75]], [0.0, -9.0], "relu"), Layer([[1.0, 0.0]], [-0.375])]
    result = correctly_rounded(Problem(Network(layers), [0.5], [0.0]))

    assert result.undecided == ()
    assert result.bits == 128
    assert {str(each) for array in arrays(result) for each in array.ravel()} == {"0.0"}


def test_more_precision_is_taken_where_it_is_needed() -> None:
    """A value 2⁻³⁰⁰ beside a tie is decided at 512 bits, the precision that is reported."""
    result = correctly_rounded(identity_sum([1.0, 2.0**-53, 2.0**-300]))

    assert float(result.weights[0][0, 0]) == 1 + 2.0**-52
    assert result.bits == 512
    assert result.undecided == ()


# ── kinks ──


def on_a_kink(activation: str = "relu") -> Problem:
    """A unit exactly on its kink at 0, and one far from it, side by side."""
    layers = [Layer([[1.0], [1.0]], [-0.5, 1.0], activation), Layer([[1.0, 1.0]], [0.0], "tanh")]
    return Problem(Network(layers), [0.5], loss="identity_sum")


def test_what_hangs_on_a_kink_is_undecided() -> None:
    """Entries that depend on the choice are nan with the reason; the others are rounded."""
    result = correctly_rounded(on_a_kink())

    assert np.isnan(result.weights[0][0]).all()
    assert np.isnan(result.biases[0][0])
    assert np.isfinite(result.weights[0][1]).all()
    assert np.isfinite(result.weights[1]).all()
    assert {each.reason for each in result.undecided} == {"kink"}
    assert {(each.name, each.layer, each.index) for each in result.undecided} == {
        ("weights", 0, (0, 0)),
        ("biases", 0, (0,)),
        ("inputs", 0, (0,)),
    }


@pytest.mark.parametrize(
    ("kink", "share"), [("left", 0.0), ("right", 1.0), ("mean", 0.5), ("zero", 0.0)]
)
def test_a_convention_takes_one_number(kink: Any, share: float) -> None:
    """relu'(0) is 0, 1, ½ or 0; every entry is then decided."""
    result = correctly_rounded(on_a_kink(), kink=kink)
    beside = correctly_rounded(on_a_kink("identity"))

    assert result.undecided == ()
    assert result.biases[0][0] == share * beside.biases[0][0]


def test_zero_is_taken_only_inside_the_hull() -> None:
    """leaky_relu'(0) lies in [1/100, 1]: "zero" takes the left value there."""
    zero = correctly_rounded(on_a_kink("leaky_relu"), kink="zero").biases[0][0]

    assert zero == correctly_rounded(on_a_kink("leaky_relu"), kink="left").biases[0][0] > 0


def test_a_kink_elsewhere_does_not_stop_the_doubling() -> None:
    """An entry that needs 512 bits gets them, though another unit sits on a kink."""
    layers = [Layer([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "relu")]
    rows = [[0.0, 1.0], [0.0, 2.0**-53], [0.0, 2.0**-300]]
    problem = Problem(Network(layers), rows, loss="identity_sum", reduction="sum")
    result = correctly_rounded(problem)

    assert result.weights[0][1, 1] == 1 + 2.0**-52
    assert {(each.name, each.index) for each in result.undecided} == {
        *(("inputs", (s, 0)) for s in range(3)),
        ("weights", (0, 1)),
        ("biases", (0,)),
    }
    assert {each.reason for each in result.undecided} == {"kink"}


# ── what cannot be ──


@pytest.mark.parametrize("name", ["float128", "tf32", "longdouble"])
def test_other_formats_are_refused(name: str) -> None:
    """The message lists the four formats."""
    with pytest.raises(
        ValueError, match=f"cannot round to {name!r}: float16, bfloat16, float32, f"
    ):
        correctly_rounded(drawn(0), name)


def test_functions_without_definition_are_refused() -> None:
    """Nothing is rounded that cannot be enclosed."""
    cube = Activation("cube", lambda p: p**3, lambda p: 3 * p**2)

    with pytest.raises(ValueError, match="has no definition, so nothing can be proved"):
        correctly_rounded(Problem(Network([Layer([[1.0]], None, cube)]), [1.0], [0.0]))


def test_fractions_are_rounded_too() -> None:
    """A problem in fractions that no float holds is rounded from its exact numbers."""
    third = Fraction(1, 3)
    problem = Problem(Network([Layer([[third]])]), [third], loss="identity_sum")
    result: CorrectlyRounded = correctly_rounded(problem, "float32")

    assert result.weights[0].dtype == np.float32
    assert float(result.weights[0][0, 0]) == round_rational(third, FORMATS["float32"])
