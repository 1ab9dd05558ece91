"""Finite-difference checkers of others, to be measured on the same mistakes.

Each compares a gradient with differences of the objective, under a tolerance that somebody chose.
They are called as their users call them, with their defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from conformance.backends.base import NotInstalled
from conformance.checkers.base import Checker

__all__ = ["NAMES", "Checker", "load"]

NAMES = (
    "two_sided",
    "torch_gradcheck",
    "torch_gradcheck_fast",
    "jax_check_grads",
    "hips_check_grads",
)


def load(name: str) -> Checker:
    """The checker of that name.

    Raises:
        NotInstalled: if its package is not installed.

    >>> load("two_sided").name
    'two_sided'
    """
    fast = name.removesuffix("_fast")
    make: Callable[..., Checker] = import_module(f"conformance.checkers.{fast}").checker
    return make() if fast == name else make(fast_mode=True)


def all_installed() -> tuple[list[Checker], dict[str, str]]:
    """The checkers that can be had, and why others are left out."""
    found, skipped = [], {}
    for name in NAMES:
        try:
            found.append(load(name))
        except NotInstalled as reason:
            skipped[name] = str(reason)
    return found, skipped
