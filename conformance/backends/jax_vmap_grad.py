"""JAX sample by sample: `jax.vmap` of `jax.grad` of one sample's loss, then the mean; compiled."""

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
    """JAX's per-sample gradients, `jax.vmap(jax.grad(...))`, averaged, on jax's default device.

    Raises:
        NotInstalled: if jax is missing.
    """
    with importing("jax"):
        import jax
    from conformance.backends.jax_calls import arrays, objective
    from conformance.backends.jax_setup import prepare, scope

    @cache
    def compiled(activations: tuple[str, ...], loss: str) -> Callable[..., Any]:
        mean_loss = objective(activations, loss)

        def of_sample(W: Any, b: Any, x: jax.Array, y: jax.Array) -> jax.Array:
            return mean_loss(W, b, x[None], y[None])

        of_samples = jax.vmap(jax.grad(of_sample, argnums=(0, 1)), in_axes=(None, None, 0, 0))

        def mean(*arguments: Any) -> Any:
            return jax.tree.map(lambda each: each.mean(axis=0), of_samples(*arguments))

        return jax.jit(mean)

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
            by_weights, by_biases = gradient(list(weights), list(biases), inputs, targets)
            return arrays(by_weights), arrays(by_biases)

    prepare()
    return Backend("jax_vmap_grad", "reverse", jax.__version__, backprop, EVERYTHING)
