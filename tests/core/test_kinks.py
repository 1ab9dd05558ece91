"""Kinks are sets: any choice in the hull is accepted, at every breakpoint there is; no other is."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem, Verdict, enclose, judge
from manual_backprop.activations import Breakpoint
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle import admissible
from manual_backprop.oracle.on_balls import Kink

from .drawn import RATIONAL, RATIONAL_LOSSES, arrays, drawn, holds
from .machine import Machine, forward, reverse
from .test_rounded import gradient_fraction

BREAKPOINTS = [
    (name, each) for name, of in ACTIVATIONS.items() for each in of.breakpoints if each.is_kink
]
SMOOTH_JOINTS = [
    (name, each) for name, of in ACTIVATIONS.items() for each in of.breakpoints if not each.is_kink
]
LOSS_BREAKPOINTS = [
    (name, each) for name, of in LOSSES.items() for each in of.breakpoints if each.is_kink
]

OUTSIDE = Fraction(1, 10**9)
"""How far beyond the hull is no longer accepted."""

WIDENED = 2.0**-25
"""How much wider than the hull its ball may be: an Arb radius has 30 bits. The union, f'·x̄, the
sum over samples and their mean are four operations, each with at most four roundings of 2⁻²⁹."""

MACHINES = 40
"""Simulated implementations on networks full of kinks; a campaign takes more."""


def ids(case: Any) -> str:
    """relu at 0, say."""
    return case if isinstance(case, str) else f"at {case.at}"


def at_breakpoint(name: str, at: Fraction, inputs: float = 1.0) -> Problem:
    """One unit, exactly on the breakpoint; its bias gradient is f'(p)."""
    layer = Layer([[0.0]], [float(at)], name)
    return Problem(Network([layer]), [inputs], loss="identity_sum")


def verdict_on(problem: Problem, slope: float) -> Verdict:
    """The verdict on the gradient with f'(p) = slope."""
    x = float(problem.inputs[0, 0])
    verdict = judge(problem, ([np.array([[slope * x]])], [np.array([slope])])).biases[0][0]
    assert isinstance(verdict, Verdict)
    return verdict


def choices(hull: Breakpoint) -> list[float]:
    """Values in the hull: its ends, its middle, a few between, 0 if it is there."""
    low, high = sorted((hull.left, hull.right))
    inner = [low + Fraction(k, 8) * (high - low) for k in range(9)]
    return [float(value) for value in [*inner, Fraction(0)] if low <= value <= high]


def beyond(hull: Breakpoint) -> list[float]:
    """Values just outside the hull, on either side."""
    low, high = sorted((hull.left, hull.right))
    return [float(low - OUTSIDE), float(high + OUTSIDE)]


# ── every breakpoint of the catalogue ──


@pytest.mark.parametrize(("name", "hull"), BREAKPOINTS, ids=ids)
def test_every_value_of_the_hull_is_accepted(name: str, hull: Breakpoint) -> None:
    """Both one-sided derivatives, their mean, 0 if it is inside, and all between them."""
    problem = at_breakpoint(name, hull.at)

    for value in choices(hull):
        assert not verdict_on(problem, value).is_finding


@pytest.mark.parametrize(("name", "hull"), BREAKPOINTS, ids=ids)
def test_values_beyond_the_hull_are_wrong(name: str, hull: Breakpoint) -> None:
    """1e-9 beyond an end is wrong, and so is a value far away; nan and inf are not finite."""
    problem = at_breakpoint(name, hull.at)

    for value in (*beyond(hull), 7.0, -7.0):
        assert verdict_on(problem, value) == Verdict.WRONG
    for value in (np.nan, np.inf):
        assert verdict_on(problem, value) == Verdict.NOT_FINITE


@pytest.mark.parametrize(("name", "hull"), SMOOTH_JOINTS, ids=ids)
def test_where_two_formulas_meet_smoothly_there_is_one_value(name: str, hull: Breakpoint) -> None:
    """elu, celu and softsign have the derivative 1 at 0, and no choice."""
    problem = at_breakpoint(name, hull.at)

    assert enclose(problem).kinks == ()
    assert verdict_on(problem, float(hull.left)) == Verdict.CONFORMS
    for value in beyond(hull):
        assert verdict_on(problem, value) == Verdict.WRONG


@pytest.mark.parametrize(("name", "hull"), BREAKPOINTS, ids=ids)
def test_enclosures_hold_the_hull_and_name_the_unit(name: str, hull: Breakpoint) -> None:
    """The ball of f' holds both one-sided derivatives, and the kink is recorded as exact."""
    e = enclose(at_breakpoint(name, hull.at))
    ball = e.biases[0][0]
    low, high = sorted((hull.left, hull.right))

    assert e.kinks == (Kink(layer=0, sample=0, unit=0, exact=True),)
    assert holds(e.biases[0], [low])
    assert holds(e.biases[0], [high])
    assert ball.rad() <= float(high - low) / 2 * (1 + WIDENED)


