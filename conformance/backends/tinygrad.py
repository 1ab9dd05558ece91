"""tinygrad: `Tensor.backward` of the mean loss, run by its own interpreter of operations.

The interpreter, the device PYTHON, needs nothing else and gives the same results everywhere; the
compiled CPU device needs clang. Where the environment's DEV names a device, as tinygrad's users set
it, that one is judged. A new architecture takes 0.1–0.9 s, a call after it 0.01–0.2 s.

Known to be wrong in 0.14.0, left to be found, and mended since:

- elu has the slope 0 at 0 and right below it, celu ½ and 1½ right beside 0; elu, celu and selu have
  nan where exp overflows (https://github.com/tinygrad/tinygrad/pull/17852).
- relu6 is relu(p) − relu(p − 6), hard_sigmoid and hard_swish likewise. Where they are flat their
  slope is a rounding error in float32, and where p + 6 rounds to p their value is 0
  (https://github.com/tinygrad/tinygrad/pull/18028, https://github.com/tinygrad/tinygrad/pull/18063).
"""

import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from conformance.backends.base import (
    EVERYTHING,
    Array,
    Backend,
    Gradients,
    importing,
    supported,
    supported_dtype,
)

if TYPE_CHECKING:
    from tinygrad.tensor import Tensor


def _selu(p: "Tensor") -> "Tensor":
    """With the constants of the definition; the call's own are rounded to six digits."""
    return p.selu(1.6732632423543772, 1.0507009873554805)


ACTIVATIONS: dict[str, Callable[["Tensor"], "Tensor"]] = {
    "identity": lambda p: p,
    "sigmoid": lambda p: p.sigmoid(),
    "tanh": lambda p: p.tanh(),
    "relu": lambda p: p.relu(),
    "leaky_relu": lambda p: p.leaky_relu(),
    "elu": lambda p: p.elu(),
    "celu": lambda p: p.celu(),
    "selu": _selu,
    "softplus": lambda p: p.softplus(),
    "log_sigmoid": lambda p: p.logsigmoid(),
    "gelu": lambda p: p.gelu("none"),
    "gelu_tanh": lambda p: p.gelu("tanh"),
    "silu": lambda p: p.silu(),
    "mish": lambda p: p.mish(),
    "softsign": lambda p: p.softsign(),
    "tanhshrink": lambda p: p - p.tanh(),
    "softshrink": lambda p: p.sign() * (p.abs() - 0.5).relu(),
    "hardtanh": lambda p: p.hardtanh(),
    "relu6": lambda p: p.relu6(),
    "hard_sigmoid": lambda p: p.hardsigmoid(),
    "hard_swish": lambda p: p.hardswish(),
    "abs": lambda p: p.abs(),
    "square": lambda p: p.square(),
    "exp": lambda p: p.exp(),
    "sin": lambda p: p.sin(),
    "squareplus": lambda p: 0.5 * (p + (p.square() + 4).sqrt()),
}


def _huber(x: "Tensor", y: "Tensor") -> "Tensor":
    """½d², or |d| − ½ beyond 1; tinygrad has no call for it."""
    d = x - y
    return (d.abs() <= 1).where(0.5 * d.square(), d.abs() - 0.5)


LOSSES: dict[str, Callable[["Tensor", "Tensor"], "Tensor"]] = {
    "half_squared_error": lambda x, y: 0.5 * (x - y).square(),
    "squared_error": lambda x, y: (x - y).square(),
    "absolute_error": lambda x, y: (x - y).abs(),
    "huber": _huber,
    "log_cosh": lambda x, y: (x - y).logaddexp(y - x) - np.log(2.0),
    "binary_cross_entropy_with_logits": lambda x, y: x.binary_crossentropy_logits(y, "none"),
    "softmax_cross_entropy": lambda x, y: x.cross_entropy(y, "none").unsqueeze(1),
    "poisson": lambda x, y: x.exp() - y * x,
    "hinge": lambda x, y: (1 - y * x).relu(),
    "identity_sum": lambda x, y: x,
}


def backend() -> Backend:
    """tinygrad on its device PYTHON, or the one that DEV names.

    Raises:
        NotInstalled: if tinygrad is missing.
    """
    with importing("tinygrad", extra="peers"):
        import tinygrad.helpers
        import tinygrad.tensor
    Tensor, context = tinygrad.tensor.Tensor, tinygrad.helpers.Context

    device = os.environ.get("DEV", "PYTHON")

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        supported_dtype(inputs)
        layers = [supported("activation", name, ACTIVATIONS) for name in activations]
        loss_of_outputs = supported("loss", loss, LOSSES)
        with context(DEV=device):  # type: ignore[no-untyped-call]
            W, b = [Tensor(each) for each in weights], [Tensor(each) for each in biases]
            x, y = Tensor(inputs), Tensor(targets)
            for of_weights, of_biases, f in zip(W, b, layers, strict=True):
                x = f(x.linear(of_weights.T, of_biases))
            loss_of_outputs(x, y).sum(axis=1).mean().backward()
            return gradients(W), gradients(b)

    number = f"{version('tinygrad')}+{device.lower()}"
    return Backend("tinygrad", "reverse", number, backprop, EVERYTHING)


def gradients(leaves: Sequence["Tensor"]) -> list[Array]:
    """What `backward()` has left in the leaves, as NumPy arrays."""
    return [leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]
