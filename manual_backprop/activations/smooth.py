"""Activations that are analytic everywhere, each: value, derivative, definition.

The formulas are the ones that stay accurate in the tails; the comment beside each says which
shorter one was declined, and why. Throughout, q = |p|: e = exp(−q) and E = exp(−2q) never overflow.
Where f is p·s with s(p) + s(−p) = 1, f'(p) + f'(−p) = 1, so the left tail serves both sides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from manual_backprop.activations.base import Activation
from manual_backprop.arrays import Array

# ── two tools for the tails ──


def _times_exp(a: Array, v: Array) -> Array:
    """a·exp(−v), v ≥ 0: whole even where exp(−v) is subnormal, and short of digits, by itself."""
    root = np.exp(-v / 2)
    return np.where(v < 700, a * np.exp(-v), a * root * root)


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """a·b as the nearest float64 and its rounding error, exactly (Dekker 1971)."""

    def halves(x: Array) -> tuple[Array, Array]:
        scaled = 134217729.0 * x  # 2²⁷ + 1
        high = scaled - (scaled - x)
        return high, x - high

    (a1, a2), (b1, b2) = halves(a), halves(b)
    product = a * b
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


# ── sigmoid ──


def logistic(p: Array) -> Array:
    """s(p) = 1 / (1 + exp(−p)), without overflow; the building block of half this page."""
    e = np.exp(-np.abs(p))
    return np.maximum(e, p >= 0) / (1 + e)  # 1 or e above, for np.where is slow on mixed signs


def _sigmoid_derivative(p: Array) -> Array:
    e = np.exp(-np.abs(p))
    return e / (1 + e * (2 + e))  # (1 + e)², rounded once; not s·(1 − s), 0 beyond p = 37


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
    E = np.exp(-2 * np.minimum(np.abs(p), 400))
    return 4 * E / (1 + E * (2 + E))  # not 1 − tanh², which is 0 beyond p = 19


tanh = Activation(
    "tanh",
    np.tanh,
    _tanh_derivative,
    pieces=(lambda p, m: 1 - 2 / (m.exp(2 * p) + 1),),
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
    q = np.abs(p)
    return np.where(p < 0, _times_exp(p, q), p) / (1 + np.exp(-q))


def _silu_derivative(p: Array) -> Array:
    q = np.abs(p)
    e = np.exp(-q)
    left = _times_exp(1 - q + e, q) / (1 + e * (2 + e))  # f'(−q); s(1 + p(1 − s)) is 18 ε off
    return np.where(p < 0, left, 1 - left)


silu = Activation(
    "silu",
    _silu,
    _silu_derivative,
    pieces=(lambda p, m: p / (1 + m.exp(-p)),),
    torch="F.silu",
    jax="jax.nn.silu",
)

# ── gelu, exact: f'(p) = Φ(p) + p·φ(p), with Φ(−q) = ½ erfcx(q/√2) exp(−q²/2) in the tails ──

ROOT_HALF = 0.7071067811865476  # √½
PHI_0 = 0.3989422804014327  # φ(0) = 1/√(2π); 1 over np.sqrt(2 * np.pi) is one ulp off


def _erf_of(name: str, t: Array) -> Array:
    """SciPy's function of that name; it has no longdouble one."""
    import scipy.special  # on first use: importing it takes longer than NumPy

    return getattr(scipy.special, name)(t.astype(np.float64, copy=False)).astype(t.dtype)


def _times_bell(a: Array, q: Array) -> Array:
    """a·exp(−q²/2), with the rounding error of q², which the exponential would magnify by q²/2."""
    square, error = _two_product(np.minimum(q, 200), np.minimum(q, 200))
    return _times_exp(a - a * (error / 2), square / 2)


def _gelu(p: Array) -> Array:
    q = np.abs(p)
    middle = p * (0.5 + _erf_of("erf", ROOT_HALF * p) / 2)  # cancels in the left tail
    tail = np.maximum(p, 0) - _times_bell(q * _erf_of("erfcx", ROOT_HALF * q) / 2, q)
    return np.where(q < 0.7, middle, tail)


