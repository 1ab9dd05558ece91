"""Problems from a seed: small networks of every activation and loss, as people train them.

A seed gives one problem, so that a campaign is the same test with more seeds.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from manual_backprop import ACTIVATIONS, LOSSES, Problem
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.precision import precision

SMOOTH = [name for name, each in ACTIVATIONS.items() if not each.breakpoints]
RATIONAL = [name for name, each in ACTIVATIONS.items() if each.rational]
RATIONAL_LOSSES = [name for name, each in LOSSES.items() if each.rational]


def drawn(
    seed: int,
    activations: Sequence[str] = tuple(ACTIVATIONS),
    losses: Sequence[str] = tuple(LOSSES),
    dtype: Any = np.float64,
    depth: int = 3,
    width: int = 4,
    samples: int = 3,
    **choices: Any,
) -> Problem:
    """Weights N(0, 1/fan-in), inputs N(0, 1); depth, widths and samples up to the given ones."""
    rng = np.random.default_rng([seed, 20_260])
    layers = int(rng.integers(1, depth + 1))
    loss = str(rng.choice(list(losses)))
    widths = rng.integers(1, width + 1, layers + 1).tolist()
    if loss == "softmax_cross_entropy":  # of one output it is the constant 0
        widths[-1] = max(widths[-1], 2)
    names = rng.choice(list(activations), layers).tolist()
    count, biases = int(rng.integers(1, samples + 1)), bool(rng.integers(4))
    reduction: Any = str(rng.choice(["mean", "sum"]))
    arguments = {"biases": biases, "reduction": reduction} | choices
    return Problem.random(widths, names, loss, count, seed, dtype, **arguments)


def holds(balls: Balls, truths: Any) -> bool:
    """Whether each ball holds its truth, a `Fraction`; proved, at 2,000 bits."""
    exact = np.asarray(truths, dtype=object)
    assert balls.shape == exact.shape
    with precision(2000):
        return all(
            ball.contains(arb(fmpq(truth.numerator, truth.denominator)))
            for ball, truth in zip(balls.entries, exact.ravel(), strict=True)
        )


def fractions(array: Any) -> Any:
    """The exact values of a float array, as an object array of `Fraction`s."""
    given = np.asarray(array)
    exact = np.empty(given.shape, dtype=object)
    for place, value in np.ndenumerate(given):
        exact[place] = Fraction(*value.as_integer_ratio())
    return exact


def arrays(gradients: Any) -> list[Any]:
    """The arrays of weights and biases, layer by layer, without those that are not there."""
    pairs = zip(gradients.weights, gradients.biases, strict=True)
    return [each for pair in pairs for each in pair if each is not None]


def entries(enclosure: Any) -> list[arb]:
    """The balls of all weights and biases."""
    return [ball for each in arrays(enclosure) for ball in each.entries]
