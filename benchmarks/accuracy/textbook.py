"""The formulas that a textbook gives and a student writes, in NumPy, in the argument's dtype."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Array = NDArray[Any]


def _s(p: Array) -> Array:
    s: Array = 1 / (1 + np.exp(-p))
    return s


def _normal_cdf(p: Array) -> Array:
    return np.asarray(0.5 * (1 + erf(p / np.sqrt(2).astype(p.dtype))))


def _gelu_angle(p: Array) -> Array:
    return np.asarray(np.sqrt(2 / np.pi).astype(p.dtype) * (p + 0.044715 * p**3))


SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "identity": (lambda p: p, np.ones_like),
    "sigmoid": (_s, lambda p: _s(p) * (1 - _s(p))),
    "tanh": (np.tanh, lambda p: 1 - np.tanh(p) ** 2),
    "relu": (lambda p: np.maximum(p, 0), lambda p: np.where(p > 0, 1, 0)),
    "leaky_relu": (lambda p: np.where(p > 0, p, 0.01 * p), lambda p: np.where(p > 0, 1, 0.01)),
    "elu": (lambda p: np.where(p > 0, p, np.exp(p) - 1), lambda p: np.where(p > 0, 1, np.exp(p))),
    "celu": (
        lambda p: np.maximum(p, 0) + np.minimum(np.exp(p) - 1, 0),
        lambda p: np.where(p > 0, 1, (np.exp(p) - 1) + 1),
    ),
    "selu": (
        lambda p: SELU_SCALE * np.where(p > 0, p, SELU_ALPHA * (np.exp(p) - 1)),
        lambda p: SELU_SCALE * np.where(p > 0, 1, SELU_ALPHA * np.exp(p)),
    ),
    "softplus": (lambda p: np.log(1 + np.exp(p)), _s),
    "log_sigmoid": (lambda p: np.log(_s(p)), lambda p: 1 - _s(p)),
    "gelu": (
        lambda p: p * _normal_cdf(p),
        lambda p: _normal_cdf(p) + p * np.exp(-(p**2) / 2) / np.sqrt(2 * np.pi).astype(p.dtype),
    ),
    "gelu_tanh": (
        lambda p: 0.5 * p * (1 + np.tanh(_gelu_angle(p))),
        lambda p: (
            0.5 * (1 + np.tanh(_gelu_angle(p)))
            + 0.5
            * p
            * (1 - np.tanh(_gelu_angle(p)) ** 2)
            * np.sqrt(2 / np.pi).astype(p.dtype)
            * (1 + 3 * 0.044715 * p**2)
        ),
    ),
    "silu": (lambda p: p * _s(p), lambda p: _s(p) * (1 + p * (1 - _s(p)))),
    "mish": (
        lambda p: p * np.tanh(np.log(1 + np.exp(p))),
        lambda p: (
            np.tanh(np.log(1 + np.exp(p))) + p * _s(p) * (1 - np.tanh(np.log(1 + np.exp(p))) ** 2)
        ),
    ),
    "softsign": (lambda p: p / (1 + np.abs(p)), lambda p: 1 / (1 + np.abs(p)) ** 2),
    "tanhshrink": (lambda p: p - np.tanh(p), lambda p: np.tanh(p) ** 2),
    "softshrink": (
        lambda p: np.sign(p) * np.maximum(np.abs(p) - 0.5, 0),
        lambda p: np.where(np.abs(p) > 0.5, 1, 0),
    ),
    "hardtanh": (lambda p: np.clip(p, -1, 1), lambda p: np.where(np.abs(p) < 1, 1, 0)),
    "relu6": (lambda p: np.clip(p, 0, 6), lambda p: np.where((p > 0) & (p < 6), 1, 0)),
    "hard_sigmoid": (
        lambda p: np.clip(p / 6 + 0.5, 0, 1),
        lambda p: np.where(np.abs(p) < 3, 1 / 6, 0),
    ),
    "hard_swish": (
        lambda p: p * np.clip(p / 6 + 0.5, 0, 1),
        lambda p: np.where(p <= -3, 0, np.where(p >= 3, 1, p / 3 + 0.5)),
    ),
    "abs": (np.abs, np.sign),
    "square": (np.square, lambda p: 2 * p),
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "squareplus": (
        lambda p: 0.5 * (p + np.sqrt(p**2 + 4)),
        lambda p: 0.5 * (1 + p / np.sqrt(p**2 + 4)),
    ),
}


def _softmax(x: Array) -> Array:
    e: Array = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


LOSSES: dict[str, Callable[[Array, Array], Array]] = {
    "half_squared_error": lambda x, y: x - y,
    "squared_error": lambda x, y: 2 * (x - y),
    "absolute_error": lambda x, y: np.sign(x - y),
    "huber": lambda x, y: np.clip(x - y, -1, 1),
    "log_cosh": lambda x, y: np.tanh(x - y),
    "binary_cross_entropy_with_logits": lambda x, y: _s(x) - y,
    "softmax_cross_entropy": lambda x, y: _softmax(x) - y,
    "poisson": lambda x, y: np.exp(x) - y,
    "hinge": lambda x, y: np.where(y * x < 1, -y, 0),
}
