"""The names of the catalogue in autograd's words, and a network written as its users write one.

autograd differentiates NumPy and some of SciPy's special functions; it has no layers of its own.
Where those have a function, the table gives that; the others are written out, so that no branch
that is not taken overflows.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from conformance.backends.base import importing, supported

with importing("autograd", extra="peers"):
    import autograd.numpy as np  # type: ignore[import-untyped]
    from autograd.scipy import special  # type: ignore[import-untyped]

Boxes = Any
"""An array, or the box in which autograd traces one; autograd has no types."""

Objective = Callable[[Boxes, Boxes, Boxes, Boxes], Boxes]


def _exp_minus_1(p: Boxes) -> Boxes:
    """exp(p) − 1 for p ≤ 0, else 0: `where` inside, since 0 times an infinite slope is nan.

    Not minimum(p, 0), which passes on half of the slope at 0.
    """
    return np.expm1(np.where(p > 0, 0, p))


def _selu(p: Boxes) -> Boxes:
    """λp, or λα(eᵖ − 1) for p ≤ 0."""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(p > 0, p, alpha * _exp_minus_1(p))


def _gelu_tanh(p: Boxes) -> Boxes:
    """½p(1 + tanh(√(2/π)(p + 0.044715p³)))."""
    return 0.5 * p * (1 + np.tanh(math.sqrt(2 / math.pi) * (p + 0.044715 * p**3)))


ACTIVATIONS: dict[str, Callable[[Boxes], Boxes]] = {
    "identity": lambda p: p,
    "sigmoid": special.expit,
    "tanh": np.tanh,
    "relu": lambda p: np.maximum(p, 0),
    "leaky_relu": lambda p: np.where(p > 0, p, 0.01 * p),
    "elu": lambda p: np.where(p > 0, p, _exp_minus_1(p)),
    "celu": lambda p: np.where(p > 0, p, _exp_minus_1(p)),
    "selu": _selu,
    "softplus": lambda p: np.logaddexp(p, 0),
    "log_sigmoid": lambda p: -np.logaddexp(-p, 0),
    "gelu": lambda p: 0.5 * p * (1 + special.erf(p / math.sqrt(2))),
    "gelu_tanh": _gelu_tanh,
    "silu": lambda p: p * special.expit(p),
    "mish": lambda p: p * np.tanh(np.logaddexp(p, 0)),
    "softsign": lambda p: p / (1 + np.abs(p)),
    "tanhshrink": lambda p: p - np.tanh(p),
    "softshrink": lambda p: np.sign(p) * np.maximum(np.abs(p) - 0.5, 0),
    "hardtanh": lambda p: np.clip(p, -1, 1),
    "relu6": lambda p: np.clip(p, 0, 6),
    "hard_sigmoid": lambda p: np.clip(p + 3, 0, 6) / 6,
    "hard_swish": lambda p: p * np.clip(p + 3, 0, 6) / 6,
    "abs": np.abs,
    "square": np.square,
    "exp": np.exp,
    "sin": np.sin,
    "squareplus": lambda p: 0.5 * (p + np.hypot(p, 2)),
}


def _huber(x: Boxes, y: Boxes) -> Boxes:
    """½d², or |d| − ½ beyond 1."""
    d = x - y
    return np.where(np.abs(d) <= 1, 0.5 * d * d, np.abs(d) - 0.5)


def _log_cosh(x: Boxes, y: Boxes) -> Boxes:
    """log cosh d, as log(e^d + e^−d) − log 2: it does not overflow."""
    d = x - y
    return np.logaddexp(d, -d) - math.log(2.0)


def _softmax_cross_entropy(x: Boxes, y: Boxes) -> Boxes:
    """−y·log softmax(x)."""
    return -y * (x - special.logsumexp(x, axis=1, keepdims=True))


LOSSES: dict[str, Callable[[Boxes, Boxes], Boxes]] = {
    "half_squared_error": lambda x, y: 0.5 * np.square(x - y),
    "squared_error": lambda x, y: np.square(x - y),
    "absolute_error": lambda x, y: np.abs(x - y),
    "huber": _huber,
    "log_cosh": _log_cosh,
    "binary_cross_entropy_with_logits": lambda x, y: np.logaddexp(x, 0) - y * x,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "poisson": lambda x, y: np.exp(x) - y * x,
    "hinge": lambda x, y: np.maximum(1 - y * x, 0),
    "identity_sum": lambda x, y: x,
}


def objective(activations: Sequence[str], loss: str) -> Objective:
    """The mean loss over the samples, (1.1) and (1.2), of weights, biases, inputs and targets.

    Raises:
        NotImplementedError: if an activation or the loss is not in the tables.
    """
    layers = [supported("activation", name, ACTIVATIONS) for name in activations]
    loss_of_outputs = supported("loss", loss, LOSSES)

    def mean_loss(weights: Boxes, biases: Boxes, inputs: Boxes, targets: Boxes) -> Boxes:
        x = inputs
        for W, b, f in zip(weights, biases, layers, strict=True):
            x = f(np.dot(x, W.T) + b)
        return np.mean(np.sum(loss_of_outputs(x, targets), axis=1))

    return mean_loss
