"""The named class of implementations: how accurate their elementary functions have to be.

Each activation and loss has one line: how far a value or derivative may lie from the truth, in
units of u times a scale, and how strongly an error of its argument is passed on (derived in
`oracle.sensitivity`; of a loss, above its line). The units are powers of two, at least twice the
worst that a dense sweep of PyTorch, JAX and textbook NumPy found (`benchmarks/accuracy_sweep.py`
prints it); 0 says that the result is exact.

An *absolute* scale, max(1, |f'|), holds for everything; a relative one does not: 1 − tanh² and
s(1 − s) are textbook code, and return 0 where the truth is 5e-17.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from manual_backprop.oracle import sensitivity
from manual_backprop.oracle.sensitivity import (
    Bound,
    Floats,
    at_most,
    exp_at_upper_end,
    twice_the_size,
)

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


def _exact() -> FunctionClass:
    """A function of comparisons and negations, slopes 0 and ±1: nothing is rounded."""
    return FunctionClass(0, "f", 0, "f", at_most(1), at_most(0))


def _smooth(
    value_units: float,
    value_scale: Scale,
    derivative_units: float,
    bounds: tuple[float, float],
    largest_argument: Callable[[float], float] = lambda largest: largest,
) -> FunctionClass:
    """A function with a scale of max(1, |f'|) for its derivative; `bounds` of |f'| and |f''|."""
    return FunctionClass(
        value_units,
        value_scale,
        derivative_units,
        "max(1, f)",
        at_most(bounds[0]),
        at_most(bounds[1]),
        largest_argument,
    )


def _root(largest: float) -> float:
    """Where p² overflows, in a textbook formula or in its derivative (gelu_tanh: inf·0)."""
    return float(largest**0.5 / 4)


CLASSES: dict[str, FunctionClass] = {
    # straight pieces: the largest slope is read off them
    "identity": _exact(),
    "relu": _exact(),
    "abs": _exact(),
    "relu6": _exact(),
    "hardtanh": _exact(),
    "softshrink": FunctionClass(2, "f", 0, "f", at_most(1), at_most(0)),
    "leaky_relu": FunctionClass(4, "f", 1, "f", at_most(1), at_most(0)),
    "hard_sigmoid": FunctionClass(4, "max(1, f)", 1, "f", at_most(1 / 6), at_most(0)),
    # curved ones
    "hard_swish": _smooth(8, "max(1, p, f)", 8, sensitivity.HARD_SWISH),
    "square": FunctionClass(2, "f", 2, "f", twice_the_size, at_most(2), _root),
    "exp": FunctionClass(8, "f", 8, "f", exp_at_upper_end, exp_at_upper_end),
    "sin": _smooth(4, "max(1, f)", 4, sensitivity.SIN),
    "sigmoid": _smooth(4, "max(1, f)", 4, sensitivity.SIGMOID),
    "tanh": _smooth(32, "max(1, f)", 64, sensitivity.TANH),
    "softplus": _smooth(8, "max(1, p, f)", 64, sensitivity.SOFTPLUS),
    "log_sigmoid": _smooth(8, "max(1, p, f)", 64, sensitivity.LOG_SIGMOID),
    "silu": _smooth(8, "max(1, p, f)", 128, sensitivity.SILU),
    "gelu": _smooth(16, "max(1, p, f)", 16, sensitivity.GELU),
    "gelu_tanh": _smooth(16, "max(1, p, f)", 1024, sensitivity.GELU_TANH, _root),
    "mish": _smooth(16, "max(1, p, f)", 1024, sensitivity.MISH),
    "tanhshrink": _smooth(16, "max(1, f)", 64, sensitivity.TANHSHRINK),
    "elu": _smooth(8, "max(1, f)", 8, sensitivity.ELU),
    "celu": _smooth(8, "max(1, f)", 8, sensitivity.CELU),
    "selu": _smooth(8, "max(1, f)", 16, sensitivity.SELU),
    "softsign": _smooth(4, "max(1, f)", 8, sensitivity.SOFTSIGN),
    "squareplus": _smooth(8, "max(1, p, f)", 4, sensitivity.SQUAREPLUS, _root),
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
        scale: (x, y, t) ↦ the absolute scale, of the upper ends of x, |y| and |t|.
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
    # ∇L = t = x − y
    "half_squared_error": LossClass(2, _size_of_argument, _constantly(1)),
    # ∇L = 2t
    "squared_error": LossClass(4, _size_of_argument, _constantly(2)),
    # ∇L = ±1
    "absolute_error": LossClass(0, _size_of_argument, _constantly(0)),
    # ∇L = t, or ±1 beyond
    "huber": LossClass(2, lambda x, y, t: np.minimum(t, 1), _constantly(1)),
    # ∇L = tanh t, and tanh' ≤ 1
    "log_cosh": LossClass(32, _constantly(1), _constantly(1)),
    # ∇L = s(x) − y, and s' ≤ ¼
    "binary_cross_entropy_with_logits": LossClass(
        64, lambda x, y, t: np.maximum(y, 1), _constantly(sensitivity.SIGMOID[0])
    ),
    # ∇L = p − y with p = softmax x, and Σ_j |∂p_i/∂x_j| = 2p_i(1 − p_i) ≤ ½: see `RoundedLoss`
    "softmax_cross_entropy": LossClass(16, _constantly(1), _constantly(1 / 2)),
    # ∇L = eˣ − y
    "poisson": LossClass(
        8, lambda x, y, t: exp_at_upper_end(x, x) + y, lambda lo, hi, y: exp_at_upper_end(lo, hi)
    ),
    # ∇L = −y or 0
    "hinge": LossClass(0, _size_of_argument, _constantly(0)),
    # ∇L = 1
    "identity_sum": LossClass(0, _size_of_argument, _constantly(0)),
}
"""The last entry of a line bounds |∂∇L/∂t|, whose derivation is the comment above it; it is proved
again in `tests/core/test_sensitivity.py` (`test_lipschitz_constants_of_loss_gradients_hold`)."""
