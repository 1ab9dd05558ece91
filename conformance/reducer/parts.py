"""A problem taken apart, so that a piece can be left out or changed, and put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from manual_backprop import Activation, Layer, Network, Problem
from manual_backprop.arrays import Array
from manual_backprop.losses import Loss, TargetDomain, target_faults
from manual_backprop.network import Reduction


@dataclass(frozen=True, eq=False)
class Parts:
    """What a problem is made of, before it is checked that it fits together.

    Attributes:
        layers: first to last.
        loss: of one sample.
        inputs: X, shape (S, l_0).
        targets: Y, shape (S, l_N).
        reduction: over the samples.
    """

    layers: tuple[Layer, ...]
    loss: Loss
    inputs: Array
    targets: Array
    reduction: Reduction

    @property
    def widths(self) -> tuple[int, ...]:
        """(l_0, …, l_N)."""
        return (self.inputs.shape[1], *(len(layer.weights) for layer in self.layers))

    @property
    def arrays(self) -> list[Array]:
        """Every array: weights and biases by layer, inputs, targets."""
        pairs = ((layer.weights, layer.biases) for layer in self.layers)
        parameters = [each for pair in pairs for each in pair if each is not None]
        return [*parameters, self.inputs, self.targets]


def parts_of(problem: Problem) -> Parts:
    """The problem taken apart.

    >>> parts_of(Problem.random((2, 3, 1))).widths
    (2, 3, 1)
    """
    return Parts(
        problem.network.layers, problem.loss, problem.inputs, problem.targets, problem.reduction
    )


def with_layer(parts: Parts, k: int, layer: Layer) -> Parts:
    """Another layer in place of layer k."""
    return replace(parts, layers=(*parts.layers[:k], layer, *parts.layers[k + 1 :]))


def with_activation(parts: Parts, k: int, f: Activation) -> Parts:
    """Another activation in layer k; −1 is the last."""
    layer = parts.layers[k]
    return with_layer(parts, k % len(parts.layers), Layer(layer.weights, layer.biases, f))


def with_arrays(parts: Parts, arrays: Sequence[Array]) -> Parts:
    """The same parts with other numbers: `arrays` in the order and shapes of `Parts.arrays`.

    >>> parts = parts_of(Problem.random((2, 1), samples=1))
    >>> with_arrays(parts, [np.ones_like(each) for each in parts.arrays]).inputs
    array([[1., 1.]])
    """
    rest = iter(arrays)
    layers = tuple(_with_numbers(layer, rest) for layer in parts.layers)
    return replace(parts, layers=layers, inputs=next(rest), targets=next(rest))


def _with_numbers(layer: Layer, rest: Iterator[Array]) -> Layer:
    """The layer with the next arrays; itself if they are its own, which saves checking them."""
    W, b = next(rest), None if layer.biases is None else next(rest)
    own = W is layer.weights and b is layer.biases
    return layer if own else Layer(W, b, layer.activation)


def problem_of(parts: Parts) -> Problem | None:
    """The problem of these parts, its targets adapted to the loss; None if there is none.

    >>> whole = parts_of(Problem.random((2, 1)))
    >>> problem_of(whole).network.widths, problem_of(replace(whole, inputs=whole.inputs[:, :1]))
    ((2, 1), None)
    """
    targets = adapted(parts.targets, parts.loss)
    try:
        network = Network(parts.layers)
        return Problem(network, parts.inputs, targets, parts.loss, parts.reduction)
    except ValueError:  # a number that overflowed, say
        return None


def adapted(targets: Array, loss: Loss) -> Array:
    """The targets; a row that the loss refuses is replaced by a near one: clipped, ±1 or one-hot.

    Args:
        targets: Y, shape (S, l_N).
        loss: whose domain counts.
    Returns:
        Array of the same shape and dtype.

    >>> from manual_backprop import LOSSES
    >>> adapted(np.array([[0.5, 0.25], [0.5, 0.5]]), LOSSES["softmax_cross_entropy"])
    array([[1. , 0. ],
           [0.5, 0.5]])
    """
    faults = [place[0] for place, _ in target_faults(targets, loss)]
    changed = targets.copy()
    changed[faults] = _nearest(targets[faults], loss.targets)
    return changed


def _nearest(rows: Array, domain: TargetDomain) -> Array:
    """Rows of the domain."""
    if domain == "distribution":
        return np.eye(rows.shape[1], dtype=rows.dtype)[rows.argmax(axis=1)]
    return np.where(rows < 0, -1, 1) if domain == "sign" else np.clip(rows, 0, 1)
