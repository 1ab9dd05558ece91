"""Enclosures in float64 balls: beside exact rationals and Arb, whatever the magnitudes."""

import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from manual_backprop import (
    ACTIVATIONS,
    LOSSES,
    Activation,
    Layer,
    Network,
    Problem,
    Verdict,
    enclose,
    gradient,
    gradient_by_recursion,
    judge,
)
from manual_backprop.arithmetic.float_balls import FLOAT_BITS, FloatBalls
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle import admissible, enclosure, on_float_balls
from manual_backprop.oracle.enclosure import Enclosure

from .drawn import RATIONAL, RATIONAL_LOSSES, arrays, drawn

NETWORKS = 150
"""For each claim; a campaign takes more."""


def all_arrays(e: Any) -> list[Any]:
    """Weights, biases, and the gradient in the inputs."""
    return [*arrays(e), e.inputs]


def units(e: Enclosure) -> set[tuple[int, int, int]]:
    """The units on a kink."""
    return {(each.layer, each.sample, each.unit) for each in e.kinks}


# ── beside exact rationals ──


def left_out(problem: Problem) -> int:
    """How many exact entries are not in their ball, decided in fractions."""
    truth, e = gradient_by_recursion(problem), enclose(problem, FLOAT_BITS)
    missed = 0
    for balls, exact in zip(all_arrays(e), all_arrays(truth), strict=True):
        assert isinstance(balls, FloatBalls)
        for place, value in np.ndenumerate(exact):
            error = abs(value - Fraction(float(balls.midpoint[place])))
            missed += error > Fraction(float(balls.radius[place]))
    with precision(2000):
        return missed + (not e.loss.contains(arb(truth.loss.numerator) / truth.loss.denominator))


def test_balls_hold_the_exact_rational_gradient() -> None:
    """On networks of piecewise rational functions, kinks and all."""
    problems = [drawn(seed, RATIONAL, RATIONAL_LOSSES, object) for seed in range(NETWORKS)]

    assert [0] * NETWORKS == [left_out(each) for each in problems]
    assert any(enclose(each, FLOAT_BITS).kinks for each in problems)


# ── beside Arb ──


def apart(e: Enclosure, truth: Enclosure) -> int:
    """How many of Arb's balls, far narrower, are not inside their float64 ball, nor on its edge."""
    missed = 0
    with precision(3000):
        for balls, exact in zip(all_arrays(e), all_arrays(truth), strict=True):
            pairs = zip(balls.midpoint.ravel(), balls.radius.ravel(), exact.entries, strict=True)
            for midpoint, radius, ball in pairs:
                if np.isfinite(radius):
                    error, bound = abs(ball - arb(float(midpoint))), arb(float(radius))
                    missed += not (error <= bound or error.overlaps(bound))
    return missed


def test_balls_hold_what_arb_proves() -> None:
    """On networks of all activations and losses; the units on a kink are the same, or more."""
    problems = [drawn(seed) for seed in range(NETWORKS)]
    pairs = [(enclose(each, FLOAT_BITS), enclose(each, 300)) for each in problems]
    smooth = [(e, truth) for e, truth in pairs if not e.kinks]

    assert {each.activation.name for p in problems for each in p.network.layers} == {*ACTIVATIONS}
    assert {p.loss.name for p in problems} == {*LOSSES}
    assert all(units(truth) <= units(e) for e, truth in pairs)
    assert len(smooth) > NETWORKS / 2
    assert [0] * len(smooth) == [apart(*each) for each in smooth]


def scaled(seed: int, exponents: tuple[int, int]) -> Problem:
    """A network some of whose arrays are multiplied, entry by entry, by powers of two."""
    rng, problem = np.random.default_rng([seed, 11]), drawn(seed + 500)

    def wild(array: Any) -> Any:
        return array * 2.0 ** rng.integers(*exponents, array.shape) if rng.integers(2) else array

    layers = [
        Layer(
            wild(each.weights), None if each.biases is None else wild(each.biases), each.activation
        )
        for each in problem.network.layers
    ]
    inputs = wild(problem.inputs)
    return Problem(Network(layers), inputs, problem.targets, problem.loss, problem.reduction)


REGIMES = {
    "tiny": (-540, -300),
    "subnormal": (-1074, -1000),
    "huge": (200, 500),
    "mixed": (-1000, 900),
    "saturated": (3, 9),
}


