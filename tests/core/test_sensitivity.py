"""The Lipschitz and curvature constants of the accuracy classes, proved over every number there is.

Between −8 and 8 intervals are bisected until a Taylor form of the definition bounds |f'| or |f''|
on each: f^(n)(m) + f^(n+1)(I)·(I − m), by power series of Arb balls. From there to 2^1024, beyond
every format, one interval from each power of two to the next suffices; where a definition asks for
exp of a huge number there, an algebraically equal one without it takes its place (and is compared
with the definition where both work). So there is no tail left to argue about.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_series
from hypothesis import given, settings
from hypothesis import strategies as st

from manual_backprop import ACTIVATIONS, LOSSES
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.series import FUNCTIONS, fraction
from manual_backprop.oracle.accuracy import CLASSES, LOSS_CLASSES

BITS = 128
REACH = 8
FURTHEST = 1024
OUTWARD = 1 + arb(2) ** -50
"""A bound that is attained is proved to within a rounding of the radius, which `outward` covers."""

NARROWEST = arb(2) ** -60
"""An interval that needs to be narrower than this to be decided is a failure of the proof."""

FOLLOWS_ITS_ARGUMENT = ("exp", "square")
"""Their bounds depend on the interval; all others are constants."""

E = FUNCTIONS.exp


def _cubic(p: Any) -> Any:
    """2u of gelu_tanh."""
    return 2 * FUNCTIONS.sqrt(2 / FUNCTIONS.pi) * (p + 44715 * p * p * p / 1000000)


FAR: dict[str, tuple[Callable[[Any], Any] | None, Callable[[Any], Any] | None]] = {
    "sigmoid": (lambda p: E(p) / (1 + E(p)), None),
    "tanh": (
        lambda p: 2 * E(2 * p) / (1 + E(2 * p)) - 1,
        lambda p: 1 - 2 * E(-2 * p) / (1 + E(-2 * p)),
    ),
    "softplus": (None, lambda p: p + FUNCTIONS.log(1 + E(-p))),
    "log_sigmoid": (lambda p: p - FUNCTIONS.log(1 + E(p)), None),
    "silu": (lambda p: p * E(p) / (1 + E(p)), None),
    "gelu_tanh": (lambda p: p * E(_cubic(p)) / (1 + E(_cubic(p))), None),
    "mish": (None, lambda p: p - 2 * p * E(-2 * p) / (1 + 2 * E(-p) + 2 * E(-2 * p))),
    "tanhshrink": (
        lambda p: p + 1 - 2 * E(2 * p) / (1 + E(2 * p)),
        lambda p: p - 1 + 2 * E(-2 * p) / (1 + E(-2 * p)),
    ),
    "squareplus": (
        lambda p: 2 / (FUNCTIONS.sqrt(p * p + 4) - p),
        lambda p: p + 2 / (FUNCTIONS.sqrt(p * p + 4) + p),
    ),
    "log_cosh": (
        lambda t: FUNCTIONS.log((1 + E(2 * t)) / 2) - t,
        lambda t: FUNCTIONS.log((1 + E(-2 * t)) / 2) + t,
    ),
    "binary_cross_entropy_with_logits": (None, lambda t: t + FUNCTIONS.log(1 + E(-t))),
}
"""Formulas for p → −∞ and for p → ∞; None where the definition serves. Of a loss, in t, with y = 0:
a term y·t has no curvature."""

Formula = Callable[[Any], Any]


def definition(name: str, k: int) -> Formula:
    """The k-th piece of an activation or a loss (in t, y = 0) as a formula of one number."""
    if name in ACTIVATIONS:
        return lambda p: ACTIVATIONS[name].pieces[k](p, FUNCTIONS)
    return lambda t: LOSSES[name].pieces[k](t, 0, FUNCTIONS)


def parts(name: str) -> Iterator[tuple[Formula, arb, arb]]:
    """(formula, from, to) for every number that a format holds."""
    function = (ACTIVATIONS | LOSSES)[name]
    ends = [arb(-REACH), *(fraction(each.at) for each in function.breakpoints), arb(REACH)]
    for k, (start, stop) in enumerate(pairwise(ends)):
        yield definition(name, k), start, stop
    if name == "sin":  # which repeats itself
        return
    left, right = FAR.get(name, (None, None))
    for power in range(3, FURTHEST):
        near, far = arb(2) ** power, arb(2) ** (power + 1)
        yield left or definition(name, 0), -far, -near
        yield right or definition(name, -1), near, far


def taylor(formula: Formula, start: arb, stop: arb, order: int) -> arb:
    """Encloses f^(order) on the interval: f^(order)(m) + f^(order+1)(I)·(I − m)."""
    middle, reach = (start + stop) / 2, (stop - start) / 2
    at_middle = derivative(formula, middle, order)
    return at_middle + derivative(formula, arb(middle, reach), order + 1) * arb(0, reach)


def derivative(formula: Formula, p: arb, order: int) -> arb:
    """Encloses f^(order) over a ball: a coefficient of the power series of the formula."""
    try:
        series = formula(arb_series([p, 1], order + 1))
    except (ValueError, ZeroDivisionError):  # a divisor that may be 0
        return arb(0, float("inf"))
    coefficient = series[order] if isinstance(series, arb_series) else arb(0)
    return coefficient * arb(order).fac() if order > 1 else coefficient


def proved(name: str, order: int, bound: float) -> bool:
    """Whether |f^(order)| ≤ bound is proved for every number of every format, kinks aside."""
    return all(bounded(*part, order, arb(bound) * OUTWARD) for part in parts(name))


def bounded(formula: Formula, start: arb, stop: arb, order: int, bound: arb) -> bool:
    """Whether bisection proves the bound between start and stop."""
    todo = [(start, stop)]
    while todo:
        start, stop = todo.pop()
        whole = derivative(formula, arb((start + stop) / 2, (stop - start) / 2), order)
        if abs(whole) <= bound or abs(taylor(formula, start, stop, order)) <= bound:
            continue
        if stop - start < NARROWEST:
            return False
        middle = (start + stop) / 2
        todo += [(start, middle), (middle, stop)]
    return True


CONSTANT = [name for name in ACTIVATIONS if name not in FOLLOWS_ITS_ARGUMENT]
BY_OUTPUT = [name for name, each in LOSSES.items() if each.whole is None and name != "poisson"]
ANYWHERE = np.zeros(1)


def bound_of(name: str, order: int) -> float:
    """The constant that bounds |f^(order)| of an activation or a loss."""
    if name in LOSSES:
        return float(LOSS_CLASSES[name].lipschitz(ANYWHERE, ANYWHERE, ANYWHERE)[0])
    bound = CLASSES[name].lipschitz if order == 1 else CLASSES[name].curvature
    return float(bound(ANYWHERE, ANYWHERE)[0])


@pytest.mark.parametrize("name", CONSTANT)
def test_lipschitz_constants_of_activations_hold(name: str) -> None:
    """|f'| is nowhere above the constant of the class."""
    with precision(BITS):
        assert proved(name, 1, bound_of(name, 1))