def _gelu_derivative(p: Array) -> Array:
    q = np.abs(p)
    middle = 0.5 + (_erf_of("erf", ROOT_HALF * p) / 2 + _times_bell(PHI_0 * p, q))
    left = _times_bell(_erf_of("erfcx", ROOT_HALF * q) / 2 - PHI_0 * q, q)  # f'(−q)
    return np.where(q < 0.7, middle, np.where(p < 0, left, 1 - left))


gelu = Activation(
    "gelu",
    _gelu,
    _gelu_derivative,
    pieces=(lambda p, m: p * (1 + m.erf(p / m.sqrt(2))) / 2,),
    torch="F.gelu",
    jax="jax.nn.gelu(…, approximate=False)",
)

# ── gelu_tanh: p·s(v), v = 2u = √(8/π)(p + 0.044715 p³), and v in two floats in the tails ──

LINEAR = 1.5957691216057308, -9.96930880911092e-17  # √(8/π), and what the float leaves out
CUBIC = 0.07135481627260025, -6.175149918155315e-19  # 0.044715 √(8/π), likewise


def _cubic(q: Array) -> tuple[Array, Array, Array]:
    """v(q), its rounding error, and q·v'(q): exp(−v) would turn the error into up to v/2 ε.

    Beyond q = 100 s(v) is 0 or 1, and q³ is spared.
    """
    q = np.minimum(q, 100)
    square, square_error = _two_product(q, q)
    term, error = _two_product(CUBIC[0], square)  # v = q (LINEAR + CUBIC q²)
    factor = LINEAR[0] + term
    back = factor - LINEAR[0]
    error = error + CUBIC[0] * square_error + CUBIC[1] * square + LINEAR[1]
    error = error + (LINEAR[0] - (factor - back)) + (term - back)  # of the sum (Knuth)
    v, v_error = _two_product(factor, q)
    v_error = v_error + error * q
    return v, v_error, v + (2 * q * term + v_error)


def _gelu_tanh(p: Array) -> Array:
    v, error, _ = _cubic(np.abs(p))
    left = _times_exp(p, v) / (1 + (np.exp(-v) + error))  # ½ (1 + tanh u) would cancel
    return np.where(p < 0, left, p / (1 + np.exp(-v)))


def _gelu_tanh_derivative(p: Array) -> Array:
    v, error, q_slope = _cubic(np.abs(p))
    e = np.exp(-v)
    left = _times_exp(1 - q_slope + e, v)  # and over (1 + e)²·(1 + error), to be f'(−q):
    left = left - left * ((e * (2 + e) + error) / (1 + e * (2 + e)))
    return np.where(p < 0, left, 1 - left)


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
    q = np.abs(p)
    w = np.exp(-q)
    left = _times_exp(p, q) * (w + 2) / (w * (w + 2) + 2)
    return np.where(p < 0, left, p * _mish_factor(p))


def _mish_derivative(p: Array) -> Array:
    q = np.abs(p)
    w = np.exp(-q)
    slope = np.where(
        p > 0,
        4 * w * w * (1 + w) / (1 + 2 * w + 2 * w * w) ** 2,
        4 * w * (1 + w) / (w * (w + 2) + 2) ** 2,
    )
    middle = _mish_factor(p) + p * slope  # not T + p·s·(1 − T²)
    above = 1 + p + w * (1.5 + p + w * (1 + w / 4))
    below = 1 + w * (2 + w * (2 + w * (1 + w / 4)))
    return np.where(p > -0.5, middle, _times_exp(above / below, q))  # one fraction in the tail


def _mish_definition(p: Any, m: Any) -> Any:
    w = 1 + m.exp(p)
    return p * (1 - 2 / (w * w + 1))  # tanh(log w) = (w² − 1) / (w² + 1)


mish = Activation(
    "mish",
    _mish,
    _mish_derivative,
    pieces=(_mish_definition,),
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
    pieces=(lambda p, m: p - 1 + 2 / (m.exp(2 * p) + 1),),
    torch="F.tanhshrink",
    jax="p - jnp.tanh(p)",
)

# ── squareplus, b = 4 ──


def _squareplus(p: Array) -> Array:
    root = np.hypot(p, 2)
    return np.where(p < 0, 1 / (root / 2 + np.abs(p) / 2), np.maximum(p, 0) / 2 + root / 2)


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
