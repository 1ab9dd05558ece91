"""PyTorch as it is compiled: `torch.compile` of the mean loss, then `loss.backward()`.

The compiler is inductor, torch's default, which writes C++ for the forward and the backward pass
with formulas of its own; `aot_eager`, which compiles in a tenth of a second, would run the same
kernels as `torch_autograd` again. Each architecture takes 1–3.5 s to compile, the first 15 s (two
cores, g++ 12), and 0.07 s where inductor's cache on disk, shared with the user's other programs,
has it already. A call then takes 0.6 ms.
"""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from conformance.backends.base import (
    EVERYTHING,
    Array,
    Backend,
    Gradients,
    NotEquipped,
    importing,
)


def backend() -> Backend:
    """PyTorch's `torch.compile`, by inductor, on the CPU.

    Raises:
        NotInstalled: if torch is missing, or the C++ compiler that inductor calls.
    """
    with importing("torch"):
        import torch
    from conformance.backends.torch_calls import gradients, objective, tensor

    @cache
    def compiled(activations: tuple[str, ...], loss: str) -> Callable[..., Any]:
        return torch.compile(objective(activations, loss), fullgraph=True, dynamic=False)

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        mean_loss = compiled(tuple(activations), loss)
        W = [tensor(array).requires_grad_() for array in weights]
        b = [tensor(array).requires_grad_() for array in biases]
        with torch.enable_grad(), scope():
            mean_loss(W, b, tensor(inputs), tensor(targets)).backward()
        return gradients(W), gradients(b)

    if not shutil.which(compiler := os.environ.get("CXX", "g++")):
        raise NotEquipped("torch", f"torch.compile needs a C++ compiler, and finds no {compiler}")
    return Backend("torch_compile", "reverse", torch.__version__, backprop, EVERYTHING)


@contextmanager
def scope() -> Iterator[None]:
    """The settings of one call: as many architectures as there are, and no word of torch's own.

    All objectives are one piece of code to torch, which would give up after eight of them. Parts of
    torch that inductor loads call functions that torch has deprecated.
    """
    import torch

    limits = {"recompile_limit": 2**30, "accumulated_recompile_limit": 2**30}
    with warnings.catch_warnings(), torch._dynamo.config.patch(limits):
        warnings.filterwarnings("ignore", module="torch")
        yield