@pytest.mark.parametrize("name", CONSTANT)
def test_curvature_constants_of_activations_hold(name: str) -> None:
    """|f''| is nowhere above the constant of the class, between its breakpoints."""
    with precision(BITS):
        assert proved(name, 2, bound_of(name, 2))


@pytest.mark.parametrize("name", BY_OUTPUT)
def test_lipschitz_constants_of_loss_gradients_hold(name: str) -> None:
    """|∂∇L/∂t| is nowhere above the constant of the class, between its breakpoints."""
    with precision(BITS):
        assert proved(name, 2, bound_of(name, 2))


PROVED = [*((name, 1) for name in CONSTANT), *((name, 2) for name in [*CONSTANT, *BY_OUTPUT])]
NOT_ZERO = [(name, order) for name, order in PROVED if bound_of(name, order)]


@pytest.mark.parametrize(("name", "order"), NOT_ZERO)
def test_a_constant_a_thousandth_smaller_is_not_proved(name: str, order: int) -> None:
    """The proof fails where the bound does: every constant is within a thousandth of the truth."""
    with precision(BITS):
        assert not proved(name, order, bound_of(name, order) * 0.999)


@pytest.mark.parametrize("name", FAR)
def test_the_far_formulas_are_the_definitions(name: str) -> None:
    """Where both work, one value, slope and curvature, to more digits than the proof carries."""
    with precision(400):
        for sign, formula in zip((-1, 1), FAR[name], strict=True):
            for size in (Fraction(1, 2), Fraction(7), Fraction(64), Fraction(1000, 3)):
                p = arb_series([sign * fraction(size), 1], 3)
                expected, found = definition(name, 0)(p), (formula or definition(name, 0))(p)
                assert all(expected[k].overlaps(found[k]) for k in range(3))
                assert all((expected[k] - found[k]).rad() < arb(2) ** -BITS for k in range(3))


# ── bounds that follow their argument ──


NEAR = st.floats(-700, 700)


@given(NEAR, st.floats(0, 1e-3))
@settings(deadline=None)
def test_exp_is_bounded_by_its_upper_end(lo: float, width: float) -> None:
    """exp and its derivatives, and poisson's scale, are at most exp(hi)·(1 + 2⁻⁵⁰) by NumPy."""
    ends = np.array([lo]), np.array([lo + width])

    with precision(BITS):
        truth = arb(float(ends[1][0])).exp()
        assert truth <= float(CLASSES["exp"].lipschitz(*ends)[0])
        assert truth <= float(CLASSES["exp"].curvature(*ends)[0])
        assert truth <= float(LOSS_CLASSES["poisson"].lipschitz(*ends, ends[0])[0])
        assert truth <= float(LOSS_CLASSES["poisson"].scale(ends[1], ANYWHERE, ends[1])[0])


@given(st.floats(-1e150, 1e150), st.floats(-1e150, 1e150))
def test_square_is_bounded_by_its_ends(a: float, b: float) -> None:
    """|2p| ≤ 2·max(|lo|, |hi|) and f'' = 2, exactly."""
    ends = np.array([min(a, b)]), np.array([max(a, b)])

    assert 2 * max(abs(a), abs(b)) == CLASSES["square"].lipschitz(*ends)[0]
    assert CLASSES["square"].curvature(*ends)[0] == 2


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=6))
@settings(deadline=None)
def test_a_change_of_logits_reaches_softmax_by_half(logits: list[int]) -> None:
    """Row sums |∂p_i/∂x_1| + … = 2·p_i(1 − p_i) of softmax are at most ½, the class's constant."""
    constant = float(LOSS_CLASSES["softmax_cross_entropy"].lipschitz(*[ANYWHERE] * 3)[0])

    with precision(BITS):
        e = [(arb(k) / 4).exp() for k in logits]
        p = [each / sum(e, arb(0)) for each in e]
        for i, own in enumerate(p):
            row = [own * (int(i == j) - other) for j, other in enumerate(p)]
            total = sum((abs(each) for each in row), arb(0))
            assert total.overlaps(2 * own * (1 - own))
            assert total <= constant * OUTWARD
