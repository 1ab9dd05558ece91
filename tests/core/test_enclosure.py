"""Enclosures hold the true gradient, in exact rationals; what else they say, what they refuse.

More networks, power series and mpmath: `tests/suite/test_trust.py`.
"""

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
    Loss,
    Network,
    Problem,
    enclose,
    gradient_by_recursion,
)
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.arithmetic.precision import precision
from manual_backprop.forward import forward
from manual_backprop.oracle import admissible

from .drawn import RATIONAL, RATIONAL_LOSSES, arrays, drawn, entries, fractions, holds

RATIONAL_NETWORKS = 150


# ── the exact rational gradient ──


def rational_problem(seed: int) -> Problem:
    """Piecewise rational activations and losses on multiples of 1/4: kinks are hit."""
    return drawn(seed, RATIONAL, RATIONAL_LOSSES, object)


def rationals_enclosed(seed: int) -> bool:
    """Whether loss, weights, biases and inputs hold what the recursion of section 3 gives."""
    problem = rational_problem(seed)
    truth, e = gradient_by_recursion(problem), enclose(problem)
    pairs = [*zip(arrays(e), arrays(truth), strict=True), (e.inputs, truth.inputs)]
    loss = Balls.of_entries([e.loss], e.bits)
    return holds(loss, [truth.loss]) and all(holds(balls, exact) for balls, exact in pairs)


def test_enclosures_hold_the_exact_rational_gradient() -> None:
    """On networks of piecewise rational functions every ball holds the gradient in fractions."""
    failed = [seed for seed in range(RATIONAL_NETWORKS) if not rationals_enclosed(seed)]

    assert failed == []


def narrower_than_float64(problem: Problem) -> bool:
    """Whether each ball of 128 bits is narrower than the set of what float64 may return.

    Where no unit is on a kink it has to be: the two follow the same operations, and of each Arb
    leaves 2⁻¹²⁷ of the result open, the set at least 2⁻⁵³.
    """
    sets = arrays(admissible(problem, float_format("float64")))
    radii = np.concatenate([each.radius.ravel() for each in sets])
    balls = entries(enclose(problem.with_biases()))
    return all(a.rad() <= arb(float(b)) for a, b in zip(balls, radii, strict=True))


def test_the_rational_problems_reach_what_they_are_for() -> None:
    """Every rational activation and loss is drawn, kinks are hit, off them no ball is wide."""
    problems = [rational_problem(seed) for seed in range(RATIONAL_NETWORKS)]
    enclosures = [enclose(problem) for problem in problems]
    without = [e for e in enclosures if not e.kinks]

    assert {each.activation.name for p in problems for each in p.network.layers} == set(RATIONAL)
    assert {p.loss.name for p in problems} == set(RATIONAL_LOSSES)
    assert RATIONAL_NETWORKS // 4 < len(without) < RATIONAL_NETWORKS
    assert all(narrower_than_float64(e.problem) for e in without)


def test_dyadic_polynomials_are_exact() -> None:
    """Where every operation is exact at the precision, the balls are points."""
    kinds = (["identity", "square", "abs"], ["squared_error"], object)
    enclosures = [enclose(drawn(seed, *kinds, reduction="sum"), 2000) for seed in range(20)]
    balls = [ball for e in enclosures if not e.kinks for ball in entries(e)]

    assert len(balls) > 100
    assert all(ball.is_exact() for ball in balls)


# ── what else an enclosure says ──


def deltas_by_hand(problem: Problem) -> list[Any]:
    """δ^(1), …, δ^(N) by (5.1) and (5.2), sample by sample, on fractions."""
    layers, trace = problem.network.layers, forward(problem.network, problem.inputs)
    x_bar = problem.loss.gradient(trace.outputs[-1], problem.targets)
    x_bar = x_bar / Fraction(problem.samples if problem.reduction == "mean" else 1)
    deltas: list[Any] = []
    for layer, p in zip(layers[::-1], trace.pre_activations[:0:-1], strict=True):
        delta = layer.activation.derivative(p) * x_bar
        deltas.insert(0, delta)
        x_bar = delta @ layer.weights
    return deltas


def test_trace_and_deltas_hold_the_exact_ones() -> None:
    """p, x and δ of every layer and sample hold their values in fractions."""
    for seed in range(30):
        e = enclose(rational_problem(seed))
        truth = forward(e.problem.network, e.problem.inputs)

        for balls, exact in zip(e.trace.pre_activations, truth.pre_activations, strict=True):
            assert holds(balls, exact)
        for balls, exact in zip(e.trace.outputs, truth.outputs, strict=True):
            assert holds(balls, exact)
        for balls, exact in zip(e.deltas[1:], deltas_by_hand(e.problem), strict=True):
            assert balls is not None
            assert holds(balls, exact)
        assert e.deltas[0] is None


