"""The numbers of a network: a regime, and a source to draw them from.

Numbers are drawn layer by layer as k/4, so that a failure shrinks to few and short ones. Regimes
turn them into what breaks implementations: saturated units, tiny and huge magnitudes, kinks hit
exactly, sums that cancel. "plain" networks, N(0, 1/fan-in) weights from a drawn seed, are the
ones that people train; what fails there and not in "dyadic" shrinks to a small architecture alone.

A run draws its networks from a seed; `conformance.strategies` lets Hypothesis draw the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.drawing.kinks import onto_kinks
from conformance.drawing.numbers import Numbers, Source, dyadic, plain
from conformance.drawing.regimes import cancelling, huge, saturating, tiny, zeros
from conformance.drawing.sweep import swept
from conformance.vocabulary import Architecture
from manual_backprop import Layer, Network, Problem

REGIMES = ("dyadic", "plain", "saturating", "tiny", "huge", "kinks", "cancelling")
"""What every architecture is drawn with; edges have regimes of their own, "zeros" and "sweep"."""

Change = Callable[[Source, Numbers, Architecture, "np.dtype[Any]"], None]

CHANGES: dict[str, Change] = {
    "saturating": saturating,
    "tiny": tiny,
    "huge": huge,
    "kinks": onto_kinks,
    "cancelling": cancelling,
    "zeros": zeros,
    "sweep": swept,
}
"""What a regime does to numbers k/4; "dyadic" leaves them, "plain" draws others."""


@dataclass(frozen=True, eq=False)
class Case:
    """A problem to judge, and where it came from."""

    problem: Problem
    architecture: Architecture
    regime: str

    @property
    def kind(self) -> str:
        """What it is drawn to show: the edge that its architecture is, or else the regime."""
        return self.architecture.edge or self.regime


def case_from(source: Source, architecture: Architecture, regime: str, dtype: Any) -> Case:
    """A problem of that architecture and regime, its numbers drawn from the source.

    >>> from random import Random
    >>> from conformance.architectures import pool
    >>> case_from(Random(0), pool()[0], "dyadic", "float32").problem.inputs
    array([[1.25]], dtype=float32)
    """
    numbers = _numbers(source, architecture, regime, np.dtype(dtype))
    return Case(_problem(architecture, numbers, np.dtype(dtype)), architecture, regime)


def _numbers(
    source: Source, architecture: Architecture, regime: str, dtype: np.dtype[Any]
) -> Numbers:
    if regime == "plain":
        return plain(source, architecture)
    numbers = dyadic(source, architecture)
    if regime != "dyadic":
        CHANGES[regime](source, numbers, architecture, dtype)
    return numbers


def _problem(architecture: Architecture, numbers: Numbers, dtype: np.dtype[Any]) -> Problem:
    """The problem, its numbers rounded to the dtype once."""
    layers = [
        Layer(W.astype(dtype), b.astype(dtype) if architecture.biases else None, name)
        for W, b, name in zip(
            numbers.weights, numbers.biases, architecture.activations, strict=True
        )
    ]
    return Problem(
        Network(layers),
        numbers.inputs.astype(dtype),
        numbers.targets.astype(dtype),
        architecture.loss,
        "mean",
    )
