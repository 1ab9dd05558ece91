"""Networks of short binary numbers on which nothing is rounded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

from conformance.vocabulary import Architecture

from ..recipe import Maker, Recipe

ACTIVATIONS = ("identity", "relu", "abs", "hardtanh", "relu6", "square", "softshrink")
LOSSES = (
    "half_squared_error",
    "squared_error",
    "absolute_error",
    "huber",
    "hinge",
    "identity_sum",
)
WIDTHS = ((2, 1), (2, 3, 1), (3, 2, 2))
SAMPLES = (1, 2, 4)
"""Of which the mean is exact."""

COUNT = 12


def recipes(maker: Maker) -> Iterator[Recipe]:
    """Activations, losses, widths and batches in turn; before a linear output, if there are two."""
    parts = zip(*map(cycle, (ACTIVATIONS, LOSSES, WIDTHS, SAMPLES)), strict=True)
    for number, (name, loss, widths, samples) in enumerate(islice(parts, COUNT), start=1):
        activations = (name, "identity")[: len(widths) - 1]
        architecture = Architecture(widths, activations, loss, samples)
        comment = f"{name} and {loss}, every number a multiple of 1/4"
        yield maker.drawn(f"exact-{number}", comment, architecture, "dyadic", "exact")
