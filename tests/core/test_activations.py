"""Each activation against its definition: value, derivative, breakpoints, exact rationals."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from manual_backprop import ACTIVATIONS, Activation, Layer, Network, Problem, activation, gradient
from manual_backprop.arrays import FLOATS

from .truth import (
    epsilon,
    exact_value_and_derivative,
    fraction,
    ulp,
    value_and_derivative,
)

NAMES = list(ACTIVATIONS)
RATIONAL = [name for name in NAMES if ACTIVATIONS[name].rational]
BROKEN = [name for name in NAMES if ACTIVATIONS[name].breakpoints]

CONTRACT = (
    "identity sigmoid tanh relu leaky_relu elu celu selu softplus log_sigmoid gelu gelu_tanh silu "
    "mish softsign tanhshrink softshrink hardtanh relu6 hard_sigmoid hard_swish abs square exp sin "
    "squareplus"
)

SATURATING = [
    *("sigmoid", "tanh", "elu", "celu", "selu", "softplus", "log_sigmoid"),
    *("gelu", "gelu_tanh", "silu", "mish", "tanhshrink"),
]
"""Those whose definitions ask for exp or erf: Arb's exponents end between 2^200 and 2^300."""

FASTEST = {"exp": 709.0, "square": 2.0**511}
"""Where values start to overflow float64."""

DERIVATIVE_ULPS = 4
VALUE_ULPS = dict.fromkeys(NAMES, 4) | {"gelu": 8}
"""Largest error of f. SciPy's erfcx, a factor of gelu's left tail, is itself off by up to 8·2⁻⁵³;
f' owes it a tenth of its size there."""


@cache
def points(name: str) -> np.ndarray[Any, Any]:
    """Where to look: densely around 0, the tails, tiny and huge numbers, beside the breakpoints."""
    rng = np.random.default_rng(26)
    spread = [rng.uniform(-limit, limit, 120) for limit in (2, 10, 45, 760)]
    powers = np.arange(-1074, 61 if name in SATURATING else 1024, 13)
    scaled = np.exp2(powers) * rng.uniform(1, 2, len(powers))
    breaks = [float(each.at) for each in ACTIVATIONS[name].breakpoints]
    beside = [np.nextafter(at, side) for at in breaks for side in (-np.inf, np.inf)]
    all_of_them = np.unique(np.concatenate([*spread, scaled, -scaled, [0.0, *beside]]))
    found = all_of_them[np.abs(all_of_them) <= FASTEST.get(name, np.inf)]
    return found[~np.isin(found, breaks)]


def in_dtype(name: str, dtype: Any) -> np.ndarray[Any, Any]:
    """The points that the format holds, none of them a breakpoint, and their values fit too."""
    with np.errstate(over="ignore"):
        rounded = np.unique(points(name).astype(dtype))
    rounded = rounded[np.isfinite(rounded)]
    values = ACTIVATIONS[name].value(rounded.astype(np.float64))
    breaks = [float(each.at) for each in ACTIVATIONS[name].breakpoints]
    return rounded[(np.abs(values) < np.finfo(dtype).max) & ~np.isin(rounded, breaks)]


@cache
def truth(name: str, p: Any) -> tuple[Fraction, Fraction]:
    """f and f' at the point, from the definition."""
    return value_and_derivative(ACTIVATIONS[name].piece_at(fraction(p)), p)


def is_near_zero_of_derivative(name: str, p: Any) -> bool:
    """Whether f' changes its sign within 3/2 of p."""
    left, right = (truth(name, fraction(p) + shift)[1] for shift in (-1.5, 1.5))
    return left * right < 0


def excess(name: str, p: Any, found: Any) -> Fraction:
    """How far the derivative found at p lies beyond its bound: 4 ulp, or 2 ε beside a zero."""
    derivative = truth(name, p)[1]
    error = abs(fraction(found) - derivative)
    over = error - DERIVATIVE_ULPS * ulp(derivative, np.float64)
    if over > 0 and is_near_zero_of_derivative(name, p):
        return error - 2 * epsilon(np.float64)
    return over


# ── accuracy ──


@pytest.mark.parametrize("name", NAMES)
def test_derivative_is_within_4_ulp(name: str) -> None:
    """float64 f' is within 4 ulp of the definition's, or within 2 ε beside a zero of f'."""
    p = points(name)

    found = ACTIVATIONS[name].derivative(p)

    assert {each: df for each, df in zip(p, found, strict=True) if excess(name, each, df) > 0} == {}


