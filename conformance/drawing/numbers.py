"""The numbers of a network while they are being made, and the two ways in which they are drawn.

As k/4, layer by layer, so that a failure shrinks to few and short ones; or N(0, 1/fan-in) from a
drawn seed, as people train them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from conformance.vocabulary import Architecture
from manual_backprop import LOSSES, Problem

Floats = npt.NDArray[np.float64]


class Source(Protocol):
    """Where numbers are drawn from; `random.Random` is one."""

    def choice(self, seq: Sequence[Any], /) -> Any:
        """One of them; simplest first."""

    def randint(self, a: int, b: int, /) -> int:
        """An integer from a to b."""

    def randbytes(self, n: int, /) -> bytes:
        """So many bytes; 0 is the simplest."""


@dataclass(eq=False)
class Numbers:
    """The arrays of one problem, float64, while they are being made."""

    weights: list[Floats]
    biases: list[Floats]
    inputs: Floats
    targets: Floats


def plain(source: Source, architecture: Architecture) -> Numbers:
    """Weights N(0, 1/fan-in), inputs N(0, 1), from a drawn seed."""
    problem = Problem.random(
        architecture.widths,
        architecture.activations,
        architecture.loss,
        architecture.samples,
        source.randint(0, 2**32 - 1),
    )
    layers = problem.network.layers
    return Numbers(
        [layer.weights.copy() for layer in layers],
        [np.array(layer.biases) for layer in layers],
        problem.inputs.copy(),
        problem.targets.copy(),
    )


def dyadic(source: Source, architecture: Architecture) -> Numbers:
    """Every number k/4, layer by layer: each neuron's weights, then its bias."""
    weights, biases = [], []
    for n_in, n_out in zip(architecture.widths[:-1], architecture.widths[1:], strict=True):
        neurons = _quarters(source, (n_out, n_in + 1))
        weights.append(neurons[:, :-1].copy())
        biases.append(neurons[:, -1].copy())
    inputs = _quarters(source, (architecture.samples, architecture.widths[0]))
    drawn = TARGETS[LOSSES[architecture.loss].targets]
    targets = drawn(source, (architecture.samples, architecture.widths[-1]))
    return Numbers(weights, biases, inputs, targets)


QUARTERS = np.array([0, 4, -4, 8, -8, 2, -2, 6, -6, 1, -1, 3, -3, 5, -5, 7, -7]) / 4
"""Values of a byte, simplest first: Hypothesis shrinks bytes towards 0."""


Shape = tuple[int, int]


def _bytes(source: Source, shape: Shape) -> npt.NDArray[np.uint8]:
    return np.frombuffer(source.randbytes(shape[0] * shape[1]), np.uint8).reshape(shape)


def _quarters(source: Source, shape: Shape) -> Floats:
    return QUARTERS[_bytes(source, shape) % len(QUARTERS)]


def _probabilities(source: Source, shape: Shape) -> Floats:
    return (_bytes(source, shape) % 9) / 8


def _signs(source: Source, shape: Shape) -> Floats:
    return np.where(_bytes(source, shape) % 2, -1.0, 1.0)


def _distributions(source: Source, shape: Shape) -> Floats:
    """Rows of quarters that sum to 1; one-hot where the four places coincide."""
    rows = np.zeros(shape)
    for row, places in zip(rows, _bytes(source, (shape[0], 4)), strict=True):
        for place in places:
            row[place % shape[1]] += 1 / 4
    return rows


TARGETS: dict[str, Callable[[Source, Shape], Floats]] = {
    "real": _quarters,
    "unit interval": _probabilities,
    "distribution": _distributions,
    "sign": _signs,
}
"""How rows of targets are drawn, for each domain of a loss."""
