"""autograd, the package from which `jax.grad` has its name: `autograd.grad` of the mean loss."""

from collections.abc import Sequence
from importlib.metadata import version

from conformance.backends.base import (
    EVERYTHING,
    Array,
    Backend,
    Gradients,
    importing,
    supported_dtype,
)


def backend() -> Backend:
    """autograd's `grad` on NumPy.

    Raises:
        NotInstalled: if autograd is missing.
    """
    with importing("autograd", extra="peers"):
        import autograd  # type: ignore[import-untyped]
    from conformance.backends.hips_calls import objective

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        supported_dtype(inputs)
        gradient = autograd.grad(objective(activations, loss), argnum=(0, 1))
        by_weights, by_biases = gradient(list(weights), list(biases), inputs, targets)
        return by_weights, by_biases

    return Backend("hips_autograd", "reverse", version("autograd"), backprop, EVERYTHING)
