"""Activations that are analytic everywhere, each: value, derivative, definition.

The formulas are the ones that stay accurate in the tails; the comment beside each says which
shorter one was declined, and why. Throughout, e = exp(−|p|) and E = exp(−2|p|) never overflow.
"""

from __future__ import annotations

import numpy as np

from manual_backprop.activations.base import Activation
from manual_backprop.arrays import Array

# ── sigmoid ──


def logistic(p: Array) -> Array:
    """s(p) = 1 / (1 + exp(−p)), without overflow; the building block of half this page."""
    e = np.exp(-np.abs(p))
    return np.where(p >= 0, 1, e) / (1 + e)


def _sigmoid_derivative(p: Array) -> Array:
    return logistic(p) * logistic(-p)  # not s·(1 − s), which is 0 beyond p = 37


sigmoid = Activation(
    "sigmoid",
    logistic,
    _sigmoid_derivative,
    pieces=(lambda p, m: 1 / (1 + m.exp(-p)),),
    torch="torch.sigmoid",
    jax="jax.nn.sigmoid",
)

# ── tanh ──


def _tanh_derivative(p: Array) -> Array:
    E = np.exp(-2 * np.abs(p))
    return 4 * E / (1 + E) ** 2  # not 1 − tanh², which is 0 beyond p = 19


tanh = Activation(
    "tanh",
    np.tanh,
    _tanh_derivative,
    pieces=(lambda p, m: (m.exp(p) - m.exp(-p)) / (m.exp(p) + m.exp(-p)),),
    torch="torch.tanh",
    jax="jnp.tanh",
)

# ── softplus ──


def _softplus(p: Array) -> Array:
    return np.maximum(p, 0) + np.log1p(np.exp(-np.abs(p)))


softplus = Activation(
    "softplus",
    _softplus,
    logistic,
    pieces=(lambda p, m: m.log(1 + m.exp(p)),),
    torch="F.softplus",
    jax="jax.nn.softplus",
)

# ── log_sigmoid ──


def _log_sigmoid(p: Array) -> Array:
    return np.minimum(p, 0) - np.log1p(np.exp(-np.abs(p)))


def _log_sigmoid_derivative(p: Array) -> Array:
    return logistic(-p)  # not 1 − s(p), which is 0 beyond p = 37


log_sigmoid = Activation(
    "log_sigmoid",
    _log_sigmoid,
    _log_sigmoid_derivative,
    pieces=(lambda p, m: -m.log(1 + m.exp(-p)),),
    torch="F.logsigmoid",
    jax="jax.nn.log_sigmoid",
)

# ── silu ──


def _silu(p: Array) -> Array:
    return p * logistic(p)


def _silu_derivative(p: Array) -> Array:
    return logistic(p) * (1 + p * logistic(-p))  # 1 − s(p) in place of s(−p) costs 18 ε


silu = Activation(
    "silu",
    _silu,
    _silu_derivative,
    pieces=(lambda p, m: p / (1 + m.exp(-p)),),
    torch="F.silu",
    jax="jax.nn.silu",
)

# ── gelu, exact ──


def _normal_distribution(p: Array) -> Array:
    """Φ(p) = ½ erfc(−p/√2); ½ (1 + erf) would lose the whole left tail."""
    from scipy.special import erfc  # on first use: importing it takes longer than NumPy

    if p.dtype == np.longdouble:  # SciPy has no longdouble erfc
        return (0.5 * erfc(-(p.astype(np.float64)) / np.sqrt(2.0))).astype(np.longdouble)
    return 0.5 * erfc(-p / np.sqrt(2.0))


def _normal_density(p: Array) -> Array:
    """φ(p) = exp(−p²/2) / √(2π); beyond |p| = 200 it is 0 in every format, and p² is spared."""
    q = np.minimum(np.abs(p), 200)
    return np.exp(-q * q / 2) / np.sqrt(2 * np.pi)


def _gelu(p: Array) -> Array:
    return p * _normal_distribution(p)


def _gelu_derivative(p: Array) -> Array:
    return _normal_distribution(p) + p * _normal_density(p)


gelu = Activation(
    "gelu",
    _gelu,
    _gelu_derivative,
    pieces=(lambda p, m: p * (1 + m.erf(p / m.sqrt(2))) / 2,),
    torch="F.gelu",
    jax="jax.nn.gelu(…, approximate=False)",
)

