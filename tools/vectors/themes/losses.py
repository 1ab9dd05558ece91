"""Every loss: its gradient at points, behind a network, and summed over samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from conformance.vocabulary import Architecture
from manual_backprop import LOSSES, Problem

from ..recipe import Maker, Recipe, summed, with_data

OUTPUTS = (-12.0, -2.25, -0.5, 0.25, 1.5, 12.0)
"""x of the six outputs; x − y and 1 − y·x are on no breakpoint."""

TARGETS: dict[str, tuple[float, ...]] = {
    "real": (-11.5, 0.75, -0.75, -1.0, 1.25, 0.0),
    "unit interval": (0.0, 0.25, 1.0, 0.5, 0.75, 1.0),
    "distribution": (0.0, 0.25, 0.0, 0.5, 0.25, 0.0),
    "sign": (1.0, -1.0, 1.0, -1.0, 1.0, 1.0),
}
"""y of the six outputs, for each domain of a loss."""


def recipes(maker: Maker) -> Iterator[Recipe]:
    """Three for each loss, and softmax with one-hot targets beside soft ones."""
    for name, loss in LOSSES.items():
        yield maker.fixed(
            f"{name}-points",
            f"{name} at six outputs: biases[0] = ∇L",
            _at_outputs(maker, name, TARGETS[loss.targets]),
        )
        hidden = Architecture((2, 3, 3), ("tanh", "identity"), name, 3)
        yield maker.drawn(f"{name}-network", f"{name} behind a layer of tanh", hidden, "plain")
        sigmoids = Architecture((3, 2, 3), ("sigmoid", "identity"), name, 4)
        comment = f"{name}, summed over four samples"
        yield maker.drawn(f"{name}-sum", comment, sigmoids, "dyadic", change=summed)
    yield from _softmax(maker)


def _at_outputs(maker: Maker, loss: str, targets: Any) -> Problem:
    layer = maker.layer([[x] for x in OUTPUTS], [0] * len(OUTPUTS))
    return maker.problem([layer], [[1.0]], [targets], loss)


def _softmax(maker: Maker) -> Iterator[Recipe]:
    name = "softmax_cross_entropy"
    one_hot = np.eye(len(OUTPUTS))
    for k in (0, 3):
        comment = f"softmax, the class of the logit {OUTPUTS[k]:g}"
        problem = _at_outputs(maker, name, one_hot[k])
        yield maker.fixed(f"softmax-class-{k}", comment, problem, "one_hot")
    hidden = Architecture((3, 4, 5), ("relu", "identity"), name, 6)

    def in_halves(problem: Problem) -> Problem:
        return with_data(problem, problem.inputs, (problem.targets + problem.targets[::-1]) / 2)

    comment = "softmax, half of the target on each of two classes"
    yield maker.drawn("softmax-halves", comment, hidden, "plain", "soft_targets", change=in_halves)
    yield maker.drawn("softmax-classes", "softmax, five classes", hidden, "plain", "one_hot")
