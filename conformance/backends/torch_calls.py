"""The names of the catalogue in PyTorch's words, and a network written as its users write one.

Where torch has a call, the table gives that call, its defaults and its habits included. The
comments say what it does otherwise than the definition, and what stands for a call that torch does
not have.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

from conformance.backends.base import Array, importing, supported, supported_dtype

with importing("torch"):
    import torch
    import torch.nn.functional as F
    from torch import Tensor

Tensors = list[Tensor]
Objective = Callable[[Tensors, Tensors, Tensor, Tensor], Tensor]


def _squareplus(p: Tensor) -> Tensor:
    """½(p + √(p² + 4)), with hypot, which does not overflow for large |p|; no call has it."""
    return 0.5 * (p + torch.hypot(p, p.new_tensor(2.0)))


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda p: p,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "celu": F.celu,
    "selu": F.selu,
    "softplus": F.softplus,  # departs: the identity from p > 20 (its default threshold)
    "log_sigmoid": F.logsigmoid,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "softsign": F.softsign,
    "tanhshrink": F.tanhshrink,
    "softshrink": F.softshrink,
    "hardtanh": F.hardtanh,
    "relu6": F.relu6,
    "hard_sigmoid": F.hardsigmoid,
    "hard_swish": F.hardswish,
    "abs": torch.abs,
    "square": torch.square,
    "exp": torch.exp,
    "sin": torch.sin,
    "squareplus": _squareplus,
}


def _log_cosh(x: Tensor, y: Tensor) -> Tensor:
    """The definition, log cosh d, as log(e^d + e^−d) − log 2: no overflow; torch has no call."""
    d = x - y
    return torch.logaddexp(d, -d) - math.log(2.0)


def _hinge(x: Tensor, y: Tensor) -> Tensor:
    """max(0, 1 − y·x); torch's hinge_embedding_loss is another function."""
    return torch.clamp(1 - y * x, min=0)


def _over_outputs(
    elementwise: Callable[[Tensor, Tensor], Tensor],
) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of each sample, shape (S,), from the losses of its outputs, shape (S, n_out)."""
    return lambda x, y: elementwise(x, y).sum(dim=1)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "half_squared_error": _over_outputs(lambda x, y: 0.5 * F.mse_loss(x, y, reduction="none")),
    "squared_error": _over_outputs(partial(F.mse_loss, reduction="none")),
    "absolute_error": _over_outputs(partial(F.l1_loss, reduction="none")),
    "huber": _over_outputs(partial(F.huber_loss, reduction="none")),
    "log_cosh": _over_outputs(_log_cosh),
    "binary_cross_entropy_with_logits": _over_outputs(
        partial(F.binary_cross_entropy_with_logits, reduction="none")
    ),
    "softmax_cross_entropy": partial(F.cross_entropy, reduction="none"),
    "poisson": _over_outputs(partial(F.poisson_nll_loss, log_input=True, reduction="none")),
    "hinge": _over_outputs(_hinge),
    "identity_sum": _over_outputs(lambda x, y: x),
}


def objective(activations: Sequence[str], loss: str) -> Objective:
    """The mean loss over the samples, (1.1) and (1.2), of weights, biases, inputs and targets.

    Raises:
        NotImplementedError: if an activation or the loss is not in the tables.
    """
    layers = [supported("activation", name, ACTIVATIONS) for name in activations]
    loss_of_samples = supported("loss", loss, LOSSES)

    def mean_loss(weights: Tensors, biases: Tensors, inputs: Tensor, targets: Tensor) -> Tensor:
        x = inputs
        for W, b, f in zip(weights, biases, layers, strict=True):
            x = f(F.linear(x, W, b))
        return loss_of_samples(x, targets).mean()

    return mean_loss


def tensor(array: Array, device: str = "cpu") -> Tensor:
    """A copy of the array on the device: nothing that torch does can change the caller's.

    `torch.from_numpy` is 2 µs faster; it shares memory, and warns of arrays that are not writable.
    """
    supported_dtype(array)
    return torch.tensor(array, device=device)


def arrays(tensors: Sequence[Tensor]) -> list[Array]:
    """The tensors, of whatever device, as NumPy arrays."""
    return [tensor.cpu().numpy() for tensor in tensors]


def gradients(leaves: Sequence[Tensor]) -> list[Array]:
    """What `backward()` has left in the leaves, as NumPy arrays."""
    return arrays([leaf.grad for leaf in leaves if leaf.grad is not None])
