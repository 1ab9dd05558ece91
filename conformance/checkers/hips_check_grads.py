"""`autograd.test_util.check_grads` with its defaults, on a primitive whose vjp is given."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from conformance.backends.base import Backprop, importing
from conformance.checkers.base import Checker, gradients_of, loss_of, parameters, silent
from manual_backprop import Problem


def checker() -> Checker:
    """check_grads of order 1, reverse mode: one random projection, its own tolerance.

    Raises:
        NotInstalled: if autograd is missing.
    """
    with importing("autograd", extra="peers"):
        from autograd.extend import defvjp, primitive  # type: ignore[import-untyped]
        from autograd.test_util import check_grads  # type: ignore[import-untyped]

    def accepts(function: Backprop, problem: Problem) -> bool:
        found = gradients_of(function, problem)
        if found is None:
            return False

        @primitive  # type: ignore[untyped-decorator]
        def value(*theta: Any) -> float:
            return float(loss_of(problem, list(theta)))

        defvjp(value, *(lambda ans, *theta, g=each: lambda up: up * g for each in found))
        theta = parameters(problem)
        every = tuple(range(len(theta)))  # else the first array alone is looked at
        with silent():
            try:
                check_grads(value, every, modes=["rev"], order=1)(*theta)
            except (AssertionError, TypeError, ValueError):
                return False
        return True

    return Checker("hips_check_grads", version("autograd"), accepts)
