"""What a theme asks for: a problem, or the first of several drawn that shows what it is to show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from conformance.drawing import case_from
from conformance.vocabulary import Architecture
from manual_backprop import Layer, Network, Problem

TRIES = 200
"""Draws of one recipe before it is given up; most take the first, the rarest flags a few dozen."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """One vector before its proof.

    Attributes:
        id: unique among all vectors.
        comment: what it is, for whoever's code fails on it.
        shows: flags that it has to have.
        candidates: problems, in the order in which they are tried.
    """

    id: str
    comment: str
    shows: tuple[str, ...]
    candidates: Iterator[Problem]


@dataclass(frozen=True)
class Maker:
    """What the recipes of one dtype share.

    Attributes:
        dtype: "float64" or "float32".
        seed: of everything that is drawn.
    """

    dtype: str
    seed: int

    def for_dtype(self, in_float64: Any, in_float32: Any) -> Any:
        """What depends on the range of the dtype."""
        return in_float64 if self.dtype == "float64" else in_float32

    def fixed(self, name: str, comment: str, problem: Problem, *shows: str) -> Recipe:
        """The problem itself."""
        return Recipe(f"{name}-{self.dtype}", comment, shows, iter([problem]))

    def drawn(
        self,
        name: str,
        comment: str,
        architecture: Architecture,
        regime: str,
        *shows: str,
        change: Callable[[Problem], Problem] = lambda problem: problem,
    ) -> Recipe:
        """Problems of that architecture and regime, each changed; a seed of their own by name."""
        source = Random(f"{self.seed} {name} {self.dtype}")
        draws = (case_from(source, architecture, regime, self.dtype) for _ in range(TRIES))
        problems = (change(each.problem) for each in draws)
        return Recipe(f"{name}-{self.dtype}", comment, shows, problems)

    def layer(self, weights: Any, biases: Any = None, activation: str = "identity") -> Layer:
        """A layer of the dtype."""
        b = None if biases is None else np.array(biases, self.dtype)
        return Layer(np.array(weights, self.dtype), b, activation)

    def problem(
        self,
        layers: Sequence[Layer],
        inputs: Any,
        targets: Any = None,
        loss: str = "identity_sum",
        reduction: Any = "mean",
    ) -> Problem:
        """A problem of the dtype; `inputs` and `targets` are rows of samples."""
        y = None if targets is None else np.array(targets, self.dtype)
        return Problem(Network(layers), np.array(inputs, self.dtype), y, loss, reduction)

    def at_points(self, activation: str, points: Sequence[float]) -> Problem:
        """A unit for each point p: ∂L/∂b = f'(p), ∂L/∂W_0 = f'(p)/2, ∂L/∂W_1 = f(p).

        The input ½ and the weights 2p make p exactly; one linear output adds the units up.
        """
        first = self.layer([[2 * p] for p in points], [0] * len(points), activation)
        return self.problem([first, self.layer([[1] * len(points)], [0])], [[0.5]])


def summed(problem: Problem) -> Problem:
    """The same with the sum over samples in place of the mean."""
    return Problem(problem.network, problem.inputs, problem.targets, problem.loss, "sum")


def with_layers(problem: Problem, change: Callable[[int, Layer], Layer]) -> Problem:
    """The same with each layer k changed."""
    layers = [change(k, layer) for k, layer in enumerate(problem.network.layers)]
    return Problem(
        Network(layers), problem.inputs, problem.targets, problem.loss, problem.reduction
    )


def with_data(problem: Problem, inputs: Any, targets: Any) -> Problem:
    """The same with other inputs and targets."""
    return Problem(problem.network, inputs, targets, problem.loss, problem.reduction)
