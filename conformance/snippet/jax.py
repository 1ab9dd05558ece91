"""A problem as source for JAX alone."""

from __future__ import annotations

from textwrap import indent

from conformance.snippet.arrays import array_source, is_large, list_source, with_hexadecimals
from conformance.snippet.words import forward_lines
from manual_backprop import Problem


def snippet(problem: Problem, entry: str, path: str) -> str:
    """Source that prints an entry of what `jax.grad` returns.

    >>> from manual_backprop import Layer, Network
    >>> network = Network([Layer([[0.5]], [0.0], "tanh")])
    >>> print(snippet(Problem(network, [1.0], [2.0]), "weights[0][0, 0]", ""))
    import jax
    import jax.numpy as jnp
    <BLANKLINE>
    jax.config.update("jax_enable_x64", True)
    W = [jnp.array([[0.5]], dtype=jnp.float64)]
    b = [jnp.array([0.0], dtype=jnp.float64)]
    inputs = jnp.array([[1.0]], dtype=jnp.float64)
    targets = jnp.array([[2.0]], dtype=jnp.float64)
    def objective(W, b):
        x = inputs
        p = x @ W[0].T + b[0]
        x = jnp.tanh(p)
        y = targets
        terms = jnp.square(x - y) / 2
        loss = jnp.sum(terms) / 1
        return loss
    weights, biases = jax.grad(objective, argnums=(0, 1))(W, b)
    print(weights[0][0, 0])
    """
    imports = ["import jax", "import jax.numpy as jnp"]
    if path and is_large(problem):
        imports, arrays = [*imports, "from manual_backprop import load"], _loaded(path)
    else:
        arrays = _arrays(problem)
    lines = forward_lines(problem, "jax", "x @ W[{k}].T + b[{k}]", "jnp.sum(terms)")
    body = [
        'jax.config.update("jax_enable_x64", True)',
        *arrays,
        "def objective(W, b):",
        *(indent(line, 4 * " ") for line in [*lines, "return loss"]),
        "weights, biases = jax.grad(objective, argnums=(0, 1))(W, b)",
        f"print({entry})",
    ]
    return with_hexadecimals(imports, body)


def _arrays(problem: Problem) -> list[str]:
    dtype = f"dtype=jnp.{problem.dtype}"
    layers = problem.network.layers

    def source(array: object) -> str:
        return array_source(array, "jnp.array", dtype)

    return [
        *list_source("W", [source(layer.weights) for layer in layers]),
        *list_source("b", [source(layer.biases) for layer in layers]),
        f"inputs = {source(problem.inputs)}",
        f"targets = {source(problem.targets)}",
    ]


def _loaded(path: str) -> list[str]:
    return [
        f"problem = load({path!r}).with_biases()",
        "W = [jnp.array(layer.weights) for layer in problem.network.layers]",
        "b = [jnp.array(layer.biases) for layer in problem.network.layers]",
        "inputs, targets = jnp.array(problem.inputs), jnp.array(problem.targets)",
    ]