@pytest.mark.parametrize("regime", REGIMES)
def test_balls_hold_what_arb_proves_at_any_magnitude(regime: str) -> None:
    """Where numbers underflow, overflow or saturate, balls are wide or unknown, never wrong."""
    problems = [scaled(seed, REGIMES[regime]) for seed in range(NETWORKS // 6)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pairs = [(enclose(each, FLOAT_BITS), enclose(each, 300)) for each in problems]

        assert [0] * len(pairs) == [0 if e.kinks else apart(e, truth) for e, truth in pairs]
        assert all(len(e.trace.outputs) == e.problem.network.depth + 1 for e, _ in pairs)
    known = [each.is_finite() for e, _ in pairs for each in arrays(e)]
    assert any(each.any() for each in known)


def test_proved_zeros_are_zeros_of_arb() -> None:
    """An entry that is 0 ± 0 is exactly 0; entries behind dead units are."""
    problems = [drawn(seed, ["relu", "tanh"], ["squared_error"]) for seed in range(NETWORKS // 3)]
    pairs = [(enclose(each, FLOAT_BITS), enclose(each)) for each in problems]
    zeros = [
        (balls.is_zero(), exact.is_zero())
        for e, truth in pairs
        for balls, exact in zip(arrays(e), arrays(truth), strict=True)
    ]

    assert any(found.any() for found, _ in zeros)
    assert all((exact | ~found).all() for found, exact in zeros)


def test_large_batches_and_deep_networks() -> None:
    """3,000 samples, 300 layers: sums and stacks of both kinds hold what Arb proves."""
    batch = Problem.random((3, 4, 2), "gelu", samples=3000)
    deep = Problem.random((2,) * 301, "tanh", samples=2)

    assert [0, 0] == [apart(enclose(p, FLOAT_BITS), enclose(p, 2000)) for p in (batch, deep)]
    assert all((each.radius < 1e-12).all() for each in arrays(enclose(batch, FLOAT_BITS)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_every_dtype_is_taken_exactly(dtype: Any) -> None:
    """The numbers of a problem count as they are, longdoubles with what float64 leaves of them."""
    problem = Problem.random((3, 4, 2), "silu", dtype=dtype)

    assert apart(enclose(problem, FLOAT_BITS), enclose(problem, 300)) == 0


def test_conventions_at_kinks() -> None:
    """Exactly on a kink each convention takes its value; where p is only near, the hull."""
    unit = Problem(Network([Layer([[0.0]], [0.0], "relu")]), [1.0], loss="identity_sum")
    rows: list[Any] = [
        enclose(unit, FLOAT_BITS, kink).biases[0] for kink in ("left", "right", "mean")
    ]
    near = Problem(Network([Layer([[0.1]], [-0.3], "relu")]), [3.0], loss="identity_sum")
    hull = enclose(near, FLOAT_BITS, "left").biases[0]

    assert [0.0, 1.0, 0.5] == [float(row.midpoint[0]) for row in rows]
    assert all(row.radius[0] <= 2.0**-50 for row in rows)
    assert enclose(unit, FLOAT_BITS).biases[0].contains([0.0]).all()
    assert hull.contains([0.0]).all()
    assert hull.contains([1.0]).all()
    assert units(enclose(near, FLOAT_BITS)) == {(0, 0, 0)}


# ── how wide they are ──


def test_balls_are_narrower_than_what_float64_may_return() -> None:
    """Each radius is within 4 times that of the admissible set of float64, and half as a rule.

    A term of a sum of n costs (n+2)e here and n·2e there, which is most where n = 1 and where the
    class rounds nothing.
    """
    problems = [drawn(seed).with_biases() for seed in range(NETWORKS)]
    ratios = []
    for problem in problems:
        e = enclose(problem, FLOAT_BITS)
        sets = [] if e.kinks else arrays(admissible(problem, float_format("float64")))
        for balls, allowed in zip(arrays(e) if sets else [], sets, strict=True):
            known = np.isfinite(allowed.radius) & (allowed.radius > 0)
            ratios += (balls.radius[known] / allowed.radius[known]).tolist()

    assert np.median(ratios) < 0.5
    assert max(ratios) < 4


# ── which arithmetic is used ──


def test_large_problems_use_float64_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond LARGE the default is 53 bits; bits that are asked for hold; judge takes either."""
    problem = Problem.random((3, 4, 2), "relu", samples=5)
    monkeypatch.setattr(enclosure, "LARGE", 99)

    assert enclose(problem).bits == 53
    assert isinstance(enclose(problem).weights[0], FloatBalls)
    assert enclose(problem, 128).bits == 128
    assert judge(problem, gradient(problem)).kind is Verdict.CONFORMS
    monkeypatch.setattr(enclosure, "LARGE", 100)
    assert enclose(problem).bits == 128


def test_trace_deltas_and_inputs_are_there_too() -> None:
    """p, x, δ and ∂L/∂x overlap those of 128 bits, as does the power series of the objective."""
    problem = Problem.random((3, 4, 2), "softplus", samples=3)
    e, truth = enclose(problem, FLOAT_BITS, witness=True), enclose(problem)
    traces = zip(
        [*e.trace.pre_activations, *e.trace.outputs],
        [*truth.trace.pre_activations, *truth.trace.outputs],
        strict=True,
    )

    assert all(a.overlaps(b).all() for a, b in traces)
    assert all(a.overlaps(b).all() for a, b in zip(e.deltas[1:], truth.deltas[1:], strict=True))
    assert e.inputs.overlaps(truth.inputs).all()
    assert e.loss.overlaps(truth.loss)


def cubed(p: Any, m: Any) -> Any:
    """p³, which is no catalogue's."""
    return p * p * p


def test_functions_of_ones_own_are_enclosed() -> None:
    """An activation that states its definition is tabulated like any other."""
    cube = Activation("cube", lambda p: p**3, lambda p: 3 * p**2, pieces=(cubed,))
    problem = Problem.random((3, 4, 2), cube)

    assert apart(enclose(problem, FLOAT_BITS), enclose(problem, 300)) == 0


# ── each part is needed ──

SPOILED: dict[str, Callable[[Any], Any]] = {
    "value": lambda jet: jet._replace(value=jet.value * (1 + 1e-14)),
    "slope": lambda jet: jet._replace(slope=jet.slope * (1 + 1e-14)),
}


@pytest.mark.parametrize("part", SPOILED)
def test_a_wrong_expansion_is_seen(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """With values or slopes 1e-14 off, Arb's balls are outside."""
    sound = on_float_balls.jet
    monkeypatch.setattr(on_float_balls, "jet", lambda *arguments: SPOILED[part](sound(*arguments)))
    problems = [Problem.random((1, 1, 1), "mish", samples=1, seed=seed) for seed in range(20)]

    assert any(apart(enclose(each, FLOAT_BITS), enclose(each, 300)) for each in problems)