CONVENTIONS: dict[Any, Any] = {
    "left": lambda hull: hull.left,
    "right": lambda hull: hull.right,
    "mean": lambda hull: (hull.left + hull.right) / 2,
    "zero": lambda hull: Fraction(0) if min(hull.left, hull.right) <= 0 else hull.left,
}


@pytest.mark.parametrize("kink", CONVENTIONS)
@pytest.mark.parametrize(("name", "hull"), BREAKPOINTS, ids=ids)
def test_a_convention_takes_its_one_value(name: str, hull: Breakpoint, kink: Any) -> None:
    """A convention gives the number it says, and no float beside; zero is left where 0 is none."""
    expected = CONVENTIONS[kink](hull)
    balls = enclose(at_breakpoint(name, hull.at), kink=kink).biases[0]

    assert holds(balls, [expected])
    for side in (-np.inf, np.inf):
        assert not balls.contains([np.nextafter(float(expected), side)]).any()
    assert not verdict_on(at_breakpoint(name, hull.at), float(expected)).is_finding


# ── losses ──


def loss_at_kink(name: str) -> Problem:
    """One output where the loss has its kink: x = y, or y·x = 1."""
    return Problem(Network([Layer([[1.0]], [0.0])]), [1.0], [1.0], name)


@pytest.mark.parametrize(("name", "hull"), LOSS_BREAKPOINTS, ids=ids)
def test_losses_accept_their_hull_too(name: str, hull: Breakpoint) -> None:
    """absolute_error and hinge: every ∇L in the hull is accepted, 1e-9 beyond is wrong."""
    problem = loss_at_kink(name)
    sign = -1 if LOSSES[name].targets == "sign" else 1  # t = 1 − y·x falls with x
    e = enclose(problem)

    for value in choices(hull):
        assert not verdict_on(problem, sign * value).is_finding
    for value in beyond(hull):
        assert verdict_on(problem, sign * value) == Verdict.WRONG
    assert e.kinks == (Kink(layer=1, sample=0, unit=0, exact=True),)
    assert e.biases[0].contains(sign * float(hull.left)).all()
    assert e.biases[0].contains(sign * float(hull.right)).all()


def test_hubers_joints_are_smooth() -> None:
    """huber's derivative is continuous at ±1: one value, and no kink."""
    problem = Problem(Network([Layer([[1.0]], [0.0])]), [2.0], [1.0], "huber")

    assert enclose(problem).kinks == ()
    assert judge(problem, ([np.array([[2.0]])], [np.array([1.0])])).kind == Verdict.CONFORMS


# ── which units ──


def test_kinks_name_layer_sample_and_unit() -> None:
    """The record has each unit on a kink once, with its place; the loss is the layer after."""
    layers = [
        Layer([[1.0], [1.0], [1.0]], [0.0, 1.0, -1.0], "relu"),
        Layer([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]], [0.0, 3.0], "hard_sigmoid"),
    ]
    problem = Problem(Network(layers), [[0.0], [1.0]], [[9.0, 1.0], [9.0, 0.0]], "absolute_error")

    assert set(enclose(problem).kinks) == {
        Kink(layer=0, sample=0, unit=0, exact=True),
        Kink(layer=0, sample=1, unit=2, exact=True),
        Kink(layer=1, sample=0, unit=1, exact=True),
        Kink(layer=1, sample=1, unit=0, exact=True),
        Kink(layer=2, sample=0, unit=1, exact=True),
    }


def test_a_kink_that_is_only_near_is_told_apart() -> None:
    """tanh(a) − tanh(a) is 0, but no ball proves it: the kink is there, and not exact."""
    layers = [
        Layer([[0.5], [0.5]], [0.0, 0.0], "tanh"),
        Layer([[1.0, -1.0]], [0.0], "relu"),
    ]
    problem = Problem(Network(layers), [1.0], loss="identity_sum")

    assert enclose(problem).kinks == (Kink(layer=1, sample=0, unit=0, exact=False),)
    assert enclose(problem, kink="left").biases[1].radius[0] >= 0.5


def test_the_set_says_which_functions_have_a_choice() -> None:
    """The admissible set lists the functions that sit on a kink, activations and loss."""
    layers = [Layer([[1.0]], [-1.0], "relu"), Layer([[1.0]], [1.0], "tanh")]
    problem = Problem(Network(layers), [1.0], [float(np.tanh(1.0))], "absolute_error")
    beside = Problem(Network(layers), [2.0], [0.0], "absolute_error")

    assert set(admissible(problem, float_format("float64")).kinks) == {"relu", "absolute_error"}
    assert admissible(beside, float_format("float64")).kinks == ()


