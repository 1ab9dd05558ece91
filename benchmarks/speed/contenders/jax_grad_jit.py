"""JAX: `jax.jit(jax.grad)` of the loss, compiled before anything is timed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.speed.contenders import jax_setup  # noqa: F401 - for its effect
from manual_backprop import Problem

FUNCTIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu}


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that computes the gradient at every weight and bias, and returns when it is there."""
    layers = problem.network.layers
    parameters = [(jnp.asarray(each.weights), jnp.asarray(each.biases)) for each in layers]
    inputs, targets = jnp.asarray(problem.inputs), jnp.asarray(problem.targets)
    f = FUNCTIONS[layers[0].activation.name]

    @jax.jit
    @jax.grad
    def differentiated(parameters: Any, x: Any, y: Any) -> Any:
        for W, b in parameters[:-1]:
            x = f(x @ W.T + b)
        W, b = parameters[-1]
        return jnp.sum(jnp.square(x @ W.T + b - y)) / (2 * len(y))

    wait: Any = jax.block_until_ready
    return lambda: wait(differentiated(parameters, inputs, targets))
