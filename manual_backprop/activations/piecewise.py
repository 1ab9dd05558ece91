"""Activations with breakpoints, and the polynomials: value, derivative, definition, breakpoints.

The rational ones run on `Fraction`s too, exactly. At a kink the derivative taken is the one that
PyTorch takes; any value between the one-sided derivatives would do (derivation, section 8).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from manual_backprop.activations.base import Activation, Breakpoint
from manual_backprop.arrays import Array, number

ZERO, HALF, ONE = Fraction(0), Fraction(1, 2), Fraction(1)

SELU_ALPHA = Fraction("1.6732632423543772848170429916717")
SELU_LAMBDA = Fraction("1.0507009873554804934193349852946")


def _clip(p: Array, low: Fraction, high: Fraction) -> Array:
    """p where it is between the two, else the nearer one; a `Fraction` stays one."""
    return np.minimum(np.maximum(p, number(low, p)), number(high, p))


# ── identity, square ──

identity = Activation(
    "identity",
    lambda p: p,
    np.ones_like,
    pieces=(lambda p, m: p,),
    rational=True,
    torch="p",
    jax="p",
)

square = Activation(
    "square",
    lambda p: p * p,
    lambda p: 2 * p,
    pieces=(lambda p, m: p * p,),
    rational=True,
    torch="torch.square",
    jax="jnp.square",
)

# ── relu and its kin ──

relu = Activation(
    "relu",
    lambda p: np.maximum(p, 0),
    lambda p: np.where(p > 0, 1, 0),
    pieces=(lambda p, m: 0 * p, lambda p, m: p),
    breakpoints=(Breakpoint(ZERO, left=ZERO, right=ONE),),
    rational=True,
    torch="F.relu",
    jax="jax.nn.relu",
)

leaky_relu = Activation(
    "leaky_relu",
    lambda p: np.where(p > 0, p, p / 100),
    lambda p: np.where(p > 0, 1, number(Fraction(1, 100), p)),
    pieces=(lambda p, m: p / 100, lambda p, m: p),
    breakpoints=(Breakpoint(ZERO, left=Fraction(1, 100), right=ONE),),
    rational=True,
    torch="F.leaky_relu",
    jax="jax.nn.leaky_relu",
)

abs_ = Activation(
    "abs",
    np.abs,
    lambda p: np.where(p > 0, 1, np.where(p < 0, -1, 0)),
    pieces=(lambda p, m: -p, lambda p, m: p),
    breakpoints=(Breakpoint(ZERO, left=-ONE, right=ONE),),
    rational=True,
    torch="torch.abs",
    jax="jnp.abs",
)

relu6 = Activation(
    "relu6",
    lambda p: _clip(p, ZERO, Fraction(6)),
    lambda p: np.where((p > 0) & (p < 6), 1, 0),
    pieces=(lambda p, m: 0 * p, lambda p, m: p, lambda p, m: 0 * p + 6),
    breakpoints=(
        Breakpoint(ZERO, left=ZERO, right=ONE),
        Breakpoint(Fraction(6), left=ONE, right=ZERO),
    ),
    rational=True,
    torch="F.relu6",
    jax="jax.nn.relu6",
)

hardtanh = Activation(
    "hardtanh",
    lambda p: _clip(p, -ONE, ONE),
    lambda p: np.where((p > -1) & (p < 1), 1, 0),
    pieces=(lambda p, m: 0 * p - 1, lambda p, m: p, lambda p, m: 0 * p + 1),
    breakpoints=(
        Breakpoint(-ONE, left=ZERO, right=ONE),
        Breakpoint(ONE, left=ONE, right=ZERO),
    ),
    rational=True,
    torch="F.hardtanh",
    jax="jax.nn.hard_tanh",
)

softshrink = Activation(
    "softshrink",
    lambda p: p - _clip(p, -HALF, HALF),
    lambda p: np.where(np.abs(p) > number(HALF, p), 1, 0),
    pieces=(lambda p, m: (2 * p + 1) / 2, lambda p, m: 0 * p, lambda p, m: (2 * p - 1) / 2),
    breakpoints=(
        Breakpoint(-HALF, left=ONE, right=ZERO),
        Breakpoint(HALF, left=ZERO, right=ONE),
    ),
    rational=True,
    torch="F.softshrink",
    jax="jnp.sign(p) * jnp.maximum(jnp.abs(p) - 0.5, 0)",
)

# ── hard_sigmoid, hard_swish: comparing p itself, since p + 3 rounds onto the kink ──


def _ramp(p: Array) -> Array:
    return _clip(p + 3, ZERO, Fraction(6)) / 6


hard_sigmoid = Activation(
    "hard_sigmoid",
    _ramp,
    lambda p: np.where((p > -3) & (p < 3), number(Fraction(1, 6), p), 0),
    pieces=(lambda p, m: 0 * p, lambda p, m: (p + 3) / 6, lambda p, m: 0 * p + 1),
    breakpoints=(
        Breakpoint(Fraction(-3), left=ZERO, right=Fraction(1, 6)),
        Breakpoint(Fraction(3), left=Fraction(1, 6), right=ZERO),
    ),
    rational=True,
    torch="F.hardsigmoid",
    jax="jax.nn.hard_sigmoid",
)

hard_swish = Activation(
    "hard_swish",
    lambda p: p * _ramp(p),
    lambda p: np.where(
        p <= -3, 0, np.where(p >= 3, 1, (2 * _clip(p, Fraction(-3), Fraction(3)) + 3) / 6)
    ),
    pieces=(lambda p, m: 0 * p, lambda p, m: p * (p + 3) / 6, lambda p, m: p),
    breakpoints=(
        Breakpoint(Fraction(-3), left=ZERO, right=-HALF),
        Breakpoint(Fraction(3), left=Fraction(3, 2), right=ONE),
    ),
    rational=True,
    torch="F.hardswish",
    jax="jax.nn.hard_swish",
)

# ── elu, celu, selu: α·exp as derivative, never f + α, which cancels ──


def _elu(p: Array) -> Array:
    return np.where(p > 0, p, np.expm1(np.minimum(p, 0)))


def _elu_derivative(p: Array) -> Array:
    return np.exp(np.minimum(p, 0))


elu = Activation(
    "elu",
    _elu,
    _elu_derivative,
    pieces=(lambda p, m: m.exp(p) - 1, lambda p, m: p),
    breakpoints=(Breakpoint(ZERO, left=ONE, right=ONE),),
    torch="F.elu",
    jax="jax.nn.elu",
)

celu = Activation(
    "celu",
    _elu,
    _elu_derivative,
    pieces=(lambda p, m: m.exp(p) - 1, lambda p, m: p),
    breakpoints=(Breakpoint(ZERO, left=ONE, right=ONE),),
    torch="F.celu",
    jax="jax.nn.celu",
)


def _selu(p: Array) -> Array:
    scale, tail = number(SELU_LAMBDA, p), number(SELU_LAMBDA * SELU_ALPHA, p)
    return np.where(p > 0, scale * p, tail * np.expm1(np.minimum(p, 0)))


def _selu_derivative(p: Array) -> Array:
    scale, tail = number(SELU_LAMBDA, p), number(SELU_LAMBDA * SELU_ALPHA, p)
    return np.where(p > 0, scale, tail * np.exp(np.minimum(p, 0)))


def _times(q: Fraction, p: object) -> object:
    """q·p in the arithmetic of p, which may know whole numbers alone."""
    return p * q.numerator / q.denominator  # type: ignore[operator]


selu = Activation(
    "selu",
    _selu,
    _selu_derivative,
    pieces=(
        lambda p, m: _times(SELU_LAMBDA * SELU_ALPHA, m.exp(p) - 1),
        lambda p, m: _times(SELU_LAMBDA, p),
    ),
    breakpoints=(Breakpoint(ZERO, left=SELU_LAMBDA * SELU_ALPHA, right=SELU_LAMBDA),),
    torch="F.selu",
    jax="jax.nn.selu",
)

# ── softsign: one formula on each side of 0, but no kink ──


def _softsign_derivative(p: Array) -> Array:
    ratio = 1 / (1 + np.abs(p))
    return ratio * ratio  # not 1/d − p/d², and no overflow of d²


softsign = Activation(
    "softsign",
    lambda p: p / (1 + np.abs(p)),
    _softsign_derivative,
    pieces=(lambda p, m: p / (1 - p), lambda p, m: p / (1 + p)),
    breakpoints=(Breakpoint(ZERO, left=ONE, right=ONE),),
    rational=True,
    torch="F.softsign",
    jax="jax.nn.soft_sign",
)
