"""PyTorch as most of its users call it: leaves that require gradients, then `loss.backward()`."""

from collections.abc import Sequence

from conformance.backends.base import EVERYTHING, Array, Backend, Gradients, importing


def backend() -> Backend:
    """PyTorch's eager autograd on the CPU.

    Raises:
        NotInstalled: if torch is missing.
    """
    with importing("torch"):
        import torch
    from conformance.backends.torch_calls import gradients, objective, tensor

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        mean_loss = objective(activations, loss)
        W = [tensor(array).requires_grad_() for array in weights]
        b = [tensor(array).requires_grad_() for array in biases]
        with torch.enable_grad():
            mean_loss(W, b, tensor(inputs), tensor(targets)).backward()  # type: ignore[no-untyped-call]
        return gradients(W), gradients(b)

    return Backend("torch_autograd", "reverse", torch.__version__, backprop, EVERYTHING)
