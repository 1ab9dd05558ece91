"""The named class of implementations: how accurate their elementary functions have to be.

Each activation and loss has one line: how far a value or derivative may lie from the truth, in
units of u times a scale, and how strongly an error of its argument is passed on. The units are
powers of two, at least twice the worst that a dense sweep of PyTorch, JAX and textbook NumPy found
(`benchmarks/accuracy_sweep.py` prints it); 0 says that the result is exact.

An *absolute* scale, max(1, |f'|), holds for everything; a relative one does not: 1 − tanh² and
s(1 − s) are textbook code, and return 0 where the truth is 5e-17.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bound = Callable[[Floats, Floats], Floats]
"""(lo, hi) ↦ an upper bound over the interval, entry by entry."""

Scale = Literal["f", "max(1, f)", "max(1, p, f)"]
"""What the units multiply: |f|, max(1, |f|), or max(1, |p|, |f|) where p is the argument."""


@dataclass(frozen=True)
class FunctionClass:
    """Accuracy and sensitivity of one activation.

    Attributes:
        value_units: |f̂ − f| ≤ value_units·u·scale.
        value_scale: that scale.
        derivative_units: |f̂' − f'| ≤ derivative_units·u·scale.
        derivative_scale: that scale.
        lipschitz: bound of |f'| on an interval.
        curvature: bound of |f''| on an interval, breakpoints aside.
        largest_argument: Ω ↦ the |p| from which an intermediate of a textbook formula may
            overflow (p² in √(p² + b), say); entries beyond are undecided.
    """

    value_units: float
    value_scale: Scale
    derivative_units: float
    derivative_scale: Scale
    lipschitz: Bound
    curvature: Bound
    largest_argument: Callable[[float], float] = lambda largest: largest


def at_most(bound: float) -> Bound:
    """The same bound everywhere."""
    return lambda lo, hi: np.full_like(lo, bound)


def _twice_the_size(lo: Floats, hi: Floats) -> Floats:
    return 2 * np.maximum(np.abs(lo), np.abs(hi))


def _exp_at_upper_end(lo: Floats, hi: Floats) -> Floats:
    return np.exp(hi) * (1 + 2.0**-50)  # NumPy's exp is within 4 ulp


def _exact(lipschitz: float) -> FunctionClass:
    """A function of comparisons and negations: nothing is rounded."""
    return FunctionClass(0, "f", 0, "f", at_most(lipschitz), at_most(0))


def _smooth(
    value_units: float,
    value_scale: Scale,
    derivative_units: float,
    lipschitz: float,
    curvature: float,
    largest_argument: Callable[[float], float] = lambda largest: largest,
) -> FunctionClass:
    """A smooth function between kinks, its derivative on the scale max(1, |f'|)."""
    return FunctionClass(
        value_units,
        value_scale,
        derivative_units,
        "max(1, f)",
        at_most(lipschitz),
        at_most(curvature),
        largest_argument,
    )


def _root(largest: float) -> float:
    """Where p² overflows, in a textbook formula or in its derivative (gelu_tanh: inf·0)."""
    return float(largest**0.5 / 4)


CLASSES: dict[str, FunctionClass] = {
    "identity": _exact(1),
    "relu": _exact(1),
    "abs": _exact(1),
    "relu6": _exact(1),
    "hardtanh": _exact(1),
    "softshrink": FunctionClass(2, "f", 0, "f", at_most(1), at_most(0)),
    "leaky_relu": FunctionClass(4, "f", 1, "f", at_most(1), at_most(0)),
    "hard_sigmoid": FunctionClass(4, "max(1, f)", 1, "f", at_most(0.1667), at_most(0)),
    "hard_swish": _smooth(8, "max(1, p, f)", 8, 1.5, 0.3334),
    "square": FunctionClass(2, "f", 2, "f", _twice_the_size, at_most(2), _root),
    "exp": FunctionClass(8, "f", 8, "f", _exp_at_upper_end, _exp_at_upper_end),
    "sin": _smooth(4, "max(1, f)", 4, 1, 1),
    "sigmoid": _smooth(4, "max(1, f)", 4, 0.25, 0.0963),
    "tanh": _smooth(32, "max(1, f)", 64, 1, 0.7699),
    "softplus": _smooth(8, "max(1, p, f)", 64, 1, 0.25),
    "log_sigmoid": _smooth(8, "max(1, p, f)", 64, 1, 0.25),
    "silu": _smooth(8, "max(1, p, f)", 128, 1.0999, 0.5),
    "gelu": _smooth(16, "max(1, p, f)", 16, 1.1290, 0.7979),
    "gelu_tanh": _smooth(16, "max(1, p, f)", 1024, 1.1290, 0.8, _root),
    "mish": _smooth(16, "max(1, p, f)", 1024, 1.0893, 0.6487),
    "tanhshrink": _smooth(16, "max(1, f)", 64, 1, 0.7699),
    "elu": _smooth(8, "max(1, f)", 8, 1, 1),
    "celu": _smooth(8, "max(1, f)", 8, 1, 1),
    "selu": _smooth(8, "max(1, f)", 16, 1.7581, 1.7581),
    "softsign": _smooth(4, "max(1, f)", 8, 1, 2),
    "squareplus": _smooth(8, "max(1, p, f)", 4, 1, 0.25, _root),
}


@dataclass(frozen=True)
class Departure:
    """A place where one implementation is known to be less accurate than its class.

    Attributes:
        function: name of the activation or loss.
        part: "value" or "derivative" (of a loss: its gradient).
        dtypes: the formats concerned.
        low, high: the range of the argument, ends included.
        error: the absolute error that is granted there.
    """

    function: str
    part: Literal["value", "derivative"]
    dtypes: tuple[str, ...]
    low: float
    high: float
    error: float

    def granted(self, lo: Floats, hi: Floats) -> Floats:
        """The error where the interval of the argument meets the range, else 0."""
        return np.where((lo <= self.high) & (hi >= self.low), self.error, 0.0)


@dataclass(frozen=True)
class LossClass:
    """Accuracy and sensitivity of one loss gradient, output by output.

    Attributes:
        units: |∇̂L − ∇L| ≤ units·u·scale; for softmax n more units, n the number of outputs.
        scale: (x, y, t) ↦ the absolute scale, upper ends of magnitudes given.
        lipschitz: (lo, hi, y) ↦ bound of |∂∇L/∂t| over the interval of t, breakpoints aside.
    """

    units: float
    scale: Callable[[Floats, Floats, Floats], Floats]
    lipschitz: Callable[[Floats, Floats, Floats], Floats]


def _constantly(bound: float) -> Callable[[Floats, Floats, Floats], Floats]:
    return lambda a, b, c: np.full_like(c, bound)


def _size_of_argument(x: Floats, y: Floats, t: Floats) -> Floats:
    return t


LOSS_CLASSES: dict[str, LossClass] = {
    "half_squared_error": LossClass(2, _size_of_argument, _constantly(1)),
    "squared_error": LossClass(4, _size_of_argument, _constantly(2)),
    "absolute_error": LossClass(0, _size_of_argument, _constantly(0)),
    "huber": LossClass(2, lambda x, y, t: np.minimum(t, 1), _constantly(1)),
    "log_cosh": LossClass(32, _constantly(1), _constantly(1)),
    "binary_cross_entropy_with_logits": LossClass(
        64, lambda x, y, t: np.maximum(y, 1), _constantly(0.25)
    ),
    "softmax_cross_entropy": LossClass(16, _constantly(1), _constantly(0.5)),
    "poisson": LossClass(
        8, lambda x, y, t: np.exp(x) + y, lambda lo, hi, y: _exp_at_upper_end(lo, hi)
    ),
    "hinge": LossClass(0, _size_of_argument, _constantly(0)),
    "identity_sum": LossClass(0, _size_of_argument, _constantly(0)),
}
