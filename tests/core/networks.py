"""Random problems on exact rationals, and their derivative along a line by series arithmetic.

`rational_problems` draws every shape that the core takes: any depth, width, batch, with and without
biases, kinks hit or not. `slope_along` is the witness: the primal formulas alone, on power series.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from flint import fmpq, fmpq_series
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from manual_backprop import ACTIVATIONS, LOSSES, Gradients, Layer, Network, Problem
from manual_backprop.forward import forward

from .truth import fraction, rational

RATIONAL_ACTIVATIONS = [name for name, each in ACTIVATIONS.items() if each.rational]
RATIONAL_LOSSES = [name for name, each in LOSSES.items() if each.rational]

FEW = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # the machine may be busy
)
"""For properties of whole networks in exact arithmetic, which take milliseconds each."""


def numbers(*shape: int) -> st.SearchStrategy[Any]:
    """Arrays of multiples of 1/4 from −2 to 2, so that kinks are hit."""
    count = int(np.prod(shape))
    quarters = st.integers(-8, 8).map(lambda k: Fraction(k, 4))
    return st.lists(quarters, min_size=count, max_size=count).map(
        lambda drawn: np.array([*drawn, None], dtype=object)[:-1].reshape(shape)
    )


@st.composite
def layers(draw: st.DrawFn, n_in: int, n_out: int) -> Layer:
    """A layer of that size: biases or none, one of the rational activations."""
    weights = draw(numbers(n_out, n_in))
    biases = draw(st.none() | numbers(n_out))
    return Layer(weights, biases, draw(st.sampled_from(RATIONAL_ACTIVATIONS)))


@st.composite
def rational_problems(
    draw: st.DrawFn, max_depth: int = 5, samples: Sequence[int] = (1, 2, 3, 0)
) -> Problem:
    """Problems on `Fraction`s, simplest first: small, one sample."""
    widths = draw(st.lists(st.integers(1, 4), min_size=2, max_size=max_depth + 1))
    network = Network([draw(layers(n_in, n_out)) for n_in, n_out in pairwise(widths)])
    loss = draw(st.sampled_from(RATIONAL_LOSSES))
    S = draw(st.sampled_from(samples))
    reduction = draw(st.sampled_from(["sum", "mean"] if S else ["sum"]))
    inputs, targets = draw(numbers(S, widths[0])), draw(numbers(S, widths[-1]))
    if LOSSES[loss].targets == "sign":
        targets = np.where(targets > 0, Fraction(1), Fraction(-1))
    if S == 1 and draw(st.booleans()):
        inputs, targets = inputs[0], targets[0]
    return Problem(network, inputs, targets, loss, reduction)


def entries(gradients: Gradients) -> list[list[Any]]:
    """All numbers of a gradient, array by array: inputs, then weights and biases by layer."""
    arrays = [gradients.inputs, *gradients.weights, *gradients.biases]
    return [[] if array is None else array.ravel().tolist() for array in arrays]


def has_kink(problem: Problem) -> bool:
    """Whether a unit, or the loss, sits where its derivative jumps."""
    trace = forward(problem.network, problem.inputs)
    pairs = [
        (layer.activation.breakpoints, p)
        for layer, p in zip(problem.network.layers, trace.pre_activations[1:], strict=True)
    ]
    assert problem.loss.argument is not None
    pairs.append(
        (problem.loss.breakpoints, problem.loss.argument(trace.outputs[-1], problem.targets))
    )
    return any(
        each.is_kink and each.at in p.ravel().tolist() for places, p in pairs for each in places
    )


# ── the witness ──


def slope_along(problem: Problem, direction: Gradients) -> Fraction:
    """The derivative of the objective at θ + ε·direction, ε = 0, from the primal formulas alone."""
    total = fmpq_series([0, 0], prec=2)
    rows = zip(problem.inputs, np.atleast_2d(direction.inputs), problem.targets, strict=True)
    for x, x_dot, y in rows:
        g = [_line(*each) for each in zip(x, x_dot, strict=True)]
        for k, layer in enumerate(problem.network.layers):
            g = _through(layer, g, direction.weights[k], direction.biases[k])
        total = total + sum(_term(problem, *each) for each in zip(g, y, strict=True))
    mean = problem.reduction == "mean"
    return fraction(total[1]) / (problem.samples if mean else 1)


def _line(start: Fraction, rate: Fraction) -> fmpq_series:
    return fmpq_series([rational(start), rational(rate)], prec=2)


def _through(
    layer: Layer, g: list[fmpq_series], weights_dot: Any, biases_dot: Any
) -> list[fmpq_series]:
    """The layer on a vector of series, its weights and biases moving too."""
    outputs = []
    for i, row in enumerate(layer.weights):
        p = sum(_line(w, w_dot) * z for w, w_dot, z in zip(row, weights_dot[i], g, strict=True))
        if layer.biases is not None:
            p = p + _line(layer.biases[i], biases_dot[i])
        outputs.append(_series(layer.activation.piece_at(fraction(p[0]))(p, None)))
    return outputs


def _term(problem: Problem, x: fmpq_series, y: Fraction) -> fmpq_series:
    """One output's share of the loss."""
    assert problem.loss.argument is not None
    target = rational(y)
    t = _series(problem.loss.argument(x, target))
    piece = problem.loss.pieces[sum(each.at <= fraction(t[0]) for each in problem.loss.breakpoints)]
    return _series(piece(t, target, None))


def _series(value: Any) -> fmpq_series:
    return value if isinstance(value, fmpq_series) else fmpq_series([fmpq(value), 0], prec=2)
