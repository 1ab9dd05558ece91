"""The regime "sweep": one layer of units, each at another place of a function's range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.drawing.numbers import Floats, Numbers, Source
from conformance.edges import OF_LOSS
from conformance.vocabulary import Architecture
from manual_backprop import ACTIVATIONS, LOSSES, Breakpoint, Loss

RANGE = (0, 800, -800, 22, -22, 1.5, -1.5, 45, -45, 5, -5, 0.25, -0.25, 12, -12)
"""Places where some formula fails: tails, thresholds, overflow of exp in float64 and float32."""


def swept(
    source: Source, numbers: Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """Each unit of the first layer at another place of its activation's range, or of the loss's.

    Half of a place comes from the weight and half from the bias, which adds up exactly.
    """
    if architecture.edge == OF_LOSS:
        loss = LOSSES[architecture.loss]
        t = _places(source, loss.breakpoints, architecture.widths[-1], dtype)
        places = _outputs_at(loss, t, numbers.targets[0])
    else:
        breakpoints = ACTIVATIONS[architecture.activations[0]].breakpoints
        places = _places(source, breakpoints, architecture.widths[1], dtype)
    numbers.inputs[:] = 1.0
    numbers.weights[0][:, 0] = numbers.biases[0][:] = places / 2


def _places(
    source: Source, breakpoints: Sequence[Breakpoint], count: int, dtype: np.dtype[Any]
) -> Floats:
    """So many: breakpoints, one float beside each, and `RANGE`, each times 1 to 1¼."""
    breaks = [dtype.type(float(each.at)) for each in breakpoints]
    beside = [_beside(each, way) for each in breaks for way in (-1, 1)]
    spread = 1 + source.randint(0, 16) / 64
    places = [*breaks, *beside, *(each * spread for each in RANGE)]
    return np.array([float(places[k % len(places)]) for k in range(count)])


def _beside(at: Any, way: int) -> Any:
    """The float next to it; next to 0 the least of which half is a normal number."""
    info = np.finfo(at.dtype)
    return np.nextafter(at, at.dtype.type(way * np.inf)) if at else way * 2 * info.tiny


def _outputs_at(loss: Loss, t: Floats, y: Floats) -> Floats:
    """Outputs x for which the loss's argument is t."""
    if loss.targets == "sign":
        return y * (1 - t)
    return y + t if loss.breakpoints else t
