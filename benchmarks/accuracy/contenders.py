"""The contenders: PyTorch and JAX called as their backends call them, and the textbook.

Each gives an activation's values and slopes at points of shape (n,), and a loss's gradient at
outputs and targets of shape (samples, outputs). "Singly" means one point, or one sample, a call:
small networks meet a library's scalar code, long arrays its vector code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy.textbook import ACTIVATIONS, LOSSES
from conformance.backends import jax_calls, torch_calls
from conformance.backends.jax_setup import scope

Array = NDArray[Any]
Pair = tuple[Array, Array]


@dataclass(frozen=True)
class Contender:
    """One way to compute an activation with its derivative, and a loss's gradient.

    Attributes:
        activation: (name, points of shape (n,)) -> values and slopes.
        gradient: (name, outputs, targets, both of shape (samples, outputs)) -> gradient.
    """

    name: str
    activation: Callable[[str, Array], Pair]
    gradient: Callable[[str, Array, Array], Array]


def torch_activation(name: str, points: Array) -> Pair:
    """PyTorch: value, and derivative by autograd."""
    p = torch.tensor(points, requires_grad=True)
    f = torch_calls.ACTIVATIONS[name](p)
    [slope] = torch.autograd.grad(f.sum(), p)
    return f.detach().numpy(), slope.numpy()


def torch_loss(name: str, x: Array, y: Array) -> Array:
    """PyTorch: gradient by autograd."""
    leaf = torch.tensor(x, requires_grad=True)
    [slope] = torch.autograd.grad(torch_calls.LOSSES[name](leaf, torch.tensor(y)).sum(), leaf)
    return slope.numpy()


def torch_func_activation(name: str, points: Array) -> Pair:
    """PyTorch: value, and derivative by `torch.func.grad`, which has formulas of its own."""
    f = torch_calls.ACTIVATIONS[name]
    p = torch.tensor(points)
    return f(p).numpy(), torch.func.grad(lambda q: f(q).sum())(p).numpy()


def torch_func_loss(name: str, x: Array, y: Array) -> Array:
    """PyTorch: gradient by `torch.func.grad`."""
    gradient = torch.func.grad(lambda x, y: torch_calls.LOSSES[name](x, y).sum())
    return np.asarray(gradient(torch.tensor(x), torch.tensor(y)).numpy())


@cache
def _jax_activation(name: str, compiled: bool) -> Callable[[jax.Array], Any]:
    f = jax_calls.ACTIVATIONS[name]
    slope = jax.grad(lambda p: f(p).sum())
    return jax.jit(lambda p: (f(p), slope(p))) if compiled else lambda p: (f(p), slope(p))


def jax_activation(name: str, points: Array, compiled: bool) -> Pair:
    """JAX: value, and derivative by `jax.grad`, eager or compiled together."""
    with scope(points.dtype):
        f, slope = _jax_activation(name, compiled)(jnp.array(points))
        return np.array(f), np.array(slope)


@cache
def _jax_loss(name: str, compiled: bool) -> Callable[[jax.Array, jax.Array], jax.Array]:
    f = jax_calls.LOSSES[name]
    gradient = jax.grad(lambda x, y: f(x, y).sum())
    return jax.jit(gradient) if compiled else gradient


def jax_loss(name: str, x: Array, y: Array, compiled: bool) -> Array:
    """JAX: gradient by `jax.grad`, eager or compiled."""
    with scope(x.dtype):
        return np.array(_jax_loss(name, compiled)(jnp.array(x), jnp.array(y)))


def textbook_activation(name: str, points: Array) -> Pair:
    """The formulas of a textbook, in NumPy, in the dtype of the points."""
    f, slope = ACTIVATIONS[name]
    with np.errstate(all="ignore"):
        return f(points).astype(points.dtype), slope(points).astype(points.dtype)


def textbook_loss(name: str, x: Array, y: Array) -> Array:
    """The gradients of a textbook, in NumPy, in the dtype of the arguments."""
    with np.errstate(all="ignore"):
        return LOSSES[name](x, y).astype(x.dtype)


def singly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, called for one point (or one sample) after another."""

    def one_by_one(name: str, *arrays: Array) -> Any:
        calls = [function(name, *(a[i : i + 1] for a in arrays)) for i in range(len(arrays[0]))]
        if isinstance(calls[0], tuple):
            return tuple(np.concatenate(part) for part in zip(*calls, strict=True))
        return np.concatenate(calls)

    return one_by_one


_jit_activation = partial(jax_activation, compiled=True)
_jit_loss = partial(jax_loss, compiled=True)
CONTENDERS = (
    Contender("torch", torch_activation, torch_loss),
    Contender("torch-singly", singly(torch_activation), singly(torch_loss)),
    Contender("torch-func", torch_func_activation, torch_func_loss),
    Contender("jax", partial(jax_activation, compiled=False), partial(jax_loss, compiled=False)),
    Contender("jax-jit", _jit_activation, _jit_loss),
    Contender("jax-jit-singly", singly(_jit_activation), singly(_jit_loss)),
    Contender("textbook", textbook_activation, textbook_loss),
)