@pytest.mark.parametrize("kink", ["hull", "left", "right", "mean", "zero"])
def test_deltas_add_up_to_the_bias_gradients(kink: Any) -> None:
    """The δ of a layer, summed over samples, is its bias gradient, whatever a kink takes."""
    layers = [Layer([[1.0], [-1.0]], [0.0, 0.5], "relu"), Layer([[0.25, 1.0]], [0.0], "abs")]
    e = enclose(Problem(Network(layers), [[0.0], [2.0], [0.5], [1.0]], [[0.0]] * 4), kink=kink)

    for delta, biases in zip(e.deltas[1:], e.biases, strict=True):
        assert delta is not None
        assert delta.sum(axis=0).overlaps(biases).all()
        assert kink == "hull" or not delta.radius.any()  # all is dyadic, the mean of 4 too


def test_one_sample_gives_a_vector_of_inputs() -> None:
    """The gradient at the inputs has the shape of the inputs as they were given."""
    network = Network.random((2, 3, 1))

    assert enclose(Problem(network, [1.0, 2.0], [0.5])).inputs.shape == (2,)
    assert enclose(Problem(network, [[1.0, 2.0]], [[0.5]])).inputs.shape == (1, 2)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floats_count_as_what_they_are(dtype: Any) -> None:
    """A problem of any float dtype and the same problem in fractions have one enclosure."""
    given = Problem.random((2, 2, 1), "square", dtype=dtype)
    layers = [
        Layer(fractions(each.weights), fractions(each.biases), "square")
        for each in given.network.layers
    ]
    exact = Problem(Network(layers), fractions(given.inputs), fractions(given.targets))

    truth = gradient_by_recursion(exact)

    for balls, expected in zip(arrays(enclose(given, 2000)), arrays(truth), strict=True):
        assert holds(balls, expected)
        assert all(ball.is_exact() for ball in balls.entries)


def test_beyond_the_exponents_nothing_is_claimed() -> None:
    """exp of exp of 1000 has an infinite radius, and the witness has nothing to object."""
    layers = [Layer([[1.0]], [0.0], "exp")] * 3
    e = enclose(Problem(Network(layers), [1000.0], [0.0]), witness=True)

    assert e.weights[0].radius[0, 0] == np.inf
    assert not e.weights[0].is_finite().any()


def test_the_precision_of_flint_is_left_as_it_was() -> None:
    """Enclosing at any precision, and reading everything, leaves flint's own setting alone."""
    with precision(77):
        e = enclose(drawn(1), bits=300, witness=True)
        _ = e.inputs, e.trace, e.deltas

        assert arb(1).sqrt().bits() <= 77
        with precision(90):
            pass
        assert (arb(1) / 3).rel_accuracy_bits() <= 77


# ── what cannot be ──


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"bits": 1}, "bits is 1: a whole number from 2 to 1000000 fits, 128 is usual"),
        ({"bits": 10**7}, "bits is 10000000"),
        ({"kink": "lefft"}, "unknown kink 'lefft': did you mean 'left'?"),
    ],
)
def test_arguments_outside_their_range_are_refused(choices: dict[str, Any], words: str) -> None:
    """A message says what was found and what fits."""
    with pytest.raises(ValueError, match=words):
        enclose(drawn(0), **choices)


def test_no_samples_cannot_be_enclosed() -> None:
    """The sum over no samples is 0, and the message says so."""
    network = Network.random((2, 1))

    with pytest.raises(ValueError, match="no samples to enclose: the gradient of an empty sum is"):
        enclose(Problem(network, np.zeros((0, 2)), np.zeros((0, 1)), reduction="sum"))


def test_a_function_without_definition_is_refused() -> None:
    """A user's own activation or loss must bring its plain formula, and the message says how."""
    cube = Activation("cube", lambda p: p**3, lambda p: 3 * p**2)
    fourth = Loss("fourth", lambda x, y: ((x - y) ** 4).sum(-1), lambda x, y: 4 * (x - y) ** 3)
    words = r"has no definition, so nothing can be proved of it: give it `pieces`, its plain form"

    with pytest.raises(ValueError, match=f"activation 'cube' {words}"):
        enclose(Problem(Network([Layer([[1.0]], None, cube)]), [1.0], [0.0]))
    with pytest.raises(ValueError, match=f"loss 'fourth' {words}"):
        enclose(Problem(Network([Layer([[1.0]])]), [1.0], [0.0], fourth))


def test_a_function_of_ones_own_with_its_definition_is_enclosed() -> None:
    """f = p³ with its formula alone: the derivative comes from the formula, not from df."""
    wrong = Activation("cube", lambda p: p**3, lambda p: 0 * p, pieces=(lambda p, m: p * p * p,))

    e = enclose(Problem(Network([Layer([[2.0]], None, wrong)]), [1.0], loss="identity_sum"))

    assert e.weights[0][0, 0] == 12


def test_the_catalogue_is_enclosed_whole() -> None:
    """Every activation and every loss has a finite enclosure, and a witness that agrees."""
    for name in ACTIVATIONS:
        e = enclose(Problem.random((2, 2, 2), name), witness=True)
        assert all(each.is_finite().all() for each in arrays(e))
    for name in LOSSES:
        e = enclose(Problem.random((2, 2, 2), loss=name), witness=True)
        assert all(each.is_finite().all() for each in arrays(e))
