"""Each loss against its definition: value, gradient, breakpoints, exact rationals, targets."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from manual_backprop import LOSSES, Layer, Loss, Network, Problem, gradient, loss
from manual_backprop.arrays import FLOATS

from .truth import (
    Formula,
    epsilon,
    exact_value_and_derivative,
    fraction,
    rational,
    ulp,
    value_and_derivative,
)

NAMES = list(LOSSES)
RATIONAL = [name for name in NAMES if LOSSES[name].rational]
BROKEN = [name for name in NAMES if LOSSES[name].breakpoints]
ONE_BY_ONE = [name for name in NAMES if LOSSES[name].pieces]

CONTRACT = (
    "half_squared_error squared_error absolute_error huber log_cosh "
    "binary_cross_entropy_with_logits softmax_cross_entropy poisson hinge identity_sum"
)

ULPS = 4
"""Largest error of f and of df, beside the cancellation that these two tables allow for."""

VALUE_TERMS: dict[str, Callable[[Any, Any], Any]] = {
    "binary_cross_entropy_with_logits": lambda x, y: np.maximum(1, np.abs(x)),
    "softmax_cross_entropy": lambda x, y: np.maximum(1, np.ptp(x)),
    "poisson": lambda x, y: np.exp(x) + np.abs(y * x),
}
"""The size of what the value is a difference of; its error may be 2 ε times that."""

GRADIENT_TERMS: dict[str, Callable[[Any, Any], Any]] = {
    "binary_cross_entropy_with_logits": lambda x, y: 1.0,
    "softmax_cross_entropy": lambda x, y: 1.0,
    "poisson": lambda x, y: np.exp(x) + np.abs(y),
}
"""The same for the gradient."""


def samples(name: str, width: int = 1, count: int = 600) -> tuple[Any, Any]:
    """Outputs and targets that the loss takes, small, large and near each other."""
    rng = np.random.default_rng(NAMES.index(name))
    shape = (count, width)
    y = {
        "real": rng.normal(0, 3, shape),
        "unit interval": rng.choice([0, 2.0**-60, 0.25, 0.7, 1], shape),
        "distribution": rng.multinomial(16, np.ones(width) / width, count) / 16,
        "sign": rng.choice([-1.0, 1.0], shape),
    }[LOSSES[name].targets]
    x = rng.normal(0, 2, shape) * rng.choice([1e-3, 1, 20, 200], shape)
    x = np.where(rng.random(shape) < 0.2, y * (1 + 1e-3 * rng.normal(0, 1, shape)), x)
    return (np.minimum(x, 700) if name == "poisson" else x), y


def term(name: str, x: Any, y: Any) -> Formula:
    """One output's term as a formula of that output, the piece chosen at x."""
    catalogued, target = LOSSES[name], rational(y)
    assert catalogued.argument is not None
    t = catalogued.argument(fraction(x), fraction(y))
    piece = catalogued.pieces[sum(each.at <= t for each in catalogued.breakpoints)]
    return lambda z, m: piece(catalogued.argument(z, target), target, m)  # type: ignore[misc]


def whole(name: str, x: Any, y: Any, i: int) -> Formula:
    """A coupled loss as a formula of output i, the others fixed."""
    outputs, targets = [rational(each) for each in x], [rational(each) for each in y]
    definition = LOSSES[name].whole
    assert definition is not None
    return lambda z, m: definition([*outputs[:i], z, *outputs[i + 1 :]], targets, m)


def judged(
    name: str, f: Any, df: Any, x: Any, y: Any
) -> Iterator[tuple[Fraction, Fraction, Fraction, Fraction]]:
    """Value, true value, gradient, true gradient, for one output at a time."""
    for s, i in np.ndindex(x.shape):
        coupled = LOSSES[name].whole is not None
        formula = whole(name, x[s], y[s], i) if coupled else term(name, x[s, i], y[s, i])
        value, slope = value_and_derivative(formula, x[s, i])
        yield fraction(f[s]), value, fraction(df[s, i]), slope


def allowed(truth: Fraction, terms: Any) -> Fraction:
    """4 ulp of the truth, or 2 ε of the terms that cancelled."""
    return max(ULPS * ulp(truth, np.float64), 2 * epsilon(np.float64) * fraction(terms))


def width_of(name: str) -> int:
    """One output where they do not couple, else three."""
    return 3 if LOSSES[name].whole else 1


# ── accuracy ──