# ── within rounding of a kink ──


def test_both_sides_are_accepted_within_rounding() -> None:
    """p = 0.1·3 − 0.3 is 2.8e-17 in truth and 0 or more in floats: relu' may be 0 or 1 there."""
    layer = Layer([[0.1]], [-0.3], "relu")
    problem = Problem(Network([layer]), [3.0], loss="identity_sum")

    for slope in (0.0, 0.5, 1.0):
        verdict = judge(problem, ([np.array([[3 * slope]])], [np.array([slope])]))
        assert not verdict.kind.is_finding
    assert enclose(problem).kinks == ()
    assert enclose(problem).biases[0].contains([1.0]).all()


def test_beyond_rounding_only_one_side_is() -> None:
    """A thousand roundings further off, the other side is wrong."""
    problem = Problem(Network([Layer([[0.1]], [-0.3 + 1e-13], "relu")]), [3.0], loss="identity_sum")

    assert judge(problem, ([np.array([[3.0]])], [np.array([1.0])])).kind == Verdict.CONFORMS
    assert judge(problem, ([np.array([[0.0]])], [np.array([0.0])])).kind == Verdict.WRONG


# ── compositions ──


def difference_of_relus() -> Problem:
    """relu(x) − relu(−x), which is x, at x = b = 0: its derivative in b is 1."""
    layers = [
        Layer([[1.0]], [0.0]),
        Layer([[1.0], [-1.0]], [0.0, 0.0], "relu"),
        Layer([[1.0, -1.0]], [0.0]),
    ]
    return Problem(Network(layers), [0.0], loss="identity_sum")


def test_the_set_may_be_larger_than_the_derivative_of_the_composition() -> None:
    """relu(x) − relu(−x) is x, with derivative 1; relu'(0) = 0 gives 0: both are accepted."""
    problem = difference_of_relus()
    sets = admissible(problem, float_format("float64")).biases[0]

    def returned(a: float, b: float) -> Any:
        """What code with relu'(0) = a in one use and b in the other returns."""
        weights = [np.zeros((1, 1)), np.zeros((2, 1)), np.zeros((1, 2))]
        return weights, [np.array([a + b]), np.array([a, -b]), np.ones(1)]

    for a, b in product((0.0, 0.5, 1.0), repeat=2):
        assert not judge(problem, returned(a, b)).kind.is_finding
    assert sets.midpoint[0] - sets.radius[0] <= 0
    assert sets.midpoint[0] + sets.radius[0] >= 2
    assert enclose(problem).biases[0].contains([0.0]).all()
    assert enclose(problem).biases[0].contains([1.0]).all()
    assert judge(problem, returned(1.0, 1.0 + 1e-9)).kind == Verdict.WRONG
    assert judge(problem, returned(-1e-9, 0.0)).kind == Verdict.WRONG


def on_many_kinks(seed: int) -> Problem:
    """Small whole numbers: many units of piecewise functions sit on their breakpoints."""
    problem = drawn(seed, RATIONAL, RATIONAL_LOSSES, biases=True)
    layers = [
        Layer(np.round(2 * each.weights), np.round(2 * each.biases), each.activation)
        for each in problem.network.layers
    ]
    real = problem.loss.targets == "real"
    targets = np.round(2 * problem.targets) if real else problem.targets
    inputs = np.round(2 * problem.inputs)
    return Problem(Network(layers), inputs, targets, problem.loss, problem.reduction)


def kinked() -> Iterator[tuple[int, Problem]]:
    """(seed, problem) of those with a unit on a kink."""
    for seed in range(MACHINES):
        problem = on_many_kinks(seed)
        if enclose(problem).kinks:
            yield seed, problem


@pytest.mark.parametrize(("order", "run"), [("reverse", reverse), ("forward", forward)])
def test_any_choice_in_each_use_is_inside(order: Any, run: Any) -> None:
    """Implementations that choose anew at every kink, sample and use stay in the set."""
    form, cases = float_format("float64"), list(kinked())
    fractions = []
    for seed, problem in cases:
        machine = Machine(form, np.random.default_rng(seed), exactly=True)
        fractions.append(
            gradient_fraction(admissible(problem, form, order), run(machine, problem, "loss"))
        )

    assert len(cases) >= MACHINES // 3
    assert max(fractions) <= 1


def test_conventions_agree_with_the_hull() -> None:
    """What each convention gives is in the hull's ball, entry by entry."""
    for _, problem in kinked():
        whole = enclose(problem)
        for kink in CONVENTIONS:
            one = enclose(problem, kink=kink)
            assert all(a.overlaps(b).all() for a, b in zip(arrays(whole), arrays(one), strict=True))
            assert one.kinks == whole.kinks
            assert one.convention == kink
