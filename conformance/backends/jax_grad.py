"""JAX as it is first met: `jax.grad` of the mean loss, evaluated operation by operation."""

from collections.abc import Sequence

from conformance.backends.base import (
    EVERYTHING,
    Array,
    Backend,
    Gradients,
    importing,
    supported_dtype,
)


def backend() -> Backend:
    """JAX's eager `jax.grad` on jax's default device.

    Raises:
        NotInstalled: if jax is missing.
    """
    with importing("jax"):
        import jax
        import jax.numpy as jnp
    from conformance.backends.jax_calls import arrays, objective
    from conformance.backends.jax_setup import prepare, scope

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        gradient = jax.grad(objective(activations, loss), argnums=(0, 1))
        with scope(supported_dtype(inputs)):
            W = [jnp.array(array) for array in weights]
            b = [jnp.array(array) for array in biases]
            by_weights, by_biases = gradient(W, b, jnp.array(inputs), jnp.array(targets))
            return arrays(by_weights), arrays(by_biases)

    prepare()
    return Backend("jax_grad", "reverse", jax.__version__, backprop, EVERYTHING)
