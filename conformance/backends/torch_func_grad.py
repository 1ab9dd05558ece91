"""PyTorch's functional transform: `torch.func.grad` of the mean loss."""

from collections.abc import Sequence

from conformance.backends.base import EVERYTHING, Array, Backend, Gradients, importing


def backend() -> Backend:
    """PyTorch's `torch.func.grad` on the CPU.

    Raises:
        NotInstalled: if torch is missing.
    """
    with importing("torch"):
        import torch
    from conformance.backends.torch_calls import arrays, objective, tensor

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        gradient = torch.func.grad(objective(activations, loss), argnums=(0, 1))
        W = [tensor(array) for array in weights]
        b = [tensor(array) for array in biases]
        with torch.enable_grad():
            by_weights, by_biases = gradient(W, b, tensor(inputs), tensor(targets))
        return arrays(by_weights), arrays(by_biases)

    return Backend("torch_func_grad", "reverse", torch.__version__, backprop, EVERYTHING)