@pytest.mark.parametrize("name", NAMES)
def test_float64_is_within_4_ulp(name: str) -> None:
    """f and its gradient are within 4 ulp of the definition's, or 2 ε of what cancels."""
    x, y = samples(name, width_of(name))
    value_terms = VALUE_TERMS.get(name, lambda x, y: 0.0)
    gradient_terms = GRADIENT_TERMS.get(name, lambda x, y: 0.0)

    f, df = LOSSES[name].value(x, y), LOSSES[name].gradient(x, y)

    for place, found in zip(np.ndindex(x.shape), judged(name, f, df, x, y), strict=True):
        value, true_value, slope, true_slope = found
        one = (x[place], y[place]) if width_of(name) == 1 else (x[place[0]], y[place[0]])
        assert abs(value - true_value) <= allowed(true_value, np.float64(value_terms(*one)))
        assert abs(slope - true_slope) <= allowed(true_slope, np.float64(gradient_terms(*one)))


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_certain_targets_cancel_no_digit(certain: float) -> None:
    """With targets 0 and 1 the gradient of cross-entropy is within 4 ulp, tails included."""
    name = "binary_cross_entropy_with_logits"
    x = np.linspace(-700, 700, 401)[:, None]
    y = np.full_like(x, certain)

    f, df = LOSSES[name].value(x, y), LOSSES[name].gradient(x, y)

    for _, _, slope, truth in judged(name, f, df, x, y):
        assert abs(slope - truth) <= ULPS * ulp(truth, np.float64)


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_one_hot_targets_cancel_no_digit(width: int) -> None:
    """With one-hot targets softmax's gradient is within 4 ulp and an ulp for each output."""
    name = "softmax_cross_entropy"
    x = np.random.default_rng(width).integers(-80, 81, (60, width)) / 8  # whose shifts are exact
    y = np.eye(width)[np.arange(60) % width]

    f, df = LOSSES[name].value(x, y), LOSSES[name].gradient(x, y)

    for _, _, slope, truth in judged(name, f, df, x, y):
        assert abs(slope - truth) <= (ULPS + width) * ulp(truth, np.float64)


