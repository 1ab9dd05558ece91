"""The backends: one module a call, behind one protocol (`base`), loaded by name when asked for."""

from difflib import get_close_matches
from importlib import import_module

from conformance.backends.base import Backend, NotInstalled

__all__ = ["NAMES", "Backend", "NotInstalled", "load"]

NAMES = (
    "recursion",
    "backprop",
    "torch_autograd",
    "torch_func_grad",
    "jax_grad",
    "jax_grad_jit",
)


def load(name: str) -> Backend:
    """The backend of that name; its framework is imported now, and not before.

    >>> load("torch_autogard")
    Traceback (most recent call last):
    ValueError: no backend 'torch_autogard'; the nearest name is 'torch_autograd'

    Raises:
        ValueError: if there is no such name.
        NotInstalled: if its framework is not installed.
    """
    if name not in NAMES:
        [nearest] = get_close_matches(name, NAMES, n=1, cutoff=0.0)
        raise ValueError(f"no backend {name!r}; the nearest name is {nearest!r}")
    backend: Backend = import_module(f"conformance.backends.{name}").backend()
    return backend
