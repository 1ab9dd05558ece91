"""PyTorch's `loss.backward()` on a GPU that speaks CUDA.

Products of float32 matrices keep their 24 bits: where a program asked for TF32, whose operands have
11, that is another class of accuracy (`tf32` in `manual_backprop.arithmetic.formats`), so it is
switched off for the call, and on again after it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from conformance.backends.base import (
    EVERYTHING,
    Array,
    Backend,
    Gradients,
    NotEquipped,
    importing,
)


def backend() -> Backend:
    """PyTorch's eager autograd on torch's current CUDA device.

    Raises:
        NotInstalled: if torch is missing, or finds no such device.
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
        W = [tensor(array, "cuda").requires_grad_() for array in weights]
        b = [tensor(array, "cuda").requires_grad_() for array in biases]
        with torch.enable_grad(), full_precision():
            x, y = tensor(inputs, "cuda"), tensor(targets, "cuda")
            mean_loss(W, b, x, y).backward()  # type: ignore[no-untyped-call]
        return gradients(W), gradients(b)

    if not torch.cuda.is_available():
        raise NotEquipped("torch", f"{torch.__version__} finds no CUDA device")
    return Backend("torch_autograd_cuda", "reverse", torch.__version__, backprop, EVERYTHING)


@contextmanager
def full_precision() -> Iterator[None]:
    """Products of float32 matrices in float32; afterwards the host program has its setting back."""
    import torch

    settings = torch.backends.cuda.matmul
    before = settings.fp32_precision
    settings.fp32_precision = "ieee"
    try:
        yield
    finally:
        settings.fp32_precision = before
