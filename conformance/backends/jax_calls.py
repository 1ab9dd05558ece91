"""The names of the catalogue in JAX's words, and a network written as its users write one.

Where jax has a call, the table gives that call, its defaults and its habits included. The comments
say what it does otherwise than the definition, and what stands for a call that jax does not have.
jax itself has no losses; these are optax's formulas, huber's apart.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from conformance.backends.base import Array, importing, supported

with importing("jax"):
    import jax
    import jax.numpy as jnp

Arrays = list[jax.Array]
Objective = Callable[[Arrays, Arrays, jax.Array, jax.Array], jax.Array]


def _tanhshrink(p: jax.Array) -> jax.Array:
    """The definition, p − tanh p; jax has no call for it."""
    return p - jnp.tanh(p)


def _softshrink(p: jax.Array) -> jax.Array:
    """sign(p)·max(|p| − ½, 0), the soft threshold; jax has no call for it."""
    return jnp.sign(p) * jnp.maximum(jnp.abs(p) - 0.5, 0)


ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "identity": jax.nn.identity,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "celu": jax.nn.celu,
    "selu": jax.nn.selu,
    "softplus": jax.nn.softplus,
    "log_sigmoid": jax.nn.log_sigmoid,
    "gelu": partial(jax.nn.gelu, approximate=False),
    "gelu_tanh": partial(jax.nn.gelu, approximate=True),
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
    "softsign": jax.nn.soft_sign,
    "tanhshrink": _tanhshrink,
    "softshrink": _softshrink,
    "hardtanh": jax.nn.hard_tanh,
    "relu6": jax.nn.relu6,
    "hard_sigmoid": jax.nn.hard_sigmoid,
    "hard_swish": jax.nn.hard_swish,
    "abs": jnp.abs,
    "square": jnp.square,
    "exp": jnp.exp,
    "sin": jnp.sin,
    "squareplus": jax.nn.squareplus,
}


def _huber(x: jax.Array, y: jax.Array) -> jax.Array:
    """½d², or |d| − ½ beyond 1.

    Not optax's ½q² + (|d| − q) with q = min(|d|, 1): its gradient, (q − 1) + 1, is u off for any d.
    """
    d = x - y
    return jnp.where(jnp.abs(d) <= 1, 0.5 * jnp.square(d), jnp.abs(d) - 0.5)


def _log_cosh(x: jax.Array, y: jax.Array) -> jax.Array:
    """The definition, log cosh d, as log(e^d + e^−d) − log 2: it does not overflow."""
    d = x - y
    return jnp.logaddexp(d, -d) - math.log(2.0)


def _binary_cross_entropy(x: jax.Array, y: jax.Array) -> jax.Array:
    """−y·log s(x) − (1 − y)·log s(−x), with 1 − s(x) = s(−x)."""
    return -y * jax.nn.log_sigmoid(x) - (1 - y) * jax.nn.log_sigmoid(-x)


def _hinge(x: jax.Array, y: jax.Array) -> jax.Array:
    """max(0, 1 − y·x)."""
    return jnp.maximum(0, 1 - y * x)


LOSSES: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "half_squared_error": lambda x, y: 0.5 * jnp.square(x - y),
    "squared_error": lambda x, y: jnp.square(x - y),
    "absolute_error": lambda x, y: jnp.abs(x - y),
    "huber": _huber,
    "log_cosh": _log_cosh,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "softmax_cross_entropy": lambda x, y: -y * jax.nn.log_softmax(x),
    "poisson": lambda x, y: jnp.exp(x) - y * x,
    "hinge": _hinge,
    "identity_sum": lambda x, y: x,
}


def objective(activations: Sequence[str], loss: str) -> Objective:
    """The mean loss over the samples, (1.1) and (1.2), of weights, biases, inputs and targets.

    Raises:
        NotImplementedError: if an activation or the loss is not in the tables.
    """
    layers = [supported("activation", name, ACTIVATIONS) for name in activations]
    loss_of_outputs = supported("loss", loss, LOSSES)

    def mean_loss(
        weights: Arrays, biases: Arrays, inputs: jax.Array, targets: jax.Array
    ) -> jax.Array:
        x = inputs
        for W, b, f in zip(weights, biases, layers, strict=True):
            x = f(x @ W.T + b)
        return loss_of_outputs(x, targets).sum(axis=1).mean()

    return mean_loss


def arrays(gradients: Sequence[jax.Array]) -> list[Array]:
    """The gradients as NumPy arrays; copies, since a view of jax's memory is read-only."""
    return [np.array(gradient) for gradient in gradients]
