"""What each contender takes for the derivative at a breakpoint, and just beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.accuracy.contenders import Contender
from benchmarks.accuracy.definitions import DEFINITIONS
from benchmarks.accuracy.measure import ROUNDOFF, difference
from benchmarks.accuracy.points import BREAKPOINTS
from benchmarks.accuracy.truth import tabulate, truth

LOSS_BREAKPOINTS = {
    "absolute_error": ((0.25, 0.25), (-2.0, -2.0)),
    "hinge": ((1.0, 1.0), (-1.0, -1.0)),
    "huber": ((1.0, 0.0), (-1.0, 0.0), (0.0, 0.0)),
}


@dataclass(frozen=True)
class Kink:
    """What one contender takes for the derivative at a breakpoint, and where beside it it errs.

    Attributes:
        beside: offsets in ulp, from −4 to 4, at which the derivative is more than 16 u from truth.
    """

    function: str
    contender: str
    dtype: str
    point: Any
    slope: float
    beside: list[int]


def activation_kinks(name: str, dtype: str, contenders: Sequence[Contender]) -> Iterator[Kink]:
    """The derivative at each breakpoint, at −0 beside 0 too, and at its neighbours."""
    for breakpoint_ in BREAKPOINTS[name]:
        at = np.dtype(dtype).type(breakpoint_)
        spacing = np.spacing(np.abs(at)) if at else np.finfo(dtype).smallest_normal
        offsets = [k for k in range(-4, 5) if k]
        points = np.array([at, -at if at == 0 else at, *(at + k * spacing for k in offsets)], dtype)
        exact = tabulate([truth(DEFINITIONS[name], float(p)) for p in points[2:]]).slope
        for contender in contenders:
            slopes = contender.activation(name, points)[1]
            wrong = difference(slopes[2:], exact) > 16 * ROUNDOFF[dtype]
            beside = [k for k, is_wrong in zip(offsets, wrong, strict=True) if is_wrong]
            yield Kink(name, contender.name, dtype, breakpoint_, float(slopes[0]), beside)
            if at == 0:
                yield Kink(name, contender.name, dtype, -0.0, float(slopes[1]), beside)


def loss_kinks(name: str, dtype: str, contenders: Sequence[Contender]) -> Iterator[Kink]:
    """The gradient at each breakpoint (x, y) of a loss."""
    for x, y in LOSS_BREAKPOINTS[name]:
        outputs, targets = np.array([[x]], dtype), np.array([[y]], dtype)
        for contender in contenders:
            slope = contender.gradient(name, outputs, targets)[0, 0]
            yield Kink(name, contender.name, dtype, (x, y), float(slope), [])
