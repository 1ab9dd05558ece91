"""JAX as it is used: `jax.jit` of `jax.grad` of the mean loss, compiled once an architecture."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from conformance.backends.base import (
    EVERYTHING,
    Array,
    Backend,
    Gradients,
    importing,
    supported_dtype,
)


def backend() -> Backend:
    """JAX's compiled `jax.jit(jax.grad(...))` on jax's default device.

    Raises:
        NotInstalled: if jax is missing.
    """
    with importing("jax"):
        import jax
    from conformance.backends.jax_calls import arrays, objective
    from conformance.backends.jax_setup import prepare, scope

    @cache
    def compiled(activations: tuple[str, ...], loss: str) -> Callable[..., Any]:
        return jax.jit(jax.grad(objective(activations, loss), argnums=(0, 1)))

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        gradient = compiled(tuple(activations), loss)
        with scope(supported_dtype(inputs)):
            # NumPy arrays go straight in: conversions one by one cost three times the call.
            by_weights, by_biases = gradient(list(weights), list(biases), inputs, targets)
            return arrays(by_weights), arrays(by_biases)

    prepare()
    return Backend("jax_grad_jit", "reverse", jax.__version__, backprop, EVERYTHING)
