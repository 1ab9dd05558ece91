"""The catalogue of losses: L(x | y) of one sample, and ∇L in the outputs x = x^(N).

Every loss but one is a sum over the outputs of a function of one number t, for example t = x − y;
its definition is that function, piece by piece, like an activation's. softmax_cross_entropy
couples the outputs and is defined as a whole. Samples are rows: values have shape (S,).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from manual_backprop.activations.base import Breakpoint
from manual_backprop.activations.smooth import logistic
from manual_backprop.arrays import Array, in_working_precision, number
from manual_backprop.names import entry, nearest

TargetDomain = Literal["real", "unit interval", "distribution", "sign"]


@dataclass(frozen=True)
class Loss:
    """A scalar function of one sample's outputs, with its gradient there.

    Your own needs a name, the value and the gradient on rows of samples; the rest serves the
    catalogue.

    Attributes:
        name: what a problem calls it.
        f: (x, y) ↦ L, arrays of shape (S, l_N) to shape (S,).
        df: (x, y) ↦ ∇L, shape (S, l_N).
        argument: (x, y) ↦ t, the number that one output contributes through.
        pieces: the definition, (t, y, m) ↦ that output's term, between the breakpoints in t.
        breakpoints: where one piece ends and the next begins, ascending in t.
        whole: the definition (x, y, m) ↦ L on lists, where the outputs are coupled.
        targets: what y may be: any real, in [0, 1], ≥ 0 with rows that sum to 1, or ±1.
        rational: whether f and df map `Fraction`s to `Fraction`s.
        torch: the framework call that it equals, as its users write it, summed over outputs.
        jax: likewise.
    """

    name: str
    f: Callable[[Array, Array], Array]
    df: Callable[[Array, Array], Array]
    argument: Callable[[Any, Any], Any] | None = None
    pieces: tuple[Callable[[Any, Any, Any], Any], ...] = ()
    breakpoints: tuple[Breakpoint, ...] = ()
    whole: Callable[[Any, Any, Any], Any] | None = None
    targets: TargetDomain = "real"
    rational: bool = False
    torch: str = ""
    jax: str = ""

    def value(self, x: Array, y: Array) -> Array:
        """L(x | y), one number per sample, shape (S,), in the dtype of x."""
        what = f"values of loss {self.name!r}"
        return in_working_precision(self.f, x, y, shape=x.shape[:-1], what=what)

    def gradient(self, x: Array, y: Array) -> Array:
        """∇L(x | y), shape (S, l_N), in the dtype of x. Kink: one value of the hull."""
        what = f"gradients of loss {self.name!r}"
        return in_working_precision(self.df, x, y, shape=x.shape, what=what)


def _sum_over_outputs(term: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    return lambda x, y: np.sum(term(x, y), axis=-1)


half_squared_error = Loss(
    "half_squared_error",
    _sum_over_outputs(lambda x, y: (x - y) ** 2 / 2),
    lambda x, y: x - y,
    argument=lambda x, y: x - y,
    pieces=(lambda t, y, m: t * t / 2,),
    rational=True,
    torch='F.mse_loss(x, y, reduction="none") / 2',
    jax="jnp.square(x - y) / 2",
)

squared_error = Loss(
    "squared_error",
    _sum_over_outputs(lambda x, y: (x - y) ** 2),
    lambda x, y: 2 * (x - y),
    argument=lambda x, y: x - y,
    pieces=(lambda t, y, m: t * t,),
    rational=True,
    torch='F.mse_loss(x, y, reduction="none")',
    jax="jnp.square(x - y)",
)

# ── absolute_error: kink at x = y ──

absolute_error = Loss(
    "absolute_error",
    _sum_over_outputs(lambda x, y: np.abs(x - y)),
    lambda x, y: np.where(x > y, 1, np.where(x < y, -1, 0)),
    argument=lambda x, y: x - y,
    pieces=(lambda t, y, m: -t, lambda t, y, m: t),
    breakpoints=(Breakpoint(Fraction(0), left=Fraction(-1), right=Fraction(1)),),
    rational=True,
    torch='F.l1_loss(x, y, reduction="none")',
    jax="jnp.abs(x - y)",
)

# ── huber, δ = 1 ──


def _huber_term(x: Array, y: Array) -> Array:
    size = np.abs(x - y)
    near = np.minimum(size, number(Fraction(1), size))
    return near * near / 2 + (size - near)


huber = Loss(
    "huber",
    _sum_over_outputs(_huber_term),
    lambda x, y: np.minimum(np.maximum(x - y, -1), 1),
    argument=lambda x, y: x - y,
    pieces=(
        lambda t, y, m: (-2 * t - 1) / 2,
        lambda t, y, m: t * t / 2,
        lambda t, y, m: (2 * t - 1) / 2,
    ),
    breakpoints=(
        Breakpoint(Fraction(-1), left=Fraction(-1), right=Fraction(-1)),
        Breakpoint(Fraction(1), left=Fraction(1), right=Fraction(1)),
    ),
    rational=True,
    torch='F.huber_loss(x, y, reduction="none")',
    jax="jnp.where(jnp.abs(d) < 1, d * d / 2, jnp.abs(d) - 0.5), d = x - y",
)

# ── log_cosh ──


def _log_cosh_term(x: Array, y: Array) -> Array:
    size = np.abs(x - y)
    near = np.log1p(2 * np.sinh(np.minimum(size, 1) / 2) ** 2)
    far = size + np.log1p(np.exp(-2 * np.minimum(size, 400))) - np.log(2.0)
    return np.where(size < 1, near, far)


log_cosh = Loss(
    "log_cosh",
    _sum_over_outputs(_log_cosh_term),  # not log(cosh t), which overflows
    lambda x, y: np.tanh(x - y),
    argument=lambda x, y: x - y,
    pieces=(lambda t, y, m: m.log((m.exp(t) + m.exp(-t)) / 2),),
    torch="d + F.softplus(-2 * d) - math.log(2), d = x - y",
    jax="d + jax.nn.softplus(-2 * d) - jnp.log(2), d = x - y",
)

# ── binary_cross_entropy_with_logits: x is the logit, y in [0, 1] the probability ──


def _bce_term(x: Array, y: Array) -> Array:
    return np.maximum(x, 0) - y * x + np.log1p(np.exp(-np.abs(x)))


def _bce_gradient(x: Array, y: Array) -> Array:
    return (1 - y) * logistic(x) - y * logistic(-x)  # not s(x) − y, which cancels


binary_cross_entropy_with_logits = Loss(
    "binary_cross_entropy_with_logits",
    _sum_over_outputs(_bce_term),
    _bce_gradient,
    argument=lambda x, y: x,
    pieces=(lambda t, y, m: m.log(1 + m.exp(t)) - y * t,),
    targets="unit interval",
    torch='F.binary_cross_entropy_with_logits(x, y, reduction="none")',
    jax="jax.nn.softplus(x) - y * x",
)

# ── softmax_cross_entropy: −Σ y_i log softmax_i ──


def _sum_of_others(a: Array) -> Array:
    """Σ_{j≠i} a_j for each i, by sums from both ends: subtracting a_i from Σ a would cancel."""
    before = np.cumsum(a, axis=-1) - a
    before[..., 1:] = np.cumsum(a, axis=-1)[..., :-1]
    after = np.zeros_like(a)
    after[..., :-1] = np.cumsum(a[..., :0:-1], axis=-1)[..., ::-1]
    return before + after


def _softmax_loss(x: Array, y: Array) -> Array:
    shifted = x - np.max(x, axis=-1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    return np.sum(y * (log_sum - shifted), axis=-1)


def _softmax_gradient(x: Array, y: Array) -> Array:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    p = e / np.sum(e, axis=-1, keepdims=True)
    return p * _sum_of_others(y) - y * _sum_of_others(p)  # p − y with Σy = 1, uncancelled


softmax_cross_entropy = Loss(
    "softmax_cross_entropy",
    _softmax_loss,
    _softmax_gradient,
    whole=lambda x, y, m: (
        sum(y) * m.log(sum(m.exp(z) for z in x)) - sum(t * z for t, z in zip(y, x, strict=True))
    ),
    targets="distribution",
    torch='F.cross_entropy(x, y, reduction="none")',
    jax="-jnp.sum(y * jax.nn.log_softmax(x), axis=-1)",
)

# ── poisson: x is the logarithm of the rate ──

poisson = Loss(
    "poisson",
    _sum_over_outputs(lambda x, y: np.exp(x) - y * x),
    lambda x, y: np.exp(x) - y,
    argument=lambda x, y: x,
    pieces=(lambda t, y, m: m.exp(t) - y * t,),
    torch='F.poisson_nll_loss(x, y, log_input=True, reduction="none")',
    jax="jnp.exp(x) - y * x",
)

# ── hinge: y = ±1, kink at y·x = 1 ──

hinge = Loss(
    "hinge",
    _sum_over_outputs(lambda x, y: np.maximum(1 - y * x, 0)),
    lambda x, y: np.where(y * x < 1, -y, 0),
    argument=lambda x, y: 1 - y * x,
    pieces=(lambda t, y, m: 0 * t, lambda t, y, m: t),
    breakpoints=(Breakpoint(Fraction(0), left=Fraction(0), right=Fraction(1)),),
    targets="sign",
    rational=True,
    torch="F.relu(1 - y * x)",
    jax="jax.nn.relu(1 - y * x)",
)

identity_sum = Loss(
    "identity_sum",
    _sum_over_outputs(lambda x, y: x),
    lambda x, y: np.ones_like(x),
    argument=lambda x, y: x,
    pieces=(lambda t, y, m: t,),
    rational=True,
    torch="x",
    jax="x",
)

LOSSES: dict[str, Loss] = {
    each.name: each
    for each in (
        half_squared_error,
        squared_error,
        absolute_error,
        huber,
        log_cosh,
        binary_cross_entropy_with_logits,
        softmax_cross_entropy,
        poisson,
        hinge,
        identity_sum,
    )
}


def loss(name: str | Loss) -> Loss:
    """The loss of that name, or the one handed over.

    Raises:
        ValueError: if there is none; the message names the nearest.

    >>> loss("half_squared_error").gradient(np.array([[3.0]]), np.array([[1.0]]))
    array([[2.]])
    """
    return name if isinstance(name, Loss) else entry(LOSSES, name, "loss")


def check_targets(targets: Array, loss: Loss) -> None:
    """Raise ValueError, naming the first place, if a target is outside what the loss takes.

    >>> check_targets(np.array([[0.5, 2.0]]), binary_cross_entropy_with_logits)
    Traceback (most recent call last):
        ...
    ValueError: targets[0][1]: 2.0; binary_cross_entropy_with_logits takes targets in [0, 1]
    """
    for place, message in target_faults(targets, loss):
        raise ValueError(f"targets{''.join(f'[{index}]' for index in place)}: {message}")


def target_faults(targets: Array, loss: Loss) -> Iterator[tuple[tuple[int, ...], str]]:
    """Every target outside what the loss takes: its place, and what is wrong with it.

    >>> list(target_faults(np.array([[0.5, 0.25]]), softmax_cross_entropy))
    [((0,), 'the row sums to 0.75, -0.25 off; softmax_cross_entropy takes targets ≥ 0 whose rows \
sum to 1 exactly, as k/2ⁿ entries can')]
    """
    if loss.targets not in ALLOWED:
        known = nearest(loss.targets, list(ALLOWED))
        raise ValueError(f"loss {loss.name!r} takes unknown targets {loss.targets!r}: {known}")
    allowed = np.broadcast_to(ALLOWED[loss.targets](targets), targets.shape)
    takes = f"{loss.name} takes {DOMAIN_WORDS[loss.targets]}"
    for i, j in np.argwhere(~allowed).tolist():
        yield (i, j), f"{targets[i, j]}; {takes}"
    if loss.targets == "distribution":
        for i in np.flatnonzero(allowed.all(axis=1)).tolist():
            off = _sum_less_one(targets[i])
            if off:
                yield (i,), f"the row sums to {float(off + 1)!r}, {float(off):+.3g} off; {takes}"


ALLOWED: dict[TargetDomain, Callable[[Array], Array]] = {
    "real": lambda y: True,
    "unit interval": lambda y: (y >= 0) & (y <= 1),
    "distribution": lambda y: y >= 0,
    "sign": lambda y: (y == 1) | (y == -1),
}
"""Which entries a domain admits, by entry."""

DOMAIN_WORDS: dict[TargetDomain, str] = {
    "real": "any numbers",
    "unit interval": "targets in [0, 1]",
    "distribution": "targets ≥ 0 whose rows sum to 1 exactly, as k/2ⁿ entries can",
    "sign": "targets 1 or -1",
}


def _sum_less_one(row: Array) -> float | Fraction:
    """Σ y − 1: zero if and only if the exact sum is 1."""
    if row.dtype in (np.float16, np.float32, np.float64):
        return math.fsum([*row.tolist(), -1.0])  # rounded once, so 0 only where it is 0
    return sum((Fraction(*each.as_integer_ratio()) for each in row), Fraction(-1))
