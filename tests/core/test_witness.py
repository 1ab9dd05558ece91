"""The witness: power series through the forward pass alone, beside exact slopes and mistakes."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from manual_backprop import Activation, Enclosure, Gradients, Layer, Network, Problem, enclose
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.forward import pre_activation
from manual_backprop.oracle.enclosure import ball_layer
from manual_backprop.oracle.on_balls import BallLoss
from manual_backprop.oracle.witness import (
    Direction,
    check_witness,
    directional_derivative,
    inner_product,
)

from .drawn import RATIONAL, RATIONAL_LOSSES, SMOOTH, drawn, fractions, holds
from .networks import slope_along

EXACT_NETWORKS = 150
MISTAKEN_NETWORKS = 40


# ── exact slopes ──


def exact_slope(problem: Problem, v: Direction) -> Fraction:
    """⟨∇L, v⟩ by power series of exact rationals, which take the right side of a kink."""
    biases = tuple(None if each is None else fractions(each) for each in v.biases)
    still = fractions(np.zeros(problem.inputs.shape))
    along = Gradients(None, tuple(map(fractions, v.weights)), biases, lambda: still)
    return slope_along(problem, along)


def test_the_witness_holds_the_exact_slope() -> None:
    """On piecewise rational networks the ball holds the slope in fractions, kinks hit or not."""
    for seed in range(EXACT_NETWORKS):
        problem = drawn(seed, RATIONAL, RATIONAL_LOSSES, object)
        v = Direction.random(problem.network, seed)

        found = directional_derivative(problem, v)
        assert holds(Balls.of_entries([found], 128), [exact_slope(problem, v)])


def test_at_a_kink_the_witness_is_the_hull() -> None:
    """relu at 0 has the slopes of both its pieces, and abs those of −1 and 1."""
    for name, low in (("relu", 0), ("abs", -1)):
        network = Network([Layer([[2.0]], [-2.0], name)])
        problem = Problem(network, [1.0], loss="identity_sum")

        found = directional_derivative(problem, Direction.unit(network, "weights", 0, (0, 0)))
        assert holds(Balls.of_entries([found], 128), [low])
        assert holds(Balls.of_entries([found], 128), [1])
        assert not found.contains(1.5)


def test_a_divisor_that_may_be_0_leaves_everything_open() -> None:
    """1/p of a ball that holds 0 has no bound, and that is no contradiction."""
    reciprocal = Activation(
        "reciprocal", lambda p: 1 / p, lambda p: -1 / p**2, (lambda p, m: 1 / p,)
    )
    layers = [Layer([[1.0]], [-0.5], "sigmoid"), Layer([[1.0]], [-0.5], reciprocal)]
    problem = Problem(Network(layers), [0.5 + 2.0**-40], loss="identity_sum")
    v = Direction.random(problem.network, seed=0)

    assert directional_derivative(problem, v, bits=128).is_finite()
    assert not directional_derivative(problem, v, bits=20).is_finite()
    check_witness(enclose(problem, bits=20))


# ── mistakes ──


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


def overlaps_along(e: Enclosure, place: tuple[int, int]) -> bool:
    """Whether the enclosure and the power series agree on one weight of the first layer."""
    v = Direction.unit(e.problem.network, "weights", 0, place)
    return bool(inner_product(e, v).overlaps(directional_derivative(e.problem, v)))


def test_a_wrong_entry_is_caught_by_its_own_direction() -> None:
    """Along a unit vector the witness sees one entry, and no other."""
    e = enclose(drawn(3))
    W = e.weights[0]
    moved = W + np.where(np.arange(len(W.entries)).reshape(W.shape) == 0, 2.0**-90, 0.0)
    wrong = replace(e, weights=(moved, *e.weights[1:]))
    last = (W.shape[0] - 1, W.shape[1] - 1)

    assert overlaps_along(e, (0, 0))
    assert not overlaps_along(wrong, (0, 0))
    assert overlaps_along(wrong, last)
