"""Truth: the coefficients of a definition's power series, to more digits than float64 holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from flint import arb, arb_series
from numpy.typing import NDArray

from benchmarks.accuracy.definitions import Series

Array = NDArray[Any]
Pair = tuple[Array, Array]
Split = tuple[float, float]
BITS_WANTED = 106  # twice float64's, so that differences of two results are right to the last bit


@dataclass(frozen=True)
class Truth:
    """f and f' at each point, each an unevaluated sum (high, low) of float64 arrays."""

    value: Pair
    slope: Pair


def truth(definition: Callable[[Series], Series], p: float) -> tuple[Split, Split]:
    """f(p) and f'(p), the coefficients of definition(p + t), to 106 bits or to 2^-1140."""
    for bits in (200, 400, 800, 1600, 3200, 6400):
        with flint.ctx.workprec(bits):
            series = definition(arb_series([arb(p), 1], 2))
            if _is_narrow(series[0]) and _is_narrow(series[1]):
                return _split(series[0]), _split(series[1])
    raise ArithmeticError(f"no narrow ball at {p!r}: {series}")


def _is_narrow(ball: arb) -> bool:
    """Whether the ball decides 106 bits, or any digit that float64 could hold."""
    return bool(ball.rel_accuracy_bits() > BITS_WANTED or ball.rad() < arb(2) ** -1140)


def _split(ball: arb) -> Split:
    """The ball's midpoint as the sum of two float64 numbers."""
    high = float(ball.mid())
    return high, float((ball - arb(high)).mid()) if np.isfinite(high) else 0.0


def tabulate(rows: Sequence[tuple[Split, Split]]) -> Truth:
    """The truths of all points as arrays."""
    table = np.array(rows, dtype=np.float64)
    return Truth((table[:, 0, 0], table[:, 0, 1]), (table[:, 1, 0], table[:, 1, 1]))


def softmax_truth(x: Array, y: Array) -> Pair:
    """The gradient of log Σ e^x − Σ y·x for one sample, along one direction after another."""
    with flint.ctx.workprec(400):
        exponentials = [arb(float(z)).exp() for z in x]
        total = sum(exponentials, arb(0))
        slopes = []
        for e, z, t in zip(exponentials, x, y, strict=True):
            along = arb_series([arb(float(z)), 1], 2)
            loss = (total - e + along.exp()).log() - arb(float(t)) * along
            slopes.append(_split(loss[1]))
    return np.array([high for high, _ in slopes]), np.array([low for _, low in slopes])
