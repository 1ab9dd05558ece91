"""The networks that trust is put to, each from its seed, in the suite's regimes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from conformance.architectures import Architecture
from conformance.drawing import REGIMES, case_from
from conformance.vocabulary import outputs_of
from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem
from manual_backprop.network import Reduction

REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum")

DEPTH, WIDTH, SAMPLES = 4, 6, 3
"""Layers, units of a layer and samples at most."""


@dataclass(frozen=True)
class Kind:
    """What networks are made of.

    Attributes:
        name: "rational" or "any".
        activations: names to draw from.
        losses: likewise.
        regimes: likewise.
    """

    name: str
    activations: Sequence[str]
    losses: Sequence[str]
    regimes: Sequence[str] = REGIMES


RATIONAL = Kind(
    "rational",
    [name for name, each in ACTIVATIONS.items() if each.rational],
    [name for name, each in LOSSES.items() if each.rational],
)
"""Piecewise rational functions: on `Fraction`s the gradient is exact."""

ANY = Kind(
    "any",
    list(ACTIVATIONS),
    list(LOSSES),
    [each for each in REGIMES if each != "huge"],  # the exponential of 2¹²⁸ is beyond any format
)
"""Every activation and loss of the catalogue."""

KINDS = {each.name: each for each in (RATIONAL, ANY)}


def network(kind: Kind, seed: int) -> Problem:
    """The problem of that seed, in float64.

    >>> network(ANY, 7).dtype
    dtype('float64')
    """
    random = Random(f"{kind.name} {seed}")
    architecture, regime = _architecture(random, kind), random.choice(kind.regimes)
    drawn = case_from(random, architecture, regime, "float64").problem
    reduction = random.choice(REDUCTIONS)
    return Problem(drawn.network, drawn.inputs, drawn.targets, drawn.loss, reduction)


def _architecture(random: Random, kind: Kind) -> Architecture:
    depth, loss = random.randint(1, DEPTH), random.choice(kind.losses)
    widths = [random.randint(1, WIDTH) for _ in range(depth + 1)]
    widths[-1] = max(widths[-1], outputs_of(loss))
    activations = tuple(random.choices(kind.activations, k=depth))
    samples, biases = random.randint(1, SAMPLES), random.random() < 0.8
    return Architecture(tuple(widths), activations, loss, samples, biases)


def is_rational(problem: Problem) -> bool:
    """Whether it has an exact gradient on `Fraction`s."""
    return problem.loss.rational and all(
        each.activation.rational for each in problem.network.layers
    )


def in_fractions(problem: Problem) -> Problem:
    """The same problem on `Fraction`s.

    >>> in_fractions(network(RATIONAL, 0)).dtype
    dtype('O')
    """
    layers = [
        Layer(_exact(each.weights), _exact(each.biases), each.activation)
        for each in problem.network.layers
    ]
    inputs, targets = _exact(problem.inputs), _exact(problem.targets)
    return Problem(Network(layers), inputs, targets, problem.loss, problem.reduction)


def _exact(array: Any) -> Any:
    return None if array is None else np.frompyfunc(Fraction, 1, 1)(array)
