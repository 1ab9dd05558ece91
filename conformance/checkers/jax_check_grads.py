"""`jax.test_util.check_grads` with its defaults, on a function whose vjp is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.backends.base import Backprop, importing
from conformance.checkers.base import Checker, gradients_of, parameters, silent
from manual_backprop import Problem


def checker() -> Checker:
    """check_grads of order 1, reverse mode: random projections, its own tolerance.

    Raises:
        NotInstalled: if jax is missing.
    """
    with importing("jax"):
        import jax
        import jax.numpy as jnp
        from jax.test_util import check_grads
    from conformance.backends.jax_calls import objective
    from conformance.backends.jax_setup import prepare, scope

    def accepts(function: Backprop, problem: Problem) -> bool:
        names = [layer.activation.name for layer in problem.network.layers]
        mean_loss, depth = objective(names, problem.loss.name), len(names)
        found = gradients_of(function, problem)
        if found is None:
            return False

        @jax.custom_vjp
        def value(theta: Any) -> Any:
            return mean_loss(theta[:depth], theta[depth:], problem.inputs, problem.targets)

        def forward(theta: Any) -> Any:
            return value(theta), None

        def backward(_: Any, upstream: Any) -> Any:
            return ([upstream * jnp.asarray(each) for each in found],)

        value.defvjp(forward, backward)
        with silent(), scope(np.dtype(np.float64)):
            theta = [jnp.asarray(each) for each in parameters(problem)]
            try:
                check_grads(value, (theta,), order=1, modes=["rev"])  # type: ignore[no-untyped-call]
            except AssertionError:
                return False
        return True

    prepare()
    return Checker("jax_check_grads", jax.__version__, accepts)
