"""The bare products by JAX, compiled as one function; XLA chooses layouts itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.speed.contenders import jax_setup  # noqa: F401 - for its effect
from manual_backprop import Problem
from manual_backprop.forward import forward


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that does all products, and returns when they are there."""
    trace = forward(problem.network, problem.inputs)
    triples = [
        tuple(map(jnp.asarray, (x, layer.weights, p)))
        for x, layer, p in zip(
            trace.outputs[:-1], problem.network.layers, trace.pre_activations[1:], strict=True
        )
    ]
    wait: Any = jax.block_until_ready
    return lambda: wait(_products(triples))


@jax.jit
def _products(triples: Any) -> Any:
    x, W, p = triples[0]
    first = [x @ W.T, p.T @ x]
    return first + [each for x, W, p in triples[1:] for each in (x @ W.T, p.T @ x, p @ W)]