@pytest.mark.parametrize("name", NAMES)
def test_value_is_within_4_ulp(name: str) -> None:
    """float64 f is within 4 ulp of its definition everywhere, gelu within 8."""
    p = points(name)

    found = ACTIVATIONS[name].value(p)

    for each, f in zip(p, found, strict=True):
        value = truth(name, each)[0]
        assert abs(fraction(f) - value) <= VALUE_ULPS[name] * ulp(value, np.float64), each


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("name", NAMES)
def test_short_floats_are_rounded_once(name: str, dtype: Any) -> None:
    """float32 and float16 are within half an ulp of the truth, plus float64's own error."""
    p = in_dtype(name, dtype)

    value, derivative = ACTIVATIONS[name].value(p), ACTIVATIONS[name].derivative(p)

    assert value.dtype == derivative.dtype == dtype
    for each, f, df in zip(p, value, derivative, strict=True):
        true_f, true_df = truth(name, each)
        slack = VALUE_ULPS[name] * ulp(true_f, np.float64)
        assert abs(fraction(f) - true_f) <= ulp(true_f, dtype) / 2 + slack, each
        slack = DERIVATIVE_ULPS * ulp(true_df, np.float64)
        if abs(fraction(df) - true_df) > ulp(true_df, dtype) / 2 + slack:
            assert is_near_zero_of_derivative(name, each)
            slack = 2 * epsilon(np.float64)
        assert abs(fraction(df) - true_df) <= ulp(true_df, dtype) / 2 + slack, each


@pytest.mark.parametrize("name", NAMES)
def test_longdouble_stays_longdouble(name: str) -> None:
    """longdouble comes back as longdouble, within the bounds of float64."""
    p = points(name).astype(np.longdouble)

    value, derivative = ACTIVATIONS[name].value(p), ACTIVATIONS[name].derivative(p)

    assert value.dtype == derivative.dtype == np.longdouble
    for each, f, df in zip(p, value, derivative, strict=True):
        true_f = truth(name, np.float64(each))[0]
        assert abs(fraction(f) - true_f) <= VALUE_ULPS[name] * ulp(true_f, np.float64)
        assert excess(name, np.float64(each), df) <= 0


@pytest.mark.parametrize("name", SATURATING)
def test_huge_arguments_reach_the_asymptote(name: str) -> None:
    """From ±2^60 to the largest float f' keeps its limit and f its straight line, or its limit."""
    p = np.exp2(np.arange(60, 1024)) * np.array([[1.0], [-1.0]])
    catalogued = ACTIVATIONS[name]

    slope = catalogued.derivative(p)
    value = catalogued.value(p)

    assert np.array_equal(slope, np.broadcast_to(slope[:, :1], slope.shape))
    level = np.broadcast_to(value[:, :1], value.shape)
    assert np.array_equal(value, np.where(slope == 0, level, slope * p))