# ── gelu_tanh ──


def _cubic(p: Array) -> tuple[Array, Array]:
    """2u and 2u' of gelu_tanh; beyond |p| = 100 s(2u) is 0 or 1, and p³ is spared."""
    q = np.clip(p, -100, 100)
    root = 2 * np.sqrt(2 / np.pi)
    return root * (q + 0.044715 * q**3), root * (1 + 3 * 0.044715 * q**2)


def _gelu_tanh(p: Array) -> Array:
    return p * logistic(_cubic(p)[0])  # ½ (1 + tanh u) = s(2u), without the cancellation


def _gelu_tanh_derivative(p: Array) -> Array:
    u2, du2 = _cubic(p)
    return logistic(u2) * (1 + p * logistic(-u2) * du2)


gelu_tanh = Activation(
    "gelu_tanh",
    _gelu_tanh,
    _gelu_tanh_derivative,
    pieces=(
        lambda p, m: p / (1 + m.exp(-2 * m.sqrt(2 / m.pi) * (p + 44715 * p * p * p / 1000000))),
    ),
    torch='F.gelu(…, approximate="tanh")',
    jax="jax.nn.gelu(…, approximate=True)",
)

# ── mish: p·T with T = tanh(softplus p), rational in w = eᵖ (p ≤ 0) or in v = e⁻ᵖ (p > 0) ──


def _mish_factor(p: Array) -> Array:
    w = np.exp(-np.abs(p))
    return np.where(p > 0, (1 + 2 * w) / (1 + 2 * w + 2 * w * w), w * (w + 2) / (w * (w + 2) + 2))


def _mish(p: Array) -> Array:
    return p * _mish_factor(p)


def _mish_derivative(p: Array) -> Array:
    w = np.exp(-np.abs(p))
    slope = np.where(
        p > 0,
        4 * w * w * (1 + w) / (1 + 2 * w + 2 * w * w) ** 2,
        4 * w * (1 + w) / (w * (w + 2) + 2) ** 2,
    )
    return _mish_factor(p) + p * slope  # not T + p·s·(1 − T²)


mish = Activation(
    "mish",
    _mish,
    _mish_derivative,
    pieces=(lambda p, m: p * (1 - 2 / ((1 + m.exp(p)) * (1 + m.exp(p)) + 1)),),
    torch="F.mish",
    jax="jax.nn.mish",
)

# ── tanhshrink ──


def _tanhshrink(p: Array) -> Array:
    square = np.minimum(np.abs(p), 1) ** 2
    tail = np.zeros_like(p)
    for odd in range(21, 1, -2):  # tanh p = p/(1 + q), q = p²/(3 + p²/(5 + …)), |p| ≤ 1
        tail = square / (odd + tail)
    return np.where(np.abs(p) < 1, p * tail / (1 + tail), p - np.tanh(p))


def _tanhshrink_derivative(p: Array) -> Array:
    return np.tanh(p) ** 2  # not 1 − (1 − tanh²)


tanhshrink = Activation(
    "tanhshrink",
    _tanhshrink,
    _tanhshrink_derivative,
    pieces=(lambda p, m: p - (m.exp(p) - m.exp(-p)) / (m.exp(p) + m.exp(-p)),),
    torch="F.tanhshrink",
    jax="p - jnp.tanh(p)",
)

# ── squareplus, b = 4 ──


def _squareplus(p: Array) -> Array:
    root = np.hypot(p, 2)
    return np.where(p < 0, 2 / (root + np.abs(p)), np.maximum(p, 0) / 2 + root / 2)


def _squareplus_derivative(p: Array) -> Array:
    return _squareplus(p) / np.hypot(p, 2)  # not ½ (1 + p/√(p² + b)), 0 in the left tail


squareplus = Activation(
    "squareplus",
    _squareplus,
    _squareplus_derivative,
    pieces=(lambda p, m: (p + m.sqrt(p * p + 4)) / 2,),
    torch="(p + torch.sqrt(p * p + 4)) / 2",
    jax="jax.nn.squareplus",
)

# ── exp, sin ──

exp = Activation(
    "exp", np.exp, np.exp, pieces=(lambda p, m: m.exp(p),), torch="torch.exp", jax="jnp.exp"
)

sin = Activation(
    "sin", np.sin, np.cos, pieces=(lambda p, m: m.sin(p),), torch="torch.sin", jax="jnp.sin"
)
