"""Gradient descent on samples, derivation section 6: the update (6.1), and nothing around it.

`step` is the equation, `descent` repeats it for as long as one asks, `train` for so many epochs.
Networks are frozen, so each one that was reached stays what it was: a loop over `descent` that is
interrupted keeps the last network it was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from numbers import Integral, Real
from typing import Any

import numpy as np

from manual_backprop.arrays import Array
from manual_backprop.backprop import gradient
from manual_backprop.forward import forward
from manual_backprop.network import Gradients, Layer, Network, Problem
from manual_backprop.objective import objective


@dataclass(frozen=True, eq=False)
class Training:
    """Where gradient descent led, and how the objective fell.

    Attributes:
        network: the network after the last epoch.
        losses: the objective before the first epoch and after each, shape (epochs + 1,). It is the
            objective of all samples with mini-batches too: comparable between batch sizes, for one
            more forward pass an epoch. (A mean of the batches' losses would mix many networks.)
    """

    network: Network
    losses: Array


def train(
    problem: Problem,
    learning_rate: float | Fraction,
    epochs: int,
    batch_size: int | None = None,
    seed: int = 0,
) -> Training:
    """Gradient descent for a number of epochs, from the problem's own network.

    Args:
        problem: where to start, the samples and the objective.
        learning_rate: η > 0; for a problem of `Fraction`s, a `Fraction` or an int.
        epochs: how often each sample is used, ≥ 0.
        batch_size: samples a step, 1 to S; None for all of them. A step follows the batch's own
            objective, its mean or its sum.
        seed: of the shuffles, ≥ 0; the same seed gives the same mini-batches.
    Returns:
        Training, in the problem's dtype: exact on `Fraction`s, whose digits multiply at each step.
    Raises:
        ValueError: if an argument is outside its range.
        FloatingPointError: if a loss or a weight overflows, which too large a learning rate does.
    Source: derivation, (6.1).

    Least squares, ½(w·1 − 3)² from w = 1 with η = ½, halves the error w − 3 at each step:

    >>> problem = Problem(Network([Layer([[Fraction(1)]])]), [Fraction(1)], [Fraction(3)])
    >>> training = train(problem, Fraction(1, 2), epochs=2)
    >>> str(training.network.layers[0].weights[0, 0]), [str(loss) for loss in training.losses]
    ('5/2', ['2', '1/2', '1/8'])
    """
    if not isinstance(epochs, Integral) or epochs < 0:
        raise ValueError(f"epochs is {epochs!r}: a whole number from 0 up fits")
    reached = list(islice(descent(problem, learning_rate, batch_size, seed), int(epochs) + 1))
    losses = np.array([loss for _, loss in reached], dtype=problem.dtype)
    losses.setflags(write=False)
    return Training(reached[-1][0], losses)


def descent(
    problem: Problem,
    learning_rate: float | Fraction,
    batch_size: int | None = None,
    seed: int = 0,
) -> Iterator[tuple[Network, Any]]:
    """The networks along the way, each with its objective: the start, then one pair an epoch.

    It never ends by itself: this is the loop for a progress line, a stopping rule of one's own, or
    Ctrl-C. Arguments and errors as for `train`; they are checked when the loop starts.

    >>> problem = Problem(Network([Layer([[1.0]])]), [1.0], [3.0])
    >>> for network, loss in descent(problem, 0.5):
    ...     print(network.layers[0].weights, loss)
    ...     if loss < 0.5:
    ...         break
    [[1.]] 2.0
    [[2.]] 0.5
    [[2.5]] 0.125
    """
    _rate(learning_rate, problem.dtype)
    fits = isinstance(batch_size, Integral) and 1 <= batch_size <= problem.samples
    if batch_size is not None and not fits:
        raise ValueError(
            f"batch size is {batch_size!r}: there are {problem.samples} samples, so a whole number "
            f"from 1 to {problem.samples} fits, or None for all of them"
        )
    network = problem.network
    for epoch in count():
        yield network, _loss(problem, network, epoch)
        for rows in batches(problem.samples, batch_size, seed, epoch):
            network = step(network, _gradient(problem, network, rows), learning_rate)


def step(network: Network, gradients: Gradients, learning_rate: float | Fraction) -> Network:
    """W_k ← W_k − η ∂L/∂W_k, b^(k) ← b^(k) − η ∂L/∂b^(k), for all k at once               (6.1).

    No weight changes until every gradient is known: the gradients are an argument, so they are.
    What that guards against, on x ↦ w₁ w₀ x with w₀ = w₁ = x = 1, y = 0, η = ½: both derivatives
    are 1, and both weights become ½. Code that changes w₁ on its way back goes on with
    δ^(1) = w₁ δ^(2) = ½ · 1 from the *new* w₁, and arrives at w₀ = 1 − ½ · ½ = ¾.

    Args:
        network: W_k and b^(k).
        gradients: those of this very network, from `gradient`.
        learning_rate: η > 0; rounded to the network's dtype first.
    Returns:
        A new network, in the same dtype. A layer without biases stays without.
    Raises:
        ValueError: if the learning rate is outside its range, or the gradients do not fit.
        FloatingPointError: if a weight or a bias overflows.

    >>> network = Network([Layer([[1.0]]), Layer([[1.0]])])
    >>> moved = step(network, gradient(Problem(network, [1.0], [0.0])), 0.5)
    >>> [layer.weights.item() for layer in moved.layers]
    [0.5, 0.5]
    """
    eta = _rate(learning_rate, network.dtype)
    if len(gradients.weights) != network.depth:
        raise ValueError(
            f"gradients of {len(gradients.weights)} layers; the network has {network.depth}"
        )
    layers = [
        Layer(
            _moved(layer.weights, eta, gradients.weights[k], f"weights of layer {k}"),
            _moved(layer.biases, eta, gradients.biases[k], f"biases of layer {k}"),
            layer.activation,
        )
        for k, layer in enumerate(network.layers)
    ]
    try:
        return Network(layers)
    except ValueError as error:  # shapes and dtypes are as before, so a number overflowed
        raise FloatingPointError(
            f"diverged: {error}; try a learning rate below {learning_rate}"
        ) from error


@np.errstate(over="ignore", invalid="ignore")  # `step` makes an error of inf and nan
def _moved(theta: Array | None, eta: Any, slope: Array | None, what: str) -> Array | None:
    """θ − η ∂L/∂θ, or None where a layer has no biases."""
    found, fits = (
        "None" if each is None else f"{each.dtype} of shape {each.shape}" for each in (slope, theta)
    )
    if found != fits:
        raise ValueError(f"gradient at the {what} is {found}; {fits} fits this network")
    return None if theta is None or slope is None else theta - eta * slope


def batches(samples: int, batch_size: int | None, seed: int, epoch: int) -> list[Array]:
    """The mini-batches of one epoch: a partition of the samples, shuffled anew in each epoch.

    Args:
        samples: S.
        batch_size: 1 to S; None for one batch of all samples, in order.
        seed: ≥ 0; seed and epoch determine the shuffle.
        epoch: ≥ 0.
    Returns:
        Arrays of row numbers, shape (batch_size,); the last may be shorter.

    >>> [rows.tolist() for rows in batches(5, 2, seed=0, epoch=0)]
    [[2, 4], [3, 0], [1]]
    """
    if batch_size is None:
        return [np.arange(samples)]
    order = np.random.default_rng([seed, epoch]).permutation(samples)
    return [order[start : start + batch_size] for start in range(0, samples, batch_size)]


@np.errstate(over="ignore", invalid="ignore")  # `step` makes an error of inf and nan
def _gradient(problem: Problem, network: Network, rows: Array) -> Gradients:
    """The gradient at another network, on some of the problem's samples."""
    inputs, targets = problem.inputs[rows], problem.targets[rows]
    return gradient(Problem(network, inputs, targets, problem.loss, problem.reduction))


@np.errstate(over="ignore", invalid="ignore")
def _loss(problem: Problem, network: Network, epoch: int) -> Any:
    """The objective of all samples; FloatingPointError if it has overflowed."""
    loss, _ = objective(problem, forward(network, problem.inputs).outputs[-1])
    if problem.dtype != object and not np.isfinite(loss):
        raise FloatingPointError(
            f"diverged: the loss is {loss} after {epoch} epochs, beyond the range of "
            f"{problem.dtype}; try a smaller learning rate, or smaller inputs"
        )
    return loss


def _rate(learning_rate: float | Fraction, dtype: np.dtype[Any]) -> Any:
    """η in the arithmetic of the problem; ValueError unless it is positive and finite there."""
    if not isinstance(learning_rate, Real):
        raise ValueError(f"learning rate {learning_rate!r} is not a number: try 0.1")
    if dtype.hasobject:
        if not isinstance(learning_rate, (int, Fraction)):
            raise ValueError(
                f"learning rate {learning_rate!r} is a float, the problem is exact: "
                f'write Fraction("{learning_rate}")'
            )
        eta = Fraction(learning_rate)
    else:
        with np.errstate(over="ignore"):
            eta = dtype.type(float(learning_rate))
    if not 0 < eta < float("inf"):
        kind = "exact rationals" if dtype.hasobject else dtype
        raise ValueError(
            f"learning rate {learning_rate!r} is {eta} in {kind}: a positive, finite one fits"
        )
    return eta