def test_s_minus_y_is_caught() -> None:
    """The textbook's gradient of cross-entropy, s(x) − y, fails the test of certain targets."""
    name = "binary_cross_entropy_with_logits"
    x = np.linspace(0.5, 700, 101)[:, None]
    y = np.ones_like(x)

    df = 1 / (1 + np.exp(-x)) - y

    assert any(
        abs(slope - truth) > ULPS * ulp(truth, np.float64)
        for _, _, slope, truth in judged(name, y[:, 0], df, x, y)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("name", NAMES)
def test_short_floats_are_rounded_once(name: str, dtype: Any) -> None:
    """float32 and float16 give what float64 gives, rounded to the nearest."""
    x, y = (np.clip(each, -9, 9).astype(dtype) for each in samples(name, 2, 100))
    if LOSSES[name].targets == "distribution":
        y = samples(name, 2, 100)[1].astype(dtype)
    wide = x.astype(np.float64), y.astype(np.float64)

    f, df = LOSSES[name].value(x, y), LOSSES[name].gradient(x, y)

    assert f.dtype == df.dtype == dtype
    assert np.array_equal(f, LOSSES[name].value(*wide).astype(dtype))
    assert np.array_equal(df, LOSSES[name].gradient(*wide).astype(dtype))


@pytest.mark.parametrize("name", NAMES)
def test_longdouble_stays_longdouble(name: str) -> None:
    """longdouble comes back as longdouble, shaped (S,) and (S, l_N)."""
    x, y = (each.astype(np.longdouble) for each in samples(name, 3))

    f, df = LOSSES[name].value(x, y), LOSSES[name].gradient(x, y)

    assert f.dtype == df.dtype == np.longdouble
    assert (f.shape, df.shape) == (x.shape[:1], x.shape)


@pytest.mark.parametrize("name", ["absolute_error", "huber", "log_cosh", "identity_sum", "hinge"])
def test_huge_outputs_do_not_overflow(name: str) -> None:
    """Losses that grow like |x| are finite up to the largest float, and so are their gradients."""
    x = np.finfo(np.float64).max * np.array([[1.0], [-1.0]])
    y = np.array([[1.0], [-1.0]])

    assert np.isfinite(LOSSES[name].value(x, y)).all()
    assert np.isfinite(LOSSES[name].gradient(x, y)).all()


@pytest.mark.parametrize("name", ["binary_cross_entropy_with_logits", "softmax_cross_entropy"])
def test_huge_logits_do_not_overflow(name: str) -> None:
    """A logit of 1e300 gives a finite loss and a gradient between −1 and 1."""
    x, y = np.array([[1e300, -1e300]]), np.array([[0.0, 1.0]])

    assert np.isfinite(LOSSES[name].value(x, y)).all()
    assert (np.abs(LOSSES[name].gradient(x, y)) <= 1).all()


# ── exact rationals ──


@pytest.mark.parametrize("name", RATIONAL)
def test_rational_losses_are_exact(name: str) -> None:
    """On Fractions f is the sum of its definition's terms, df their derivatives: all Fractions."""
    signs = LOSSES[name].targets == "sign"
    x = np.array([Fraction(k, 7) for k in range(-30, 30)], dtype=object).reshape(20, 3)
    y = np.array([Fraction(k % 5 - 2, 3) for k in range(60)], dtype=object).reshape(20, 3)
    y = np.where(y > 0, Fraction(1), Fraction(-1)) if signs else y

    f, df = LOSSES[name].value(x, y), LOSSES[name].gradient(x, y)

    for s in range(len(x)):
        exact = [
            exact_value_and_derivative(term(name, *each), each[0])
            for each in zip(x[s], y[s], strict=True)
        ]
        assert f[s] == sum(value for value, _ in exact)
        assert df[s].tolist() == [slope for _, slope in exact]
    assert {type(each) for each in [*f, *df.ravel()]} == {Fraction}


@pytest.mark.parametrize("name", NAMES)
def test_fractions_work_or_are_refused_by_name(name: str) -> None:
    """A problem on Fractions has a gradient if the loss is rational, else a clear error."""
    network = Network([Layer([[Fraction(1, 3)]])])

    if LOSSES[name].rational:
        g = gradient(Problem(network, [Fraction(2)], [Fraction(1)], name))
        assert {Fraction} == {type(g.loss), type(g.weights[0][0, 0])}
    else:
        with pytest.raises(ValueError, match=f"loss '{name}' is transcendental: .* use floats"):
            Problem(network, [Fraction(2)], [Fraction(1)], name)


# ── breakpoints ──


@pytest.mark.parametrize("name", BROKEN)
def test_one_sided_derivatives_are_those_of_the_pieces(name: str) -> None:
    """At a breakpoint both pieces agree, and `left` and `right` are exactly their derivatives."""
    catalogued = LOSSES[name]
    places = [each.at for each in catalogued.breakpoints]

    assert len(catalogued.pieces) == len(places) + 1
    assert places == sorted(set(places))
    for k, breakpoint in enumerate(catalogued.breakpoints):
        (left, left_slope), (right, right_slope) = (
            exact_value_and_derivative(lambda t, m, piece=piece: piece(t, 1, m), breakpoint.at)
            for piece in catalogued.pieces[k : k + 2]
        )
        assert left == right
        assert (breakpoint.left, breakpoint.right) == (left_slope, right_slope)


@pytest.mark.parametrize("name", BROKEN)
def test_the_gradient_at_a_breakpoint_is_in_the_hull(name: str) -> None:
    """Exactly at a breakpoint the gradient lies between the one-sided ones, in every arithmetic."""
    catalogued = LOSSES[name]
    assert catalogued.argument is not None
    for breakpoint in catalogued.breakpoints:
        for target in (-1, 1):
            at_zero = catalogued.argument(0, target)
            rate = catalogued.argument(1, target) - at_zero  # t = at_zero + rate·x
            x = (breakpoint.at - at_zero) / rate
            ends = sorted((rate * breakpoint.left, rate * breakpoint.right))
            for dtype in (*FLOATS, object):
                row, y = (np.array([[Fraction(each)]]).astype(dtype) for each in (x, target))
                found = fraction(catalogued.gradient(row, y)[0, 0])
                assert ends[0] <= found <= ends[1]


# ── the catalogue ──


def test_the_catalogue_is_that_of_the_contract() -> None:
    """The names, in order, are those of `CONTRACT`, each the key of its own entry."""
    assert list(LOSSES) == CONTRACT.split()
    assert all(name == each.name for name, each in LOSSES.items())


@pytest.mark.parametrize("name", NAMES)
def test_every_loss_is_defined_once(name: str) -> None:
    """Each loss is defined as a whole or piece by piece, and says what frameworks call it."""
    catalogued = LOSSES[name]

    assert (catalogued.whole is None) == bool(catalogued.pieces)
    assert catalogued.torch
    assert catalogued.jax


@pytest.mark.parametrize("name", NAMES)
def test_samples_do_not_mix(name: str) -> None:
    """Each row's loss and gradient are those of that row alone, bit for bit."""
    x, y = samples(name, 3, 20)

    f, df = LOSSES[name].value(x, y), LOSSES[name].gradient(x, y)

    for s in range(len(x)):
        row = x[s : s + 1], y[s : s + 1]
        assert f[s] == LOSSES[name].value(*row)[0]
        assert np.array_equal(df[s], LOSSES[name].gradient(*row)[0])


def test_your_own_loss_runs() -> None:
    """A loss of the user's own needs a name, a value and a gradient, in place of a name."""
    cubic = Loss("cubic", lambda x, y: ((x - y) ** 3).sum(axis=-1), lambda x, y: 3 * (x - y) ** 2)
    problem = Problem(Network([Layer([[2.0]])]), [[3.0], [1.0]], [[5.0], [1.0]], cubic)

    g = gradient(problem)

    assert loss(cubic) is cubic
    assert (float(g.loss), g.weights[0].tolist()) == (1.0, [[(3 * 1 * 3 + 3 * 1 * 1) / 2]])