TEXTBOOK: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda p: activation("sigmoid").value(p) * (1 - activation("sigmoid").value(p)),
    "tanh": lambda p: 1 - np.tanh(p) ** 2,
    "softplus": lambda p: 1 - np.exp(-activation("softplus").value(p)),
    "log_sigmoid": lambda p: 1 - activation("sigmoid").value(p),
    "silu": lambda p: (
        activation("sigmoid").value(p) * (1 + p * (1 - activation("sigmoid").value(p)))
    ),
    "elu": lambda p: np.where(p > 0, 1, activation("elu").value(p) + 1),
    "tanhshrink": lambda p: 1 - (1 - np.tanh(p) ** 2),
    "squareplus": lambda p: (1 + p / np.hypot(p, 2)) / 2,
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_formulas_are_caught(name: str) -> None:
    """The formulas that the catalogue declines fail the test of the derivative."""
    p = points(name)

    found = TEXTBOOK[name](p)

    assert any(excess(name, each, df) > 0 for each, df in zip(p, found, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_derivative_a_little_off_is_caught(name: str) -> None:
    """f' times 1 + 1e-14 fails the test of the derivative, whatever the activation."""
    p = points(name)

    found = ACTIVATIONS[name].derivative(p) * (1 + 1e-14)

    assert any(excess(name, each, df) > 0 for each, df in zip(p, found, strict=True))


# ── exact rationals ──


@pytest.mark.parametrize("name", RATIONAL)
def test_rational_values_are_exact(name: str) -> None:
    """On Fractions f and f' are exactly the definition's, and Fractions again."""
    breaks = {each.at for each in ACTIVATIONS[name].breakpoints}
    p = [Fraction(k, 7) for k in range(-50, 51) if Fraction(k, 7) not in breaks]

    value = ACTIVATIONS[name].value(np.array(p, dtype=object))
    derivative = ACTIVATIONS[name].derivative(np.array(p, dtype=object))

    expected = [exact_value_and_derivative(ACTIVATIONS[name].piece_at(each), each) for each in p]
    assert expected == list(zip(value, derivative, strict=True))
    assert {Fraction} == {type(each) for each in [*value, *derivative]}


@pytest.mark.parametrize("name", NAMES)
def test_rational_means_that_no_function_is_asked_for(name: str) -> None:
    """An activation is marked rational exactly if its definition asks for no function of m."""

    def asks(piece: Callable[[Any, Any], Any]) -> bool:
        try:
            piece(Fraction(1, 3), None)
        except AttributeError:
            return True
        return False

    assert ACTIVATIONS[name].rational == (not any(map(asks, ACTIVATIONS[name].pieces)))


@pytest.mark.parametrize("name", NAMES)
def test_fractions_work_or_are_refused_by_name(name: str) -> None:
    """A problem on Fractions has a gradient if the activation is rational, else a clear error."""
    network = Network([Layer([[Fraction(1, 3)]], None, name)])

    if ACTIVATIONS[name].rational:
        assert isinstance(
            gradient(Problem(network, [Fraction(2)], [Fraction(0)])).weights[0][0, 0], Fraction
        )
    else:
        with pytest.raises(ValueError, match=f"activation '{name}' of layer 0 is transcendental"):
            Problem(network, [Fraction(2)], [Fraction(0)])


# ── breakpoints ──


def sides(name: str) -> list[tuple[Any, Any, Any]]:
    """Each breakpoint, with the piece to its left and the piece to its right."""
    catalogued = ACTIVATIONS[name]
    return list(
        zip(catalogued.breakpoints, catalogued.pieces[:-1], catalogued.pieces[1:], strict=True)
    )


def at_breakpoint(name: str, piece: Any, at: Fraction) -> tuple[Fraction, Fraction]:
    """Value and derivative of a piece there: exact, or to 2⁻⁸⁰ where it is transcendental."""
    exact = exact_value_and_derivative if ACTIVATIONS[name].rational else value_and_derivative
    return exact(piece, at)


@pytest.mark.parametrize("name", NAMES)
def test_breakpoints_ascend_between_pieces(name: str) -> None:
    """There is one piece more than breakpoints, and the breakpoints ascend."""
    places = [each.at for each in ACTIVATIONS[name].breakpoints]

    assert len(ACTIVATIONS[name].pieces) == len(places) + 1
    assert places == sorted(set(places))


@pytest.mark.parametrize("name", BROKEN)
def test_one_sided_derivatives_are_those_of_the_pieces(name: str) -> None:
    """`left` and `right` are the derivatives of the adjoining pieces, exactly for rational ones."""
    slack = 0 if ACTIVATIONS[name].rational else Fraction(1, 2**79)

    for breakpoint, left, right in sides(name):
        assert abs(at_breakpoint(name, left, breakpoint.at)[1] - breakpoint.left) <= slack
        assert abs(at_breakpoint(name, right, breakpoint.at)[1] - breakpoint.right) <= slack


@pytest.mark.parametrize("name", BROKEN)
def test_functions_are_continuous(name: str) -> None:
    """Both pieces agree at a breakpoint, and f takes their value there, in every arithmetic."""
    for breakpoint, left, right in sides(name):
        value = at_breakpoint(name, left, breakpoint.at)[0]
        assert value == at_breakpoint(name, right, breakpoint.at)[0]
        for dtype in (*FLOATS, *([object] * ACTIVATIONS[name].rational)):
            p = np.array([breakpoint.at], dtype=object).astype(dtype)
            assert value == fraction(ACTIVATIONS[name].value(p)[0])


@pytest.mark.parametrize("name", BROKEN)
def test_the_derivative_at_a_breakpoint_is_in_the_hull(name: str) -> None:
    """At a breakpoint f' lies between the one-sided derivatives, rounded where f' is."""
    for breakpoint in ACTIVATIONS[name].breakpoints:
        low, high = sorted((breakpoint.left, breakpoint.right))
        for dtype in (*FLOATS, *([object] * ACTIVATIONS[name].rational)):
            p = np.array([breakpoint.at], dtype=object).astype(dtype)
            found = fraction(ACTIVATIONS[name].derivative(p)[0])
            half = 0 if dtype is object else ulp(high, dtype) / 2
            assert low - half <= found <= high + half


# ── the catalogue ──


def test_the_catalogue_is_that_of_the_contract() -> None:
    """The names, in order, are those of `CONTRACT`, each the key of its own entry."""
    assert list(ACTIVATIONS) == CONTRACT.split()
    assert all(name == each.name for name, each in ACTIVATIONS.items())


@pytest.mark.parametrize("name", NAMES)
def test_every_activation_says_what_frameworks_call_it(name: str) -> None:
    """Each entry names the PyTorch and the JAX call that it equals."""
    assert ACTIVATIONS[name].torch
    assert ACTIVATIONS[name].jax


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_left_alone(name: str) -> None:
    """f and f' return fresh arrays or the argument's own numbers, and change nothing."""
    p = np.array([[-4.0, -1.0, 0.0, 1.0, 4.0]])
    p.setflags(write=False)

    first = ACTIVATIONS[name].value(p), ACTIVATIONS[name].derivative(p)
    second = ACTIVATIONS[name].value(p), ACTIVATIONS[name].derivative(p)

    assert np.array_equal(first, second)
    assert first[0].shape == first[1].shape == p.shape


def test_your_own_activation_runs() -> None:
    """An activation of the user's own needs a name, f and f', and is taken in place of a name."""
    cube = Activation("cube", lambda p: p**3, lambda p: 3 * p**2)
    problem = Problem(Network([Layer([[2.0]], None, cube)]), [1.0], None, "identity_sum")

    assert activation(cube) is cube
    assert gradient(problem).weights[0].tolist() == [[12.0]]
