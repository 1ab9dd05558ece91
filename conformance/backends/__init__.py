"""The backends: one module a call, behind one protocol (`base`), loaded by name when asked for.

`NAMES` are the ones that `conform` judges unless told otherwise; `PEERS` are judged only where they
are named: they take long to compile, need a device or a package of their own, or know a part of the
catalogue alone.
"""

from difflib import get_close_matches
from importlib import import_module

from conformance.backends.base import Backend, NotInstalled

__all__ = ["NAMES", "PEERS", "Backend", "NotInstalled", "load", "unknown"]

NAMES = (
    "recursion",
    "backprop",
    "torch_autograd",
    "torch_func_grad",
    "jax_grad",
    "jax_grad_jit",
)

PEERS = (
    "torch_compile",
    "torch_autograd_cuda",
    "jax_vmap_grad",
    "hips_autograd",
    "tinygrad",
    "sklearn_mlp",
    "micrograd",
)


def unknown(name: str) -> str:
    """What to say of a name that no backend has; empty if one has it.

    >>> unknown("torch_autogard"), unknown("jax_grad")
    ("no backend 'torch_autogard'; the nearest name is 'torch_autograd'", '')
    """
    known = (*NAMES, *PEERS)
    if name in known:
        return ""
    [nearest] = get_close_matches(name, known, n=1, cutoff=0.0)
    return f"no backend {name!r}; the nearest name is {nearest!r}"


def load(name: str) -> Backend:
    """The backend of that name; its framework is imported now, and not before.

    >>> load("torch_autogard")
    Traceback (most recent call last):
    ValueError: no backend 'torch_autogard'; the nearest name is 'torch_autograd'

    Raises:
        ValueError: if there is no such name.
        NotInstalled: if its framework is not installed, or lacks what it works with.
    """
    if fault := unknown(name):
        raise ValueError(fault)
    backend: Backend = import_module(f"conformance.backends.{name}").backend()
    return backend
