"""The ends of the range: saturation, overflow, underflow, cancellation, and zeros."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from conformance.vocabulary import Architecture
from manual_backprop import Layer, Problem
from manual_backprop.forward import forward

from ..recipe import Maker, Recipe, with_data, with_layers

TWO_TAILS = ("sigmoid", "tanh")
LEFT_TAIL = ("softplus", "silu", "gelu", "gelu_tanh", "mish", "elu", "celu", "selu", "exp")
EXPONENTIAL = (*TWO_TAILS, "log_sigmoid", "tanhshrink", *LEFT_TAIL)
"""Those that textbooks write with exp, and that saturate or grow no faster than p, but for exp."""


def recipes(maker: Maker) -> Iterator[Recipe]:
    """Large arguments first, then large and small gradients, then sums and zeros."""
    yield from _saturated(maker)
    yield from _beyond_exp(maker)
    yield from _overflowing(maker)
    yield from _scaled(maker)
    yield from _subnormal(maker)
    yield from _cancelling(maker)
    yield from _zeros(maker)


def _saturated(maker: Maker) -> Iterator[Recipe]:
    far = maker.for_dtype(50.0, 20.0)
    points = (-2 * far, -far, -1.0, 1.0, far, 2 * far)
    for name in (*TWO_TAILS, "log_sigmoid", *LEFT_TAIL):
        comment = f"{name} at ±1, ±{far:g} and ±{2 * far:g}"
        yield maker.fixed(f"{name}-saturated", comment, maker.at_points(name, points), "saturation")


def _beyond_exp(maker: Maker) -> Iterator[Recipe]:
    far = maker.for_dtype(800.0, 100.0)
    for name in EXPONENTIAL:
        points = (-far, -0.5, 0.5) if name == "exp" else (-far, -0.5, 0.5, far)
        comment = f"{name} where exp overflows or underflows, at {points}"
        yield maker.fixed(f"{name}-far", comment, maker.at_points(name, points), "overflow_guard")
    logits = maker.layer([[far], [0.5], [-far]], [0, 0, 0])
    for loss, targets in (
        ("softmax_cross_entropy", [0, 1, 0]),
        ("binary_cross_entropy_with_logits", [0.25, 0.5, 0.75]),
        ("log_cosh", [0.0, 1.0, 0.0]),
    ):
        problem = maker.problem([logits], [[1.0]], [targets], loss)
        comment = f"{loss} of outputs {far:g}, 0.5 and {-far:g}"
        yield maker.fixed(f"{loss}-far", comment, problem, "overflow_guard")


def _overflowing(maker: Maker) -> Iterator[Recipe]:
    far, large = maker.for_dtype((800.0, 2.0**600), (100.0, 2.0**70))
    layer = maker.layer([[far], [1.0]], [0, 0], "exp")
    yield maker.fixed(
        "exp-overflows",
        "the first unit's exp overflows, the second's does not",
        maker.problem([layer], [[1.0]], [[0.5, 0.5]], "half_squared_error"),
        "overflow",
    )
    layer = maker.layer([[far], [1.0]], [0, 0])
    yield maker.fixed(
        "poisson-overflows",
        "the first output's exp overflows in the loss, the second's does not",
        maker.problem([layer], [[1.0]], [[0.5, 0.5]], "poisson"),
        "overflow",
    )
    layer = maker.layer([[large, 1.0], [0.5, -1.0]], [0.25, 0.5])
    for loss in ("half_squared_error", "squared_error"):
        yield maker.fixed(
            f"{loss}-overflows",
            "the square of an output overflows, its derivative does not",
            maker.problem([layer], [[1.0, 0.5]], [[1.0, 0.5]], loss),
            "loss_overflow",
        )


def _scaled(maker: Maker) -> Iterator[Recipe]:
    power = maker.for_dtype(70, 35)
    for name in ("tanh", "relu", "sigmoid", "softsign"):
        architecture = Architecture((2, 3, 2), (name, "identity"), "half_squared_error", 3)
        for flag, exponent in (("tiny", -power), ("huge", power)):
            comment = f"{name}; last layer and targets times 2^{exponent}"
            change = partial(_end_times, power=exponent)
            yield maker.drawn(f"{name}-{flag}", comment, architecture, "plain", flag, change=change)


def _end_times(problem: Problem, power: int) -> Problem:
    """The last layer and the targets times 2^power, and so the outputs and the gradient too."""
    last = problem.network.depth - 1

    def scaled(k: int, layer: Layer) -> Layer:
        if k < last:
            return layer
        assert layer.biases is not None
        W, b = np.ldexp(layer.weights, power), np.ldexp(layer.biases, power)
        return Layer(W, b, layer.activation)

    targets = np.ldexp(problem.targets, power)
    return with_data(with_layers(problem, scaled), problem.inputs, targets)


def _subnormal(maker: Maker) -> Iterator[Recipe]:
    least = maker.for_dtype(2.0**-1022, 2.0**-126)
    layers = [
        maker.layer([[1.0, 0.5], [0.25, -1.0]], [0.5, -0.25], "tanh"),
        maker.layer([[1, 2]], [0]),
    ]
    yield maker.fixed(
        "subnormal-input",
        "one input is subnormal, and the gradient of its weights with it",
        maker.problem(layers, [[least / 8, 0.5]], [[1.0]], "half_squared_error"),
        "subnormal",
    )
    layers = [
        maker.layer([[1.0], [least / 4]], [0.5, 0.25], "sigmoid"),
        maker.layer([[1, least / 2]], [0]),
    ]
    yield maker.fixed(
        "subnormal-weights",
        "two weights are subnormal, and the gradients of what they pass on",
        maker.problem(layers, [[1.5]], [[1.0]], "half_squared_error"),
        "subnormal",
    )
    root = maker.for_dtype(2.0**-515, 2.0**-66)
    layers = [maker.layer([[1.0]], [0.0], "identity"), maker.layer([[root]], [0.5])]
    yield maker.fixed(
        "product-underflows",
        "the product of a small input and a small weight is subnormal",
        maker.problem(layers, [[root]], [[1.0]], "half_squared_error"),
        "subnormal",
    )


def _cancelling(maker: Maker) -> Iterator[Recipe]:
    for name in ("tanh", "sigmoid", "gelu", "sin"):
        architecture = Architecture((2, 3, 2), (name, "identity"), "half_squared_error", 2)
        comment = f"twin units of {name}, subtracted from each other"
        yield maker.drawn(f"{name}-cancelling", comment, architecture, "cancelling", "cancellation")
    near = maker.for_dtype(2.0**-40, 2.0**-18)
    layer = maker.layer([[1.5, -0.5], [0.25, 1.0]], [0.5, 0.0])
    yield maker.fixed(
        "residual-cancelling",
        "outputs that all but meet their targets",
        maker.problem([layer], [[1, 2]], [[1 + near, 2.25 - near]], "half_squared_error"),
        "cancellation",
    )


def _zeros(maker: Maker) -> Iterator[Recipe]:
    for name in ("tanh", "sigmoid", "relu"):
        architecture = Architecture((3, 4, 3, 2), (name,) * 3, "half_squared_error", 3)
        comment = f"{name}, all weights of one layer 0"
        yield maker.drawn(f"{name}-zeros", comment, architecture, "zeros", "zero_weights")
    for loss in ("half_squared_error", "squared_error", "huber"):
        architecture = Architecture((2, 3, 2), ("identity", "identity"), loss, 2)
        comment = f"{loss}, every output exactly on its target"
        yield maker.drawn(f"{loss}-met", comment, architecture, "dyadic", "at_minimum", change=_met)
    for name in ("relu", "hardtanh", "relu6", "hard_swish"):
        points = (-8.0, -7.5, 0.5, 0.75)
        comment = f"{name}, two units of four where it is flat"
        yield maker.fixed(f"{name}-dead", comment, maker.at_points(name, points), "dead_unit")


def _met(problem: Problem) -> Problem:
    """The outputs themselves as targets; of quarters through linear layers they are exact."""
    outputs = forward(problem.network, problem.inputs).outputs[-1]
    return with_data(problem, problem.inputs, outputs)
