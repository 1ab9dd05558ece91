"""Enclosures hold the true gradient: by exact rationals, by power series, by mpmath."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from manual_backprop import (
    ACTIVATIONS,
    LOSSES,
    Activation,
    Enclosure,
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
from manual_backprop.forward import forward, pre_activation
from manual_backprop.oracle import admissible
from manual_backprop.oracle.enclosure import ball_layer
from manual_backprop.oracle.on_balls import BallLoss
from manual_backprop.oracle.witness import Direction, check_witness, directional_derivative

from .drawn import RATIONAL, RATIONAL_LOSSES, SMOOTH, arrays, drawn, entries, fractions, holds
from .duals import dual_gradient

RATIONAL_NETWORKS = 150
WITNESSED_NETWORKS = 150
MPMATH_NETWORKS = 40
NARROW_NETWORKS = 60
MISTAKEN_NETWORKS = 40
"""How many networks each kind of trust is put to; a campaign calls the same functions with more."""

SIXTY_DIGITS = 200
"""Bits."""


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


# ── the witness ──


def witnessed(seed: int, entries: int = 2) -> bool:
    """Whether the power series overlaps in a random direction and in some single entries."""
    e = enclose(drawn(seed), witness=True)
    rng = np.random.default_rng(seed)
    return all(_entry_overlaps(e, *_random_entry(e, rng)) for _ in range(entries))


def _random_entry(e: Enclosure, rng: np.random.Generator) -> tuple[int, str, tuple[int, ...]]:
    """(layer, array, place) of one parameter."""
    k = int(rng.integers(e.problem.network.depth))
    layer = e.problem.network.layers[k]
    name = "biases" if layer.biases is not None and rng.integers(2) else "weights"
    shape = getattr(layer, name).shape
    return k, name, tuple(int(rng.integers(size)) for size in shape)


def unit(network: Network, k: int, name: str, place: tuple[int, ...]) -> Direction:
    """The direction of one parameter."""
    weights = [np.zeros_like(layer.weights) for layer in network.layers]
    biases = [None if each.biases is None else 0 * each.biases for each in network.layers]
    v = Direction(tuple(weights), tuple(biases))
    getattr(v, name)[k][place] = 1
    return v


def _entry_overlaps(e: Enclosure, k: int, name: str, place: tuple[int, ...]) -> bool:
    v = unit(e.problem.network, k, name, place)
    entry: arb = getattr(e, name)[k][place if len(place) > 1 else place[0]]
    found = directional_derivative(e.problem, v, e.bits)
    return bool(found.overlaps(entry)) and found.is_finite()


def test_enclosures_overlap_the_power_series() -> None:
    """Power series through the primal formulas alone agree, along any direction and any axis."""
    failed = [seed for seed in range(WITNESSED_NETWORKS) if not witnessed(seed)]

    assert failed == []


def on_balls(
    problem: Problem, bias: bool = True, transpose: bool = False, factor: Any = 1
) -> Enclosure:
    """A copy of (5.1)–(5.3) on balls, with room for a mistake in each of its lines."""
    e = enclose(problem)
    layers = [ball_layer(layer, e.bits, k) for k, layer in enumerate(problem.network.layers)]
    x, trace = Balls.exactly(problem.inputs, e.bits), []
    for layer in layers:
        p = pre_activation(layer, x) if bias else x @ layer.weights.T
        trace.append((x, p))
        x = layer.activation.value(p)
    x_bar, gradients = BallLoss(problem.loss).gradient(x, problem.targets), []
    if problem.reduction == "mean":
        x_bar = x_bar / problem.samples
    for layer, (x, p) in zip(layers[::-1], trace[::-1], strict=True):
        delta = layer.activation.derivative(p) * factor * x_bar
        gradients.insert(0, (delta.T @ x, delta.sum(axis=0)))
        x_bar = delta @ (layer.weights.T if transpose else layer.weights)
    weights, biases = zip(*gradients, strict=True)
    return replace(e, weights=weights, biases=biases)


def square_problem(seed: int) -> Problem:
    """Layers of 3 units: a transposed weight matrix fits everywhere."""
    names = np.random.default_rng(seed).choice(SMOOTH, 3).tolist()
    return Problem.random((3, 3, 3, 3), names, seed=seed)


def test_the_copy_without_a_mistake_passes_the_witness() -> None:
    """The copy of the recursion that the mistakes are planted in is itself right."""
    for seed in range(MISTAKEN_NETWORKS):
        check_witness(on_balls(square_problem(seed)))


@pytest.mark.parametrize(
    "mistake", [{"bias": False}, {"transpose": True}, {"factor": Fraction(1, 10**25) + 1}]
)
def test_the_witness_catches_a_wrong_recursion(mistake: dict[str, Any]) -> None:
    """A dropped bias, a transposed weight and a derivative off by 10⁻²⁵ are caught every time."""
    for seed in range(MISTAKEN_NETWORKS):
        with pytest.raises(ArithmeticError, match="one of them is wrong; please report"):
            check_witness(on_balls(square_problem(seed), **mistake))


def test_a_wrong_entry_is_caught_by_its_own_direction() -> None:
    """Along a unit vector the witness sees one entry, and no other."""
    e = enclose(drawn(3))
    W = e.weights[0]
    moved = W + np.where(np.arange(len(W.entries)).reshape(W.shape) == 0, 2.0**-90, 0.0)
    wrong = replace(e, weights=(moved, *e.weights[1:]))
    last = tuple(size - 1 for size in W.shape)

    assert _entry_overlaps(e, 0, "weights", (0, 0))
    assert not _entry_overlaps(wrong, 0, "weights", (0, 0))
    assert _entry_overlaps(wrong, 0, "weights", last)


# ── mpmath ──


def mpmath_enclosed(seed: int, bits: int = SIXTY_DIGITS) -> bool:
    """Whether the balls hold dual numbers of mpmath, computed with far more digits."""
    problem = drawn(seed)
    pairs = zip(arrays(enclose(problem)), dual_gradient(problem, bits), strict=True)
    return all(holds(balls, truth) for balls, truth in pairs)


def test_enclosures_hold_what_mpmath_gives_at_60_digits() -> None:
    """Dual numbers in mpmath at 60 digits lie in the balls of 128 bits, entry by entry."""
    failed = [seed for seed in range(MPMATH_NETWORKS) if not mpmath_enclosed(seed)]

    assert failed == []


def test_enclosures_are_right_to_60_digits() -> None:
    """With more bits than that the balls hold what mpmath gives at 120 digits."""
    for seed in range(0, MPMATH_NETWORKS, 4):
        problem = drawn(seed)
        pairs = zip(arrays(enclose(problem, 240)), dual_gradient(problem, 400), strict=True)

        assert all(holds(balls, truth) for balls, truth in pairs)


def test_mpmath_sees_a_wrong_digit() -> None:
    """A ball moved by its own width or by 10⁻³⁰ no longer holds what mpmath gives."""
    problem = drawn(0, ["tanh"])
    truth = dual_gradient(problem, SIXTY_DIGITS)[0]

    moved = arrays(enclose(problem))[0] + 1e-30

    assert not holds(moved, truth)


# ── precision on request ──


def bits_for_narrow_balls(problem: Problem) -> int:
    """The precision, doubled from 128, at which each radius is below 2⁻²⁰ ulp of float64."""
    bits = 128
    while not all(
        _is_narrow(ball) for each in arrays(enclose(problem, bits)) for ball in each.entries
    ):
        bits *= 2
    return bits


def _is_narrow(ball: arb) -> bool:
    """An ulp is at least 2⁻⁵³ of the number, and 2⁻¹⁰⁷⁴."""
    least_ulp = max(abs(ball).lower() * arb(2) ** -53, arb(2) ** -1074)
    return ball.is_zero() or bool(ball.rad() < least_ulp * arb(2) ** -20)


def test_radii_are_as_small_as_asked_for() -> None:
    """256 bits suffice for radii below 2⁻²⁰ ulp of float64 in networks as people train them."""
    problems = [drawn(seed) for seed in range(NARROW_NETWORKS)]

    bits = [bits_for_narrow_balls(each) for each in problems if not enclose(each).kinks]

    assert max(bits) <= 256


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
